"""What is odd about a planned time: said to the author and to whoever approves, and stops nothing (P12)."""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy.orm import Session

from school import school_year
from school.school_year import SchoolYear
from school.times import LONDON, clock, today

NIGHT_FROM, NIGHT_UNTIL = time(22), time(6)
"""Few read a post that goes out between the two: an am may be meant as a pm. School time."""


def at_night(moment: datetime) -> str:
    """The question about a time in the night; empty by day."""
    of_day = moment.astimezone(LONDON).time()
    if NIGHT_UNTIL <= of_day < NIGHT_FROM:
        return ""
    return f"It would go out at {clock(moment)}. Is that meant?"


def warnings(session: Session, planned_at: datetime | None) -> list[str]:
    """What an approver is told of a planned time: a holiday, and the night. A weekend is in its date."""
    return in_year(school_year.load(session), planned_at) if planned_at is not None else []


def in_year(year: SchoolYear, planned_at: datetime) -> list[str]:
    """The same for one of many, by the year as it was loaded for all of them."""
    day = year.of(today(planned_at))
    return [said for said in (day.warning if day.marked else "", at_night(planned_at)) if said]
