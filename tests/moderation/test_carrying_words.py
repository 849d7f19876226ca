"""Which words carried a score: asked for on the page, worked out by a worker, marked in the text."""

from __future__ import annotations

from uuid import UUID

import pytest

from moderation import carrying_words
from moderation.classifier.engine import load_engine
from moderation.models import WordsAsked, WordsState
from school.db import reading, transaction
from school.errors import NotFound
from school.models import Person, Role
from tests.moderation.platform import ScriptedPlatform, comment
from tests.moderation.scenes import LEASE, Clock, change_rules, flagged, poll, score

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def ask(entry_id: UUID, by: Person, clock: Clock) -> WordsAsked:
    with transaction() as session:
        return carrying_words.ask(session, entry_id, by=session.get_one(Person, by.id), now=clock())


def take(clock: Clock) -> carrying_words.Question | None:
    with transaction() as session:
        return carrying_words.take(session, lease=LEASE, now=clock())


def keep(question: carrying_words.Question, clock: Clock) -> bool:
    found = carrying_words.answer(load_engine(threads=1), question)
    with transaction() as session:
        return carrying_words.record(session, question, found, now=clock())


def newest(asked: WordsAsked) -> WordsAsked:
    with reading() as session:
        return session.get_one(WordsAsked, asked.id)


def marked(text: str, asked: WordsAsked) -> list[str]:
    cut = carrying_words.pieces(text, newest(asked).places)
    assert "".join(piece.text for piece in cut) == text
    return [piece.text for piece in cut if piece.strength == 2]


def test_the_words_are_found_and_marked(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    text = "Thanks for the sports day 🙈, but Mr Crapper is a stupid idiot and a liar"
    slt = school_people[Role.SLT]
    with transaction() as session:
        change_rules(session, passes=("Mr Crapper",), by=session.get_one(Person, slt.id), now=clock())
    entry_id = flagged(account_id, platform, clock, comment(1, text))[0]
    asked = ask(entry_id, slt, clock)
    # A second person's question is the same one.
    assert ask(entry_id, school_people[Role.DSL], clock).id == asked.id
    question = take(clock)
    assert question is not None and take(clock) is None
    assert keep(question, clock) and not keep(question, clock)
    found = newest(asked)
    assert found.state is WordsState.DONE and found.score > 0.5
    assert "idiot" in marked(text, asked) and "Crapper" not in " ".join(marked(text, asked))
    assert take(clock) is None
    again = ask(entry_id, slt, clock)
    assert (again.id, again.state) == (asked.id, WordsState.WAITING)


@on_sqlite
def test_a_worker_that_died_or_fails_is_not_waited_for(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    asked = ask(flagged(account_id, platform, clock)[0], school_people[Role.SLT], clock)
    lost = take(clock)
    assert lost is not None
    clock.on(minutes=6)
    for _ in range(2):
        question = take(clock)
        assert question is not None
        # What the dead one still brings is not taken.
        assert not keep(lost, clock)
        with transaction() as session:
            carrying_words.fail(session, question, now=clock())
        clock.on(seconds=6)
    assert newest(asked).state is WordsState.FAILED and take(clock) is None


@on_sqlite
def test_an_edited_text_is_another_question(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    entry_id = flagged(account_id, platform, clock)[0]
    first = ask(entry_id, school_people[Role.SLT], clock)
    platform.show(comment(1, "You absolute idiot"))
    poll(account_id, platform, clock)
    score(clock)
    question = take(clock)
    assert question is not None and question.text == "You idiot"
    assert keep(question, clock)
    second = ask(entry_id, school_people[Role.SLT], clock)
    assert second.id != first.id and second.version == 2


@on_sqlite
def test_nobody_asks_about_what_they_may_not_see(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    """P3."""
    entry_id = flagged(account_id, platform, clock)[0]
    with pytest.raises(NotFound):
        ask(entry_id, school_people[Role.CHAIR], clock)


@pytest.mark.parametrize(
    ("places", "found"),
    [
        ([], [("so it is", 0)]),
        ([[3, 5, 0.9]], [("so ", 0), ("it", 2), (" is", 0)]),
        ([[6, 8, 0.2], [0, 2, 0.9]], [("so", 2), (" it ", 0), ("is", 1)]),
        ([[0, 4, 0.5], [3, 5, 0.4], [90, 99, 0.5]], [("so i", 2), ("t is", 0)]),
    ],
)
def test_a_text_is_cut_at_its_marks(places: list[list[float]], found: list[tuple[str, int]]) -> None:
    assert [(one.text, one.strength) for one in carrying_words.pieces("so it is", places)] == found
