"""Who is asked for a decision, and when: at once, or with others in one mail (P12).

Every asking is a row before it is a mail. `mail_due_at` says when its mail is to be written; until then its
token is known to nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import approval_mail
from approvals.mail_subjects import known_by
from approvals.models import ApprovalRequest, Draft, DraftRevision, Submission
from approvals.previews import preview
from approvals.states import DraftState
from school import people, secrets, standing_in
from school.models import Person, School
from school.settings import settings
from school.times import clock, say

TOGETHER = timedelta(minutes=20)
"""Posts that are handed in within so long after one that was mailed wait for one mail with all of them."""
IN_GOOD_TIME = timedelta(hours=3)
"""A post that goes out sooner never waits for others."""
ONE_PRESS = timedelta(seconds=15)
"""What is handed in in one press is one mail: it is written with the last, or then at the latest."""
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class HowAsked:
    """How one person is asked about a post that waits."""

    person_id: UUID
    name: str
    at: datetime
    """When the mail was written, or will be."""
    written: bool
    with_others: int
    """How many other posts the mail tells of that isn't written yet."""

    @property
    def sentence(self) -> str:
        """The same for the author."""
        if self.written:
            return f"Asked to decide: {self.name}, by e-mail {say(self.at)}."
        others = "another post" if self.with_others == 1 else f"{self.with_others} other posts"
        together = f", together with {others}" if self.with_others else " with what is handed in until then"
        return f"To be asked: {self.name}, by e-mail at {clock(self.at)}{together}. “Send it now” sends it."


def how_asked(session: Session, submission: Submission) -> list[HowAsked]:
    """Who is asked about a post and when, first asked first; nobody any more once it is decided."""
    requests = session.scalars(
        sa.select(ApprovalRequest)
        .where(ApprovalRequest.submission_id == submission.id, ApprovalRequest.voided_at.is_(None))
        .order_by(ApprovalRequest.created_at, ApprovalRequest.id)
    )
    first: dict[UUID, ApprovalRequest] = {}
    for request in requests:
        first.setdefault(request.approver_id, request)
    return [_how(session, request) for request in first.values()]


def _how(session: Session, request: ApprovalRequest) -> HowAsked:
    name = request.approver.name
    if request.mail_due_at is None:
        at = max(request.created_at, request.expires_at - settings().approval_link_lifetime)
        return HowAsked(request.approver_id, name, at, written=True, with_others=0)
    due = session.scalars(_unwritten(request.approver_id)).all()
    at = min([request.mail_due_at, *(one.mail_due_at for one in due if one.mail_due_at is not None)])
    others = {one.draft_id for one in due} - {request.draft_id}
    return HowAsked(request.approver_id, name, at, written=False, with_others=len(others))


def _unwritten(approver_id: UUID) -> sa.Select[ApprovalRequest]:
    return (
        sa.select(ApprovalRequest)
        .join(Submission, Submission.id == ApprovalRequest.submission_id)
        .where(
            ApprovalRequest.approver_id == approver_id,
            ApprovalRequest.mail_due_at.is_not(None),
            ApprovalRequest.voided_at.is_(None),
            Submission.ended_at.is_(None),
        )
        .order_by(ApprovalRequest.created_at)
        .limit(AT_ONCE)
    )


def ask(
    session: Session,
    draft: Draft,
    revision: DraftRevision,
    submission: Submission,
    approvers: Iterable[Person],
    *,
    at_once: bool = False,
    together: bool = False,
    now: datetime,
) -> None:
    """Ask each of these people, by mail at once or in one with others. `at_once`: the author asks again.

    `together`: others are handed in by the same press, and `mail_together` writes the mail about all.
    """
    for approver in approvers:
        due = None if at_once else _due_with_others(session, approver, revision, together=together, now=now)
        token = secrets.new_token()
        request = _request(session, submission, revision, approver, token, due, now=now)
        if due is None:
            _mail_one(session, draft, revision, submission, request, token, now=now)


