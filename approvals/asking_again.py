"""Who is asked later about what waits for a decision: once more, and others in their stead (P12)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import approval_mail, asking
from approvals.models import ApprovalRequest, Draft, DraftRevision, Submission
from approvals.states import DraftState
from school import people
from school.models import Person, RoleGrant

REMIND_BEFORE = timedelta(hours=24)
WIDEN_BEFORE = timedelta(hours=4)
"""Never earlier than so long before the planned time: a post for next month needs no reminder today."""


def remind(session: Session, *, now: datetime) -> int:
    """Ask once more about what nobody decided when half the time is over, and others in the last quarter.

    How many submissions. The mails are written by `mail_due`: whoever is asked about several gets one.
    """
    waiting = session.execute(
        _undecided(now).where(
            Submission.widened_at.is_(None), DraftRevision.planned_at <= now + REMIND_BEFORE
        )
    ).all()
    return sum(_remind(session, *row, now=now) for row in waiting)


def _undecided(now: datetime) -> sa.Select[Submission, Draft, DraftRevision]:
    """Some of what waits for a decision that can still come in time, the soonest first."""
    return (
        sa.select(Submission, Draft, DraftRevision)
        .join(Draft, Draft.id == Submission.draft_id)
        .join(DraftRevision, DraftRevision.id == Submission.revision_id)
        .where(
            Submission.ended_at.is_(None),
            Draft.state == DraftState.SUBMITTED,
            DraftRevision.planned_at > now,
        )
        .order_by(DraftRevision.planned_at)
        .limit(asking.AT_ONCE)
    )


def ask_deputies(session: Session, *, now: datetime) -> int:
    """Ask whoever stands in since then about what was handed in before their days; how many askings."""
    asked_now = 0
    for deputy in people.deputies(session, now=now):
        known = sa.select(ApprovalRequest.id).where(
            ApprovalRequest.submission_id == Submission.id, ApprovalRequest.approver_id == deputy.id
        )
        waiting = session.execute(_undecided(now).where(Draft.author_id != deputy.id, ~known.exists())).all()
        for submission, _draft, revision in waiting:
            asking.by_and_by(session, revision, submission, [deputy], now=now)
            asked_now += 1
    return asked_now


def ask_others(session: Session, *, now: datetime) -> int:
    """Ask whoever is asked today about what none of those who were asked may decide any more (P12).

    A deputy's days were ended, or somebody left: the post would wait for nobody. How many submissions.
    """
    decides = (
        sa.select(ApprovalRequest.id)
        .join(Person, Person.id == ApprovalRequest.approver_id)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(
            ApprovalRequest.submission_id == Submission.id,
            Person.active,
            RoleGrant.role.in_(people.ALWAYS_DECIDE),
            RoleGrant.withdrawn_at.is_(None),
        )
    )
    asked_now = 0
    for submission, draft, revision in session.execute(_undecided(now).where(~decides.exists())).all():
        # Another worker may be at it, or somebody decide just now.
        session.refresh(submission, with_for_update=True)
        if submission.ended_at is not None:
            continue
        already = asking.asked(session, submission)
        if any(people.may_approve(session, one, author_id=draft.author_id, now=now) for one in already):
            continue
        others = people.approvers(session, author_id=draft.author_id, now=now)
        asking.by_and_by(session, revision, submission, others, now=now)
        asked_now += bool(others)
    return asked_now


def _remind(
    session: Session, submission: Submission, draft: Draft, revision: DraftRevision, *, now: datetime
) -> bool:
    assert revision.planned_at is not None
    left, whole = revision.planned_at - now, revision.planned_at - submission.submitted_at
    already = asking.asked(session, submission)
    if left <= min(whole / 4, WIDEN_BEFORE):
        if not _claim(session, submission, Submission.widened_at, now):
            return False
        others = _others(session, draft, already, now=now)
        asking.by_and_by(session, revision, submission, others, now=now)
        approval_mail.tell_author_of_waiting(session, draft, revision, already, others, now=now)
        return True
    if left <= min(whole / 2, REMIND_BEFORE) and submission.reminded_at is None:
        if not _claim(session, submission, Submission.reminded_at, now):
            return False
        able = [
            one for one in already if people.may_approve(session, one, author_id=draft.author_id, now=now)
        ]
        asking.by_and_by(session, revision, submission, able, now=now)
        return True
    return False


def _claim(
    session: Session,
    submission: Submission,
    column: sa.orm.InstrumentedAttribute[datetime | None],
    now: datetime,
) -> bool:
    """Whether this worker alone does it."""
    taken = session.execute(
        sa.update(Submission)
        .where(Submission.id == submission.id, column.is_(None), Submission.ended_at.is_(None))
        .values({column: now})
    )
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]


def _others(session: Session, draft: Draft, already: Sequence[Person], *, now: datetime) -> list[Person]:
    """Everybody else who may decide."""
    known = {one.id for one in already}
    return [
        one
        for one in people.everybody(session)
        if one.id not in known and people.may_approve(session, one, author_id=draft.author_id, now=now)
    ]
