"""Moderation, followers and log as people in each role meet them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from PIL import Image
from pypdf import PdfReader

from connectors.base import Capability
from moderation import carrying_words, chain
from moderation.classifier.engine import load_engine
from moderation.decisions import Outcome
from moderation.models import (
    ActState,
    Comment,
    FollowerState,
    LogCase,
    LogEntry,
    LogEvent,
    PlatformAct,
    ReferTo,
)
from moderation.models import Follower as FollowerRow
from school import people
from school.db import now, reading, transaction
from school.models import OutboxEmail, Person, Role
from tests.approvals.scenes import picture_bytes
from tests.moderation import scenes
from tests.moderation.platform import ScriptedPlatform, author, comment
from tests.web.conftest import Browser
from web import moderation_live

pytestmark = pytest.mark.usefixtures("numbered_in_turn")

SignIn = Callable[[Role], Browser]
ABUSE = "You idiot"


@pytest.fixture
def entry_id(account_id: UUID, platform: ScriptedPlatform, clock: scenes.PresentClock) -> UUID:
    """One abusive comment in the log."""
    return scenes.flagged(account_id, platform, clock, comment(1, ABUSE))[0]


def test_the_queue_shows_an_entry_and_hide_reaches_the_platform(
    entry_id: UUID, head: Browser, platform: ScriptedPlatform, clock: scenes.PresentClock
) -> None:
    page = head.get("/moderation")
    assert page.status_code == 200 and "Entry 1" in page.text and "Troll Tim" in page.text
    assert "has been seen" in page.text
    answer = head.post(
        f"/moderation/{entry_id}", f"/moderation/{entry_id}", seen=1, outcomes="hide+block", reason="Abuse"
    )
    assert answer.status_code == 302, answer.text
    clock.on(seconds=30)
    scenes.act(platform, clock)
    assert platform.done == [("block", "id-Troll Tim"), ("hide", "c-1")]
    shown = head.get(f"/moderation/{entry_id}").text
    assert "The comment is hidden." in shown and "The person is blocked." in shown
    assert "Nothing is waiting here" in head.get("/moderation").text


def test_abusive_words_are_covered_until_asked_for(entry_id: UUID, head: Browser) -> None:
    """The text stands inside a closed <details>, so no script is needed to ask for it."""
    for path in ("/moderation", f"/moderation/{entry_id}", "/log"):
        outside = re.sub(r"<details.*?</details>", "", head.get(path).text, flags=re.DOTALL)
        assert ABUSE not in outside, path


def test_two_people_never_decide_the_same_entry(entry_id: UUID, signed_in: SignIn) -> None:
    first, second = signed_in(Role.SLT), signed_in(Role.MODERATOR)
    page = f"/moderation/{entry_id}"
    assert first.post(f"{page}/claim", page).status_code == 302
    assert second.post(f"{page}/claim", page).status_code == 409
    assert second.post(page, page, seen=1, outcomes="dismiss", reason="Fine").status_code == 409
    assert first.post(page, page, seen=1, outcomes="dismiss", reason="Fine").status_code == 302
    late = second.post(page, page, seen=1, outcomes="hide", reason="Abuse")
    assert late.status_code == 409 and "decided it" in late.text
    again = first.post(page, page, seen=1, outcomes="hide", reason="Abuse")
    assert again.status_code == 409 and "You decided it" in again.text
    # The entry as it stands, with what the second one typed.
    assert "Abuse</textarea>" in late.text and "no action" in late.text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"outcomes": "hide", "reason": ""}, "The reason is empty"),
        ({"reason": "Abuse"}, "Nothing is chosen"),
        ({"outcomes": "explode", "reason": "Abuse"}, "Choose from the list"),
        ({"outcomes": ["hide", "delete"], "reason": "Abuse"}, "“Hide it” and “Delete it for good” don’t go"),
        ({"outcomes": ["hide", "dismiss"], "reason": "Abuse"}, "“No action is needed” can’t go with"),
        ({"outcomes": "refer", "reason": "Abuse"}, "Choose to whom"),
        (
            {"outcomes": "refer", "reason": "x", "refer_to": "dsl", "about_headteacher": "yes"},
            "chair of governors",
        ),
        ({"outcomes": "meeting", "reason": "Abuse", "meeting_on": "tomorrow"}, "can’t be read"),
        ({"outcomes": "meeting", "reason": "Abuse", "meeting_on": "2020-01-01"}, "is over"),
        ({"outcomes": "reply", "reason": "Abuse", "reply": "   "}, "The answer is empty"),
        ({"outcomes": "hide", "reason": "x" * 2001}, "at most 2,000"),
        ({"outcomes": "hide", "reason": "Abuse", "seen": "one"}, "load the page again"),
    ],
)
def test_bad_input_is_said_beside_the_form(
    entry_id: UUID, head: Browser, fields: dict[str, object], sentence: str
) -> None:
    page = f"/moderation/{entry_id}"
    answer = head.post(page, page, **{"seen": 1, **fields})
    assert answer.status_code == 400
    plain = answer.text.replace("&#39;", "’").replace("'", "’")
    assert sentence in plain
    with reading() as session:
        assert session.get_one(LogCase, entry_id).state == "open"


def test_a_referral_about_the_headteacher_vanishes_for_them(
    entry_id: UUID,
    platform: ScriptedPlatform,
    clock: scenes.PresentClock,
    signed_in: SignIn,
    school_people: dict[Role, Person],
) -> None:
    """P3: it goes to the chair, who can read it, and the headteacher can't find it anywhere."""
    slt, head, chair = signed_in(Role.SLT), signed_in(Role.HEADTEACHER), signed_in(Role.CHAIR)
    # A task by hand that belongs to the entry must vanish with it.
    platform.capabilities -= {Capability.BLOCK}
    scenes.decide(entry_id, Outcome.BLOCK, by=school_people[Role.SLT], clock=clock)
    clock.on(seconds=30)
    scenes.act(platform, clock)
    assert str(entry_id) in head.get("/moderation/tasks").text
    page = f"/moderation/{entry_id}"
    assert chair.get(page).status_code == 404
    answer = slt.post(
        page,
        page,
        seen=2,
        outcomes="refer",
        refer_to="",  # the tick alone sends it to the chair, as its hint says
        about_headteacher="yes",
        reason="About the head",
    )
    assert answer.status_code == 302, answer.text
    assert "It concerns the headteacher, who can’t see it." in slt.get(page).text
    assert head.get(page).status_code == 404
    assert head.post(page, "/moderation/by-hand", seen=3, outcomes="note", reason="?").status_code == 404
    assert head.get(f"{page}/news").status_code == 404
    assert head.post(f"{page}/evidence", "/me").status_code == 404
    assert str(entry_id) not in head.get("/moderation/tasks").text
    for path in ("/moderation", "/moderation?referred=yes", "/log"):
        assert str(entry_id) not in head.get(path).text, path
    assert ABUSE not in head.post("/log/export", "/log", format="csv").text
    assert head.get("/audit").text.count("comment_decided") <= 1
    assert chair.get(page).status_code == 200 and ABUSE in chair.get("/log").text
    assert "not dealt with yet" not in head.get("/").text
    assert "</b> referred to you, not dealt with yet" in chair.get("/").text
    assert chair.post(page, page, seen=3, outcomes="hide", reason="x").status_code == 403
    assert chair.post(page, page, seen=3, outcomes="note", reason="I will see to it").status_code == 302
    with reading() as session:
        mails = session.scalars(
            sa.select(OutboxEmail.to_address).where(OutboxEmail.purpose == "referral")
        ).all()
        assert mails == [school_people[Role.CHAIR].email]
    clock.on(seconds=60)
    said = chair.post(page, page, seen=4, outcomes="dealt", reason="Looked into by two governors")
    assert said.status_code == 302, said.text
    assert "not dealt with yet" not in chair.get("/").text


