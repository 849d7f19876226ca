"""The register of accounts: the signed form, administrators, go-live, reviews, closing (P8 to P11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import accounts, closing, db, forms, people, register, reminders
from school.accounts import Found
from school.errors import BadInput, MoveNotAllowed, NotPermitted
from school.models import (
    Account,
    AccountPurpose,
    AccountState,
    AuditEntry,
    DataFate,
    FormEntry,
    FormKind,
    FormState,
    OutboxEmail,
    Person,
    Role,
)
from school.times import today
from tests.school.test_forms import filled

NOW = db.now()
URL = "https://social.test"
NEW = Found("x", "4711", "larkfieldart", "Larkfield Art", "https://x.test/larkfieldart")
People = dict[Role, Person]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def asked_for(session: Session, school_people: People, *, signatures: int = 2, **more: str) -> FormEntry:
    """A creation form with so many of its two signatures."""
    kind = FormKind.NEW_ACCOUNT
    entry = forms.file(session, kind, filled(kind, **more), by=school_people[Role.STAFF], url=URL, now=NOW)
    signers = (
        (FormState.SIGNED, school_people[Role.MARKETING_OFFICER]),
        (FormState.APPROVED, school_people[Role.HEADTEACHER]),
    )
    for to, by in signers[:signatures]:
        forms.answer(session, entry.id, to, words="So be it.", by=by, url=URL, now=NOW)
    session.commit()
    return entry


def connected(session: Session, school_people: People, form: FormEntry) -> Account:
    account = accounts.connect_new(
        session,
        NEW,
        form.id,
        school_email="art@larkfield.test",
        credentials={"access_token": "new"},
        by=school_people[Role.NETWORK_MANAGER],
        practice=True,
        now=NOW,
    )
    session.commit()
    return account


def two(school_people: People) -> str:
    return f"{school_people[Role.HEADTEACHER].name}\n  {school_people[Role.SLT].name.upper()} "


@pytest.mark.parametrize("signatures", [0, 1])
def test_p8_a_new_account_needs_the_form_signed_by_both(
    session: Session, school_people: People, signatures: int
) -> None:
    form = asked_for(session, school_people, signatures=signatures)
    with pytest.raises(NotPermitted, match="not signed by both"):
        connected(session, school_people, form)
    assert session.scalar(sa.select(sa.func.count()).select_from(Account)) == 0


def test_p8_p10_the_signed_form_fills_the_register_and_serves_once(
    session: Session, school_people: People
) -> None:
    form = asked_for(session, school_people, administrators=two(school_people), purpose="Show pupils' art.")
    account = connected(session, school_people, form)
    entry = register.of(session, account.id)
    assert entry is not None and entry.form_id == form.id
    assert entry.go_live_on is not None and entry.go_live_on.isoformat() == "2027-01-12"
    assert [one.email for one in register.owners(session, account.id)] == [
        "deputy@larkfield.test",
        "head@larkfield.test",
    ]
    purpose = session.get_one(AccountPurpose, account.id)
    assert purpose.purpose == "Show pupils' art."
    with pytest.raises(MoveNotAllowed, match="already"):
        connected(session, school_people, form)
    assert register.unused_forms(session) == []


def test_p8_without_two_known_administrators_the_account_is_not_live(
    session: Session, school_people: People
) -> None:
    head, deputy = school_people[Role.HEADTEACHER], school_people[Role.SLT]
    account = connected(session, school_people, asked_for(session, school_people))
    assert register.owners(session, account.id) == [], "the form names two who don't work here"
    day = today(NOW) + timedelta(days=900)
    assert "two administrators" in register.not_live(session, account, on=day)
    register.name_owner(session, account, head, reason="Looks after it", by=head, now=NOW)
    days = {"go_live_on": today(NOW), "review_on": day}
    with pytest.raises(BadInput, match="at least two") as refused:
        register.set_days(session, account, **days, by=head, now=NOW)
    assert refused.value.field == "go_live_on"
    register.name_owner(session, account, deputy, reason="Looks after it", by=head, now=NOW)
    register.set_days(session, account, **days, by=head, now=NOW)
    assert register.not_live(session, account, on=today(NOW)) == ""
    assert "goes live on" in register.not_live(session, account, on=today(NOW) - timedelta(days=1))


def test_p8_an_account_the_school_had_keeps_who_took_it_over_and_why(
    session: Session, school_people: People, make_account: Callable[..., Account]
) -> None:
    account = make_account("x", reason="It was Ms Hart's before she left.")
    entry = register.of(session, account.id)
    assert entry is not None and entry.why == "It was Ms Hart's before she left."
    assert entry.made_by_id == account.adopted_by_id == school_people[Role.HEADTEACHER].id
    assert register.not_live(session, account, on=today(NOW)) == ""


def test_p8_fewer_than_two_administrators_is_named_and_told_each_week_until_mended(
    session: Session, school_people: People, make_account: Callable[..., Account]
) -> None:
    head, deputy = school_people[Role.HEADTEACHER], school_people[Role.SLT]
    account = make_account("x")
    assert any(
        "one administrator only: Margaret" in one for one in register.problems(session, account, now=NOW)
    )
    told = sa.select(sa.func.count()).where(OutboxEmail.purpose == "administrators_reminder")
    for day, count in ((0, 1), (0, 1), (7, 2)):
        reminders.due_now(session, url=URL, now=NOW + timedelta(days=day))
        assert session.scalar(told) == count
    register.name_owner(session, account, deputy, reason="Second", by=head, now=NOW)
    session.flush()
    assert not any("administrator" in one for one in register.problems(session, account, now=NOW))
    reminders.due_now(session, url=URL, now=NOW + timedelta(days=14))
    assert session.scalar(told) == 2


def test_p8_when_an_administrator_leaves_each_account_gets_a_successor_or_a_named_problem(
    session: Session, school_people: People, make_account: Callable[..., Account]
) -> None:
    head, deputy, leaver = (
        school_people[role] for role in (Role.HEADTEACHER, Role.SLT, Role.NETWORK_MANAGER)
    )
    first, second = make_account("x"), make_account("facebook")
    for account in (first, second):
        register.name_owner(session, account, leaver, reason="Knows it", by=head, now=NOW)
    session.flush()
    with pytest.raises(BadInput, match="say who takes it over") as refused:
        register.hand_over(session, leaver, {first.id: deputy}, by=head, now=NOW)
    assert refused.value.field == f"successor-{second.id}"
    session.rollback()
    for account in (first, second):
        register.name_owner(session, account, leaver, reason="Knows it", by=head, now=NOW)
    session.flush()
    left = register.hand_over(session, leaver, {first.id: deputy, second.id: None}, by=head, now=NOW)
    people.set_active(session, leaver, False, by=head, reason="Left", now=NOW)
    session.commit()
    assert left == [second]
    assert register.owners(session, first.id) == [deputy, head]
    assert register.owners(session, second.id) == [head]
    assert any("one administrator only" in one for one in register.problems(session, second, now=NOW))
    assert not any("administrator" in one for one in register.problems(session, first, now=NOW))


def test_p8_whoever_is_shut_out_any_other_way_counts_no_longer(
    session: Session, school_people: People, make_account: Callable[..., Account]
) -> None:
    head, deputy = school_people[Role.HEADTEACHER], school_people[Role.SLT]
    account = make_account("x")
    register.name_owner(session, account, deputy, reason="Second", by=head, now=NOW)
    people.set_active(session, deputy, False, by=None, reason="By a command", now=NOW)
    session.flush()
    assert any("one administrator only" in one for one in register.problems(session, account, now=NOW))


def test_p10_a_review_is_reminded_of_recorded_and_planned_anew(
    session: Session, school_people: People, make_account: Callable[..., Account]
) -> None:
    officer = school_people[Role.MARKETING_OFFICER]
    account = make_account("x")
    entry = register.of(session, account.id)
    assert entry is not None and entry.review_on == today(NOW) + timedelta(days=365)
    told = sa.select(sa.func.count()).where(OutboxEmail.purpose == "review_reminder")
    reminders.due_now(session, url=URL, now=NOW)
    assert session.scalar(told) == 0
    late = NOW + timedelta(days=370)
    reminders.due_now(session, url=URL, now=late)
    assert session.scalar(told) == 1
    assert any("review was due" in one for one in register.problems(session, account, now=late))
    with pytest.raises(BadInput, match="what was found"):
        register.review(session, account, found=" ", next_on=late.date(), by=officer, now=late)
    register.review(
        session, account, found="It is read.", next_on=today(late) + timedelta(days=100), by=officer, now=late
    )
    session.flush()
    assert not any("eview" in one for one in register.problems(session, account, now=late))
    assert [one.found for one in register.reviews(session, account.id)] == ["It is read."]
    with pytest.raises(NotPermitted):
        register.review(
            session, account, found="?", next_on=today(late), by=school_people[Role.STAFF], now=late
        )


def test_p8_p11_closing_wipes_the_secrets_ends_every_leave_and_leaves_a_task(
    session: Session, school_people: People, make_account: Callable[..., Account]
) -> None:
    head, teacher = school_people[Role.HEADTEACHER], school_people[Role.STAFF]
    account = make_account("x", identity_id="77")
    closed = {"reason": "Nobody reads it.", "data_fate": DataFate.KEEP, "now": NOW}
    with pytest.raises(NotPermitted):
        closing.close(session, account, by=school_people[Role.SLT], **closed)
    closing.close(session, account, by=head, **closed)
    session.commit()
    assert account.state is AccountState.CLOSED
    assert accounts.credentials_of(account) == {}
    assert not people.may_post(session, teacher, account.id)
    assert accounts.everything(session) == []
    assert closing.pages_to_delete(session) == [account]
    with pytest.raises(MoveNotAllowed, match="closed already"):
        closing.close(session, account, by=head, **closed)
    closing.note_page_gone(session, account, words="Deleted it there.", by=head, now=NOW)
    session.flush()
    assert closing.pages_to_delete(session) == []
    trail = session.scalar(sa.select(AuditEntry).where(AuditEntry.action == "account_closed"))
    assert trail is not None and trail.detail == {"reason": "Nobody reads it.", "data": "keep"}
    assert trail.actor_id == head.id


def test_p8_nothing_revives_a_closed_account_but_the_headteachers_word(
    session: Session, school_people: People, make_account: Callable[..., Account]
) -> None:
    head = school_people[Role.HEADTEACHER]
    account = make_account("x", identity_id="77")
    closing.close(session, account, reason="Over.", data_fate=DataFate.RETENTION, by=head, now=NOW)
    session.commit()
    with pytest.raises(BadInput, match="was closed"):
        make_account("x", identity_id="77")
    session.rollback()
    same = Found("x", "77", "h", "h", "")
    with pytest.raises(BadInput, match="was closed"):
        accounts.reconnect(session, account, same, credentials={}, by=head, now=NOW)
    with pytest.raises(NotPermitted):
        closing.reopen(session, account, reason="?", by=school_people[Role.NETWORK_MANAGER], now=NOW)
    closing.reopen(session, account, reason="Asked for again.", by=head, now=NOW)
    session.flush()
    assert account.state is AccountState.NEEDS_CONNECTING
    accounts.reconnect(session, account, same, credentials={"a": "b"}, by=head, now=NOW)
    assert account.state is AccountState.ACTIVE
