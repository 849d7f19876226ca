"""The school's year: terms, holidays and days without pupils, for whoever plans a post."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from uuid import UUID

import sqlalchemy as sa
from holidays import country_holidays
from sqlalchemy.orm import Session

from school import audit
from school.errors import BadInput, NotFound
from school.models.people import Person
from school.models.school import School
from school.models.school_year import DatesKind, SchoolDates
from school.permissions import Action, require
from school.times import say_full_date

NAME_MAX = 100
LONGEST = {DatesKind.TERM: 130, DatesKind.HALF_TERM: 21, DatesKind.INSET: 5, DatesKind.CLOSED: 60}
"""Days; anything longer is a slip in one of the two dates."""
GAP_MOST = timedelta(days=75)
"""More days between two terms are no holiday: a term in between isn't entered."""


@dataclass(frozen=True, slots=True)
class DayIs:
    """What a day is at this school; `name` is empty for an ordinary day, and where nothing is known."""

    day: date
    name: str = ""
    school_day: bool = False
    """In a term, and pupils are there."""

    @property
    def marked(self) -> str:
        """What a calendar writes on the day; of an ordinary weekend nothing."""
        weekend = self.name == f"a {self.day:%A}"
        return "" if weekend else self.name.removeprefix("the ").removeprefix("a ")

    @property
    def warning(self) -> str:
        """What somebody should know who plans a post for it; empty for an ordinary day."""
        if not self.name:
            return ""
        joint = "is in" if self.name.startswith("the ") else "is"
        return f"{say_full_date(self.day)} {joint} {self.name}."


class SchoolYear:
    """All that the school entered, to be asked about any day."""

    def __init__(self, entries: Sequence[SchoolDates]) -> None:
        self._terms = sorted(
            (one for one in entries if one.kind is DatesKind.TERM), key=lambda one: one.first_day
        )
        self._off = [one for one in entries if one.kind is not DatesKind.TERM]

    @property
    def known(self) -> bool:
        """Whether any term is entered."""
        return bool(self._terms)

    def of(self, day: date) -> DayIs:
        """What that day is."""
        bank = bank_holiday(day)
        off = next((one for one in self._off if one.first_day <= day <= one.last_day), None)
        if bank:
            return DayIs(day, f"a bank holiday: {bank}")
        if off is not None and off.kind is DatesKind.INSET:
            return DayIs(day, f"an INSET day ({off.name})")
        if off is not None:
            return DayIs(
                day, f"{'in ' if off.kind is DatesKind.HALF_TERM else ''}“{off.name}”: no pupils at school"
            )
        if any(term.first_day <= day <= term.last_day for term in self._terms):
            if day.weekday() >= 5:
                return DayIs(day, f"a {day:%A}")
            return DayIs(day, school_day=True)
        for before, after in zip(self._terms, self._terms[1:], strict=False):
            if before.last_day < day < after.first_day and after.first_day - before.last_day <= GAP_MOST:
                return DayIs(day, _holiday(before.last_day, after.first_day))
        return DayIs(day, f"a {day:%A}" if day.weekday() >= 5 else "")

    def in_term(self, first: date, last: date) -> bool:
        """Whether pupils are at school on any of these days."""
        return any(self.of(first + timedelta(days=n)).school_day for n in range((last - first).days + 1))


def load(session: Session) -> SchoolYear:
    """The year as it is entered now."""
    return SchoolYear(entered(session))


def entered(session: Session) -> list[SchoolDates]:
    """What the school entered, in the order of days."""
    return list(session.scalars(sa.select(SchoolDates).order_by(SchoolDates.first_day, SchoolDates.kind)))


def enter(
    session: Session,
    *,
    kind: DatesKind,
    name: str,
    first_day: date,
    last_day: date,
    by: Person,
    now: datetime,
) -> SchoolDates:
    """Enter a term, a holiday or some days without pupils. Raises BadInput that says what is wrong."""
    require(by, Action.SET_SCHOOL_DATES)
    label = " ".join(name.split())
    if not label:
        raise BadInput("The name is empty: write what the school calls it, as Autumn term.", field="name")
    if len(label) > NAME_MAX:
        raise BadInput(f"The name has {len(label)} characters: at most {NAME_MAX} fit.", field="name")
    days = (last_day - first_day).days + 1
    if days < 1:
        raise BadInput(
            f"The last day, {say_full_date(last_day)}, is before the first, {say_full_date(first_day)}: "
            "exchange them.",
            field="last_day",
        )
    if days > LONGEST[kind]:
        raise BadInput(
            f"That is {days} days; {kind.in_words.lower()} has at most {LONGEST[kind]}: check both dates.",
            field="last_day",
        )
    # Two who enter the same days at once come one after the other.
    session.scalar(sa.select(School.id).with_for_update())
    for other in entered(session):
        if other.kind is kind and other.first_day <= last_day and first_day <= other.last_day:
            raise BadInput(
                f"“{other.name}” has some of these days already ({say_full_date(other.first_day)} to "
                f"{say_full_date(other.last_day)}): take it off first, or choose other days.",
                field="first_day",
            )
    row = SchoolDates(
        kind=kind, name=label, first_day=first_day, last_day=last_day, entered_at=now, entered_by_id=by.id
    )
    session.add(row)
    # The trail names it by id.
    session.flush()
    _trail(session, "school_dates_entered", row, by=by, now=now)
    return row


def take_off(session: Session, dates_id: UUID, *, by: Person, now: datetime) -> SchoolDates:
    """Take days off again. Raises NotFound where somebody did already."""
    require(by, Action.SET_SCHOOL_DATES)
    row = session.get(SchoolDates, dates_id, with_for_update=True)
    if row is None:
        raise NotFound("These days are off the list already.")
    session.delete(row)
    _trail(session, "school_dates_taken_off", row, by=by, now=now)
    return row


def bank_holiday(day: date) -> str:
    """The name of England's bank holiday on that day; empty on others."""
    return str(_bank_holidays(day.year).get(day, "")) if 2000 <= day.year <= 2100 else ""


def bank_holidays(first: date, number: int) -> list[tuple[date, str]]:
    """England's next bank holidays from that day on, with their names."""
    both = {**_bank_holidays(first.year), **_bank_holidays(first.year + 1)}
    return [(day, both[day]) for day in sorted(both) if day >= first][:number]


@lru_cache(maxsize=8)
def _bank_holidays(year: int) -> dict[date, str]:
    found = country_holidays("GB", subdiv="ENG", years=year, language="en_GB")
    # As gov.uk calls a day that is taken in place of one at a weekend.
    return {day: name.replace("(observed)", "(substitute day)") for day, name in found.items()}


def _holiday(last: date, first: date) -> str:
    """What the days between two terms are called; some schools enter each half of a term by itself."""
    middle = last + (first - last) / 2
    if last < date(last.year, 12, 25) < first or first.month == 1:
        return "the Christmas holidays"
    if middle.month in {3, 4}:
        return "the Easter holidays"
    if middle.month in {7, 8}:
        return "the summer holidays"
    return {2: "the February half-term", 5: "the May half-term", 6: "the May half-term"}.get(
        middle.month, "the autumn half-term" if middle.month in {10, 11} else "the holidays"
    )


def _trail(session: Session, action: str, row: SchoolDates, *, by: Person, now: datetime) -> None:
    audit.record(
        session,
        by=by,
        action=action,
        object_kind="school_dates",
        object_id=row.id,
        detail={"kind": row.kind, "name": row.name, "first": row.first_day, "last": row.last_day},
        now=now,
    )
