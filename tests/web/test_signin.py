"""Sign-in: what it takes, what it refuses, how it ends."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask

from connectors.practice.servers import PracticePlatforms
from school import people, secrets, sign_ins
from school.db import now, reading, transaction
from school.models import Person, Role
from school.settings import settings
from school.setup import PRACTICE_PASSWORD, PRACTICE_PEOPLE, current_school
from tests.web.conftest import Browser
from web.app import create_app

NEW = "seven rainy harvest moons"


def test_signing_in_leads_to_today_and_is_noted(visitor: Browser, school_people: dict[Role, Person]) -> None:
    person = school_people[Role.STAFF]
    answer = visitor.sign_in(person.email.upper())
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    page = visitor.get("/")
    assert page.status_code == 200 and person.name in page.text
    with reading() as session:
        person = people.get(session, person.id)
    assert person.login_count == 1 and person.current_login_at is not None


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("head@larkfield.test", "practice makes imperfect"),
        ("nobody@larkfield.test", PRACTICE_PASSWORD),
        ("head@larkfield.test", ""),
        ("not an address", PRACTICE_PASSWORD),
        ("", ""),
    ],
)
def test_a_wrong_pair_is_refused_without_saying_which(email: str, password: str, visitor: Browser) -> None:
    answer = visitor.sign_in(email, password)
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text
    assert "does not exist" not in answer.text.lower()
    assert visitor.get("/").status_code == 302


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_same_words_for_a_wrong_password_and_for_nobody(visitor: Browser) -> None:
    def alert(page: str) -> str:
        return page.split('role="alert"')[1].split("</div>")[0]

    wrong = visitor.sign_in("head@larkfield.test", "practice makes imperfect")
    nobody = visitor.sign_in("nobody@larkfield.test", "practice makes imperfect")
    assert alert(wrong.text) == alert(nobody.text)
    assert "go together" in alert(wrong.text)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "https:evil.example", "\t//evil.example"],
)
def test_sign_in_never_leads_to_another_host(elsewhere: str, visitor: Browser) -> None:
    answer = visitor.sign_in("head@larkfield.test", next=elsewhere)
    # What a browser makes of the answer: still this host.
    led_to = urljoin("http://localhost/sign-in", answer.headers.get("Location", "").replace("\\", "/"))
    assert urlsplit(led_to).netloc == "localhost"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_sign_in_leads_back_to_the_page_that_was_asked_for(visitor: Browser) -> None:
    asked = visitor.get("/audit?before=5")
    target = asked.headers["Location"]
    assert target.startswith("/sign-in?next=")
    token = visitor.token(target)
    answer = visitor.client.post(
        target, data={"csrf_token": token, "email": "head@larkfield.test", "password": PRACTICE_PASSWORD}
    )
    assert answer.headers["Location"] == "/audit?before=5"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_cookie_planted_before_the_sign_in_opens_nothing_after_it(app: Flask, visitor: Browser) -> None:
    visitor.token("/sign-in")
    planted = visitor.client.get_cookie("schoolgate")
    assert planted is not None
    visitor.sign_in("head@larkfield.test")
    other = app.test_client()
    other.set_cookie("schoolgate", planted.value)
    assert other.get("/people").status_code == 302 and visitor.get("/people").status_code == 200


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_each_sign_in_has_an_id_of_its_own_and_the_former_ends(
    visitor: Browser, school_people: dict[Role, Person]
) -> None:
    """Nobody knows it who planted or kept the cookie from before; signing out ends it on the server."""

    def sign_in_id() -> str:
        with visitor.client.session_transaction() as kept:
            return str(kept["sign_in"])

    head = school_people[Role.HEADTEACHER]
    visitor.sign_in(head.email)
    ids, own = [sign_in_id()], visitor.token("/me")
    password = {"present": PRACTICE_PASSWORD, "password": NEW, "password_again": NEW}
    assert visitor.post("/me/password", "/me", **password).status_code == 302
    ids.append(sign_in_id())
    assert visitor.post("/sign-out", "/me").status_code == 302
    visitor.sign_in(head.email, NEW)
    ids.append(sign_in_id())
    assert "open too long" in visitor.client.post("/me/pin", data={"csrf_token": own}).text
    assert len(set(ids)) == len(ids)
    with reading() as session:
        [left] = sign_ins.open_of(session, head.id, now=now())
        assert left.token_hash == secrets.token_hash(ids[-1])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_form_with_the_right_token_from_another_site_is_refused(
    practice: PracticePlatforms, school_people: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another site of the school's own domain can plant a cookie here, and so know the token that it gets."""
    monkeypatch.setenv("SCHOOLGATE_PUBLIC_URL", "https://social.larkfield.test")
    settings.cache_clear()
    client = create_app(practice).test_client()
    page = client.get("/sign-in", base_url="https://social.larkfield.test").text
    found = re.search(r'name="csrf_token" value="([^"]+)', page)
    assert found
    sent = {"csrf_token": found[1], "email": "head@larkfield.test", "password": PRACTICE_PASSWORD}
    for site, status in (("www.larkfield.test", 400), ("evil.example", 400), ("social.larkfield.test", 302)):
        headers = {"Referer": f"https://{site}/"}
        answer = client.post("/sign-in", base_url="https://social.larkfield.test", data=sent, headers=headers)
        assert answer.status_code == status, site
    kept = {one.partition("=")[0]: one for one in answer.headers.getlist("Set-Cookie")}
    assert set(kept) == {"schoolgate", "schoolgate_device"}
    for cookie in kept.values():
        assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; ")), cookie


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_signing_out_needs_the_form_and_ends_the_session(head: Browser) -> None:
    assert head.get("/sign-out").status_code == 405
    assert head.client.post("/sign-out").status_code == 400
    # Another site's form comes without the cookie: what answers it must not put another in its place.
    elsewhere = head.client.application.test_client()
    sent = elsewhere.post("/drafts/new", headers={"Sec-Fetch-Site": "cross-site"}, data={"text": "Two words"})
    assert sent.status_code == 400 and "Set-Cookie" not in sent.headers
    assert "Two words" in sent.text and "Go on writing" not in sent.text
    assert head.get("/").status_code == 200
    assert head.post("/sign-out", "/").status_code == 302
    assert head.get("/").status_code == 302


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_guessing_is_slowed_down_but_a_right_sign_in_never_counts(app: Flask, visitor: Browser) -> None:
    for _ in range(3):
        assert Browser(app.test_client()).sign_in("chair@larkfield.test").status_code == 302
    for _ in range(10):
        assert visitor.sign_in("chair@larkfield.test", "not the one at all").status_code == 200
    slowed = visitor.sign_in("chair@larkfield.test")
    assert slowed.status_code == 429 and "Too many tries" in slowed.text
    assert 0 < int(slowed.headers["Retry-After"]) <= 900 and "Try again in " in slowed.text
    assert Browser(app.test_client()).sign_in("head@larkfield.test").status_code == 302


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_guessing_keeps_the_headteacher_out_of_a_browser_of_their_own(
    app: Flask, visitor: Browser
) -> None:
    """Not that of one who sits next door, nor of many everywhere: they are slowed down, not the owner."""
    email, own = "head@larkfield.test", Browser(app.test_client())
    own.sign_in(email)
    own.post("/sign-out", "/me")
    token = visitor.token()
    for network in range(11):
        place = {"REMOTE_ADDR": f"203.0.113.{network}"}
        for _ in range(10):
            wrong = {"csrf_token": token, "email": email, "password": "not the one at all"}
            visitor.client.post("/sign-in", data=wrong, environ_overrides=place)
    # By now from any place where nobody knows the browser; and somebody else's browser is no better.
    elsewhere = Browser(app.test_client())
    elsewhere.client.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    assert elsewhere.sign_in("deputy@larkfield.test").status_code == 302
    elsewhere.post("/sign-out", "/me")
    assert elsewhere.sign_in(email).status_code == 429
    assert own.sign_in(email, "mistyped").status_code == 200
    assert own.sign_in(email).status_code == 302
    # A thief of the browser guesses no faster than anybody else.
    own.post("/sign-out", "/me")
    assert [own.sign_in(email, "wrong again").status_code for _ in range(11)][-1] == 429


