"""What makes a comment flagged: thresholds per label and the school's own words, by version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation.classifier.flags import DEFAULT_THRESHOLDS
from moderation.models import FlaggingRules
from school import audit, consent
from school.errors import BadInput
from school.models import Person
from school.people import reason_text
from school.permissions import Action, require

WORD_LENGTH_MAX = 80
WORDS_MAX = 2000


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules in force, and the names that make a comment personal data (P21)."""

    version: int
    thresholds: Mapping[str, float]
    words: tuple[str, ...]
    names: tuple[str, ...] = ()


def current(session: Session) -> FlaggingRules:
    """The version in force; the one that ships, before anybody made another."""
    found = session.scalar(sa.select(FlaggingRules).order_by(FlaggingRules.version.desc()).limit(1))
    return found or FlaggingRules(
        version=1, thresholds=dict(DEFAULT_THRESHOLDS), words=[], made_by_id=None, reason=""
    )


def history(session: Session) -> list[FlaggingRules]:
    """Every version, newest first."""
    return list(session.scalars(sa.select(FlaggingRules).order_by(FlaggingRules.version.desc())))


def rules(session: Session) -> Rules:
    """The rules in force with the names of pupils and staff, for `classifier.flags.flag`."""
    found = current(session)
    staff = session.scalars(sa.select(Person.name).where(Person.active).order_by(Person.name))
    return Rules(
        version=found.version,
        thresholds={label: float(value) for label, value in found.thresholds.items()},
        words=tuple(found.words),
        names=tuple(consent.names(session)) + tuple(staff),
    )


def ensure_first(session: Session, *, now: datetime) -> FlaggingRules:
    """The version in force, stored: a score row must be able to point at it."""
    found = current(session)
    if found not in session:
        found.made_at, found.reason = now, "As shipped."
        session.add(found)
        # Scores of the same transaction point at it.
        session.flush()
    return found


def set_threshold(
    session: Session, label: str, value: float, *, by: Person, reason: str, now: datetime
) -> FlaggingRules:
    """Flag from this score on for this label. Raises BadInput for an unknown label or an impossible score."""
    before = current(session)
    if label not in before.thresholds:
        raise BadInput(
            f"There is no label “{label[:40]}”. Choose one of: {', '.join(sorted(before.thresholds))}.",
            field="label",
        )
    if not 0 < value <= 1:
        raise BadInput(f"The threshold {value:g} must be above 0 and at most 1, such as 0.7.", field="value")
    return _next(
        session, {**before.thresholds, label: value}, list(before.words), by=by, reason=reason, now=now
    )


def add_word(session: Session, word: str, *, by: Person, reason: str, now: datetime) -> FlaggingRules:
    """Flag every comment with this word or phrase. Raises BadInput for an empty, long or known one."""
    clean = " ".join(word.split())
    before = current(session)
    if not 2 <= len(clean) <= WORD_LENGTH_MAX:
        raise BadInput(
            f"A word or phrase needs 2 to {WORD_LENGTH_MAX} characters; this has {len(clean)}.", field="word"
        )
    if clean.casefold() in {known.casefold() for known in before.words}:
        raise BadInput(f"“{clean}” is on the list already.", field="word")
    if len(before.words) >= WORDS_MAX:
        raise BadInput(
            f"The list has {WORDS_MAX} words, which is the most it holds: remove one first.", field="word"
        )
    return _next(session, before.thresholds, [*before.words, clean], by=by, reason=reason, now=now)


def remove_word(session: Session, word: str, *, by: Person, reason: str, now: datetime) -> FlaggingRules:
    """Stop flagging a word that the school added. Raises BadInput where it isn't on the list."""
    before = current(session)
    if word not in before.words:
        raise BadInput(f"“{word[:80]}” is not on the list: reload the page.", field="word")
    rest = [known for known in before.words if known != word]
    return _next(session, before.thresholds, rest, by=by, reason=reason, now=now)


def _next(
    session: Session,
    thresholds: Mapping[str, float],
    words: list[str],
    *,
    by: Person,
    reason: str,
    now: datetime,
) -> FlaggingRules:
    require(by, Action.SET_THRESHOLDS)
    why = reason_text(reason)
    before = ensure_first(session, now=now)
    made = FlaggingRules(
        version=before.version + 1,
        thresholds=dict(thresholds),
        words=words,
        made_at=now,
        made_by_id=by.id,
        reason=why,
    )
    session.add(made)
    audit.record(
        session,
        by=by,
        action="flagging_rules_changed",
        object_kind="flagging_rules",
        object_id=str(made.version),
        # How many words, not which: a word list can hold names.
        detail={"thresholds": made.thresholds, "words": len(words), "reason": why},
        now=now,
    )
    return made
