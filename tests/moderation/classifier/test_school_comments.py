"""What the shipped model and the default rules make of comments as parents and pupils write them."""

from __future__ import annotations

import pytest

from moderation.classifier.engine import Engine
from moderation.classifier.flags import flag
from moderation.classifier.own_cases import own_cases
from tests.moderation.classifier.school_comments import ABUSIVE, FRIENDLY


@pytest.fixture(params=["serving", "engine"])
def either(request: pytest.FixtureRequest) -> Engine:
    """The model as it serves, and the checkpoint it was made from."""
    found: Engine = request.getfixturevalue(request.param)
    return found


def flagged(engine: Engine, texts: list[str]) -> list[str]:
    return [text for text, scores in zip(texts, engine.score(texts), strict=True) if flag(text, scores)]


def test_the_measured_comments_were_not_learnt() -> None:
    learnt = {case.text.casefold() for case in own_cases()}
    assert not [text for text in [*FRIENDLY, *ABUSIVE] if text.casefold() in learnt]


def test_staff_are_not_buried_in_false_alarms(either: Engine) -> None:
    wrong = flagged(either, FRIENDLY)
    assert len(wrong) <= 0.07 * len(FRIENDLY), wrong


def test_abuse_does_not_go_unseen(either: Engine) -> None:
    missed = sorted(set(ABUSIVE) - set(flagged(either, ABUSIVE)))
    assert len(missed) <= 0.2 * len(ABUSIVE), missed


def test_names_and_places_that_filters_stumble_on_are_clear(either: Engine) -> None:
    texts = [
        f"{name} did so well in the spelling bee"
        for name in ("Shital", "Nishit", "Harshit", "Dick", "Fanny", "Gaylord", "Randy", "Titus", "Assad")
    ] + [
        f"We came from {place} for the match"
        for place in ("Scunthorpe", "Penistone", "Clitheroe", "Cockermouth", "Shitterton", "Twatt", "Essex")
    ] + ["The pots look lovely", "pots", "Year 2 made pots", "Mr Hancock's pots and pans band"]  # fmt: skip
    assert flagged(either, texts) == []
