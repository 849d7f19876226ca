"""Passkeys in a real browser with a virtual authenticator, and what must not let anybody in."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import CDPSession, Page, Request, expect
from waitress import create_server

from school import passkeys
from school.db import now, reading, transaction
from school.errors import BadInput, MoveNotAllowed
from school.models import Passkey, Person, Role, SignIn
from school.settings import settings
from tests.web.conftest import Browser

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def site(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The app behind a real server, reached by name: no passkey is bound to a bare address."""
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    address = f"http://localhost:{server.effective_port}"
    monkeypatch.setenv("SCHOOLGATE_PUBLIC_URL", address)
    settings.cache_clear()
    yield address
    server.close()
    thread.join(timeout=5)


@pytest.fixture
def page(chromium: Chromium, site: str) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 320, "height": 800})
    made = context.new_page()
    made.set_default_timeout(60_000)
    yield made
    context.close()


def device(page: Page) -> tuple[CDPSession, str]:
    """A phone's own authenticator, which recognises its owner."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    return tools, tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def test_a_passkey_lets_its_owner_in_and_nothing_that_only_looks_like_it(
    page: Page,
    site: str,
    app: Flask,
    visitor: Browser,
    signed_in: Callable[[Role], Browser],
    school_people: dict[Role, Person],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tools, phone = device(page)
    page.goto(f"{site}/sign-in")
    page.get_by_role("button", name="Hannah Birtwistle").click()
    page.wait_for_url(f"{site}/")
    page.goto(f"{site}/me/sign-in/passkey")
    page.get_by_label("Name").fill("my phone")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible(timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.goto(f"{site}/me/sign-in")
    expect(page.get_by_text("my phone").first).to_be_visible()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/sign-in")

    sent: list[Request] = []
    page.on("request", lambda one: sent.append(one) if one.url.endswith("/sign-in/passkey") else None)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{site}/")
    with reading() as session:
        last = session.scalars(sa.select(SignIn).order_by(SignIn.began_at.desc()).limit(1)).one()
        key = session.scalars(sa.select(Passkey)).one()
    teacher = school_people[Role.STAFF]
    assert (last.person_id, last.how, last.second_factor) == (teacher.id, "passkey", True)
    assert key.person_id == teacher.id and key.used_at is not None and key.sign_count > 0

    # The same answer once more: what it was asked has been used up, whatever the device counts.
    with transaction() as session:
        session.execute(sa.update(Passkey).values(sign_count=0))
    [answer] = parse_qs(sent[0].post_data or "")["answer"]
    again = visitor.post("/sign-in/passkey", "/sign-in", answer=answer)
    assert again.headers["Location"] == "/sign-in" and visitor.get("/me").status_code == 302
    for nonsense in ("", "{}", "[]", "null", '{"id": 3}', answer[:-40], answer.replace("a", "b")):
        assert visitor.post("/sign-in/passkey", "/sign-in", answer=nonsense).headers["Location"] == "/sign-in"

    # The password alone now leads to the second step; a passkey of somebody else is nobody's to touch.
    assert visitor.sign_in(teacher.email).headers["Location"].startswith("/sign-in/code")
    head = signed_in(Role.HEADTEACHER)
    assert head.post(f"/me/sign-in/passkey/{key.id}/remove", "/me/sign-in").status_code == 404
    assert head.post(f"/me/sign-in/passkey/{key.id}/rename", "/me/sign-in", name="mine").status_code == 404

    def answer_of(question: str) -> str:
        """What the phone says to a question of ours."""
        return str(
            page.evaluate(
                """async question => JSON.stringify((await navigator.credentials.get({publicKey:
                PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(question))})).toJSON())""",
                question,
            )
        )

    def asked(person: Person | None = None) -> str:
        with transaction() as session:
            return passkeys.offer(session, person, now=now()) if person else passkeys.ask(session, now=now())

    def refused(said: str) -> bool:
        try:
            with transaction() as session:
                passkeys.check(session, said, now=now())
        except BadInput:
            return True
        return False

    # A question that was made for adding a passkey signs nobody in, nor does one that is too old.
    made_for_adding = re.search(r'"challenge": ?"([^"]+)"', asked(teacher))
    swapped = re.sub(r'"challenge": ?"[^"]+"', f'"challenge":"{made_for_adding[1]}"', asked())  # type: ignore[index]
    assert refused(answer_of(swapped))
    late = answer_of(asked())
    with pytest.raises(BadInput), transaction() as session:
        passkeys.check(session, late, now=now() + passkeys.CHALLENGE_LASTS)
    # A copy of the key, whose count is behind; and a page at another address.
    with transaction() as session:
        session.execute(sa.update(Passkey).values(sign_count=10_000))
    assert refused(answer_of(asked()))
    with transaction() as session:
        session.execute(sa.update(Passkey).values(sign_count=1))
    before = answer_of(asked())
    monkeypatch.setenv("SCHOOLGATE_PUBLIC_URL", "http://localhost:1")
    settings.cache_clear()
    assert refused(before)
    monkeypatch.setenv("SCHOOLGATE_PUBLIC_URL", site)
    settings.cache_clear()
    assert not refused(answer_of(asked()))
    # A finder of the phone, whom it doesn't recognise.
    tools.send("WebAuthn.setUserVerified", {"authenticatorId": phone, "isUserVerified": False})
    page.context.clear_cookies()
    page.goto(f"{site}/sign-in")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("No passkey was used")).to_be_visible(timeout=60_000)

    # The last factor of somebody who must have one stays.
    monkeypatch.setenv("SCHOOLGATE_SECOND_FACTOR", "everybody")
    settings.cache_clear()
    with pytest.raises(MoveNotAllowed), transaction() as session:
        passkeys.remove(session, session.get_one(Person, teacher.id), key.id, now=now())