def mail_due(session: Session, *, now: datetime) -> int:
    """Write the mails that are due: one for each person, however many posts wait. How many mails."""
    due = (
        sa.select(ApprovalRequest)
        .where(ApprovalRequest.mail_due_at <= now, ApprovalRequest.voided_at.is_(None))
        .order_by(ApprovalRequest.approver_id, ApprovalRequest.mail_due_at)
        .limit(AT_ONCE)
    )
    whose = {request.approver_id for request in session.scalars(due)}
    # In one order everywhere, so that two who write mails at once wait in turn.
    return sum(_mail_all(session, session.get_one(Person, one), now=now) for one in sorted(whose))


def mail_together(session: Session, handed_in: Collection[UUID], *, now: datetime) -> int:
    """Write the mails about these submissions of one press that wait for nothing else. How many mails."""
    pressed = (
        sa.select(ApprovalRequest.approver_id)
        .where(
            ApprovalRequest.submission_id.in_(handed_in),
            ApprovalRequest.mail_due_at <= now + ONE_PRESS,
            ApprovalRequest.voided_at.is_(None),
        )
        .distinct()
        .order_by(ApprovalRequest.approver_id)
    )
    return sum(
        _mail_all(session, session.get_one(Person, one), now=now) for one in session.scalars(pressed).all()
    )


def next_link(session: Session, approver: Person, *, now: datetime) -> tuple[str, str] | None:
    """A new link to the post that waits for this approver next, and what it is known by.

    Only for who has just shown by PIN or sign-in who they are.
    """
    found = session.execute(
        sa.select(Submission, DraftRevision)
        .join(ApprovalRequest, ApprovalRequest.submission_id == Submission.id)
        .join(DraftRevision, DraftRevision.id == Submission.revision_id)
        .where(
            ApprovalRequest.approver_id == approver.id,
            ApprovalRequest.voided_at.is_(None),
            Submission.ended_at.is_(None),
        )
        .order_by(DraftRevision.planned_at)
        .limit(1)
    ).first()
    if found is None:
        return None
    submission, revision = found
    token = secrets.new_token()
    _request(session, submission, revision, approver, token, None, now=now)
    return token, known_by(session, revision)


def asked(session: Session, submission: Submission) -> list[Person]:
    """Who was asked to decide."""
    ids = sa.select(ApprovalRequest.approver_id).where(ApprovalRequest.submission_id == submission.id)
    return list(session.scalars(sa.select(Person).where(Person.id.in_(ids)).order_by(Person.name)))


def asked_of(session: Session, approver: Person, authors: Collection[UUID]) -> Sequence[Draft]:
    """What these authors handed in and this person is asked to decide on."""
    requests = sa.select(ApprovalRequest.draft_id).where(
        ApprovalRequest.approver_id == approver.id, ApprovalRequest.voided_at.is_(None)
    )
    query = sa.select(Draft).where(
        Draft.state == DraftState.SUBMITTED, Draft.author_id.in_(authors), Draft.id.in_(requests)
    )
    return session.scalars(query.order_by(Draft.id)).all()


def by_and_by(
    session: Session,
    revision: DraftRevision,
    submission: Submission,
    whom: Iterable[Person],
    *,
    now: datetime,
) -> None:
    """Ask each of them, in one mail with what else is to be mailed to them (`mail_due`)."""
    for person in whom:
        _request(session, submission, revision, person, secrets.new_token(), now, now=now)


def _request(
    session: Session,
    submission: Submission,
    revision: DraftRevision,
    approver: Person,
    token: str,
    due: datetime | None,
    *,
    now: datetime,
) -> ApprovalRequest:
    request = ApprovalRequest(
        submission_id=submission.id,
        draft_id=submission.draft_id,
        revision_id=revision.id,
        revision_hash=revision.content_hash,
        approver_id=approver.id,
        token_hash=secrets.token_hash(token),
        created_at=now,
        expires_at=now + settings().approval_link_lifetime,
        mail_due_at=due,
    )
    session.add(request)
    return request


