"""Writes `cases.jsonl` from the sentences: `python -m tests.bench.functional.write_cases`.

The same sentences give the same cases, byte for byte.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.functional.sentences import HARMLESS, HATEFUL, SLOTS, SPELT

FILE = Path(__file__).with_name("cases.jsonl")
_FILLED = 3
"""How often a sentence with slots is filled."""
_SLOT = re.compile(r"\{(\w+)\}")
_LEET = str.maketrans({"a": "4", "e": "3", "i": "1", "o": "0", "s": "5"})


@dataclass(frozen=True)
class Case:
    """One text: the function that it tests, and whether somebody should be shown it as abuse."""

    function: str
    text: str
    expected: bool


def read_cases() -> list[Case]:
    """The cases as the file has them."""
    return [Case(**json.loads(line)) for line in FILE.read_text(encoding="utf-8").splitlines()]


def made_cases() -> list[Case]:
    """The cases as the sentences give them."""
    rng = random.Random(20261123)
    cases: dict[str, Case] = {}
    for expected, functions in ((True, HATEFUL), (False, HARMLESS)):
        for function, block in functions.items():
            for text in _filled([line.strip() for line in block.strip().splitlines()], rng):
                cases.setdefault(text.casefold(), Case(function, text, expected))
    for function, misspell in _WAYS.items():
        for text in _filled(SPELT, rng):
            wrong = re.sub(r"\*(\w+)\*", lambda found: misspell(found[1], rng), text)  # noqa: B023
            if function == "spelling_joined":
                wrong = wrong.replace(" ", "")
            cases.setdefault(wrong.casefold(), Case(function, wrong, True))
    return list(cases.values())


def _filled(sentences: list[str] | tuple[str, ...], rng: random.Random) -> Iterator[str]:
    values = {name: [value.strip() for value in row.split("|")] for name, row in SLOTS.items()}
    for sentence in sentences:
        seen: set[str] = set()
        for _ in range(_FILLED if _SLOT.search(sentence) else 1):
            text = _SLOT.sub(lambda found: rng.choice(values[found[1]]), sentence)
            text = re.sub(r"\b([Aa]) (?=Asian|Albanian|autistic|immigrant)", r"\1n ", text)
            if rng.random() < 0.8:
                text = text[0].upper() + text[1:]
            if text.casefold() not in seen:
                seen.add(text.casefold())
                yield text


def _swapped(word: str, rng: random.Random) -> str:
    place = rng.randrange(1, len(word) - 1) if len(word) > 2 else 0
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _dropped(word: str, rng: random.Random) -> str:
    place = rng.randrange(1, len(word))
    return word[:place] + word[place + 1 :]


def _spaced(word: str, rng: random.Random) -> str:
    return rng.choice((" ", " ", ".", "-")).join(word)


_WAYS: dict[str, Callable[[str, random.Random], str]] = {
    "spelling_swapped": _swapped,
    "spelling_dropped": _dropped,
    "spelling_joined": lambda word, rng: word,
    "spelling_spaced": _spaced,
    "spelling_leet": lambda word, rng: word.translate(_LEET),
}


def main() -> None:
    """Write the file."""
    lines = [json.dumps(asdict(case), ensure_ascii=False) + "\n" for case in made_cases()]
    FILE.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
