"""The calendar, the decision and rows of tabs on a phone, in a real browser: they lead where they say."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from waitress import create_server

from school import db
from school.models import Account, Role
from tests.web.conftest import Browser as Visitor
from tests.web.writing import write

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def phone(app: Flask, chromium: Browser) -> Iterator[Page]:
    """A narrow page in front of the app, with the headteacher signed in."""
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.effective_port}"
    context = chromium.new_context(base_url=base, viewport={"width": 320, "height": 700})
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto("/sign-in")
    page.get_by_role("button", name="Margaret Oyelaran").click()
    page.wait_for_url(f"{base}/")
    yield page
    context.close()
    server.close()
    thread.join(timeout=5)


def tops(page: Page, name: str) -> float:
    """How far below the window's upper edge something begins, in pixels."""
    return float(page.evaluate("id => document.getElementById(id).getBoundingClientRect().top", name))


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def test_a_months_days_say_how_many_posts_they_have_and_lead_to_them(
    phone: Page, signed_in: Callable[[Role], Visitor], make_account: Callable[..., Account]
) -> None:
    later = (db.now() + timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
    teacher, x = signed_in(Role.STAFF), make_account("x")
    for hours in (0, 2):
        write(teacher, x, at=later + timedelta(hours=hours), text=f"Fair number {hours}")
    phone.goto(f"/calendar?month={later:%Y-%m}")
    assert phone.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    table = phone.get_by_role("table")
    expect(table.get_by_role("columnheader")).to_have_count(7)
    expect(table.get_by_role("columnheader").first).to_have_accessible_name("Monday")
    day = table.get_by_role("link", name=f"{later:%A} {later.day} {later:%B}: 2 posts, waiting for approval")
    expect(day).to_be_visible()
    box = day.bounding_box()
    assert box and box["width"] >= 24 and box["height"] >= 24
    # What only fits a wide screen isn't there twice.
    expect(table.get_by_text("Fair number")).to_have_count(2)
    assert not [one for one in table.get_by_text("Fair number").all() if one.is_visible()]
    assert Axe().run(phone).violations_count == 0
    day.focus()
    phone.keyboard.press("Enter")
    assert focused(phone) == f"day-{later:%Y-%m-%d}"
    expect(phone.locator(f"#{focused(phone)}")).to_be_in_viewport()
    phone.goto(f"/calendar?week={later:%Y-%m-%d}")
    expect(phone.get_by_role("table")).to_have_count(0)
    expect(phone.get_by_role("link", name="Fair number 0").last).to_be_visible()


def test_go_to_the_decision_lands_on_it_with_the_focus_there(
    phone: Page, signed_in: Callable[[Role], Visitor], make_account: Callable[..., Account]
) -> None:
    later = (db.now() + timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
    path = write(signed_in(Role.STAFF), make_account("x"), at=later)
    phone.goto(path)
    assert tops(phone, "decide") > 700
    phone.get_by_role("link", name="Go to the decision").click()
    assert focused(phone) == "decide" and 0 <= tops(phone, "decide") < 40
    phone.keyboard.press("Tab")
    expect(phone.get_by_label("Approve: publish it as planned")).to_be_focused()


def test_a_decision_without_a_choice_is_asked_for_once_for_all_three(
    phone: Page, signed_in: Callable[[Role], Visitor], make_account: Callable[..., Account]
) -> None:
    later = (db.now() + timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
    phone.goto(write(signed_in(Role.STAFF), make_account("x"), at=later))
    phone.get_by_role("button", name="Send the decision").click()
    said = phone.locator(".invalid-feedback")
    expect(said).to_have_text(["Choose one of the three."])
    choices = phone.get_by_role("radio").all()
    for one in choices:
        expect(one).to_have_accessible_description("Choose one of the three.")
    expect(choices[0]).to_be_focused()
    assert Axe().run(phone).violations_count == 0
    # Pressed once more it is still said once; any of them settles it.
    phone.get_by_role("button", name="Send the decision").click()
    expect(said).to_have_count(1)
    choices[1].check()
    expect(said).to_have_count(0)
    expect(phone.locator("[aria-invalid]")).to_have_count(0)


def test_what_is_the_same_on_another_platform_is_a_press_away_and_stands_open_where_there_is_room(
    phone: Page, signed_in: Callable[[Role], Visitor], make_account: Callable[..., Account]
) -> None:
    later = (db.now() + timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
    accounts = [make_account(name) for name in ("x", "facebook")]
    phone.goto(write(signed_in(Role.STAFF), *accounts, at=later))
    looks = phone.locator("article.feed")
    expect(looks).to_have_count(2)
    assert [one.is_visible() for one in looks.all()] == [True, False]
    assert Axe().run(phone).violations_count == 0
    phone.get_by_text("The same on").press("Enter")
    expect(looks.nth(1)).to_be_visible()
    phone.get_by_text("The same on").press("Enter")
    expect(looks.nth(1)).to_be_hidden()
    phone.set_viewport_size({"width": 1280, "height": 800})
    expect(looks.nth(1)).to_be_visible()
    expect(phone.get_by_text("The same on")).to_be_hidden()
    assert Axe().run(phone).violations_count == 0
    # Folded or not, it is on the paper.
    phone.set_viewport_size({"width": 320, "height": 700})
    phone.emulate_media(media="print")
    expect(looks.nth(1)).to_be_visible()


def test_the_open_tab_of_a_long_row_stands_in_sight(phone: Page) -> None:
    phone.goto("/moderation/keys")
    tab = phone.locator(".nav-tabs .active")
    expect(tab).to_have_text("Shortcuts and breaks")
    expect(tab).to_be_in_viewport(ratio=0.95)
