"""How far a machine's clock is from the database's."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import clocks, db
from school.models import MachineClock

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_clock_that_is_off_is_measured_against_the_database(session: Session) -> None:
    clocks.note(session, "slow", now=db.now() - 2 * HOUR)
    clocks.note(session, "right", now=db.now())
    clocks.note(session, "fast", now=db.now() + timedelta(seconds=90))
    clocks.note(session, "right", now=db.now())
    found = {clock.machine: clock for clock in clocks.lately(session, now=db.now() + HOUR)}
    wrong = {name: clock.wrong for name, clock in found.items()}
    assert wrong == {"slow": True, "right": False, "fast": True}
    assert found["slow"].sentence == "The clock of slow is 2 hours behind the database's."
    assert "ahead of" in found["fast"].sentence
    session.execute(sa.update(MachineClock).values(seen_at=db.now() - timedelta(days=2)))
    clocks.note(session, "right", now=db.now())
    assert session.scalars(sa.select(MachineClock.machine)).all() == ["right"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_file_has_no_clock_of_its_own(session: Session) -> None:
    clocks.note(session, "here", now=db.now() + HOUR)
    assert [clock.ahead for clock in clocks.lately(session, now=db.now() + HOUR)] == [timedelta(0)]
