"""The time that a post is planned for: as it was typed, as it is kept, and whether it can be kept to."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from school.errors import BadInput
from school.times import parse_local, say

AHEAD_MOST = timedelta(days=400)
"""Further ahead the year is more likely a slip than a plan."""
YEARS = (2000, 2199)
"""What a draft keeps is of one of these years."""
FIELD = "planned_time"
NOT_YET = "No time is planned: choose a date and a time."


def kept(day: str, clock: str) -> tuple[str | None, datetime | None]:
    """What is kept of a date and a time as they are typed: both on the wall, and the moment that they name.

    A draft may be saved with one of the two alone, with a time that has passed or one that the clock change
    skips or repeats; of what names no moment there is None in place of it. Raises BadInput for what is
    neither a date nor a time, or of no year that a school plans for.
    """
    day, clock = day.strip(), clock.strip()
    if not day and not clock:
        return None, None
    # What can't be read is said as ever, with the other half that makes it a whole.
    try:
        on = date.fromisoformat(day) if day else None
        of_day = time.fromisoformat(clock) if clock else None
    except ValueError:
        parse_local(day or "2027-06-03", clock or "12:00", field=FIELD)
        raise BadInput(f"The date “{day[:40]}” can't be read. Write it as 2027-06-03.", field=FIELD) from None
    if of_day is not None and of_day.tzinfo is not None:
        raise BadInput(f"The time “{clock[:40]}” must have no zone: school time is meant.", field=FIELD)
    if on is not None and not YEARS[0] <= on.year <= YEARS[1]:
        raise BadInput(f"The date “{day[:40]}” is out of range. Check the year.", field=FIELD)
    local = f"{on.isoformat() if on else ''}T{f'{of_day:%H:%M}' if of_day else ''}"
    if on is None or of_day is None:
        return local, None
    try:
        return local, parse_local(on.isoformat(), f"{of_day:%H:%M}", field=FIELD)
    except BadInput:
        return local, None


def problem(local: str | None, at: datetime | None, *, now: datetime) -> str:
    """Why a post that is planned so can't be handed in; empty when it can."""
    if at is None:
        day, _, clock = (local or "").partition("T")
        if not day and not clock:
            return NOT_YET
        if not day or not clock:
            return f"The {'time' if day else 'date'} is missing: give both a date and a time."
        try:
            parse_local(day, clock, field=FIELD)
        except BadInput as error:
            return str(error)
        return NOT_YET
    if at <= now:
        return f"{say(at)} is in the past: choose a later time."
    if at > now + AHEAD_MOST:
        return f"{say(at)} is more than a year ahead: check the year."
    return ""
