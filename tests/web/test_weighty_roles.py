"""What gives or takes much needs the headteacher's PIN and a second look; those concerned are told (P1)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import pins, roles
from school.db import now, reading, transaction
from school.models import AuditEntry, OutboxEmail, Person, Role
from school.people import add, find, get, grant_role, holders, set_active
from school.permissions import ALLOWED, SIGNED_ROLES, Action
from school.setup import PRACTICE_PIN
from tests.web.conftest import Browser
from web import abilities

WEIGHTY = sorted(SIGNED_ROLES)


def roles_of(person: Person) -> set[Role]:
    with reading() as session:
        return roles.in_force(get(session, person.id))


def told(purpose: str = "role_changed") -> list[tuple[str, str]]:
    """To whom something was mailed, and its subject."""
    with reading() as session:
        query = sa.select(OutboxEmail.to_address, OutboxEmail.subject).where(OutboxEmail.purpose == purpose)
        return [(to, subject) for to, subject in session.execute(query)]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("role", WEIGHTY)
def test_p1_an_open_session_alone_gives_no_weighty_role(
    role: Role, head: Browser, school_people: dict[Role, Person]
) -> None:
    """The first form only shows what would be; a wrong PIN changes nothing and counts."""
    person = school_people[Role.MODERATOR]
    page, fields = f"/people/{person.id}", {"role": role, "role_reason": "Sits at an open browser"}
    looked = head.post(f"{page}/roles", page, **fields)
    assert looked.status_code == 200 and roles_of(person) == {Role.MODERATOR}
    assert abilities.of_role(role)[0] in looked.text, "it isn't said what the role lets somebody do"
    assert 'name="role_reason" value="Sits at an open browser"' in looked.text
    for pin in ("", "0000", "9999"):
        refused = head.post(f"{page}/roles", page, **fields, looked="yes", pin=pin)
        assert refused.status_code == 400 and 'id="pin-error"' in refused.text
    assert roles_of(person) == {Role.MODERATOR} and told() == []
    given = head.post(f"{page}/roles", page, **fields, looked="yes", pin=PRACTICE_PIN)
    assert given.status_code == 302 and roles_of(person) == {Role.MODERATOR, role}
    assert school_people[Role.HEADTEACHER].email in dict(told())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_guesses_lock_the_pin(head: Browser, school_people: dict[Role, Person]) -> None:
    person = school_people[Role.MODERATOR]
    page, fields = f"/people/{person.id}", {"role": "slt", "role_reason": "Guessing", "looked": "yes"}
    for _ in range(pins.TRIES):
        answer = head.post(f"{page}/roles", page, **fields, pin="9999")
    # Whoever signs here is signed in already.
    assert "the PIN is locked. Try again at" in answer.text and "sign in instead" not in answer.text
    assert head.post(f"{page}/roles", page, **fields, pin=PRACTICE_PIN).status_code == 400
    assert roles_of(person) == {Role.MODERATOR}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_second_headteacher_is_warned_of_and_all_hear_of_it(
    head: Browser, school_people: dict[Role, Person]
) -> None:
    """P1: nothing is handed over by it; the headteacher, the chair and the person are told."""
    person, heads = school_people[Role.NETWORK_MANAGER], school_people[Role.HEADTEACHER]
    page, fields = f"/people/{person.id}", {"role": "headteacher", "role_reason": "Shares the post"}
    looked = head.post(f"{page}/roles", page, **fields)
    assert f"{heads.name} is headteacher already" in looked.text
    assert head.post(f"{page}/roles", page, **fields, looked="yes", pin=PRACTICE_PIN).status_code == 302
    with reading() as session:
        assert {one.id for one in holders(session, Role.HEADTEACHER)} == {person.id, heads.id}
    assert {to for to, _subject in told()} == {person.email, heads.email, school_people[Role.CHAIR].email}
    page = f"/people/{heads.id}"
    fields = {"role": "headteacher", "reason": "Handed over"}
    looked = head.post(f"{page}/roles/withdraw", page, **fields)
    assert looked.status_code == 200 and "may no longer" in looked.text
    assert Role.HEADTEACHER in roles_of(heads)
    done = head.post(f"{page}/roles/withdraw", page, **fields, looked="yes", pin=PRACTICE_PIN)
    assert done.status_code == 302 and Role.HEADTEACHER not in roles_of(heads)
    assert [to for to, _subject in told()].count(heads.email) == 2


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_p1_no_way_round_gives_a_weighty_role_without_the_pin(
    head: Browser, school_people: dict[Role, Person]
) -> None:
    """Somebody new, a link to sign up with, letting in again, another address: all four ask the same."""
    new = {"name": "Mal Ory", "email": "mal@larkfield.test", "roles": ["moderator", "dsl"], "reason": "x"}
    assert head.post("/people", "/people", **new).status_code == 200
    assert head.post("/people", "/people", **new, looked="yes", pin="9999").status_code == 400
    with transaction() as session:
        assert find(session, "mal@larkfield.test") is None
        by = get(session, school_people[Role.HEADTEACHER].id)
        waits, _token = add(
            session, name="Wai Ting", email="w@larkfield.test", roles=[Role.SLT], by=by, reason="r", now=now()
        )
        out = get(session, school_people[Role.DPO].id)
        set_active(session, out, False, by=by, reason="r", now=now())
    with reading() as session:
        before = session.scalar(sa.select(sa.func.count()).where(AuditEntry.action != "pin_locked"))
    for path, whom, fields in (
        ("link", waits, {}),
        ("active", out, {"active": "yes", "reason": "Back"}),
        ("address", waits, {"email": "mine@larkfield.test", "address_reason": "x"}),
    ):
        page = f"/people/{whom.id}"
        assert head.post(f"{page}/{path}", page, **fields).status_code == 200
        wrong = head.post(f"{page}/{path}", page, **fields, looked="yes", pin="9999")
        assert wrong.status_code == 400 and 'id="pin-error"' in wrong.text
    with reading() as session:
        after = session.scalar(sa.select(sa.func.count()).where(AuditEntry.action != "pin_locked"))
        assert after == before and not get(session, out.id).active
        assert get(session, waits.id).email == "w@larkfield.test"
    page = f"/people/{waits.id}"
    right = {"looked": "yes", "pin": PRACTICE_PIN}
    assert head.post(f"{page}/link", page, **right).status_code == 302
    assert head.post("/people", "/people", **new, **right).status_code == 302


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_second_look_says_first_what_is_wrong_and_a_light_role_needs_none(
    head: Browser, school_people: dict[Role, Person]
) -> None:
    person = school_people[Role.STAFF]
    page = f"/people/{person.id}"
    refused = head.post(f"{page}/roles", page, role="slt", role_reason=" ")
    assert refused.status_code == 400 and 'id="role_reason-error"' in refused.text
    again = f"/people/{school_people[Role.SLT].id}"
    refused = head.post(f"{again}/roles", again, role="slt", role_reason="Twice")
    assert refused.status_code == 400 and "has the role already" in refused.text
    assert head.post(f"{page}/roles", page, role="moderator", role_reason="Helps").status_code == 302
    assert dict(told()) == {person.email: f"{person.name}: a role at Schoolgate was changed"}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_p3_who_the_chair_is_changes_before_the_dpos_eyes(
    head: Browser, school_people: dict[Role, Person]
) -> None:
    """Concerns about the headteacher go to the chair, whom the headteacher names and may shut out."""
    chair, officer = school_people[Role.CHAIR], school_people[Role.DPO]
    right = {"looked": "yes", "pin": PRACTICE_PIN}
    page = f"/people/{chair.id}"
    sent = head.post(f"{page}/active", page, active="no", reason="Asks too much", **right)
    assert sent.status_code == 302 and chair.email not in dict(told())
    assert dict(told())[officer.email] == f"{chair.name}: a role at Schoolgate was changed"
    page = f"/people/{school_people[Role.STAFF].id}"
    given = head.post(f"{page}/roles", page, role="chair", role_reason="Is asked now", **right)
    assert given.status_code == 302 and [to for to, _subject in told()].count(officer.email) == 2


def test_every_action_of_the_table_is_said_in_plain_words() -> None:
    assert set(abilities.WORDS) == set(Action)
    for role in Role:
        said = abilities.of_role(role)
        assert said and len(said) == len(set(said)), role
        for action, may in ALLOWED.items():
            words = abilities.said_of(role, action)
            assert role not in may or words in {*said, *abilities.of_role(Role.STAFF)}
    # P12: the chair decides on the headteacher's posts, and on others' as a deputy alone.
    chair = abilities.of_role(Role.CHAIR)
    assert abilities.WORDS[Action.APPROVE_DRAFTS] not in chair
    assert any(one.startswith("decide whether the headteacher’s own posts") for one in chair)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_my_account_lists_what_i_may_do(
    signed_in: Callable[[Role], Browser], school_people: dict[Role, Person]
) -> None:
    dpo = signed_in(Role.DPO).get("/me").text
    assert re.search(r'<section[^>]* id="may"', dpo)
    for one in abilities.of_role(Role.DPO):
        assert one in dpo
    assert "stop all publishing" not in dpo and "stop all publishing" in signed_in(Role.SLT).get("/me").text


def test_a_role_given_at_the_server_is_told_of(session: Session, school_people: dict[Role, Person]) -> None:
    head, person = school_people[Role.HEADTEACHER], school_people[Role.STAFF]
    moment = now()
    given = {"called": "Headteacher", "by": head, "reason": "{x} co-head", "now": moment}
    assert roles.give(session, person, Role.HEADTEACHER, **given) is not None  # type: ignore[arg-type]
    assert roles.give(session, person, Role.HEADTEACHER, **given) is None  # type: ignore[arg-type]
    roles.take(session, person, Role.HEADTEACHER, **given)  # type: ignore[arg-type]
    sent = session.scalars(sa.select(OutboxEmail.to_address).where(OutboxEmail.purpose == "role_changed"))
    assert sorted(sent) == sorted([head.email, person.email, school_people[Role.CHAIR].email] * 2)
    grant_role(session, person, Role.MODERATOR, by=head, reason="r", now=moment)
    assert roles.weighty(person) == set()
