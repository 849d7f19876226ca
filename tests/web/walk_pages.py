"""Every kind of page of a full school in a real browser, for every role, and as its forms bring it back.

Not among the tests, since it takes a quarter of an hour:

    python -m pytest -s -o python_files='walk_*.py' tests/web/walk_pages.py

WALK_ONLY: a part of the addresses to be walked. WALK_SHOTS: a folder for pictures of them.

Looked for, besides what axe finds (WCAG 2.2 AA, light and dark): pages wider than the screen at 320 px, at
200 % zoom and with text twice as large; text cut off; what shows no focus, lies under something else when
focused, or comes out of order; requests to other hosts; complaints of the browser.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Error, Page
from sqlalchemy.orm import Session

from connectors.practice.servers import PracticePlatforms
from school.models import Account, Person, Role
from school.setup import PRACTICE_PASSWORD
from tests.web.full_school import Address, addresses, furnish
from tests.web.looks import of_axe, of_the_focus, of_the_layout

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

ONLY = os.environ.get("WALK_ONLY", "")
SHOTS = os.environ.get("WALK_SHOTS", "")
LEFT_ALONE = re.compile(r"/sign-out|/logout|/practice/|/stop|/sign-ins|/end|/active|/take-off")
"""Forms that are not sent empty: they ask nothing, or end the walk."""
NUMBER = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[\w-]{40,}")
FORM = re.compile(r'<form[^>]*action="([^"]*)"')

_OPEN = """wide => document.querySelectorAll(wide ? 'main details' : 'details').forEach(one => {
  one.open = true })"""
_ACTIONS = "[...document.querySelectorAll('form[method=post]')].map(one => one.getAttribute('action') || '')"
_SEND = """number => {
  const form = document.querySelectorAll('form[method=post]')[number];
  if (!form) return false;
  form.noValidate = true;
  for (const field of form.querySelectorAll('input, textarea')) {
    if (!['hidden', 'submit', 'checkbox', 'radio'].includes(field.type)) field.value = '';
  }
  form.requestSubmit();
  return true;
}"""


@dataclass
class Walk:
    """One browser, one page at a time, and what was found."""

    browser: Browser
    base: str
    found: Counter[str] = field(default_factory=Counter)
    states: int = 0

    @contextmanager
    def page(self, email: str) -> Iterator[Page]:
        """A page of somebody who is signed in."""
        context = self.browser.new_context(reduced_motion="reduce", locale="en-GB")
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.on("request", lambda request: self._asked(page, request.url))
        page.on("pageerror", lambda error: self.note(page.url, f"script: {error}"))
        page.on("console", lambda said: said.type == "error" and self._said(page, said.text))
        page.on("dialog", lambda dialog: dialog.accept())
        if email:
            page.goto(f"{self.base}/sign-in")
            page.get_by_label("School e-mail address").fill(email)
            page.get_by_label("Password", exact=True).fill(PRACTICE_PASSWORD)
            page.get_by_role("button", name="Sign in", exact=True).click()
            page.wait_for_url(lambda url: "/sign-in" not in url)
        yield page
        context.close()

    def note(self, where: str, what: str) -> None:
        """Keep and print something that is wrong, once for each kind of page."""
        said = f"{NUMBER.sub('ID', urlsplit(where).path)}: {NUMBER.sub('ID', what)}"
        self.found[said] += 1
        if self.found[said] == 1:
            print("FOUND", said, flush=True)

    def look(self, page: Page, state: str, *looks: Callable[[Page], Iterable[str]]) -> None:
        """Look for this on the page as it is."""
        self.states += 1
        for one in looks:
            try:
                for said in one(page):
                    self.note(page.url, f"{state}: {said}")
            except Error as error:
                self.note(page.url, f"{state}: {str(error)[:300]}")

    def go(self, page: Page, path: str) -> None:
        """Open the page; once more if the page before loaded itself anew just then."""
        try:
            page.goto(self.base + path, wait_until="load")
        except Error:
            page.goto(self.base + path, wait_until="load")

    def shoot(self, page: Page, name: str) -> None:
        """A picture of the whole page, if wanted."""
        if SHOTS:
            path = re.sub(r"\W+", "_", NUMBER.sub("ID", urlsplit(page.url).path)).strip("_") or "today"
            page.screenshot(path=f"{SHOTS}/{path}_{name}.png", full_page=True)

    def _asked(self, page: Page, url: str) -> None:
        if not url.startswith((self.base, "data:", "blob:", "about:")):
            self.note(page.url, f"asks {url[:80]}")

    def _said(self, page: Page, text: str) -> None:
        if "status of 4" not in text and "Blocked script execution" not in text:
            self.note(page.url, f"console: {text[:200]}")


def _chosen(app: Flask, emails: list[str], more: list[str]) -> dict[str, list[Address]]:
    """For each person the addresses to be walked: one for each kind of page with other forms than before."""
    known: set[tuple[str, ...]] = set()
    chosen: dict[str, list[Address]] = {}
    for one in addresses(app, emails, more, each=1):
        if not one.page or one.endpoint == "mailbox.html" or ONLY not in one.path:
            continue
        query = sorted(name for name, _value in parse_qsl(urlsplit(one.path).query))
        forms = {NUMBER.sub("", action).partition("?")[0] for action in FORM.findall(one.page)}
        key = (one.endpoint, *query, *(sorted(forms) if one.endpoint != "today.show" else [one.email]))
        if key not in known:
            known.add(key)
            chosen.setdefault(one.email, []).append(one)
    return chosen


def _every_screen(walk: Walk, page: Page, who: str, path: str) -> list[str]:
    """The page in every size and colour; where its forms lead to."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")
    walk.go(page, path)
    page.evaluate(_OPEN, True)
    walk.shoot(page, f"{who}_1280")
    walk.look(page, "1280 light", of_the_layout, of_axe, of_the_focus)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    walk.look(page, "text 200 %", of_the_layout)
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size({"width": 640, "height": 400})
    walk.look(page, "zoom 200 %", of_the_layout)
    page.set_viewport_size({"width": 320, "height": 640})
    page.emulate_media(color_scheme="dark")
    walk.shoot(page, f"{who}_320")
    toggle = page.locator(".navbar-toggler")
    if toggle.count() and toggle.is_visible():
        toggle.press("Enter")
    page.evaluate(_OPEN, False)
    walk.look(page, "320 dark", of_the_layout, of_axe, of_the_focus)
    return [str(action) for action in page.evaluate(_ACTIONS)]


