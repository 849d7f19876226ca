"""The pages in a real browser: they fit a narrow screen, obey the content policy, and axe is content."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from connectors.base import Platform
from connectors.practice.servers import PracticePlatforms
from school.db import reading
from school.people import find
from tests.web.test_practice_pages import arrive, picture

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def sign_in_as(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_role("button", name=name).click()
    page.wait_for_url(f"{address}/")


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_pages_fit_obey_the_policy_and_are_accessible(
    width: int, scheme: str, address: str, chromium: Browser, practice: PracticePlatforms,
    settings_home: Path, make_account: object,
) -> None:  # fmt: skip
    world = practice.world
    for platform in Platform:
        make_account(platform.value)  # type: ignore[operator]
        shown = world.add_picture(platform, picture(), alt_text="A green square")
        post = world.publish(
            platform, "Sports day " + "averylongwordwithoutanyspace" * 6, picture_ids=[shown.id]
        )
        comment = world.say(platform, post.id, "Ann Baker", "See you there")
        world.say(platform, post.id, "Kev Sour", "No, " + "grumble" * 30, comment.id)
        world.follow(platform, "Ann Newcomer", bio="gardener")
    mail = arrive(settings_home, "Margaret <head@larkfield.test>")
    with reading() as session:
        teacher = find(session, "teacher@larkfield.test")
    assert teacher is not None
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(f"{page.url}: {message.text}")

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    problems: list[str] = []

    def look(path: str) -> None:
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
        page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            problems.append(f"{path} is {wide} wide")
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
        for violation in found.response["violations"]:
            where = [node["target"] for node in violation["nodes"][:3]]
            problems.append(f"{path}: {violation['id']} at {where}")

    look("/sign-in")
    sign_in_as(page, address, "Margaret Oyelaran")
    for path in (
        "/", "/me", "/me/sign-in", "/me/sign-in/app", "/sign-ins", "/people",
        f"/people/{teacher.id}", "/accounts", "/accounts/apps",
        "/accounts/connect/x", "/consent", "/audit", "/practice/x",
        "/practice/facebook", "/practice/x/people", "/practice/faults", "/practice/mailbox",
        f"/practice/mailbox/{mail}", "/terms", "/training", "/forms", "/troubles",
    ):  # fmt: skip
        look(path)
    context.close()
    assert not problems, "\n".join(problems)
    # The mail of this test holds a script: the frame refuses it, and nothing else is complained of.
    [refused] = complaints
    assert "Blocked script execution" in refused and f"{mail}/html" in refused


def test_the_menu_opens_on_a_narrow_screen_and_somebody_signs_out(address: str, chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 320, "height": 700})
    sign_in_as(page, address, "Daniel Whitcombe")
    expect(page.get_by_role("link", name="Moderation", exact=True)).not_to_be_visible()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Moderation", exact=True).click()
    page.wait_for_url(f"{address}/moderation")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{address}/sign-in")
    page.close()


def test_without_scripts_everything_still_works(address: str, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
    page = context.new_page()
    page.emulate_media(color_scheme="dark")
    sign_in_as(page, address, "Tomasz Zielinski")
    ground = page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    assert ground == "rgb(22, 25, 26)", "not dark"
    expect(page.get_by_role("link", name="Consent", exact=True)).not_to_be_visible()
    page.get_by_role("link", name="Menu", exact=True).click()
    page.get_by_role("link", name="Consent", exact=True).click()
    page.get_by_label("Full name").fill("Idris Vaughan")
    page.get_by_label("Class").fill("Year 2 Robins")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Idris Vaughan")).to_be_visible()
    context.close()


def test_a_link_in_a_mail_leads_on_while_signed_in(
    address: str, chromium: Browser, settings_home: Path
) -> None:
    """The frame is shut in, but its links open in the whole window, still signed in."""
    name = arrive(settings_home, "Margaret <head@larkfield.test>")
    path = settings_home / "mailbox" / name
    path.write_bytes(
        path.read_bytes().replace(b"http://127.0.0.1:8000/approve/abc-123", f"{address}/me".encode())
    )
    page = chromium.new_page()
    sign_in_as(page, address, "Margaret Oyelaran")
    page.goto(f"{address}/practice/mailbox/{name}")
    frame = page.frame_locator("iframe.mail-frame")
    assert frame.locator("img").evaluate("image => image.naturalWidth") == 40
    frame.get_by_role("link", name="Decide").click()
    page.wait_for_url(f"{address}/me")
    expect(page.get_by_role("heading", name="Margaret Oyelaran")).to_be_visible()
    page.close()


def test_another_button_of_a_form_is_no_second_press_of_the_first(address: str, chromium: Browser) -> None:
    page = chromium.new_page()
    sign_in_as(page, address, "Tomasz Zielinski")
    page.goto(f"{address}/consent")
    for kind in ("csv", "xlsx"):
        with page.expect_download(timeout=3000) as fetched:
            page.get_by_role("button", name=kind.upper(), exact=True).click()
        assert fetched.value.suggested_filename.endswith(f".{kind}")
    # The same button twice within seconds stays one press.
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.get_by_role("button", name="XLSX", exact=True).click()
    page.wait_for_timeout(300)
    assert not [url for url in sent if url.endswith("/export")]
    page.close()
