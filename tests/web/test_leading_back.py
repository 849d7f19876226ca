"""Where X and Facebook lead a browser back to, and what becomes of it there (P11)."""

from __future__ import annotations

import re

import pytest

from school import app_keys
from school.settings import settings
from school.setup import PRACTICE_PASSWORD
from tests.web.conftest import Browser


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_x_leads_back_to_this_machines_number_and_on_to_its_name(head: Browser, visitor: Browser) -> None:
    """X takes no “localhost”; whoever began is signed in under that name alone."""
    shown = head.get("/accounts/apps").text
    assert "<code>http://127.0.0.1:8000/accounts/connected/x</code>" in shown
    assert "<code>http://localhost:8000/accounts/connected/facebook</code>" in shown
    path, number = "/accounts/connected/x?oauth_token=a%26b&oauth_verifier=c", "http://127.0.0.1:8000"
    answer = visitor.get(path, base_url=number)
    assert answer.status_code == 302 and answer.headers["Location"] == f"http://localhost:8000{path}"
    # Nowhere else from there, nor from another machine's number, nor whoever is signed in under the number.
    assert visitor.get("/", base_url=number).headers["Location"].startswith("/sign-in")
    assert visitor.get(path, base_url="http://192.0.2.7").headers["Location"].startswith("/sign-in")
    under_number = Browser(visitor.client.application.test_client())
    sent = {"email": "head@larkfield.test", "password": PRACTICE_PASSWORD}
    token = re.search(r'csrf_token" value="([^"]+)"', under_number.get("/sign-in", base_url=number).text)
    assert token
    answer = under_number.client.post("/sign-in", data={**sent, "csrf_token": token[1]}, base_url=number)
    assert answer.status_code == 302
    assert under_number.get(path, base_url=number).status_code == 400


@pytest.mark.parametrize(
    ("setting", "begins"),
    [
        ("https://social.larkfield.test", "https://social.larkfield.test"),
        ("http://localhost", "http://127.0.0.1"),
        ("https://localhost:8443", "https://localhost:8443"),
    ],
)
def test_x_leads_back_to_the_public_address(
    setting: str, begins: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHOOLGATE_PUBLIC_URL", setting)
    settings.cache_clear()
    assert app_keys.callback(app_keys.Family.X) == f"{begins}/accounts/connected/x"
    assert app_keys.callback(app_keys.Family.META) == f"{setting}/accounts/connected/facebook"
