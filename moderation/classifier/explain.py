"""Which words carried a score, for the reviewer who asks why: each word is left out in turn, and read alone
in turn. What lowers the score by its absence, or scores by itself, has carried it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence

from moderation.classifier.engine import Engine
from moderation.classifier.flags import READ_CHARACTERS
from moderation.classifier.normalise import APART, well_formed

Share = tuple[int, int, float]
"""Where a word begins and ends in the text as given, and how much of the score it carried."""

PASSAGE_WORDS = 60
"""Of a longer text only the passage that scores highest is explained: every word left out costs one more
reading of all the others.
"""
WORDS_AT_ONCE = 30
"""A passage of more words is first searched in groups, and then word by word in the groups that count."""
_GROUP = 5
_GROUPS_KEPT = 4
_LEAST = 0.05
"""A word that carried less than this part of what the strongest carried says nothing to a reader."""
_HARMLESS = math.log(0.25 / 0.75)
"""What words that say nothing by themselves may score alone."""
_NEVER_CERTAIN = 1e-6
_WORD = re.compile(r"\S+")
_INNER = re.compile(r"[^\s\"'“”‘’(\[{<.,;:?!)\]}>](?:.*[^\s\"'“”‘’(\[{<.,;:?!)\]}>])?", re.DOTALL)

Span = tuple[int, int]


def explain(engine: Engine, text: str, *, label: str | None = None) -> list[Share]:
    """(start, end, weight) of each word that raised the score, in the order of the text.

    `label`: which of the engine's labels, by default the one that scores highest. Offsets are characters of
    `text`, punctuation at a word's edges left out; letters set apart ("i d i o t") are one word. A weight
    is the word's share of the score: together they make the score, so in harmless text all are small. Words
    that make next to no difference, or lower the score, are left out. Costs at most some 60 readings of one
    passage, and 60 of a single word.
    """
    # The other way round offsets would move: a broken half of a character is one character here and there.
    readable = text if well_formed(text) == text else "".join(map(_whole, text))
    words = _words(readable)
    if not words:
        return []
    whole = engine.score([readable])[0]
    label = label or max(engine.labels, key=lambda each: whole[each])
    passage = _worst_passage(engine, readable, words, label)
    units = _units(readable, passage)
    begin, end = passage[0][0], passage[-1][1]
    if len(units) > WORDS_AT_ONCE:
        groups = [
            tuple(span for unit in units[n : n + _GROUP] for span in unit)
            for n in range(0, len(units), _GROUP)
        ]
        carried = _carried(engine, readable, (begin, end), groups, label)
        best = sorted(range(len(groups)), key=lambda n: -carried[n])[:_GROUPS_KEPT]
        inside = {span for n in best for span in groups[n]}
        units = [unit for unit in units if inside.intersection(unit)]
    carried = _carried(engine, readable, (begin, end), units, label)
    least = _LEAST * max(carried)
    kept = [(unit, each) for unit, each in zip(units, carried, strict=True) if each and each >= least]
    total = sum(each for _, each in kept)
    return sorted(
        (*_inner(readable, span), whole[label] * each / total / len(unit))
        for unit, each in kept
        for span in unit
    )


def _words(text: str) -> list[Span]:
    """Where the words are, letters set apart being one; of an enormous text both ends."""
    apart = [found.span() for found in APART.finditer(text)]
    spans: list[Span] = []
    for found in _WORD.finditer(text):
        start, end = found.span()
        if READ_CHARACTERS <= start < len(text) - READ_CHARACTERS:
            continue
        while apart and apart[0][1] <= start:
            apart.pop(0)
        if apart and start < apart[0][1] and apart[0][0] < end:
            start, end = min(start, apart[0][0]), max(end, apart[0][1])
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _worst_passage(engine: Engine, text: str, words: Sequence[Span], label: str) -> Sequence[Span]:
    """The run of words that scores highest by itself."""
    if len(words) <= PASSAGE_WORDS:
        return words
    passages = [
        words[start : start + PASSAGE_WORDS]
        for start in range(0, len(words) - PASSAGE_WORDS // 4, PASSAGE_WORDS // 2)
    ]
    scores = engine.score([text[passage[0][0] : passage[-1][1]] for passage in passages])
    return max(zip(passages, scores, strict=True), key=lambda pair: pair[1][label])[0]


def _units(text: str, words: Sequence[Span]) -> list[tuple[Span, ...]]:
    """What is left out at a time: a word wherever it stands, since its double would hide its absence."""
    by_word: dict[str, list[Span]] = {}
    for span in words:
        start, end = _inner(text, span)
        by_word.setdefault(text[start:end].casefold(), []).append(span)
    return [tuple(spans) for spans in by_word.values()]


def _carried(
    engine: Engine, text: str, passage: Span, units: Sequence[Sequence[Span]], label: str
) -> list[float]:
    """How much each unit carried of the passage's log-odds: what its absence takes away, and what it scores
    alone over what a harmless word does.

    Neither is enough: where there are two insults the absence of one changes little, and there are insults
    that no word of theirs is. Odds and not the score itself, which hardly moves near its ends.
    """
    begin, end = passage
    readings = [text[begin:end], *(_without(text, begin, end, unit) for unit in units)]
    alone = [" ".join(text[start:stop] for start, stop in unit) for unit in units]
    first, *others = (_log_odds(scores, label) for scores in engine.score([*readings, *alone]))
    return [
        max(0.0, first - without) + max(0.0, by_itself - _HARMLESS)
        for without, by_itself in zip(others[: len(units)], others[len(units) :], strict=True)
    ]


def _without(text: str, begin: int, end: int, unit: Sequence[Span]) -> str:
    return " ".join(_rest(text, begin, end, unit))


def _rest(text: str, begin: int, end: int, unit: Sequence[Span]) -> Iterator[str]:
    for start, stop in sorted(unit):
        yield text[begin:start]
        begin = stop
    yield text[begin:end]


def _inner(text: str, span: Span) -> Span:
    """The word without the punctuation at its edges, if anything is left of it then."""
    start, end = span
    found = _INNER.search(text[start:end])
    return (start + found.start(), start + found.end()) if found else span


def _log_odds(scores: Mapping[str, float], label: str) -> float:
    score = min(max(scores[label], _NEVER_CERTAIN), 1 - _NEVER_CERTAIN)
    return math.log(score / (1 - score))


def _whole(character: str) -> str:
    return "\ufffd" if "\ud800" <= character <= "\udfff" else character


__all__ = ["Share", "explain"]
