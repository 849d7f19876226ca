"""Letting somebody in again takes two people, never the person themself, and leaves the trail full of it."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import mail, people, recovery, restored, second_factor, sign_ins
from school.db import now, transaction
from school.errors import BadInput, LinkExpired, MoveNotAllowed, NotFound, NotPermitted
from school.models import AuditEntry, OutboxEmail, Person, Recovery, Role
from tests.school.test_second_factor import enrolled

ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
NEW = {"password": "seven rainy harvest moons", "pin": "7391"}


def asked(session: Session, person: Person, by: Person, moment: datetime) -> Recovery:
    made = recovery.ask(session, person, by=by, reason="has lost the phone", now=moment)
    session.commit()
    return made


def link_mailed(session: Session, person: Person) -> str:
    """The token in the one mail that holds it; nobody else got it."""
    found = session.scalars(sa.select(OutboxEmail).order_by(OutboxEmail.created_at)).all()
    holding = [row for row in found if b"/recover/" in row.raw]
    assert {row.to_id for row in holding} == {person.id}
    token = re.search(rb"/recover/([\w-]+)", mail.whole(holding[-1]).replace(b"=\r\n", b""))
    assert token and token[1] not in holding[-1].raw.replace(b"=\r\n", b""), "the link is kept sealed alone"
    return token[1].decode()


@ONE_DATABASE
def test_two_people_let_a_third_in_again_once(session: Session, school_people: dict[Role, Person]) -> None:
    slt, manager, head = (school_people[role] for role in (Role.SLT, Role.NETWORK_MANAGER, Role.HEADTEACHER))
    person, moment = school_people[Role.DSL], now()
    enrolled(session, person)
    cookie = sign_ins.begin(
        session, person, how="password", second_factor=True, waits=False, browser="Firefox", now=moment
    ), person.fs_uniquifier
    device = sign_ins.remember_device(session, "their browser", person, now=moment)
    made = asked(session, person, slt, moment)
    with pytest.raises(MoveNotAllowed, match="already"):
        asked(session, person, head, moment)
    with pytest.raises(NotPermitted, match="somebody else"):
        recovery.confirm(session, made.id, by=slt, now=moment)
    for nobody in (person, school_people[Role.STAFF], school_people[Role.CHAIR], school_people[Role.DPO]):
        with pytest.raises(NotPermitted):
            recovery.confirm(session, made.id, by=nobody, now=moment)
    recovery.confirm(session, made.id, by=manager, now=moment)
    session.commit()
    token = link_mailed(session, person)
    assert sign_ins.find(session, *cookie, now=moment), "until the link is used, all stays as it was"
    with pytest.raises(LinkExpired):
        recovery.use(session, token, **NEW, now=moment + recovery.LINK_LIFETIME)
    with pytest.raises(BadInput):
        recovery.use(session, token, password="short", pin="7391", now=moment)
    session.rollback()
    recovery.use(session, token, **NEW, now=moment)
    session.commit()
    assert not second_factor.set_up_by(session, person.id)
    assert not sign_ins.find(session, *cookie, now=moment)
    assert sign_ins.known_device(session, "their browser", person.id, now=moment) is None and device
    with pytest.raises(LinkExpired):
        recovery.use(session, token, **NEW, now=moment)
    said = [entry.action for entry in session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq))]
    assert [one for one in said if one.startswith("recovery")] == [
        "recovery_codes_made", "recovery_asked", "recovery_confirmed", "recovery_used",
    ]  # fmt: skip
    about = sa.select(OutboxEmail.to_id).where(OutboxEmail.purpose == "recovery")
    to_confirm = OutboxEmail.subject.startswith("Please confirm")
    # Who may confirm is asked to, once: not who asked, nor the chair, who vouches for the head alone.
    assert set(session.scalars(about.where(to_confirm))) == {head.id, manager.id}
    told = session.scalars(about.where(~to_confirm)).all()
    assert sorted(map(str, told)) == sorted(map(str, [person.id, head.id]))


def test_the_same_person_in_two_browsers_at_once_does_not_count_as_two(
    session: Session, school_people: dict[Role, Person]
) -> None:
    """And two who confirm at once make one link."""
    person, slt, moment = school_people[Role.STAFF], school_people[Role.SLT], now()
    made = asked(session, person, slt, moment)

    def confirm(by: Person) -> str:
        try:
            with transaction() as own:
                recovery.confirm(own, made.id, by=own.get_one(Person, by.id), now=moment)
        except (NotPermitted, MoveNotAllowed) as error:
            return type(error).__name__
        return "confirmed"

    with ThreadPoolExecutor(4) as pool:
        others = [school_people[Role.HEADTEACHER], school_people[Role.NETWORK_MANAGER]]
        assert sorted(pool.map(confirm, [slt, slt])) == ["NotPermitted", "NotPermitted"]
        assert sorted(pool.map(confirm, others)) == ["MoveNotAllowed", "confirmed"]
    links = session.scalars(sa.select(OutboxEmail.id).where(OutboxEmail.purpose == "recovery_link"))
    assert len(links.all()) == 1


@ONE_DATABASE
def test_the_headteacher_is_let_in_by_two_of_the_others(
    session: Session, school_people: dict[Role, Person]
) -> None:
    head, chair, slt, moment = *(school_people[r] for r in (Role.HEADTEACHER, Role.CHAIR, Role.SLT)), now()
    with pytest.raises(NotPermitted, match="themself"):
        recovery.ask(session, head, by=head, reason="forgot it", now=moment)
    with pytest.raises(NotPermitted):
        recovery.ask(session, school_people[Role.STAFF], by=chair, reason="forgot it", now=moment)
    made = asked(session, head, chair, moment)
    with pytest.raises(LinkExpired):
        recovery.confirm(session, made.id, by=slt, now=moment + recovery.ASKED_FOR)
    assert chair.id in {one.id for one in recovery.may_confirm(session, head, but=slt)}
    # Who asked must still be one who may, when the second confirms.
    people.withdraw_role(session, chair, Role.CHAIR, by=head, reason="term of office over", now=moment)
    session.commit()
    with pytest.raises(MoveNotAllowed, match="ask for it again"):
        recovery.confirm(session, made.id, by=slt, now=moment)
    session.rollback()
    # The person concerned can stop it; nobody outside learns that it is there.
    with pytest.raises(NotFound):
        recovery.stop(session, made.id, by=school_people[Role.STAFF], now=moment)
    recovery.stop(session, made.id, by=head, now=moment)
    with pytest.raises(MoveNotAllowed):
        recovery.confirm(session, made.id, by=slt, now=moment)


@ONE_DATABASE
def test_the_command_is_the_last_resort_and_ends_what_was_asked(
    session: Session, school_people: dict[Role, Person]
) -> None:
    person, slt, manager = (school_people[role] for role in (Role.DPO, Role.SLT, Role.NETWORK_MANAGER))
    moment = now()
    early = recovery.by_server(session, person, reason="before a backup was restored", now=moment)
    restored.settle(session, made_at=moment, digest="", sentences=(), now=moment)
    session.expire_all()
    with pytest.raises(LinkExpired):
        recovery.look(session, early, now=moment)
    made = asked(session, person, slt, moment)
    recovery.confirm(session, made.id, by=manager, now=moment)
    session.commit()
    former = link_mailed(session, person)
    token = recovery.by_server(session, person, reason="nobody else is left", now=moment)
    with pytest.raises(LinkExpired):
        recovery.look(session, former, now=moment)
    assert recovery.look(session, token, now=moment).id == person.id
    people.set_active(session, person, False, by=None, reason="has left", now=moment)
    with pytest.raises(LinkExpired):
        recovery.use(session, token, **NEW, now=moment)
    with pytest.raises(MoveNotAllowed):
        recovery.by_server(session, person, reason="again", now=moment)
    newcomer, _link = people.add(
        session, name="New", email="new@larkfield.test", roles=(), by=None, reason="new", now=moment
    )
    with pytest.raises(MoveNotAllowed, match="sign-up link"):
        recovery.by_server(session, newcomer, reason="lost the link", now=moment)

