"""What somebody began to write and did not save is found again, each with its picture."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import sqlalchemy as sa

from approvals import unsaved
from approvals.models import Draft, UnsavedDraft
from school import db
from school.models import Account, Role
from tests.approvals.scenes import picture_bytes
from tests.web.conftest import Browser
from tests.web.writing import count, rows, upload, write


def _keep(writer: Browser, text: str, begins: str) -> None:
    kept = writer.post("/drafts/unsaved", "/drafts/new", text=text, begins=begins)
    assert kept.status_code == 204


def test_each_of_several_posts_begun_is_found_again_with_its_picture(
    signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    account = make_account("x")
    later = (db.now() + timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
    teacher, other = signed_in(Role.STAFF), signed_in(Role.SLT)
    first, second = str(uuid4()), str(uuid4())
    _keep(teacher, "The first, on the fair", first)
    # Adding a picture keeps the form at once: nothing else was sent of it.
    added = upload(
        teacher,
        "/drafts/new",
        picture_bytes(),
        "fair.jpg",
        text="The second, on the play",
        begins=second,
        do="pictures",
    )
    assert added.status_code == 200 and "Kept, not saved yet." in added.text
    offered = teacher.get("/drafts/new", follow_redirects=True).text
    assert "The first, on the fair" in offered and "“The second, on the play” with 1 picture" in offered
    assert "posts that you began and didn’t save" in teacher.get("/").text
    listed = teacher.get("/drafts").text
    assert 'id="unsaved"' in listed
    assert "on the fair" not in other.get("/drafts").text, "another's"
    link = r'href="(/drafts/new\?unsaved=[^"]+)" aria-label="Go on with it: “The second'
    [go_on] = re.findall(link, listed)
    shown = teacher.get(go_on, follow_redirects=True).text
    assert "The second, on the play</textarea>" in shown and 'name="media"' in shown
    assert f'name="begins" value="{second}"' in shown and "The first, on the fair" in shown, "offered, too"
    # Saved, it is not offered any more; the other is.
    write(teacher, account, at=later, begins=second, text="The second, on the play", do="save")
    listed = teacher.get("/drafts").text
    assert "The first, on the fair" in listed and "“The second" not in listed
    assert "post that you began and didn’t save" in teacher.get("/").text
    # What the page of a form sends after that form was saved is of the draft that it began.
    _keep(teacher, "The second, put otherwise", second)
    listed = teacher.get("/drafts").text
    assert "Changes to “The second, put otherwise”" in listed
    assert "post that you changed and didn’t save" in teacher.get("/").text
    [draft] = rows(sa.select(Draft))
    [go_on] = re.findall(r'href="(/drafts/[^"]+unsaved=yes)"', listed)
    assert "put otherwise</textarea>" in teacher.get(go_on).text and str(draft.id) in go_on
    [of_first] = rows(sa.select(UnsavedDraft.id).where(UnsavedDraft.draft_id.is_(None)))
    for path in re.findall(r'action="(/drafts/[^"]*unsaved/drop)"', listed):
        gone = teacher.post(path, "/drafts/new", back="drafts", which=str(of_first))
        assert gone.headers["Location"] == "/drafts"
    assert "unsaved" not in teacher.get("/drafts").text and count(UnsavedDraft) == 0


def test_one_of_two_is_thrown_away(
    signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    make_account("x")
    teacher = signed_in(Role.STAFF)
    _keep(teacher, "The first", str(uuid4()))
    [first] = rows(sa.select(UnsavedDraft))
    _keep(teacher, "The second", str(uuid4()))
    assert teacher.post("/drafts/unsaved/drop", "/drafts/new", which=str(first.id)).status_code == 302
    offered = teacher.get("/drafts/new", follow_redirects=True).text
    assert "“The second”" in offered and "“The first”" not in offered


def test_a_button_of_an_earlier_page_throws_no_other_post_away(
    signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    make_account("x")
    teacher, colleague = signed_in(Role.STAFF), signed_in(Role.SLT)
    begins = str(uuid4())
    _keep(teacher, "The first", begins)
    [first] = rows(sa.select(UnsavedDraft.id))
    _keep(teacher, "The second", str(uuid4()))
    # Written on in another tab: what an open page says of it is of it still.
    _keep(teacher, "The first, written on", begins)
    form = teacher.get(f"/drafts/new?unsaved={first}", follow_redirects=True).text
    assert "The first, written on</textarea>" in form
    drop = "/drafts/unsaved/drop"
    assert colleague.post(drop, "/drafts/new", which=str(first)).status_code == 302
    assert count(UnsavedDraft) == 2, "another's"
    teacher.post(drop, "/drafts/new", which=str(first))
    # Pressed twice, or without saying which.
    for which in (str(first), ""):
        teacher.post(drop, "/drafts/new", which=which)
        assert "nothing more is thrown away" in teacher.get("/drafts").text
    assert [dict(fields)["text"] for fields in rows(sa.select(UnsavedDraft.fields))] == ["The second"]
    # Its address shows no other post, to be saved as this one.
    for asked in (f"unsaved={first}", f"unsaved={first}&begins={begins}"):
        assert "The second</textarea>" not in teacher.get(f"/drafts/new?{asked}", follow_redirects=True).text


def test_what_can_not_be_saved_as_it_stands_is_offered_again(
    signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    account = make_account("x")
    later = (db.now() + timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
    teacher = signed_in(Role.STAFF)
    path = write(teacher, account, at=later, do="save")
    own = {f"own_text_{account.id}": "A long wording for an account that is not ticked now"}
    kept = teacher.post(f"{path}/unsaved", "/drafts/new", based_on="1", text="Put otherwise", **own)
    assert kept.status_code == 204
    assert "Changes to “Put otherwise”" in teacher.get("/drafts").text
    shown = teacher.get(f"{path}/edit?unsaved=yes").text
    assert "A long wording for an account" in shown and "Put otherwise</textarea>" in shown


def test_no_more_new_posts_are_kept_than_anybody_writes(
    signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    make_account("x")
    teacher = signed_in(Role.STAFF)
    begun = [str(uuid4()) for _ in range(unsaved.NEW_MOST)]
    for begins in begun:
        _keep(teacher, "One of many", begins)
    _keep(teacher, "Written on", begun[0])
    again = teacher.post("/drafts/unsaved", "/drafts/new", text="One too many", begins=str(uuid4()))
    assert again.status_code == 400 and count(UnsavedDraft) == unsaved.NEW_MOST


def test_a_tile_says_what_its_page_shows(
    signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    account = make_account("x")
    later = (db.now() + timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
    teacher = signed_in(Role.STAFF)
    path = write(teacher, account, at=later, do="save", checklist=[])
    until = f"{later + timedelta(weeks=3):%Y-%m-%d}"
    repeated = teacher.post(
        f"{path}/repeat", f"{path}/repeat", series=str(uuid4()), rhythm="weekly", until=until
    )
    assert repeated.status_code == 302
    assert "draft that you are writing (a series: 4 left to hand in)" in teacher.get("/").text
    sent_back = write(teacher, account, at=later, text="Handed in", begins=str(uuid4()))
    head = signed_in(Role.HEADTEACHER)
    assert head.post(f"{sent_back}/decide", sent_back, decision="changes", reason="Not yet", revision="1")
    today = teacher.get("/").text
    assert 'href="/drafts?only=change"' in today and 'href="/drafts?only=writing"' in today
    to_change, writing = (teacher.get(f"/drafts?only={one}").text for one in ("change", "writing"))
    assert sent_back in to_change and path not in to_change
    assert path in writing and sent_back not in writing and "1 of a series of 4" in writing
    assert head.get("/drafts?only=change").text.count("<li>") <= to_change.count("<li>")
