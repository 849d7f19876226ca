"""Scoring again gives way to new comments (P23); the classifier is the one that ships."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from moderation import rescoring
from moderation.models import LogEntry, RescoreState
from school import db
from school.db import reading, transaction
from school.models import Account, Person, Role
from tests.moderation.platform import ScriptedPlatform, comment
from tests.moderation.scenes import URL, Clock, change_rules, poll
from worker import rounds

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_new_comments_go_first(
    make_account: Callable[..., Account], school_people: dict[Role, Person]
) -> None:
    clock, platform = Clock(), ScriptedPlatform()
    clock.at = db.now()
    account_id = make_account("facebook", identity_id="school").id
    platform.show(comment(1, "The sunflowers are out", created_at=clock()))
    poll(account_id, platform, clock)
    assert rounds.score_waiting().clear == 1
    with transaction() as session:
        slt = session.get_one(Person, school_people[Role.SLT].id)
        change_rules(session, words=("sunflowers",), by=slt, now=clock())
        rescoring.ask(session, 30, by=slt, url=URL, now=clock())
    platform.show(comment(2, "Lovely assembly", created_at=clock()))
    poll(account_id, platform, clock)
    assert rounds.score_again() == 0
    with reading() as session:
        waiting = rescoring.newest(session)
        assert waiting is not None and (waiting.state, waiting.done) == (RescoreState.RUNNING, 0)
    assert rounds.score_waiting().clear == 1
    assert rounds.score_again() == 1
    with reading() as session:
        ended = rescoring.newest(session)
        assert ended is not None and (ended.state, ended.done) == (RescoreState.DONE, 1)
        assert session.scalars(sa.select(LogEntry.text)).all() == ["The sunflowers are out"]
