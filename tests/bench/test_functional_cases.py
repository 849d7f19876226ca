"""The functional cases are many, our own, balanced, and were not learnt."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from moderation.classifier.own_cases import own_cases
from tests.bench.functional.write_cases import made_cases, read_cases

TRAINING = Path(__file__).parents[3] / "shared" / "data" / "toxicity" / "train.jsonl.gz"


def plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".!?")


def test_the_file_is_what_the_sentences_give() -> None:
    assert read_cases() == made_cases()


def test_there_are_enough_of_each_function_and_each_text_once() -> None:
    cases = read_cases()
    assert len(cases) >= 1000 and len({plain(case.text) for case in cases}) == len(cases)
    counts = Counter(case.function for case in cases)
    assert len(counts) >= 29 and min(counts.values()) >= 30
    assert all(len({case.expected for case in cases if case.function == name}) == 1 for name in counts)
    assert 0.3 < sum(not case.expected for case in cases) / len(cases) < 0.7
    assert not [case.text for case in cases if "{" in case.text or "|" in case.text]


def test_none_stands_in_our_own_training_cases() -> None:
    learnt = {plain(case.text) for case in own_cases()}
    assert [case.text for case in read_cases() if plain(case.text) in learnt] == []


def test_none_stands_in_the_training_data() -> None:
    if not TRAINING.is_file():
        pytest.skip("the training data is not here")
    with gzip.open(TRAINING, "rt", encoding="utf-8") as lines:
        learnt = {plain(json.loads(line)["text"]) for line in lines}
    assert [case.text for case in read_cases() if plain(case.text) in learnt] == []
