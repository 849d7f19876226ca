"""Writing, handing in, deciding, seeing what became of a draft, by page (P1, P12 to P16, P26 to P28)."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image
from sqlalchemy.orm import Session

from approvals import publishing
from approvals.models import (
    ApprovalDecision,
    ApprovalRequest,
    Draft,
    DraftRevision,
    LookState,
    MediaFile,
    MediaRendition,
    PictureWords,
    Publication,
    Submission,
)
from approvals.publishing import Outcome, OutcomeKind
from approvals.states import DraftState, PublicationState
from connectors.base import RemotePost
from school import db, people, secrets
from school.models import Account, AuditEntry, Consent, Person, Pupil, Role
from school.setup import PRACTICE_PIN
from school.times import LONDON, say
from tests.approvals import scenes
from tests.moderation.scenes import change_rules
from tests.web.conftest import Browser
from tests.web.writing import count, decide, fields, mailed_token, mails, only_draft, rows, upload, write

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_the_story_from_writing_to_the_address_of_the_post(
    app: Flask, teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    path = write(teacher, x, at=later, text="Come to the fair <b>now</b> & bring friends")
    page = teacher.get(path).text
    assert "waiting for approval" in page and "Margaret Oyelaran" in page
    assert "&lt;b&gt;now&lt;/b&gt;" in page and "<b>now</b>" not in page
    token = mailed_token()
    visitor = Browser(app.test_client())
    shown = visitor.get(f"/approve/{token}")
    assert shown.status_code == 200 and "Come to the fair" in shown.text and "Hannah Birtwistle" in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    done = decide(app, token)
    assert done.status_code == 200 and "Approved" in done.text
    draft = only_draft()
    assert draft.state is DraftState.APPROVED
    [publication] = rows(sa.select(Publication).where(Publication.draft_id == draft.id))
    with db.transaction() as working:
        claim = publishing.claim(working, publication.id, now=later)
    assert claim is not None
    post = RemotePost(
        platform_id="77", text=claim.content.text, created_at=later, url="https://x.example/status/77"
    )
    with db.transaction() as working:
        publishing.record(working, claim, Outcome(OutcomeKind.PUBLISHED, post=post), now=later)
    page = teacher.get(path).text
    assert "https://x.example/status/77" in page and "published" in page
    assert "· published " in teacher.get("/drafts").text
    month = teacher.get(f"/calendar?month={later.astimezone(LONDON):%Y-%m}").text
    assert "X @larkfieldprimary" in month
    assert head.get(path).status_code == 200


@SQLITE
def test_a_hundred_robots_change_nothing(app: Flask, teacher: Browser, x: Account, later: datetime) -> None:
    write(teacher, x, at=later)
    token = mailed_token()
    before = count(AuditEntry)
    robot = app.test_client()
    for turn in range(100):
        answer = robot.get(f"/approve/{token}") if turn % 2 else robot.head(f"/approve/{token}")
        assert answer.status_code == 200
    forged = robot.post(f"/approve/{token}", data={"decision": "approve", "pin": ""})
    assert forged.status_code == 400
    assert only_draft().state is DraftState.SUBMITTED
    assert count(AuditEntry) == before
    assert decide(app, token).status_code == 200


@SQLITE
def test_a_link_used_a_second_time_says_who_decided_what(
    app: Flask, teacher: Browser, x: Account, later: datetime
) -> None:
    write(teacher, x, at=later)
    token = mailed_token()
    first, second = Browser(app.test_client()), Browser(app.test_client())
    page = f"/approve/{token}"
    tokens = [first.token(page), second.token(page)]
    values = {"decision": "approve", "pin": PRACTICE_PIN}
    assert first.client.post(page, data={"csrf_token": tokens[0], **values}).status_code == 303
    answer = second.client.post(
        page, data={"csrf_token": tokens[1], "decision": "reject", "reason": "No", "pin": PRACTICE_PIN}
    )
    assert answer.status_code == 409 and "Margaret Oyelaran approved it on" in answer.text
    again = second.get(page)
    assert again.status_code == 410 and "Margaret Oyelaran approved it on" in again.text
    assert "This is decided already" in again.text and "Error 410" not in again.text
    assert count(ApprovalDecision) == 1


@SQLITE
def test_a_link_opened_after_an_edit_says_so(
    app: Flask, teacher: Browser, x: Account, later: datetime
) -> None:
    path = write(teacher, x, at=later)
    token = mailed_token()
    edit = f"{path}/edit"
    answer = teacher.post(edit, edit, **fields(x, at=later, text="Another wording", based_on="1", do="save"))
    assert answer.status_code == 302
    gone = Browser(app.test_client()).get(f"/approve/{token}")
    assert gone.status_code == 410 and "was edited after this" in gone.text
    assert "Today’s page" not in gone.text, "whoever has a link need not be signed in"
    again = teacher.post(f"{path}/submit", path, revision="2")
    assert again.status_code == 302
    token = mailed_token()
    assert decide(app, token).status_code == 200
    assert teacher.post(f"{path}/withdraw", path).status_code == 302
    void = Browser(app.test_client()).get(f"/approve/{token}").text
    assert "approved it on" in void and "That no longer counts. The author took the draft back." in void
    assert "That no longer counts. You took the draft back." in teacher.get(path).text
    assert Browser(app.test_client()).get("/approve/made-up-token").status_code == 404
    # Back in the form that began a post, after it was handed in: saving takes that one back, and says so.
    begun = write(teacher, x, at=later, text="Fair")
    more = {"text": "The fair", "begins": begun.rpartition("/")[2], "do": "save"}
    again = teacher.post("/drafts/new", "/drafts/new", **fields(x, at=later, **more))
    assert again.headers["Location"] == begun and "Nobody is asked about it now" in teacher.get(begun).text


@SQLITE
def test_wrong_pins_are_counted_and_then_locked(
    app: Flask, teacher: Browser, x: Account, later: datetime
) -> None:
    write(teacher, x, at=later)
    token = mailed_token()
    for left in ("4 tries are", "3 tries are", "2 tries are", "1 try is"):
        answer = decide(app, token, pin="9999", reason="Kept")
        assert answer.status_code == 403 and f"Type it again: {left} left" in answer.text
        assert "Kept" in answer.text
    for pin in ("9999", PRACTICE_PIN):
        locked = decide(app, token, pin=pin)
        assert locked.status_code == 429 and "Too many wrong PINs" in locked.text
        assert "Try again at" in locked.text and "Or sign in instead" in locked.text
        assert 0 < int(locked.headers["Retry-After"]) <= 901
    assert only_draft().state is DraftState.SUBMITTED


@SQLITE
@pytest.mark.parametrize(
    ("decision", "state"), [("changes", DraftState.CHANGES_REQUESTED), ("reject", DraftState.REJECTED)]
)
def test_changes_and_rejection_need_a_reason_that_the_author_reads(
    decision: str,
    state: DraftState,
    app: Flask,
    teacher: Browser,
    x: Account,
    later: datetime,
) -> None:
    path = write(teacher, x, at=later)
    token = mailed_token()
    answer = decide(app, token, decision=decision, reason=" ")
    assert answer.status_code == 400 and "The reason is empty" in answer.text
    assert decide(app, token, decision=decision, reason="Say where it is").status_code == 200
    assert only_draft().state is state
    assert "Say where it is" in teacher.get(path).text
    # Where people talk about it the reason stands, too; a rejected post is on its author's first page.
    assert "Nothing was said yet" not in teacher.get(path).text
    assert ("was rejected: read why" in teacher.get("/").text) == (state is DraftState.REJECTED)
    [mail] = mails("decision")
    assert "Say where it is" in str(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]


@SQLITE
def test_a_signed_in_approver_needs_no_pin_and_can_decide_on_the_draft_itself(
    app: Flask, teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    path = write(teacher, x, at=later)
    token = mailed_token()
    page = f"/approve/{token}"
    assert "no PIN is needed" in head.get(page).text
    other = write(teacher, x, at=later, text="Another post")
    done = head.get(head.post(page, page, decision="changes", reason="Shorter").headers["Location"]).text
    assert "Changes asked for" in done and "Another post waits for you" in done
    assert "close this page" not in done
    teacher.post(f"{other}/withdraw", other)
    edit = f"{path}/edit"
    form = teacher.get(edit).text
    assert "<b>Margaret Oyelaran asked for changes</b>" in form and ": Shorter</div>" in form
    assert not re.findall(r'name="checklist"[^>]* checked', form) and "tick each for the new one" in form
    teacher.post(edit, edit, **fields(x, at=later, text="Shorter", based_on="1"))
    assert "Waiting for your decision" in head.get("/drafts").text
    assert "That was about an earlier version" in teacher.get(path).text
    answer = head.post(f"{path}/decide", path, decision="approve", revision="2")
    assert answer.status_code == 302 and "No other post waits for your decision" in head.get(path).text
    states = rows(sa.select(Draft.state).order_by(Draft.id))
    assert states == [DraftState.APPROVED, DraftState.DRAFT]
    assert "Your posts on their way" in teacher.get("/").text
    # P12: saved or moved with nothing changed, it stays approved and nobody is asked again.
    same = fields(x, at=later, text="Shorter", based_on="2", checklist=[])
    asked = len(mails("approval_request"))
    old = {**same, "based_on": "1", "do": "save"}
    moves = ((f"{path}/move", same), (f"{path}/move", {**old, "do": "move"}))
    # Also from a page that was opened before the last change.
    for address, values in ((edit, {**same, "do": "save"}), (edit, same), (edit, old), *moves):
        teacher.post(address, edit, **values)
        assert "nothing was changed, so the approval stands" in teacher.get(path).text.lower()
    assert len(mails("approval_request")) == asked
    assert rows(sa.select(Publication.state)) == [PublicationState.SCHEDULED]
    teacher.post(edit, edit, **{**same, "text": "Longer", "do": "save"})
    page = teacher.get(path).text
    assert "it will not be published" in page and "sign the checklist" in page
    assert "tick each for the new one" in teacher.get(edit).text


@SQLITE
def test_whoever_decides_reads_what_stands_against_it(
    app: Flask, teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    """P27: a name that was read inside a picture after the draft was handed in."""
    picture = scenes.picture_bytes()
    upload(teacher, "/drafts/new", picture, "fair.jpg", **fields(x, at=later, do="pictures"))
    [media] = rows(sa.select(MediaFile))
    words = {f"{what}_{media.id}": "A stall" for what in ("alt", "source", "licence")}
    path = write(teacher, x, at=later, media=str(media.id), **words)
    token = mailed_token()
    with db.transaction() as session:
        read = session.get_one(PictureWords, media.id)
        read.state, read.lines = LookState.DONE, ["Amelia Thornbury"]
    said = "is in the text inside “fair.jpg”"
    assert app.test_client().get(f"/approve/{token}").text.count(said) == 2, "noticed, and above the decision"
    told = teacher.get(path).text
    assert "A pupil’s name was read inside a picture" in told and "cover the name" in told
    answer = decide(app, token)
    assert answer.status_code == 400 and answer.text.count(said) == 4, "refused, and not said why"
    answer = head.post(f"{path}/decide", path, decision="approve", revision="1")
    assert answer.status_code == 400 and answer.text.count(said) == 4


@SQLITE
def test_nobody_decides_on_their_own_draft(
    signed_in: Callable[[Role], Browser], x: Account, later: datetime
) -> None:
    head = signed_in(Role.HEADTEACHER)
    path = write(head, x, at=later)
    assert "Decide</h2>" not in head.get(path).text
    answer = head.post(f"{path}/decide", path, decision="approve", revision="1")
    assert answer.status_code == 403 and "Nobody approves their own draft" in answer.text
    deputy = signed_in(Role.SLT)
    assert deputy.post(f"{path}/decide", path, decision="approve", revision="1").status_code == 302


@SQLITE
def test_without_authorisation_no_draft_by_page(
    app: Flask,
    teacher: Browser,
    school_people: dict[Role, Person],
    x: Account,
    make_account: Callable[..., Account],
    later: datetime,
    session: Session,
) -> None:
    """P1."""
    other = make_account("facebook", handle="Larkfield")
    person = session.merge(school_people[Role.STAFF])
    people.withdraw_authorisation(
        session,
        person,
        other,
        by=session.merge(school_people[Role.HEADTEACHER]),
        reason="Not hers",
        now=db.now(),
    )
    session.commit()
    assert "Larkfield</label>" not in teacher.get("/drafts/new", follow_redirects=True).text
    answer = teacher.post("/drafts/new", "/drafts/new", **fields(x, other, at=later))
    assert answer.status_code == 403 and "has not authorised you" in answer.text
    assert count(Draft) == 0
    newcomer = Browser(app.test_client())
    newcomer.sign_in("newteacher@larkfield.test")
    closed = newcomer.get("/drafts/new")
    assert closed.status_code == 403 and 'href="/terms"' in closed.text and 'href="/me"' in closed.text


@SQLITE
def test_a_text_of_100000_characters_is_not_handed_in_and_nothing_is_lost(
    teacher: Browser, x: Account, make_account: Callable[..., Account], later: datetime
) -> None:
    facebook = make_account("facebook", handle="Larkfield")
    text = "ä" * 100_000
    answer = teacher.post("/drafts/new", "/drafts/new", **fields(x, facebook, at=later, text=text))
    assert answer.status_code == 400
    assert "counts 100,000 characters: at most 280" in answer.text
    assert "counts 100,000 characters: at most 63,206" in answer.text
    assert text in answer.text and "The draft is saved, but not handed in yet." in answer.text
    assert only_draft().state is DraftState.DRAFT and count(Submission) == 0


@SQLITE
@pytest.mark.parametrize(
    ("day", "clock", "says"),
    [
        ("2020-01-01", "10:00", "in the past"),
        ("2027-03-28", "01:30", "does not exist: the clocks go forward"),
        ("2027-10-31", "01:30", "happens twice: the clocks go back"),
        ("tomorrow", "10:00", "can’t be read|can't be read|can&#39;t be read"),
        ("2027-06-03", "", "The time is missing"),
    ],
)
def test_a_time_that_cannot_be_is_refused_with_the_reason(
    day: str, clock: str, says: str, teacher: Browser, x: Account, later: datetime
) -> None:
    answer = teacher.post(
        "/drafts/new",
        "/drafts/new",
        **fields(x, at=later, planned_date=day, planned_time=clock, text="Keep me"),
    )
    assert answer.status_code == 400 and re.search(says, answer.text), answer.text
    assert "Keep me" in answer.text and count(Submission) == 0


@SQLITE
def test_a_half_finished_draft_is_saved_as_it_is_and_says_what_handing_in_would_ask(
    teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    """Too long, in the past, nothing signed: plain saving keeps it all; handing in says it all at once."""
    half = {
        "text": "a" * 300, "planned_date": "2020-01-01", "planned_time": "10:00", "checklist": [],
        "objective": "", "none_shown": "",
    }  # fmt: skip
    path = write(teacher, x, at=later, do="save", **half)
    page = teacher.get(path).text
    assert "The draft is saved." in page and "Before you can hand it in" in page
    everything = (
        "counts 300 characters",
        "is in the past",
        "points of the checklist",
        "not chosen yet",
        "which pupils",
    )
    assert all(said in page for said in everything) and "Hand it in for approval" not in page
    again = teacher.post(
        f"{path}/edit", f"{path}/edit", **fields(x, at=later, based_on="1", do="submit", **half)
    )
    assert again.status_code == 400 and all(said in again.text for said in everything)
    assert "5 things</b> to look at" in again.text.replace(" to look at.</b>", "</b> to look at")
    assert only_draft().revision_number == 1 and count(Submission) == 0
    assert (
        "<h1>Change a post</h1>" in again.text
        and "<h1>Change a post</h1>" in teacher.get(f"{path}/edit").text
    )
    assert "<h1>Write a post</h1>" in teacher.get("/drafts/new", follow_redirects=True).text
    # What is told of the link, which can't be read at all, comes with the rest.
    wrong = {**half, "planned_date": "soon"}
    at_once = teacher.post("/drafts/new", "/drafts/new", **fields(x, at=later, do="submit", **wrong))
    assert "can&#39;t be read" in at_once.text and "counts 300 characters" in at_once.text
    assert "points of the checklist" in at_once.text and count(Draft) == 1
    # Nobody else is shown what was never handed in, unless they ask for it.
    assert path not in head.get("/drafts").text and path in head.get("/drafts?work=yes").text
    assert path in teacher.get("/drafts").text


@SQLITE
def test_p26_whoever_writes_reads_each_pupils_consent_and_what_unticking_is_worth(
    app: Flask, teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    """P26, P34: which use on which platform, and no word of who gave it."""
    pupils = {pupil.name: pupil for pupil in rows(sa.select(Pupil))}
    with db.reading() as session:
        givers = set(session.scalars(sa.select(Consent.given_by)))
    page = teacher.get("/drafts/new", follow_redirects=True).text
    beside = dict(re.findall(r'<label [^>]*for="pupil-([^"]+)">.*?</label>\s*<div[^>]*>([^<]+)</div>', page))
    words = {name: beside[str(pupil.id)] for name, pupil in pupils.items()}
    assert words["Amelia Thornbury"].startswith("pictures: X · videos: no")
    assert words["Oliver Penhaligon"].startswith("pictures: no")
    assert givers and not any(giver in page for giver in givers)
    refused = str(pupils["Oliver Penhaligon"].id)
    picture = upload(
        teacher, "/drafts/new", scenes.picture_bytes(), "fair.jpg",
        **fields(x, at=later, none_shown="", pupil=refused, do="submit"),
    )  # fmt: skip
    assert "Unticking the name is not enough" in picture.text and "#pictures-heading" in picture.text
    path, media = f"/drafts/{only_draft().id}", str(rows(sa.select(MediaFile))[0].id)
    described = {f"{name}_{media}": "Stalls" for name in ("alt", "source", "licence")}
    again = {**fields(x, at=later, media=media), **described}
    without = teacher.post(f"{path}/edit", f"{path}/edit", **again, based_on="1")
    assert without.status_code == 400 and "was marked as seen in “fair.jpg” before" in without.text
    assert 'name="not_seen" value="' + refused in without.text and count(Submission) == 0
    said = teacher.post(f"{path}/edit", f"{path}/edit", **again, based_on="2", not_seen=refused)
    assert said.status_code == 302, said.text
    told = "Hannah Birtwistle says that Oliver Penhaligon can’t be seen in “fair.jpg”."
    assert (
        told in head.get(path).text
        and told in Browser(app.test_client()).get(f"/approve/{mailed_token()}").text
    )


@SQLITE
def test_what_was_asked_and_rejected_waits_until_it_is_read(
    teacher: Browser, head: Browser, signed_in: Callable[[Role], Browser], x: Account, later: datetime
) -> None:
    path = write(teacher, x, at=later)
    one = "post that somebody wrote to you about"
    assert head.post(f"{path}/remarks", path, remark="Which gate?").status_code == 302
    assert one in teacher.get("/").text and "new message" in teacher.get("/drafts").text
    assert one not in head.get("/").text
    for reader in (teacher, head):
        assert reader.get(path).text.count("I have read it") == (reader is teacher), "looking changes nothing"
    assert teacher.post(f"{path}/read", path).status_code == 302
    assert one not in teacher.get("/").text and "new message" not in teacher.get("/drafts").text
    assert signed_in(Role.MODERATOR).post(f"{path}/read", "/").status_code == 404
    assert teacher.post(f"{path}/remarks", path, remark="The main one.").status_code == 302
    assert one in head.get("/").text and "new message" in head.get("/drafts").text
    no = {"decision": "reject", "reason": "Not now", "revision": "1"}
    assert head.post(f"{path}/decide", path, **no).status_code == 302
    rejected = "post of yours was rejected: read why"
    assert rejected in teacher.get("/").text
    assert teacher.post(f"{path}/read", path).status_code == 302
    assert rejected not in teacher.get("/").text and "I have read it" not in teacher.get(path).text


@SQLITE
def test_an_empty_form_begins_no_draft(teacher: Browser, x: Account, later: datetime) -> None:
    empty = {"text": " ", "planned_date": "", "planned_time": "", "checklist": [], "none_shown": ""}
    for do, said in (("save", "There is nothing to save yet"), ("submit", "No time is planned")):
        answer = teacher.post("/drafts/new", "/drafts/new", **fields(x, at=later, do=do, **empty))
        assert answer.status_code == 400 and said in answer.text
    assert count(Draft) == 0


def test_two_tabs_the_later_one_loses_nothing(teacher: Browser, x: Account, later: datetime) -> None:
    path = write(teacher, x, at=later, do="save")
    edit = f"{path}/edit"
    assert (
        teacher.post(edit, edit, **fields(x, at=later, text="First tab", based_on="1", do="save")).status_code
        == 302
    )
    answer = teacher.post(edit, edit, **fields(x, at=later, text="Second tab", based_on="1", do="save"))
    assert (
        answer.status_code == 409
        and "changed in another window" in answer.text
        and "Second tab" in answer.text
    )
    texts = rows(sa.select(DraftRevision.text).order_by(DraftRevision.number))
    assert texts == ["The summer fair is on Saturday at noon.", "First tab"]
    based_on = re.search(r'name="based_on" value="(\d+)"', answer.text)
    assert based_on and based_on[1] == "2"


@SQLITE
def test_a_picture_is_kept_and_described_and_goes_out_clean(
    app: Flask, teacher: Browser, x: Account, later: datetime
) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretPhone"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (51.5, 30.0, 12.0)
    data = scenes.picture_bytes(exif=exif)
    assert b"SecretPhone" in data
    answer = upload(
        teacher, "/drafts/new", data, "fair.jpg", **fields(x, at=later, do="pictures", text="With a picture")
    )
    assert answer.status_code == 200 and "With a picture" in answer.text
    [media] = rows(sa.select(MediaFile))
    # One comes back to the picture that is to be described, with scripts and without.
    assert 'class="draft-picture" id="describe"' in answer.text and '/new#describe"' in answer.text
    image = teacher.get(f"/drafts/media/{media.id}")
    assert image.status_code == 200 and b"SecretPhone" not in image.data
    for sealed in rows(sa.select(MediaRendition.sealed)):
        kept = secrets.decrypt(sealed)
        assert b"SecretPhone" not in kept and not Image.open(io.BytesIO(kept)).getexif()
    assert b"SecretPhone" not in rows(sa.select(MediaFile.original))[0]
    refused = teacher.post("/drafts/new", "/drafts/new", **fields(x, at=later, media=str(media.id)))
    beside = "has no description, no owner and no licence: fill them in beside it."
    # On top of the form and beside the picture itself.
    assert refused.status_code == 400 and refused.text.count(beside) == 2
    edit = f"/drafts/{only_draft().id}/edit"
    words = {f"alt_{media.id}": "Stalls", f"source_{media.id}": "The office", f"licence_{media.id}": "Ours"}
    answer = teacher.post(edit, edit, **fields(x, at=later, media=str(media.id), based_on="1", **words))
    assert answer.status_code == 302, answer.text
    token = mailed_token()
    shown = Browser(app.test_client()).get(f"/approve/{token}/picture/1")
    assert shown.status_code == 200 and shown.mimetype == "image/jpeg"
    assert Browser(app.test_client()).get(f"/drafts/media/{media.id}").status_code == 302
    assert Browser(app.test_client()).get(f"/approve/{token}/picture/2").status_code == 404


@SQLITE
@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"GIF89a but not really", "notes.gif", "“notes.gif” is not a picture"),
        (b"%PDF-1.7 hello", "letter.jpg", "“letter.jpg” is not a picture"),
        (b"\xff\xd8\xff" + bytes(50 * 1024 * 1024), "huge.jpg", "“huge.jpg” is"),
        (scenes.bomb_png(30_000, 30_000), "bomb.png", "“bomb.png” has"),
    ],
    ids=["text", "pdf", "50MB", "bomb"],
)
def test_a_file_that_cannot_be_taken_is_named_and_the_text_kept(
    data: bytes, name: str, says: str, teacher: Browser, x: Account, later: datetime
) -> None:
    answer = upload(teacher, "/drafts/new", data, name, **fields(x, at=later, text="Do not lose me"))
    assert answer.status_code == 400 and says in answer.text and "Do not lose me" in answer.text
    assert count(MediaFile) == 0


@SQLITE
def test_instagram_needs_a_picture(
    teacher: Browser, make_account: Callable[..., Account], later: datetime
) -> None:
    instagram = make_account("instagram", handle="larkfield.primary")
    answer = teacher.post("/drafts/new", "/drafts/new", **fields(instagram, at=later))
    assert answer.status_code == 400 and "takes no post without a picture" in answer.text


@SQLITE
def test_a_pupil_without_consent_or_by_full_name_stops_the_draft(
    teacher: Browser, x: Account, later: datetime
) -> None:
    """P26, P27: the practice school's own pupils."""
    pupils = {pupil.name: pupil for pupil in rows(sa.select(Pupil))}
    refused = pupils["Oliver Penhaligon"]
    answer = teacher.post(
        "/drafts/new", "/drafts/new", **fields(x, at=later, none_shown="", pupil=str(refused.id))
    )
    assert answer.status_code == 400 and "Oliver Penhaligon has no consent for pictures on X" in answer.text
    named = upload(
        teacher,
        "/drafts/new",
        scenes.picture_bytes(),
        "fair.jpg",
        **fields(x, at=later, text="Well done AMELIA  Thornbury!"),
    )
    assert named.status_code == 400 and "full name, “Amelia Thornbury”" in named.text


