"""What makes a comment flagged: thresholds per label and the school's own words, by version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import letting_pass, rules_news
from moderation.classifier.flags import DEFAULT_THRESHOLDS, LOCATES_PUPIL, Reason, flag, severity
from moderation.classifier.languages import Found, read_by, unread
from moderation.models import FlaggingRules
from school import audit, consent
from school.db import storable
from school.errors import BadInput, MoveNotAllowed, NotFound
from school.models import Person
from school.people import reason_text
from school.permissions import Action, require
from school.times import say

WORD_LENGTH_MAX = 80
WORDS_MAX = 2000
URGENT_KINDS = frozenset({"threat", "safeguarding"})
"""Kinds of reasons that SLT and DSL are told of at once (P23); `is_urgent` asks of a reason."""
# Any fixed number of our own: it puts those who save rules in a row on PostgreSQL.
_LOCK = 0x5C40_05


def is_urgent(reasons: Iterable[Reason]) -> bool:
    """Whether SLT and DSL must know at once: threats and worries (P23), and where a pupil is found (P21)."""
    return any(reason.kind in URGENT_KINDS or reason.label == LOCATES_PUPIL for reason in reasons)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules in force, and the names that make a comment personal data (P21)."""

    version: int
    thresholds: Mapping[str, float]
    words: tuple[str, ...]
    names: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()
    pupils: tuple[str, ...] = ()
    """Those of the names that are pupils'."""
    other_languages: bool = True
    """Whether a comment that the model can't read is put before a person."""

    def as_scored(self, text: str) -> str:
        """The text as the classifier is to read it: without the words that the school lets pass."""
        return letting_pass.without(text, self.passes)

    def reasons(
        self,
        text: str,
        scores: Mapping[str, float],
        *,
        model_name: str = "",
        names: Sequence[str] | None = None,
    ) -> list[Reason]:
        """Why this text needs a person, worst first. `scores`: of `as_scored(text)`, by that model.

        `names`: other names than the register's; a follower's own name is no personal data.
        """
        other = unread_language(text, model_name)
        known = self.names if names is None else names
        read = self.as_scored(text)
        pupils = self.pupils if names is None else ()
        found = flag(read, scores, self.thresholds, self.words, known, pupils, other, self.other_languages)
        if read == text:
            return found
        # A threat is one whatever words a school lets pass, and is quoted as it was written.
        scored = [reason for reason in found if not _by_phrase(reason)]
        urgent = [reason for reason in flag(text, {}, {}) if _by_phrase(reason)]
        return sorted([*urgent, *scored], key=lambda reason: -severity([reason]))


def unread_language(text: str, model_name: str) -> Found | None:
    """The language of a text that this model can't read; None where it reads it, as far as anybody knows."""
    return unread(text, read_by(model_name))


def _by_phrase(reason: Reason) -> bool:
    return reason.kind in URGENT_KINDS and reason.label not in DEFAULT_THRESHOLDS


@dataclass(frozen=True, slots=True)
class Proposal:
    """Thresholds and words as somebody would have them."""

    thresholds: Mapping[str, float]
    words: tuple[str, ...]
    """Flag a comment whatever the classifier thinks of it."""
    passes: tuple[str, ...]
    """Are left out before a comment is scored."""
    other_languages: bool = True
    """Put what the model can't read before a person."""


def current(session: Session) -> FlaggingRules:
    """The version in force; while nobody has changed anything, the one that ships with this release."""
    found = session.scalar(sa.select(FlaggingRules).order_by(FlaggingRules.version.desc()).limit(1))
    if found is not None and (found.made_by_id is not None or dict(found.thresholds) == DEFAULT_THRESHOLDS):
        return found
    return FlaggingRules(
        version=found.version + 1 if found else 1,
        thresholds=dict(DEFAULT_THRESHOLDS),
        words=[],
        passes=[],
        other_languages=True,
        made_by_id=None,
        reason="",
    )


def history(session: Session) -> list[FlaggingRules]:
    """Every version, newest first."""
    return list(session.scalars(sa.select(FlaggingRules).order_by(FlaggingRules.version.desc())))


def proposal_of(rules: FlaggingRules) -> Proposal:
    """What a version holds."""
    return Proposal(
        {label: float(value) for label, value in rules.thresholds.items()},
        tuple(rules.words),
        tuple(rules.passes),
        rules.other_languages,
    )


def rules(session: Session) -> Rules:
    """The rules in force with the names of pupils and staff."""
    found = proposal_of(row := current(session))
    staff = session.scalars(sa.select(Person.name).where(Person.active).order_by(Person.name))
    pupils = tuple(consent.names(session))
    return Rules(
        version=row.version,
        thresholds=found.thresholds,
        words=found.words,
        names=pupils + tuple(staff),
        passes=found.passes,
        pupils=pupils,
        other_languages=found.other_languages,
    )


