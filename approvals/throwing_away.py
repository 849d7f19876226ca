"""Throwing away a draft that its author doesn't want any more: no list shows it, its history stays (P12)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import drafts, unsaved
from approvals.models import ApprovalDecision, DecisionKind, Draft, Publication
from approvals.moves import note_thrown_away
from approvals.sight import check_seen
from approvals.states import IN_WORDS, DraftState, PublicationState
from school.errors import MoveNotAllowed, NotPermitted
from school.models import Person

_STATES = (DraftState.DRAFT, DraftState.CHANGES_REQUESTED)
_MAY_HAVE_BEEN_OUT = (
    sa.select(Publication.id)
    .where(
        Publication.draft_id == Draft.id,
        sa.or_(
            Publication.state.not_in([PublicationState.MISSED, PublicationState.CANCELLED]),
            Publication.unknown_since.is_not(None),
        ),
    )
    .exists()
)
"""What parents may have seen stays where everybody finds it, whatever became of it."""
_APPROVED_ONCE = (
    sa.select(ApprovalDecision.id)
    .where(ApprovalDecision.draft_id == Draft.id, ApprovalDecision.kind == DecisionKind.APPROVE)
    .exists()
)


def possible(session: Session, draft: Draft) -> bool:
    """Whether its author can throw the draft away: it is with them, and was never out.

    One that was approved and taken back has its approval, void, in its history like all else (P12).
    """
    return _which(session, Draft.id == draft.id) != []


def others_of_series(session: Session, draft: Draft) -> list[Draft]:
    """The other repetitions of the same post that could be thrown away with it.

    One that was approved once is thrown away by itself alone.
    """
    if draft.series_id is None:
        return []
    theirs = (Draft.series_id == draft.series_id, Draft.author_id == draft.author_id, Draft.id != draft.id)
    return _which(session, *theirs, ~_APPROVED_ONCE)


def throw_away(session: Session, draft_id: UUID, *, others: bool, by: Person, now: datetime) -> list[Draft]:
    """Throw a draft away, `others`: with those of its series that are being written too. Says which.

    Thrown away twice is once. Raises NotPermitted for anybody but the author, MoveNotAllowed when it may
    have been out, is approved, or waits for a decision.
    """
    asked = session.get(Draft, draft_id)
    too = {one.id for one in others_of_series(session, asked)} if others and asked is not None else set()
    # In the order of ids, as whoever words a series anew: two at once wait for each other in turn.
    held = {one_id: drafts.locked(session, one_id) for one_id in sorted({draft_id, *too})}
    draft = held[draft_id]
    check_seen(session, draft, by=by, now=now)
    if draft.author_id != by.id:
        raise NotPermitted("Only the author can throw a draft away. Reject it instead.")
    if draft.thrown_away_at is not None:
        return []
    if not possible(session, draft):
        handed_in = draft.state in {DraftState.SUBMITTED, DraftState.APPROVED}
        first = "take it back first" if handed_in and drafts.editable(session, draft) else "it is kept"
        raise MoveNotAllowed(
            f"This draft is {IN_WORDS[draft.state]}: {first}."
            if draft.state not in _STATES
            else "This draft may have been seen on a platform, so it is kept."
        )
    # One was handed in from another tab while this one waited for its row: then it is not to be lost.
    gone = [draft, *(held[one_id] for one_id in sorted(too) if possible(session, held[one_id]))]
    for one in gone:
        one.thrown_away_at = now
        note_thrown_away(session, one, by=by, now=now)
        unsaved.drop(session, one.id, by=by)
    return gone


def _which(session: Session, *where: sa.ColumnElement[bool]) -> list[Draft]:
    query = (
        sa.select(Draft)
        .where(*where, Draft.state.in_(_STATES), Draft.thrown_away_at.is_(None), ~_MAY_HAVE_BEEN_OUT)
        .order_by(Draft.id)
    )
    found: Sequence[Draft] = session.scalars(query).all()
    return list(found)
