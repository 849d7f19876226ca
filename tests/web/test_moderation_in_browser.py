"""Rules, the queue and its pages in a real browser: without scripts, at 320 px, with axe content."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from moderation.models import Comment, LogCase
from school import db
from school.models import Account
from tests.moderation import scenes
from tests.moderation.platform import ScriptedPlatform, author, comment
from tests.web.test_in_browser import sign_in_as

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("numbered_in_turn"),
]


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
    clock.at = db.now() - timedelta(minutes=2)  # reading and scoring take time
    account_id = make_account("facebook", identity_id="school").id
    said = (comment(n, f"idiot {n}", created_at=clock()) for n in range(2))
    return len(scenes.flagged(account_id, ScriptedPlatform(), clock, *said))


def test_rules_are_tried_and_saved(address: str, narrow: Page, entries: int) -> None:
    sign_in_as(narrow, address, "Daniel Whitcombe")
    narrow.goto(f"{address}/moderation/rules")
    narrow.get_by_label("Rude or hurtful", exact=True).fill("0.995")
    narrow.get_by_label("Reason", exact=False).fill("Too many false alarms")
    narrow.get_by_role("button", name="See what it would have done").click()
    expect(narrow.get_by_role("heading", name=f"would not have been flagged: {entries}")).to_be_visible()
    expect(narrow.get_by_text("idiot 1").last).not_to_be_visible()
    narrow.get_by_label("would no longer be flagged").check()
    narrow.get_by_role("button", name="Save as a new version").click()
    expect(narrow.get_by_text("Version 2 is saved.")).to_be_visible()
    narrow.get_by_role("button", name="Score them again").click()
    expect(narrow.get_by_text("Under way:")).to_be_visible()
    for path in ("/letters", "/documents/check", "/reports"):
        narrow.goto(f"{address}{path}")
        assert narrow.evaluate("document.documentElement.scrollWidth") <= 320, path


def test_the_pages_are_accessible(address: str, wide: Page, entries: int) -> None:
    sign_in_as(wide, address, "Daniel Whitcombe")
    wide.goto(f"{address}/moderation")
    together = wide.get_by_role("link", name="Decide on both").get_attribute("href")
    entry = wide.locator('a[href^="/moderation/0"]').first.get_attribute("href")
    problems = []
    for path in (
        "/moderation",
        "/moderation?by=post",
        "/moderation/rules",
        "/moderation/rules?version=1",
        "/moderation/keys",
        "/moderation/replies",
        "/moderation/done",
        entry,
        together,
        "/log?from=yesterday",
        "/letters",
        "/documents/check",
        "/reports",
        "/reports/charts",
        f"{entry}/letter?template=warning",
    ):
        wide.goto(f"{address}{path}")
        found = Axe().run(wide)
        problems += [f"{path}: {one['id']}" for one in found.response["violations"]]
    assert problems == []


def test_the_key_takes_back_all_that_was_decided_together(address: str, wide: Page, entries: int) -> None:
    """It says so before it does: none of them stays hidden unseen."""
    sign_in_as(wide, address, "Daniel Whitcombe")
    wide.goto(f"{address}/moderation")
    wide.get_by_role("link", name="Decide on both").click()
    wide.get_by_label("Hide them").check()
    wide.get_by_label("Reason", exact=False).fill("Abuse")
    wide.get_by_role("button", name="Record for all that are ticked").click()
    expect(wide.get_by_text(f"Recorded for {entries} entries: hidden.")).to_be_visible()
    wide.keyboard.press("u")
    expect(wide.locator("#keys-said")).to_contain_text("Press U again to take both back")
    wide.keyboard.press("u")
    expect(wide.get_by_text(f"Taken back: {entries} entries are open again.")).to_be_visible()
    expect(wide.locator("article")).to_have_count(entries)


def test_whoever_works_by_keys_goes_on_where_they_were(address: str, wide: Page, entries: int) -> None:
    """What was open stays open over a claim; who refers chooses to whom; a question has the focus."""
    sign_in_as(wide, address, "Daniel Whitcombe")
    wide.goto(f"{address}/moderation")
    keys, first = wide.keyboard, wide.locator("article").first
    for badge in (1, 0):
        keys.press("j")
        keys.press("t" if badge else "Escape")
        expect(first.locator(".quoted")).to_be_visible()
        first.focus()
        keys.press("c")
        expect(first.get_by_text("yours")).to_have_count(badge)
        expect(first.locator(".quoted")).to_be_visible()
        expect(first).to_be_focused()
    wide.reload()
    expect(first.locator(".quoted")).not_to_be_visible()
    keys.press("j")
    keys.press("r")
    expect(wide.locator("#refer_to")).to_be_focused()
    expect(wide.get_by_label("Refer it", exact=True)).to_be_checked()
    with db.transaction() as session:
        session.execute(sa.update(LogCase).values(urgent=True))
    wide.goto(f"{address}/moderation")
    wide.get_by_label("Reason for the decision").first.fill("Harmless")
    wide.get_by_role("button", name="No action").first.click()
    expect(wide.locator("#sure")).to_be_focused()
    keys.press("Tab")
    expect(wide.get_by_role("button", name="Yes: no action")).to_be_focused()


def test_the_queue_by_keyboard_alone(address: str, wide: Page, entries: int) -> None:
    """Next, show, hide with a reason, undo; nothing is decided without one; letters can be switched off."""
    sign_in_as(wide, address, "Daniel Whitcombe")
    wide.goto(f"{address}/moderation")
    said, keys = wide.locator("#keys-said"), wide.keyboard
    keys.press("h")
    expect(said).to_contain_text("Choose an entry first")
    keys.press("?")
    expect(wide.get_by_role("dialog", name="Keys")).to_be_visible()
    assert [one["id"] for one in Axe().run(wide).response["violations"]] == []
    keys.press("Escape")
    keys.press("j")
    first, second = wide.locator("article").nth(0), wide.locator("article").nth(1)
    expect(first).to_be_focused()
    keys.press("t")
    expect(first.locator(".quoted")).to_be_focused()
    keys.press("t")
    expect(first.locator(".quoted")).not_to_be_visible()
    keys.press("n")
    expect(second).to_be_focused()
    keys.press("k")
    keys.press("c")
    expect(wide.locator("article").first.get_by_text("yours")).to_be_visible()
    expect(wide.locator("article").first).to_be_focused()
    keys.press("h")
    expect(said).to_contain_text("write the reason")
    keys.press("Enter")
    expect(wide.get_by_text("Recorded")).to_have_count(0)
    keys.type("Abuse")
    keys.press("Enter")
    expect(wide.get_by_text("Recorded: hidden.")).to_be_visible()
    expect(wide.locator("#undo")).to_be_in_viewport()
    expect(wide.locator("article")).to_have_count(entries - 1)
    expect(wide.locator("article")).to_be_focused()
    # It may put a comment back in public, so once is not enough; any other key leaves it.
    keys.press("u")
    expect(said).to_contain_text("hidden. Press U again")
    keys.press("x")
    keys.press("u")
    expect(said).to_contain_text("Press U again")
    expect(wide.get_by_text("Taken back")).to_have_count(0)
    keys.press("u")
    expect(wide.get_by_text("Taken back")).to_be_visible()
    expect(wide.locator("article")).to_have_count(entries)
    # A reason is written for one decision: stopping it, or going over to another, takes it out again.
    field = wide.get_by_label("Reason for the decision").first
    wide.locator("article").first.focus()
    keys.press("d")
    keys.type("Harmless")
    keys.press("Escape")
    expect(field).to_have_value("")
    keys.press("d")
    keys.type("Harmless")
    wide.locator("article").first.focus()
    keys.press("h")
    expect(field).to_have_value("")
    keys.press("Enter")
    expect(wide.locator("article")).to_have_count(entries)
    keys.press("Escape")
    field.fill("Written before")
    wide.locator("article").first.focus()
    keys.press("h")
    keys.press("Escape")
    expect(field).to_have_value("Written before")
    field.fill("")
    # What everybody will read opens with its tick, and must then be written.
    row = wide.get_by_label("Reason for the decision").first
    row.fill("Typed in the row")
    wide.locator("article").first.get_by_role("button", name="More …").click()
    expect(wide.get_by_label("Reason or note")).to_have_value("Typed in the row")
    # Back and forward find the entry's page again: it is no answer to a form.
    wide.go_back()
    wide.go_forward()
    expect(wide.get_by_label("Reason or note")).to_be_visible()
    words = wide.get_by_label("Everybody will read")
    expect(words).to_be_hidden()
    wide.get_by_label("Answer publicly").check()
    expect(words).to_have_js_property("required", True)
    expect(words).to_have_value("")
    wide.get_by_label("Answer publicly").uncheck()
    expect(words).to_be_hidden()
    wide.get_by_label("Warn the author publicly").check()
    expect(words).to_be_visible()
    expect(words).not_to_have_value("")
    wide.go_back()
    keys.press("j")
    keys.press("b")
    boxes = wide.get_by_label("Entry ", exact=False).and_(wide.get_by_role("checkbox"))
    expect(wide.get_by_role("checkbox", checked=True)).to_have_count(entries)
    wide.get_by_role("button", name="Tick none").click()
    expect(boxes.first).not_to_be_checked()
    wide.get_by_role("button", name="Tick all").click()
    expect(boxes.last).to_be_checked()
    wide.goto(f"{address}/moderation")
    wide.get_by_label("Reason for the decision").first.fill("Abuse")
    keys.press("Enter")
    expect(said).to_contain_text("Choose what is to be done")
    # What is missing is said beside its field, not in a bubble, and nothing is sent.
    wide.get_by_label("Reason for the decision").first.fill("")
    wide.get_by_role("button", name="Hide").first.click()
    missing = wide.get_by_text(re.compile(r"“Reason for the decision on entry \d” is empty. Fill it in."))
    expect(missing).to_be_visible()
    expect(wide.get_by_label("Reason for the decision").first).to_be_focused()
    assert Axe().run(wide).response["violations"] == []
    keys.type("Abuse")
    expect(missing).to_have_count(0)
    # Where nothing can be hidden, what is typed as the reason next acts on nothing.
    with db.transaction() as session:
        session.execute(sa.update(Comment).values(gone_at=db.now()))
    wide.goto(f"{address}/moderation")
    keys.press("j")
    keys.press("h")
    expect(said).to_contain_text("isn’t possible for entry 1: the comment is gone from the platform")
    keys.type("cobuu")
    expect(said).to_contain_text("Nothing was done")
    expect(wide.locator("article").get_by_text("yours", exact=True)).to_have_count(0)
    keys.press("Escape")
    keys.press("c")
    expect(wide.locator("article").first.get_by_text("yours")).to_be_visible()
    wide.goto(f"{address}/moderation/keys")
    wide.get_by_label("Use single letters as shortcuts").uncheck()
    wide.get_by_role("button", name="Save").click()
    wide.goto(f"{address}/moderation")
    keys.press("j")
    keys.press("u")
    expect(wide.locator("article").nth(0)).not_to_be_focused()
    wide.get_by_role("link", name="Keys", exact=True).click()
    expect(wide.get_by_text("You have switched shortcuts of single letters off.")).to_be_visible()


def test_escape_takes_back_on_an_entrys_own_page_what_a_key_began(
    address: str, wide: Page, entries: int, make_account: Callable[..., Account]
) -> None:
    """As the list of keys says, and as in the queue: no tick stays behind, and no letter is a reason."""
    clock = scenes.PresentClock()
    one = comment(9, "idiot 9", created_at=clock(), author=author("Alone"))
    scenes.flagged(make_account("instagram", identity_id="ig").id, ScriptedPlatform(), clock, one)
    sign_in_as(wide, address, "Daniel Whitcombe")
    wide.goto(f"{address}/moderation")
    said, keys = wide.locator("#keys-said"), wide.keyboard
    wide.locator("article", has_text="Entry 3").focus()
    keys.press("b")
    expect(said).to_have_text("There is no other open comment by this author.")
    keys.press("o")
    reason, hide, refer = (wide.locator(one) for one in ("#reason", "#outcome-hide", "#outcome-refer"))
    expect(reason).to_be_visible()
    keys.press("h")
    expect(hide).to_be_checked()
    keys.type("Abuse")
    keys.press("Escape")
    expect(hide).not_to_be_checked()
    expect(reason).to_have_value("")
    expect(wide.locator("[data-entry]")).to_be_focused()
    # The next key is a key again; what was written before a key is kept, and so is a tick of one's own.
    keys.press("u")
    expect(said).to_contain_text("There is nothing to undo")
    hide.check()
    reason.fill("Before")
    wide.locator("[data-entry]").focus()
    keys.press("h")
    keys.press("End")
    keys.type(" and after")
    keys.press("Escape")
    expect(reason).to_have_value("Before")
    expect(hide).to_be_checked()
    hide.uncheck()
    # In another field Escape closes what that opened, and no more.
    wide.locator("[data-entry]").focus()
    keys.press("h")
    keys.press("End")
    keys.type(" and after")
    refer.check()
    wide.locator("#refer_to").focus()
    keys.press("Escape")
    expect(reason).to_have_value("Before and after")
    expect(hide).to_be_checked()
    reason.fill("Before")
    hide.uncheck()
    refer.uncheck()
    # Going over to another decision takes the first one out, as in the queue.
    wide.locator("[data-entry]").focus()
    keys.press("r")
    expect(refer).to_be_checked()
    keys.press("Escape")
    expect(refer).not_to_be_checked()
    keys.press("b")
    expect(said).to_contain_text("here you decide on this entry alone")


def test_an_open_queue_says_how_many_have_come_and_ends_with_the_session(
    address: str, wide: Page, entries: int, make_account: Callable[..., Account]
) -> None:
    asked: list[int] = []
    wide.on("response", lambda one: asked.append(one.status) if "/moderation/news" in one.url else None)
    sign_in_as(wide, address, "Daniel Whitcombe")
    wide.goto(f"{address}/moderation")
    notice = wide.locator("[data-live]")
    with wide.expect_response(lambda one: "/moderation/news" in one.url and one.status == 304):
        pass
    expect(notice).not_to_be_visible()
    clock = scenes.PresentClock()
    found = (comment(n, f"idiot {n}", created_at=clock()) for n in range(7, 10))
    scenes.flagged(make_account("instagram", identity_id="ig").id, ScriptedPlatform(), clock, *found)
    expect(notice).to_contain_text("3 new entries have come.")
    other = wide.context.new_page()
    other.goto(f"{address}/me")
    other.get_by_role("button", name="Sign out").click()
    with wide.expect_response(lambda one: "/moderation/news" in one.url and one.status == 302):
        pass
    before = len(asked)
    wide.wait_for_timeout(4500)
    assert len(asked) == before, "it goes on asking after the session's end"