@SQLITE
def test_p14_personal_data_in_the_schools_own_post_is_noticed(
    app: Flask, teacher: Browser, x: Account, later: datetime
) -> None:
    """By the author before handing in and by the approver; a name that may be a pupil's too."""
    words = "Amelia and Oliver won. Ring Mrs Thornbury on 07700 900123, 4 Rosebank Road."
    said = [
        "A phone number is in the text: 07700 900123.",
        "A street address is in the text: 4 Rosebank Road.",
        "This may be a pupil: Oliver.",
    ]
    page = teacher.get(write(teacher, x, at=later, text=words, do="save")).text
    assert all(sentence in page for sentence in said), page
    page = teacher.get(write(teacher, x, at=later, text=words)).text.partition('id="appears"')[0]
    assert "Whoever decides reads it, too." in page, "on top of the page that says it is handed in"
    assert all(sentence in page for sentence in said)
    mail = mails("approval_request")[-1]
    body = mail.get_body(("plain",))
    assert body is not None and all(sentence in body.get_content() for sentence in said)
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        before = part.get_content().lower().partition("checklist, ")[0]
        assert "what schoolgate noticed" in before and said[0].lower() in before
    assert "07700" not in str(mail["Subject"])
    page = Browser(app.test_client()).get(f"/approve/{mailed_token()}").text
    beside = page.partition('id="decide"')[2].partition('name="decision"')[0]
    assert all(page.count(sentence) == 1 and sentence in beside for sentence in said)
    assert "in their place" not in page, "the headteacher knows who decides"


