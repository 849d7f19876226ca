"""The second factor and the sign-ins as people meet them: led to it, asked for it, signed out."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from school import second_factor
from school.db import now, reading, transaction
from school.models import AuditEntry, Authenticator, OutboxEmail, Person, Role, School, SignIn
from school.setup import PRACTICE_PASSWORD
from tests.school.test_second_factor import code_of
from tests.web.conftest import Browser

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def real_school(app: Flask) -> None:
    with transaction() as session:
        session.scalars(sa.select(School)).one().practice = False


def forget_the_step(ago: int = 10) -> None:
    """As if the last code had been taken some steps ago: a test can't wait for the next half minute."""
    with transaction() as session:
        for app in session.scalars(sa.select(Authenticator)):
            app.last_step -= ago


def set_up(browser: Browser) -> tuple[str, list[str]]:
    """Scan the picture, type the code: the seed and the recovery codes."""
    page = browser.get("/me/sign-in/app").text
    found = re.search(r'<code class="long">([A-Z2-7 ]+)</code>', page)
    assert found and "<svg" in page and "otpauth://totp/" in page
    seed = found[1].replace(" ", "")
    sealed = re.search(r'name="secret_seed" value="([^"]+)"', page)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert sealed and token and seed not in sealed[1]
    data = {"csrf_token": token[1], "secret_seed": sealed[1], "code": code_of(seed, now().timestamp())}
    codes = shown(browser, browser.client.post("/me/sign-in/app", data=data))
    # A double click, and a reload of the page that it led to: the same codes, and nothing new.
    assert shown(browser, browser.client.post("/me/sign-in/app", data=data)) == codes
    forget_the_step()
    return seed, codes


def shown(browser: Browser, answer: TestResponse) -> list[str]:
    """The recovery codes on the page to which this answer leads."""
    assert (answer.status_code, answer.headers["Location"]) == (302, "/me/sign-in/codes"), answer.text
    page = browser.get("/me/sign-in/codes").text
    codes = re.findall(r"<li><code>([a-z2-9-]{19})</code>", page)
    assert len(codes) == second_factor.CODES, page
    assert "no-store" in browser.get("/me/sign-in/codes").headers["Cache-Control"]
    return codes


def give(browser: Browser, code: str, **more: object) -> int:
    return browser.post("/sign-in/code", "/sign-in/code", code=code, **more).status_code


@pytest.mark.usefixtures("real_school")
def test_the_headteacher_of_a_real_school_can_do_nothing_before_the_second_factor(
    app: Flask, visitor: Browser, school_people: dict[Role, Person]
) -> None:
    """Upgraded from a version without: let in by the password, and led to set it up."""
    email = school_people[Role.HEADTEACHER].email
    assert visitor.sign_in(email).status_code == 302
    for path in ("/", "/people", "/me", "/moderation", "/sign-ins"):
        assert visitor.get(path).headers["Location"] == "/me/sign-in", path
    led = visitor.get("/me/sign-in")
    assert "One more thing before you go on" in led.text and 'href="/people"' not in led.text
    for path in ("/people", "/me/pin", "/me/sign-in/codes", "/me/sign-in/end-others"):
        assert visitor.post(path, "/me/sign-in").headers["Location"] == "/me/sign-in", path
    seed, codes = set_up(visitor)
    assert visitor.get("/people").status_code == 200

    # From now on the password alone opens nothing.
    other = Browser(app.test_client())
    answer = other.sign_in(email, next="/people")
    assert answer.headers["Location"] == "/sign-in/code?next=/people"
    assert other.get("/people").headers["Location"].startswith("/sign-in?")
    assert give(other, "000000") == 400
    code = code_of(seed, now().timestamp())
    answer = other.post("/sign-in/code", "/sign-in/code", code=code, next="/people")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/people")
    assert other.get("/people").status_code == 200
    # The same code again, in a third browser; then one from the paper.
    third = Browser(app.test_client())
    third.sign_in(email)
    assert give(third, code) == 400
    assert give(third, codes[0]) == 302 and third.get("/people").status_code == 200
    assert visitor.post("/me/sign-in/remove", "/me/sign-in").status_code == 409


def test_the_practice_school_offers_a_second_factor_and_demands_none(
    app: Flask, teacher: Browser, school_people: dict[Role, Person]
) -> None:
    assert "Your password alone lets you in" in teacher.get("/me/sign-in").text
    _seed, codes = set_up(teacher)
    assert give_after_password(app, school_people[Role.STAFF], codes[1]).get("/me").status_code == 200
    assert teacher.post("/me/sign-in/remove", "/me/sign-in").status_code == 302
    assert Browser(app.test_client()).sign_in(school_people[Role.STAFF].email).headers["Location"] == "/"


