"""A clock that is set back: looks go on at once, and what waits does not wait longer for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from celery import Celery
from sqlalchemy.orm import Session

from school import heartbeats
from school.db import Base, now
from school.models import Account, OutboxEmail, Person, Role
from tests.faults.servers import Redis
from tests.worker.conftest import wait_for
from worker.steady import ASKED_EVERY, LEADER, MOST_WAITING, WAITS, SteadyScheduler, shorten_waits

HOUR = timedelta(hours=1)


class Stepped(SteadyScheduler):
    """One whose clock the test sets."""

    ahead = 0.0

    def wall(self) -> float:
        return super().wall() + self.ahead


@pytest.fixture
def scheduler(database: str) -> Stepped:
    app = Celery("clock", broker="memory://", set_as_current=False)
    app.conf.beat_schedule = {"look": {"task": "look", "schedule": 0.1}}
    made = Stepped(app, max_interval=0.1)
    made.ahead = 0.0
    return made


def looks(scheduler: Stepped, *, seconds: float, enough: int) -> int:
    """How many looks were sent, of so many, within the seconds."""
    first, until = scheduler.schedule["look"].total_run_count, time.monotonic() + seconds
    while (sent := scheduler.schedule["look"].total_run_count - first) < enough and time.monotonic() < until:
        time.sleep(max(0.0, min(scheduler.tick(), 0.1)))
    return int(sent)


def test_looks_that_nobody_takes_do_not_pile_up(scheduler: Stepped) -> None:
    assert looks(scheduler, seconds=30, enough=MOST_WAITING + 5) == MOST_WAITING + 5
    with scheduler.app.connection_for_read() as connection:
        name = scheduler.app.amqp.router.route({}, "look")["queue"].name
        queue = connection.SimpleQueue(name)
        assert queue.qsize() == MOST_WAITING
        message = queue.get(timeout=5)
        # A worker whose clock is another than the scheduler's takes it all the same.
        assert message.headers["expires"] is None
        message.ack()
        queue.close()
    # Soon after one is taken, another is sent.
    looks(scheduler, seconds=30, enough=int(ASKED_EVERY / 0.1) + 3)
    with scheduler.app.connection_for_read() as connection:
        assert connection.SimpleQueue(name).qsize() == MOST_WAITING


def test_looks_are_sent_again_once_the_broker_is_back(database: str, tmp_path: Path) -> None:
    broker = Redis(tmp_path)
    try:
        app = Celery("away", broker=broker.url, set_as_current=False)
        app.conf.beat_schedule = {"look": {"task": "look", "schedule": 0.1}}
        made = Stepped(app, max_interval=0.1)
        made.ahead = 0.0
        assert looks(made, seconds=30, enough=2) == 2
        broker.stop()
        looks(made, seconds=1, enough=1)
        broker.start()

        def sent() -> bool | None:
            looks(made, seconds=5, enough=1)
            return redis.Redis.from_url(broker.url).llen("celery") >= 3 or None

        assert wait_for(sent, 60)
    finally:
        broker.stop()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_two_schedulers_send_each_look_once_and_one_goes_on_alone(database: str, tmp_path: Path) -> None:
    broker = Redis(tmp_path)
    try:
        app = Celery("two", broker=broker.url, set_as_current=False)
        app.conf.beat_schedule = {"look": {"task": "look", "schedule": 0.2}}
        one, other = (Stepped(app, max_interval=0.1) for _ in range(2))
        until = time.monotonic() + 2
        while time.monotonic() < until:
            time.sleep(max(0.0, min(one.tick(), other.tick(), 0.05)))
        queue = redis.Redis.from_url(broker.url)
        # Ten of twenty; on a busy machine fewer, since both are late.
        sent, due = (
            int(queue.llen("celery")),
            sum(each.schedule["look"].total_run_count for each in (one, other)),
        )
        assert 1 <= sent <= 12 and sent < due
        assert wait_for(lambda: (other.tick(), int(queue.llen("celery")) > sent + 1)[1] or None, 30)
        # What Redis remembers when its clock is set back an hour, it would remember an hour longer.
        queue.set(LEADER, "one that has died", px=int(HOUR.total_seconds() * 1000))
        sent = int(queue.llen("celery"))
        assert wait_for(lambda: (other.tick(), int(queue.llen("celery")) > sent + 1)[1] or None, 30)
    finally:
        broker.stop()


def set_back(scheduler: Stepped, by: timedelta) -> None:
    """What everything that was noted looks like, once the clock is set back."""
    scheduler.ahead -= by.total_seconds()
    for entry in scheduler.schedule.values():
        entry.last_run_at += by
    scheduler._heap = [event._replace(time=event.time + by.total_seconds()) for event in scheduler._heap]


def test_looks_go_on_where_the_clock_is_set_back_an_hour(
    scheduler: Stepped, session: Session, make_account: Callable[..., Account]
) -> None:
    account = make_account()
    account.next_poll_at = now() + HOUR + timedelta(minutes=3)
    session.commit()
    assert looks(scheduler, seconds=30, enough=2) == 2
    set_back(scheduler, HOUR)
    assert looks(scheduler, seconds=30, enough=2) == 2
    session.refresh(account)
    assert account.next_poll_at is not None
    assert timedelta(0) < account.next_poll_at - now() <= timedelta(minutes=3)
    before = account.next_poll_at
    looks(scheduler, seconds=5, enough=2)
    session.refresh(account)
    assert account.next_poll_at == before


def test_a_clock_set_back_while_nothing_ran_is_noticed_at_the_start(
    scheduler: Stepped, session: Session, make_account: Callable[..., Account]
) -> None:
    account = make_account()
    account.next_poll_at = now() + HOUR + timedelta(minutes=3)
    heartbeats.beat(session, "poll", now=now() + HOUR)
    session.commit()
    scheduler.tick()
    session.refresh(account)
    assert account.next_poll_at is not None and account.next_poll_at - now() <= timedelta(minutes=3)


def test_every_time_that_something_waits_for_is_known() -> None:
    waits = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name in ("next_try_at", "next_poll_at")
    }
    known = {f"{column.class_.__tablename__}.{column.key}" for column in WAITS}
    assert waits - known == {"publications.next_try_at"}, "before the first try it is the planned time"


def test_only_what_waits_for_another_try_is_shortened(
    session: Session, school_people: dict[Role, Person], make_account: Callable[..., Account]
) -> None:
    soon, account = now() + timedelta(minutes=90), make_account()
    account.next_poll_at, account.poll_lease_until = now() - HOUR, soon
    head = school_people[Role.HEADTEACHER]
    mails = [
        OutboxEmail(
            to_id=head.id, to_address=head.email, subject=name, purpose="clock", message_id=f"<{name}@clock>",
            raw=b"", created_at=now(), next_try_at=when,
        )
        for name, when in (("waits", soon), ("due", now() - HOUR))
    ]  # fmt: skip
    session.add_all(mails)
    session.commit()
    due = mails[1].next_try_at
    assert shorten_waits(session, HOUR, now=now()) == 1
    session.commit()
    for row in (*mails, account):
        session.refresh(row)
    assert mails[0].next_try_at == soon - HOUR and mails[1].next_try_at == due
    assert account.poll_lease_until == soon and account.next_poll_at < now()
