"""Abuse that is misspelt or run together, on purpose or not: what the words were meant to be.

Only for the second reading of a comment (`normalise.undisguise`), and only where an abusive word comes out
or a whole run of words does: "idoit" is "idiot", "alltheseparentsarescum" is five words. Ordinary words,
and names and places that look like a slip of such a word, pass through; some of them, and words of four
letters that lost one, are read as a slip where the words beside them show it: "you are scm", "I hat them".
"""

from __future__ import annotations

from functools import lru_cache
from math import log

from moderation.classifier.lexicon import (
    BEFORE_INSULT,
    DISGUISED,
    NEARLY_ORDINARY,
    OFTEN_MISSPELT,
    SLIP_IN_CONTEXT,
)
from moderation.classifier.model_files import MODEL_FOLDER

_JOINED_FROM = 11
"""Letters. Shorter runs of words are too easily a name."""
_JOINED_TO = 200
_LONGEST_WORD = 20
_SOUGHT = 7.0
_SHORTEST = "a i u ur am an as at be by do go he if in is it me my no of on or so to up us we"
_SHORT = frozenset(_SHORTEST.split())
"""The words of one and two letters that count: not every scrap is a word."""


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(word for word in DISGUISED | OFTEN_MISSPELT if len(word) > 3)


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
    return swapped | (_dropped(word) if len(word) > 4 else set())


def _dropped(word: str) -> set[str]:
    return {word[:n] + word[n + 1 :] for n in range(1, len(word))}


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


_MARKS = '.,!?;:"“”()'
_HATED = frozenset(
    {"all", "black", "every", "everyone", "gay", "gays", "her", "him", "it", "jews", "muslims", "people",
     "that", "them", "these", "this", "those", "trans", "women", "you", "your"}
)  # fmt: skip
_DONE_TO = frozenset({"all", "every", "her", "him", "that", "them", "these", "those", "u", "you", "your"})
# A slip that could be much else, before one of these words: what was meant, and what stands before it if that
# is needed.
_BEFORE_OTHERS: dict[str, tuple[str, frozenset[str], frozenset[str]]] = {
    **dict.fromkeys(
        ("hae", "hat", "hte"), ("hate", _HATED, frozenset({"all", "i", "just", "really", "they", "we"}))
    ),
    **dict.fromkeys(("kil", "kll"), ("kill", _DONE_TO | {"yourself", "urself"}, frozenset())),
    **dict.fromkeys(
        ("kck", "kic", "kik"), ("kick", _DONE_TO - {"u", "that", "you"} | {"out", "the"}, frozenset())
    ),
    **dict.fromkeys(("bea", "beet"), ("beat", frozenset({"her", "him", "them", "up"}), frozenset())),
    **dict.fromkeys(("shu", "sut"), ("shut", frozenset({"up"}), frozenset())),
}
_ARE = frozenset({"absolute", "are", "bloody", "fucking", "pure", "r", "total", "utter"})
"""What stands before "scum" at the end of a sentence, and before no sum."""


@lru_cache(maxsize=1)
def _misspelt_in_context() -> dict[str, str]:
    found: dict[str, str] = {"lier": "liar", "liers": "liars", "lyer": "liar", "lyers": "liars"}
    for word in sorted(_known(), key=lambda word: (len(word), word)):
        for slip in sorted((_slips(word) | _dropped(word)) & SLIP_IN_CONTEXT):
            found.setdefault(slip, word)
    return found


def respelt_in_context(text: str) -> str:
    """The text with those slips undone that only the words beside them show to be some."""
    words = text.split(" ")
    shouted = text.isupper()
    bare = [word.strip(_MARKS) for word in (text.lower().split(" ") if shouted else words)]
    slips = _misspelt_in_context()
    if "sum" not in bare and slips.keys().isdisjoint(bare) and _BEFORE_OTHERS.keys().isdisjoint(bare):
        return text
    abusive = _known()
    for place, word in enumerate(bare):
        before = bare[place - 1].lower() if place else ""
        ends = place + 1 == len(bare)
        if before == "and" and place > 1 and bare[place - 2].lower() in abusive:
            before = bare[place - 2].lower()
        meant = slips.get(word) if before in BEFORE_INSULT or before in abusive else None
        if meant is None and (other := _BEFORE_OTHERS.get(word)):
            behind = bare[place + 1].lower() if place + 1 < len(bare) else ""
            fits = behind in other[1] and (not other[2] or before in other[2])
            meant = other[0] if fits else None
        if meant is None and word == "sum" and before in _ARE and (ends or words[place] != bare[place]):
            meant = "scum"
        if meant is not None:
            words[place], bare[place] = words[place].lower().replace(word, meant, 1), meant
    return " ".join(words)
