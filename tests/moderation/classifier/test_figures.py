"""A figure of speech takes the urgency of a mere score away, never the flag, and never from a threat."""

from __future__ import annotations

import time

import pytest

from moderation.classifier.figures import only_a_figure, only_road_danger
from moderation.classifier.flags import flag, severity
from moderation.classifier.own_cases import own_cases
from moderation.classifier.plainly import plainly
from tests.bench.functional import threat_sentences
from tests.moderation.classifier.figures_of_speech import BORROWED, FIGURES, THREATS, lines

SURE = {"threat": 0.97, "toxicity": 0.9}


def urgent(text: str) -> bool:
    return any(reason.kind == "threat" for reason in flag(text, SURE))


@pytest.mark.parametrize(
    "text",
    [
        "Knock them dead tonight, Year 2", "Break a leg, everyone!", "See you in court",
        "We will bury you at tug of war", "Prepare to be destroyed at rounders, dads",
        "I could murder a curry after that assembly", "Can't wait to gunge Mr Shah",
        "A child will be killed on that crossing one day", "Slap some sun cream on them",
    ],
)  # fmt: skip
def test_a_figure_of_speech_is_shown_but_not_urgent(text: str) -> None:
    reasons = flag(text, SURE)
    assert {reason.kind for reason in reasons} == {"toxicity"} and "but" in " ".join(
        one.detail for one in reasons
    )
    assert 0.5 < severity(reasons) < 0.9


def test_a_threat_in_such_words_stays_urgent() -> None:
    texts = lines(THREATS) + lines(BORROWED)
    assert len(texts) >= 150
    assert [text for text in texts if not urgent(text)] == []


def test_no_threat_of_the_repository_loses_its_urgency() -> None:
    """With a sure score, as if the rules on threats saw none of them."""
    known = [text for _, text in threat_sentences.lines(threat_sentences.THREATS)]
    known += [case.text for case in own_cases() if case.labels[3] >= 0.5]
    assert len(known) > 1500
    assert [text for text in known if only_road_danger(plainly(text)) or only_a_figure(plainly(text))] == []


def test_half_of_the_figures_are_known_and_all_stay_flagged() -> None:
    texts = lines(FIGURES)
    assert sum(not urgent(text) for text in texts) >= len(texts) / 3
    assert all(flag(text, SURE) for text in texts)


def test_text_made_to_keep_the_rules_busy_takes_no_longer() -> None:
    for piece in (
        "we will bury you at the ", "muslims and the polish mums . they ",
        "the road a child will be ", "too many the the ",
        "polish ", "it was nice before the roma ", "killing it . ", "you are a fat ", "i could murder a a a ",
        "muslims. ", "not racist but ",
        "autistic is just ", "kick them beat scm and ", "i hat ", "women should the ",
    ):  # fmt: skip
        text = (piece * (10_000 // len(piece) + 1))[:10_000]
        began = time.process_time()
        flag(text, SURE)
        assert time.process_time() - began < 1.5, piece
