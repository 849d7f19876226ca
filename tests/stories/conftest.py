"""A running product and Chromium in front of it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.worker.conftest import Product, running, wait_for


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder that does not exist yet."""
    return tmp_path / "school"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One running practice school for the stories of a module; nobody comes by themselves."""
    with running(tmp_path_factory.mktemp("story") / "home", SCHOOLGATE_PRACTICE_PACE="0") as started:
        # The classifier loads behind the first page; the stories are those of a school at work.
        assert wait_for(lambda: _at_work(started), 120), "the school never got to work"
        yield started


def _at_work(product: Product) -> bool | None:
    """Whether the classifier is loaded and the followers of before are known: later ones are new."""
    path = product.home / "schoolgate.db"
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30) as database:
        loaded = database.execute("SELECT 1 FROM heartbeats WHERE name = 'classifier'").fetchone()
        known = database.execute("SELECT 1 FROM followers WHERE state = 'earlier'").fetchone()
    return True if loaded and known else None


SignIn = Callable[[str], Page]


@pytest.fixture
def sign_in(product: Product, chromium: Browser, tmp_path: Path) -> Iterator[SignIn]:
    """Opens a browser of its own for one of the practice people; nothing may fail in its console."""
    contexts = []
    failures: list[str] = []

    def open_for(mailbox: str) -> Page:
        context = chromium.new_context(viewport={"width": 1100, "height": 900}, locale="en-GB")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: failures.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda said: (
                failures.append(f"{page.url}: {said.text}") if "Content Security" in said.text else None
            ),
        )
        page.goto(f"{product.url}/sign-in")
        page.get_by_label("School e-mail address").fill(f"{mailbox}@larkfield.test")
        page.get_by_label("Password", exact=True).fill("practice makes perfect")
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    yield open_for
    for context in contexts:
        context.close()
    assert failures == []


def reload_until(page: Page, seen: Callable[[], bool], seconds: float) -> float:
    """Reload the page until something is seen on it; the seconds that took. Fails when they are over."""
    began = time.monotonic()
    while not seen():
        assert time.monotonic() - began < seconds, f"not seen within {seconds} s on {page.url}"
        time.sleep(0.3)
        page.reload()
    return time.monotonic() - began


@contextmanager
def visitor(chromium: Browser, *, scripts: bool = True, width: int = 1100) -> Iterator[Page]:
    """Somebody who isn't signed in."""
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=scripts, locale="en-GB"
    )
    try:
        page = context.new_page()
        page.set_default_timeout(20_000)
        yield page
    finally:
        context.close()
