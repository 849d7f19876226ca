"""What people decided about comments, as judgements to measure the classifier against (P17, P18).

`schoolgate evaluate --decisions` and the preview of new thresholds read these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, load_only

from moderation.chain import unlisted
from moderation.decisions import Outcome
from moderation.models import CaseState, CommentScore, EventKind, LogCase, LogEntry, LogEvent
from moderation.sight import visible_to
from school.models import Person

_AT_ONCE = 500

AGAINST = frozenset(
    {Outcome.DELETE, Outcome.WARN, Outcome.BLOCK, Outcome.MUTE, Outcome.REFER, Outcome.MEETING}
)
"""Decisions that nobody takes about a harmless comment."""

BY_SCORE = frozenset({"toxicity", "threat"})
"""Kinds of reasons that the classifier's scores can give; what was flagged for a phone number says
nothing of them."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One decided comment: what was written when it was decided on, how it scored, what people made of it."""

    entry_id: UUID
    number: int
    text: str = field(repr=False)
    scores: Mapping[str, float]
    """The newest scores of exactly this text; empty for an entry made by hand."""
    model_name: str
    """Whose scores they are."""
    reasons: tuple[Mapping[str, Any], ...] = field(repr=False)
    """Why it was flagged when it got these scores."""
    kinds: tuple[str, ...]
    outcomes: tuple[str, ...]
    abusive: bool | None
    """None where the decision doesn't say: an answer alone, or hidden and shown again."""
    decided_at: datetime

    @property
    def tells_of_scores(self) -> bool:
        """Whether the decision can be held against the classifier: it isn't about personal data, say."""
        return self.abusive is not None and (bool(BY_SCORE & set(self.kinds)) or "reported" in self.kinds)


def verdict(outcomes: Sequence[str]) -> bool | None:
    """Whether these outcomes call the comment abusive (True) or harmless (False); None where neither."""
    chosen = set(outcomes)
    harmless = bool(chosen & {Outcome.DISMISS, Outcome.READ})
    if harmless and chosen & AGAINST == {Outcome.REFER}:
        # A worry about a child that one found harmless is still another's to judge: see `referring`.
        return None
    if chosen & AGAINST or (Outcome.HIDE in chosen and Outcome.UNHIDE not in chosen):
        return True
    return False if harmless else None


def decided(session: Session, *, viewer: Person | None, since: datetime | None = None) -> Iterator[Judged]:
    """Every decided comment with a text that the viewer may see, newest decision first, in constant memory.

    `viewer` None: a command on the server. `since`: only what was decided from then on.
    """
    query = (
        sa.select(LogCase, LogEntry)
        .join(LogEntry, LogEntry.id == LogCase.entry_id)
        .where(LogCase.state == CaseState.DECIDED, LogCase.decided_at.is_not(None), visible_to(viewer))
        # Of an erased entry there is nothing to judge any more.
        .where(LogEntry.erased_at.is_(None))
        .order_by(LogCase.decided_at.desc(), LogCase.entry_id.desc())
        .limit(_AT_ONCE)
        # What is read below: somebody may wait before a page that goes through thousands.
        .options(
            load_only(LogCase.decided_at, LogCase.outcomes, LogCase.kinds, raiseload=True),
            load_only(
                LogEntry.number,
                LogEntry.comment_id,
                LogEntry.comment_version,
                LogEntry.text,
                LogEntry.scores,
                LogEntry.reasons,
                LogEntry.model_name,
                raiseload=True,
            ),
        )
    )
    if since is not None:
        query = query.where(LogCase.decided_at >= since)
    last: tuple[datetime | None, UUID] | None = None
    while True:
        part = query
        if last is not None:
            part = query.where(
                sa.or_(
                    LogCase.decided_at < last[0],
                    sa.and_(LogCase.decided_at == last[0], LogCase.entry_id < last[1]),
                )
            )
        found = [(row[0], row[1]) for row in session.execute(part)]
        if found:
            last = found[-1][0].decided_at, found[-1][0].entry_id
            yield from _judged(session, found)
        if len(found) < _AT_ONCE:
            return


def _judged(session: Session, found: Sequence[tuple[LogCase, LogEntry]]) -> Iterator[Judged]:
    edits = _edits(session, [case.entry_id for case, _ in found])
    texts = {case.entry_id: _as_decided(case, entry, edits.get(case.entry_id, [])) for case, entry in found}
    scores = _newest_scores(session, [entry.comment_id for _, entry in found if entry.comment_id])
    for case, entry in found:
        version, text, as_scored, model_name = texts[case.entry_id]
        newest = scores.get((entry.comment_id, version)) if entry.comment_id else None
        if not text or case.decided_at is None:
            continue
        outcomes = tuple(unlisted(case.outcomes))
        yield Judged(
            entry_id=entry.id,
            number=entry.number,
            text=text,
            scores=newest.scores if newest else as_scored,
            model_name=newest.model_name if newest else model_name,
            reasons=tuple(newest.reasons if newest else entry.reasons),
            kinds=tuple(unlisted(case.kinds)),
            outcomes=outcomes,
            abusive=verdict(outcomes),
            decided_at=case.decided_at,
        )


def _edits(session: Session, entry_ids: Sequence[UUID]) -> dict[UUID, list[LogEvent]]:
    query = (
        sa.select(LogEvent)
        .where(LogEvent.entry_id.in_(entry_ids), LogEvent.kind == EventKind.EDITED)
        .order_by(LogEvent.seq)
    )
    edits: dict[UUID, list[LogEvent]] = {}
    for event in session.scalars(query):
        edits.setdefault(event.entry_id, []).append(event)
    return edits


def _as_decided(
    case: LogCase, entry: LogEntry, edits: Sequence[LogEvent]
) -> tuple[int | None, str, dict[str, Any], str]:
    """Version, text, scores and model of what the person who decided had before them."""
    seen = [event for event in edits if case.decided_at is not None and event.at <= case.decided_at]
    if not seen:
        return entry.comment_version, entry.text, entry.scores, entry.model_name
    detail = seen[-1].detail
    return int(detail["version"]), str(detail["text"]), dict(detail["scores"]), str(detail["model"])


@dataclass(frozen=True, slots=True)
class _Scores:
    scores: Mapping[str, float]
    reasons: Sequence[Mapping[str, Any]]
    model_name: str


def _newest_scores(session: Session, comment_ids: Sequence[UUID]) -> dict[tuple[UUID, int | None], _Scores]:
    query = (
        sa.select(
            CommentScore.comment_id,
            CommentScore.comment_version,
            CommentScore.scores,
            CommentScore.reasons,
            CommentScore.model_name,
        )
        .where(CommentScore.comment_id.in_(comment_ids))
        .order_by(CommentScore.scored_at, CommentScore.id)
    )
    return {
        (comment_id, version): _Scores(scores, reasons, model_name)
        for comment_id, version, scores, reasons, model_name in session.execute(query)
    }


__all__ = ["AGAINST", "BY_SCORE", "Judged", "decided", "verdict"]