def test_the_words_of_a_row_go_with_it_and_a_referral_hides_nothing(
    entry_id: UUID,
    account_id: UUID,
    platform: ScriptedPlatform,
    clock: scenes.PresentClock,
    signed_in: SignIn,
) -> None:
    """A reason typed in the queue stands on the entry's page; what was only passed on is still to be read."""
    slt, lead, page = signed_in(Role.SLT), signed_in(Role.DSL), f"/moderation/{entry_id}"
    scenes.flagged(
        account_id, platform, clock, comment(2, "idiot too"), comment(3, "idiot", author=author("Ann"))
    )
    row = {"do": "restore", "reason": "Rang her mother", "refer_to": "dsl", "seen": 1, "back": "queue"}
    for wish, ticked in (("refer", True), ("more", False)):
        opened = slt.post(f"{page}?do={wish}", "/moderation", **row)
        assert opened.status_code == 200 and "Rang her mother</textarea>" in opened.text
        assert bool(re.search(r'id="outcome-refer"[^>]* checked', opened.text)) is ticked
        assert 'dsl" selected' not in opened.text
    sent = {"seen": 1, "outcomes": "refer", "refer_to": "dsl", "reason": "Worry", "back": "queue"}
    assert slt.post(page, page, **sent).status_code == 302
    assert "still visible on Facebook: passing it on hides nothing" in slt.get("/moderation").text
    for reader in (slt, lead):
        assert "Referred; still visible on Facebook." in reader.get(page).text
        assert "Hide it as well" in reader.get(page).text
        assert "referred; still visible on Facebook" in reader.get("/log").text
    assert slt.post(page, page, seen=2, outcomes="hide", reason="As well").status_code == 302
    assert "Hide it as well" not in slt.get(page).text  # on its way
    clock.on(seconds=30)
    scenes.act(platform, clock)
    assert "still visible" not in slt.get(page).text and "still visible" not in lead.get("/log").text
    with reading() as session:
        tim = session.get_one(LogCase, entry_id).author_id
    theirs = slt.get(f"/moderation?author={tim}").text
    assert "Only open comments by <b><bdi>Troll Tim" in theirs and "Ann" not in theirs
    log = re.search(r'href="(/log\?author=[^"]+)"', theirs)
    assert log and slt.get(log[1]).text.count("<article") == 2
    assert "<b>1</b> of 2 open entries shown" in theirs
    [other] = set(re.findall(r'action="/moderation/([0-9a-f-]{36})"', theirs))
    with reading() as session:
        lead_id = str(session.scalars(sa.select(Person.id).where(Person.email.like("dsl@%"))).one())
    assert slt.post(f"/moderation/{other}/assign", f"/moderation/{other}", to=lead_id).status_code == 302
    done = slt.get("/moderation/done").text
    assert "by <bdi>Troll Tim</bdi>: Decided: hidden" in done and "As well</div>" in done
    assert re.search(r"Given to colleagues.*Entry \d</a> to Aoife Brennan", done, re.DOTALL)


