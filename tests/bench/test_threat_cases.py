"""Threats and worries in people's own words are seen whatever the model's score, and what only looks like
them is left alone: by the rules alone, so that it costs no model.
"""

from __future__ import annotations

import time

import pytest

from moderation.classifier.flags import flag, severity
from moderation.classifier.languages import unread
from moderation.classifier.own_cases import own_cases
from moderation.classifier.plainly import plainly
from tests.bench.functional import threat_sentences, worry_sentences
from tests.bench.functional.threat_sentences import lines

URGENT = frozenset({"threat", "safeguarding"})
# What a rule can't tell from the real thing; a person can, at a glance.
KNOWN_FALSE_ALARMS = {
    "I'll kill him if he has lost another jumper, honestly",
    'My son was told "I\'ll kill you" by another boy and nobody rang me',
}


def kinds(text: str) -> set[str]:
    """The kinds of reasons without any score of a model."""
    return {reason.kind for reason in flag(text, {})}


def test_p23_threats_are_seen_whatever_the_score() -> None:
    texts = lines(threat_sentences.THREATS)
    assert len(texts) >= 230
    missed = [text for block, text in texts if block != "oblique" and "threat" not in kinds(text)]
    assert missed == []
    oblique = [text for block, text in texts if block == "oblique"]
    assert sum("threat" in kinds(text) for text in oblique) >= len(oblique) / 2


def test_what_only_looks_like_a_threat_is_left_alone() -> None:
    texts = lines(threat_sentences.LOOK_ALIKES)
    assert len(texts) >= 250
    assert {text for _, text in texts if kinds(text) & URGENT} == KNOWN_FALSE_ALARMS


def test_worries_about_a_child_are_seen_and_what_looks_like_them_is_not() -> None:
    assert [text for _, text in lines(worry_sentences.WORRIES) if not kinds(text) & URGENT] == []
    assert [text for _, text in lines(worry_sentences.LOOK_ALIKES) if kinds(text) & URGENT] == []


def test_none_of_these_cases_is_learnt_and_none_stands_twice() -> None:
    texts = [
        text.casefold()
        for module in (threat_sentences, worry_sentences)
        for _, text in lines(getattr(module, "THREATS", {}) | getattr(module, "WORRIES", {}))
        + lines(module.LOOK_ALIKES)
    ]
    assert len(set(texts)) == len(texts)
    assert not {case.text.casefold() for case in own_cases()} & set(texts)


def test_the_rules_leave_our_harmless_cases_alone() -> None:
    harmless = [case.text for case in own_cases()[::5] if max(case.labels) < 0.2]
    wrong = [text for text in harmless if kinds(text) & URGENT]
    assert len(harmless) > 2000 and len(wrong) <= 0.004 * len(harmless), wrong


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("W A T C H  Y O U R  B A C K", "watch your back"),
        ("gna sm4sh ur face in, Mr O’Neil!!", "going to smash your face in mr o'neil ."),
        ("i will b.u.r.n it. ill do it 2nite", "i will burn it . i will do it tonight"),
        ("my son is ill, ill ring later", "my son is ill i will ring later"),
        ("I'll kiII you", "i will kill you"),
        ("KS2 and Y4 pay £2 at 3.15", "ks2 and y4 pay £2 at 3 15"),
        ("", ""),
    ],
)
def test_spelling_is_undone_before_the_rules_read(written: str, read: str) -> None:
    assert plainly(written) == read


def test_a_threat_told_as_news_is_none_and_one_of_the_dead_is_not_urgent() -> None:
    assert "threat" in kinds("set fire to that school")
    assert "threat" not in kinds("he was jailed, he had threatened to set fire to that school")
    for text in (
        "if you don't, I will flatten that school", "Tried to ring you. Will flatten that school",
        "he threatened to sue and I will flatten that school",
        "if she won't you'll pay",
    ):  # fmt: skip
        assert "threat" in kinds(text), text
    for text in ("I would never hurt him", "we will not hurt her, whatever you think"):
        assert "threat" not in kinds(text), text
    scores = {"threat": 0.63}
    (calm,) = flag("My dog could run the office better, and he's been dead two years.", scores)
    assert (calm.kind, calm.label) == ("toxicity", "threat") and "long been dead" in calm.detail
    assert severity([calm]) < 0.9
    for text in (
        "he's been dead two years and you will be next", "someone should deal with the office",
        "that man should have been dead years ago", "better if they had been dead for years",
        "he's been gone two years, now he's back and somebody dies",
        "my brother's been dead two years and she deserves the same",
    ):  # fmt: skip
        assert flag(text, scores)[0].kind == "threat", text


@pytest.mark.parametrize(
    "text",
    [
        "I know your car, and your house too",
        "I'll come for you when you least expect it",
        "I'll find you later, count on it",
        "You'll pay for it later, believe me",
        "I know where you live and I'll drop by with a hammer",
        "I'm going to put a brick through the office window",
        "The next one that talks to my kid gets a brick through the window",
        "Just die already",
        "It's about to get dangerous for you",
        "We were watching a film when my stepdad whipped me",
    ],
)
def test_an_everyday_word_beside_it_hides_nothing(text: str) -> None:
    assert kinds(text) & URGENT


def test_rules_are_tried_on_all_that_they_could_find() -> None:
    """Each holds none of the words that its rule used to wait for."""
    for text in (
        "Next time it will be the knife", "We'll mow him down",
        "Restraining order or not, see you Monday", "next time I won't be so calm", "Praying that he drowns",
        "We will burn them out",
        "all of you should be burned alive", "He will turn up at her house",
        "I want to not exist", "nobody would even miss me if I disappeared",
        "He left for school and hasn't arrived", "never enough dinner, no tea at home",
        "gave balloons of gas to the kids",
    ):  # fmt: skip
        assert kinds(text) & URGENT, text


def test_rules_take_no_longer_on_text_made_to_keep_them_busy() -> None:
    for piece in ("i will going to ", "my dad will put ", "a b u r n ", "hope the bus that the head "):
        assert isinstance(flag(piece * 1000, {}), list)
    began = time.process_time()
    assert flag("." * 70_000 + "a", {}) == [] and unread("a" * 4_000) is None
    assert time.process_time() - began < 5
