"""Scoring again gives way to new comments (P23); files are judged by the same rules. With the real model."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from moderation import rescoring
from moderation.models import Comment, CommentScore, CommentState, LogEntry, RescoreState
from school import db
from school.db import reading, transaction
from school.errors import BadInput
from school.models import Account, Person, Role
from school.settings import settings
from tests.moderation.platform import ScriptedPlatform, comment
from tests.moderation.scenes import URL, Clock, change_rules, poll
from worker import classifier, judging
from worker.cli import execute

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_new_comments_go_first(
    make_account: Callable[..., Account], school_people: dict[Role, Person]
) -> None:
    clock, platform = Clock(), ScriptedPlatform()
    clock.at = db.now()
    account_id = make_account("facebook", identity_id="school").id
    platform.show(comment(1, "The sunflowers are out", created_at=clock()))
    poll(account_id, platform, clock)
    assert judging.score_waiting().clear == 1
    with transaction() as session:
        slt = session.get_one(Person, school_people[Role.SLT].id)
        change_rules(session, words=("sunflowers",), by=slt, now=clock())
        rescoring.ask(session, 30, by=slt, url=URL, now=clock())
    platform.show(comment(2, "Lovely assembly", created_at=clock()))
    poll(account_id, platform, clock)
    assert judging.score_again() == 0
    with reading() as session:
        waiting = rescoring.newest(session)
        assert waiting is not None and (waiting.state, waiting.done) == (RescoreState.RUNNING, 0)
    assert judging.score_waiting().clear == 1
    assert judging.score_again() == 1
    with reading() as session:
        ended = rescoring.newest(session)
        assert ended is not None and (ended.state, ended.done) == (RescoreState.DONE, 1)
        assert session.scalars(sa.select(LogEntry.text)).all() == ["The sunflowers are out"]


def test_what_was_taken_ahead_is_put_back_untried_where_the_classifier_fails(
    make_account: Callable[..., Account], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, platform = Clock(), ScriptedPlatform()
    clock.at = db.now()
    account_id = make_account("facebook", identity_id="school").id
    platform.show(*(comment(n, f"Lovely assembly {n}", created_at=clock()) for n in range(judging.BATCH + 6)))
    poll(account_id, platform, clock)
    with monkeypatch.context() as without:
        without.setenv("SCHOOLGATE_CLASSIFIER_MODEL", str(tmp_path / "nowhere"))
        settings.cache_clear()
        with pytest.raises(BadInput):
            judging.score_waiting()
    settings.cache_clear()
    with reading() as session:
        found = session.execute(
            sa.select(Comment.scoring_attempts, sa.func.count(), sa.func.count(Comment.scoring_until))
            .group_by(Comment.scoring_attempts)
            .order_by(Comment.scoring_attempts)
        ).all()
    # Those that failed wait for another try, each alone; the others were never tried.
    assert [tuple(row) for row in found] == [(0, 6, 0), (1, judging.BATCH, judging.BATCH)]
    assert judging.score_waiting().clear == 6


def test_what_the_classifier_read_beside_a_batch_that_failed_is_kept(
    make_account: Callable[..., Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, platform = Clock(), ScriptedPlatform()
    clock.at = db.now()
    account_id = make_account("facebook", identity_id="school").id
    # Newest first: this one is in the second batch of four, and the third is read beside it.
    texts = [f"Lovely assembly {n}" for n in range(4 * judging.BATCH)]
    texts[3 * judging.BATCH] = "Unreadable"
    made = [comment(n, text, created_at=clock() - timedelta(seconds=900 - n)) for n, text in enumerate(texts)]
    platform.show(*made)
    poll(account_id, platform, clock)
    read: list[int] = []

    def failing(texts: Sequence[str]) -> tuple[list[dict[str, float]], str]:
        if "Unreadable" in texts:
            raise MemoryError("too much")
        read.append(len(texts))
        return [{"toxicity": 0.0} for _ in texts], "fast"

    monkeypatch.setattr(classifier, "score", failing)
    with pytest.raises(MemoryError):
        judging.score_waiting()
    with reading() as session:
        scored = session.scalar(sa.select(sa.func.count()).select_from(CommentScore))
        waiting = session.execute(
            sa.select(Comment.scoring_attempts, sa.func.count())
            .where(Comment.state == CommentState.FETCHED)
            .group_by(Comment.scoring_attempts)
        ).all()
    assert read == [judging.BATCH, judging.BATCH] and scored == 2 * judging.BATCH
    # The failed batch waits for another try; the fourth was taken ahead and is untried.
    assert {tuple(row) for row in waiting} == {(1, judging.BATCH), (0, judging.BATCH)}


def test_what_was_read_after_a_batch_that_could_not_be_written_is_kept(
    make_account: Callable[..., Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, platform = Clock(), ScriptedPlatform()
    clock.at = db.now()
    account_id = make_account("facebook", identity_id="school").id
    count = 2 * judging.BATCH
    platform.show(
        *(comment(n, f"Lovely {n}", created_at=clock() - timedelta(seconds=n)) for n in range(count))
    )
    poll(account_id, platform, clock)
    # The first batch's answer is none for all of it, which is found out as it is written.
    answers = iter([0, judging.BATCH])
    monkeypatch.setattr(classifier, "score", lambda _: ([{"toxicity": 0.0}] * next(answers), "fast"))
    with pytest.raises(ValueError, match="zip"):
        judging.score_waiting()
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(CommentScore)) == judging.BATCH


def test_a_file_is_judged_by_the_schools_own_rules(
    school_people: dict[Role, Person], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    with transaction() as session:
        slt = session.get_one(Person, school_people[Role.SLT].id)
        change_rules(session, words=("cock*",), passes=("Mrs Cock",), by=slt, now=db.now())
    file = tmp_path / "comments.txt"
    file.write_text("Mrs Cock taught my three girls\nThe cockerel on the farm trip\n", encoding="utf-8")
    assert execute(["classify", str(file)]) == 0
    lines = capfdbinary.readouterr().out.decode().splitlines()
    found = [json.loads(line)["flagged"] for line in lines if line.startswith("{")]
    assert found == [False, True]