def test_p22_whoever_refers_to_the_police_is_told_to_ring_them_until_their_number_is_there(
    entry_id: UUID, signed_in: SignIn
) -> None:
    """Schoolgate rings nobody: it says so, and leaves a task for who referred."""
    slt, lead, page = signed_in(Role.SLT), signed_in(Role.DSL), f"/moderation/{entry_id}"
    sent = {"outcomes": "refer", "refer_to": "police", "author_is_pupil": "no", "reason": "A threat"}
    assert slt.post(page, page, seen=1, **sent).status_code == 302
    told = slt.get(page).text
    assert "ring 101 yourself" in told and "A referral can’t be undone" in told
    assert "call to the police to make" in slt.get("/").text
    assert "call to the police to make" not in lead.get("/").text
    tasks = "/moderation/tasks"
    assert "Ring the police" in slt.get(tasks).text and "Ring the police" in lead.get(tasks).text
    assert "tick themselves off" not in slt.get(tasks).text, "of a call nobody but who makes it knows"
    assert signed_in(Role.CHAIR).post(f"{page}/police", "/me", reference="CAD 1").status_code == 404
    assert slt.post(f"{page}/police", page, reference=" ").status_code == 302
    assert "Write the number that the police gave you" in slt.get(page).text
    assert slt.post(f"{page}/police", page, reference="CAD 1234", back="tasks").status_code == 302
    assert (
        "Ring the police" not in slt.get(tasks).text
        and "The police were rung: CAD 1234" in lead.get(page).text
    )
    assert "call to the police to make" not in slt.get("/").text
    done = slt.get("/moderation/done").text
    assert "Call to the police" in done and ": Note<" not in done and 'data-label="Notes">0<' in done
    assert "to the police: reference “CAD 1234”" in done and "<small>referred <time" in done
    assert slt.post(f"{page}/police", page, reference="CAD 9").status_code == 409
    assert "noted that the police were rung about" in signed_in(Role.HEADTEACHER).get("/audit").text
    with reading() as session:
        assert chain.verify(session) is None


def test_p3_a_worry_waits_for_the_safeguarding_lead_until_they_say_what_was_done(
    entry_id: UUID, clock: scenes.PresentClock, signed_in: SignIn, school_people: dict[Role, Person]
) -> None:
    """First on Today, with exactly these; a note by them or a deed by others ends nothing."""
    slt, lead = signed_in(Role.SLT), signed_in(Role.DSL)
    page = f"/moderation/{entry_id}"
    clock.at -= timedelta(minutes=5)
    scenes.decide(entry_id, Outcome.REFER, by=school_people[Role.SLT], clock=clock, refer_to=ReferTo.DSL)
    clock.on(minutes=1)
    scenes.decide(entry_id, Outcome.NOTE, by=school_people[Role.DSL], clock=clock)
    scenes.decide(entry_id, Outcome.MUTE, by=school_people[Role.MODERATOR], clock=clock)
    waiting = "/log?referred=waiting"
    first = re.findall(r'<a class="tile[^>]*href="([^"]+)"><b>(\d+)</b>', lead.get("/").text)[0]
    assert first == (waiting, "1") and str(entry_id) in lead.get(waiting).text
    assert "not dealt with yet" not in slt.get("/").text and 'value="dealt"' not in slt.get(page).text
    assert slt.post(page, page, seen=4, outcomes="dealt", reason="x").status_code == 409
    assert 'value="dealt"' in lead.get(page).text
    assert "referred it to the designated safeguarding lead" in lead.get(page).text
    empty = lead.post(page, page, seen=4, outcomes="dealt", reason=" ")
    assert empty.status_code == 400 and "The reason is empty" in empty.text
    # Whom they rang is ticked, and is in the log; to themselves they refer nothing.
    assert '<option value="dsl"' not in lead.get(page).text and '<option value="dsl"' in slt.get(page).text
    rang = {"seen": 4, "outcomes": "dealt", "passed_on": "lado", "reason": "Spoke with her mother"}
    assert lead.post(page, page, **rang).status_code == 302
    assert "designated officer (LADO). Spoke with her mother" in lead.get(page).text
    assert "Dealt with</b>" in lead.get(page).text and 'value="dealt"' not in lead.get(page).text
    assert "not dealt with yet" not in lead.get("/").text and str(entry_id) not in lead.get(waiting).text
    assert lead.post(page, page, seen=5, outcomes="dealt", reason="Twice").status_code == 409
    with transaction() as session:
        # Dealt with whoever holds the role now; opened again, it waits for them.
        holder, to = (people.get(session, school_people[one].id) for one in (Role.DSL, Role.STAFF))
        head = people.get(session, school_people[Role.HEADTEACHER].id)
        people.grant_role(session, to, Role.DSL, by=head, reason="New", now=now())
        people.withdraw_role(session, holder, Role.DSL, by=head, reason="Left", now=now())
    assert str(entry_id) not in signed_in(Role.STAFF).get(waiting).text
    assert slt.post(page, page, seen=5, outcomes="reopen", reason="More came").status_code == 302
    assert str(entry_id) in signed_in(Role.STAFF).get(waiting).text
    with reading() as session:
        assert chain.verify(session) is None


