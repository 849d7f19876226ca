"""Who is called about what is urgent, past whom, and who hears how it was decided (P3, P23)."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

import pytest
import sqlalchemy as sa
from alembic import command

from moderation import alerts, manual, past_head, referrals, undoing, words
from moderation.decisions import Outcome
from moderation.models import LogCase, LogEntry, ReferTo, UrgentNotice
from school import migrate, people
from school.db import reading, transaction
from school.models import OutboxEmail, Person, Role
from school.models.notices import NoticeChoice
from school.notices import How, Kind
from tests.moderation.platform import ScriptedPlatform, comment
from tests.moderation.scenes import URL, Clock, decide, flagged

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
People = dict[Role, Person]
THREAT = "I will stab you"


def mails(purpose: str) -> dict[str, tuple[str, str]]:
    """Of this purpose: subject and text of the newest mail to each person, by address."""
    with reading() as session:
        query = sa.select(OutboxEmail).where(OutboxEmail.purpose == purpose).order_by(OutboxEmail.created_at)
        rows = session.scalars(query.options(sa.orm.undefer(OutboxEmail.raw)))
        return {row.to_address: (row.subject, row.raw.decode()) for row in rows}


def count(purpose: str) -> int:
    with reading() as session:
        return session.scalar(sa.select(sa.func.count()).where(OutboxEmail.purpose == purpose)) or 0


def gather(at: datetime) -> None:
    with transaction() as session:
        alerts.send_gathered(session, url=URL, now=at)


def accused(name: str) -> str:
    return f"Mrs {name.split()[-1]} hit my son in the corridor"


# How it was decided


def test_p23_whoever_was_called_hears_once_how_it_was_decided_and_by_whom(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    """Not who decided; no word of the comment or the reason; two decisions make one mail."""
    first, second = flagged(account_id, platform, clock, comment(1, THREAT), comment(2, THREAT + " too"))
    for entry_id in (first, second):
        decide(entry_id, Outcome.DISMISS, by=school_people[Role.SLT], clock=clock, reason="silly")
    gather(clock())
    assert count("urgent_decided") == 0
    gather(clock.on(minutes=1))
    gather(clock.on(minutes=1))
    told = mails("urgent_decided")
    assert set(told) == {school_people[one].email for one in (Role.HEADTEACHER, Role.DSL)}
    assert count("urgent_decided") == 2
    subject, text = told[school_people[Role.DSL].email]
    assert subject == "Decided: 2 log entries that were urgent"
    assert f"no action, decided by {school_people[Role.SLT].name}" in text
    assert "stab" not in text and "silly" not in text
    with reading() as session:
        assert session.scalar(sa.select(UrgentNotice.id)) is None


def test_what_was_taken_back_is_no_news(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    entry_id = flagged(account_id, platform, clock, comment(1, THREAT))[0]
    slt = school_people[Role.SLT]
    case = decide(entry_id, Outcome.DISMISS, by=slt, clock=clock)
    with transaction() as session:
        by = session.get_one(Person, slt.id)
        undoing.undo(session, entry_id, seen=case.version, by=by, url=URL, now=clock())
    gather(clock.on(minutes=2))
    assert count("urgent_decided") == 0
    decide(entry_id, Outcome.HIDE, by=slt, clock=clock)
    gather(clock.on(minutes=2))
    assert {text.partition("hidden")[1] for _, text in mails("urgent_decided").values()} == {"hidden"}


def test_what_is_not_urgent_is_no_news(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    decide(flagged(account_id, platform, clock)[0], Outcome.HIDE, by=school_people[Role.SLT], clock=clock)
    gather(clock.on(minutes=2))
    assert count("urgent_decided") == 0


def test_p3_the_headteacher_hears_nothing_of_how_a_complaint_about_them_was_decided(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    """Neither where it was marked, nor where the news waited when it was."""
    head, lead = school_people[Role.HEADTEACHER].email, school_people[Role.DSL].email
    entries = flagged(account_id, platform, clock, comment(1, THREAT), comment(2, THREAT + " too"))
    slt = school_people[Role.SLT]
    chair = {"refer_to": ReferTo.CHAIR, "about_headteacher": True}
    decide(entries[0], Outcome.REFER, by=slt, clock=clock, **chair)
    decide(entries[1], Outcome.MUTE, by=slt, clock=clock)
    decide(entries[1], Outcome.REFER, by=slt, clock=clock, **chair)
    gather(clock.on(minutes=2))
    told = mails("urgent_decided")
    assert head not in told and lead in told
    with reading() as session:
        query = sa.select(OutboxEmail.confidential).where(OutboxEmail.purpose == "urgent_decided")
        assert set(session.scalars(query)) == {True}


def test_who_it_was_referred_to_gets_no_second_mail(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    entry_id = flagged(account_id, platform, clock, comment(1, THREAT))[0]
    decide(entry_id, Outcome.REFER, by=school_people[Role.SLT], clock=clock, refer_to=ReferTo.DSL)
    gather(clock.on(minutes=2))
    told = mails("urgent_decided")
    assert set(told) == {school_people[Role.HEADTEACHER].email}
    # Nobody may believe that it is done with.
    subject, text = told[school_people[Role.HEADTEACHER].email]
    assert subject.startswith("Referred to the safeguarding lead, not dealt with yet: log entry ")
    assert "Not dealt with yet." in text and "decided by" not in text
    assert mails("referral")[school_people[Role.DSL].email][0] == "Urgent: a threat was referred to you"


def test_who_it_is_referred_to_a_moment_later_gets_no_second_mail(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    """It was hidden first, so that news waited for them; and one of two entries may be decided."""
    first, second = flagged(account_id, platform, clock, comment(1, THREAT), comment(2, THREAT + " too"))
    slt, dsl, head = (school_people[one] for one in (Role.SLT, Role.DSL, Role.HEADTEACHER))
    decide(first, Outcome.HIDE, by=slt, clock=clock)
    decide(first, Outcome.REFER, by=slt, clock=clock, refer_to=ReferTo.DSL)
    gather(clock.on(minutes=2))
    assert set(mails("urgent_decided")) == {head.email}
    assert "hidden, and referred to the safeguarding lead: " in mails("urgent_decided")[head.email][1]
    decide(first, Outcome.DEALT, by=dsl, clock=clock)
    decide(second, Outcome.HIDE, by=slt, clock=clock)
    gather(clock.on(minutes=2))
    assert mails("urgent_decided")[dsl.email][0].startswith("Decided: log entry")


def test_what_a_mail_leaves_out_says_nothing_of_what_stands_in_it(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    """One was referred and opened again within the minute; the other is decided, and waits for nobody."""
    threats = (comment(n, f"{THREAT} {n}") for n in range(3))
    first, second, third = flagged(account_id, platform, clock, *threats)
    slt, dsl = school_people[Role.SLT], school_people[Role.DSL]
    decide(first, Outcome.REFER, by=slt, clock=clock, refer_to=ReferTo.CHAIR)
    decide(first, Outcome.REOPEN, by=slt, clock=clock)
    decide(second, Outcome.HIDE, by=slt, clock=clock)
    gather(clock.on(minutes=2))
    subject, text = mails("urgent_decided")[dsl.email]
    assert re.fullmatch(r"Decided: log entry \d+, which was urgent", subject)
    assert str(second) in text and str(first) not in text
    decide(first, Outcome.REFER, by=slt, clock=clock, refer_to=ReferTo.CHAIR)
    decide(first, Outcome.REOPEN, by=slt, clock=clock)
    decide(second, Outcome.REOPEN, by=slt, clock=clock)
    for one in (second, third):
        decide(one, Outcome.HIDE, by=slt, clock=clock)
    gather(clock.on(minutes=2))
    assert mails("urgent_decided")[dsl.email][0] == "Decided: 2 log entries that were urgent"


@pytest.mark.parametrize("author", ["", "Sam"])
def test_p3_p23_what_somebody_enters_about_the_headteacher_calls_the_lead_and_is_no_news(
    author: str, clock: Clock, school_people: People
) -> None:
    """The chair and the lead have it to deal with; that it was passed on is not told as a decision."""
    slt, dsl, head, chair = (school_people[one] for one in (Role.SLT, Role.DSL, Role.HEADTEACHER, Role.CHAIR))
    found = manual.ManualEntry("WhatsApp", "He hit her", author=author, urgent=True, about_headteacher=True)
    with transaction() as session:
        by = session.get_one(Person, slt.id)
        entry = manual.record(session, found, by=by, url=URL, now=clock())
        entry_id = entry.id
    gather(clock.on(minutes=3))
    assert mails("urgent_decided") == {}
    assert set(mails("referral")) == {dsl.email, chair.email}
    assert head.email not in mails("urgent_comment")
    # Long lines are broken in the mail as it is sent.
    text = re.sub(r"=\r?\n", "", mails("urgent_comment")[dsl.email][1])
    who = "It was written by Sam." if author else "Nobody has said who wrote it."
    assert f"a threat or a worry about a child. {who}" in text
    with reading() as session:
        case, entry = session.get_one(LogCase, entry_id), session.get_one(LogEntry, entry_id)
        assert words.state(case)[0] == "referred"
        assert words.kind("safeguarding", entry) == "threat or worry about a child"
        assert referrals.waits_for(session, entry_id, session.get_one(Person, dsl.id))


def test_whom_the_form_names_without_a_referral_hears_of_the_decision(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    """Nothing else tells them."""
    entry_id = flagged(account_id, platform, clock, comment(1, THREAT))[0]
    decide(entry_id, Outcome.DISMISS, by=school_people[Role.SLT], clock=clock, refer_to=ReferTo.DSL)
    gather(clock.on(minutes=2))
    assert school_people[Role.DSL].email in mails("urgent_decided")
    assert mails("referral") == {}


def test_news_of_very_many_says_that_there_are_more(
    account_id: UUID,
    platform: ScriptedPlatform,
    clock: Clock,
    school_people: People,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(alerts, "LISTED_MOST", 1)
    for entry_id in flagged(account_id, platform, clock, comment(1, THREAT), comment(2, THREAT + " too")):
        decide(entry_id, Outcome.HIDE, by=school_people[Role.SLT], clock=clock)
    gather(clock.on(minutes=1))
    _, text = mails("urgent_decided")[school_people[Role.DSL].email]
    plain = text.partition("<html")[0]
    assert plain.count("Log entry ") == 1 and "And 1 more, in the log" in plain


def test_going_back_a_version_calls_nobody_to_look_at_what_is_decided(
    database: str, account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    """The former version takes each row that it finds for a call."""
    entry_id = flagged(account_id, platform, clock, comment(1, THREAT))[0]
    decide(entry_id, Outcome.HIDE, by=school_people[Role.SLT], clock=clock)
    rows = sa.text("SELECT count(*) FROM urgent_notices")
    with reading() as session:
        assert session.scalar(rows)
    command.downgrade(migrate.config(database), "0056")
    with reading() as session:
        assert session.scalar(rows) == 0


# Past the headteacher


def test_p3_an_allegation_that_names_the_headteacher_calls_the_others(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    """Nothing is marked or hidden by it: everybody finds it in the queue."""
    head = school_people[Role.HEADTEACHER]
    entry_id = flagged(account_id, platform, clock, comment(1, accused(head.name)))[0]
    told = mails("urgent_comment")
    assert set(told) == {school_people[one].email for one in (Role.SLT, Role.DSL)}
    with reading() as session:
        case = session.get_one(LogCase, entry_id)
        assert case.urgent and not case.about_headteacher
        assert past_head.may_be_about(session, [session.get_one(LogEntry, entry_id)]) == {entry_id}
    # Nor is the headteacher told how it was decided; the lead, whose it is to judge, hears of that alone.
    decide(entry_id, Outcome.DISMISS, by=school_people[Role.SLT], clock=clock)
    gather(clock.on(minutes=2))
    assert mails("urgent_decided") == {}
    assert set(mails("referral")) == {school_people[Role.DSL].email}


def test_p23_a_threat_against_the_headteacher_and_a_worry_about_others_call_them(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    head = school_people[Role.HEADTEACHER]
    flagged(account_id, platform, clock, comment(1, f"{THREAT}, {head.name}"))
    assert head.email in mails("urgent_comment")
    clock.on(minutes=5)
    before = count("urgent_comment")
    flagged(account_id, platform, clock, comment(2, accused("Mr Nobody")))
    assert count("urgent_comment") == before + 3


def test_the_headteacher_is_called_where_there_is_nobody_else(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    """It never goes unseen; nor does it where the others want to be told later."""
    head = school_people[Role.HEADTEACHER]
    with transaction() as session:
        by = session.get_one(Person, head.id)
        slt, lead = (session.get_one(Person, school_people[one].id) for one in (Role.SLT, Role.DSL))
        people.withdraw_role(session, lead, Role.DSL, by=by, reason="Left", now=clock())
        session.add(NoticeChoice(person_id=slt.id, kind=Kind.URGENT.value, how=How.NONE.value))
    flagged(account_id, platform, clock, comment(1, accused(head.name)))
    assert set(mails("urgent_comment")) == {school_people[Role.SLT].email}
    clock.on(minutes=5)
    with transaction() as session:
        by = session.get_one(Person, head.id)
        slt = session.get_one(Person, school_people[Role.SLT].id)
        people.withdraw_role(session, slt, Role.SLT, by=by, reason="Left", now=clock())
    flagged(account_id, platform, clock, comment(2, accused(head.name) + "!"))
    assert head.email in mails("urgent_comment")


def test_what_an_edit_adds_counts(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    head = school_people[Role.HEADTEACHER]
    flagged(account_id, platform, clock, comment(1, "You idiot"))
    flagged(account_id, platform, clock, comment(1, accused(head.name)))
    assert set(mails("urgent_comment")) == {school_people[one].email for one in (Role.SLT, Role.DSL)}