def test_somebody_shut_out_is_out_at_once(
    visitor: Browser, signed_in: Callable[[Role], Browser], school_people: dict[Role, Person]
) -> None:
    browser = signed_in(Role.MODERATOR)
    with transaction() as session:
        person = people.get(session, school_people[Role.MODERATOR].id)
        people.set_active(session, person, False, by=None, reason="left the school", now=now())
    assert browser.get("/me").status_code == 302
    assert visitor.sign_in(person.email).status_code == 200


def test_the_practice_school_offers_its_people(visitor: Browser) -> None:
    page = visitor.get("/sign-in").text
    assert PRACTICE_PASSWORD in page
    for name, _mailbox, _role in PRACTICE_PEOPLE:
        assert name in page


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_real_school_offers_nobody(visitor: Browser) -> None:
    with transaction() as session:
        school = current_school(session)
        assert school is not None
        school.practice = False
    page = visitor.get("/sign-in").text
    assert PRACTICE_PASSWORD not in page and "Margaret Oyelaran" not in page


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_reading_a_page_waits_for_no_writer(head: Browser) -> None:
    """On SQLite a GET must not need the write lock: it would hang while a worker writes."""
    with transaction() as session:
        session.flush()
        for path in ("/", "/me", "/people", "/accounts", "/audit"):
            assert head.get(path).status_code == 200, path


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_cookies_and_headers_are_strict(visitor: Browser) -> None:
    answer = visitor.get("/sign-in")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "script-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_session_and_an_open_form_outlive_a_change_of_the_secret_key(head: Browser) -> None:
    token = head.token("/me")
    old = secrets.all_keys()
    secrets.keep_keys(["n" * 64, *old])
    wrong_pin = {"csrf_token": token, "present_for_pin": "wrong", "pin": "2580", "pin_again": "2580"}
    answer = head.client.post("/me/pin", data=wrong_pin)
    assert answer.status_code == 400 and "open too long" not in answer.text
    assert head.get("/me").status_code == 200
    # What was asked for meanwhile is signed with the new key; the old one then opens nothing any more.
    secrets.keep_keys(["n" * 64])
    assert head.get("/me").status_code == 200
    secrets.keep_keys(["m" * 64])
    assert head.get("/me").status_code == 302


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_passkey_of_endless_brackets_is_refused_like_any_other(visitor: Browser) -> None:
    client_data = base64.urlsafe_b64encode(b"[" * 5000).decode()
    inside = json.dumps(
        {
            "id": "AA",
            "rawId": "AA",
            "type": "public-key",
            "response": {"clientDataJSON": client_data, "authenticatorData": "AA", "signature": "AA"},
        }
    )
    for answer in ("[" * 5000, '{"a":' * 5000, inside):
        refused = visitor.post("/sign-in/passkey", "/sign-in", answer=answer)
        assert refused.status_code == 302 and refused.headers["Location"] == "/sign-in"