def _send_empty(walk: Walk, page: Page, path: str, number: int, kind: str) -> None:
    """A form with nothing in it, as it comes back."""
    page.set_viewport_size({"width": 320, "height": 640})
    page.emulate_media(color_scheme="light")
    walk.go(page, path)
    try:
        with page.expect_navigation(wait_until="load", timeout=20_000):
            if not page.evaluate(_SEND, number):
                return
    except Error:
        return
    walk.look(page, f"sent empty to {kind}", of_the_layout, of_axe, of_the_focus)
    page.emulate_media(color_scheme="dark")
    walk.look(page, f"sent empty to {kind}, dark", of_axe)


def test_every_page_of_a_full_school(
    app: Flask, session: Session, school_people: dict[Role, Person], make_account: Callable[..., Account],
    settings_home: Path, practice: PracticePlatforms, address: str, chromium: Browser,
) -> None:  # fmt: skip
    more = furnish(app, session, school_people, make_account, settings_home, practice)
    session.commit()
    walk, began = Walk(chromium, address), time.monotonic()
    chosen = _chosen(app, [person.email for person in school_people.values()], more)
    pages = sum(map(len, chosen.values()))
    print(f"\n{pages} pages, {time.monotonic() - began:.0f} s", flush=True)
    sendable: dict[str, tuple[str, str, int]] = {}
    for email, theirs in chosen.items():
        with walk.page(email) as page:
            for one in theirs:
                print(f"{time.monotonic() - began:.0f} s {email} {one.path}", flush=True)
                for number, action in enumerate(_every_screen(walk, page, email.partition("@")[0], one.path)):
                    kind = NUMBER.sub("ID", action or one.path).partition("?")[0]
                    if not LEFT_ALONE.search(kind):
                        sendable.setdefault(kind, (email, one.path, number))
    for kind, (email, path, number) in sendable.items():
        print(f"{time.monotonic() - began:.0f} s {email} sends {kind}", flush=True)
        with walk.page(email) as page:
            _send_empty(walk, page, path, number, kind)
    print(
        f"{pages} kinds of page of {len(chosen)} people and visitors in four states, {len(sendable)} forms"
        f" sent empty: {walk.states} states, {len(walk.found)} findings, {time.monotonic() - began:.0f} s"
    )
    assert not walk.found, "\n".join(f"{count} × {what}" for what, count in sorted(walk.found.items()))
