"""A try to connect an account is a row: one worker a step, and what a lost one says counts no more (P11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.orm import Session

from school import app_keys, connecting, db
from school.app_keys import App, Family
from school.connecting import Work
from school.models import Account, AccountConnection, ConnectionState, Person, Role

NOW = db.now()
LEASE = timedelta(minutes=1)
People = dict[Role, Person]


def asked(session: Session, school_people: People, account: Account) -> AccountConnection:
    head = school_people[Role.HEADTEACHER]
    app_keys.keep(session, Family.X, App("key", "secret-of-the-app"), by=head, now=NOW)
    made = connecting.start(session, platform="x", account=account, browser="b", by=head, now=NOW)
    session.commit()
    return made


def taken(session: Session, made: AccountConnection, after: timedelta = timedelta()) -> Work | None:
    work = connecting.claim(session, made.id, lease=LEASE, now=NOW + after)
    session.commit()
    return work


def test_one_worker_does_a_step_and_one_that_was_lost_records_nothing(
    session: Session, school_people: People, make_account: Callable[..., Account]
) -> None:
    made = asked(session, school_people, make_account("x"))
    lost = taken(session, made)
    assert lost is not None and lost.app.secret == "secret-of-the-app"
    assert "secret-of-the-app" not in repr(lost)
    assert taken(session, made) is None, "another has it"
    assert connecting.due(session, now=NOW) == []
    second = taken(session, made, 2 * LEASE)
    assert second is not None
    connecting.fail(session, lost, "Too late.", now=NOW)
    connecting.ready(session, second, address="https://x.test/a", token="t", values={}, now=NOW)
    session.commit()
    assert made.state is ConnectionState.READY and made.problem is None
    connecting.fail(session, second, "Twice.", now=NOW)
    assert made.state is ConnectionState.READY
    head = school_people[Role.HEADTEACHER]
    assert connecting.address(session, made, by=head, browser="b") == "https://x.test/a"
    assert connecting.address(session, made, by=head, browser="other") == ""


def test_what_could_not_be_asked_is_asked_again_until_the_time_is_over(
    session: Session, school_people: People, make_account: Callable[..., Account]
) -> None:
    made = asked(session, school_people, make_account("x"))
    work = taken(session, made)
    assert work is not None
    connecting.later(session, work, "X can't be reached just now.", now=NOW)
    session.commit()
    assert connecting.due(session, now=NOW) == []
    assert connecting.due(session, now=NOW + timedelta(seconds=6)) == [made.id]
    late = NOW + timedelta(minutes=16)
    assert taken(session, made, timedelta(minutes=16)) is None
    assert connecting.too_old(session, now=late) == [made.id]
    connecting.expire(session, made.id, now=late)
    assert made.state is ConnectionState.FAILED
    assert made.problem is not None and "X can't be reached just now." in made.problem
