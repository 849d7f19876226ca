"""Rules, the queue and deciding together in a real browser: without scripts, at 320 px, with axe content."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from school import db
from school.models import Account
from tests.moderation import scenes
from tests.moderation.platform import ScriptedPlatform, comment
from tests.web.test_in_browser import address, sign_in_as

__all__ = ["address"]

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def narrow(chromium: Browser) -> Iterator[Page]:
    """A narrow screen without scripts."""
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def wide(chromium: Browser) -> Iterator[Page]:
    """A desktop with scripts, dark."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, color_scheme="dark")
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def entries(make_account: Callable[..., Account]) -> int:
    """Two open entries of one author; how many."""
    clock = scenes.Clock()
    clock.at = db.now()
    account_id = make_account("facebook", identity_id="school").id
    said = (comment(n, f"idiot {n}", created_at=clock()) for n in range(2))
    return len(scenes.flagged(account_id, ScriptedPlatform(), clock, *said))


def test_rules_are_tried_and_saved_and_entries_decided_together(
    address: str, narrow: Page, entries: int
) -> None:
    sign_in_as(narrow, address, "Daniel Whitcombe")
    narrow.goto(f"{address}/moderation/rules")
    narrow.get_by_label("Toxicity", exact=True).fill("0.995")
    narrow.get_by_label("Reason", exact=False).fill("Too many false alarms")
    narrow.get_by_role("button", name="See what it would have done").click()
    expect(narrow.get_by_role("heading", name=f"would not have been flagged: {entries}")).to_be_visible()
    expect(narrow.get_by_text("idiot 1").last).not_to_be_visible()
    narrow.get_by_role("button", name="Save as a new version").click()
    expect(narrow.get_by_text("Version 2 is saved.")).to_be_visible()
    narrow.get_by_role("button", name="Score them again").click()
    expect(narrow.get_by_text("Under way:")).to_be_visible()
    for path in ("/letters", "/documents/check", "/reports"):
        narrow.goto(f"{address}{path}")
        assert narrow.evaluate("document.documentElement.scrollWidth") <= 320, path
    narrow.goto(f"{address}/moderation")
    narrow.get_by_role("link", name=f"Decide on all {entries} open of this author together").click()
    narrow.get_by_label("Hide them").check()
    narrow.get_by_label("Reason", exact=True).fill("Abuse")
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 320
    narrow.get_by_role("button", name="Record for all").click()
    expect(narrow.get_by_text(f"Recorded for {entries} entries: hidden.")).to_be_visible()


def test_the_pages_are_accessible(address: str, wide: Page, entries: int) -> None:
    sign_in_as(wide, address, "Daniel Whitcombe")
    wide.goto(f"{address}/moderation")
    together = wide.get_by_role("link", name="Decide on all").get_attribute("href")
    entry = wide.locator('a[href^="/moderation/0"]').first.get_attribute("href")
    problems = []
    for path in (
        "/moderation",
        "/moderation?by=post",
        "/moderation/rules",
        "/moderation/rules?version=1",
        together,
        "/log?from=yesterday",
        "/letters",
        "/documents/check",
        "/reports",
        f"{entry}/letter?template=warning",
    ):
        wide.goto(f"{address}{path}")
        found = Axe().run(wide)
        problems += [f"{path}: {one['id']}" for one in found.response["violations"]]
    assert problems == []
