"""Handing in and deciding on the posts of a series that say the same, each for itself but in one press (P12).

Every post keeps its own version, its own signed checklist, its own handing in and its own decision: only the
pressing is done once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import content, decisions, drafts, odd_times, submissions
from approvals.content import DraftContent
from approvals.decisions import DraftChanged, Proof
from approvals.findings import Finding
from approvals.models import Draft, DraftRevision, Submission
from approvals.states import DraftState
from school import school_year
from school.errors import MoveNotAllowed, NotPermitted
from school.models import Person

_OTHERWISE = "It says something else than the post that you looked at: look at it by itself."


@dataclass(frozen=True, slots=True)
class Alike:
    """Another post of a series that says the same, in the version that was looked at."""

    draft_id: UUID
    number: int
    planned_at: datetime | None
    odd: str
    """What is to be asked of its time, which nobody looked at with the first; empty where nothing."""


def to_hand_in(session: Session, draft: Draft, *, only: UUID | None = None) -> list[Alike]:
    """The other posts of the series that its author has not handed in yet and that say what this one says.

    The same wording, accounts, pictures, pupils and device; only the day differs, and the checklist, which
    is signed with the first. Soonest first; none where this one isn't handed in itself. `only`: of them,
    that one.
    """
    if draft.state not in {DraftState.SUBMITTED, DraftState.APPROVED} or draft.thrown_away_at is not None:
        return []
    handed_in = sa.select(Submission.id).where(Submission.draft_id == Draft.id).exists()
    which = [Draft.state == DraftState.DRAFT, sa.not_(handed_in)]
    return _alike(session, draft, *which, *([Draft.id == only] if only is not None else []))


def waiting(session: Session, draft: Draft) -> list[Alike]:
    """The other posts of the series that wait for a decision and say what this one says, soonest first."""
    if draft.state is not DraftState.SUBMITTED:
        return []
    return _alike(session, draft, Draft.state == DraftState.SUBMITTED)


def hand_in(
    session: Session,
    other: UUID,
    *,
    like: UUID,
    seen: int,
    findings: Sequence[Finding],
    by: Person,
    now: datetime,
) -> Submission:
    """Hand another post of a series in, with the checklist that was signed for the one that it is like.

    Once all are handed in, `asking.mail_together` asks for their decisions in one mail.

    `seen`: the version of `like` that the author looked at. Raises MoveNotAllowed where either says
    something else by now, NotPermitted for anybody but the author, and what `drafts.save` and
    `submissions.submit` raise: then nothing of it is done.
    """
    model = drafts.find(session, like, by=by, now=now)
    if model.author_id != by.id:
        raise NotPermitted("Only the author of a post hands in its series.")
    draft = drafts.locked(session, other)
    if seen != model.revision_number or not to_hand_in(session, model, only=other):
        raise MoveNotAllowed("This post or the one that it is like was changed meanwhile: look at both.")
    signed = content.of_revision(drafts.current_revision(session, model)).checklist
    theirs = content.of_revision(drafts.current_revision(session, draft))
    if theirs.checklist != signed:
        new = replace(theirs, checklist=signed, based_on=draft.revision_number)
        drafts.save(session, other, new, by=by, now=now)
    return submissions.submit(
        session,
        other,
        revision_number=draft.revision_number,
        findings=findings,
        together=True,
        by=by,
        now=now,
    )


def prove(session: Session, proof: Proof, other: UUID, *, number: int) -> Proof:
    """The proof for another post of a series, by who has shown for the first of them who they are.

    `number`: the version that was listed beside it. Raises DraftChanged where it says something else than
    what they looked at, and what `decisions.prove_signed_in` raises. Whether they may decide on it is
    checked with the decision.
    """
    first = session.get_one(Draft, proof.draft_id)
    approver = session.get_one(Person, proof.approver_id)
    found = decisions.prove_signed_in(session, other, by=approver, revision_number=number)
    draft = session.get_one(Draft, other)
    one, two = (
        session.get_one(DraftRevision, session.get_one(Submission, submission_id).revision_id)
        for submission_id in (proof.submission_id, found.submission_id)
    )
    same_series = draft.series_id is not None and draft.series_id == first.series_id
    if not same_series or draft.author_id != first.author_id or _said(one) != _said(two):
        raise DraftChanged(_OTHERWISE)
    return replace(found, how=proof.how)


def _alike(session: Session, draft: Draft, *which: sa.ColumnElement[bool]) -> list[Alike]:
    if draft.series_id is None:
        return []
    others = session.scalars(
        sa.select(Draft)
        .where(
            Draft.series_id == draft.series_id,
            Draft.id != draft.id,
            Draft.author_id == draft.author_id,
            Draft.thrown_away_at.is_(None),
            *which,
        )
        .order_by(Draft.id)
    ).all()
    if not others:
        return []
    newest = drafts.current_revisions(session, [draft, *others], media=True)
    said, year = _said(newest[draft.id]), school_year.load(session)
    found = []
    for one in others:
        at = newest[one.id].planned_at
        if _said(newest[one.id]) == said:
            odd = " ".join(odd_times.in_year(year, at)) if at is not None else ""
            found.append(Alike(one.id, one.revision_number, at, odd))
    return sorted(found, key=lambda one: (one.planned_at is None, one.planned_at, one.draft_id))


def _said(revision: DraftRevision) -> DraftContent:
    """All that a version says but for the day."""
    whole = content.in_one_order(content.of_revision(revision))
    return replace(whole, planned_date="", planned_time="", checklist=frozenset())
