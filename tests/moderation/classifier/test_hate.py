"""Contempt without a strong word is flagged by rules, and what only looks like it is not."""

from __future__ import annotations

import pytest

from moderation.classifier.flags import flag, severity
from moderation.classifier.groups import groups_marked, named_again, without_marks
from moderation.classifier.hate import TOLD_AS_UNKIND
from moderation.classifier.languages import Found
from moderation.classifier.own_cases import own_cases
from tests.bench.functional.write_cases import read_cases
from tests.moderation.classifier import implied_contempt, later_sentences, spoken_hate
from tests.moderation.classifier.later_sentences import sentences
from tests.moderation.classifier.spoken_hate import lines
from tests.moderation.classifier.uk_names import FIRST_NAMES, LAST_NAMES

HATE = frozenset({"hateful_view", "slur"})


def hateful(text: str) -> bool:
    return any(reason.label in HATE for reason in flag(text, {}))


def test_rules_see_most_of_it_without_any_score() -> None:
    for block in spoken_hate.HATEFUL:
        texts = [text for name, text in lines(spoken_hate.HATEFUL) if name == block]
        assert len(texts) > 30
        assert sum(map(hateful, texts)) >= 0.9 * len(texts), [text for text in texts if not hateful(text)]


def test_they_leave_what_only_looks_so_alone() -> None:
    assert [text for _, text in lines(spoken_hate.HARMLESS) if hateful(text)] == []
    harmless = [case.text for case in own_cases()[::3] if max(case.labels) < 0.2]
    wrong = [text for text in harmless if hateful(text)]
    assert len(harmless) > 3000 and len(wrong) <= 0.002 * len(harmless), wrong


def test_names_are_no_slurs() -> None:
    for name in (
        *FIRST_NAMES,
        *LAST_NAMES,
        "Shital",
        "Nishit",
        "Gaylord",
        "Scunthorpe",
        "Lesbos",
        "Dick Van Dyke",
    ):
        for sentence in (
            "{} came",
            "you know {}",
            "The {} family, all of them",
            "what a lovely {}",
            "for {}",
        ):
            assert not hateful(sentence.format(name)), name


def test_none_of_these_sentences_is_learnt_or_measured_on() -> None:
    texts = {
        text.casefold() for blocks in (spoken_hate.HATEFUL, spoken_hate.HARMLESS) for _, text in lines(blocks)
    }
    for module in (later_sentences, implied_contempt):
        for block in (module.HATEFUL, module.HARMLESS, module.HATEFUL_AFTER, module.HARMLESS_AFTER):
            texts |= {text.casefold() for text in sentences(block)}
    assert not texts & {case.text.casefold() for case in own_cases()}
    assert not texts & {case.text.casefold() for case in read_cases()}


def test_a_rule_only_shows_it_and_never_hides_or_alarms() -> None:
    (reason,) = flag("There were never nits here before the Roma families came", {})
    assert (reason.kind, reason.label) == ("toxicity", "hateful_view")
    assert reason.detail.startswith("reads as contempt for a group of people: “")
    # Below what is urgent; and its label is no threshold's, by which alone a comment is hidden at once.
    assert 0.5 < severity([reason]) < 0.9


@pytest.mark.parametrize(
    ("said", "reported"),
    [
        (
            "Too many Polish kids in this class",
            'Somebody wrote "Too many Polish kids in this class" and it hurt',
        ),
        ("Muslims don't belong here", "Nobody should say that Muslims don't belong here"),
        ("Send the Syrians home", "Please don't send the Syrians home"),
        ("not going with pikeys", "my son was called a pikey"),
        ("Sikhs at the fair. Get rid of them.", "They shouted at the Sikhs at the fair. Get rid of them."),
    ],
)
def test_what_is_quoted_or_told_is_nobodys_view(said: str, reported: str) -> None:
    assert hateful(said) and not hateful(reported)


def test_quotation_marks_around_something_else_hide_nothing() -> None:
    assert hateful('The "summer fair", too many Polish kids in this class')
    assert hateful('He said no. But "honestly" Muslims don\'t belong here')


def test_a_comment_in_another_language_has_no_english_slur() -> None:
    assert not [one for one in flag("ten mong jest polak", {}, unread=Found("pl")) if one.label in HATE]


@pytest.mark.parametrize(
    "hate",
    [
        "An Asian dad complained about the car park. They should be grateful to be here at all.",
        "Three Hungarian families came to the fair. Never trust that lot.",
        "Some children with autism are in Year 3. They should have their own school.",
        "The Kurdish lads were at the gate. Lovely weather. Hide your purses when they come.",
        "There is a Somali boy in goal. He should go back where he came from.",
    ],
)
def test_a_later_sentence_is_read_as_of_the_group_that_was_named(hate: str) -> None:
    _, _, later = hate.partition(". ")
    assert hateful(hate) and not hateful(later)
    (reason,) = [reason for reason in flag(hate, {}) if reason.label in HATE]
    assert " zz" not in reason.detail and "_" not in reason.detail.removeprefix("hateful_view")


@pytest.mark.parametrize(
    "harmless",
    [
        "I love our Polish families. They bring the best cakes.",
        # Who shouted, not who was shouted at; and things that are named for a people.
        "People shouted at the Asian mums. They should be grateful to be here at all.",
        "The Polish shop was burgled. They took everything.",
        # Another group is named between, or too much is.
        "The Sikh parents came. The teachers left. The bus broke down. They should go home now.",
        "The Somali boys beat us 5-1. They destroyed our defence.",
    ],
)
def test_they_may_be_others_or_mean_well(harmless: str) -> None:
    assert not hateful(harmless)


def test_later_sentences_that_only_look_so_are_left_alone() -> None:
    for block in (later_sentences.HARMLESS, later_sentences.HARMLESS_AFTER):
        assert [text for text in sentences(block) if hateful(text)] == []
    seen = [text for text in sentences(later_sentences.HATEFUL) if hateful(text)]
    assert len(seen) >= 38, len(seen)


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("the hungarian mums came", "the hungarian_mums zz came"),
        ("two children with down's syndrome sang", "two children_with_down's_syndrome zz sang"),
        ("wheelchair users meet here", "wheelchair_users zz meet here"),
        ("he is an albanian .", "he is an albanian yy ."),
        ("a traveller boy", "a traveller_boy yy"),
        ("an indian takeaway", "an indian takeaway"),
        ("the deaf are welcome", "the deaf zz are welcome"),
        ("mrs brown and the family", "mrs brown and the family"),
    ],
)
def test_which_words_name_a_group(text: str, marked: str) -> None:
    assert groups_marked(text) == marked
    assert without_marks(marked) == text


def test_they_are_looked_for_at_bounded_cost() -> None:
    plain = groups_marked("the polish mums came . " + "they should go and get them " * 3000)
    assert named_again(plain, TOLD_AS_UNKIND) == plain
    many = groups_marked("the polish mums came . they left . " * 3000)
    assert len(named_again(many, TOLD_AS_UNKIND)) < 2 * len(many)