def test_an_entry_by_hand_with_a_picture(account_id: UUID, signed_in: SignIn) -> None:
    """P17: abuse seen elsewhere, with its picture."""
    made = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(made, "PNG")
    browser = signed_in(Role.SLT)
    answer = browser.client.post(
        "/moderation/by-hand",
        data={
            "csrf_token": browser.token("/moderation/by-hand"),
            "platform": "WhatsApp",
            "text": "=cmd|'/c calc'!A1",
            "author": "@somebody",
            "urgent": "yes",
            "picture": (io.BytesIO(made.getvalue()), "shot.png"),
        },
    )
    assert answer.status_code == 302, answer.text
    shown = browser.get(answer.location)
    assert "WhatsApp" in shown.text
    pack = PdfReader(io.BytesIO(browser.post(f"{answer.location}/evidence", answer.location).data))
    assert pack.attachments["picture.png"] == [made.getvalue()]
    said = json.loads(pack.attachments["entry.json"][0])
    assert (
        said["text"].startswith("=cmd") and said["chain"][0]["detail"]["evidence"] == said["evidence_sha256"]
    )
    assert sum(len(sheet.images) for sheet in pack.pages) == 1
    picture = browser.get(f"{answer.location}/picture")
    assert picture.data == made.getvalue() and picture.mimetype == "image/png"
    export = browser.post("/log/export", "/log", format="csv").text.lstrip("\ufeff")
    row = next(csv.DictReader(io.StringIO(export)))
    assert row["text"].startswith("'=cmd") and row["author_name"] == "'@somebody"
    with reading() as session:
        # P23: urgent, so that SLT, DSL and headteacher are told; the mail says nothing of the text.
        raws = session.scalars(
            sa.select(OutboxEmail.raw).where(OutboxEmail.purpose == "urgent_comment")
        ).all()
        assert len(raws) >= 3 and all(b"cmd" not in raw for raw in raws)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_p3_of_an_urgent_worry_about_the_headteacher_all_others_are_told(
    signed_in: SignIn, school_people: dict[Role, Person]
) -> None:
    """As the page promises: leadership team, safeguarding lead and chair. No name, no text in the subject."""
    slt = signed_in(Role.SLT)
    answer = slt.post(
        "/moderation/by-hand", "/moderation/by-hand", platform="x", text="Zebedee, the head hurt my child",
        urgent="yes", about_headteacher="yes",
    )  # fmt: skip
    assert answer.status_code == 302, answer.text
    with reading() as session:
        mails = session.scalars(sa.select(OutboxEmail).options(sa.orm.undefer(OutboxEmail.raw))).all()
        told = {mail.to_address: mail for mail in mails if mail.purpose in {"urgent_comment", "referral"}}
        assert set(told) == {school_people[one].email for one in (Role.SLT, Role.DSL, Role.CHAIR)}
        chairs = told[school_people[Role.CHAIR].email].raw
        assert b"Urgent: a threat or a worry about a child was referred to you" in chairs
        assert b"a comment on X, to you" in chairs and b"Zebedee" not in chairs


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"platform": "", "text": "x"}, "Say where"),
        ({"platform": "TikTok"}, "Give the text"),
        ({"platform": "TikTok", "text": "x", "url": "javascript:alert(1)"}, "must begin with https"),
        ({"platform": "TikTok", "text": "x", "seen_day": "2999-01-01"}, "in the future"),
        ({"platform": "TikTok", "text": "x", "seen_day": "3 June"}, "can’t be read"),
        ({"platform": "TikTok", "text": "x" * 20_001}, "at most 20,000"),
        ({"platform": "TikTok", "picture": (b"not a picture", "a.png")}, "can’t be read"),
        ({"platform": "TikTok", "picture": (picture_bytes(kind="PNG")[:-30], "a.png")}, "can’t be read"),
        ({"platform": "TikTok", "picture": (picture_bytes(kind="BMP"), "a.png")}, "can’t be read"),
    ],
)
def test_bad_entries_by_hand_are_refused(head: Browser, fields: dict[str, object], sentence: str) -> None:
    if isinstance(fields.get("picture"), tuple):
        data, name = fields["picture"]  # type: ignore[misc]
        fields = {**fields, "picture": (io.BytesIO(data), name)}
    answer = head.post("/moderation/by-hand", "/moderation/by-hand", **fields)
    assert answer.status_code == 400 and sentence in answer.text.replace("&#39;", "’").replace("'", "’")


