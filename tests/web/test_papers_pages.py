"""The governors' report (P10) and a parent's consent record (P24, P25) as PDFs."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from pypdf import PdfReader
from sqlalchemy.orm import Session

from moderation.decisions import Outcome
from school import consent
from school.db import now, reading, transaction
from school.models import (
    Account,
    AuditEntry,
    CallLedger,
    Consent,
    ConsentKind,
    IssuedDocument,
    Person,
    Pupil,
    Role,
)
from school.times import today
from tests.approvals import scenes as drafting
from tests.moderation import scenes
from tests.moderation.platform import ScriptedPlatform, comment
from tests.moderation.scenes import PresentClock
from tests.web.conftest import Browser

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def words(data: bytes) -> str:
    assert data.startswith(b"%PDF"), data[:300]
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages).split())


def test_p10_the_report_is_a_pdf_with_the_figures_and_is_known_again(
    head: Browser,
    signed_in: Callable[[Role], Browser],
    make_account: Callable[..., Account],
    school_people: dict[Role, Person],
    session: Session,
) -> None:
    clock, account = PresentClock(), make_account("facebook", identity_id="school")
    drafting.approved(session, school_people[Role.STAFF], school_people[Role.HEADTEACHER], now(), account)
    session.add(
        CallLedger(account_id=account.id, hour=now(), operation="read", calls=9, cost_micro_usd=1_250_000)
    )
    session.commit()
    entry = scenes.flagged(
        account.id, ScriptedPlatform(), clock, comment(1, "idiot"), comment(2, "idiot too")
    )[0]
    scenes.decide(entry, Outcome.HIDE, by=school_people[Role.SLT], clock=clock)
    purpose = {"purpose": "Tell parents <early>", "measures": "Fewer calls"}
    assert head.post(f"/reports/purposes/{account.id}", "/reports", **purpose).status_code == 302
    chair = signed_in(Role.CHAIR)
    day = today(now())
    answer = chair.post("/reports/pdf", "/reports", **{"from": str(day), "to": str(day + timedelta(days=1))})
    assert answer.status_code == 200 and answer.mimetype == "application/pdf"
    said = words(answer.data)
    for one in (
        "Social media report for governors",
        "Larkfield Primary School",
        "Approved 1",
        "Flagged 2",
        "Hidden 1",
        "within 15 minutes",
        "Tell parents <early>",
        "Fewer calls",
        "A reminder of an event 0",
        "Training in date today 9",
        "People at the school 10",
        "Consent withdrawn 0",
        "New followers whom a person looked at",
        "What the platforms charged, in US dollars",
        "$1.25",
        "Page 1 of",
    ):
        assert one in said, one
    form = {"csrf_token": chair.token("/documents/check"), "file": (io.BytesIO(answer.data), "report.pdf")}
    known = chair.client.post("/documents/check", data=form).text
    assert "This file was made here." in known and "report for governors" in known
    wrong = chair.post("/reports/pdf", "/reports", **{"from": "2026-09-01", "to": "2026-08-01"})
    assert wrong.status_code == 400 and "swap them" in wrong.text
    assert signed_in(Role.MODERATOR).post("/reports/pdf", "/me").status_code == 404


@pytest.fixture
def pupil_id(session: Session, school_people: dict[Role, Person]) -> UUID:
    """A pupil with one consent in force and one withdrawn."""
    officer, day = school_people[Role.DPO], today(now())
    with transaction() as changing:
        by = changing.get_one(Person, officer.id)
        pupil = consent.add_pupil(changing, name="Zoë O’Connor-Łuk", class_name="Year 2", by=by, now=now())
        for kind in (ConsentKind.IMAGE, ConsentKind.VIDEO):
            made = consent.record_consent(
                changing, pupil, kind=kind, given_by="محمد علی", first_day=day,
                last_day=day + timedelta(days=99), by=by, now=now(),
            )  # fmt: skip
        consent.withdraw(changing, made.id, reason="Rang the office, family matter", by=by, now=now())
        return pupil.id


def test_p24_p25_a_parent_gets_what_they_agreed_to_and_how_to_withdraw(
    pupil_id: UUID, signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    make_account("instagram", handle="larkfieldpics")
    officer = signed_in(Role.DPO)
    assert "Record for the parent" in officer.get(f"/consent/{pupil_id}").text
    answer = officer.post(f"/consent/{pupil_id}/record", f"/consent/{pupil_id}")
    said, day = words(answer.data), today(now())
    for one in (
        "Zoë O’Connor-Łuk, Year 2",
        "What you agree to, and what was withdrawn",
        "Pictures that show the pupil",
        f"{day.day} {day:%B %Y}",
        "Not agreed to, so not done: videos that show the pupil; the pupil’s work; the pupil’s first name "
        "or class.",
        "Instagram",
        "@larkfieldpics",
        "withdrawn",
        "How to change or withdraw it",
        "Larkfield Primary School then stops at once",
    ):
        assert one in said, one
    assert "family matter" not in said, "why it was withdrawn is the office's own note"
    with reading() as session:
        others = session.scalars(sa.select(Pupil.name).where(Pupil.id != pupil_id)).all()
        row = session.scalars(sa.select(IssuedDocument)).one()
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "consent_record_made")).one()
        officers = session.scalars(sa.select(Person.email).where(Person.email.startswith("dpo"))).all()
    assert not [name for name in others if name in said]
    with transaction() as changing:
        by = changing.scalars(sa.select(Person).where(Person.email == officers[0])).one()
        for one in changing.scalars(sa.select(Consent).where(Consent.withdrawn_at.is_(None))):
            if one.pupil_id == pupil_id:
                consent.withdraw(changing, one.id, reason="Wrote a letter", by=by, now=now())
    after = words(officer.post(f"/consent/{pupil_id}/record", f"/consent/{pupil_id}").data)
    # The heading of a withdrawal doesn't read as if consent stood.
    assert "Consent was withdrawn: nothing may be published" in after and "What you agree" not in after
    assert row.object_id == str(pupil_id) and entry.detail["sha256"] == row.sha256
    assert all(email in said for email in officers)


def test_p25_a_pupil_who_left_may_not_be_shown_and_the_record_says_so(
    pupil_id: UUID, signed_in: Callable[[Role], Browser]
) -> None:
    officer = signed_in(Role.DPO)
    assert officer.post(f"/consent/{pupil_id}/left", f"/consent/{pupil_id}").status_code == 302
    said = words(officer.post(f"/consent/{pupil_id}/record", f"/consent/{pupil_id}").data)
    assert "nothing may be published any more" in said and "the pupil has left" in said
    assert "The school may not show this pupil" in said
    for role in (Role.STAFF, Role.HEADTEACHER, Role.CHAIR):
        assert signed_in(role).post(f"/consent/{pupil_id}/record", "/me").status_code == 404, role
    assert officer.post(f"/consent/{officer_id()}/record", "/me").status_code == 404


def officer_id() -> UUID:
    return UUID(int=7)
