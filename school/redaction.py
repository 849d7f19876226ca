"""Leaving other people's personal data out of what is handed to somebody (P34, P15)."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache, lru_cache
from itertools import groupby
from typing import Any

from school.times import LONDON

SOMEBODY = "[another person]"
_MENTION = re.compile(r"(?<![\w@])@\w[\w.]*")
_SHORTEST = 2
_NOT_ALONE = """
ah am an as at be by do go he hi if in is it me my no of oh ok on or so to up us we
"""
_NO_NAMES = frozenset(_NOT_ALONE.split())
"""Two letters that begin sentences more often than they are half of a pupil's name."""
_JOINERS = "'’‑-"
_SURNAME = r"[^\W\d_]+(?:[-‑'’](?![sS]\b)[^\W\d_]+)*"
_SPACE = r"[ \xa0]{1,2}"
_CAPITAL = r"(?=[^\W\d_a-zß-öø-ÿ])"
"""Or a letter of a writing that has none."""
_TITLED = re.compile(
    rf"(?<!\w)(?:(?:[Mm]rs?|MRS?)\.?{_SPACE}"
    rf"|(?:M[sx]|MS|Dr|DR|Miss|MISS|Sir|Rev|Prof(?:essor)?)\.?{_SPACE}{_CAPITAL})"
    rf"(?P<name>{_SURNAME}(?:{_SPACE}{_CAPITAL}{_SURNAME})?)"
)
"""Mr Harding, Dr Anne Bell, and mr harding, as people write; in small letters “miss” and “ms” are words."""


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    text: str


class Redactor:
    """Takes names, handles, addresses and numbers of others out of texts, and leaves the person's own."""

    def __init__(
        self,
        *,
        pupils: Iterable[str],
        adults: Iterable[str],
        own: Iterable[str] = (),
        find: Callable[[str], Iterable[str]] = lambda text: (),
        titled: bool = False,
        keep: Iterable[str] = (),
    ) -> None:
        """`own`: names and addresses of whoever gets it. `find`: other personal data in a text.

        `titled`: whoever is called Mr, Mrs, Dr and a name goes, too, whether the school knows them or not.
        `keep`: what somebody looked at and said that it stays, word for word as `found` has it.

        Of a pupil the first name and the family name go as well, where they are written with a
        capital: a child must not be known by half a name. Of adults whole names go.
        """
        pupils = tuple(pupils)
        self._own = {name.casefold().lstrip("@") for name in own if name}
        self._own_parts = {fold(part.text) for name in self._own for part in _words(name)}
        whole = {
            unicodedata.normalize("NFC", name)
            for name in (*pupils, *adults)
            if len(name) >= _SHORTEST and name.casefold() not in self._own
        }
        parts = {fold(piece) for name in pupils for word in _words(name) for piece in _pieces(word.text)}
        parts -= self._own_parts | _NO_NAMES
        self._parts = {part for part in parts if len(part) >= _SHORTEST}
        self._whole = _pattern(whole, re.IGNORECASE)
        self._find, self._titled = find, titled
        self._keep = {_same(one) for one in keep}
        self.found: Counter[str] = Counter()
        """What was met that is others', and how often, whether it was taken out or kept."""

    def text(self, text: str) -> str:
        """A text without the others.

        What goes, goes whole: no rest of a word, initial or second name tells how it began or ended.
        """
        text = unicodedata.normalize("NFC", text)
        words = list(_words(text))
        spans = sorted(_initials(text, words, [_stretched(span, words) for span in self._spans(text, words)]))
        left, end = [], 0
        for start, stop in _joined(text, spans):
            self.found[text[start:stop]] += 1
            if _same(text[start:stop]) in self._keep:
                continue
            left += [text[end:start], SOMEBODY]
            end = stop
        return "".join([*left, text[end:]])

    def _spans(self, text: str, words: Sequence[_Word]) -> Iterator[tuple[int, int]]:
        for value in set(self._find(text)):
            if value and value.casefold() not in self._own:
                yield from (match.span() for match in re.finditer(re.escape(value), text))
        for match in _MENTION.finditer(text):
            if match[0][1:].casefold().rstrip(".") not in self._own:
                yield match.span()
        for match in _TITLED.finditer(text) if self._titled else ():
            # Not "Mrs Petrova" to Anna Petrova; but "Mr Harding Anna", and every other Mrs where she is one.
            if not {fold(word.text) for word in _words(match["name"])} <= self._own_parts:
                yield match.span()
        if self._whole is not None:
            yield from (match.span() for match in self._whole.finditer(text))
        for word in words:
            pieces = () if word.text.islower() else (word.text, *_pieces(word.text))
            if any(fold(piece) in self._parts for piece in pieces):
                yield word.start, word.end

    def kept(self, value: Any) -> Any:
        """The same value with every text in it redacted; times, numbers and states stay what they are."""
        if isinstance(value, Enum) or value is None or isinstance(value, (bool, int, float, date)):
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {str(name): self.kept(one) for name, one in value.items()}
        if isinstance(value, Sequence) and not isinstance(value, bytes):
            return [self.kept(one) for one in value]
        return str(value)


