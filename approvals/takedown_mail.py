"""The mails about posts that have to go: to their author, and to whoever must remove one by hand (P25)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import approval_mail
from approvals.checks import account_name
from approvals.mail_subjects import known_by
from approvals.models import Draft, DraftRemark, DraftRevision
from approvals.models.composing import TAKEDOWN_ASKED
from approvals.models.takedowns import Takedown
from school import mail, people
from school.models import Person, Role
from school.settings import settings


def tell_author(
    session: Session, draft: Draft, opened: Sequence[Takedown], *, by: Person | None, now: datetime
) -> None:
    """What was theirs is not to vanish without a word: its author, and whoever asked for it, read why."""
    asked = session.scalars(
        sa.select(DraftRemark).where(DraftRemark.draft_id == draft.id, DraftRemark.takedown == TAKEDOWN_ASKED)
    )
    told = [draft.author, *(remark.author for remark in asked)]
    where = " and ".join(account_name(one.publication.account) for one in opened)
    revision = session.get_one(DraftRevision, opened[0].publication.revision_id)
    approval_mail.tell(
        session,
        [one for one in told if by is None or one.id != by.id],
        draft_id=draft.id,
        subject=f"Being taken down: {known_by(session, revision)}",
        sentences=[
            f"{by.name if by else 'Schoolgate'} has this post taken down on {where}.",
            f"The reason: {opened[0].reason}",
            "On the draft's page you see when it is down.",
        ],
        purpose="takedown_author",
        now=now,
    )


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