@SQLITE
def test_only_the_author_sees_and_changes_a_draft_of_their_own(
    app: Flask, teacher: Browser, signed_in: Callable[[Role], Browser], x: Account, later: datetime
) -> None:
    path = write(teacher, x, at=later, do="save")
    stranger = Browser(app.test_client())
    stranger.sign_in("newteacher@larkfield.test")
    assert stranger.get(path).status_code == 404
    assert Browser(app.test_client()).get(path).status_code == 302
    head = signed_in(Role.HEADTEACHER)
    assert head.get(path).status_code == 200
    assert head.get(f"{path}/edit").status_code == 403
    assert head.post(f"{path}/withdraw", "/drafts/new").status_code == 403
    moderator = signed_in(Role.MODERATOR)
    for browser, status in ((head, 403), (moderator, 404), (stranger, 404)):
        file = io.BytesIO(scenes.picture_bytes()), "a.jpg"
        sent = {"csrf_token": browser.token("/me"), "new_pictures": file}
        assert browser.client.post(f"{path}/edit", data=sent).status_code == status
    assert count(MediaFile) == 0, "what came with a refused change was kept"
    assert moderator.get(path).status_code == 404
    assert teacher.get("/drafts/not-an-id").status_code == 404
    for skip in ("²", "9" * 30):
        assert teacher.get(f"/drafts?skip={skip}").status_code == 200
    assert teacher.get("/calendar?month=99").status_code == 400
    # Names that mean something to whoever makes addresses.
    assert teacher.get("/drafts/new?_method=POST&endpoint=x").location.startswith("/drafts/new?begins=")


