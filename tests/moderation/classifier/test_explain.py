from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.classifier.engine import load_engine
from moderation.classifier.explain import Share, explain
from moderation.classifier.onnx_engine import OnnxEngine


def heaviest(text: str, shares: list[Share]) -> str:
    start, end, _ = max(shares, key=lambda share: share[2])
    return text[start:end]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Thank you Mrs Brown, you absolute idiot, see you at the fair", "idiot"),
        ("What an i d i o t, he really is.", "i d i o t"),
        ("Such an (1di0t)!", "1di0t"),
        ("😀 lovely cakes. Only the caretaker is a 'bastard'.", "bastard"),
    ],
)
def test_the_abusive_word_carries_most_and_stands_where_it_is_said_to(
    serving: OnnxEngine, text: str, word: str
) -> None:
    assert heaviest(text, explain(serving, text)) == word


def test_a_word_said_twice_is_marked_twice(serving: OnnxEngine) -> None:
    text = "Idiot! The bake sale was run by an idiot."
    shares = explain(serving, text)
    assert [text[start:end] for start, end, weight in shares if weight > 0.2] == ["Idiot", "idiot"]


def test_two_insults_don_t_hide_behind_each_other(serving: OnnxEngine) -> None:
    text = "The cake was made by a stupid idiot"
    shares = {text[start:end]: weight for start, end, weight in explain(serving, text)}
    assert min(shares["stupid"], shares["idiot"]) > shares.get("cake", 0.0)


def test_the_shares_make_the_score_so_praise_carries_little(serving: OnnxEngine) -> None:
    for text in ("You are a stupid idiot and I hate you", "Thank you all for a lovely day"):
        score = serving.score([text])[0]["insult"]
        assert sum(weight for *_, weight in explain(serving, text, label="insult")) == pytest.approx(score)


def test_of_a_long_comment_the_worst_passage_is_explained(serving: OnnxEngine) -> None:
    text = "We had cake and games in the hall. " * 60 + "You disgusting fucking idiot. " + "So sunny. " * 200
    shares = explain(serving, text)
    assert heaviest(text, shares) in ("disgusting", "fucking", "idiot")
    assert len(shares) < 60


@pytest.mark.parametrize("text", ["", " \n\t", "\x00", "\ud83d", "\u202e\u200b", "👍" * 50, "a" * 200_000])
def test_any_text_can_be_asked_about(serving: OnnxEngine, text: str) -> None:
    assert all(0 <= start < end <= len(text) for start, end, _ in explain(serving, text))


@settings(max_examples=30, deadline=None)
@given(st.text(alphabet=st.sampled_from("aio idt.,!1 \ud800é👍\u202e-"), max_size=60))
def test_words_never_overlap_and_lie_within_the_text(text: str) -> None:
    shares = explain(load_engine(threads=2), text)
    ends = [0, *(end for _, end, _ in shares)]
    assert all(before <= start < end <= len(text) and weight > 0
               for before, (start, end, weight) in zip(ends, shares, strict=False))  # fmt: skip
