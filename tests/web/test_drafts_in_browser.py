"""Writing in a real browser: kept while written, nothing lost, narrow screens, content policy, axe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from approvals import publishing, unsaved
from approvals.models import Draft, Publication, UnsavedDraft
from approvals.steps import keep_step
from connectors.base import STEP_POSTING
from school import db, retention
from school.models import Account, Role
from tests.clips import clip
from tests.web.conftest import Browser as Visitor
from tests.web.writing import count, decide, fields, mailed_token, rows, write
from web.retained import BY_KEY
from worker import filming

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def address(address: str, make_account: Callable[..., Account]) -> str:
    """The app behind a real server, with an account to write for."""
    make_account("x")
    return address


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 320, "height": 800}, color_scheme="dark")
    complaints: list[str] = []
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    context.on(
        "console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None
    )
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield opened
    context.close()
    assert complaints == []


def sign_in(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_role("button", name=name).click()
    page.wait_for_url(f"{address}/")


def text_of(page: Page) -> str:
    return page.locator("textarea[name=text]").input_value()


def test_what_is_being_written_is_kept_until_it_is_saved(address: str, page: Page, tmp_path: Path) -> None:
    sign_in(page, address, "Hannah Birtwistle")
    page.goto(f"{address}/drafts/new")
    page.locator("textarea[name=text]").fill("Half a sentence about")
    # It is shown as it will look while it is written.
    page.get_by_label("X @larkfieldprimary", exact=True).check()
    expect(page.locator("#look .post-text")).to_have_text("Half a sentence about", timeout=30_000)
    expect(page.locator("#kept-said")).to_contain_text("Kept at", timeout=30_000)
    assert count(Draft) == 0
    # The browser goes away without a word; somebody comes back.
    page.goto(f"{address}/drafts/new")
    assert text_of(page) == ""
    page.get_by_role("link", name="Go on with it").click()
    assert text_of(page) == "Half a sentence about"
    # A file that is too large is refused before it is sent; the text stays where it is.
    big = tmp_path / "big.jpg"
    with big.open("wb") as file:
        file.truncate(26 * 1024 * 1024)
    page.locator("#new_pictures").set_input_files(big)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#new_pictures-said")).to_contain_text("“big.jpg” has 26 MB: at most 25 MB")
    assert text_of(page) == "Half a sentence about"
    page.locator("#new_pictures").set_input_files([])
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("main")).to_contain_text("The draft is saved")
    page.goto(f"{address}/drafts/new")
    expect(page.get_by_role("link", name="Go on with it")).to_have_count(0)
    assert count(UnsavedDraft) == 0


def test_what_was_typed_in_the_last_seconds_is_kept_by_leaving(address: str, page: Page) -> None:
    sign_in(page, address, "Hannah Birtwistle")
    page.goto(f"{address}/drafts/new")
    page.locator("textarea[name=text]").fill("Gone before it was kept")
    page.goto(f"{address}/drafts")
    # What the browser sends while it leaves may come in after the next page.
    link = page.get_by_role("link", name="Go on with it: “Gone before it was kept”")
    for _try in range(20):
        if link.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(link).to_have_count(1)


def test_what_takes_long_to_upload_is_not_kept_beside_itself(address: str, page: Page) -> None:
    sign_in(page, address, "Hannah Birtwistle")
    page.goto(f"{address}/drafts/new")
    text = page.locator("textarea[name=text]")
    text.press_sequentially("On its way")
    keeping: list[str] = []
    page.on("request", lambda asked: keeping.append(asked.url) if "/drafts/unsaved" in asked.url else None)
    # Sent and not answered yet, as a film over a slow line.
    page.evaluate("document.forms['draft-form'].addEventListener('submit', one => one.preventDefault())")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_timeout(5500)
    # As a script does that puts a video's still into the form.
    text.dispatch_event("input")
    page.wait_for_timeout(3500)
    assert keeping == []
    # Whoever writes on has something new to keep.
    text.press_sequentially(" and more")
    expect(page.locator("#kept-said")).to_contain_text("Kept at")
    assert keeping != []


def test_what_is_thrown_away_is_not_kept_once_more_by_leaving(address: str, page: Page) -> None:
    sign_in(page, address, "Hannah Birtwistle")
    page.goto(f"{address}/drafts/new")
    page.locator("textarea[name=text]").fill("Not wanted")
    expect(page.locator("#kept-said")).to_contain_text("Kept at", timeout=30_000)
    page.goto(f"{address}/drafts")
    page.get_by_role("link", name="Go on with it: “Not wanted”").click()
    page.locator("textarea[name=text]").fill("Not wanted after all")
    page.get_by_role("region", name="Not saved yet").get_by_role("button", name="Throw it away").click()
    expect(page.locator("body")).to_contain_text("It is thrown away.")
    page.wait_for_timeout(2_000)
    assert count(UnsavedDraft) == 0


def test_signed_out_while_writing_and_back_without_losing_a_word(address: str, page: Page) -> None:
    sign_in(page, address, "Hannah Birtwistle")
    page.goto(f"{address}/drafts/new")
    page.locator("textarea[name=text]").fill("Two lines\nof text")
    elsewhere = page.context.new_page()
    elsewhere.goto(f"{address}/drafts")
    elsewhere.get_by_role("button", name="Sign out").click()
    elsewhere.wait_for_url(f"{address}/sign-in")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="You were signed out")).to_be_visible()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in (opens a new tab)").click()
    opened.value.get_by_role("button", name="Hannah Birtwistle").click()
    opened.value.wait_for_url(f"{address}/")
    page.get_by_role("button", name="Go on writing").click()
    expect(page.locator("textarea[name=text]")).to_have_value("Two lines\nof text")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("main")).to_contain_text("The draft is saved")
    # Back from there, where the browser would ask whether to send the form once more.
    page.go_back()
    expect(page.get_by_role("heading", name="Write a post")).to_be_visible()
    assert text_of(page) == "Two lines\nof text"


def test_pages_of_drafts_fit_a_narrow_screen_and_axe_is_content(
    app: Flask, address: str, page: Page, signed_in: Callable[[Role], Visitor]
) -> None:
    [account] = rows(sa.select(Account))
    later = (db.now() + timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
    teacher = signed_in(Role.STAFF)
    problems: list[str] = []

    def look(path: str = "") -> None:
        if path:
            page.goto(address + path)
        page.wait_for_load_state("networkidle")
        page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > 320:
            problems.append(f"{page.url} is {wide} wide")
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
        for violation in found.response["violations"]:
            where = [node["target"] for node in violation["nodes"][:3]]
            problems.append(f"{page.url}: {violation['id']} at {where}")

    sign_in(page, address, "Hannah Birtwistle")
    for path in ("/drafts", "/calendar", "/drafts/new", "/calendar/school-dates", "/calendar/feed"):
        look(path)
    # A form with something wrong in it, and one that another tab was faster with.
    path = write(teacher, account, at=later, text="First " + "long" * 60)
    decide(app, mailed_token(), decision="changes", reason="Shorter")
    edit = f"{path}/edit"
    page.goto(address + edit)
    page.locator("textarea[name=text]").fill("Mine " + "wide" * 60)
    assert (
        teacher.post(edit, edit, **fields(account, at=later, text="Theirs", based_on="1")).status_code == 302
    )
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="What was saved meanwhile")).to_be_visible()
    look()
    for shown in (f"{path}/move", f"{path}/repeat", f"/calendar?week={later:%Y-%m-%d}"):
        look(shown)
    look(f"/approve/{mailed_token()}")
    decide(app, mailed_token())
    [publication] = rows(sa.select(Publication))
    with db.transaction() as working:
        row = working.get_one(Publication, publication.id)
        row.due_at = row.next_try_at = db.now() - timedelta(seconds=1)
        working.flush()
        assert publishing.claim(working, row.id, now=db.now(), lease=timedelta(seconds=-1))
        keep_step(working, row.id, STEP_POSTING, "begun")
    for shown in (path, "/", "/calendar"):
        look(shown)
        expect(page.locator("main")).to_contain_text("looks on the platform")
    assert not problems, "\n".join(problems)


def test_only_its_writer_keeps_and_finds_what_is_being_written(
    app: Flask, signed_in: Callable[[Role], Visitor], make_account: Callable[..., Account]
) -> None:
    account = make_account("x")
    later = (db.now() + timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
    teacher, deputy = signed_in(Role.STAFF), signed_in(Role.SLT)
    path = write(teacher, account, at=later, do="save")
    typed = {"text": "Not yet saved", "password": "hidden words"}
    assert teacher.post("/drafts/unsaved", "/drafts/new", **typed).status_code == 204
    assert teacher.post(f"{path}/unsaved", "/drafts/new", **typed).status_code == 204
    assert all("password" not in dict(one.fields) for one in rows(sa.select(UnsavedDraft)))
    assert "did not save it" in teacher.get("/drafts/new", follow_redirects=True).text
    assert "did not save it" in teacher.get(f"{path}/edit").text
    assert "did not save it" not in deputy.get("/drafts/new", follow_redirects=True).text
    assert deputy.post(f"{path}/unsaved", "/drafts/new", **typed).status_code == 403
    stranger = Visitor(app.test_client())
    stranger.sign_in("newteacher@larkfield.test")
    assert stranger.post(f"{path}/unsaved", "/me", **typed).status_code == 404
    too_much = teacher.post("/drafts/unsaved", "/drafts/new", text="a" * (unsaved.CHARACTERS_MAX + 1))
    assert too_much.status_code == 400
    [new] = rows(sa.select(UnsavedDraft.id).where(UnsavedDraft.draft_id.is_(None)))
    assert teacher.post("/drafts/unsaved/drop", "/drafts/new", which=str(new)).status_code == 302
    assert "did not save it" not in teacher.get("/drafts/new", follow_redirects=True).text
    # What came in just after the saving, and says the same, is not offered.
    same = fields(account, at=later)
    assert teacher.post(f"{path}/unsaved", "/drafts/new", **same).status_code == 204
    assert "did not save it" not in teacher.get(f"{path}/edit").text
    with db.transaction() as working:
        later = db.now() + unsaved.FOR + timedelta(minutes=1)
        retention.erase_batch(working, BY_KEY["unsaved"], now=later)
    assert count(UnsavedDraft) == 0


def test_a_new_draft_like_an_old_one_is_not_signed_and_not_planned(
    app: Flask, signed_in: Callable[[Role], Visitor], make_account: Callable[..., Account]
) -> None:
    account = make_account("x")
    later = (db.now() + timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
    teacher = signed_in(Role.STAFF)
    path = write(teacher, account, at=later, text="The fair is back")
    decide(app, mailed_token(), decision="reject", reason="Not this year")
    assert "Write a new one like it" in teacher.get(path).text
    form = teacher.get(f"/drafts/new?copy={path.rsplit('/', 1)[1]}", follow_redirects=True).text
    assert "The fair is back" in form and 'name="checklist" value="lawful" checked' not in form
    assert f'value="{later:%Y-%m-%d}"' not in form
    stranger = Visitor(app.test_client())
    stranger.sign_in("newteacher@larkfield.test")
    assert stranger.get(f"/drafts/new?copy={path.rsplit('/', 1)[1]}").status_code in {403, 404}


def test_a_video_is_waited_for_played_and_decided_on_at_320_pixels(
    app: Flask, address: str, page: Page, tmp_path: Path
) -> None:
    def look() -> None:
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
        assert [one["id"] for one in found.response["violations"]] == []

    film = tmp_path / "race.mov"
    film.write_bytes(clip(4, "640x360", suffix="mov"))
    sign_in(page, address, "Hannah Birtwistle")
    page.goto(f"{address}/drafts/new")
    page.locator("input[name=account]").first.check()
    page.locator("textarea[name=text]").fill("A race")
    big = tmp_path / "big.mp4"
    with big.open("wb") as file:
        file.truncate(301 * 1024 * 1024)
    page.locator("#new_video").set_input_files(big)
    expect(page.locator("#new_video-said")).to_contain_text("“big.mp4” has 301 MB: at most 300 MB")
    page.locator("#new_video").set_input_files(film)
    page.get_by_role("button", name="Add the chosen video, then describe it").click()
    expect(page.locator("[data-video-words]")).to_contain_text("being prepared")
    assert page.evaluate("scrollY") > 0, "one comes back to where the video is"
    page.get_by_role("button", name="Save and hand in for approval").click()
    waits = page.get_by_text("still being prepared")
    expect(waits).to_have_count(2)
    many = page.get_by_role("alert").first.get_by_role("listitem")
    wrong = many.count()
    page.locator("textarea[name=video_alt]").fill("Children run")
    assert filming.prepare_one()
    expect(page.locator("[data-video-words]")).to_have_text("It is ready.", timeout=30_000)
    expect(waits).to_have_count(0, timeout=30_000)
    expect(many).to_have_count(wrong - 1)
    expect(page.locator("img[data-src]")).to_be_visible()
    assert page.locator("textarea[name=video_alt]").input_value() == "Children run"
    look()
    page.get_by_role("button", name="Save", exact=True).click()
    player = page.locator("video")
    expect(player).to_be_visible()
    moved = player.evaluate(
        "one => new Promise(done => { one.muted = true; one.onseeked = () => done(one.currentTime);"
        " one.currentTime = 3; })"
    )
    assert moved == 3 and player.evaluate("one => [one.videoWidth, one.videoHeight]") == [640, 360]
    look()