def for_machines(value: Any) -> Any:
    """A value as JSON takes it: times by ISO 8601 in school time, states by their name."""
    if isinstance(value, Enum):
        return str(value).replace("_", " ")
    if isinstance(value, datetime):
        return value.astimezone(LONDON).isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: for_machines(one) for name, one in value.items()}
    if isinstance(value, list):
        return [for_machines(one) for one in value]
    return value


@cache
def _letter(character: str) -> bool:
    # A vowel sign of Hindi or a loose accent belongs to its letter.
    return unicodedata.category(character)[0] in "LM"


def _words(text: str) -> Iterator[_Word]:
    """Words with what joins them: "Marigold-Rose", "O’Neil", but without the ’s of what is somebody's."""
    place = 0
    for lettered, group in groupby(text, key=lambda c: _letter(c) or c in _JOINERS):
        run = "".join(group)
        if lettered and (bare := re.sub("['’][sS]?$", "", run)).strip(_JOINERS):
            begins = place + len(bare) - len(bare.lstrip(_JOINERS))
            yield _Word(begins, begins + len(bare.strip(_JOINERS)), bare.strip(_JOINERS))
        place += len(run)


def lettered(text: str) -> Iterator[tuple[int, str]]:
    """Where each word of a text begins, and the word without the ’s of what is somebody's."""
    return ((word.start, word.text) for word in _words(text))


def _pieces(word: str) -> list[str]:
    return [piece for piece in re.split(f"[{_JOINERS}]", word) if piece]


@lru_cache(maxsize=65_536)
def fold(word: str) -> str:
    """Without case and accents, so that "Zoë" meets "ZOE"."""
    bare = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in bare if c not in _JOINERS and not unicodedata.combining(c))


def _same(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _stretched(span: tuple[int, int], words: Sequence[_Word]) -> tuple[int, int]:
    """A place with the whole of every word that it cuts."""
    first = bisect_right(words, span[0], key=lambda word: word.end)
    touched = words[first : bisect_left(words, span[1], key=lambda word: word.start)]
    return min([span[0], *(w.start for w in touched)]), max([span[1], *(w.end for w in touched)])


def _initials(
    text: str, words: Sequence[_Word], spans: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Places with the initials beside them: of "M. Finch" and "Marigold F" nothing may be left."""
    # "I" and "A" are words as well.
    letters = [
        word
        for word in words
        if len(word.text) == 1
        and word.text.isupper()
        and (word.text not in "IA" or text[word.end : word.end + 1] == ".")
    ]
    for start, end in spans:
        place = bisect_left(letters, start, key=lambda word: word.start)
        if place and text[letters[place - 1].end : start] in {" ", ". ", "."}:
            start = letters[place - 1].start
        for word in letters[bisect_left(letters, end, key=lambda word: word.start) :]:
            if text[end : word.start] not in {" ", "."}:
                break
            end = word.end
        yield start, end


def _joined(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Places in order, those that meet or have only a space between them as one."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and (start <= found[-1][1] or not text[found[-1][1] : start].strip(" -‑")):
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _pattern(words: set[str], flags: int) -> re.Pattern[str] | None:
    if not words:
        return None
    # The longest first, so that no half of a name is left.
    listed = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{listed})(?!\w)", flags)
