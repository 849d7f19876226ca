"""The mail about a post that somebody stopped after it was approved, to its author (P12)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import approval_mail
from approvals.checks import account_name
from approvals.content import tidy
from approvals.mail_subjects import known_by, short_time
from approvals.models import Draft, DraftRevision, Publication
from approvals.states import PublicationState
from school.models import Person
from school.wording import and_last

PURPOSE = "stopped"


def tell_author(
    session: Session, stopped: Sequence[Publication], *, reason: str, by: Person, now: datetime
) -> None:
    """One mail to their author that these are stopped, by whom and why; none to who stopped their own."""
    if not stopped:
        return
    revisions = {one.draft_id: session.get_one(DraftRevision, one.revision_id) for one in stopped}
    draft = session.get_one(Draft, stopped[0].draft_id)
    if draft.author_id == by.id:
        return
    where = and_last(list(dict.fromkeys(account_name(one.account) for one in stopped)))
    several = len(revisions) > 1
    posts = sorted(revisions.values(), key=lambda one: one.planned_at or now)
    about = known_by(session, posts[0])
    if several:
        heading = f"{by.name} stopped {len(posts)} posts of this series"
        days = and_last([short_time(one.planned_at) for one in posts])
        sentences = [f"They do not go out on {where}. They were planned for {days}."]
    else:
        heading = f"{about[:1].upper()}{about[1:]}"
        sentences = [f"{by.name} stopped this post on {where}. It does not go out there."]
    sentences.append(f"The reason: {tidy(reason)}")
    if _goes_on(session, list(revisions.values())):
        # To change it would take the approval from the rest, and what is out can't be changed.
        sentences.append(
            "It stays as it is on its other accounts. If it is still wanted here, open it and press “Write a "
            "new one like it”. That needs an approval of its own."
        )
    else:
        sentences.append(
            "If a post is still wanted, open it and change it, or press “Write a new one like it”. It needs "
            "a new approval."
        )
    approval_mail.tell(
        session,
        [draft.author],
        draft_id=posts[0].draft_id,
        subject=f"Stopped, {len(posts)} posts: {about} and more" if several else f"Stopped: {about}",
        heading=heading,
        sentences=sentences,
        purpose=PURPOSE,
        now=now,
    )


def _goes_on(session: Session, revisions: Sequence[DraftRevision]) -> bool:
    """Whether one of these is out, or still comes, on another account."""
    over = (PublicationState.CANCELLED, PublicationState.MISSED)
    query = sa.select(Publication.id).where(
        Publication.revision_id.in_([one.id for one in revisions]), Publication.state.not_in(over)
    )
    return session.scalar(query.limit(1)) is not None
