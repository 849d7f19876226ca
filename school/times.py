"""Wall times of a UK school: Europe/London, always aware."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from school.errors import BadInput

LONDON = ZoneInfo("Europe/London")
_YEARS = (2000, 2199)


def parse_day(text: str, called: str, *, field: str) -> date:
    """A date that a form asks for (YYYY-MM-DD); `called`: the field as people read it, as "the last day".

    Raises BadInput that asks for it where it is empty, and for what isn't a date.
    """
    if not text.strip():
        raise BadInput(f"Choose {called}.", field=field)
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(
            f"The date “{text[:40]}” can't be read. Write it as 2027-06-03.", field=field
        ) from None


def optional_days(first: str, last: str) -> tuple[date | None, date | None]:
    """The days (YYYY-MM-DD) that a search may name in its fields `from` and `to`; None where it names none.

    Raises BadInput for what isn't a date, for one in no year that a school's records can be of, and where
    the first comes after the last.
    """
    begins, ends = _optional_day(first, field="from"), _optional_day(last, field="to")
    if begins and ends and begins > ends:
        raise BadInput(
            f"The first day ({say_date(begins)}) is after the last ({say_date(ends)}): exchange them.",
            field="from",
        )
    return begins, ends


def _optional_day(text: str, *, field: str) -> date | None:
    if not text.strip():
        return None
    found = parse_day(text, "a day", field=field)
    if not _YEARS[0] <= found.year <= _YEARS[1]:
        raise BadInput(f"The date “{text[:40]}” is out of range: check the year.", field=field)
    return found


def parse_local(date_text: str, time_text: str, *, field: str) -> datetime:
    """The moment a person means by a date (YYYY-MM-DD) and a time (HH:MM) on the wall.

    Raises BadInput for text that is neither, and for a time that the clock change skips or
    repeats, saying which other time to choose.
    """
    day = parse_day(date_text, "a date", field=field)
    try:
        of_day = time.fromisoformat(time_text.strip())
    except ValueError:
        raise BadInput(
            f"The time “{time_text[:40]}” can't be read. Write it as 15:30.", field=field
        ) from None
    if of_day.tzinfo is not None:
        raise BadInput(f"The time “{time_text[:40]}” must have no zone: school time is meant.", field=field)
    try:
        return resolve(datetime.combine(day, of_day), field=field)
    except OverflowError:
        raise BadInput(f"The date “{date_text[:40]}” is out of range. Check the year.", field=field) from None


def resolve(wall: datetime, *, field: str) -> datetime:
    """A naive wall time made aware. Raises BadInput where it doesn't exist or exists twice."""
    first = wall.replace(tzinfo=LONDON, fold=0)
    second = wall.replace(tzinfo=LONDON, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first
    shown = f"{wall:%H:%M} on {say_date(wall)}"
    if first.astimezone(UTC).astimezone(LONDON).replace(tzinfo=None) != wall:
        raise BadInput(
            f"{shown} does not exist: the clocks go forward that night. "
            "Choose a time before 01:00 or from 02:00.",
            field=field,
        )
    raise BadInput(
        f"{shown} happens twice: the clocks go back that night. Choose a time before 01:00 or from 02:00.",
        field=field,
    )


def say(moment: datetime) -> str:
    """A moment as people say it, in school time: "Tuesday 3 June 2027, 9:40am"."""
    local = moment.astimezone(LONDON)
    return f"{say_full_date(local)}, {clock(moment)}"


def say_date(day: date) -> str:
    """A day as people say it: "3 June 2027"."""
    return f"{day.day} {day:%B %Y}"


def say_full_date(day: date) -> str:
    """A day with its weekday: "Thursday 3 June 2027"."""
    return f"{day:%A} {say_date(day)}"


def say_short(moment: datetime) -> str:
    """A moment where there is little room, in school time: "3 Jun 2027, 9:40am"."""
    local = moment.astimezone(LONDON)
    return f"{local.day} {local:%b %Y}, {clock(moment)}"


def clock(moment: datetime) -> str:
    """The time of day as people say it, in school time: "9:40am"."""
    local = moment.astimezone(LONDON)
    return f"{local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"


def in_minutes(moment: datetime, now: datetime) -> str:
    """How soon a moment of the next hour comes: "in 3 minutes"; empty for one that is over or later."""
    left = int((moment - now).total_seconds() // 60)
    if moment <= now or left >= 60:
        return ""
    return "in less than a minute" if not left else "in 1 minute" if left == 1 else f"in {left} minutes"


def middle(lengths: Sequence[timedelta]) -> timedelta | None:
    """The median of some lengths of time; None of none."""
    if not lengths:
        return None
    return timedelta(seconds=median(length.total_seconds() for length in lengths))


def midnight(day: date) -> datetime:
    """The moment at which a day begins at the school, in UTC."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def today(now: datetime) -> date:
    """The school's date at that moment."""
    return now.astimezone(LONDON).date()
