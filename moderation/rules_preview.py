"""What other thresholds or words would have flagged and missed, before anybody saves them.

Nothing is scored for this: the stored scores are held against the proposal. What a word to let
pass does to a score shows only once the comments are scored again, so those are listed apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import judged, letting_pass
from moderation.classifier.flags import (
    DEFAULT_THRESHOLDS,
    LANGUAGE,
    LOCATES_PUPIL,
    flag,
    scores_count,
    speaks_of_the_dead,
)
from moderation.classifier.languages import Found
from moderation.classifier.normalise import prepare, undisguise, well_formed
from moderation.models import CaseState, Comment, CommentScore, CommentState, LogCase, LogEntry
from moderation.sight import comment_visible_to
from moderation.thresholds import URGENT_KINDS, Proposal, unread_language
from school.models import Person

DECIDED_FOR = timedelta(days=365)
DECIDED_MOST = 2000
RECENT_FOR = timedelta(days=30)
RECENT_MOST = 3000
SHOWN_MOST = 25
"""Comments listed under one heading; all are counted."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One comment of the preview. `entry_id` and `number` are None where it isn't in the log."""

    text: str = field(repr=False)
    entry_id: UUID | None = None
    number: int | None = None
    said: str = ""
    """The classifier's highest score, as the list shows it."""
    comment_id: UUID | None = None
    """Where it is not in the log, and can be put there."""


@dataclass(slots=True)
class Group:
    """Comments of one kind: all are counted, some shown."""

    count: int = 0
    shown: list[Shown] = field(default_factory=list)

    def add(self, one: Shown) -> None:
        """Count it, and keep it while the list is short."""
        self.count += 1
        if len(self.shown) < SHOWN_MOST:
            self.shown.append(one)


LEAST = 10
"""Comments called abuse, of which something must be known before nothing is said to be missed. With ten, a
change that misses one in four would show with a chance of over nine in ten (1 - 0.75 ** 10)."""


@dataclass(slots=True)
class Effect:
    """What a proposal does to comments that people have decided on, and to recent ones."""

    threats_over: float | None = None
    """The score from which a comment counts as a threat, where it is raised above the one that ships."""
    least: ClassVar[int] = LEAST
    decided: int = 0
    """Decided comments whose decision tells something of the classifier's scores."""
    caught_before: int = 0
    """Of the abusive ones, flagged by the rules in force."""
    caught_after: int = 0
    abusive: int = 0
    alarms_before: int = 0
    """Of the harmless ones, flagged all the same."""
    alarms_after: int = 0
    missed: Group = field(default_factory=Group)
    """People called it abusive; it would no longer be flagged."""
    found: Group = field(default_factory=Group)
    """People called it abusive; the rules in force would not flag it, these would."""
    spared: Group = field(default_factory=Group)
    """People found it harmless; it would no longer be flagged."""
    alarmed: Group = field(default_factory=Group)
    """People found it harmless; it would now be flagged."""
    urgent_before: int = 0
    """Of all that was looked at, decided or recent, each once: mailed at once by the rules in force (P23)."""
    urgent_after: int = 0
    calmed: Group = field(default_factory=Group)
    """A mail at once by the rules in force; with these it would come without one, or not at all."""
    recent: int = 0
    """Recent comments looked at, decided or not."""
    newly: Group = field(default_factory=Group)
    """Nobody was asked about it; it would now be flagged."""
    dropped: Group = field(default_factory=Group)
    """Waits in the queue; it would not have been flagged."""
    unknown: Group = field(default_factory=Group)
    """Holds a word whose letting pass changes: only scoring again shows what becomes of it."""

    @property
    def tells(self) -> bool:
        """Whether enough was called abuse for "nothing would be missed" to mean something."""
        return self.abusive >= self.least

    @property
    def lost(self) -> int:
        """Comments that were flagged rightly, or wait for a person, and would be flagged no longer."""
        return self.missed.count + self.dropped.count

    def urgency(self, before: bool, after: bool, shown: Shown) -> None:
        """Count one comment that is urgent by the rules in force, by the proposal, or by both."""
        self.urgent_before += before
        self.urgent_after += after
        if before and not after:
            self.calmed.add(shown)


