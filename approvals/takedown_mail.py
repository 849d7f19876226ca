"""The mails about posts that have to go: to their author, and to whoever must remove one by hand (P25)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import approval_mail
from approvals.checks import account_name
from approvals.mail_subjects import known_by
from approvals.models import Draft, DraftRemark, DraftRevision, Publication
from approvals.models.composing import TAKEDOWN_ASKED
from approvals.models.takedowns import Takedown, TakedownState
from approvals.states import PublicationState
from school import mail, people
from school.models import Person, Role
from school.settings import settings
from school.wording import and_last


def tell_author(
    session: Session, draft: Draft, opened: Sequence[Takedown], *, by: Person | None, now: datetime
) -> None:
    """What was theirs is not to vanish without a word: its author, and whoever asked for it, read why."""
    where = and_last([account_name(one.publication.account) for one in opened])
    revision = session.get_one(DraftRevision, opened[0].publication.revision_id)
    approval_mail.tell(
        session,
        _concerned(session, draft, but=by),
        draft_id=draft.id,
        subject=f"Being taken down: {known_by(session, revision)}",
        sentences=[
            f"{by.name if by else 'Schoolgate'} has this post taken down on {where}.",
            f"The reason: {opened[0].reason}",
            "You get an e-mail when it is down.",
        ],
        purpose="takedown_author",
        now=now,
    )


def tell_down(session: Session, takedown: Takedown, *, by: Person | None, now: datetime) -> None:
    """Whoever read that a post is being taken down reads that it is, once nothing of it is open."""
    publication = takedown.publication
    draft = session.get_one(Draft, publication.draft_id)
    # The one that was just done is among them.
    session.flush()
    down: list[str] = []
    out: list[str] = []
    for other, state in session.execute(
        sa.select(Publication, Takedown.state)
        .outerjoin(Takedown, Takedown.publication_id == Publication.id)
        .where(Publication.draft_id == draft.id, Publication.state == PublicationState.PUBLISHED)
        .order_by(Publication.id)
    ):
        if state not in {None, TakedownState.DONE}:
            return
        (down if state else out).append(account_name(other.account))
    revision = session.get_one(DraftRevision, publication.revision_id)
    approval_mail.tell(
        session,
        _concerned(session, draft, but=by),
        draft_id=draft.id,
        subject=f"Taken down: {known_by(session, revision)}",
        sentences=[
            f"This post is taken down on {' and '.join(down)}.",
            f"It is still to be seen on {' and '.join(out)}." if out else "It is on no account any more.",
        ],
        purpose="takedown_done",
        now=now,
    )


def _concerned(session: Session, draft: Draft, *, but: Person | None) -> list[Person]:
    """A post's author and everybody who asked for it to be taken down, but not who does it."""
    asked = session.scalars(
        sa.select(DraftRemark).where(DraftRemark.draft_id == draft.id, DraftRemark.takedown == TAKEDOWN_ASKED)
    )
    told = {one.id: one for one in [draft.author, *(remark.author for remark in asked)]}
    return [one for one in told.values() if but is None or one.id != but.id]


def tell_of_by_hand(session: Session, takedown: Takedown, *, now: datetime) -> None:
    """A post that no program can remove must not stay because nobody looked (P25)."""
    publication = takedown.publication
    for person in people.holders(session, Role.HEADTEACHER, Role.DPO):
        mail.queue_plain(
            session,
            to=person,
            subject="Please remove a post by hand",
            lines=[
                f"A post of {publication.account.display_name} has to be taken down, and no program can do "
                f"that there: {takedown.answer}",
            ],
            link=f"{settings().effective_public_url}/drafts/{publication.draft_id}",
            purpose="takedown_by_hand",
            now=now,
        )
