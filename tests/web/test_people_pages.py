"""The people pages: the headteacher gives and withdraws, with reasons; sign-up links work once (P1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from approvals import drafts
from school import people, pins
from school.db import now, reading, transaction
from school.models import Account, AuditEntry, Person, Role
from school.setup import PRACTICE_PIN
from school.times import today
from tests.approvals import scenes
from tests.web.conftest import Browser

SECRETS = {
    "password": "harbour lamp seven",
    "password_again": "harbour lamp seven",
    "pin": "4071",
    "pin_again": "4071",
}


def link_in(page: str) -> str:
    found = re.search(r'id="link">([^<]+)<', page)
    assert found, page
    return urlsplit(found[1].strip()).path


def head_count() -> int:
    with reading() as session:
        return len(people.everybody(session))


def added(head: Browser) -> str:
    """Add somebody through the page; the path of their sign-up link."""
    answer = head.post(
        "/people",
        "/people",
        name="Ngozi Eze",
        email="N.Eze@larkfield.test",
        roles=["moderator"],
        reason="new teacher",
    )
    assert answer.status_code == 302, answer.text
    page = answer.headers["Location"]
    shown = link_in(head.get(page).text)
    assert link_in(head.get(page).text) == shown, "reloading it shows it again and makes no other"
    return shown


def test_an_address_elsewhere_is_taken_when_its_tick_says_so(head: Browser) -> None:
    typed = {"name": "Gil Gov", "email": "gil@gmail.com", "roles": ["moderator"], "reason": "New"}
    asked = head.post("/people", "/people", **typed)
    assert asked.status_code == 400 and "This address elsewhere is meant" in asked.text
    assert head.post("/people", "/people", **typed, outside="yes").status_code == 302


def test_somebody_added_signs_up_by_the_link_and_signs_in(app: Flask, head: Browser) -> None:
    path = added(head)
    newcomer = Browser(app.test_client())
    assert "Ngozi Eze" in newcomer.get(path).text
    answer = newcomer.post(path, path, **SECRETS)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in")
    assert newcomer.sign_in("n.eze@larkfield.test", "harbour lamp seven").status_code == 302
    assert newcomer.get("/").status_code == 200
    again = Browser(app.test_client()).get(path)
    assert again.status_code == 410 and "Ask the headteacher for a new one" in again.text
    with reading() as session:
        person = people.find(session, "n.eze@larkfield.test")
        trail = session.scalars(sa.select(AuditEntry)).all()
    assert person is not None and person.roles == {Role.STAFF, Role.MODERATOR}
    token = path.rsplit("/", 1)[1]
    assert token not in str([entry.detail for entry in trail])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"name": " "}, "name", "name is empty"),
        ({"email": "nobody"}, "email", "is not an e-mail address"),
        ({"email": "head@larkfield.test"}, "email", "belongs to somebody already"),
        ({"email": "n.eze@gmail.com"}, "outside", "“n.eze@gmail.com” doesn’t end in @larkfield.test"),
        ({"email": "not.me@larkfield.test.evil.test"}, "outside", "is it somebody’s own address"),
        ({"reason": ""}, "reason", "reason is empty"),
        ({"name": "N" * 2000}, "name", "at most"),
    ],
)
def test_bad_input_is_said_beside_its_field_and_nothing_typed_is_lost(
    fields: dict[str, str], field: str, says: str, head: Browser
) -> None:
    before = head_count()
    values: dict[str, object] = {
        "name": "Ngozi Eze",
        "email": "n.eze@larkfield.test",
        "reason": "new teacher",
    }
    values |= {"roles": ["dsl"], **fields}
    answer = head.post("/people", "/people", **values)
    assert answer.status_code == 400
    assert re.search(rf'id="{field}-error">[^<]*{says}', answer.text), answer.text
    for name, value in values.items():
        if name not in fields and name != "roles":
            assert f'value="{value}"' in answer.text
    assert re.search(r'id="role-dsl"[^>]* checked', answer.text)
    assert head_count() == before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"password": "short", "password_again": "short"}, "password"),
        ({"password_again": "another one"}, "password_again"),
        ({"pin": "1234", "pin_again": "1234"}, "pin"),
        ({"pin": "0000", "pin_again": "0000"}, "pin"),
        ({"pin": "4o71", "pin_again": "4o71"}, "pin"),
        ({"pin_again": "4072"}, "pin_again"),
    ],
)
def test_a_weak_password_or_pin_leaves_the_link_usable(
    fields: dict[str, str], field: str, app: Flask, head: Browser
) -> None:
    path = added(head)
    newcomer = Browser(app.test_client())
    refused = newcomer.post(path, path, **{**SECRETS, **fields})
    assert refused.status_code == 400 and f'id="{field}-error"' in refused.text
    assert "harbour lamp seven" not in refused.text
    assert newcomer.post(path, path, **SECRETS).status_code == 302


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_new_link_replaces_the_old_one(app: Flask, head: Browser) -> None:
    old = added(head)
    with reading() as session:
        person = people.find(session, "n.eze@larkfield.test")
    assert person is not None
    page = f"/people/{person.id}/link"
    assert head.post(page, f"/people/{person.id}").status_code == 302
    new = link_in(head.get(page).text)
    elsewhere = Browser(app.test_client())
    assert elsewhere.sign_in("head@larkfield.test").status_code == 302
    later = elsewhere.get(page).text
    assert "Make a new sign-up link" in later and 'id="link"' not in later
    browser = Browser(app.test_client())
    assert browser.get(old).status_code == 410
    assert browser.get(new).status_code == 200
    assert browser.get("/join/made-up").status_code == 410


def test_roles_and_leave_to_write_are_given_and_withdrawn_with_reasons(
    head: Browser, school_people: dict[Role, Person], make_account: Callable[..., Account]
) -> None:
    """P1: granted and withdrawn by the headteacher alone, with date and reason."""
    account, person = make_account("x"), school_people[Role.DPO]
    page = f"/people/{person.id}"
    role = {"role": "slt", "looked": "yes", "pin": PRACTICE_PIN}
    assert head.post(f"{page}/roles", page, **role, role_reason="stands in for a term").status_code == 302
    given = head.post(
        f"{page}/authorisations", page, account=account.id, account_reason="writes the newsletter"
    )
    assert given.status_code == 302
    shown = head.get(page).text
    assert "stands in for a term" in shown and "writes the newsletter" in shown
    with reading() as fresh:
        assert people.may_post(fresh, people.get(fresh, person.id), account.id)
    ended = head.post(f"{page}/authorisations/withdraw", page, account=account.id, reason="newsletter ended")
    assert ended.status_code == 302
    assert head.post(f"{page}/roles/withdraw", page, **role, reason="term is over").status_code == 302
    shown = head.get(page).text
    assert "newsletter ended" in shown and "term is over" in shown
    with reading() as fresh:
        again = people.get(fresh, person.id)
        assert not people.may_post(fresh, again, account.id) and Role.SLT not in again.roles


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_only_headteacher_stays(head: Browser, school_people: dict[Role, Person]) -> None:
    person = school_people[Role.HEADTEACHER]
    page = f"/people/{person.id}"
    refused = head.post(f"{page}/roles/withdraw", page, role="headteacher", reason="holiday")
    assert refused.status_code == 400 and "only headteacher" in refused.text
    refused = head.post(f"{page}/active", page, active="no", reason="holiday")
    assert refused.status_code == 400 and head.get("/people").status_code == 200


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_shutting_somebody_out_says_first_what_becomes_of_their_rights_and_posts(
    head: Browser,
    session: Session,
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
) -> None:
    """Without a PIN where no weighty role is at stake, but never on one press."""
    teacher, chief, moment = school_people[Role.STAFF], school_people[Role.HEADTEACHER], now()
    x, facebook = make_account("x"), make_account("facebook")
    scenes.approved(session, teacher, chief, moment, x, facebook, text="Fair")
    wanted = scenes.content(x, text="Fête", at=moment + timedelta(hours=2))
    waits = drafts.save(session, None, wanted, by=teacher, now=moment)
    scenes.submit(session, waits, teacher, moment)
    session.commit()
    page, sent = f"/people/{teacher.id}", {"active": "no", "reason": "Has left"}
    counts = "none of the roles and permissions below counts"
    assert counts not in head.get(page).text
    asked = head.post(f"{page}/active", page, **sent)
    assert asked.status_code == 200 and f"Shut {teacher.name} out?" in asked.text
    assert f"2 posts of {teacher.name}’s are handed in or approved and not published" in asked.text
    assert 'name="pin"' not in asked.text and "Sign and shut out" not in asked.text
    assert 'name="active" value="no"' in asked.text and "Reason: Has left" in asked.text
    with reading() as fresh:
        assert people.get(fresh, teacher.id).active
    assert head.post(f"{page}/active", page, **{**sent, "reason": " "}).status_code == 400
    assert head.post(f"{page}/active", page, **sent, looked="yes").status_code == 302
    with reading() as fresh:
        assert not people.get(fresh, teacher.id).active
    assert counts in head.get(page).text
    assert head.post(f"{page}/active", page, active="yes", reason="Is back").status_code == 302
    assert counts not in head.get(page).text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_deputy_is_named_for_days(head: Browser, school_people: dict[Role, Person]) -> None:
    day, page = today(now()), f"/people/{school_people[Role.STAFF].id}"
    assert "Name as deputy" not in head.get(page).text and "can’t be deputy" in head.get(page).text
    person = school_people[Role.SLT]
    refused = head.post(f"{page}/deputy", page, first_day=str(day), last_day=str(day))
    assert refused.status_code == 400 and "These could: " in refused.text
    assert school_people[Role.CHAIR].name in refused.text
    page = f"/people/{person.id}"
    wrong = head.post(f"{page}/deputy", page, first_day=str(day), last_day=str(day - timedelta(days=1)))
    assert wrong.status_code == 400 and 'id="last_day-error"' in wrong.text
    unreadable = head.post(f"{page}/deputy", page, first_day="31/12/2027", last_day=str(day))
    assert unreadable.status_code == 400 and 'id="first_day-error"' in unreadable.text
    assert head.post(f"{page}/deputy", page, first_day=str(day), last_day=str(day)).status_code == 302
    with reading() as session:
        assert [one.id for one in people.deputies(session, now=now())] == [person.id]
    listed = head.get("/people").text
    assert "Deputy today" in listed and f"Name {person.name} as deputy" not in listed
    assert f"<b>{person.name}</b> stands in until" in listed
    assert f"Name {school_people[Role.CHAIR].name} as deputy" in listed
    assert re.search(r'action="/people/[^"]+/deputy#deputy"', listed), "named right there"
    # The empty form for other days is folded away under those that are in force.
    assert "<details><summary>Name as deputy for other days, too" in head.get(page).text
    withdraw = re.search(r'action="([^"]+/deputy/[^"]+/withdraw)"', head.get(page).text)
    assert withdraw and head.post(withdraw[1], page).status_code == 302
    with reading() as session:
        assert people.deputies(session, now=now()) == []
    assert head.post(withdraw[1], page).status_code == 409


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_own_password_and_pin_change_against_the_present_password(
    app: Flask, signed_in: Callable[[Role], Browser], school_people: dict[Role, Person]
) -> None:
    browser, elsewhere = signed_in(Role.STAFF), signed_in(Role.STAFF)
    new = {"password": "harbour lamp seven", "password_again": "harbour lamp seven"}
    refused = browser.post("/me/password", "/me", present="not mine at all", **new)
    assert refused.status_code == 400 and 'id="present-error"' in refused.text
    assert browser.post("/me/password", "/me", present="practice makes perfect", **new).status_code == 302
    assert browser.get("/me").status_code == 200, "the session that changed it goes on"
    assert elsewhere.get("/me").status_code == 302, "every other one ends"
    assert Browser(app.test_client()).sign_in(school_people[Role.STAFF].email).status_code == 200
    pin = {"pin": "9051", "pin_again": "9051"}
    refused = browser.post("/me/pin", "/me", present_for_pin="wrong again", **pin)
    assert refused.status_code == 400 and 'id="present_for_pin-error"' in refused.text
    assert browser.post("/me/pin", "/me", present_for_pin="harbour lamp seven", **pin).status_code == 302
    with transaction() as fresh:
        assert pins.check(fresh, people.get(fresh, school_people[Role.STAFF].id), "9051", now=now())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_nobody_there_is_a_plain_page(head: Browser) -> None:
    missing = head.get("/people/00000000-0000-7000-8000-000000000000")
    assert missing.status_code == 404 and "no such person" in missing.text
    assert head.get("/people/not-an-id").status_code == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_each_chooses_which_emails_they_get(signed_in: Callable[[Role], Browser]) -> None:
    """P23: but not the last of SLT and DSL, who keep hearing of threats at once."""
    page = "/me/notifications"
    wishes = {
        "urgent": "none", "handed_over": "digest", "drafts": "none", "accounts": "digest",
        "duties": "digest", "digest_at": "07:30", "quiet_from": "19:00", "quiet_to": "07:00",
    }  # fmt: skip
    slt, dsl = signed_in(Role.SLT), signed_in(Role.DSL)
    assert slt.post(page, page, **wishes).status_code == 302
    shown = slt.get(page).text
    assert 'value="07:30"' in shown and '<option value="none" selected>not by e-mail' in shown
    last = dsl.post(page, page, **wishes)
    assert last.status_code == 400 and "somebody else must choose" in last.text
    assert 'value="07:30"' in last.text, "what was typed is lost"
    for wrong in ({"digest_at": "noon"}, {"quiet_to": ""}, {"duties": "none"}, {"drafts": "never"}):
        answer = slt.post(page, page, **{**wishes, "urgent": "at_once", **wrong})
        assert answer.status_code == 400 and 'aria-invalid="true"' in answer.text, wrong
    assert "Threats and worries" not in signed_in(Role.STAFF).get(page).text
