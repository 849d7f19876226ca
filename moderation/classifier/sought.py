"""Patterns that are looked for in every comment and found in few: most are ruled out without trying them.

Whatever "\\b(?:kill|stab)(?:s|ing)? (?:you|him)" finds has "kill" or "stab" in it. To see that a text has
neither takes a small part of the time that the pattern takes, which is tried at each of its letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# The parts that `re` itself reads a pattern as: there is no public way to them in the standard library.
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

_MOST = 64
"""Ways of writing one part; of more than that, none is named."""
_SHORTEST = 2
"""Letters; a single one stands in nearly every text."""
_LOOKING = 0.02
"""What it takes to look for one text, as a share of what a pattern takes."""


class Sieve:
    """Patterns, of which it says those that are worth trying on a text; each by a number, in their order."""

    def __init__(self, patterns: Iterable[re.Pattern[str]]) -> None:
        """Takes some milliseconds for each."""
        self._needs = [needs_of(pattern) for pattern in patterns]
        # Looked for once, however many patterns need it.
        self._all = tuple(sorted(frozenset().union(*(needs for needs in self._needs if needs is not None))))

    def passing(self, small: str) -> list[int]:
        """The numbers of the patterns that may find something in an ASCII text in small letters."""
        there = frozenset(filter(small.__contains__, self._all))
        return [
            number for number, needs in enumerate(self._needs) if needs is None or not needs.isdisjoint(there)
        ]

    def passes(self, small: str) -> bool:
        """Whether any of them may."""
        return None in self._needs or any(map(small.__contains__, self._all))


def needs_of(pattern: re.Pattern[str]) -> frozenset[str] | None:
    """Texts in small letters of which every ASCII text that the pattern finds has one in its small letters;
    None: nothing is known.
    """
    return _row(_parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)).best


class _Part(NamedTuple):
    """What is known of the texts that a part of a pattern fits."""

    ways: frozenset[str] | None
    """All of them, in small letters; None: too many to name."""
    needs: frozenset[str] | None = None
    """Each has one of these in it; None: nothing is known."""

    @property
    def best(self) -> frozenset[str] | None:
        return _best([self.needs, None if self.ways is None else _useful(self.ways)])


_NOTHING = frozenset({""})
_ANYTHING = _Part(None)


def _row(parts: Any) -> _Part:
    """Of parts one after the other."""
    run: frozenset[str] = _NOTHING
    whole, known = True, []
    for op, value in parts:
        part = _part(op, value)
        known.append(part.best)
        if part.ways is not None and len(run) * len(part.ways) <= _MOST:
            run = frozenset(before + behind for before in run for behind in part.ways)
            continue
        known.append(_useful(run))
        whole, run = False, _NOTHING if part.ways is None else part.ways
    known.append(_useful(run))
    return _Part(run if whole else None, _best(known))


def _part(op: Any, value: Any) -> _Part:
    c = _constants
    if op is c.LITERAL:
        return _Part(_letter(value))
    if op is c.IN:
        return _Part(_letters(value))
    if op is c.BRANCH:
        return _either([_row(branch) for branch in value[1]])
    if op is c.SUBPATTERN:
        _group, more_flags, fewer_flags, inside = value
        return _ANYTHING if more_flags or fewer_flags else _row(inside)
    if op is c.ATOMIC_GROUP:
        return _row(value)
    if op in (c.AT, c.ASSERT, c.ASSERT_NOT):
        # Takes no letter of the text; that it may ask for more is left out.
        return _Part(_NOTHING)
    if op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
        least, most, inside = value
        one = _row(inside)
        if (least, most) == (0, 1) and one.ways is not None:
            return _Part(one.ways | _NOTHING)
        return _Part(None, one.best) if least else _ANYTHING
    return _ANYTHING


def _either(branches: list[_Part]) -> _Part:
    ways: frozenset[str] | None = frozenset()
    needs: frozenset[str] | None = frozenset()
    for branch in branches:
        ways = None if ways is None or branch.ways is None else ways | branch.ways
        best = branch.best
        needs = None if needs is None or best is None else needs | best
    if ways is not None and len(ways) > _MOST:
        ways = None
    return _Part(ways, None if needs is None else _shortest(needs))


def _letter(code: int) -> frozenset[str] | None:
    """One letter in small; none where no ASCII text has it."""
    letter = chr(code)
    if letter.isascii():
        return frozenset({letter.lower()})
    # Some letters stand for an ASCII one without regard to case.
    return frozenset() if letter.lower() == letter.upper() else None


def _letters(choices: Any) -> frozenset[str] | None:
    found: frozenset[str] = frozenset()
    for op, value in choices:
        if op is _constants.LITERAL:
            one = _letter(value)
        elif op is _constants.RANGE and value[1] - value[0] < _MOST and value[1] < 128:
            one = frozenset(chr(code).lower() for code in range(value[0], value[1] + 1))
        else:
            return None
        if one is None:
            return None
        found |= one
    return found


def _useful(ways: frozenset[str]) -> frozenset[str] | None:
    """Those of which a text must have one; None where that rules nothing out."""
    return None if any(len(way) < _SHORTEST for way in ways) else _shortest(ways)


def _shortest(texts: frozenset[str]) -> frozenset[str]:
    """Without those that have another of them in them."""
    return frozenset(one for one in texts if not any(other != one and other in one for other in texts))


def _best(known: Sequence[frozenset[str] | None]) -> frozenset[str] | None:
    return min((needs for needs in known if needs is not None), key=_cost, default=None)


def _cost(needs: frozenset[str]) -> float:
    """To compare: the time to look for each, and how likely an everyday text has one: a short one more."""
    return _LOOKING * len(needs) + sum(2.5 ** (1 - len(need.strip())) for need in needs)
