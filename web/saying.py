"""Times and days on pages: as people say them, with the exact time for whoever points at them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from markupsafe import Markup, escape

from school.db import now
from school.times import LONDON, clock, say, say_date, say_full_date, today

_BY_WORD = ("yesterday", "today", "tomorrow")
_YEAR_IS_PLAIN = timedelta(days=150)
"""Within so many days nobody says the year."""
_SAID = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day (\d{1,2}) "
    r"(January|February|March|April|May|June|July|August|September|October|November|December) "
    r"(\d{4}), (\d{1,2}):(\d\d)([ap])m"
)
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def say_time(moment: datetime | None, otherwise: str = "never") -> Markup | str:
    """A moment as people say it: "today, 9:40am", "Friday 5 June, 3:30pm"; exact on pointing at it."""
    if moment is None:
        return otherwise
    local = moment.astimezone(LONDON)
    exact = f"{say(moment).rpartition(',')[0]}, {local:%H:%M:%S}"
    return _time(moment, exact, near(moment, now()))


def say_day(value: date) -> Markup:
    """A date as people say it: 3 June 2027."""
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), say_date(value))


def say_full_day(value: date) -> Markup:
    """A date with its weekday: Thursday 3 June 2027."""
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), say_full_date(value))


def timed(text: str) -> Markup:
    """A sentence in which every moment, as `school.times.say` says it, becomes one of these."""
    pieces, end = [], 0
    for match in _SAID.finditer(text):
        day, month, year, hour, minute, half = match.groups()
        try:
            moment = datetime(
                int(year),
                _MONTHS.index(month) + 1,
                int(day),
                int(hour) % 12 + 12 * (half == "p"),
                int(minute),
                tzinfo=LONDON,
            )
        except ValueError:
            # Somebody's own words, which only look like it.
            continue
        said, before = near(moment, now()), text[end : match.start()]
        if said.partition(",")[0] in _BY_WORD:
            # Nobody says "on today".
            before = before.removesuffix(" on ") + " " if before.endswith(" on ") else before
        pieces += [escape(before), _time(moment, match[0], said)]
        end = match.end()
    return Markup("").join([*pieces, escape(text[end:])])


def near(moment: datetime, from_here: datetime) -> str:
    """A moment as people say it on a given day."""
    local, on = moment.astimezone(LONDON), today(from_here)
    days = (local.date() - on).days
    if days in {-1, 0, 1}:
        return f"{_BY_WORD[days + 1]}, {clock(moment)}"
    if abs(days) < _YEAR_IS_PLAIN.days:
        return f"{local:%A} {local.day} {local:%B}, {clock(moment)}"
    return say(moment)


def _time(moment: datetime, exact: str, said: str) -> Markup:
    return Markup('<time datetime="{}" title="{}">{}</time>').format(moment.isoformat(), exact, said)
