"""Which clock decides what is due, where a machine's own is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from school import db, mail
from school.models import Person, Role
from worker import clock
from worker.tasks import running

HOUR = timedelta(hours=1)


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine's clock is an hour ahead."""
    clock._looks.clear()
    monkeypatch.setattr(db, "now", lambda: datetime.now(UTC) + HOUR)
    yield
    clock._looks.clear()
    running._last_beats.clear()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_machine_whose_clock_is_ahead_takes_nobodys_work(
    session: Session, school_people: dict[Role, Person], ahead: None
) -> None:
    true = datetime.now(UTC)
    mail.queue_plain(
        session, to=school_people[Role.SLT], subject="S", lines=["L"], link="https://s.test", purpose="test",
        now=true,
    )  # fmt: skip
    assert mail.claim(session, now=true) is not None, "another worker is sending it"
    session.commit()
    assert clock.now() - true > HOUR, "before it has looked, it believes itself"
    running._last_beats.clear()
    running.alive("mail")
    assert abs(clock.now() - true) < HOUR / 2
    assert mail.claim(session, now=clock.now()) is None
    assert mail.claim(session, now=db.now()) is not None


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_with_a_file_the_machines_own_clock_counts(session: Session, ahead: None) -> None:
    clock.set_by(session)
    assert clock.now() > datetime.now(UTC) + HOUR / 2