def test_p17_an_entry_by_hand_loses_no_picture_and_makes_up_no_hour(head: Browser) -> None:
    made = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(made, "PNG")
    page = "/moderation/by-hand"
    form = {"platform": "TikTok", "text": "Seen there", "seen_day": "2026-03-02"}
    refused = head.post(page, page, **form, url="no link", picture=(made, "shot.png"))
    assert refused.status_code == 400 and "Choose the picture again" in refused.text
    assert 'name="picture_lost"' in refused.text
    again = head.post(page, page, **form, picture_lost="yes")
    assert again.status_code == 400 and "Choose the picture again" in again.text
    answer = head.post(page, page, **form, picture_lost="yes", without_picture="yes")
    assert answer.status_code == 302
    shown = head.get(answer.location).text
    assert "Monday 2 March 2026, time not known" in shown and "12:00pm" not in shown
    assert "author not given" in shown
    pack = PdfReader(io.BytesIO(head.post(f"{answer.location}/evidence", answer.location).data))
    said = " ".join(pack.pages[0].extract_text().split())
    assert "Author not given" in said and "time not known" in said and "12:00pm" not in said


def test_markup_in_comments_and_names_is_only_text(
    account_id: UUID, platform: ScriptedPlatform, clock: scenes.PresentClock, head: Browser
) -> None:
    evil = "<script>alert('idiot')</script>"
    entry_id = scenes.flagged(
        account_id, platform, clock, comment(1, evil, author=author(evil, url="javascript:alert(1)"))
    )[0]
    for path in ("/moderation", f"/moderation/{entry_id}", "/log"):
        text = head.get(path).text
        assert "<script>alert" not in text and 'href="javascript' not in text, path
        # Nor does a name that turns the direction of writing turn what follows it on the page.
        assert "<b><bdi>&lt;script&gt;alert" in text, path


def test_p17_whoever_reads_a_comment_that_was_let_by_puts_it_into_the_log(
    entry_id: UUID, account_id: UUID, platform: ScriptedPlatform, clock: scenes.PresentClock, head: Browser
) -> None:
    """From the conversation around another entry, once; what is urgent is not jumped past in the queue."""
    writer = author("Letter Lil")
    platform.show(comment(1, ABUSE), comment(50, "One more letter home and you will see", author=writer))
    scenes.poll(account_id, platform, clock)
    scenes.score(clock)
    with reading() as session:
        missed = session.scalars(sa.select(Comment.id).where(Comment.text.startswith("One more"))).one()
    page = f"/moderation/{entry_id}"
    assert f"/moderation/comments/{missed}/log" in head.get(page).text
    since = re.search(r'name="since" value="([^"]+)"', head.get("/moderation").text)
    assert since
    made = head.post(f"/moderation/comments/{missed}/log", page, urgent="yes")
    again = head.post(f"/moderation/comments/{missed}/log", page)
    assert made.status_code == again.status_code == 302 and made.location == again.location
    shown = head.get(made.location).text
    assert "Decide on it here" in shown and "One more letter home" in shown and "urgent" in shown
    assert f"/moderation/comments/{missed}/log" not in head.get(page).text
    # Whoever decides on the next entry of a page made before is led to it, not past it.
    fields = {"seen": 1, "outcomes": "dismiss", "reason": "Fine", "back": "queue", "since": since[1]}
    after = head.post(page, "/moderation", **fields)
    assert after.location.endswith(f"#entry-{made.location.rpartition('/')[2]}")
    assert "Something urgent has come in" in head.get("/moderation").text
    # A moment that no clock shows is none: the decision has been made by then.
    fields["since"] = "0001-01-01T00:00:00+14:00"
    # It is urgent: nothing is done about it only when that is said twice.
    assert "Nothing is recorded yet" in head.post(made.location, "/moderation", **fields).text
    assert head.post(made.location, "/moderation", **fields, sure="yes").status_code == 302
    with reading() as session:
        abuse = session.get_one(LogEntry, entry_id).comment_id
    calm = head.post(f"/moderation/comments/{abuse}/log", page, urgent="yes")
    assert calm.status_code == 409 and "Refer it to the safeguarding lead" in calm.text
    ours = head.post(f"/moderation/comments/{entry_id}/log", "/moderation")
    assert ours.status_code == 404


def test_a_hand_task_is_ticked_off(
    entry_id: UUID, platform: ScriptedPlatform, clock: scenes.PresentClock, head: Browser
) -> None:
    platform.capabilities -= {Capability.BLOCK}
    page = f"/moderation/{entry_id}"
    head.post(page, page, seen=1, outcomes="block", reason="Abuse")
    clock.on(seconds=30)
    scenes.act(platform, clock)
    tasks = head.get("/moderation/tasks")
    assert "to do by hand" in tasks.text and "https://platform.test/TrollTim" in tasks.text
    with reading() as session:
        act_id = session.scalars(sa.select(PlatformAct.id)).one()
    assert head.post(f"/moderation/acts/{act_id}/tick", "/moderation/tasks", back="tasks").status_code == 302
    assert head.post(f"/moderation/acts/{act_id}/tick", "/moderation/tasks").status_code == 409
    assert "Nothing is left" in head.get("/moderation/tasks").text
    assert "Done by hand" in head.get(page).text


