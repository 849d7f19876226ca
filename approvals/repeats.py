"""Which of its series a repeated post is: counted in one way wherever it is said."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals.models import Draft, DraftRevision


def places(session: Session, drafts: Sequence[Draft]) -> dict[UUID, str]:
    """For those of these drafts that are repeated, by planned time: "2 of a series of 7"."""
    wanted = {one.series_id for one in drafts if one.series_id is not None}
    if not wanted:
        return {}
    query = (
        sa.select(Draft.series_id, Draft.id)
        .join(
            DraftRevision,
            sa.and_(DraftRevision.draft_id == Draft.id, DraftRevision.number == Draft.revision_number),
        )
        .where(Draft.series_id.in_(wanted), Draft.thrown_away_at.is_(None))
        .order_by(DraftRevision.planned_at, Draft.id)
    )
    of_series: dict[UUID | None, list[UUID]] = {}
    for series_id, draft_id in session.execute(query):
        of_series.setdefault(series_id, []).append(draft_id)
    return {
        draft_id: f"{place} of a series of {len(ids)}"
        for ids in of_series.values()
        for place, draft_id in enumerate(ids, start=1)
        if len(ids) > 1
    }
