"""The mails about the decisions on a series that were made in one press: one for each reader (P12).

Each decision is made by itself and queues its own mails with it, so that none is ever lost. Those wait a
moment; once all are made, one mail is put in their place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import approval_mail, claims
from approvals.mail_subjects import known_by, short_time
from approvals.models import ApprovalDecision, DecisionKind, Draft, DraftRevision
from school.models import OutboxEmail, Person
from school.models.mail import MailState
from school.times import say
from school.wording import and_last

WAIT = timedelta(minutes=1)
"""After this each mail goes by itself, should nobody have put one in the place of all."""
PURPOSE = "decisions"
IN_PLACE = "decided_in_place"
_EACH = ("decision", IN_PLACE)
_DID: Mapping[DecisionKind, str] = {
    DecisionKind.APPROVE: "approved",
    DecisionKind.CHANGES: "asked for changes to",
    DecisionKind.REJECT: "rejected",
}
_NEXT: Mapping[DecisionKind, str] = {
    DecisionKind.APPROVE: "If you change one before then, it needs a new approval.",
    DecisionKind.CHANGES: "Change the drafts and hand them in again.",
    DecisionKind.REJECT: "They are not published and can't be handed in again. If a post is still wanted, "
    "open the draft and press “Write a new one like it”.",
}
"""What their author can do then."""


def hold_back(session: Session, decision: ApprovalDecision, *, now: datetime) -> None:
    """Have the mails about a decision that was made just now wait for those about the rest of its series."""
    # What was queued with it isn't in the database yet.
    session.flush()
    session.execute(
        sa.update(OutboxEmail)
        .where(_about(decision), OutboxEmail.next_try_at < now + WAIT)
        .values(next_try_at=now + WAIT)
    )


def tell(session: Session, submissions: Sequence[UUID], *, now: datetime) -> None:
    """Put one mail to each reader in the place of those that wait about the decisions on these submissions.

    What was sent meanwhile is not told once more; a single mail that waits goes as it is.
    """
    query = sa.select(ApprovalDecision).where(ApprovalDecision.submission_id.in_(submissions))
    decided = {one.draft_id: one for one in session.scalars(query)}
    if not decided:
        return
    waiting = session.execute(
        sa.select(OutboxEmail.id, OutboxEmail.to_id, OutboxEmail.purpose, OutboxEmail.about_id)
        .where(sa.or_(*(_about(one) for one in decided.values())))
        .order_by(OutboxEmail.id)
        .with_for_update()
    ).all()
    readers: dict[tuple[UUID, str], dict[UUID, UUID]] = {}
    for mail_id, to_id, purpose, about_id in waiting:
        if to_id is not None and about_id is not None:
            readers.setdefault((to_id, purpose), {})[mail_id] = about_id
    for (to_id, purpose), mails in readers.items():
        theirs = OutboxEmail.id.in_(mails)
        if len(mails) == 1:
            soon = OutboxEmail.next_try_at <= now + WAIT
            session.execute(sa.update(OutboxEmail).where(theirs, soon).values(next_try_at=now))
            continue
        session.execute(sa.delete(OutboxEmail).where(theirs))
        told = [decided[about_id] for about_id in mails.values()]
        _tell(session, session.get_one(Person, to_id), told, in_place=purpose == IN_PLACE, now=now)


def _about(decision: ApprovalDecision) -> sa.ColumnElement[bool]:
    """The mails that were queued with a decision and that nobody has begun to send."""
    return sa.and_(
        OutboxEmail.about_id == decision.draft_id,
        OutboxEmail.purpose.in_(_EACH),
        OutboxEmail.created_at == decision.decided_at,
        OutboxEmail.state == MailState.QUEUED,
        OutboxEmail.attempts == 0,
    )


def _tell(
    session: Session, to: Person, decided: Sequence[ApprovalDecision], *, in_place: bool, now: datetime
) -> None:
    first = decided[0]
    of_posts = [session.get_one(DraftRevision, one.revision_id) for one in decided]
    posts = sorted(of_posts, key=lambda one: one.planned_at or now)
    about = f"{known_by(session, posts[0])} and more"
    did = f"{first.approver.name} {_DID[first.kind]}"
    sentences = [f"{did} these {len(posts)} posts of a series on {say(first.decided_at)}."]
    if first.reason:
        sentences.append(f"The reason given: {first.reason}")
    if in_place:
        sentences.append(f"{session.get_one(Draft, first.draft_id).author.name} wrote them.")
    days = and_last([short_time(one.planned_at) for one in posts])
    if first.kind is DecisionKind.APPROVE and claims.stopped(session):
        sentences.append(
            f"They are planned for {days}. All publishing is stopped: each goes out then only if that is "
            "allowed again before."
        )
    elif first.kind is DecisionKind.APPROVE:
        sentences.append(f"They will be published on {days} (school time).")
    else:
        sentences.append(f"They were planned for {days}.")
    if not in_place:
        sentences.append(_NEXT[first.kind])
    approval_mail.tell(
        session,
        [to],
        draft_id=posts[0].draft_id,
        subject=f"{'In your place, ' if in_place else ''}{did} {len(posts)} posts: {about}",
        heading=f"{len(posts)} posts: {about}",
        sentences=sentences,
        purpose=PURPOSE,
        now=now,
    )
