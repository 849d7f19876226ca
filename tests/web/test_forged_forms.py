"""Forms that no page of this sign-in made: another site's, and those of tabs from before it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from html import unescape

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from approvals.models import Draft
from connectors.practice.servers import PracticePlatforms
from school.models import Account, Person, Role
from school.settings import settings
from school.setup import PRACTICE_PASSWORD
from tests.web.conftest import Browser
from tests.web.test_nothing_typed_is_lost import text_in
from tests.web.test_sessions import change_role
from tests.web.writing import count, fields
from web.app import create_app

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

WORDS = "Two words & more"
FROM_HERE = {"Origin": "http://localhost"}
ELSEWHERE = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:8080"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://sub.localhost", "Referer": "http://localhost/"},
    {"Origin": "http://[broken"},
    {"Referer": "http://evil.example/localhost/"},
)
"""How browsers say that a page of another site sent a form; over plain HTTP without Sec-Fetch-Site."""
HERE = (
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    FROM_HERE,
    {"Referer": "http://localhost/drafts/new?x=1"},
    {"Origin": "http://localhost:80"},
    {"Sec-Fetch-Site": "none"},
    {},
)
REFUSED = "This page was open too long, or cookies are blocked. Nothing was saved."


def again(answer: TestResponse) -> dict[str, list[str]]:
    """What the page of a refusal sends if its button is pressed."""
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.text)
    found: dict[str, list[str]] = {"do": ["restore"]}
    for name, value in hidden:
        found.setdefault(name, []).append(unescape(value))
    return found


def test_a_token_from_before_the_sign_in_counts_no_more_after_it(
    visitor: Browser, school_people: object
) -> None:
    """Whoever planted this browser's cookie, or kept it from before, knows it."""
    before = visitor.token("/sign-in")
    with visitor.client.session_transaction() as kept:
        secret = kept["csrf_token"]
    visitor.sign_in("head@larkfield.test")
    page = visitor.get("/me")
    with visitor.client.session_transaction() as kept:
        assert kept["csrf_token"] != secret
    assert page.status_code == 200
    for path in ("/sign-out", "/me/pin", "/drafts/new"):
        answer = visitor.client.post(path, data={"csrf_token": before, "text": WORDS})
        assert answer.status_code == 400 and REFUSED in answer.text, path
    # Nor does it help to ask this site's own way for a form as it was, where a view doesn't know that.
    for path in ("/sign-out", "/me/pin", "/people"):
        answer = visitor.client.post(path, data={"csrf_token": before, "do": "restore"}, headers=FROM_HERE)
        assert answer.status_code == 400 and REFUSED in answer.text, path
    assert visitor.get("/me").status_code == 200
    assert visitor.post("/sign-out", "/me").status_code == 302


def test_a_tab_from_before_signing_in_again_loses_nothing(
    teacher: Browser, head: Browser, x: Account, later: datetime, school_people: dict[Role, Person]
) -> None:
    """Signed out and in again, a new password, a role given: the tab that stayed open has a former token."""
    person = school_people[Role.STAFF]
    new = "seven rainy harvest moons"

    def sign_out() -> None:
        teacher.post("/sign-out", "/me")
        teacher.sign_in(person.email)

    def role() -> None:
        change_role(head, person, Role.MODERATOR, "give")
        teacher.sign_in(person.email)

    def password() -> None:
        sent = {"present": PRACTICE_PASSWORD, "password": new, "password_again": new}
        assert teacher.post("/me/password", "/me", **sent).status_code == 302

    for happens in (sign_out, role, password):
        former = teacher.token("/drafts/new")
        happens()
        sent = {"csrf_token": former, **fields(x, at=later, text=WORDS, device="Tablet two")}
        answer = teacher.client.post("/drafts/new", data=sent)
        assert answer.status_code == 400 and f"{REFUSED} Go on below." in answer.text, happens
        assert WORDS in unescape(answer.text) and count(Draft) == 0
        form = teacher.client.post("/drafts/new", data=again(answer))
        assert form.status_code == 200 and text_in(form) == WORDS and 'value="Tablet two"' in form.text
        # What the page's script would keep for whoever wrote it is not kept for whoever is signed in now.
        assert teacher.client.post("/drafts/unsaved", data=sent).status_code == 400
        # Where the browser says that this site asks, the form is had at once; nothing else without the token.
        asked = {**sent, "do": "restore"}
        assert teacher.client.post("/drafts/new", data=asked).status_code == 400
        assert text_in(teacher.client.post("/drafts/new", data=asked, headers=FROM_HERE)) == WORDS
        for do in ("save", "submit", ["restore", "save"], ["save", "restore"]):
            refused = teacher.client.post("/drafts/new", data={**sent, "do": do}, headers=FROM_HERE)
            assert refused.status_code == 400 and count(Draft) == 0, do
        for away in ELSEWHERE:
            assert teacher.client.post("/drafts/new", data=asked, headers=away).status_code == 400, away


