"""What all engines do alike, seen on one that judges by the share of one word."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.classifier.windowed import (
    MAX_WINDOWS,
    PASSAGE_TOKENS,
    PASSAGES_FROM,
    WHOLE_TOKENS,
    Offsets,
    WindowedEngine,
)


class Counting(WindowedEngine):
    """Scores the share of a text's words that are "bad", and remembers what it was asked."""

    labels = ("toxicity",)
    model_name = "counting"

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[list[str]] = []

    def _offsets(self, texts: Sequence[str]) -> list[Offsets]:
        return [[found.span() for found in re.finditer(r"\w+|[^\w\s]", text)] for text in texts]

    def _answer(self, batch: Sequence[str]) -> list[Sequence[float]]:
        self.batches.append(list(batch))
        return [[text.split().count("bad") / len(text.split())] for text in batch]

    @property
    def read(self) -> list[str]:
        return [text for batch in self.batches for text in batch]


def test_duplicates_are_scored_once() -> None:
    engine = Counting()
    assert engine.score(["so bad", "fine", "so  bad\n", "so bad"]) == [
        {"toxicity": 0.5}, {"toxicity": 0.0}, {"toxicity": 0.5}, {"toxicity": 0.5},
    ]  # fmt: skip
    assert sorted(engine.read) == ["fine", "so bad"]


def test_a_sentence_amid_many_counts_as_if_it_stood_alone() -> None:
    praise = "We all had such a lovely time with cake and games at the fair in the hall on Saturday. " * 2
    engine = Counting()
    (amid,) = engine.score([praise * 2 + "bad " * 11 + ". " + praise * 2])
    assert amid["toxicity"] > 0.3
    assert engine.predict([praise * 2 + "bad bad bad. " + praise * 2])[0]["toxicity"] < 0.1


def test_abuse_across_the_joint_of_two_parts_is_read_whole() -> None:
    for place in range(PASSAGE_TOKENS):
        engine = Counting()
        engine.score(["so " * (PASSAGES_FROM + place) + "very bad indeed " + "so " * 70])
        short = [text for text in engine.read if len(text.split()) <= PASSAGE_TOKENS]
        assert any("very bad indeed" in text for text in short), place


def test_short_comments_and_predictions_are_read_once_as_they_are() -> None:
    engine = Counting()
    engine.score(["One sentence. Another sentence. " * 6])
    assert len(engine.read) == 1
    engine = Counting()
    engine.predict(["One sentence. Another sentence. " * 60])
    assert len(engine.read) == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 1200), min_size=1, max_size=40))
def test_no_batch_is_padded_beyond_its_limit_and_no_piece_beyond_the_model(lengths: list[int]) -> None:
    engine = Counting()
    engine.score([f"n{number} " + "ok " * length for number, length in enumerate(lengths)])
    for batch in engine.batches:
        longest = max(len(text.split()) for text in batch)
        assert longest <= WHOLE_TOKENS
        assert len(batch) == 1 or (longest + 2) * len(batch) <= engine.batch_tokens


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab .!?\n,"), max_size=600))
def test_every_word_of_a_long_comment_is_read_in_its_passages(text: str) -> None:
    engine = Counting()
    engine.score([text])
    for word in set(re.findall(r"\w+", text)):
        assert any(word in reading for reading in engine.read)


@pytest.mark.parametrize("text", ["bad " * 250_000, "x" * 1_000_000, "👍" * 250_000, "bad. " * 200_000])
def test_an_enormous_comment_is_read_in_parts_at_bounded_cost(text: str) -> None:
    engine = Counting()
    engine.score([text])
    assert sum(len(reading) for reading in engine.read) < 2 * 2 * MAX_WINDOWS * WHOLE_TOKENS * 14