def _due_with_others(
    session: Session, approver: Person, revision: DraftRevision, *, together: bool, now: datetime
) -> datetime | None:
    """When the mail goes that tells of several; None where this one goes alone and at once."""
    if approver.asked_one_by_one:
        return None
    at_once = now + ONE_PRESS if together else None
    soon = revision.planned_at is None or revision.planned_at - now < IN_GOOD_TIME
    if revision.urgent or soon or session.scalar(sa.select(School.practice)):
        # Whoever is being trained waits for the mail to see it come.
        return at_once
    first = session.scalar(
        sa.select(ApprovalRequest.created_at)
        .join(Submission, Submission.id == ApprovalRequest.submission_id)
        .where(
            ApprovalRequest.approver_id == approver.id,
            ApprovalRequest.voided_at.is_(None),
            ApprovalRequest.mail_due_at.is_(None),
            ApprovalRequest.created_at > now - TOGETHER,
            Submission.ended_at.is_(None),
        )
        .order_by(ApprovalRequest.created_at)
        .limit(1)
    )
    return first + TOGETHER if first is not None else at_once


def _mail_all(session: Session, approver: Person, *, now: datetime) -> int:
    """One mail about all that is to be mailed to a person; 0 where another worker wrote it."""
    # What would be due in a few minutes goes along.
    rows = session.scalars(_unwritten(approver.id)).all()
    mine: list[tuple[ApprovalRequest, str]] = []
    for request in rows:
        author_id = session.get_one(Draft, request.draft_id).author_id
        if not people.may_approve(session, approver, author_id=author_id, now=now):
            # The mail has the whole post in it; and nobody is to think that they were asked.
            request.voided_at = now
            request.void_reason = f"{approver.name} may no longer approve this draft. Ask the headteacher."
            continue
        token = secrets.new_token()
        taken = session.execute(
            sa.update(ApprovalRequest)
            .where(ApprovalRequest.id == request.id, ApprovalRequest.mail_due_at.is_not(None))
            .values(
                mail_due_at=None,
                token_hash=secrets.token_hash(token),
                expires_at=now + settings().approval_link_lifetime,
            )
        )
        if taken.rowcount == 1:  # type: ignore[attr-defined]
            mine.append((request, token))
    if not mine:
        return 0
    if len(mine) == 1:
        request, token = mine[0]
        submission = session.get_one(Submission, request.submission_id)
        draft = session.get_one(Draft, request.draft_id)
        revision = session.get_one(DraftRevision, request.revision_id)
        _mail_one(session, draft, revision, submission, request, token, now=now)
        return 1
    shown = [
        (
            preview(
                session,
                session.get_one(Draft, request.draft_id),
                session.get_one(DraftRevision, request.revision_id),
                findings=session.get_one(Submission, request.submission_id).findings,
            ),
            token,
        )
        for request, token in mine
    ]
    why_asked = standing_in.in_whose_place(session, approver, now=now)
    approval_mail.ask_for_several(session, shown, to=approver, why_asked=why_asked, now=now)
    return 1


def _mail_one(
    session: Session,
    draft: Draft,
    revision: DraftRevision,
    submission: Submission,
    request: ApprovalRequest,
    token: str,
    *,
    now: datetime,
) -> None:
    approval_mail.ask_for_decision(
        session,
        preview(session, draft, revision, findings=submission.findings),
        revision,
        to=session.get_one(Person, request.approver_id),
        token=token,
        until=now + settings().approval_link_lifetime,
        waits=submission.reminded_at is not None or submission.widened_at is not None,
        why_asked=_why_asked(session, draft, request, now=now),
        now=now,
    )


def _why_asked(session: Session, draft: Draft, request: ApprovalRequest, *, now: datetime) -> str:
    """For whom somebody stands in who is asked, or why they are though they are away; else empty."""
    approver = session.get_one(Person, request.approver_id)
    if not standing_in.for_whom_is_away(session, approver, now=now):
        return standing_in.in_whose_place(session, approver, now=now)
    return standing_in.on_own_post(session, draft.author, [approver.id], reader=approver, now=now)
