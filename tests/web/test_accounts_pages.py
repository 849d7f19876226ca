"""The accounts page: states in words, pausing, and the button that stops all publishing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from approvals.models import Publication
from approvals.states import PublicationState
from connectors.base import Platform
from connectors.posting import NAMES
from school import accounts, probes
from school.db import now, reading, transaction
from school.models import Account, AccountState, AuditEntry, Person, Role
from school.setup import current_school
from school.times import today
from tests.approvals import scenes
from tests.web.conftest import Browser
from tests.web.writing import decide, mailed_token, write

HOUR = timedelta(hours=1)
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def state(account: Account) -> AccountState:
    with reading() as session:
        return accounts.get(session, account.id).state


def test_an_account_with_dead_credentials_says_what_to_do(
    head: Browser, make_account: Callable[..., Account]
) -> None:
    account = make_account("facebook")
    with transaction() as session:
        accounts.mark_dead(
            session, accounts.get(session, account.id), "Facebook ended the token: connect anew.", now=now()
        )
        accounts.note_calls(session, account, [accounts.LedgerItem("read", True, 5, 1_230_000)], now=now())
    page = head.get("/accounts").text
    assert "needs connecting again" in page and "Facebook ended the token: connect anew." in page
    assert "practice accounts cost nothing" in page
    assert f'action="/accounts/{account.id}/connect"' in page and "Connect it now" in page
    assert "1 account with a problem" in " ".join(
        head.get("/").text.replace("<b>", "").replace("</b>", "").split()
    )
    assert f"/accounts/{account.id}/pause" not in page, "what is dead can't be paused"


@SQLITE
def test_no_secret_is_ever_on_the_page(head: Browser, make_account: Callable[..., Account]) -> None:
    """P11: tokens are never shown again."""
    make_account("x", credentials={"access_token": "very-secret-token-of-the-school"})
    assert "very-secret" not in head.get("/accounts").text


@SQLITE
def test_an_account_is_paused_and_used_again_with_a_reason(
    signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    account, manager = make_account("x"), signed_in(Role.NETWORK_MANAGER)
    refused = manager.post(f"/accounts/{account.id}/pause", "/accounts", reason=" ")
    assert refused.status_code == 400 and f'id="reason-{account.id}-error"' in refused.text
    assert state(account) is AccountState.ACTIVE
    assert (
        manager.post(f"/accounts/{account.id}/pause", "/accounts", reason="moving server").status_code == 302
    )
    flashed = manager.get("/accounts").text
    assert f"{account.display_name} on {NAMES[Platform(account.platform)]} is paused." in flashed
    for page in ("/accounts", f"/accounts/{account.id}"):
        said = manager.get(page).text
        assert "Paused by" in said and ": moving server" in said, page
    # The queue tells the reason to those who may see the accounts, Today all who decide on comments.
    for role, told in ((Role.SLT, True), (Role.MODERATOR, False)):
        browser = signed_in(role)
        assert ("moving server" in browser.get("/moderation").text) is told, role
        assert "account whose comments aren’t read" in browser.get("/").text, role
    assert state(account) is AccountState.PAUSED
    assert manager.post(f"/accounts/{account.id}/resume", "/accounts", reason="moved").status_code == 302
    assert state(account) is AccountState.ACTIVE


def real(account: Account) -> None:
    """Let the account count as one on the platform itself."""
    with transaction() as session:
        row = accounts.get(session, account.id)
        row.practice = False
        accounts.note_calls(
            session,
            row,
            [
                accounts.LedgerItem("mentions", True, 900, 900_000),
                accounts.LedgerItem("publish", True, 1, 330_000),
            ],
            now=now(),
        )


@SQLITE
def test_the_page_says_in_plain_words_how_an_account_is(
    head: Browser, make_account: Callable[..., Account], signed_in: Callable[[Role], Browser]
) -> None:
    account = make_account("x")
    real(account)
    with transaction() as session:
        row = accounts.get(session, account.id)
        row.next_poll_at, row.pace_note = now() + timedelta(hours=1), "Read every 10 minutes at night."
        lease = probes.claim(session, account.id, lease=timedelta(minutes=1), now=now())
        assert lease is not None
        found = probes.Found("keys of an app", "Larkfield", ["read"], None, None, ["“write” is missing."])
        probes.record(session, row, lease, found, url="https://example.test", now=now())
    page = " ".join(head.get("/accounts").text.split())
    assert "$1.23 of $30.00 ($0.90 for reading, $0.33 for publishing and answering; 2 requests)" in page
    assert "Read every 10 minutes at night." in page
    assert "working, but needs attention" in page and "“write” is missing." in page
    assert "works, without an end" in page
    assert "Here you can also stop everything" in page
    assert "Here you can also stop" not in signed_in(Role.NETWORK_MANAGER).get("/accounts").text
    with transaction() as session:
        session.get_one(Account, account.id).state = AccountState.PAUSED
    page = head.get("/accounts").text
    assert "not checked while the account is paused; when it was last," in page, "nothing is claimed of it"
    assert "The comments have not been read completely yet." in page
    assert "answers that don&#39;t name the school for seven days" in page


@SQLITE
@pytest.mark.parametrize("role", list(Role))
def test_who_may_have_an_account_read_and_pause_it(
    signed_in: Callable[[Role], Browser], make_account: Callable[..., Account], role: Role
) -> None:
    account = make_account("x")
    with transaction() as session:
        accounts.get(session, account.id).next_poll_at = now() + timedelta(days=9)
    browser = signed_in(role)
    may_run = role in {Role.HEADTEACHER, Role.SLT, Role.NETWORK_MANAGER}
    sees = may_run or role is Role.MARKETING_OFFICER
    page = "/accounts" if sees else "/me"
    assert browser.post(f"/accounts/{account.id}/read", page).status_code == (302 if may_run else 404)
    with reading() as session:
        assert (accounts.get(session, account.id).next_poll_at is None) is may_run
    if sees:
        assert ("Read now" in browser.get("/accounts").text) is may_run
    status = browser.post(f"/accounts/{account.id}/pause", page, reason="Holidays").status_code
    assert status == (302 if may_run else 404)
    if may_run:
        refused = browser.post(f"/accounts/{account.id}/read", page)
        assert refused.status_code == 400 and "not in use" in refused.text


@SQLITE
def test_the_budget_is_set_by_who_connects_accounts(
    signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    account = make_account("x")
    real(account)
    manager, deputy = signed_in(Role.NETWORK_MANAGER), signed_in(Role.SLT)
    address = f"/accounts/{account.id}/budget"
    assert deputy.post(address, "/accounts", budget="12").status_code == 404
    for wrong in ("a lot", "-1", "NaN", "inf", "1e9", "12,50"):
        refused = manager.post(address, "/accounts", budget=wrong)
        assert refused.status_code == 400 and f'value="{wrong}"' in refused.text
        assert f'id="budget-{account.id}-error"' in refused.text
    assert manager.post(address, "/accounts", budget=" $12.50 ").status_code == 302
    assert "$1.23 of $12.50" in manager.get("/accounts").text
    assert manager.post(address, "/accounts", budget="").status_code == 302
    assert "$1.23 of $30.00" in manager.get("/accounts").text
    with reading() as session:
        query = sa.select(AuditEntry).where(AuditEntry.action == "account_budget_set")
        assert [entry.detail for entry in session.scalars(query.order_by(AuditEntry.seq))] == [
            {"us_dollars_a_month": "12.50"},
            {"us_dollars_a_month": None},
        ]


def test_all_publishing_stops_and_goes_on(
    signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    make_account("x")
    deputy, teacher = signed_in(Role.SLT), signed_in(Role.STAFF)
    assert deputy.post("/accounts/stop", "/accounts", stop_reason="").status_code == 400
    assert deputy.post("/accounts/stop", "/accounts", stop_reason="a worrying post").status_code == 302
    with reading() as session:
        school = current_school(session)
        assert school is not None and school.publishing_stopped_at is not None
        assert school.publishing_stopped_why == "a worrying post"
    assert "All publishing is stopped" in teacher.get("/").text
    assert deputy.post("/accounts/stop", "/accounts", stop_reason="again").status_code == 409
    assert teacher.post("/accounts/allow", "/me", stop_reason="please").status_code == 404
    assert deputy.post("/accounts/allow", "/accounts", stop_reason="it was nothing").status_code == 302
    with reading() as session:
        school = current_school(session)
        assert school is not None and school.publishing_stopped_at is None
        done = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq.desc()).limit(2)).all()
    assert list(done) == ["publishing_allowed", "publishing_stopped"]
    assert "All publishing is stopped" not in teacher.get("/").text


def test_whoever_approves_during_a_stop_is_promised_nothing(
    app: Flask,
    signed_in: Callable[[Role], Browser],
    make_account: Callable[..., Account],
    later: datetime,
) -> None:
    write(signed_in(Role.STAFF), make_account("x"), at=later)
    slt = signed_in(Role.SLT)
    assert slt.post("/accounts/stop", "/accounts", stop_reason="a worrying post").status_code == 302
    page = decide(app, mailed_token()).text
    assert "It will be published" not in page and "All publishing is stopped" in page


def test_while_all_is_stopped_every_page_says_the_same_and_the_button_says_what_waits(
    signed_in: Callable[[Role], Browser],
    make_account: Callable[..., Account],
    school_people: dict[Role, Person],
    session: Session,
) -> None:
    moment = now().replace(second=0, microsecond=0)
    teacher, head = school_people[Role.STAFF], school_people[Role.HEADTEACHER]
    x, facebook = make_account("x"), make_account("facebook")
    due, publications = scenes.approved(session, teacher, head, moment - HOUR, x, facebook, text="Now")
    at = moment + 20 * HOUR
    soon, _ = scenes.approved(session, teacher, head, moment, x, text="Tomorrow's post", at=at)
    session.commit()
    slt, author = signed_in(Role.SLT), signed_in(Role.STAFF)
    assert slt.post("/accounts/stop", "/accounts", stop_reason="a worrying post").status_code == 302
    wrong = (">scheduled<", "It goes out", "It will be published", ">to be published", "within moments")
    for path in ("/", f"/drafts/{soon.id}", "/drafts", f"/calendar?list={today(moment)}"):
        page = author.get(path).text
        assert "held: publishing is stopped" in page, path
        assert not [one for one in wrong if one in page], path
    accounts_page = slt.get("/accounts").text
    assert accounts_page.count(">publishing is stopped<") == 2
    before_button = accounts_page.split('id="publishing"')[1].split("Allow publishing again")[0]
    assert before_button.count(f"/drafts/{due.id}") == 1 and before_button.count(f"/drafts/{soon.id}") == 1
    assert "somebody decides on each" in before_button
    assert f"/drafts/{due.id}" not in signed_in(Role.NETWORK_MANAGER).get("/accounts").text
    answer = slt.post("/accounts/allow", "/accounts", stop_reason="it was nothing")
    assert "1 post came due meanwhile and waits" in slt.get(answer.location).text
    with reading() as fresh:
        states = {fresh.get_one(Publication, one.id).state for one in publications}
    assert states == {PublicationState.HELD}
    # One post on two accounts is one to decide on, on every page.
    assert "1</b> post held for your word" in slt.get("/").text
    # The page of the post says so first, too: to whoever decides what to do, to its author who does.
    assert "Decide whether it still goes out." in slt.get(f"/drafts/{due.id}").text
    assert "somebody decides below whether it still goes out" in author.get(f"/drafts/{due.id}").text
    for reader in (slt, author):
        top = reader.get(f"/drafts/{due.id}").text.partition('id="out"')[0]
        assert ">held for a person<" in top and ">approved<" not in top
