"""Letting somebody in again, as the three people concerned see it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from school import authenticator_codes, mail, second_factor
from school.db import now, reading, transaction
from school.models import OutboxEmail, Person, Recovery, Role, School
from school.setup import PRACTICE_PIN
from tests.school.test_second_factor import code_of
from tests.web.conftest import Browser

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_two_vouch_with_their_pins_and_the_third_chooses_a_password(
    app: Flask,
    head: Browser,
    visitor: Browser,
    signed_in: Callable[[Role], Browser],
    school_people: dict[Role, Person],
) -> None:
    manager, teacher = signed_in(Role.NETWORK_MANAGER), school_people[Role.STAFF]
    form = {"person": teacher.id, "recovery_reason": "Her phone went through the wash"}
    path, page = "/sign-ins/recover", "/sign-ins"
    wrong = head.post(path, page, **form, pin="1111")
    assert wrong.status_code == 400 and "phone went through the wash" in wrong.text
    for missing in ("person", "recovery_reason"):
        assert head.post(path, page, **{**form, missing: ""}, pin=PRACTICE_PIN).status_code == 400
    assert head.post(path, page, **form, pin=PRACTICE_PIN).status_code == 302
    with reading() as session:
        waiting = session.scalars(sa.select(Recovery)).one()
    confirm, field = f"{path}/{waiting.id}/confirm", f"pin-{waiting.id}"
    shown = head.get(page).text
    names = [school_people[one].name for one in (Role.SLT, Role.NETWORK_MANAGER)]
    assert "Somebody else must confirm it" in shown and f"<b>{', '.join(sorted(names))}</b>" in shown
    card = f"asked that {teacher.name} be let in again"
    assert card in manager.get("/").text and school_people[Role.HEADTEACHER].name in manager.get("/").text
    assert card not in head.get("/").text and card not in signed_in(Role.CHAIR).get("/").text
    assert head.post(confirm, page, **{field: PRACTICE_PIN}).status_code == 403
    assert signed_in(Role.MODERATOR).post(confirm, "/me", **{field: PRACTICE_PIN}).status_code == 404
    assert manager.post(confirm, page, **{field: "0000"}).status_code == 400
    assert manager.post(confirm, page, **{field: PRACTICE_PIN}).status_code == 302
    assert card not in manager.get("/").text
    assert manager.post(confirm, page, **{field: PRACTICE_PIN}).status_code == 409

    with reading() as session:
        mails = session.scalars(sa.select(OutboxEmail)).all()
        [link] = [one for one in mails if one.purpose == "recovery_link"]
        found = re.search(rb"(/recover/[\w-]+)", mail.whole(link).replace(b"=\r\n", b""))
    assert link.to_id == teacher.id and found
    assert found[1] not in head.get(page).text.encode() + manager.get(page).text.encode()
    there, new = found[1].decode(), "seven rainy harvest moons"
    fields = {"password": new, "password_again": new, "pin": "7391", "pin_again": "7391"}
    assert visitor.get(there).status_code == 200
    assert visitor.post(there, there, **{**fields, "pin_again": "7392"}).status_code == 400
    assert visitor.post(there, there, **fields).status_code == 302
    assert visitor.get(there).status_code == 410
    assert visitor.sign_in(teacher.email, new).headers["Location"] == "/"

    # The practice school's buttons no longer know her password: the page says so, and puts it back if asked.
    trainer = Browser(app.test_client())
    told = trainer.sign_in(teacher.email)
    assert f"{teacher.name} has a password of their own now" in told.text
    back = re.search(r'action="(/sign-in/as-at-first/[\w-]+)"', told.text)
    assert back
    with transaction() as session:
        fresh = session.get_one(Person, teacher.id)
        seed = authenticator_codes.new_seed()
        second_factor.enrol(session, fresh, seed, code_of(seed, now().timestamp()), now=now())
    visitor.post("/sign-out", "/me")
    assert visitor.sign_in(teacher.email, new).headers["Location"].startswith("/sign-in/code")
    assert f"a second factor for {teacher.name}" in visitor.get("/sign-in/code").text

    def practising(practice: bool) -> None:
        with transaction() as session:
            session.scalars(sa.select(School)).one().practice = practice

    practising(False)
    assert "practice" not in visitor.get("/sign-in/code").text.lower()
    assert trainer.post(back[1], "/sign-in").status_code == 404
    assert "go together" in trainer.sign_in(teacher.email).text
    practising(True)
    assert trainer.post(back[1], "/sign-in").headers["Location"] == "/sign-in"
    assert trainer.sign_in(teacher.email).headers["Location"] == "/"


def test_the_person_concerned_sees_it_and_stops_it(
    head: Browser, teacher: Browser, school_people: dict[Role, Person]
) -> None:
    form = {"person": school_people[Role.STAFF].id, "recovery_reason": "I say so", "pin": PRACTICE_PIN}
    head.post("/sign-ins/recover", "/sign-ins", **form)
    shown = teacher.get("/me/sign-in").text
    stop = re.search(r'action="(/sign-ins/recover/[\w-]+/stop)"', shown)
    assert stop and "I say so" in shown
    assert teacher.post(stop[1], "/me/sign-in").headers["Location"] == "/me/sign-in"
    assert teacher.post(stop[1], "/me/sign-in").status_code == 409
    assert "I say so" not in head.get("/sign-ins").text


@pytest.mark.parametrize(
    ("left", "told", "server"),
    [
        ((Role.HEADTEACHER,), False, "Nobody at the school can let you in again yet"),
        ((Role.HEADTEACHER, Role.CHAIR), False, "Nobody at the school can let you in again yet"),
        ((Role.HEADTEACHER, Role.NETWORK_MANAGER), True, "If you are one of the two there are"),
        ((Role.HEADTEACHER, Role.NETWORK_MANAGER, Role.SLT), True, ""),
    ],
)
def test_until_two_can_vouch_the_way_back_in_is_the_servers_command(
    visitor: Browser, school_people: dict[Role, Person], left: tuple[Role, ...], told: bool, server: str
) -> None:
    """In a new school there is nobody but the headteacher, and two others can't be asked."""
    kept = [school_people[role].id for role in left]
    with transaction() as session:
        session.execute(sa.update(Person).where(Person.id.not_in(kept)).values(password=None))
    page = visitor.get("/sign-in").text
    assert ("Two of them together let you in again" in page) is told
    assert ("schoolgate people recover" in page) is bool(server) and server in page
