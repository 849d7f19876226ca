"""Abuse that is misspelt or run together, on purpose or not: what the words were meant to be.

Only for the second reading of a comment (`normalise.undisguise`), and only where an abusive word comes out
or a whole run of words does: "idoit" is "idiot", "alltheseparentsarescum" is five words. Ordinary words,
and names and places that look like a slip of such a word, pass through.
"""

from __future__ import annotations

from functools import lru_cache
from math import log

from moderation.classifier.lexicon import DISGUISED, NEARLY_ORDINARY, OFTEN_MISSPELT
from moderation.classifier.model_files import MODEL_FOLDER

_JOINED_FROM = 11
"""Letters. Shorter runs of words are too easily a name."""
_JOINED_TO = 200
_LONGEST_WORD = 20
_SOUGHT = 7.0
_SHORTEST = "a i u ur am an as at be by do go he if in is it me my no of on or so to up us we"
_SHORT = frozenset(_SHORTEST.split())
"""The words of one and two letters that count: not every scrap is a word."""


def _known() -> set[str]:
    return {word for word in DISGUISED | OFTEN_MISSPELT if len(word) > 3}


@lru_cache(maxsize=1)
def _costs() -> dict[str, float]:
    """How surprising each common word is. The shipped model's word pieces stand in order of frequency."""
    pieces = (MODEL_FOLDER / "vocab.txt").read_text(encoding="utf-8").splitlines()
    words = [piece for piece in pieces if piece.isascii() and piece.isalpha()]
    words = [word for word in words if len(word) > 2 or word in _SHORT]
    costs = {word: log((place + 2) * log(len(words) + 2)) for place, word in enumerate(words)}
    # "are scum", not "ares cum": what this reading looks for is likelier than the language at large has it.
    return costs | {word: min(costs.get(word, _SOUGHT), _SOUGHT) for word in _known()}


def is_common(word: str) -> bool:
    """Whether an English word, in small letters, is one that the shipped model's word pieces know whole."""
    return word in _costs()


def _slips(word: str) -> set[str]:
    """What comes of the word when two letters change places or one is left out, but for the first."""
    swapped = {word[:n] + word[n + 1] + word[n] + word[n + 2 :] for n in range(1, len(word) - 1)}
    dropped = {word[:n] + word[n + 1 :] for n in range(1, len(word))} if len(word) > 4 else set()
    return swapped | dropped


@lru_cache(maxsize=1)
def _misspelt() -> dict[str, str]:
    """Slip to the one word that it can be of; slips that are words themselves, or names, are left out."""
    known = _known()
    ordinary = _costs().keys() | NEARLY_ORDINARY
    found: dict[str, set[str]] = {}
    for word in known:
        for slip in _slips(word) - known:
            if slip not in ordinary:
                found.setdefault(slip, set()).add(word)
    # "stupids" may be of two words that say the same: the shorter will do.
    return {slip: min(words, key=lambda word: (len(word), word)) for slip, words in found.items()}


def respelt(word: str) -> str | None:
    """The word that this one, in small letters, is a slip of; the words that it is a run of; or None."""
    if not 3 <= len(word) <= _JOINED_TO:
        return None
    slip = _misspelt().get(word)
    if slip is not None or len(word) < _JOINED_FROM:
        return slip
    return _parted(word)


def _parted(word: str) -> str | None:
    """The three words or more that were run together, cut where likeliest; None if that isn't all of it."""
    costs = _costs()
    if word in costs:
        return None
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(word) + 1):
        ways = [
            (best[start][0] + costs[word[start:end]], start)
            for start in range(max(0, end - _LONGEST_WORD), end)
            if word[start:end] in costs
        ]
        best.append(min(ways, default=(float("inf"), end)))
    if best[-1][0] == float("inf"):
        return None
    words, end = [], len(word)
    while end:
        start = best[end][1]
        words.append(word[start:end])
        end = start
    # Many scraps are some other language, not words of this one.
    if len(words) < 3 or len(word) < 2.8 * len(words):
        return None
    return " ".join(reversed(words))
