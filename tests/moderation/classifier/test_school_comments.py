"""What the shipped model and the default rules make of comments as parents and pupils write them."""

from __future__ import annotations

from moderation.classifier.engine import DetoxifyEngine
from moderation.classifier.flags import flag
from moderation.classifier.own_cases import own_cases
from tests.moderation.classifier.school_comments import ABUSIVE, FRIENDLY


def flagged(engine: DetoxifyEngine, texts: list[str]) -> list[str]:
    return [text for text, scores in zip(texts, engine.score(texts), strict=True) if flag(text, scores)]


def test_the_measured_comments_were_not_learnt() -> None:
    learnt = {case.text.casefold() for case in own_cases()}
    assert not [text for text in [*FRIENDLY, *ABUSIVE] if text.casefold() in learnt]


def test_staff_are_not_buried_in_false_alarms(engine: DetoxifyEngine) -> None:
    wrong = flagged(engine, FRIENDLY)
    assert len(wrong) <= 0.07 * len(FRIENDLY), wrong


def test_abuse_does_not_go_unseen(engine: DetoxifyEngine) -> None:
    missed = sorted(set(ABUSIVE) - set(flagged(engine, ABUSIVE)))
    assert len(missed) <= 0.2 * len(ABUSIVE), missed


def test_names_and_places_that_filters_stumble_on_are_clear(engine: DetoxifyEngine) -> None:
    texts = [
        f"{name} did so well in the spelling bee"
        for name in ("Shital", "Nishit", "Harshit", "Dick", "Fanny", "Gaylord", "Randy", "Titus", "Assad")
    ] + [
        f"We came from {place} for the match"
        for place in ("Scunthorpe", "Penistone", "Clitheroe", "Cockermouth", "Shitterton", "Twatt", "Essex")
    ] + ["The pots look lovely", "pots", "Year 2 made pots", "Mr Hancock's pots and pans band"]  # fmt: skip
    assert flagged(engine, texts) == []
