"""Deciding by the e-mail's link in a real browser by plain HTTP, where it sends no Sec-Fetch-Site."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from waitress import create_server

from school.models import Account, Role
from school.setup import PRACTICE_PIN
from tests.conftest import CHROMIUM, QUIET
from tests.web.conftest import Browser as Visitor
from tests.web.writing import mailed_token, write


@pytest.fixture
def page(app: Flask, chromium: Browser) -> Iterator[Page]:
    """A page in front of the app under a name of the school's network, not this machine's own."""
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    beyond = chromium.browser_type.launch(
        executable_path=CHROMIUM, args=[*QUIET, "--host-resolver-rules=MAP schoolserver 127.0.0.1"]
    )
    shown = beyond.new_page(base_url=f"http://schoolserver:{server.effective_port}")
    shown.set_default_timeout(30_000)
    yield shown
    beyond.close()
    server.close()
    thread.join(timeout=5)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_p12_the_link_decides_in_a_browser_that_says_nothing_but_the_origin(
    page: Page, signed_in: Callable[[Role], Visitor], make_account: Callable[..., Account], later: datetime
) -> None:
    write(signed_in(Role.STAFF), make_account("x"), at=later, text="Fair on Friday", do="submit")
    with page.expect_request(lambda one: one.method == "POST") as sent:
        page.goto(f"/approve/{mailed_token()}")
        page.get_by_label("Approve").first.check()
        page.get_by_label("PIN").fill(PRACTICE_PIN)
        page.get_by_role("button", name="Send the decision").click()
    said = sent.value.all_headers()
    assert "sec-fetch-site" not in said and said["origin"].startswith("http://schoolserver:")
    expect(page.get_by_role("heading", level=1)).to_have_text("Approved")
