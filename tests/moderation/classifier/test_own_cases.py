"""The cases that the model learns from are our own, balanced, and not the ones that it is measured on."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter, defaultdict
from difflib import SequenceMatcher
from pathlib import Path

from moderation.classifier.own_cases import own_cases
from tests.bench.functional.sentences import HARMLESS, HATEFUL, SPELT
from tests.bench.functional.write_cases import read_cases
from tests.moderation.classifier.school_comments import ABUSIVE, FRIENDLY

PRACTICE = Path(__file__).parents[3] / "connectors" / "practice" / "data" / "comments.jsonl"
_SLOT = re.compile(r"\{\w+\}")
_WORD = re.compile(r"[\w']+|~")


def words(text: str) -> tuple[str, ...]:
    """The words of a text, with each slot as the same sign, so that what fills it makes no difference."""
    return tuple(_WORD.findall(_SLOT.sub("~", text.casefold().replace("*", ""))))


def measured() -> dict[tuple[str, ...], str]:
    """Everything that the model is measured on, sentences of the functional cases with their slots open."""
    sentences = [
        line.strip() for block in (*HATEFUL.values(), *HARMLESS.values()) for line in block.splitlines()
    ]
    practice = [json.loads(line)["text"] for line in PRACTICE.read_text(encoding="utf-8").splitlines()]
    filled = [case.text for case in read_cases()]
    texts = [*sentences, *SPELT, *filled, *FRIENDLY, *ABUSIVE, *practice]
    return {words(text): text for text in texts if text}


def close(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two texts of five words and more say nearly the same in the same words."""
    if min(len(one), len(other)) < 5 or max(len(one), len(other)) > 1.4 * min(len(one), len(other)):
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= 0.8


def overlaps() -> list[tuple[str, str]]:
    """(own case, text it is measured on) for every exact copy and every near copy."""
    judged = measured()
    by_pair: defaultdict[tuple[str, str], set[tuple[str, ...]]] = defaultdict(set)
    for text in judged:
        for pair in itertools.pairwise(text):
            by_pair[pair].add(text)
    learnt = {words(case.text): case.text for case in own_cases()}
    learnt |= {words(case.family): case.family for case in own_cases()}
    found = []
    for text, shown in learnt.items():
        if text in judged and len(text) > 2:
            found.append((shown, judged[text]))
            continue
        shared = Counter(other for pair in itertools.pairwise(text) for other in by_pair.get(pair, ()))
        found += [
            (shown, judged[other])
            for other, pairs in shared.items()
            if pairs >= len(text) / 2 - 1 and close(text, other)
        ]
    return found


def test_nothing_that_is_measured_on_was_learnt_nor_nearly() -> None:
    assert overlaps() == []
