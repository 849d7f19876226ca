"""Versions of thresholds and words, and words to let pass."""

from __future__ import annotations

import threading
from uuid import UUID

import pytest
import sqlalchemy as sa

from moderation import letting_pass, thresholds
from moderation.classifier.flags import DEFAULT_THRESHOLDS
from moderation.models import Comment, CommentState, FlaggingRules, LogEntry
from moderation.thresholds import Rules
from school.db import reading, transaction
from school.errors import MoveNotAllowed
from school.models import Person, Role
from tests.moderation.platform import ScriptedPlatform, comment
from tests.moderation.scenes import URL, Clock, change_rules, poll, score

PASSES = ("Mrs Cock", "01234 567890", "numpt*")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Thank you mrs  cock!", "Thank you …!"),
        ("Cock", "Cock"),
        ("Mrs Cockburn", "Mrs Cockburn"),
        ("Ring 01234 567890 now, numpties", "Ring … now, …"),
        ("", ""),
    ],
)
def test_words_to_let_pass_are_left_out(text: str, left: str) -> None:
    assert letting_pass.without(text, PASSES) == left
    assert letting_pass.holds(text, PASSES) is (left != text)
    assert letting_pass.without(text, ()) == text


def test_a_place_is_found_again_in_the_text_as_written() -> None:
    text = "numpty Mrs Cock is an idiot, numpty"
    read = letting_pass.without(text, PASSES)
    at = read.index("idiot")
    start, end = letting_pass.places(text, PASSES, at, at + 5)
    assert text[start:end] == "idiot"
    start, end = letting_pass.places(text, PASSES, 0, 1)
    assert text[start:end] == "numpty"
    assert letting_pass.places("idiot", (), 0, 5) == (0, 5)


def test_a_threat_is_found_whatever_is_let_pass() -> None:
    rules = Rules(1, DEFAULT_THRESHOLDS, ("cock*",), ("Ann Baker",), ("Cock", "Ann Baker", "kill"))
    found = rules.reasons("I will kill you, Cock", {})
    assert [reason.kind for reason in found] == ["threat"] and "kill you" in found[0].detail
    # Neither the school's own word nor the register's name counts where it is let pass.
    assert rules.reasons("Ann Baker and Cock were lovely", {}) == []
    assert [r.kind for r in rules.reasons("cocky Ann Baker", {})] == ["word"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_classifier_does_not_read_what_is_let_pass(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    with transaction() as session:
        slt = session.get_one(Person, school_people[Role.SLT].id)
        change_rules(session, passes=("Mr Idiot",), by=slt, now=clock())
    platform.show(comment(1, "Mr Idiot is a good teacher"), comment(2, "What an idiot"))
    poll(account_id, platform, clock)
    score(clock)
    with reading() as session:
        states = {one.platform_id: one.state for one in session.scalars(sa.select(Comment))}
        assert states == {"c-1": CommentState.CLEAR, "c-2": CommentState.FLAGGED}
        assert session.scalars(sa.select(LogEntry.text)).all() == ["What an idiot"]


def test_one_of_many_who_save_at_once_wins(
    database: str, clock: Clock, school_people: dict[Role, Person]
) -> None:
    start, ended = threading.Barrier(4), []

    def work(word: str) -> None:
        start.wait()
        try:
            with transaction() as session:
                slt = session.get_one(Person, school_people[Role.SLT].id)
                thresholds.save(
                    session,
                    thresholds.Proposal(DEFAULT_THRESHOLDS, (word,), ()),
                    based_on=1,
                    by=slt,
                    reason="At once",
                    url=URL,
                    now=clock(),
                )
            ended.append(word)
        except MoveNotAllowed:
            ended.append("")

    threads = [threading.Thread(target=work, args=(f"word{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading() as session:
        rows = thresholds.history(session)
    assert [row.version for row in rows] == [2, 1]
    assert sorted(ended)[:3] == ["", "", ""] and rows[0].words == [max(ended)]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_new_release_brings_its_thresholds_unless_people_chose_theirs(
    clock: Clock, school_people: dict[Role, Person]
) -> None:
    with transaction() as session:
        session.add(
            FlaggingRules(
                version=1, thresholds={"toxicity": 0.9}, words=[], passes=[], made_at=clock(), reason="Old"
            )
        )
    with transaction() as session:
        assert thresholds.current(session).thresholds == DEFAULT_THRESHOLDS
        assert thresholds.ensure_first(session, now=clock()).version == 2
        slt = session.get_one(Person, school_people[Role.SLT].id)
        change_rules(session, thresholds={"toxicity": 0.8}, by=slt, now=clock())
    with reading() as session:
        assert thresholds.current(session).thresholds == {"toxicity": 0.8}
