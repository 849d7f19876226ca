"""Evidence packs, and whether a file is one that was made here (P20 to P22)."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from pypdf import PdfReader
from typer.testing import CliRunner

from moderation import evidence_pack
from moderation.decisions import Outcome
from moderation.models import Author, Comment, LogEvent, ReferTo
from school import audit
from school.db import now, reading, transaction
from school.errors import NotPermitted
from school.models import Account, AuditEntry, IssuedDocument, Person, Role
from school.times import today
from tests.moderation import scenes
from tests.moderation.platform import ScriptedPlatform, author, comment
from tests.web.conftest import Browser
from worker.cli import application

SignIn = Callable[[Role], Browser]
pytestmark = pytest.mark.usefixtures("numbered_in_turn")
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ABUSE = "You idiot, Zażółć یہ \U0001f984"


@pytest.fixture
def entries(
    make_account: Callable[..., Account], platform: ScriptedPlatform, clock: scenes.PresentClock
) -> list[UUID]:
    """Two abusive comments of one author, among harmless ones, and an entry about another family."""
    account_id = make_account("facebook", identity_id="school").id
    troll = author("Seán O’Connor")
    return scenes.flagged(
        account_id,
        platform,
        clock,
        comment(1, ABUSE, author=troll, parent_platform_id="c-2"),
        comment(2, "Lovely day at the fair"),
        comment(3, "Another idiot here", author=troll),
        comment(4, "When is the fair?", author=troll),
        comment(5, "Parking is bad", author=author("Meg Hall")),
        comment(6, "Idiot dad hits me", author=author("Cara Pool")),
    )


def text(made: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)


def take(browser: Browser, entry_id: UUID, **form: str) -> bytes:
    answer = browser.post(f"/moderation/{entry_id}/evidence", f"/moderation/{entry_id}", **form)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/pdf" and answer.headers["Cache-Control"] == "no-store"
    assert answer.data.startswith(b"%PDF")
    return answer.data


def test_p22_the_pack_holds_comment_thread_history_scores_decisions_answers_and_referrals(
    entries: list[UUID],
    signed_in: SignIn,
    school_people: dict[Role, Person],
    platform: ScriptedPlatform,
    clock: scenes.PresentClock,
) -> None:
    slt = school_people[Role.SLT]
    day = today(clock()) + timedelta(days=9)
    scenes.decide(entries[0], Outcome.HIDE, by=slt, clock=clock, reason="Abuse of staff")
    clock.on(seconds=30)
    scenes.act(platform, clock)
    scenes.decide(entries[0], Outcome.MEETING, by=slt, clock=clock, reason="To talk", meeting_on=day)
    scenes.decide(
        entries[0],
        Outcome.REFER,
        by=slt,
        clock=clock,
        refer_to=ReferTo.DSL,
        reason="Worried",
        reference="R-77",
    )
    made = take(signed_in(Role.DSL), entries[0])
    said = text(made)
    for words in (
        "Evidence pack: log entry 1",
        "You idiot, Zażółć",
        "[unicorn]",
        "Seán O’Connor",
        "Lovely day at the fair",
        "When is the fair?",
        "Another idiot here",
        "toxicity",
        "0.990",
        "words@test",
        "Abuse of staff",
        "Daniel Whitcombe",
        "The comment is hidden.",
        "Referred to the designated safeguarding lead",
        "R-77",
        f"{day.day} {day:%B %Y}",
        "Page 1 of",
    ):
        assert words in said or words in " ".join(said.split()), words
    whole = json.loads(PdfReader(io.BytesIO(made)).attachments["entry.json"][0])
    assert whole["text"] == ABUSE and whole["chain"][0]["seq"] == 1
    assert whole["answers"]["text"] == "Lovely day at the fair" and whole["thread"] == []


@SQLITE
def test_p22_a_pack_gives_no_other_family_away(entries: list[UUID], signed_in: SignIn) -> None:
    slt = signed_in(Role.SLT)
    made = take(slt, entries[0])
    said, whole = " ".join(text(made).split()), PdfReader(io.BytesIO(made)).attachments["entry.json"][0]
    for words in ("Parking is bad", "Meg Hall", "dad hits me", "Cara Pool"):
        assert words not in said and words.encode() not in whole, words
    assert "not printed here: 1." in said and "Left out: 1, other entries of the log." in said
    assert "Other families’ names" in slt.get(f"/moderation/{entries[0]}").text
    made = take(slt, entries[0], whole_thread="yes")
    said, whole = " ".join(text(made).split()), PdfReader(io.BytesIO(made)).attachments["entry.json"][0]
    assert "Parking is bad" in said and b"Meg Hall" in whole and "not printed here" not in said
    assert "dad hits me" not in said and b"Cara Pool" not in whole, "an entry of the log stays in the log"


@SQLITE
def test_p22_a_pack_is_known_again_by_its_hash_in_the_trail_and_a_changed_one_is_not(
    entries: list[UUID], signed_in: SignIn, session: sa.orm.Session, tmp_path: Path
) -> None:
    slt = signed_in(Role.SLT)
    made = take(slt, entries[0])
    with reading() as found:
        row = found.scalars(sa.select(IssuedDocument)).one()
        entry = found.get_one(AuditEntry, row.trail_seq)
        assert entry.detail["sha256"] == row.sha256 and entry.action == "evidence_made"
        assert found.get_one(LogEvent, row.log_seq).detail["sha256"] == row.sha256
        assert audit.verify(found) is None

    def asked(browser: Browser, data: bytes) -> str:
        form = {"csrf_token": browser.token("/documents/check"), "file": (io.BytesIO(data), "pack.pdf")}
        return browser.client.post("/documents/check", data=form).text

    known = asked(signed_in(Role.DPO), made)
    assert "evidence pack about log entry 1" not in known, "the DPO sees no entry, so knows no pack of one"
    known = asked(slt, made)
    assert "This file was made here." in known and "Daniel Whitcombe" in known
    assert "evidence pack about log entry 1" in known
    assert "not known" in asked(slt, made.replace(b"Larkfield", b"Barkfield") + b" ")
    assert slt.post("/documents/check", "/documents/check").status_code == 400
    file = tmp_path / "pack.pdf"
    file.write_bytes(made)
    command = application(["audit", "document"])
    answer = CliRunner().invoke(command, ["audit", "document", str(file)], standalone_mode=False)
    assert answer.return_value == 0 and "evidence pack about log entry 1" in answer.output
    file.write_bytes(made + b" ")
    answer = CliRunner().invoke(command, ["audit", "document", str(file)], standalone_mode=False)
    assert answer.return_value == 1 and "was not made here" in answer.output
    # Somebody who writes another name into the row is found out by the trail.
    with transaction() as changing:
        changing.execute(sa.update(IssuedDocument).values(made_by_id=_chair(changing).id))
    assert "contradict" in asked(slt, made)


def _chair(session: sa.orm.Session) -> Person:
    return session.scalars(sa.select(Person).where(Person.email.startswith("chair"))).one()


@SQLITE
def test_p22_only_those_whom_the_table_names_make_packs(
    entries: list[UUID], signed_in: SignIn, school_people: dict[Role, Person]
) -> None:
    address = f"/moderation/{entries[0]}/evidence"
    for role in (Role.MODERATOR, Role.STAFF, Role.NETWORK_MANAGER, Role.DPO):
        assert signed_in(role).post(address, "/me").status_code == 404, role
    assert signed_in(Role.CHAIR).post(address, "/me").status_code == 404, "not referred to the chair"
    assert "Evidence pack" not in signed_in(Role.MODERATOR).get(f"/moderation/{entries[0]}").text
    with reading() as session, pytest.raises(NotPermitted):
        evidence_pack.prepare(session, entries[0], by=school_people[Role.MODERATOR], now=now())


@SQLITE
def test_a_pack_of_a_flood_is_drawn_in_time(
    entries: list[UUID], signed_in: SignIn, session: sa.orm.Session, clock: scenes.PresentClock
) -> None:
    """The longest texts that a platform takes, in letters that no font has, hold nobody up."""
    writer = session.scalars(sa.select(Author).where(Author.display_name.startswith("Seán"))).one()
    first = session.scalars(sa.select(Comment).limit(1)).one()
    for number in range(60):
        copy = {
            column.key: getattr(first, column.key)
            for column in sa.inspect(Comment).column_attrs
            if column.key not in {"id", "platform_id"}
        }
        session.add(
            Comment(
                **{
                    **copy,
                    "platform_id": f"more-{number}",
                    "text": "\U00020bb7\ua997" * 4000,
                    "author_id": writer.id,
                    "created_at": clock() + timedelta(seconds=number),
                }
            )
        )
    session.commit()
    made = take(signed_in(Role.SLT), entries[0], whole_thread="yes")
    assert "more characters are in the attached entry.json" in " ".join(text(made).split())
