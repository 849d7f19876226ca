"""Term dates of a practice school, so that what depends on them can be tried at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import people, school_year
from school.models import Role
from school.models.school_year import DatesKind, SchoolDates
from school.times import today

_WEEK = timedelta(weeks=1)
_GOOD_FRIDAY = "Good Friday"


def enter(session: Session, *, now: datetime) -> int:
    """Enter this school year's terms and half-terms, and the next year's, as the headteacher; how many.

    None where anything was entered before. For practice schools alone: a real school enters its own.
    """
    if session.scalar(sa.select(SchoolDates.id).limit(1)) is not None:
        return 0
    head, day = people.holders(session, Role.HEADTEACHER)[0], today(now)
    begins = day.year if day.month >= 9 else day.year - 1
    entered = 0
    for year in (begins, begins + 1):
        for kind, name, first, last in usual(year):
            school_year.enter(
                session, kind=kind, name=name, first_day=first, last_day=last, by=head, now=now
            )
            entered += 1
    return entered


def usual(year: int) -> Iterator[tuple[DatesKind, str, date, date]]:
    """The terms and half-terms that an English school may have from September of `year` on."""
    term, half = DatesKind.TERM, DatesKind.HALF_TERM
    spring = year + 1
    good_friday = next(
        day for day, name in school_year.bank_holidays(date(spring, 1, 2), 8) if name == _GOOD_FRIDAY
    )
    # Where Easter is late, the term ends before it all the same.
    before_easter = _friday(min(good_friday - timedelta(days=1), date(spring, 4, 10)))
    yield term, f"Autumn term {year}", _school_day(date(year, 9, 2)), _friday(date(year, 12, 20))
    autumn_half = _monday(date(year, 10, 24))
    yield half, "Autumn half-term", autumn_half, autumn_half + timedelta(days=4)
    yield term, f"Spring term {spring}", _monday(date(spring, 1, 4)), before_easter
    spring_half = _monday(date(spring, 2, 13))
    yield half, "February half-term", spring_half, spring_half + timedelta(days=4)
    yield term, f"Summer term {spring}", _monday(before_easter + 2 * _WEEK), _friday(date(spring, 7, 22))
    summer_half = _monday(date(spring, 5, 25))
    yield half, "May half-term", summer_half, summer_half + timedelta(days=4)


def _monday(day: date) -> date:
    """That day, or the first Monday after it."""
    return day + timedelta(days=-day.weekday() % 7)


def _friday(day: date) -> date:
    """That day, or the last Friday before it."""
    return day - timedelta(days=(day.weekday() - 4) % 7)


def _school_day(day: date) -> date:
    return day if day.weekday() < 5 else _monday(day)
