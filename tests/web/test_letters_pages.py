"""Letters to parents: templates, preview, what their reader must not see, the record on the entry (P20)."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from pypdf import PdfReader
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from moderation.decisions import Outcome
from moderation.models import Letter, LogEvent, Referral, ReferTo
from school import audit
from school.db import reading
from school.models import Account, AuditEntry, Person, Role
from school.settings import settings
from school.times import today
from tests.moderation import scenes
from tests.moderation.platform import ScriptedPlatform, author, comment
from tests.moderation.scenes import PresentClock
from tests.web.conftest import Browser

SignIn = Callable[[Role], Browser]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
REASON = "The third time this month, and she works at the town hall"


@pytest.fixture
def entry_id(make_account: Callable[..., Account], clock: PresentClock) -> UUID:
    """A parent's comment, under the same post as another parent's."""
    account_id = make_account("facebook", identity_id="school").id
    return scenes.flagged(
        account_id,
        ScriptedPlatform(),
        clock,
        comment(1, "That idiot of a teacher {date}", author=author("Beata Kowalska")),
        comment(2, "Nice fair", author=author("Quentin Harmless")),
    )[0]


@pytest.fixture
def slt(signed_in: SignIn) -> Browser:
    return signed_in(Role.SLT)


def write(browser: Browser, entry_id: UUID, do: str = "issue", **fields: str) -> TestResponse:
    """Change something of the letter as it is offered, and press a button."""
    page = f"/moderation/{entry_id}/letter"
    begun = browser.get(f"{page}?template=warning").text
    letter = begun.split('name="letter" value="')[1].split('"')[0]
    body = begun.split("<textarea", 2)[2].split(">", 1)[1].split("</textarea>")[0].strip()
    values = {"template": "warning", "letter": letter, "reader": "Mrs Kowalska", "body": body, **fields}
    return browser.post(page, f"{page}?template=warning", do=do, **values)


def test_p20_a_letter_is_previewed_changed_issued_and_kept_on_the_entry(
    entry_id: UUID, slt: Browser, session: Session
) -> None:
    answer = slt.post(
        "/letters/letterhead", "/letters", address="12 Lark Lane\nLeeds LS1 4AB", contact="0113 496 0000"
    )
    assert answer.status_code == 302
    shown = write(slt, entry_id, do="preview", address="3 Mill Road\r\nLeeds", names_checked="yes")
    assert shown.status_code == 200 and "Dear Mrs Kowalska," in shown.text and "12 Lark Lane" in shown.text
    # What somebody wrote is never taken for a placeholder.
    assert "That idiot of a teacher {date}" in shown.text
    answer = write(slt, entry_id, address="3 Mill Road\r\nLeeds")
    assert answer.status_code == 302, answer.text
    page = slt.get(f"/moderation/{entry_id}").text
    assert "Warning about a comment" in page and "Letter issued" in page
    letter = session.scalars(sa.select(Letter)).one()
    assert f"SHA-256 {letter.sha256}" in page
    file = slt.get(f"/moderation/{entry_id}/letters/{letter.id}")
    said = " ".join(PdfReader(io.BytesIO(file.data)).pages[0].extract_text().split())
    for words in (
        "Larkfield Primary School",
        "12 Lark Lane",
        "0113 496 0000",
        "Mrs Kowalska 3 Mill Road",
        "That idiot of a teacher {date}",
        "Yours sincerely",
        "Daniel Whitcombe",
        "Page 1 of 1",
    ):
        assert words in said, words
    event = session.scalars(sa.select(LogEvent).order_by(LogEvent.seq.desc()).limit(1)).one()
    assert event.detail["sha256"] == letter.sha256 and "Kowalska" not in str(event.detail)
    entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "letter_made")).one()
    assert entry.detail["sha256"] == letter.sha256 and audit.verify(session) is None


def test_p20_pressed_twice_is_one_letter(entry_id: UUID, slt: Browser, session: Session) -> None:
    page = f"/moderation/{entry_id}/letter"
    values = {"template": "warning", "letter": str(entry_id), "reader": "Mrs K", "body": "Dear {reader}"}
    for _ in range(2):
        assert slt.post(page, f"{page}?template=warning", do="issue", **values).status_code == 302
    assert session.scalar(sa.select(sa.func.count()).select_from(Letter)) == 1
    assert session.scalar(sa.select(sa.func.count()).where(AuditEntry.action == "letter_made")) == 1


def test_p20_a_letter_never_holds_what_its_reader_must_not_see(
    entry_id: UUID, slt: Browser, school_people: dict[Role, Person], clock: PresentClock
) -> None:
    scenes.decide(entry_id, Outcome.HIDE, by=school_people[Role.SLT], clock=clock, reason=REASON)
    url = settings().effective_public_url
    for fields, said in (
        ({"body": f"Dear {{reader}},\n{REASON.upper()}."}, "written for the school alone"),
        ({"body": f"See {url}/moderation/{entry_id}"}, "an address of this system"),
        ({"body": "Ask Quentin Harmless."}, "names Quentin Harmless"),
        ({"body": "Aoife Brennan told me."}, "names Aoife Brennan"),
        ({"body": "Zofia Nowicka was hurt."}, "names Zofia Nowicka"),
        ({"body": "Come on {meeting_date}."}, "ask them to a meeting first"),
        ({"body": "Hello {score}"}, "There is no placeholder {score}"),
        ({"body": "Hello {date"}, "A curly bracket stands alone"),
        ({"body": "  "}, "The letter is empty"),
        ({"reader": " "}, "Say to whom the letter goes"),
        ({"address": "x" * 301}, "at most 300"),
    ):
        answer = write(slt, entry_id, **fields)
        assert answer.status_code == 400 and said in answer.text, (fields, said)
        assert next(iter(fields.values())).strip()[:9] in answer.text, "what was typed stays"
    with reading() as looking:
        assert looking.scalar(sa.select(sa.func.count()).select_from(Letter)) == 0
    assert write(slt, entry_id, body="Ask Quentin Harmless.", names_checked="yes").status_code == 302
    day = today(clock()) + timedelta(days=5)
    scenes.decide(entry_id, Outcome.MEETING, by=school_people[Role.SLT], clock=clock, meeting_on=day)
    shown = write(slt, entry_id, do="preview", body="Come on {meeting_date}.").text
    assert f"{day.day} {day:%B %Y}" in shown


def test_p20_slt_and_headteacher_keep_the_templates(slt: Browser, signed_in: SignIn, entry_id: UUID) -> None:
    wrong = slt.post("/letters/templates/warning", "/letters", name="W", body="Dear {parent}, {reader}")
    assert wrong.status_code == 400 and "There is no placeholder {parent}" in wrong.text
    assert "Dear {parent}, {reader}" in wrong.text and "{meeting_date}" in wrong.text
    saved = slt.post(
        "/letters/templates/warning", "/letters", name="First warning", body="Dear {reader}, stop"
    )
    assert saved.status_code == 302
    assert slt.post("/letters/templates/new", "/letters", name="first WARNING", body="x").status_code == 400
    assert slt.post("/letters/templates/new", "/letters", name="Thanks", body="Thank you").status_code == 302
    assert slt.post("/letters/templates/access/retire", "/letters").status_code == 302
    assert slt.post("/letters/templates/nothing", "/letters", name="x", body="x").status_code == 404
    assert slt.post("/letters/letterhead", "/letters", address=" ", contact="").status_code == 400
    offered = slt.get(f"/moderation/{entry_id}/letter").text
    assert "First warning" in offered and "Thanks" in offered and "No longer able" not in offered
    assert "Dear Beata Kowalska, stop" in slt.get(f"/moderation/{entry_id}/letter?template=warning").text
    assert signed_in(Role.HEADTEACHER).get("/letters").status_code == 200
    for role in (Role.DSL, Role.CHAIR, Role.MODERATOR, Role.STAFF):
        browser = signed_in(role)
        assert browser.get("/letters").status_code == 404
        assert browser.post("/letters/templates/new", "/me", name="x", body="x").status_code == 404
    assert signed_in(Role.MODERATOR).get(f"/moderation/{entry_id}/letter").status_code == 404
    assert signed_in(Role.CHAIR).get(f"/moderation/{entry_id}/letter").status_code == 404


def test_p3_a_worry_about_a_child_is_passed_on_by_a_letter_of_its_own(
    make_account: Callable[..., Account], clock: PresentClock, slt: Browser, session: Session
) -> None:
    worry = scenes.flagged(
        make_account("facebook", identity_id="school").id,
        ScriptedPlatform(),
        clock,
        comment(1, "my dad hits me and I am scared to go home", author=author("Beata Kowalska")),
    )[0]
    queue = slt.get("/moderation").text
    assert queue.index("Refer to the safeguarding lead") < queue.index('value="hide"')
    assert 'btn-primary" name="outcomes" value="hide"' not in queue, "Hide is not what comes first"
    assert "Refer to the safeguarding lead" in slt.get(f"/moderation/{worry}").text
    page = f"/moderation/{worry}/letter"
    offered = slt.get(page).text
    assert offered.index("Worry about a child: referral") < offered.index("Warning about a comment")
    begun = slt.get(f"{page}?template=referral").text
    assert "my dad hits me" in begun and re.search(r'name="reader"\s+value=""', begun)
    letter = begun.split('name="letter" value="')[1].split('"')[0]
    values = {"template": "referral", "letter": letter, "reader": "Children’s services"}
    body = begun.split("<textarea", 2)[2].split(">", 1)[1].split("</textarea>")[0].strip()
    refused = slt.post(page, page, do="issue", body=body, **values)
    assert refused.status_code == 400 and "still stands in the letter" in refused.text
    body = body.replace("[write it here]", "A girl in Year 4.").replace("[write it here, or", "[")
    assert slt.post(page, page, do="issue", body=body, **values).status_code == 302
    kept = session.scalar(sa.select(Letter.body))
    assert kept is not None and "my dad hits me" in kept and "A girl in Year 4." in kept
    session.rollback()
    seen = queue.split('name="seen" value="')[1].split('"')[0]
    referred = slt.post(
        f"/moderation/{worry}", "/moderation", seen=seen, outcomes="refer", refer_to="dsl", reason="At home"
    )
    assert referred.status_code == 302
    assert session.scalar(sa.select(Referral.to)) is ReferTo.DSL
