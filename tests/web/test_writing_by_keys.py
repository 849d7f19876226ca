"""The form of a post by its keys and buttons alone: what Enter does, and the order of the pictures."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from approvals.models import DraftRevision, MediaFile, Publication, UnsavedDraft
from approvals.states import DraftState, PublicationState
from school.models import Account
from tests.approvals import scenes
from tests.web.conftest import Browser as Visitor
from tests.web.writing import count, decide, fields, mailed_token, only_draft, rows, upload, write

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def with_pictures(page: Page, address: str, folder: Path, *names: str) -> None:
    """The form of a new post with these pictures, as a signed-in teacher."""
    page.goto(f"{address}/sign-in")
    page.get_by_role("button", name="Hannah Birtwistle").click()
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/drafts/new")
    page.locator("textarea[name=text]").fill("The fair")
    files = []
    for number, name in enumerate(names):
        file = folder / name
        file.write_bytes(scenes.picture_bytes(640 + number, 480))
        files.append(file)
    page.locator("#new_pictures").set_input_files(files)
    page.get_by_role("button", name="Add the chosen pictures").click()
    expect(page.locator(".draft-picture")).to_have_count(len(names))


@pytest.mark.parametrize("scripts", [True, False])
def test_enter_in_a_field_of_one_line_saves_and_does_nothing_else(
    address: str, chromium: Browser, x: Account, tmp_path: Path, scripts: bool
) -> None:
    """A browser presses the first button of the form: once that one led to a picture’s faces."""
    context = chromium.new_context(java_script_enabled=scripts)
    page = context.new_page()
    page.set_default_timeout(30_000)
    with_pictures(page, address, tmp_path, "fair.jpg")
    page.get_by_label("Link").fill("https://www.example.sch.uk/fair")
    page.get_by_label("Link").press("Enter")
    expect(page.locator("main")).to_contain_text("The draft is saved")
    assert page.url == f"{address}/drafts/{only_draft().id}"
    assert rows(sa.select(DraftRevision.link)) == ["https://www.example.sch.uk/fair"]
    # Whoever goes by the tab key finds one button that saves, and so does who listens.
    page.goto(f"{page.url}/edit")
    expect(page.get_by_role("button", name="Save", exact=True)).to_have_count(1)
    first = page.locator("#draft-form button").first
    assert first.get_attribute("tabindex") == "-1" and first.get_attribute("value") == "save"
    context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_pictures_are_put_in_another_order_and_saved_so(
    address: str, chromium: Browser, x: Account, tmp_path: Path, scripts: bool
) -> None:
    context = chromium.new_context(java_script_enabled=scripts, viewport={"width": 320, "height": 700})
    page = context.new_page()
    page.set_default_timeout(30_000)
    with_pictures(page, address, tmp_path, "one.png", "two.jpg", "three.jpg")
    page.get_by_label("Description of three.jpg").fill("The last of them")
    expect(page.get_by_role("button", name="Earlier: one.png")).to_have_count(0)
    expect(page.get_by_role("button", name="Later: three.jpg")).to_have_count(0)
    page.get_by_role("button", name="Earlier: three.jpg").click()
    expect(page.get_by_role("status").get_by_text("Now picture 2 of 3")).to_be_visible()
    assert page.evaluate("window.scrollY") > 0, "one stays with the picture"
    page.get_by_role("button", name="Later: one.png").click()
    expect(page.get_by_role("status").get_by_text("Now picture 2 of 3")).to_be_visible()
    expect(page.get_by_label("Description of three.jpg")).to_have_value("The last of them")
    expect(page.locator(".draft-picture b")).to_have_text(["three.jpg", "one.png", "two.jpg"])
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    # Kept, as whatever is written; and saved in that order.
    assert count(UnsavedDraft) == 1
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("main")).to_contain_text("The draft is saved")
    with_order = rows(sa.select(DraftRevision))
    assert [one.media.filename for one in with_order[0].pictures] == ["three.jpg", "one.png", "two.jpg"]
    context.close()


def test_p12_another_order_of_an_approved_posts_pictures_is_another_version(
    app: Flask, teacher: Visitor, x: Account, later: datetime
) -> None:
    """Nothing goes out in an order that nobody approved."""
    for name, width in (("one.jpg", 640), ("two.jpg", 700)):
        upload(teacher, "/drafts/new", scenes.picture_bytes(width), name, do="pictures")
    pictures = [str(one) for one in rows(sa.select(MediaFile.id).order_by(MediaFile.filename))]
    words: dict[str, object] = {"none_shown": "yes"}
    for one in pictures:
        words |= {f"alt_{one}": "Stalls", f"source_{one}": "The office", f"licence_{one}": "Ours"}
    path = write(teacher, x, at=later, media=pictures, **words)
    assert decide(app, mailed_token()).status_code == 200
    assert only_draft().state is DraftState.APPROVED
    edit = f"{path}/edit"
    form = fields(x, at=later, media=pictures, based_on="1", **words)
    # A button of the form changes what is in the form; what is approved stands until that is saved.
    page = teacher.post(edit, edit, **{**form, "do": f"later-{pictures[0]}"}).text
    assert re.findall(r'name="media" value="([^"]+)"', page) == pictures[::-1]
    assert only_draft().state is DraftState.APPROVED
    for nonsense in (f"earlier-{pictures[0]}", f"later-{uuid4()}", "later-x"):
        page = teacher.post(edit, edit, **{**form, "do": nonsense}).text
        assert re.findall(r'name="media" value="([^"]+)"', page) == pictures
    assert teacher.post(edit, edit, **{**form, "media": pictures[::-1], "do": "save"}).status_code == 302
    assert only_draft().state is DraftState.DRAFT
    hashes = rows(sa.select(DraftRevision.content_hash).order_by(DraftRevision.number))
    assert len(hashes) == 2 and hashes[0] != hashes[1]
    assert [one.state for one in rows(sa.select(Publication))] == [PublicationState.CANCELLED]
