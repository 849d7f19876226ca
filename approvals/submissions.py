"""Handing drafts in: who is asked, by which link, and what ends the asking (P12, P14)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import asking, checks
from approvals.checks import DraftRefused, Problem, account_name
from approvals.content import revision_hash
from approvals.findings import Finding
from approvals.models import (
    ApprovalDecision,
    ApprovalRequest,
    Draft,
    DraftRevision,
    Publication,
    Submission,
)
from approvals.moves import move_draft, move_publication
from approvals.sight import NO_SUCH, check_seen
from approvals.states import TO_COME, Actor, DraftState, PublicationState, check_draft_move
from school import gates, people
from school.errors import BadInput, MoveNotAllowed, NotFound, NotPermitted
from school.models import Person

CHANGED = "The draft was changed or taken back."
"""What is noted of a post that is cancelled by that."""


def submit(
    session: Session,
    draft_id: UUID,
    *,
    revision_number: int,
    findings: Sequence[Finding],
    together: bool = False,
    by: Person,
    now: datetime,
) -> Submission:
    """Hand the newest revision in: everybody who may approve it gets a link of their own by mail.

    `findings` come from `approvals.findings.findings`, run before the transaction. `together`: as for
    `asking.ask`. What is handed in
    already is not handed in again, nor is anybody asked twice. Raises
    NotPermitted (not the author, or no leave for an account), MoveNotAllowed (changed or handed
    in meanwhile), DraftRefused with all that is missing, in it or in the author's standing (P6, P7),
    BadInput when nobody may approve.
    """
    draft, revision = _locked(session, draft_id)
    check_seen(session, draft, by=by, now=now)
    if draft.author_id != by.id:
        raise NotPermitted("Only the author can hand a draft in.")
    if revision.number != revision_number:
        raise MoveNotAllowed(
            f"This draft was changed meanwhile: version {revision.number} is the newest. "
            "Look at it and hand it in."
        )
    for entry in revision.accounts:
        if not people.may_post(session, by, entry.account_id):
            raise NotPermitted(
                f"You may not write for {account_name(entry.account)}: "
                "the headteacher has not authorised you."
            )
    if draft.state in {DraftState.SUBMITTED, DraftState.APPROVED}:
        before = latest(session, draft)
        if before is not None and before.revision_id == revision.id:
            return before
    if draft.thrown_away_at is not None:
        raise MoveNotAllowed("This draft was thrown away. Begin a new one if the post is still wanted.")
    check_draft_move(draft.state, DraftState.SUBMITTED, Actor.AUTHOR)
    problems = [Problem("", obstacle.sentence) for obstacle in gates.obstacles(session, by, now=now)]
    if problems := problems + checks.submission_problems(session, revision, now=now):
        raise DraftRefused(problems)
    approvers = people.approvers(session, author_id=draft.author_id, now=now)
    if not approvers:
        raise BadInput(
            "Nobody can approve this draft: nobody approves their own. Ask the headteacher to name a deputy."
        )
    if revision.video is not None:
        # It may have been saved before the video's copy was made: what is handed in has it.
        revision.content_hash = revision_hash(session, revision)
    move_draft(
        session, draft, DraftState.SUBMITTED, actor=Actor.AUTHOR, by=by, reason="It was handed in.", now=now
    )
    submission = Submission(
        draft_id=draft.id,
        revision_id=revision.id,
        submitted_by_id=by.id,
        submitted_at=now,
        findings=[finding.as_json() for finding in findings],
    )
    session.add(submission)
    # The requests name the submission by id.
    session.flush()
    asking.ask(session, draft, revision, submission, approvers, together=together, now=now)
    return submission


def ask_again(session: Session, draft_id: UUID, *, by: Person, now: datetime) -> list[Person]:
    """Send new links for a draft that waits; the earlier ones end. Says to whom."""
    draft, revision = _locked(session, draft_id)
    check_seen(session, draft, by=by, now=now)
    if draft.author_id != by.id:
        raise NotPermitted("Only the author can ask again.")
    submission = open_submission(session, draft)
    if draft.state is not DraftState.SUBMITTED or submission is None:
        raise MoveNotAllowed("This draft is not waiting for approval.")
    approvers = people.approvers(session, author_id=draft.author_id, now=now)
    if not approvers:
        raise BadInput("Nobody can approve this draft now. Ask the headteacher to name a deputy.")
    _void_requests(
        session, draft, "A newer e-mail was sent for this draft: use the link in that one.", now=now
    )
    asking.ask(session, draft, revision, submission, approvers, at_once=True, now=now)
    return approvers


def open_submission(session: Session, draft: Draft) -> Submission | None:
    """The submission of a draft that nobody has decided yet."""
    return session.scalar(
        sa.select(Submission).where(Submission.draft_id == draft.id, Submission.ended_at.is_(None))
    )


def latest(session: Session, draft: Draft) -> Submission | None:
    """The last time a draft was handed in, if ever."""
    return session.scalar(
        sa.select(Submission)
        .where(Submission.draft_id == draft.id)
        .order_by(Submission.submitted_at.desc(), Submission.id.desc())
        .limit(1)
    )


def end(session: Session, submission: Submission, reason: str, *, now: datetime) -> None:
    """Close a submission; every link of it is dead from here on."""
    submission.ended_at, submission.end_reason = now, reason
    draft = session.get_one(Draft, submission.draft_id)
    _void_requests(session, draft, reason, now=now)


def void(
    session: Session, draft: Draft, reason: str, *, actor: Actor, by: Person | None, now: datetime
) -> None:
    """End whatever rests on the draft as it was: the asking, the approval, what is scheduled (P12)."""
    submission = open_submission(session, draft)
    if submission is not None:
        end(session, submission, reason, now=now)
    for decision in session.scalars(
        sa.select(ApprovalDecision).where(
            ApprovalDecision.draft_id == draft.id, ApprovalDecision.voided_at.is_(None)
        )
    ):
        decision.voided_at, decision.void_reason = now, reason
    for publication in session.scalars(
        sa.select(Publication).where(Publication.draft_id == draft.id, Publication.state.in_(TO_COME))
    ):
        move_publication(
            session,
            publication,
            PublicationState.CANCELLED,
            actor=actor,
            by=by,
            reason=CHANGED,
            now=now,
        )


def _locked(session: Session, draft_id: UUID) -> tuple[Draft, DraftRevision]:
    draft = session.scalar(
        sa.select(Draft)
        .where(Draft.id == draft_id)
        .with_for_update(of=Draft)
        .execution_options(populate_existing=True)
    )
    if draft is None:
        raise NotFound(NO_SUCH)
    revision = session.scalars(
        sa.select(DraftRevision).where(
            DraftRevision.draft_id == draft.id, DraftRevision.number == draft.revision_number
        )
    ).one()
    return draft, revision


def _void_requests(session: Session, draft: Draft, reason: str, *, now: datetime) -> None:
    session.execute(
        sa.update(ApprovalRequest)
        .where(ApprovalRequest.draft_id == draft.id, ApprovalRequest.voided_at.is_(None))
        .values(voided_at=now, void_reason=reason)
    )
