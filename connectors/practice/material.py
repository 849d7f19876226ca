"""The texts and people that the practice crowd is made of, read from the files in `data/`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_DATA = Path(__file__).parent / "data"

NEEDS_A_LOOK = frozenset(
    {
        "abuse",
        "subtle_abuse",
        "obfuscated_abuse",
        "threat",
        "personal_data",
        "disclosure",
        "spam",
        "other_language_abuse",
    }
)
"""Kinds that somebody at the school ought to see."""


@dataclass(frozen=True, slots=True)
class Line:
    """One text that somebody may write.

    `kind` says what it is, for training staff and for measuring the classifier; it never leaves the
    practice platforms by their HTTP interface.
    """

    kind: str
    text: str
    reply: bool = False
    """Only makes sense as an answer to another comment."""
    language: str = "en"

    @property
    def needs_a_look(self) -> bool:
        """Whether somebody at the school ought to see it."""
        return self.kind in NEEDS_A_LOOK


@dataclass(frozen=True, slots=True)
class Character:
    """Somebody who comments."""

    name: str
    handle: str
    bio: str
    location: str
    kind: str
    age_days: int
    followers: int
    following: int
    nameless: bool = False


@lru_cache(maxsize=1)
def lines() -> tuple[Line, ...]:
    """Every text, in the order of the file."""
    with (_DATA / "comments.jsonl").open(encoding="utf-8") as file:
        found = [json.loads(row) for row in file if row.strip()]
    return tuple(
        Line(row["kind"], row["text"], bool(row.get("reply", False)), row.get("language", "en"))
        for row in found
    )


@lru_cache(maxsize=1)
def characters() -> tuple[Character, ...]:
    """Everybody who comments, in the order of the file."""
    with (_DATA / "people.jsonl").open(encoding="utf-8") as file:
        return tuple(Character(**json.loads(row)) for row in file if row.strip())