@SQLITE
def test_what_is_held_is_decided_by_those_who_may(
    app: Flask, teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    path = write(teacher, x, at=later)
    assert decide(app, mailed_token()).status_code == 200
    [publication] = rows(sa.select(Publication))
    with db.transaction() as working:
        assert publishing.claim(working, publication.id, now=later + timedelta(hours=2)) is None
    assert "more than 60 minutes late" in head.get(path).text
    address = f"{path}/publications/{publication.id}"
    assert teacher.post(address, path, do="cancel", reason="x").status_code == 404
    assert head.post(address, path, do="publish", reason="").status_code == 400
    answer = head.post(address, path, do="by-hand", url="javascript:alert(1)", reason="There")
    assert answer.status_code == 400
    shown = answer.text.split(f'id="publication-{publication.id}"')[1]
    assert 'value="There"' in shown and 'value="javascript:alert(1)"' in shown, "nothing typed is lost"
    assert head.post(address, path, do="publish", reason="Still wanted").status_code == 302
    assert rows(sa.select(Publication.state)) == [PublicationState.SCHEDULED]


@SQLITE
def test_the_mail_has_everything_needed_to_decide(teacher: Browser, x: Account, later: datetime) -> None:
    [rosa] = rows(sa.select(Pupil).join(Consent).limit(1))
    upload(teacher, "/drafts/new", scenes.picture_bytes(), "fair.jpg", **fields(x, at=later, do="pictures"))
    [media] = rows(sa.select(MediaFile))
    words = {f"alt_{media.id}": "Stalls", f"source_{media.id}": "The office", f"licence_{media.id}": "Ours"}
    write(
        teacher,
        x,
        at=later,
        text="Ring 020 7946 0958",
        media=str(media.id),
        none_shown="",
        pupil=str(rosa.id),
        link="https://larkfield.sch.uk/fair",
        urgent="yes",
        **words,
    )
    [mail] = mails("approval_request")
    plain = mail.get_body(("plain",))
    html = mail.get_body(("html",))
    assert plain is not None and html is not None
    for body in (plain.get_content(), html.get_content()):
        for said in (
            "Hannah Birtwistle",
            "X @larkfieldprimary",
            "Ring 020 7946 0958",
            "https://larkfield.sch.uk/fair",
            "Stalls",
            "The office",
            rosa.name,
            "consent in force",
            "12:00pm" if later.astimezone(LONDON).hour == 12 else "1:00pm",
            "A reminder of an event",
            "A phone number is in the text",
            "It is lawful",
            "/approve/",
            "School tablet 4",
            f"works until {say(later)}",
        ):
            assert said in body, said
    assert "cid:picture1" in html.get_content()
    assert any(
        part.get("Content-ID") == "<picture1>" and part.get_content_type() == "image/jpeg"
        for part in mail.walk()
    )
    token = scenes.token_in(mail)
    assert token not in rows(sa.select(ApprovalRequest.token_hash))


@SQLITE
def test_a_draft_is_judged_by_the_schools_own_words(
    teacher: Browser, x: Account, later: datetime, school_people: dict[Role, Person]
) -> None:
    """P14: the same versions of thresholds and words as for comments."""
    with db.transaction() as session:
        slt = session.get_one(Person, school_people[Role.SLT].id)
        change_rules(session, words=("tombola",), passes=("stupid idiots",), by=slt, now=db.now())
    write(teacher, x, at=later, text="Come to the tombola, said the Stupid Idiots of our panto")
    [submission] = rows(sa.select(Submission))
    said = [one["sentence"] for one in submission.findings if one["kind"] == "score"]
    assert said[0].startswith("As a comment this would be flagged: contains “tombola”")
    assert "insult" not in " ".join(said)


@SQLITE
def test_who_decided_on_a_post_that_was_taken_back_meanwhile_is_told_so_and_led_to_it(
    teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    path = write(teacher, x, at=later)
    token = head.token(path)
    teacher.post(f"{path}/withdraw", path)
    form = {"csrf_token": token, "revision": "1", "decision": "approve"}
    answer = head.client.post(f"{path}/decide", data=form)
    assert answer.status_code == 409 and "took this post back on" in answer.text
    assert "The post was taken back" in answer.text and "The post has changed" not in answer.text
    assert "Somebody was faster" not in answer.text
    assert f'href="{path}">Look at the draft' in answer.text


@SQLITE
def test_what_is_wrong_with_a_decision_is_said_beside_the_form_with_the_pin(
    app: Flask, teacher: Browser, x: Account, later: datetime
) -> None:
    write(teacher, x, at=later)
    page, visitor = f"/approve/{mailed_token()}", Browser(app.test_client())
    answer = visitor.post(page, page, decision="reject", reason="", pin=PRACTICE_PIN).text
    before, beside = answer.split('id="decide"')
    assert "Please put this right" not in before
    assert 'id="not-sent" role="alert" tabindex="-1" autofocus' in beside
    assert "The reason is empty" in beside and "type your PIN again" in beside
