"""Signing in at a running product over HTTP, with the second factor that a real school asks for."""

from __future__ import annotations

import re

import requests

from school import db
from tests.school.test_second_factor import code_of


def form_token(page: str) -> str:
    """The token of a page's form."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, page[:2000]
    return found[1]


def set_up_second_factor(browser: requests.Session, url: str) -> None:
    """Whoever has signed in and is let into nothing yet gets an app and types its code."""
    page = browser.get(f"{url}/me/sign-in/app", timeout=60)
    seed = re.search(r'<code class="long">([A-Z2-7 ]+)</code>', page.text)
    sealed = re.search(r'name="secret_seed" value="([^"]+)"', page.text)
    assert seed and sealed, page.text[:2000]
    code = code_of(seed[1].replace(" ", ""), db.now().timestamp())
    answer = browser.post(
        f"{url}/me/sign-in/app",
        data={"csrf_token": form_token(page.text), "secret_seed": sealed[1], "code": code},
        headers={"Referer": page.url},
        timeout=60,
    )
    assert answer.ok, answer.text[:2000]
