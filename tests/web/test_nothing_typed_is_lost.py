"""Whatever goes wrong while somebody writes, their words are on the next page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from approvals import decisions
from approvals.models import Draft, DraftRevision, MediaFile
from approvals.states import DraftState
from school import db, people
from school.models import Account, Person, Role
from tests.approvals import scenes
from tests.web.conftest import Browser
from tests.web.writing import count, decide, fields, mailed_token, only_draft, rows, upload, write

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

FROM_HERE = {"Origin": "http://localhost"}
"""Browsers say with each form from where it was sent."""
WORDS = "Bring “boots” & a coat: <muddy> field."


def text_in(answer: TestResponse) -> str:
    """What the field of the text holds on a page."""
    found = re.search(r'<textarea[^>]*name="text"[^>]*>\n?(.*?)</textarea>', answer.text, re.S)
    assert found, answer.text[:3000]
    return unescape(found[1])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"media": str(uuid4())}, "A picture that was chosen does not exist any more"),
        ({"media": "not-an-id"}, "A picture that was chosen does not exist any more"),
        ({"account": str(uuid4())}, "An account that was chosen does not exist any more"),
        ({"account": "not-an-id"}, "Choose from what the page offers"),
        ({"objective": "world domination"}, "Choose what the post is for from the list"),
        ({"pupil": str(uuid4()), "none_shown": ""}, "A pupil who was chosen is not in the consent register"),
    ],
)
def test_what_no_page_offered_is_named_and_the_text_kept(
    change: dict[str, object], says: str, teacher: Browser, x: Account, later: datetime
) -> None:
    answer = teacher.post("/drafts/new", "/drafts/new", **fields(x, at=later, text=WORDS, **change))
    assert answer.status_code == 400 and says in answer.text
    assert text_in(answer) == WORDS
    assert count(Draft) == 0
    # Sent again as the page now has it, it is taken.
    media = re.findall(r'name="media" value="([^"]+)"', answer.text)
    assert media == []
    assert teacher.post("/drafts/new", "/drafts/new", **fields(x, at=later, text=WORDS)).status_code == 302


def test_another_persons_picture_is_not_shown_by_its_id(
    teacher: Browser, x: Account, later: datetime, session: Session, school_people: dict[Role, Person]
) -> None:
    theirs = scenes.add_picture(session, school_people[Role.HEADTEACHER], db.now())
    answer = teacher.post(
        "/drafts/new", "/drafts/new", **fields(x, at=later, text=WORDS, media=str(theirs.id))
    )
    assert answer.status_code == 400 and "fair.jpg" not in answer.text and text_in(answer) == WORDS


def test_a_draft_without_an_account_is_saved_and_says_what_is_missing(
    teacher: Browser, later: datetime
) -> None:
    answer = teacher.post("/drafts/new", "/drafts/new", **fields(at=later, text=WORDS, do="save"))
    assert answer.status_code == 302
    page = teacher.get(str(answer.headers["Location"])).text
    assert "No account is chosen: tick at least one." in page
    handed_in = teacher.post("/drafts/new", "/drafts/new", **fields(at=later, text=WORDS))
    assert handed_in.status_code == 400 and "No account is chosen" in handed_in.text
    assert text_in(handed_in) == WORDS
    empty = teacher.post("/drafts/new", "/drafts/new", **fields(at=later, text=""))
    assert '<a href="#wrong-text">There is no text: write something' in empty.text


def test_what_was_refused_on_handing_in_goes_on_as_the_same_draft(
    teacher: Browser, x: Account, later: datetime
) -> None:
    answer = teacher.post("/drafts/new", "/drafts/new", **fields(x, at=later, text=WORDS, objective=""))
    assert answer.status_code == 400 and "saved, but not handed in yet" in answer.text
    action = re.search(r'<form method="post"[^>]* action="([^"]+)" enctype', answer.text)
    assert action and action[1] == f"/drafts/{only_draft().id}/edit"


def test_a_wording_for_an_account_that_is_not_ticked_is_not_dropped(
    teacher: Browser, x: Account, make_account: Callable[..., Account], later: datetime
) -> None:
    other = make_account("facebook", handle="Larkfield")
    own = {f"own_text_{other.id}": WORDS}
    answer = teacher.post("/drafts/new", "/drafts/new", **fields(x, at=later, **own))
    assert answer.status_code == 400 and "tick that account, or empty the wording" in unescape(answer.text)
    assert WORDS in unescape(answer.text) and count(Draft) == 0


def test_two_tabs_the_second_sees_what_the_first_saved(teacher: Browser, x: Account, later: datetime) -> None:
    path = write(teacher, x, at=later, do="save")
    edit = f"{path}/edit"
    first = fields(x, at=later, text="The fair is at noon in the hall.", based_on="1", do="save")
    assert teacher.post(edit, edit, **first).status_code == 302
    second = fields(
        x, at=later + timedelta(hours=1), text="The fair is at one in the hall.", based_on="1", do="save"
    )
    answer = teacher.post(edit, edit, **second)
    assert answer.status_code == 409 and text_in(answer) == second["text"]
    assert "What was saved meanwhile, and what you typed" in answer.text
    assert "<del>noon</del><ins>one</ins>" in answer.text
    different = answer.text.split('class="differences"')[1].split("</dl>")[0]
    assert "Planned for" in different and "Device" not in different
    saved = sa.select(DraftRevision.text).order_by(DraftRevision.number)
    assert rows(saved)[-1] == first["text"]
    assert teacher.post(edit, edit, **{**second, "based_on": "2"}).status_code == 302
    assert rows(saved)[-2:] == [first["text"], second["text"]]


def test_whoever_is_signed_out_while_writing_goes_on_where_they_were(
    app: Flask, teacher: Browser, x: Account, later: datetime, school_people: dict[Role, Person]
) -> None:
    for end in ("sign out", "cookies gone"):
        token = teacher.token("/drafts/new")
        if end == "sign out":
            assert teacher.post("/sign-out", "/drafts/new").status_code == 302
        else:
            teacher.client.delete_cookie("schoolgate")
        sent = {"csrf_token": token, **fields(x, at=later, text=WORDS, device="Tablet two")}
        answer = teacher.client.post("/drafts/new", data=sent, headers=FROM_HERE)
        assert answer.status_code == 401, answer.status_code
        assert "You were signed out" in answer.text and "Error 401" not in answer.text
        assert count(Draft) == 0
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.text)
        again: dict[str, list[str]] = {}
        for name, value in hidden:
            again.setdefault(name, []).append(unescape(value))
        # In another tab of the same browser:
        assert teacher.sign_in(school_people[Role.STAFF].email).status_code == 302
        form = teacher.client.post("/drafts/new", data={**again, "do": "restore"}, headers=FROM_HERE)
        assert form.status_code == 200 and text_in(form) == WORDS
        assert 'value="Tablet two"' in form.text and f'value="{x.id}" checked' in form.text
        assert count(Draft) == 0
    assert teacher.post("/drafts/new", "/drafts/new", **fields(x, at=later, text=WORDS)).status_code == 302


def test_a_stale_token_keeps_the_text_and_no_secret(
    app: Flask, teacher: Browser, x: Account, later: datetime
) -> None:
    stale = {"csrf_token": "stale", **fields(x, at=later, text=WORDS)}
    answer = teacher.client.post("/drafts/new", data=stale)
    assert answer.status_code == 400 and "This page was open too long" in answer.text
    assert 'value="restore"' in answer.text and WORDS in unescape(answer.text)
    write(teacher, x, at=later)
    visitor = app.test_client()
    page = f"/approve/{mailed_token()}"
    typed = {"csrf_token": "stale", "decision": "changes", "reason": "Say where it is", "pin": "2580"}
    answer = visitor.post(page, data=typed, headers=FROM_HERE)
    assert answer.status_code == 400 and "Say where it is" in answer.text and "2580" not in answer.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
    assert token
    again = visitor.post(page, data={**typed, "csrf_token": token[1], "do": "restore", "pin": ""})
    assert again.status_code == 200 and "Say where it is</textarea>" in again.text
    assert only_draft().state is DraftState.SUBMITTED


def test_a_decision_that_came_first_leaves_the_words_of_both(
    app: Flask, teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    path = write(teacher, x, at=later)
    token, edit = mailed_token(), f"{path}/edit"
    assert decide(app, token, decision="reject", reason="Not now").status_code == 200
    # The author was still typing.
    answer = teacher.post(edit, path, **fields(x, at=later, text=WORDS, based_on="1", do="save"))
    assert answer.status_code == 409 and "This draft was rejected" in answer.text
    assert text_in(answer) == WORDS and "Save it as a new draft" in answer.text
    assert 'action="/drafts/new" enctype' in answer.text
    # So was the second approver.
    late = head.post(f"{path}/decide", path, decision="changes", reason=WORDS, revision="1")
    assert late.status_code == 409 and "rejected it on" in late.text
    assert WORDS in unescape(late.text)


def test_leave_withdrawn_while_writing_keeps_the_text(
    teacher: Browser, x: Account, later: datetime, session: Session, school_people: dict[Role, Person]
) -> None:
    """P1."""
    head = session.merge(school_people[Role.HEADTEACHER])
    person = session.merge(school_people[Role.STAFF])
    people.withdraw_authorisation(session, person, x, by=head, reason="Moved on", now=db.now())
    session.commit()
    answer = teacher.client.post(
        "/drafts/new", data={"csrf_token": teacher.token("/me"), **fields(x, at=later, text=WORDS)}
    )
    assert answer.status_code == 403 and "has not authorised you" in answer.text
    assert text_in(answer) == WORDS and count(Draft) == 0


def test_a_picture_too_large_is_refused_by_name_and_the_text_kept(
    teacher: Browser, x: Account, later: datetime
) -> None:
    answer = upload(
        teacher, "/drafts/new", b"\xff" * 50 * 1024 * 1024, "big.jpg", **fields(x, at=later, text=WORDS)
    )
    assert answer.status_code == 400 and "“big.jpg” is larger than 25 MB" in answer.text
    assert text_in(answer) == WORDS and count(MediaFile) == 0


def test_a_stranger_is_answered_as_for_a_made_up_id(
    app: Flask, teacher: Browser, x: Account, later: datetime, session: Session
) -> None:
    write(teacher, x, at=later)
    assert decide(app, mailed_token()).status_code == 200
    picture = upload(
        teacher, "/drafts/new", scenes.picture_bytes(), "fair.jpg", **fields(x, at=later, do="pictures")
    )
    assert picture.status_code == 200
    [media_id] = rows(sa.select(MediaFile.id))
    draft_id = str(only_draft().id)
    stranger = Browser(app.test_client())
    stranger.sign_in("newteacher@larkfield.test")
    token = stranger.token("/me")
    sent = {
        "csrf_token": token,
        "decision": "approve",
        "revision": "1",
        "reason": "",
        **fields(x, at=later, based_on="1"),
    }

    def answers(real: str, made_up: str, address: str) -> None:
        for ask in ("get", "post"):
            found = [
                stranger.client.get(address.format(each))
                if ask == "get"
                else stranger.client.post(address.format(each), data=sent)
                for each in (real, made_up)
            ]
            assert found[0].status_code == found[1].status_code in {404, 405}, (address, ask, found)
            pages = [
                re.sub(r'csrf_token" value="[^"]+"', "", answer.text).replace(each, "ID")
                for answer, each in zip(found, (real, made_up), strict=True)
            ]
            assert pages[0] == pages[1], (address, ask)

    for address in (
        "/drafts/{}",
        "/drafts/{}?version=1",
        "/drafts/{}/edit",
        "/drafts/{}/submit",
        "/drafts/{}/withdraw",
        "/drafts/{}/ask-again",
        "/drafts/{}/decide",
    ):
        answers(draft_id, str(uuid4()), address)
    answers(str(media_id), str(uuid4()), "/drafts/media/{}")


def test_a_stranger_with_the_link_can_not_keep_the_pin_locked_for_good(
    app: Flask, teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    write(teacher, x, at=later)
    token = mailed_token()
    for turn in range(decisions.LINK_TRIES):
        if turn == 5:
            with db.transaction() as working:
                for person in people.holders(working, Role.HEADTEACHER):
                    person.pin_locked_until = None
        ended = decide(app, token, pin="9999")
    assert ended.status_code == 410 and "Sign in and decide" in ended.text
    gone = Browser(app.test_client()).get(f"/approve/{token}")
    assert gone.status_code == 410
    with db.reading() as looking:
        [told] = scenes.mails(looking, "pin_guessed")
    assert "Wrong PINs were typed" in str(told["subject"])
    path = f"/drafts/{only_draft().id}"
    assert head.post(f"{path}/decide", path, decision="approve", revision="1").status_code == 302