def test_another_sites_form_is_refused_whatever_it_knows(head: Browser) -> None:
    for headers in ELSEWHERE:
        sent = {"csrf_token": head.token("/me"), "text": WORDS}
        for path in ("/sign-out", "/drafts/new", "/me/pin"):
            answer = head.client.post(path, data=sent, headers=headers)
            assert answer.status_code == 400 and "This was sent from elsewhere" in answer.text, (
                path,
                headers,
            )
            assert "Set-Cookie" not in answer.headers and "Go on writing" not in answer.text
        assert head.get("/me").status_code == 200
    for headers in HERE:
        sent = {
            "csrf_token": head.token("/me"),
            "present_for_pin": "wrong",
            "pin": "2580",
            "pin_again": "2580",
        }
        answer = head.client.post("/me/pin", data=sent, headers=headers)
        assert answer.status_code == 400 and "not your current password" in answer.text, headers


def test_another_site_signs_nobody_in_as_somebody_else(app: Flask, school_people: object) -> None:
    """A cookie of the attacker's, planted by another site of the school's domain, with its right token."""
    for headers in ELSEWHERE:
        browser = Browser(app.test_client())
        answer = browser.client.post(
            "/sign-in",
            headers=headers,
            data={
                "csrf_token": browser.token(),
                "email": "head@larkfield.test",
                "password": PRACTICE_PASSWORD,
            },
        )
        assert answer.status_code == 400 and "Set-Cookie" not in answer.headers, headers
        assert browser.get("/me").status_code == 302
    for headers in HERE:
        browser = Browser(app.test_client())
        sent = {"csrf_token": browser.token(), "email": "head@larkfield.test", "password": PRACTICE_PASSWORD}
        assert browser.client.post("/sign-in", headers=headers, data=sent).status_code == 302, headers


@pytest.mark.parametrize(
    "path",
    ["/sign-out", "/sign-in", "/drafts/new", "/approve/x", "/no/such/page", "/health/live", "/log/export"],
)
def test_no_answer_to_another_sites_form_puts_a_cookie_in_place_of_the_sign_ins(
    path: str, app: Flask
) -> None:
    """Browsers leave the cookie away from what another site sends, and would take one from the answer."""
    typed = {"text": WORDS, "reason": WORDS, "email": "head@larkfield.test", "password": PRACTICE_PASSWORD}
    for headers in (*ELSEWHERE, {}):
        answer = app.test_client().post(path, data=typed, headers=headers)
        assert answer.status_code >= 400 and "Set-Cookie" not in answer.headers, (headers, answer.status_code)
        assert WORDS.partition(" &")[0] in answer.text and "Go on writing" not in answer.text, headers
    if path in {"/drafts/new", "/approve/x"}:
        # Whose cookies are gone is told apart by what the browser says, and gets the form with one.
        for headers in HERE[:4]:
            answer = app.test_client().post(path, data=typed, headers=headers)
            assert "Set-Cookie" in answer.headers and "Go on writing" in answer.text, headers


def test_behind_a_proxy_the_public_address_is_here_and_no_page_without_tls(
    practice: PracticePlatforms, school_people: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = "https://social.larkfield.test"
    monkeypatch.setenv("SCHOOLGATE_PUBLIC_URL", public)
    settings.cache_clear()
    made = create_app(practice)
    for inside, origin, status in (
        # The cookie is for TLS alone: where the proxy takes that off, the test has none, and no token fits.
        ("http://web:8000", public, "open too long"),
        ("http://social.larkfield.test", public, "open too long"),
        ("http://web:8000", "http://social.larkfield.test", "from elsewhere"),
        ("http://web:8000", "https://social.larkfield.test:8443", "from elsewhere"),
        (public, "http://social.larkfield.test", "from elsewhere"),
        (public, public, "open too long"),
    ):
        answer = made.test_client().post(
            "/sign-in", base_url=inside, headers={"Origin": origin}, data={"x": "1"}
        )
        assert answer.status_code == 400 and status in answer.text, (inside, origin)


def test_what_a_page_asks_by_itself_brings_no_former_cookie(
    teacher: Browser, signed_in: Callable[[Role], Browser]
) -> None:
    """Its answer may come after that of a sign-in, a proof or a new password, with the id from before."""
    asked = teacher.get("/practice/mailbox/news", headers={"Accept": "application/json"})
    assert asked.status_code == 200 and "Set-Cookie" not in asked.headers
    assert "Set-Cookie" in teacher.get("/me").headers