def test_the_words_that_carried_the_score_are_shown_when_a_worker_knows(
    entry_id: UUID, head: Browser, signed_in: SignIn, clock: scenes.PresentClock
) -> None:
    """The page asks and waits; it never loads the classifier itself."""
    page = f"/moderation/{entry_id}"
    assert signed_in(Role.STAFF).post(f"{page}/words", "/").status_code == 404
    assert head.post(f"{page}/words", page).status_code == 302
    waiting = head.get(page).text
    assert "is finding out which words" in waiting and "<mark" not in waiting
    before = head.get(f"{page}/news").json
    assert rounds_that_answer(clock) == 1
    assert head.get(f"{page}/news").json != before
    shown = head.get(page).text
    assert '<mark class="carried most">idiot</mark>' in shown
    assert "<mark" not in re.sub(r"<details.*?</details>", "", shown, flags=re.DOTALL)


def rounds_that_answer(clock: scenes.PresentClock) -> int:
    """What the worker does; how many questions it answered."""
    with transaction() as session:
        question = carrying_words.take(session, lease=scenes.LEASE, now=clock())
    if question is None:
        return 0
    answer = carrying_words.answer(load_engine(threads=1), question)
    with transaction() as session:
        return int(carrying_words.record(session, question, answer, now=clock()))


def test_one_decision_on_all_of_an_authors_entries(
    account_id: UUID, platform: ScriptedPlatform, clock: scenes.PresentClock, signed_in: SignIn
) -> None:
    """Those that are ticked; the page says which were left and why."""
    entries = scenes.flagged(account_id, platform, clock, *(comment(n, f"idiot {n}") for n in range(3)))
    browser, other = signed_in(Role.SLT), signed_in(Role.MODERATOR)
    by_post = browser.get("/moderation?by=post").text
    assert "Decide on all 3 open under this post together" in by_post
    assert "3 comments in all, 3 flagged" in by_post
    found = re.search(r'href="(/moderation/together\?author=[^"]+)"', browser.get("/moderation").text)
    assert found
    page = browser.get(found[1]).text
    assert page.count(" checked") == 3
    assert "idiot" not in re.sub(r"<details.*?</details>", "", page, flags=re.DOTALL)
    author_id = found[1].partition("author=")[2]
    values = [f"{entry_id}:1" for entry_id in entries]
    send = {"author": author_id, "entries": values, "outcomes": "hide"}
    assert other.post(f"/moderation/{entries[0]}/claim", f"/moderation/{entries[0]}").status_code == 302
    bad = browser.post("/moderation/together", found[1], **send, reason="")
    assert bad.status_code == 400 and "reason is empty" in bad.text and bad.text.count(" checked") == 4
    for wrong in ({"entries": ["x"]}, {"entries": [f"{entries[0]}:x"]}, {"outcomes": "reply"}):
        answer = browser.post("/moderation/together", found[1], **{**send, **wrong}, reason="Abuse")
        assert answer.status_code == 400, wrong
    done = browser.post("/moderation/together", found[1], **send, reason="Abuse")
    assert done.status_code == 302
    shown = browser.get(done.location).text
    # What Undo stands for is said: one of them, or all together.
    assert "You can undo it for ten minutes" in shown and "and 1 more with it, hidden" in shown
    assert ">Undo both<" in shown and re.search(r">Undo entry \d only<", shown)
    assert "Recorded for 2 entries: hidden." in shown and "Entry 1 is left as it was" in shown
    assert browser.get("/moderation/together").status_code == 404
    assert signed_in(Role.CHAIR).get(found[1]).status_code == 404


def test_the_log_is_searched_and_taken_out(
    account_id: UUID, platform: ScriptedPlatform, clock: scenes.PresentClock, signed_in: SignIn
) -> None:
    scenes.flagged(
        account_id,
        platform,
        clock,
        comment(1, "idiot one"),
        comment(2, "idiot two", author=author("Ann Other")),
    )
    dsl = signed_in(Role.DSL)
    assert "Entry 1" in dsl.get("/log?text=one").text and "Entry 2" not in dsl.get("/log?text=one").text
    assert "Entry 2" in dsl.get("/log?author=ann").text and "Entry 1" not in dsl.get("/log?author=ann").text
    assert "No entry fits" in dsl.get("/log?to=2020-01-01").text
    assert "Entry 1" not in dsl.get("/log?outcome=hide").text
    for field, value in (("from", "yesterday"), ("state", "lost"), ("platform", "mars"), ("person", "x")):
        for answer in (
            dsl.get(f"/log?{field}={value}&text=kept"),
            dsl.post("/log/export", "/log", format="csv", text="kept", **{field: value}),
        ):
            assert answer.status_code == 400, field
            # Beside its field, and nothing typed is lost.
            assert f'id="{field}-error"' in answer.text and f"“{value}”" in answer.text
            assert 'value="kept"' in answer.text
    assert dsl.get("/log?after=nonsense").status_code == 400
    for number in ("2", "entry 2", "Entry 2"):
        found = dsl.get(f"/log?number={number}").text
        assert "Entry 2" in found and "idiot one" not in found, number
    refused = dsl.get("/log?number=twelve&text=kept")
    assert refused.status_code == 400 and 'id="number-error"' in refused.text and "“twelve”" in refused.text
    assert "No entry fits" in dsl.get("/log?number=" + "9" * 20).text
    lines = dsl.post("/log/export", "/log", format="jsonl", text="two").text.strip().splitlines()
    assert len(lines) == 1 and "idiot two" in lines[0]
    assert dsl.post("/log/export", "/log", format="exe").status_code == 400


