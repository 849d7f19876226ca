"""Days that a wording names: right for one post, and perhaps wrong where it is repeated (P12)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from school.wording import and_last

_MONTH = (
    "(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)"
)
_DATE = re.compile(
    rf"(?<![\w/.])(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}\b|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b"
    r"|\d{1,2}[/.]\d{1,2}[/.](?:20)?\d{2}\b|\d{2}/\d{2}\b)"
)
"""A day of one year. Of figures alone only what is hardly anything else: no 3.30 and no 1/2."""
_DAY = re.compile(
    r"(?<!\w)(?:today|tonight|tomorrow|yesterday|(?:mon|tues|wednes|thurs|fri|satur|sun)days?)\b",
    re.IGNORECASE,
)
"""A day as seen from the post's own."""
NAMED_MOST = 4


def in_repeats(words: Iterable[str], on: date) -> list[str]:
    """What to ask whoever repeats a post of that day with these wordings; empty where they name no other day.

    Every repetition falls on the same day of the week, so its name is right in each.
    """
    text = "\n".join(dict.fromkeys(words))
    said = []
    if dates := _named(_DATE, text):
        said.append(
            f"The wording names {dates}. That is wrong in the repetitions: change it in each before you "
            "hand it in."
        )
    if days := _named(_DAY, _DATE.sub(" ", text), but=f"{on:%A}"):
        said.append(f"The wording says {days}. Is that right for each of the days?")
    return said


def _named(pattern: re.Pattern[str], text: str, *, but: str = "") -> str:
    left_out = {but.casefold(), f"{but.casefold()}s"}
    named = [one for one in pattern.findall(text) if one.casefold() not in left_out]
    found = {one.casefold(): f"“{one}”" for one in reversed(named)}
    return and_last(list(reversed(found.values()))[:NAMED_MOST])
