"""The mail about a post that somebody stopped after it was approved, to its author (P12)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from approvals import approval_mail
from approvals.checks import account_name
from approvals.content import tidy
from approvals.mail_subjects import known_by, short_time
from approvals.models import Draft, DraftRevision, Publication
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
    sentences.append(
        "If a post is still wanted, open it and change it, or press “Write a new one like it”. It needs a "
        "new approval."
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
