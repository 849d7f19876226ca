"""Rules that read a comment in plain words, and what they find there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from moderation.classifier.sought import Sieve


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


class RuleBook:
    """Rules, and which words they need: of nearly a hundred, a comment has words of a few."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """In their order, in which they are tried."""
        self.rules = tuple(rules)
        self._sieves: dict[int, Sieve] = {}
        self._of: dict[str, list[int]] = {}
        for number, one in enumerate(self.rules):
            for word in one.needs:
                self._of.setdefault(word, []).append(number)

    def tried_on(self, plain: str) -> list[Rule]:
        """Those that a text in plain words has a word for, and so may be found in it."""
        there = self._of.keys() & set(plain.split())
        numbers = sorted({number for word in there for number in self._of[word]})
        if plain.isascii():
            numbers = [number for number in numbers if self._sieve(number).passes(plain)]
        return [self.rules[number] for number in numbers]

    def _sieve(self, number: int) -> Sieve:
        """Made when it is first needed: all of them would take a third of a second."""
        made = self._sieves.get(number)
        if made is None:
            made = self._sieves[number] = Sieve([self.rules[number].pattern])
        return made


def found_by(book: RuleBook, plain: str, unless_after: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Label and words of what the rules find in a text in plain words, the first of each rule.

    What stands right after something that `unless_after` finds, such as "threatened to", is passed over,
    unless a new sentence begins between them, or that is `GOES_ON` and the words begin with who does it.
    """
    for one in book.tried_on(plain):
        for found in one.pattern.finditer(plain):
            start = found.end() - len(found.group().lstrip(" ."))
            told = unless_after.search(plain, max(0, start - _BEFORE), start)
            if told is None or (told.lastgroup == GOES_ON and _SAYS_WHO.match(plain, start)):
                yield one.label, found.group().strip(" .")
                break