def give_after_password(app: Flask, person: Person, code: str) -> Browser:
    browser = Browser(app.test_client())
    browser.sign_in(person.email)
    assert give(browser, code) == 302
    return browser


def test_the_second_step_needs_the_first_and_ends_after_ten_minutes(
    app: Flask, visitor: Browser, teacher: Browser, school_people: dict[Role, Person]
) -> None:
    seed, _codes = set_up(teacher)
    assert visitor.get("/sign-in/code").headers["Location"] == "/sign-in"
    answer = visitor.post("/sign-in/code", "/sign-in", code=code_of(seed, now().timestamp()))
    assert answer.headers["Location"] == "/sign-in" and visitor.get("/me").status_code == 302
    visitor.sign_in(school_people[Role.STAFF].email)
    half = visitor.client.get_cookie("schoolgate")
    assert half is not None
    assert give(visitor, code_of(seed, now().timestamp())) == 302
    # The cookie from between the steps is worth nothing once they were gone.
    stolen = Browser(app.test_client())
    stolen.client.set_cookie("schoolgate", half.value)
    assert stolen.get("/sign-in/code").headers["Location"] == "/sign-in"
    assert stolen.get("/me").status_code == 302

    late = Browser(app.test_client())
    late.sign_in(school_people[Role.STAFF].email)
    with transaction() as session:
        session.execute(sa.update(SignIn).values(began_at=now() - timedelta(minutes=11)))
    assert late.get("/sign-in/code").headers["Location"] == "/sign-in"


def test_a_seed_is_offered_to_one_person_only(teacher: Browser, head: Browser) -> None:
    """What the page of one person holds sets up nothing for another."""
    page = teacher.get("/me/sign-in/app").text
    sealed = re.search(r'name="secret_seed" value="([^"]+)"', page)
    assert sealed
    for given in (sealed[1], "nonsense", ""):
        answer = head.post("/me/sign-in/app", "/me/sign-in/app", secret_seed=given, code="123456")
        assert answer.status_code == 400


def test_a_page_sent_twice_changes_nothing_twice(
    app: Flask, teacher: Browser, school_people: dict[Role, Person]
) -> None:
    _seed, first = set_up(teacher)
    page = teacher.get("/me/sign-in").text
    sealed = re.search(r'name="secret_codes" value="([^"]+)"', page)
    assert sealed
    form = {"secret_codes": sealed[1]}
    made = [shown(teacher, teacher.post("/me/sign-in/codes", "/me/sign-in", **form)) for _ in range(2)]
    assert made[0] == made[1] and not set(made[0]) & set(first)
    with reading() as session:
        said = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq)).all()
        mails = session.scalars(sa.select(OutboxEmail.subject)).all()
    assert [said.count(one) for one in ("authenticator_set_up", "authenticator_replaced")] == [1, 0]
    assert said.count("recovery_codes_made") == 2
    assert mails.count("A second factor was set up for you") == 1
    # A code that was used is not brought back by the page that made it, once there are others.
    assert give_after_password(app, school_people[Role.STAFF], made[0][0]).get("/me").status_code == 200
    newer = re.search(r'name="secret_codes" value="([^"]+)"', teacher.get("/me/sign-in").text)
    assert newer
    shown(teacher, teacher.post("/me/sign-in/codes", "/me/sign-in", secret_codes=newer[1]))
    assert teacher.post("/me/sign-in/codes", "/me/sign-in", **form).status_code == 409
    assert teacher.post("/me/sign-in/codes", "/me/sign-in").status_code == 400
    # Nor are the codes shown to the next person in the same browser, or to this one ever after.
    teacher.post("/sign-out", "/me")
    teacher.sign_in(school_people[Role.MODERATOR].email)
    assert teacher.get("/me/sign-in/codes").headers["Location"] == "/me/sign-in"
    assert "are not shown again" in teacher.get("/me/sign-in").text


def test_whoever_finds_a_browser_open_can_not_change_how_its_owner_signs_in(
    teacher: Browser, school_people: dict[Role, Person]
) -> None:
    with transaction() as session:
        session.execute(sa.update(SignIn).values(proved_at=now() - timedelta(minutes=11)))
    asked = teacher.get("/me/sign-in/app").headers["Location"]
    assert asked.startswith("/me/prove")
    assert teacher.post("/me/prove", asked, present="not the one").status_code == 400
    assert teacher.post("/me/sign-in/remove", "/me").headers["Location"].startswith("/me/prove")
    answer = teacher.post("/me/prove", asked, present=PRACTICE_PASSWORD, back="second_factor.app")
    assert answer.headers["Location"] == "/me/sign-in/app"
    _seed, codes = set_up(teacher)
    with transaction() as session:
        session.execute(sa.update(SignIn).values(proved_at=now() - timedelta(minutes=11)))
    assert teacher.post("/me/prove", asked, present=PRACTICE_PASSWORD, code="").status_code == 400
    assert teacher.post("/me/prove", asked, present=PRACTICE_PASSWORD, code=codes[0]).status_code == 302


