"""The daily proof of the records, on its page and in the mail; and that looking leaves a line (P3, P17)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from html import unescape
from io import BytesIO
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from pypdf import PdfReader
from sqlalchemy.orm import Session

from moderation import anchors, chain, manual
from school import audit, db, people
from school.models import AuditEntry, ChainAnchor, OutboxEmail, Person, Role
from school.settings import settings
from school.times import today
from tests.web.conftest import Browser
from web import trail
from worker import anchoring, shown

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
URL = "https://schoolgate.test"


def mails(session: Session) -> dict[str, str]:
    """The text of each mailed anchor, by whom it went to."""
    found = {}
    for row in session.scalars(sa.select(OutboxEmail).where(OutboxEmail.purpose == "chain_anchor")):
        part = message_from_bytes(row.raw, policy=default).get_body(("plain",))
        assert part is not None
        found[row.to_address] = part.get_content()
    return found


def test_once_a_day_the_chair_gets_the_heads_and_can_check_them(
    session: Session, school_people: dict[Role, Person], signed_in: Callable[[Role], Browser]
) -> None:
    now = db.now()
    assert not anchors.is_due(session, now=now), "a school begins with the day after it was set up"
    made = anchors.make(session, url=URL, now=now + timedelta(days=1))
    assert made is not None and anchors.make(session, url=URL, now=now + timedelta(days=1)) is None
    session.commit()
    [(address, text)] = mails(session).items()
    assert address == school_people[Role.CHAIR].email
    proof = anchors.lines(made, numbered=True, with_log=True)
    for line in proof:
        assert line in text
    assert "Daniel" not in text and anchors.examine(session) is None
    session.commit()

    chair, head = signed_in(Role.CHAIR), signed_in(Role.HEADTEACHER)
    page = "/audit/anchors"
    assert made.log_hash in chair.get(page).text
    # How the log grows would tell the headteacher of what is kept from them (P3).
    assert made.trail_hash in head.get(page).text and made.log_hash not in head.get(page).text
    assert "Proved." in chair.post(page, page, anchor=text).text
    # Nor may they learn how many entries the trail has, which is more than they read there: not from its
    # lines and not by asking about numbers of their own, for all of which they get the same answer.
    [line] = anchors.lines(made, numbered=False, with_log=False)
    assert line in head.get(page).text and proof[0] not in head.get(page).text
    assert head.post(page, page, anchor=proof[1]).status_code == 400
    for true in (made.trail_hash, line, proof[0], line.replace(" trail ", " trail 999999 ")):
        said = verdict(head.post(page, page, anchor=true).text)
        assert "Proved. The trail still begins with exactly what it was on" in said and "number" not in said
    wrong = {
        verdict(head.post(page, page, anchor=f"schoolgate anchor {made.day} trail {count}{'ab' * 32}").text)
        for count in ("", "1 ", f"{made.trail_count} ", "999999 ")
    }
    assert len(wrong) == 1 and "no longer begins" in wrong.pop()
    for browser, many in ((chair, True), (head, False)):
        paper = browser.post(f"{page}/pdf", page)
        assert paper.mimetype == "application/pdf" and paper.data[:4] == b"%PDF"
        words = " ".join("".join(one.extract_text() for one in PdfReader(BytesIO(paper.data)).pages).split())
        assert (f" trail {made.trail_count} " in words) is many and ("how many entries" in words) is many
    wrong = chair.post(page, page, anchor=text.replace(made.trail_hash, "ab" * 32))
    assert "was made anew" in wrong.text and "Proved.</b> The SLT log" in wrong.text
    refused = chair.post(page, page, anchor="I lost it")
    assert refused.status_code == 400 and "I lost it" in refused.text and "no anchor in this" in refused.text
    session.expire_all()
    newest = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert newest is not None and newest.action == "anchors_taken_out"


def test_without_an_outsider_two_people_get_it_and_today_says_so(
    session: Session, school_people: dict[Role, Person], head: Browser
) -> None:
    """A chair who is headteacher or runs the server too proves nothing; nor does anybody alone."""
    assert "who keeps the proof" not in head.get("/").text
    by, chair = school_people[Role.HEADTEACHER], school_people[Role.CHAIR]
    people.grant_role(session, chair, Role.NETWORK_MANAGER, by=by, reason="Also runs it", now=db.now())
    assert anchors.independent(session) == []
    made = anchors.make(session, flaws=["A flaw."], url=URL, now=db.now() + timedelta(days=1))
    assert made is not None
    session.commit()
    told = mails(session)
    assert set(told) == {by.email, school_people[Role.DPO].email}
    for address, text in told.items():
        assert made.trail_hash in text and made.log_hash not in text and "no chair of governors" in text
        all_told = address != by.email
        assert f"WARNING. {'A flaw.' if all_told else anchors.ALTERED}" in text
        assert (f"The trail had {made.trail_count} entries" in text) is all_told
        assert (f"trail {made.trail_count} {made.trail_hash}" in text) is all_told
    assert "who keeps the proof" in head.get("/").text
    assert "No chair of governors" in head.get("/audit/anchors").text


def verdict(page: str) -> str:
    [found] = re.findall(r'<div class="alert alert-(?:success|danger)".*?</div>', page)
    return plain(found)


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", page).split())


def test_whoever_reads_a_referral_or_the_log_leaves_a_line(
    session: Session, school_people: dict[Role, Person], signed_in: Callable[[Role], Browser]
) -> None:
    dsl, head = school_people[Role.DSL], signed_in(Role.HEADTEACHER)
    said = manual.ManualEntry(platform="x", text="About the head", url="", author="", about_headteacher=True)
    entry = manual.record(session, said, by=dsl, url=URL, now=db.now())
    session.commit()
    chair, officer = signed_in(Role.CHAIR), signed_in(Role.DPO)
    assert chair.get(f"/moderation/{entry.id}").status_code == 200
    assert head.get(f"/moderation/{entry.id}").status_code == 404
    assert chair.get("/log?text=secret-word&platform=x").status_code == 200
    session.expire_all()
    [seen] = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "referral_viewed"))
    assert seen.actor_id == school_people[Role.CHAIR].id and seen.object_id == str(entry.id)
    [through] = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "log_viewed"))
    assert through.detail == {"searched_by": ["platform", "text"]}
    assert str(entry.id) in chair.get("/audit").text and str(entry.id) not in head.get("/audit").text
    # Who looked at the referral, and when: by its number, or by words of it.
    name, number, reader = school_people[Role.CHAIR].name, entry.number, school_people[Role.CHAIR].id
    session.commit()
    day = str(today(db.now()))
    sentence = f"{name} looked at log entry {number}, which was referred"
    for about in (str(number), f"log entry {number}", "About the head"):
        asked = urlencode({"about": about, "what": "looked", "from": day, "to": day})
        assert sentence in plain(officer.get(f"/audit?{asked}").text), about
        assert sentence not in plain(head.get(f"/audit?{asked}").text), "P3"
        assert "Nothing of that kind" in head.get(f"/audit?{asked}").text
    assert f"{name} went through the log" in plain(officer.get("/audit?what=looked").text)
    assert sentence not in plain(officer.get("/audit?what=looked&to=2020-01-01").text)
    assert sentence not in plain(officer.get("/audit?who=schoolgate").text)
    assert sentence in plain(officer.get(f"/audit?who={reader}").text)
    for wrong in ("from=x", "from=2027-02-02&to=2027-02-01", "what=all", "who=me"):
        assert officer.get(f"/audit?{wrong}").status_code == 400


def test_the_trail_goes_on_from_page_to_page_with_what_was_asked(
    session: Session, school_people: dict[Role, Person], signed_in: Callable[[Role], Browser]
) -> None:
    head = school_people[Role.HEADTEACHER]
    for number in range(trail.PAGE_LENGTH + 1):
        audit.record(
            session, by=head, action="role_granted", object_kind="person", object_id=head.id,
            detail={"reason": f"Reason {number}."}, now=db.now(),
        )  # fmt: skip
    session.commit()
    last = session.scalar(sa.select(sa.func.max(AuditEntry.seq)))
    session.commit()
    for role in (Role.CHAIR, Role.HEADTEACHER):
        browser = signed_in(role)
        first = browser.get(f"/audit?what=people&about={head.name[:8]}").text
        assert "Reason 100." in first and "Reason 1." in first and "Reason 0." not in first
        [older] = re.findall(r'href="([^"]+)">Older entries', first)
        second = browser.get(unescape(older)).text
        assert "Reason 0." in second and "Reason 1." not in second and "Newest entries" in second
        # Numbers with gaps tell that something is hidden: to whom nothing is, they are shown (P3).
        counts = role is not Role.HEADTEACHER
        assert (f"no. {last}" in first) is counts and (re.search(r"\bno\. \d", first) is not None) is counts
        assert re.search(rf"before={last - 99}\b", older) is not None if counts else "before=gAAAA" in older
        # Whoever tries out numbers would find out which a line has.
        tried = browser.get(f"/audit?what=people&before={last - 50}").text
        assert ("Reason 100." not in tried) is counts
    altered = AuditEntry.__table__
    with db.engine().begin() as behind:
        behind.execute(sa.text("DROP TRIGGER IF EXISTS audit_entries_no_update"))
        behind.execute(sa.update(altered).where(altered.c.seq == last - 5).values(action="else"))
    for role in (Role.CHAIR, Role.HEADTEACHER):
        broken = plain(signed_in(role).get("/audit").text)
        assert "The chain is broken" in broken
        assert (f"broken at entry {last - 5}: what it says" in broken) is (role is Role.CHAIR)


def test_a_changed_setting_leaves_a_line_without_its_secret(
    session: Session, school_people: dict[Role, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shown.note_changes(session, now=db.now())
    monkeypatch.setenv("SCHOOLGATE_APPROVAL_NEEDS", "sign-in")
    monkeypatch.setenv("SCHOOLGATE_SMTP_URL", "smtp://post:hush-hush@mail.test:587")
    settings.cache_clear()
    assert set(shown.note_changes(session, now=db.now())) == {"approval_needs", "smtp_url"}
    assert shown.note_changes(session, now=db.now()) == []
    newest = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert newest is not None and newest.detail["approval_needs"] == "sign-in"
    assert "hush" not in str(newest.detail) and "approval_needs" not in before


def test_the_daily_task_looks_first_and_mails_once(
    session: Session, school_people: dict[Role, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    tomorrow = db.now() + timedelta(days=1)
    monkeypatch.setattr(anchoring, "now", lambda: tomorrow)
    anchoring.anchor()
    anchoring.anchor()
    assert session.scalar(sa.select(sa.func.count()).select_from(ChainAnchor)) == 1
    assert list(mails(session)) == [school_people[Role.CHAIR].email]
    assert audit.verify(session) is None and chain.verify(session) is None