def test_p3_a_number_kept_from_somebody_answers_like_one_that_is_not_there(
    entry_id: UUID, signed_in: SignIn
) -> None:
    with transaction() as session:
        session.execute(sa.update(LogCase).values(about_headteacher=True))
    head, chair = signed_in(Role.HEADTEACHER), signed_in(Role.CHAIR)
    assert "idiot" in signed_in(Role.SLT).get("/log?number=1").text
    for browser in (head, chair):
        kept, missing = (browser.get(f"/log?number={number}") for number in (1, 7))
        assert kept.status_code == missing.status_code == 200
        # The token of each page's forms differs; nothing else does but the number that was asked for.
        one, other = (
            re.sub(r'(name="csrf_token" value|nonce|content|data-token)="[^"]*"', "", answer.text)
            for answer in (kept, missing)
        )
        assert "No entry fits" in one and one.replace("number=1", "number=7").replace(
            'value="1"', 'value="7"'
        ) == other.replace('value="1"', 'value="7"')
    assert "only what was referred to you" in chair.get("/log").text
    assert "only what was referred to you" not in head.get("/log").text


def test_p19_followers_are_vetted(
    account_id: UUID, platform: ScriptedPlatform, clock: scenes.PresentClock, signed_in: SignIn
) -> None:
    """P19: approve, and remove as a task where the platform has no way."""
    platform.capabilities -= {Capability.REMOVE_FOLLOWER}
    scenes.poll(account_id, platform, clock)
    platform.people = [author("New Nora"), author("Idiot Ian", bio="idiot")]
    scenes.poll(account_id, platform, clock)
    scenes.score(clock)
    browser = signed_in(Role.MODERATOR)
    listed = browser.get("/followers").text
    assert listed.index("Idiot Ian") < listed.index("New Nora")
    with reading() as session:
        ids = {row.name_vetted: row.id for row in session.scalars(sa.select(FollowerRow))}
    ian, nora = f"/followers/{ids['Idiot Ian']}", f"/followers/{ids['New Nora']}"
    assert browser.post(ian, ian, seen=1, outcome="remove", reason="").status_code == 400
    assert browser.post(ian, ian, seen=1, outcome="remove", reason="Abusive bio").status_code == 302
    too_late = browser.post(ian, ian, seen=1, outcome="approve")
    assert too_late.status_code == 409 and "decided this meanwhile: they are to be removed." in too_late.text
    assert browser.post(nora, nora, seen=1, outcome="approve").status_code == 302
    assert browser.post(nora, nora, seen=2, outcome="explode").status_code == 400
    clock.on(seconds=30)
    scenes.act(platform, clock)
    assert "To do by hand" in browser.get("/followers").text
    by_hand = browser.get("/moderation/tasks").text
    assert "About followers" in by_hand and ian in by_hand and "Nothing is left" not in by_hand
    assert "to do by hand" in browser.get(ian).text
    # Nobody counts as removed who still reads along.
    reports = signed_in(Role.SLT)
    figures = re.sub(r"\s+", " ", reports.get("/reports").text)
    assert '">Removed</th><td>0</td>' in figures and ">To be removed, not done yet</th><td>1</td>" in figures
    platform.people = [author("New Nora")]
    scenes.poll(account_id, platform, clock)
    with reading() as session:
        assert session.scalars(sa.select(PlatformAct.state)).one() is ActState.DONE
        assert session.get_one(FollowerRow, ids["New Nora"]).state is FollowerState.APPROVED
    assert "Seen on the platform" in browser.get(ian).text
    figures = re.sub(r"\s+", " ", reports.get("/reports").text)
    assert '">Removed</th><td>1</td>' in figures and "To be removed" not in figures
    assert browser.get("/followers?state=nowhere").status_code == 400


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_saved_answer_and_a_colleague(
    entry_id: UUID, signed_in: SignIn, school_people: dict[Role, Person]
) -> None:
    """Without scripts: the page comes back with the answer and all that was typed; nothing is decided."""
    slt, moderator = signed_in(Role.SLT), signed_in(Role.MODERATOR)
    page, words = f"/moderation/{entry_id}", "/moderation/replies"
    for gap in ("{writer}", "{parent name}", "{author"):
        assert slt.post(f"{words}/new", words, name="Thanks", body=f"Thank you, {gap}").status_code == 400
    assert slt.post(f"{words}/new", words, name="Thanks", body="Thank you, {author}!").status_code == 302
    shown = moderator.get(words).text
    assert "Thank you, {author}!" in shown and "Version 1" in shown and "Change it" not in shown
    assert moderator.post(f"{words}/new", words, name="Mine", body="No").status_code == 404
    # Nobody publishes a preset without having seen it: the field is empty, and no closed box is around it.
    form = moderator.get(page).text
    assert re.search(r'<textarea[^>]*name="reply"[^>]*>\s*</textarea>', form)
    assert "<details" not in form[form.index('id="outcome-warn"') : form.index('name="reply"')]
    found = re.search(r'name="insert" value="([^"]+)"[^>]*>Thanks<', moderator.get(page).text)
    assert found
    typed = {"seen": 1, "outcomes": "reply", "reason": "A mild one", "reply": "Dear Tim"}
    came = moderator.post(page, page, insert=found[1], **typed)
    assert came.status_code == 200 and "Dear Tim\n\nThank you, Troll Tim!</textarea>" in came.text
    assert "A mild one</textarea>" in came.text and re.search(r'id="outcome-reply"[^>]* checked', came.text)
    with reading() as session:
        assert session.get_one(LogCase, entry_id).version == 1
        assert session.scalar(sa.select(sa.func.count()).select_from(PlatformAct)) == 0
    dsl = school_people[Role.DSL]
    assert moderator.post(f"{page}/assign", page, to=str(school_people[Role.CHAIR].id)).status_code == 302
    assert "Choose a colleague from the list." in moderator.get(page).text
    assert moderator.post(f"{page}/assign", page, to=str(dsl.id)).status_code == 302
    assert f"given to {dsl.name}" in slt.get("/moderation").text
    own = signed_in(Role.DSL)
    assert "entry that was given to you" in own.get("/").text
    assert "Entry 1" in own.get("/moderation?mine=yes").text
    head = str(school_people[Role.HEADTEACHER].id)
    assert own.post("/moderation/hand-over", "/moderation", to=head).status_code == 302
    assert "1 entry is handed over to Margaret Oyelaran." in own.get("/").text
    assert "Entry 1" in signed_in(Role.HEADTEACHER).get("/moderation?mine=yes").text


