"""Choosing what is blurred in a picture: with fields alone, by mouse, finger and keys (P28)."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from approvals.models import BlurChoice, Draft, LookState, PictureLook, PictureWords, RevisionPicture
from school import db
from school.models import Account, Role
from tests.approvals import scenes
from tests.web.conftest import Browser
from tests.web.writing import count, mailed_token, only_draft, rows, upload, write

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

FACES = [[200, 120, 160, 200], [600, 100, 100, 120]]


def drafted(teacher: Browser, account: Account, at: datetime, **more: object) -> str:
    """A draft with one picture, saved by the button that leads to its faces; the path of that page."""
    page = upload(teacher, "/drafts/new", scenes.picture_bytes(900, 600), "class.jpg", do="pictures").text
    [media] = re.findall(r'name="media" value="([^"]+)"', page)
    described = {f"{name}_{media}": "The class" for name in ("alt", "source", "licence")}
    path = write(teacher, account, at=at, media=media, do=f"faces-{media}", **described, **more)
    assert path.endswith(f"/pictures/{media}/faces?back=form")
    return path.partition("?")[0]


def found(faces: list[list[int]]) -> None:
    """What a worker saw."""
    with db.transaction() as session:
        look = session.scalars(sa.select(PictureLook).order_by(PictureLook.asked_at)).first()
        assert look is not None
        look.state, look.faces = LookState.DONE, faces


def form_of(page: str) -> dict[str, object]:
    """The fields of the page as a browser without scripts would send them."""
    page = page.partition("<template>")[0]
    inputs = re.findall(r"<input ([^>]*)>", page)
    values: dict[str, list[str]] = {}
    for attributes in inputs:
        name = re.search(r'name="([^"]+)"', attributes)
        value = re.search(r'value="([^"]*)"', attributes)
        ticked = 'type="checkbox"' not in attributes or " checked" in attributes
        if name and value and ticked and name[1] != "csrf_token":
            values.setdefault(name[1], []).append(value[1])
    return dict(values)


def test_with_fields_alone(app: Flask, teacher: Browser, head: Browser, x: Account, later: datetime) -> None:
    path = drafted(teacher, x, later)
    page = teacher.get(path).text
    assert "Looking for faces" in page and "There is no box yet." in page
    assert teacher.get(f"{path}/news").json == {"mark": "waiting"}
    found(FACES)
    assert teacher.get(f"{path}/news").json == {"mark": "done"}
    # Somebody who did not load the page again gets the faces all the same, and a box of their own.
    page = teacher.post(path, path, **{**form_of(page), "do": "add"}).text
    assert "2 faces were found" in page
    form = form_of(page)
    assert form["row"] == ["face1", "face2", "added1"] and form["blur"] == ["added1"]
    form |= {"blur": ["face2", "added1"], "left_added1": "left", "width_face2": "2"}
    answer = teacher.post(path, path, **{**form, "do": "save"})
    assert answer.status_code == 400
    assert "Box 3: “left” is no number of pixels" in answer.text and "Box 2: A place of 2 ×" in answer.text
    assert 'value="left"' in answer.text, "nothing typed is lost"
    form = form_of(answer.text) | {"left_added1": "-20", "top_added1": "500", "width_face2": "100"}
    sample = teacher.get(f"{path}/blurred?place=600-100-100-120")
    assert sample.mimetype == "image/jpeg" and Image.open(io.BytesIO(sample.data)).size == (800, 533)
    assert teacher.get(f"{path}/blurred?place=1-2-3").status_code == 400
    answer = teacher.post(path, path, **{**form, "do": "save"})
    assert answer.status_code == 302
    # Pressed twice: the same answer, and one version.
    again = teacher.post(f"{path}?back=form", answer.headers["Location"], **{**form, "do": "save"})
    assert again.status_code == 302
    assert again.headers["Location"].endswith("/edit#pictures-heading"), "back to where they came from"
    draft = only_draft()
    assert draft.revision_number == 2
    [choice] = rows(sa.select(BlurChoice))
    assert choice.places == [[600, 100, 100, 120, 2], [0, 500, 80, 100, 0]]
    shown = teacher.get(answer.headers["Location"]).text
    said = "2 faces were found in it. Blurred: 1 of them and 1 other place, as Hannah Birtwistle chose"
    assert said in shown
    assert "In “class.jpg” 1 face can be seen and no pupil is marked: who is it?" in shown
    # The headteacher decides on the blurred copy, and reads who chose it.
    teacher.post(f"/drafts/{draft.id}/submit", answer.headers["Location"], revision="2")
    token = mailed_token()
    asked = Browser(app.test_client()).get(f"/approve/{token}").text
    assert said in asked and "1 face can be seen and no pupil is marked" in asked
    picture = Browser(app.test_client()).get(f"/approve/{token}/picture/1").data
    assert picture == teacher.get(f"/drafts/media/{choice.media_id}").data
    assert picture != teacher.get(f"/drafts/media/{choice.source_id}").data
    # Only its author sees the picture as it was, large, and only for choosing.
    newest = f"/drafts/{draft.id}/pictures/{choice.media_id}/faces"
    assert teacher.get(f"{newest}/large").status_code == 200
    for part in ("", "/large", "/blurred", "/news"):
        assert head.get(newest + part).status_code == 403
    page = teacher.get(newest).text
    assert "it needs a new approval before" in page
    assert form_of(page)["blur"] == ["face2", "added1"], "what was chosen is there to be changed"
    answer = teacher.post(newest, newest, **{**form_of(page), "blur": [], "do": "save"})
    assert answer.status_code == 302, "and can be taken back"
    assert only_draft().revision_number == 3
    last = rows(sa.select(RevisionPicture.media_id).order_by(RevisionPicture.id))[-1]
    assert last == choice.source_id


def test_nothing_ticked_and_changed_meanwhile(teacher: Browser, x: Account, later: datetime) -> None:
    path = drafted(teacher, x, later)
    found([])
    page = teacher.get(path).text
    assert "No face was found" in page and "names-inside" not in page
    with db.transaction() as session:
        for words in session.scalars(sa.select(PictureWords)):
            words.state, words.lines = LookState.DONE, ["Oliver"]
    assert "“Oliver” was read inside it" in teacher.get(path).text
    answer = teacher.post(path, path, **{**form_of(page), "do": "save"})
    assert answer.status_code == 400 and "Nothing is ticked" in answer.text
    answer = teacher.post(path, path, **{**form_of(page), "do": "add"})
    answer = teacher.post(path, path, **{**form_of(answer.text), "based_on": "0", "do": "save"})
    assert answer.status_code == 409 and "another window" in answer.text
    assert form_of(answer.text)["row"] == ["added1"], "the box is still there"
    assert count(BlurChoice) == 0 and only_draft().revision_number == 1
    assert teacher.get(path.replace("/pictures/", "/pictures/0")).status_code == 404


def test_a_look_that_failed_is_asked_for_again(teacher: Browser, x: Account, later: datetime) -> None:
    path = drafted(teacher, x, later)
    with db.transaction() as session:
        session.execute(sa.update(PictureLook).values(state=LookState.FAILED, attempts=3))
    page = teacher.get(path).text
    assert "could not look for faces" in page
    assert teacher.post(path, path, **{**form_of(page), "do": "look"}).status_code == 302
    assert "Looking for faces" in teacher.get(path).text


@pytest.fixture
def page(chromium: Chromium) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 360, "height": 900}, has_touch=True)
    complaints: list[str] = []
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    context.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield opened
    context.close()
    assert complaints == []


def numbers(page: Page, key: str) -> list[int]:
    return [int(page.locator(f"#{side}_{key}").input_value()) for side in ("left", "top", "width", "height")]


def drag(page: Page, selector: str, x: float, y: float) -> None:
    page.locator(selector).scroll_into_view_if_needed()
    box = page.locator(selector).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + x, box["y"] + box["height"] / 2 + y, steps=3)
    page.mouse.up()


def test_the_form_says_what_was_found_without_being_loaded_again(
    address: str, page: Page, teacher: Browser, x: Account, later: datetime
) -> None:
    path = drafted(teacher, x, later)
    page.goto(f"{address}/sign-in")
    page.get_by_role("button", name="Hannah Birtwistle").click()
    page.goto(f"{address}{path.partition('/pictures')[0]}/edit")
    said = page.locator("[data-faces]")
    expect(said).to_have_text("Schoolgate is looking for faces in it.")
    page.locator("textarea[name=text]").fill("Typed meanwhile")
    found(FACES)
    expect(said).to_have_text("2 faces were found in it.", timeout=20_000)
    expect(page.locator("textarea[name=text]")).to_have_value("Typed meanwhile")


def test_by_mouse_finger_and_keys(
    address: str,
    page: Page,
    teacher: Browser,
    signed_in: Callable[[Role], Browser],
    x: Account,
    later: datetime,
) -> None:
    path = drafted(teacher, x, later)
    page.goto(f"{address}/sign-in")
    page.get_by_role("button", name="Hannah Birtwistle").click()
    page.goto(address + path)
    expect(page.locator("main")).to_contain_text("Looking for faces")
    found(FACES)
    # Nobody has touched it: it shows them by itself.
    expect(page.locator("[data-box]")).to_have_count(2, timeout=30_000)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.locator("[data-box=face1]").tap()
    expect(page.locator("#blur-face1")).to_be_checked()
    expect(page.locator("[data-box=face1]")).to_have_attribute("aria-checked", "true")
    drag(page, "[data-box=face2] rect", -20, 10)
    left, top, *size = numbers(page, "face2")
    assert 530 < left < 560 and 115 < top < 140 and size == [100, 120]
    expect(page.locator("#blur-face2")).not_to_be_checked()
    page.locator("[data-box=face2]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    moved = numbers(page, "face2")
    assert moved[0] > left and moved[3] > 120
    drag(page, ".handle", 15, 15)
    assert numbers(page, "face2")[2] > 120
    page.get_by_role("button", name="Add a box").click()
    assert numbers(page, "added1") == [400, 250, 100, 100]
    page.keyboard.press("Delete")
    expect(page.locator("[data-row]")).to_have_count(2)
    drag(page, ".faces-picture image", 40, 40)
    assert numbers(page, "added1")[2] > 60, "drawn with the mouse"
    expect(page.locator("[data-sample]")).to_have_attribute("src", re.compile(r"place=.*place=.*place="))
    assert Axe().run(page).violations_count == 0
    page.get_by_role("button", name="Blur what is ticked").click()
    expect(page.locator("main")).to_contain_text("Blurred: all of them and 1 other place, as Hannah")
    assert count(Draft) == 1


def test_two_windows_on_one_picture_lose_nothing_and_overwrite_nothing(
    teacher: Browser, x: Account, later: datetime
) -> None:
    """The second is told that the picture isn't in the draft any more; what is there can be blurred again."""
    path = drafted(teacher, x, later)
    found(FACES)
    address = f"/drafts/{only_draft().id}"
    first, second = (form_of(teacher.get(path).text) for _window in range(2))
    old_form = form_of(teacher.get(f"{address}/edit").text)
    assert teacher.post(path, path, **{**first, "blur": ["face1"], "do": "save"}).status_code == 302
    for do in ("save", "add", "all", "look"):
        answer = teacher.post(path, address, **{**second, "blur": ["face2"], "do": do})
        assert answer.status_code == 404 and "isn&#39;t in the draft any more" in answer.text, do
    [choice] = rows(sa.select(BlurChoice))
    assert only_draft().revision_number == 2 and len(choice.places) == 1
    # The draft's own form of before neither brings the picture back as it was nor throws the blurred one out.
    for gone in ({}, {"drop": old_form["media"]}):
        answer = teacher.post(f"{address}/edit", f"{address}/edit", **{**old_form, **gone, "do": "save"})
        assert answer.status_code == 409 and "changed in another window" in answer.text
    assert only_draft().revision_number == 2
    # Sent once more from the page that said so, the words are the sender's, and the picture stays blurred.
    told = teacher.post(f"{address}/edit", f"{address}/edit", **{**old_form, "text": "Mine", "do": "save"})
    assert told.status_code == 409 and "was blurred meanwhile" in told.text
    assert form_of(told.text)["media"] == [str(choice.media_id)]
    sent = {**old_form, **form_of(told.text), "text": "Mine", "do": "save"}
    assert teacher.post(f"{address}/edit", f"{address}/edit", **sent).status_code == 302
    assert only_draft().revision_number == 3
    last = rows(sa.select(RevisionPicture).order_by(RevisionPicture.id))[-1]
    assert (last.media_id, last.alt_text) == (choice.media_id, "The class")
    # Blurred once more: from the picture as it was uploaded, with what was chosen before.
    newest = f"{address}/pictures/{choice.media_id}/faces"
    again = form_of(teacher.get(newest).text)
    assert again["blur"] == ["face1"]
    answer = teacher.post(newest, newest, **{**again, "blur": ["face1", "face2"], "do": "save"})
    assert answer.status_code == 302 and only_draft().revision_number == 4
    last = max(rows(sa.select(BlurChoice)), key=lambda one: one.chosen_at)
    assert len(last.places) == 2 and last.source_id == choice.source_id
