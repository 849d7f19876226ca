"""What each version of a draft came to, and what was begun from it, for its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals.models import ApprovalDecision, DecisionKind, Draft, DraftRevision, Submission


def revisions(session: Session, draft: Draft) -> list[DraftRevision]:
    """Every version of a draft, oldest first."""
    query = sa.select(DraftRevision).where(DraftRevision.draft_id == draft.id).order_by(DraftRevision.number)
    return list(session.scalars(query))


def handed_in(session: Session, draft: Draft) -> set[UUID]:
    """The ids of the versions that were handed in."""
    return set(session.scalars(sa.select(Submission.revision_id).where(Submission.draft_id == draft.id)))


def decided(session: Session, draft: Draft) -> Mapping[UUID, Sequence[DecisionKind]]:
    """By a version's id what was decided of it, in that order, whether it counts still or not."""
    query = (
        sa.select(ApprovalDecision.revision_id, ApprovalDecision.kind)
        .where(ApprovalDecision.draft_id == draft.id)
        .order_by(ApprovalDecision.decided_at, ApprovalDecision.id)
    )
    found: dict[UUID, list[DecisionKind]] = {}
    for revision_id, kind in session.execute(query):
        found.setdefault(revision_id, []).append(kind)
    return found


def repeated(session: Session, draft: Draft) -> list[tuple[datetime, int]]:
    """When more drafts of a draft's series were begun after it, and how many each time."""
    if draft.series_id is None:
        return []
    query = (
        sa.select(Draft.created_at, sa.func.count(Draft.id))
        .where(Draft.series_id == draft.series_id, Draft.created_at > draft.created_at)
        .group_by(Draft.created_at)
        .order_by(Draft.created_at)
    )
    return [(at, many) for at, many in session.execute(query)]
