"""An approver who saw a draft before reads what is different now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from approvals.differences import Change
from school import db
from school.models import Account, Role
from tests.approvals import scenes
from tests.web.conftest import Browser
from tests.web.writing import decide, fields, mailed_token, mails, upload, write


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_approver_reads_what_changed_since_the_last_time(
    app: Flask, signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    x = make_account("x")
    later = (db.now() + timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
    teacher = signed_in(Role.STAFF)
    path = write(teacher, x, at=later, text="The fair is at noon.", device="School tablet 4")
    first = Browser(app.test_client()).get(f"/approve/{mailed_token()}").text
    assert "What changed" not in first
    assert decide(app, mailed_token(), decision="changes", reason="Which noon?").status_code == 200
    edit = f"{path}/edit"
    # A version that nobody was asked about is not what they saw before.
    between = fields(x, at=later, text="Never seen.", based_on="1", do="save", checklist=[])
    assert teacher.post(edit, edit, **between).status_code == 302
    # It is still to change, and what is to be signed anew is a press away.
    page = teacher.get(path).text
    assert f'<a href="{edit}#checklist-heading">sign the checklist' in page
    assert ">changes asked for<" in page and ">changes asked for<" in teacher.get("/drafts").text
    assert "draft of yours to change" in teacher.get("/").text
    again = fields(x, at=later + timedelta(hours=1), text="The fair is at one.", based_on="2")
    assert teacher.post(edit, edit, **again).status_code == 302
    page = Browser(app.test_client()).get(f"/approve/{mailed_token()}").text
    assert "What changed since it was handed in before" in page and "version 1 of" in page
    assert "Changed since: Text, Planned for." in page and ": Which noon?" in page
    assert "<del>noon.</del><ins>one.</ins>" in page and "Never seen." not in page
    changed = page.split('class="differences"')[1].split("</dl>")[0]
    assert "Planned for" in changed and "School tablet 4" not in changed
    assert "What changed" in teacher.get(path).text
    # Beside an earlier version nobody decides on the newest, whose words are not shown there (P12).
    head = signed_in(Role.HEADTEACHER)
    for version, decides in (("1", False), ("2", False), ("3", True)):
        assert ('id="decide"' in head.get(f"{path}?version={version}").text) is decides
    for kind in ("plain", "html"):
        body = mails("approval_request")[-1].get_body((kind,))
        assert body is not None
        said = body.get_content()
        assert "version 1 of" in said and "Before: The fair is at noon." in said


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_handed_in_again_unchanged_is_asked_about_and_says_so_to_whoever_decides(
    app: Flask, signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    x = make_account("x")
    later = (db.now() + timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
    teacher = signed_in(Role.STAFF)
    path = write(teacher, x, at=later)
    assert decide(app, mailed_token(), decision="changes", reason="Which gate?").status_code == 200
    page = teacher.get(path).text
    assert 'btn-primary" href="' + path + '/edit"' in page and "Hand it in for approval" not in page
    refused = teacher.post(f"{path}/submit", path, revision="1")
    said = "You changed nothing since Margaret Oyelaran asked: “Which gate?”"
    assert refused.status_code == 400 and said in refused.text and len(mails("approval_request")) == 1
    # Nor by the form, which makes no version of the same words, nor by what is changed and changed back.
    edit = f"{path}/edit"
    same = fields(x, at=later)
    for based_on, more in enumerate(({}, {"text": "Another", "do": "save"}, {})):
        kept = teacher.post(edit, edit, **{**same, **more, "based_on": str(max(based_on, 1))})
        assert kept.status_code == 302 and len(mails("approval_request")) == 1
        assert based_on or "It is not handed in. You changed nothing since" in teacher.get(path).text
    page = teacher.get(path).text
    assert said in page and "asked for changes</b>" in page
    assert f"{path}/submit" not in teacher.get(f"{path}?version=1").text
    assert teacher.post(f"{path}/submit", path, revision="3", as_it_is="yes").status_code == 302
    mail = mails("approval_request")[-1]
    assert str(mail["Subject"]).startswith("Decide again: ")
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        words = body.get_content()
        assert "Margaret Oyelaran asked for changes before" in words and "Which gate?" in words
        assert "Nothing was changed since." in words
    waits = mailed_token()
    page = Browser(app.test_client()).get(f"/approve/{waits}").text
    assert "asked for changes before" in page and "Nothing was changed since." in page
    # Taken back, it is still to change; handed in once more, the old link names the newer mail.
    assert "The link in the e-mail" in teacher.get(path).text.split('id="take-back"')[1]
    assert teacher.post(f"{path}/withdraw", path).status_code == 302
    assert "draft of yours to change" in teacher.get("/").text
    assert "handed in again, a new e-mail comes" in Browser(app.test_client()).get(f"/approve/{waits}").text
    assert teacher.post(f"{path}/submit", path, revision="3", as_it_is="yes").status_code == 302
    gone = Browser(app.test_client()).get(f"/approve/{waits}")
    assert gone.status_code == 410 and "a newer e-mail was sent on" in gone.text
    # That one is dead as well once the draft is taken back again.
    assert teacher.post(f"{path}/withdraw", path).status_code == 302
    gone = Browser(app.test_client()).get(f"/approve/{waits}")
    assert "The author took the draft back" in gone.text and "newer e-mail" not in gone.text
    assert teacher.post(f"{path}/submit", path, revision="3", as_it_is="yes").status_code == 302
    assert decide(app, mailed_token()).status_code == 200
    page = teacher.get(path).text
    assert "It is approved. It will be published on " in page and "What became of it" not in page
    assert "approved it on" in Browser(app.test_client()).get(f"/approve/{waits}").text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_another_file_of_the_same_name_is_a_change(
    app: Flask, signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    x = make_account("x")
    later = (db.now() + timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
    teacher = signed_in(Role.STAFF)

    def picture(colour: int) -> str:
        data = scenes.picture_bytes(400 + colour, 400)
        page = upload(teacher, "/drafts/new", data, "fair.jpg", **fields(x, at=later, do="pictures")).text
        return page.split('name="media" value="')[1].split('"')[0]

    def described(media: str, **more: object) -> dict[str, object]:
        words = {f"{name}_{media}": "Stalls" for name in ("alt", "source", "licence")}
        return fields(x, at=later, media=media, **words, **more)

    answer = teacher.post("/drafts/new", "/drafts/new", **described(picture(0)))
    assert answer.status_code == 302
    edit = f"{answer.headers['Location']}/edit"
    assert teacher.post(edit, edit, **described(picture(9), based_on="1")).status_code == 302
    page = Browser(app.test_client()).get(f"/approve/{mailed_token()}").text
    changed = page.split('class="differences"')[1].split("</dl>")[0]
    assert changed.count("<dt>") == 1 and "Pictures" in changed and "fair.jpg (no. " in changed


def test_pieces_of_a_change_put_together_are_the_two_texts() -> None:
    change = Change("Text", "The fair  is at\nnoon", "The great fair is at one\n\ntoday")
    pieces = change.pieces
    assert "".join(words for kind, words in pieces if kind != "new") == change.before
    assert "".join(words for kind, words in pieces if kind != "gone") == change.after
    # Comparing texts as long as these word by word would keep the page waiting for minutes.
    long = Change("Text", "word " * 40_000, "other " * 40_000)
    assert [kind for kind, _words in long.pieces] == ["gone", "new"]
    assert Change("Link", "", "https://x.example").pieces == [("new", "https://x.example")]


def test_a_moved_time_is_one_thing_and_a_lost_signature_is_said_in_one_line() -> None:
    old, new = "Thursday 3 December 2026, 9am", "Friday 27 November 2026, 9am"
    assert Change("Planned for", old, new).pieces == [("gone", old), ("same", " → "), ("new", new)]
    lost = Change("Signed in the checklist", "It is lawful. It is kind.", "")
    assert lost.note == "The checklist has to be signed again."
    assert not Change("Signed in the checklist", "It is lawful. It is kind.", "It is kind.").note
    assert not Change("Text", "It is lawful.", "").note
