"""How long records are kept, and their erasure when that is over (P34; UK GDPR articles 5(1)(e) and 17).

Each room says by `Rule`s which records it keeps and how one is erased; the same rule serves the
daily round, the preview, what is held on one person, and an erasure on request. A record on hold
is left alone by all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from school import audit
from school.db import insert_if_missing
from school.errors import BadInput
from school.models import HoldOn, Person, RetentionPeriod, RetentionRound
from school.people import reason_text
from school.permissions import Action, require

BATCH = 200
"""Records erased in one transaction: a killed process loses no more than that much work."""
EVERY = timedelta(days=1)
LEASE = timedelta(minutes=5)
AHEAD = timedelta(days=30)
"""How far the preview looks."""
YEAR = 365
# Any fixed number of our own.
_LOCK = 0x5C40_34

Condition = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Subject:
    """One named person about whom data is held."""

    kind: HoldOn
    """PERSON, AUTHOR or PUPIL."""
    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One record as whoever erases it on request sees it: which it is, saying no more than that needs."""

    id: UUID
    what: str
    warnings: tuple[str, ...] = ()
    """Why it should rather stay; it is ticked for erasure only by hand then."""
    kinds: tuple[str, ...] = ()
    """What the trail may say that it was."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of record: what it is, how long it is kept, how it is erased, whose it is."""

    key: str
    title: str
    why: str
    """What it is kept for, and why so long: for the pages and the record of processing."""
    counted_from: str
    """In words: from when the period runs."""
    days: int
    """The default."""
    least: int
    most: int
    tables: tuple[str, ...]
    """What erasing it empties or deletes from; the first is the one counted."""
    column: InstrumentedAttribute[UUID]
    over: Callable[[datetime], Sequence[Condition]]
    """The records whose period began before a moment and that nothing else needs."""
    held: Callable[[], Condition]
    """Which of them a hold keeps."""
    erase: Callable[[Session, Sequence[UUID], datetime], None]
    of: Callable[[Subject], Condition | None] = lambda subject: None
    """Which of them are about a person; None: such records are about nobody of that kind."""
    listed: Callable[[Session, Sequence[UUID], datetime], list[Listed]] | None = None
    """Tells its records one by one before they are erased on request; None: they go all together."""
    called: str = ""
    """What the page of one person calls them, where the title says that their time is over."""
    people: str = ""
    """Whose personal data it is, for the record of processing; empty: nobody's."""
    data: str = ""
    """Which data, for the record of processing."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rule stands: its period and what it will erase."""

    rule: Rule
    days: int
    changed: RetentionPeriod | None
    now: int
    """Due already."""
    soon: int
    """Due within AHEAD, those due already among them."""
    held_back: int
    """Would be due within AHEAD but for a hold."""
    ended_at: datetime | None


def by_key(rules: Sequence[Rule]) -> dict[str, Rule]:
    """The rules by their keys."""
    return {rule.key: rule for rule in rules}


def period(session: Session, rule: Rule) -> int:
    """Days that a kind of record is kept: what the school chose, or the default."""
    found = session.get(RetentionPeriod, rule.key)
    return found.days if found else rule.days


def periods(session: Session, rules: Sequence[Rule]) -> list[tuple[Rule, int]]:
    """Days that each of these kinds is kept."""
    chosen = {one.key: one.days for one in session.scalars(sa.select(RetentionPeriod))}
    return [(rule, chosen.get(rule.key, rule.days)) for rule in rules]


def set_period(session: Session, rule: Rule, *, days: str, reason: str, by: Person, now: datetime) -> None:
    """Keep a kind of record for so many days from now on.

    Raises BadInput for what is no number, or outside the bounds that the rule sets.
    """
    require(by, Action.PROTECT_DATA)
    text = days.strip().replace(",", "")
    if not (text.isascii() and text.isdecimal()) or len(text) > 6:
        raise BadInput(f"“{days[:20]}” is no number of days: write digits, such as 365.", field="days")
    wanted = int(text)
    if not rule.least <= wanted <= rule.most:
        raise BadInput(
            f"“{wanted:,}” days is out of range: {rule.title} can be kept for "
            f"{rule.least:,} to {rule.most:,} days.",
            field="days",
        )
    why = reason_text(reason)
    before = period(session, rule)
    insert_if_missing(
        session, RetentionPeriod, key=rule.key, days=wanted, reason=why, set_at=now, set_by_id=by.id
    )
    session.execute(
        sa.update(RetentionPeriod)
        .where(RetentionPeriod.key == rule.key)
        .values(days=wanted, reason=why, set_at=now, set_by_id=by.id)
    )
    session.expire_all()
    audit.record(
        session,
        by=by,
        action="retention_changed",
        object_kind="retention",
        object_id=rule.key,
        detail={"from_days": before, "to_days": wanted, "reason": why},
        now=now,
    )


def standing(session: Session, rule: Rule, *, seen: Mapping[str, Condition], now: datetime) -> Standing:
    """How a rule stands at the moment.

    `seen`: by a rule's key, which of its records whoever looks may know of; the others aren't counted.
    """
    return standings(session, [rule], seen=seen, now=now)[0]


