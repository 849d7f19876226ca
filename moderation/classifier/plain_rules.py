"""Rules that read a comment in plain words, and what they find there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Rule(NamedTuple):
    """One way of saying something: its label, words of which one must be there, and the pattern."""

    label: str
    needs: frozenset[str]
    pattern: re.Pattern[str]


def rule(label: str, needs: str, pattern: str) -> Rule:
    """A rule on small letters and plain words (`plainly`), tried only where one of the words of `needs`
    stands: most comments hold none, and so cost next to nothing.
    """
    return Rule(label, frozenset(needs.split()), re.compile(pattern))


_BEFORE = 80
"""Characters before what a rule finds that are looked at for who says it."""
GOES_ON = "goes_on"
"""The group of a pattern for what stands before, which excuses only words that name nobody who does it."""
_SAYS_WHO = re.compile(r"(?:(?:and|or|then) )?(?:i|we|you|your|he|she|they|someone|my|our|me|mr|mrs|miss)\b")


def found_by(rules: Sequence[Rule], plain: str, unless_after: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Label and words of what the rules find in a text in plain words, the first of each rule.

    What stands right after something that `unless_after` finds, such as "threatened to", is passed over,
    unless a new sentence begins between them, or that is `GOES_ON` and the words begin with who does it.
    """
    words = set(plain.split())
    for one in rules:
        if one.needs.isdisjoint(words):
            continue
        for found in one.pattern.finditer(plain):
            start = found.end() - len(found.group().lstrip(" ."))
            told = unless_after.search(plain, max(0, start - _BEFORE), start)
            if told is None or (told.lastgroup == GOES_ON and _SAYS_WHO.match(plain, start)):
                yield one.label, found.group().strip(" .")
                break
