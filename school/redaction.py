"""Leaving other people's personal data out of what is handed to somebody (P34, P15)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any

from school.times import LONDON

SOMEBODY = "[another person]"
_MENTION = re.compile(r"(?<![\w@])@\w[\w.]*")
_SHORTEST = 3


class Redactor:
    """Takes names, handles, addresses and numbers of others out of texts, and leaves the person's own."""

    def __init__(
        self,
        *,
        pupils: Iterable[str],
        adults: Iterable[str],
        own: Iterable[str] = (),
        find: Callable[[str], Iterable[str]] = lambda text: (),
    ) -> None:
        """`own`: names and addresses of whoever gets it. `find`: other personal data in a text.

        Of a pupil the first name and the family name go as well, where they are written with a
        capital: a child must not be known by half a name. Of adults whole names go.
        """
        self._own = {name.casefold().lstrip("@") for name in own if name}
        own_parts = {part for name in self._own for part in name.split()}
        whole = {
            name for name in (*pupils, *adults) if len(name) >= _SHORTEST and name.casefold() not in self._own
        }
        parts = {
            part
            for name in pupils
            for part in name.split()
            if len(part) >= _SHORTEST and part.casefold() not in own_parts
        }
        self._whole = _pattern(whole, re.IGNORECASE)
        self._parts = _pattern({part[:1].upper() + part[1:] for part in parts}, 0)
        self._find = find

    def text(self, text: str) -> str:
        """A text without the others."""
        for value in sorted(set(self._find(text)), key=len, reverse=True):
            if value.casefold() not in self._own:
                text = text.replace(value, SOMEBODY)
        text = _MENTION.sub(
            lambda match: match[0] if match[0][1:].casefold() in self._own else SOMEBODY, text
        )
        for pattern in (self._whole, self._parts):
            if pattern is not None:
                text = pattern.sub(SOMEBODY, text)
        return text

    def plain(self, value: Any) -> Any:
        """A value as JSON takes it: texts without the others, times as people at school read them."""
        if isinstance(value, Enum):
            return str(value).replace("_", " ")
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, datetime):
            return value.astimezone(LONDON).isoformat(sep=" ", timespec="seconds")
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, Mapping):
            return {str(name): self.plain(one) for name, one in value.items()}
        if isinstance(value, Sequence) and not isinstance(value, bytes):
            return [self.plain(one) for one in value]
        return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def _pattern(words: set[str], flags: int) -> re.Pattern[str] | None:
    if not words:
        return None
    # The longest first, so that no half of a name is left.
    listed = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{listed})(?!\w)", flags)
