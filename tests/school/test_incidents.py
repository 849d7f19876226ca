"""What stays wrong is told to the right people once, and once more when it is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import db, incidents
from school.incidents import Trouble
from school.models import OutboxEmail, Person, Role

NOW = db.now()
MINUTE = timedelta(minutes=1)
URL = "https://schoolgate.test"
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def _trouble(key: str = "classifier", *, since: int = 0, by_mail: bool = True) -> Trouble:
    return Trouble(
        key=key,
        sentence="Comments wait for the classifier.",
        advice="Start it again.",
        since=NOW + since * MINUTE,
        tell=frozenset({Role.HEADTEACHER, Role.NETWORK_MANAGER}),
        patience=15 * MINUTE,
        by_mail=by_mail,
    )


def _look(session: Session, minute: int, *found: Trouble) -> None:
    incidents.note(session, found, url=URL, now=NOW + minute * MINUTE)
    session.commit()


def _subjects(session: Session) -> list[tuple[str, str]]:
    rows = session.scalars(
        sa.select(OutboxEmail).where(OutboxEmail.purpose == "incident").order_by(OutboxEmail.id)
    )
    return [(row.to_address, row.subject) for row in rows]


def test_it_is_told_once_however_long_it_lasts_and_once_when_it_is_over(
    session: Session, school_people: dict[Role, Person]
) -> None:
    for minute in range(15):
        _look(session, minute, _trouble())
    assert _subjects(session) == [], "what passes by itself is not worth an e-mail"
    for minute in range(15, 300):
        _look(session, minute, _trouble())
    begun = [("head@larkfield.test", "Needs attention: Comments wait for the classifier."),
             ("network@larkfield.test", "Needs attention: Comments wait for the classifier.")]  # fmt: skip
    assert sorted(_subjects(session)) == begun
    [running] = incidents.open_now(session)
    assert running.began_at == NOW
    for minute in range(300, 320):
        _look(session, minute)
    assert incidents.open_now(session) == []
    ended = [(to, subject.replace("Needs attention", "Over")) for to, subject in begun]
    assert sorted(_subjects(session)) == sorted(begun + ended)
    [over] = incidents.lately_over(session, since=NOW)
    assert over.over_at == NOW + 299 * MINUTE


def test_what_comes_and_goes_is_one_incident(session: Session, school_people: dict[Role, Person]) -> None:
    for minute in range(20, 120):
        _look(session, minute, *([_trouble()] if minute % 3 else []))
    assert len(_subjects(session)) == 2


def test_two_things_are_two_incidents_and_one_that_mail_cant_carry_is_only_shown(
    session: Session, school_people: dict[Role, Person]
) -> None:
    _look(session, 20, _trouble("a"), _trouble("b"), _trouble("mail", by_mail=False))
    assert len(_subjects(session)) == 4
    assert {incident.key for incident in incidents.open_now(session)} == {"a", "b", "mail"}
    _look(session, 30)
    assert len(_subjects(session)) == 8, "nobody is told of an end whose beginning they weren't told of"