def effect(
    session: Session, proposed: Proposal, in_force: Proposal, *, viewer: Person, now: datetime
) -> Effect:
    """What would have become of comments that the viewer may see. Takes no longer than a page may."""
    found = Effect(threats_over=_threats_over(proposed, in_force))
    compare = _Comparison(proposed, in_force)
    counted: set[UUID] = set()
    for count, one in enumerate(judged.decided(session, viewer=viewer, since=now - DECIDED_FOR)):
        if count >= DECIDED_MOST:
            break
        counted.add(one.entry_id)
        other = unread_language(one.text, one.model_name)
        urgent = compare.urgent(one.text, one.scores, one.reasons, other)
        found.urgency(*urgent, Shown(one.text, one.entry_id, one.number, _as_threat(one.scores)))
        if one.tells_of_scores and one.scores:
            _decided(found, one, compare, other)
    for comment in _recent(session, viewer, now=now):
        found.recent += 1
        clear = comment.id if comment.entry_id is None else None
        shown = Shown(comment.text, comment.entry_id, comment.number, _said(comment.scores), clear)
        if compare.unknown(comment.text):
            found.unknown.add(shown)
            continue
        other = unread_language(comment.text, comment.model_name) if comment.strange else None
        if comment.entry_id not in counted:
            urgent = compare.urgent(comment.text, comment.scores, comment.reasons, other)
            found.urgency(*urgent, replace(shown, said=_as_threat(comment.scores)))
        before, after = compare.flagged(comment.text, comment.scores, comment.reasons, other)
        if after and not before and comment.entry_id is None:
            found.newly.add(shown)
        elif before and not after and comment.open:
            found.dropped.add(shown)
    return found


def _threats_over(proposed: Proposal, in_force: Proposal) -> float | None:
    """The score that the proposal asks for a threat, where it is raised, and above what ships."""
    now = proposed.thresholds.get("threat", 0.0)
    usual = max(DEFAULT_THRESHOLDS["threat"], in_force.thresholds.get("threat", 0.0))
    return now if now > usual else None


def _decided(found: Effect, one: judged.Judged, compare: _Comparison, other: Found | None) -> None:
    before, after = compare.flagged(one.text, one.scores, one.reasons, other)
    shown = Shown(one.text, one.entry_id, one.number, _said(one.scores))
    found.decided += 1
    if one.abusive:
        found.abusive += 1
        found.caught_before += before
        found.caught_after += after
    else:
        found.alarms_before += before
        found.alarms_after += after
    if before and not after:
        (found.missed if one.abusive else found.spared).add(shown)
    elif after and not before:
        (found.found if one.abusive else found.alarmed).add(shown)


class _Comparison:
    """Holds stored scores against the proposal and against what is in force."""

    def __init__(self, proposed: Proposal, in_force: Proposal) -> None:
        self._sides = (in_force, proposed)
        self._moved = tuple(set(proposed.passes) ^ set(in_force.passes))
        words = set(proposed.words) | set(in_force.words)
        self._hints = {word.rstrip("*").casefold() for word in words}

    def unknown(self, text: str) -> bool:
        """Whether its scores would be others: it holds a word that is newly let pass, or no longer."""
        return letting_pass.holds(text, self._moved)

    def flagged(
        self, text: str, scores: Mapping[str, Any], reasons: Sequence[Mapping[str, Any]], other: Found | None
    ) -> tuple[bool, bool]:
        """Whether the rules in force, and whether the proposal, would flag it. `other`: a language that the
        model can't read.
        """
        before, after = self._sides
        if any(_of_itself(reason, before) for reason in reasons):
            # A threat's words, or personal data: no threshold changes that.
            return True, True
        maybe = self._hints and self._has_hint(text)
        counted = scores if scores_count(text, other) else {}
        found = []
        for side in (before, after):
            over = any(float(counted.get(label, 0.0)) >= least for label, least in side.thresholds.items())
            over = over or (other is not None and side.other_languages)
            found.append(over or bool(maybe and _by_word(text, side)))
        return found[0], found[1]

    def urgent(
        self, text: str, scores: Mapping[str, Any], reasons: Sequence[Mapping[str, Any]], other: Found | None
    ) -> tuple[bool, bool]:
        """Whether SLT and DSL would be told of it at once by the rules in force, and by the proposal (P23).

        As `thresholds.is_urgent` asks of the reasons: only a threat by its score hangs on a threshold.
        """
        if any(_urgent_of_itself(reason, self._sides[0]) for reason in reasons):
            return True, True
        score = float(scores.get("threat", 0.0))
        was, will = (score >= side.thresholds.get("threat", 2.0) for side in self._sides)
        if not (was or will) or not scores_count(text, other) or speaks_of_the_dead(text):
            return False, False
        return was, will

    def _has_hint(self, text: str) -> bool:
        plain = prepare(well_formed(text))
        both = f"{plain}\n{undisguise(plain)}".casefold()
        both = " ".join(both.split())
        return any(hint in both for hint in self._hints)


