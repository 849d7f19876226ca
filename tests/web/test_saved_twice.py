"""A button pressed twice, a page gone back to, a form sent again: one draft, handed in once."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from approvals.models import Draft, DraftRevision, MediaFile, RevisionPicture, Submission
from approvals.states import DraftState
from school.models import Account, Role
from tests.approvals.scenes import picture_bytes
from tests.web.conftest import Browser
from tests.web.writing import count, decide, fields, mailed_token, mails, only_draft

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
FORM = "01920000-0000-7000-8000-000000000001"


@pytest.fixture
def page(chromium: Chromium, address: str, x: Account) -> Iterator[Page]:
    """Hannah Birtwistle's browser, in which no script runs."""
    context = chromium.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    opened.goto(f"{address}/sign-in")
    opened.get_by_role("button", name="Hannah Birtwistle").click()
    opened.wait_for_url(f"{address}/")
    yield opened
    context.close()


def test_the_same_form_sent_by_several_at_once_begins_one_draft(
    app: Flask, teacher: Browser, x: Account, later: datetime
) -> None:
    token = teacher.token("/drafts/new")
    sent = {"csrf_token": token, "begins": FORM, **fields(x, at=later)}
    cookie = teacher.client.get_cookie("schoolgate")
    assert cookie is not None
    ready, answers = threading.Barrier(4), list[int]()

    def send() -> None:
        tab = app.test_client()
        tab.set_cookie("schoolgate", cookie.value)
        ready.wait(30)
        answers.append(tab.post("/drafts/new", data=sent).status_code)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert answers == [302] * 4
    assert (str(only_draft().id), only_draft().state) == (FORM, DraftState.SUBMITTED)
    assert (count(DraftRevision), count(Submission), len(mails("approval_request"))) == (1, 1, 1)


@SQLITE
def test_the_same_form_with_other_words_changes_the_draft(
    app: Flask, teacher: Browser, x: Account, later: datetime
) -> None:
    def send(text: str, do: str = "save") -> int:
        what = fields(x, at=later, text=text, do=do, begins=FORM)
        return teacher.post("/drafts/new", "/drafts/new", **what).status_code

    assert [send("Sport day"), send("Sports day")] == [302, 302]
    assert (only_draft().revision_number, count(DraftRevision)) == (2, 2)
    # A third wording doesn't know the second: both are shown before one replaces the other.
    answer = teacher.post("/drafts/new", "/drafts/new", **fields(x, at=later, text="Fair", begins=FORM))
    assert answer.status_code == 409 and "Sports day" in answer.text
    assert f'action="/drafts/{FORM}/edit"' in answer.text
    # Handed in and approved; the old form sent again as it was changes nothing of that.
    assert send("Sports day", do="submit") == 302
    assert decide(app, mailed_token()).status_code == 200
    assert send("Sports day", do="submit") == 302
    assert (only_draft().state, only_draft().revision_number) == (DraftState.APPROVED, 2)
    assert (count(Draft), count(Submission), len(mails("approval_request"))) == (1, 1, 1)


@SQLITE
def test_handing_in_twice_asks_once_and_an_edit_sent_twice_is_one_version(
    teacher: Browser, x: Account, later: datetime
) -> None:
    what = fields(x, at=later, do="save", begins=FORM)
    assert teacher.post("/drafts/new", "/drafts/new", **what).status_code == 302
    edited = fields(x, at=later, do="save", text="Other words", based_on="1")
    for _ in range(2):
        assert teacher.post(f"/drafts/{FORM}/edit", "/drafts/new", **edited).status_code == 302
    for _ in range(2):
        answer = teacher.post(f"/drafts/{FORM}/submit", "/drafts/new", revision="2")
        assert answer.status_code == 302
    assert (count(DraftRevision), count(Submission), len(mails("approval_request"))) == (2, 1, 1)


def test_a_new_picture_sent_twice_or_by_several_at_once_is_in_the_draft_once(
    app: Flask, teacher: Browser, x: Account, later: datetime
) -> None:
    token = teacher.token("/drafts/new")
    cookie = teacher.client.get_cookie("schoolgate")
    assert cookie is not None
    data = picture_bytes()

    def send(path: str = "/drafts/new", **more: object) -> int:
        tab = app.test_client()
        tab.set_cookie("schoolgate", cookie.value)
        what = {"csrf_token": token, "begins": FORM, **fields(x, at=later, do="save"), **more}
        what["new_pictures"] = (io.BytesIO(data), "fête “1”.jpg")
        return tab.post(path, data=what, content_type="multipart/form-data").status_code

    with ThreadPoolExecutor(3) as several:
        assert [answer.result(120) for answer in [several.submit(send) for _ in range(3)]] == [302] * 3
    assert send() == 302
    assert (count(Draft), count(DraftRevision), count(MediaFile), count(RevisionPicture)) == (1, 1, 1, 1)
    # Chosen again in a later form it is a file of its own, once.
    assert [send(f"/drafts/{FORM}/edit", based_on="1") for _ in range(2)] == [302, 302]
    assert (count(DraftRevision), count(MediaFile), count(RevisionPicture)) == (2, 2, 2)


@SQLITE
def test_another_persons_form_takes_nothing_over(
    teacher: Browser, signed_in: Callable[[Role], Browser], x: Account, later: datetime
) -> None:
    assert (
        teacher.post("/drafts/new", "/drafts/new", **fields(x, at=later, do="save", begins=FORM)).status_code
        == 302
    )
    deputy = signed_in(Role.SLT)
    theirs = fields(x, at=later, text="Not theirs", begins=FORM)
    assert deputy.post("/drafts/new", "/drafts/new", **theirs).status_code == 403
    assert (count(Draft), count(DraftRevision)) == (1, 1)
    # No id, or none that can be one, begins a draft of its own.
    for begins in ("", "nonsense"):
        what = fields(x, at=later, do="save", begins=begins)
        assert teacher.post("/drafts/new", "/drafts/new", **what).status_code == 302
    assert count(Draft) == 3


@SQLITE
def test_without_scripts_saving_twice_and_going_back_make_one_draft(page: Page, address: str) -> None:
    page.goto(f"{address}/drafts/new")
    page.locator("textarea[name=text]").fill("Half a sentence about")
    page.get_by_role("button", name="Save", exact=True).dblclick()
    expect(page.locator("main")).to_contain_text("The draft is saved")
    assert count(Draft) == 1
    page.go_back()
    # What is there now is the draft as it was saved, with what the browser remembers typed into it.
    expect(page.get_by_role("heading", name="Write a post")).to_be_visible()
    expect(page.locator("textarea[name=text]")).to_have_value("Half a sentence about")
    page.locator("textarea[name=text]").fill("A whole sentence.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("h1")).to_contain_text("A whole sentence.")
    assert (count(Draft), count(DraftRevision)) == (1, 2)
    # A page opened anew begins another.
    page.goto(f"{address}/drafts/new")
    page.locator("textarea[name=text]").fill("Another post")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("h1")).to_contain_text("Another post")
    assert count(Draft) == 2