def ensure_first(session: Session, *, now: datetime) -> FlaggingRules:
    """The version in force, stored: a score row must be able to point at it."""
    found = current(session)
    if found not in session:
        lock(session)
        # Another may have stored it while this one waited.
        found = current(session)
    if found not in session:
        found.made_at = now
        found.reason = "As shipped." if found.version == 1 else "As shipped with a newer release."
        session.add(found)
        # Scores of the same transaction point at it.
        session.flush()
    return found


def lock(session: Session) -> None:
    """Wait until no other transaction makes a version."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def parse(
    current: FlaggingRules,
    thresholds: Mapping[str, str],
    *,
    words: str,
    passes: str,
    other_languages: str = "",
    called: Mapping[str, str] = MappingProxyType({}),
) -> Proposal:
    """What a form says: a number per label, and words and phrases one a line.

    `called`: what the form calls a label; `other_languages`: "ask" or "count", empty as it was. Raises
    BadInput with the field `threshold-LABEL`, `words`, `passes` or `other_languages`.
    """
    numbers = {
        label: _share(
            thresholds.get(label, ""), f"threshold-{label}", called.get(label, label.replace("_", " "))
        )
        for label in current.thresholds
    }
    flagged, passing = _lines(words, "words"), _lines(passes, "passes")
    both = {word.casefold() for word in flagged} & {word.casefold() for word in passing}
    if both:
        raise BadInput(
            f"“{sorted(both)[0]}” is in both lists: either it flags a comment or it is let pass.",
            field="passes",
        )
    if other_languages not in {"", "ask", "count"}:
        raise BadInput(
            f"“{other_languages[:20]}” is no choice: either a person is asked, or they are only counted.",
            field="other_languages",
        )
    ask = other_languages == "ask" if other_languages else current.other_languages
    return Proposal(numbers, flagged, passing, ask)


def _share(text: str, field: str, said: str) -> float:
    bare = text.strip().replace(",", ".")
    try:
        value = float(bare.removesuffix("%")) / (100 if bare.endswith("%") else 1)
    except ValueError:
        raise BadInput(
            f"“{text[:20]}” is no number: write one such as 0.7 or 70% for “{said}”.", field=field
        ) from None
    if not 0 < value <= 1:
        raise BadInput(
            f"“{text.strip()[:20]}” for “{said}” must be above 0 and at most 1, such as 0.7 or 70%.",
            field=field,
        )
    return round(value, 4)


def _lines(text: str, field: str) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for line in storable(text).splitlines():
        word = " ".join(line.split())
        if not word:
            continue
        if not 2 <= len(word.rstrip("*")) <= WORD_LENGTH_MAX:
            raise BadInput(
                f"“{word[:40]}” can't be used: a word or phrase needs 2 to {WORD_LENGTH_MAX} characters.",
                field=field,
            )
        if "*" in word[:-1]:
            raise BadInput(f"“{word[:40]}”: a star may only stand at the end.", field=field)
        found.setdefault(word.casefold(), word)
    if len(found) > WORDS_MAX:
        raise BadInput(f"There are {len(found):,} words: the list holds {WORDS_MAX:,} at most.", field=field)
    return tuple(found.values())


def save(
    session: Session, proposed: Proposal, *, based_on: int, by: Person, reason: str, url: str, now: datetime
) -> FlaggingRules:
    """Make this the version in force, and tell headteacher and DSL who did, and why.

    `based_on`: the version that the person had before them; `url`: what links in e-mails begin with.
    Raises MoveNotAllowed where somebody saved another one meanwhile, BadInput where nothing is changed
    or no reason is given, NotPermitted.
    """
    require(by, Action.SET_THRESHOLDS)
    why = reason_text(reason)
    lock(session)
    before = ensure_first(session, now=now)
    if before.version != based_on:
        who = session.get(Person, before.made_by_id) if before.made_by_id else None
        raise MoveNotAllowed(
            f"{who.name if who else 'A newer release'} saved version {before.version} on "
            f"{say(before.made_at)}, while you had version {based_on} before you. Nothing of yours is saved."
        )
    if proposed == proposal_of(before):
        raise BadInput("Nothing is changed: this is what is in force already.", field="")
    made = FlaggingRules(
        version=before.version + 1,
        thresholds=dict(proposed.thresholds),
        words=list(proposed.words),
        passes=list(proposed.passes),
        other_languages=proposed.other_languages,
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
        detail={
            "thresholds": made.thresholds,
            "words": len(made.words),
            "passes": len(made.passes),
            "other_languages": made.other_languages,
            "reason": why,
        },
        now=now,
    )
    rules_news.rules_saved(session, made, before, by=by, url=url, now=now)
    return made


def version(session: Session, number: int) -> FlaggingRules:
    """One version. Raises NotFound."""
    found = session.get(FlaggingRules, number)
    if found is None:
        raise NotFound(f"There is no version {number}.")
    return found