def test_sign_ins_are_listed_and_each_can_be_ended(
    app: Flask, teacher: Browser, head: Browser, school_people: dict[Role, Person]
) -> None:
    phone = Browser(app.test_client())
    phone.client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (iPhone; …) AppleWebKit Version/19 Safari/604"
    phone.sign_in(school_people[Role.STAFF].email)
    page = teacher.get("/me/sign-in").text
    assert "Safari on an iPhone" in page and "this browser" in page
    with reading() as session:
        person_id = school_people[Role.STAFF].id
        its = session.scalars(sa.select(SignIn).where(SignIn.browser.like("Safari%"))).one()
    # Nobody ends another person's.
    assert head.post(f"/me/sign-in/{its.id}/end", "/me/sign-in").status_code == 404
    assert phone.get("/me").status_code == 200
    assert teacher.post(f"/me/sign-in/{its.id}/end", "/me/sign-in").status_code == 302
    assert phone.get("/me").status_code == 302 and teacher.get("/me").status_code == 200

    phone.sign_in(school_people[Role.STAFF].email)
    assert "1 other browser" in follow(teacher, "/me/sign-in/end-others")
    assert phone.get("/me").status_code == 302 and teacher.get("/me").status_code == 200

    # The school ends all of them, with a reason, which the trail keeps.
    assert head.post(f"/sign-ins/{person_id}/end", "/sign-ins").status_code == 400
    named = {f"reason-{person_id}": "Her tablet was stolen"}
    assert head.post(f"/sign-ins/{person_id}/end", "/sign-ins", **named).status_code == 302
    assert teacher.get("/me").status_code == 302 and head.get("/me").status_code == 200
    assert "Her tablet was stolen" in head.get("/audit").text


def follow(browser: Browser, path: str) -> str:
    browser.post(path, "/me/sign-in")
    return browser.get("/me/sign-in").text


def test_a_cookie_stolen_before_signing_out_is_worth_nothing_after_it(
    app: Flask, teacher: Browser, school_people: dict[Role, Person]
) -> None:
    cookie = teacher.client.get_cookie("schoolgate")
    assert cookie is not None
    thief = Browser(app.test_client())
    thief.client.set_cookie("schoolgate", cookie.value)
    assert thief.get("/me").status_code == 200
    teacher.post("/sign-out", "/me")
    assert thief.get("/me").status_code == 302
    # Nor does a password change leave any but the browser where it was made.
    here = Browser(app.test_client())
    here.sign_in(school_people[Role.STAFF].email)
    there = Browser(app.test_client())
    there.sign_in(school_people[Role.STAFF].email)
    new = "seven rainy harvest moons"
    answer = here.post(
        "/me/password", "/me", present=PRACTICE_PASSWORD, password=new, password_again=new
    )
    assert answer.status_code == 302
    assert here.get("/me").status_code == 200 and there.get("/me").status_code == 302


def test_pages_that_ask_by_themselves_keep_nobody_signed_in(
    teacher: Browser, signed_in: Callable[[Role], Browser]
) -> None:
    def seen_ago() -> float:
        with reading() as session:
            return (now() - session.scalars(sa.select(SignIn.seen_at)).one()).total_seconds()

    with transaction() as session:
        session.execute(sa.update(SignIn).values(seen_at=now() - timedelta(minutes=20)))
    assert teacher.get("/practice/mailbox/news", headers={"Accept": "application/json"}).status_code == 200
    teacher.client.set_cookie("schoolgate_by_itself", "1")
    assert teacher.get("/").status_code == 200
    assert seen_ago() > 1000
    teacher.client.delete_cookie("schoolgate_by_itself")
    # A writer at work makes nobody wait: it is noted the next time.
    with transaction() as session:
        session.flush()
        session.execute(sa.select(sa.func.count()).select_from(SignIn))
        assert teacher.get("/").status_code == 200
    assert seen_ago() > 1000
    assert teacher.get("/").status_code == 200
    assert seen_ago() < 600
    with transaction() as session:
        session.execute(sa.update(SignIn).values(seen_at=now() - timedelta(minutes=31)))
    assert teacher.get("/").status_code == 302
