"""A series is worded anew in one tab while it is thrown away in another: neither waits for ever (P12)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from approvals import drafts, planning, series, throwing_away
from approvals.models import Draft
from approvals.planning import Rhythm
from school.db import reading, transaction
from school.errors import SchoolgateError
from school.models import Account, Person
from tests.approvals import scenes

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

ROUNDS = 12


def test_wording_a_series_anew_and_throwing_it_away_at_once_both_end(
    session: Session, teacher: Person, x: Account, now: datetime
) -> None:
    failed: list[Exception] = []
    for number in range(ROUNDS):
        old = scenes.content(x, at=now + timedelta(days=2), text=f"Fair {number}")
        first = drafts.save(session, None, old, by=teacher, now=now)
        last: date = (now + timedelta(days=60)).date()
        made = planning.repeat(
            session, first.id, rhythm=Rhythm.WEEKLY, until=last, series=uuid4(), by=teacher, now=now
        )
        new = scenes.content(x, at=now + timedelta(days=2), text=f"Feast {number}", based_on=1)
        assert len(made) > 5
        drafts.save(session, first.id, new, by=teacher, now=now)
        session.commit()
        last_id: UUID = max(one.id for one in made)
        together = threading.Barrier(2)

        def run(work: Callable[[Session, Person], object]) -> threading.Thread:
            def at_once() -> None:
                together.wait(30)  # noqa: B023 - joined before the next round
                try:
                    with transaction() as working:
                        work(working, working.get_one(Person, teacher.id))
                except SchoolgateError:
                    return
                except Exception as error:  # noqa: BLE001 - said in the thread that waits
                    failed.append(error)

            thread = threading.Thread(target=at_once)
            thread.start()
            return thread

        def reword(working: Session, by: Person, first_id: UUID = first.id) -> None:
            series.reword(working, first_id, seen=2, by=by, now=now)

        def throw_away(working: Session, by: Person, one: UUID = last_id) -> None:
            throwing_away.throw_away(working, one, others=True, by=by, now=now)

        for thread in (run(reword), run(throw_away)):
            thread.join(60)
        with reading() as looking:
            gone = [looking.get_one(Draft, one.id).thrown_away_at is not None for one in made]
            assert all(gone)
    assert failed == []