def _by_word(text: str, side: Proposal) -> bool:
    read = letting_pass.without(text, side.passes)
    return any(reason.kind == "word" for reason in flag(read, {}, {}, side.words))


def _of_itself(reason: Mapping[str, Any], rules: Proposal) -> bool:
    kind, label = reason.get("kind"), reason.get("label")
    return (
        kind not in {"toxicity", "word", "rescored", "reported", LANGUAGE} and label not in rules.thresholds
    )


def _urgent_of_itself(reason: Mapping[str, Any], rules: Proposal) -> bool:
    kind, label = reason.get("kind"), reason.get("label")
    return label == LOCATES_PUPIL or (kind in URGENT_KINDS and label not in rules.thresholds)


def _said(scores: Mapping[str, Any]) -> str:
    if not scores:
        return ""
    label, score = max(scores.items(), key=lambda pair: float(pair[1]))
    return f"{label.replace('_', ' ')} {float(score):.2f}"


def _as_threat(scores: Mapping[str, Any]) -> str:
    return f"threat {float(scores.get('threat', 0.0)):.2f}"


@dataclass(frozen=True, slots=True)
class _Recent:
    id: UUID
    text: str
    scores: Mapping[str, Any]
    reasons: Sequence[Mapping[str, Any]]
    entry_id: UUID | None
    number: int | None
    open: bool
    model_name: str
    strange: bool
    """Whether the model could not read its language."""


def _recent(session: Session, viewer: Person, *, now: datetime) -> Iterable[_Recent]:
    """Comments of the last weeks with their newest scores, newest first."""
    query = (
        sa.select(
            Comment.id, Comment.version, Comment.text, LogEntry.id.label("entry"), LogEntry.number,
            LogCase.state,
        )
        .outerjoin(LogEntry, LogEntry.comment_id == Comment.id)
        .outerjoin(LogCase, LogCase.entry_id == LogEntry.id)
        .where(
            Comment.state.in_((CommentState.CLEAR, CommentState.FLAGGED)),
            Comment.created_at >= now - RECENT_FOR,
            Comment.erased_at.is_(None),
            comment_visible_to(viewer),
        )
        .order_by(Comment.created_at.desc())
        .limit(RECENT_MOST)
    )  # fmt: skip
    rows = session.execute(query).all()
    for start in range(0, len(rows), 500):
        part = rows[start : start + 500]
        scored = session.execute(
            sa.select(
                CommentScore.comment_id, CommentScore.comment_version, CommentScore.scores,
                CommentScore.reasons, CommentScore.model_name, CommentScore.language,
            )
            .where(CommentScore.comment_id.in_([row.id for row in part]))
            .order_by(CommentScore.scored_at, CommentScore.id)
        )  # fmt: skip
        newest = {(row.comment_id, row.comment_version): row for row in scored}
        for row in part:
            score = newest.get((row.id, row.version))
            yield _Recent(
                row.id,
                row.text,
                score.scores if score else {},
                score.reasons if score else [],
                row.entry,
                row.number,
                row.state is CaseState.OPEN,
                score.model_name if score else "",
                bool(score and score.language),
            )


__all__ = ["Effect", "Group", "Shown", "effect"]