ALL = frozenset(Role)
MODERATION = {Role.HEADTEACHER, Role.SLT, Role.DSL, Role.MODERATOR}
LOG = {Role.HEADTEACHER, Role.SLT, Role.DSL, Role.CHAIR}
VETTING = {Role.HEADTEACHER, Role.SLT, Role.MODERATOR}


@pytest.mark.parametrize("role", sorted(Role))
def test_each_role_opens_its_pages_and_no_others(role: Role, entry_id: UUID, signed_in: SignIn) -> None:
    """P2, P5: the network manager, say, sees nothing of the log."""
    browser = signed_in(role)
    expected = {
        "/moderation": MODERATION,
        "/moderation/news": MODERATION,
        "/moderation/tasks": MODERATION,
        "/moderation/by-hand": MODERATION,
        "/moderation/rules": MODERATION,
        f"/moderation/{entry_id}": MODERATION,
        "/followers": VETTING,
        "/log": LOG,
    }
    for path, roles in expected.items():
        status = browser.get(path).status_code
        # The chair may open entries, but sees only those that were referred to the chair.
        assert status == (200 if role in roles else 404), (role, path, status)


def test_visitors_are_sent_to_the_sign_in_page(entry_id: UUID, visitor: Browser) -> None:
    for path in ("/moderation", f"/moderation/{entry_id}", "/followers", "/log"):
        assert visitor.get(path).status_code == 302
    assert visitor.client.post(f"/moderation/{entry_id}", data={"outcomes": "hide"}).status_code == 400


def test_looking_changes_nothing(entry_id: UUID, head: Browser) -> None:
    def state() -> tuple[int | None, int | None]:
        with reading() as session:
            return (
                session.scalar(sa.select(sa.func.count()).select_from(LogEvent)),
                session.scalar(sa.select(LogCase.version).where(LogCase.entry_id == entry_id)),
            )

    before = state()
    for path in (
        "/moderation",
        f"/moderation/{entry_id}",
        f"/moderation/{entry_id}/news",
        "/log",
        "/followers",
    ):
        assert head.get(path).status_code == 200
    assert state() == before


def test_the_pages_of_a_long_queue_hold_every_entry_once(
    account_id: UUID, platform: ScriptedPlatform, clock: scenes.PresentClock, head: Browser
) -> None:
    scenes.flagged(
        account_id, platform, clock, *(comment(n, f"idiot {n}", author=author(f"A{n}")) for n in range(60))
    )
    found: list[str] = []
    address = "/moderation"
    while address:
        text = head.get(address).text
        found += re.findall(r'<article class="entry" [^>]*data-entry="entry (\d+)"', text)
        following = re.search(r'href="([^"]+after=[^"]+)">The next ones', text)
        address = following[1].replace("&amp;", "&") if following else ""
    assert sorted(map(int, found)) == list(range(1, 61))


def test_a_decision_by_another_shows_on_an_open_page(
    entry_id: UUID,
    head: Browser,
    clock: scenes.PresentClock,
    school_people: dict[Role, Person],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = head.get(f"/moderation/{entry_id}/news").json
    queue_before = head.get("/moderation/news").json
    monkeypatch.setattr(moderation_live, "FRESH", 0.0)
    scenes.decide(
        entry_id,
        Outcome.REFER,
        by=school_people[Role.SLT],
        clock=clock,
        refer_to=ReferTo.DSL,
        reason="For the DSL",
    )
    assert head.get(f"/moderation/{entry_id}/news").json != before
    assert head.get("/moderation/news").json != queue_before
    with transaction() as session:
        assert session.get_one(LogEntry, entry_id).text == ABUSE