def standings(
    session: Session, rules: Sequence[Rule], *, seen: Mapping[str, Condition], now: datetime
) -> list[Standing]:
    """How each of these rules stands, with three numbers from one look at its records."""
    changes = {one.key: one for one in session.scalars(sa.select(RetentionPeriod))}
    rounds = {one.key: one for one in session.scalars(sa.select(RetentionRound))}
    chosen = [one.days if (one := changes.get(rule.key)) else rule.days for rule in rules]
    looks = []
    # One question for all rules.
    for place, (rule, days) in enumerate(zip(rules, chosen, strict=True)):
        begins = now - timedelta(days=days)
        # One look at those that are over soon, among which are those that are over.
        each = (
            sa.select(sa.and_(*rule.over(begins)).label("over"), rule.held().label("held"))
            .select_from(rule.column.class_)
            .where(*rule.over(begins + AHEAD), seen.get(rule.key, sa.true()))
            .subquery()
        )
        free, count = sa.not_(each.c.held), sa.func.count()
        looks.append(
            sa.select(
                sa.literal(place),
                count.filter(each.c.over, free),
                count.filter(free),
                count.filter(each.c.held),
            )
        )
    found = []
    for place, over, soon, held_back in sorted(tuple(row) for row in session.execute(sa.union_all(*looks))):
        rule = rules[place]
        ended = rounds.get(rule.key)
        ended_at = ended.ended_at if ended else None
        found.append(Standing(rule, chosen[place], changes.get(rule.key), over, soon, held_back, ended_at))
    return found


def coming(session: Session, rules: Sequence[Rule], *, seen: Mapping[str, Condition], now: datetime) -> int:
    """How many records of all these kinds are erased within AHEAD, unless a hold comes in between."""
    counts = []
    for rule, days in periods(session, rules):
        begins = now - timedelta(days=days) + AHEAD
        known = seen.get(rule.key, sa.true())
        counts.append(_counted(rule, *rule.over(begins), sa.not_(rule.held()), known))
    return sum(session.execute(sa.select(*counts)).one())


def claim(session: Session, rules: Sequence[Rule], *, now: datetime) -> Rule | None:
    """A kind whose daily round is due, for this process alone until its lease ends; None when none is.

    Killed in the middle, another process goes on with it when the lease is over.
    """
    for rule in rules:
        insert_if_missing(session, RetentionRound, key=rule.key, next_at=now)
    known = by_key(rules)
    due = session.scalars(
        sa.select(RetentionRound.key)
        .where(RetentionRound.next_at <= now, RetentionRound.key.in_(list(known)))
        .order_by(RetentionRound.next_at, RetentionRound.key)
    ).all()
    for key in due:
        taken = session.execute(
            sa.update(RetentionRound)
            .where(RetentionRound.key == key, RetentionRound.next_at <= now)
            .values(next_at=now + LEASE)
        )
        if taken.rowcount == 1:  # type: ignore[attr-defined]
            return known[key]
    return None


def any_due(session: Session, rules: Sequence[Rule], *, now: datetime) -> bool:
    """Whether a round is due; asked every minute, so that nothing is written while none is."""
    waiting = session.scalar(
        sa.select(sa.func.count()).select_from(RetentionRound).where(RetentionRound.next_at > now)
    )
    return (waiting or 0) < len(rules)


def erase_batch(session: Session, rule: Rule, *, now: datetime, size: int = BATCH) -> int:
    """Erase up to `size` records whose time is over, in the caller's transaction; how many.

    Less than `size`: the round is at its end, and the next is a day away. What was erased, and by
    which rule, is in the trail; what it said is not.
    """
    lock(session)
    days = period(session, rule)
    begins = now - timedelta(days=days)
    chosen = list(
        session.scalars(
            sa.select(rule.column)
            .where(*rule.over(begins), sa.not_(rule.held()))
            .order_by(rule.column)
            .limit(size)
        )
    )
    if chosen:
        rule.erase(session, chosen, now)
        audit.record(
            session,
            by=None,
            action="erased",
            object_kind="retention",
            object_id=rule.key,
            detail={"count": len(chosen), "kept_for_days": days},
            now=now,
        )
    over = len(chosen) < size
    session.execute(
        sa.update(RetentionRound)
        .where(RetentionRound.key == rule.key)
        .values({"next_at": now + EVERY, "ended_at": now} if over else {"next_at": now + LEASE})
    )
    return len(chosen)


def held_on(session: Session, rule: Rule, subject: Subject, *more: Condition) -> list[UUID]:
    """The records of this kind that are about a person; empty where such records never are."""
    condition = rule.of(subject)
    if condition is None:
        return []
    return list(session.scalars(sa.select(rule.column).where(condition, *more).order_by(rule.column)))


def uncovered(metadata: sa.MetaData, rules: Sequence[Rule], kept: Mapping[str, str]) -> set[str]:
    """Tables that neither a rule erases from nor a written reason keeps."""
    covered = {table for rule in rules for table in rule.tables} | set(kept)
    return set(metadata.tables) - covered


def delete(table: Any, column: Any, ids: Sequence[UUID] | sa.Select[Any]) -> sa.Delete:
    """The rows of a table whose column is one of the ids."""
    return sa.delete(table).where(column.in_(ids)).execution_options(synchronize_session=False)


def lock(session: Session) -> None:
    """Read what to erase only after any other process has committed what it erased.

    A lock of its own, before any row's and before those of the log and the trail. On SQLite every
    writing transaction waits for the one before it anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def _counted(rule: Rule, *conditions: Condition) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(rule.column.class_).where(*conditions).scalar_subquery()
