"""Connecting accounts by the pages, a worker between: who may, and each way it can go wrong (P8, P11)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
import requests
import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from connectors.base import Platform
from connectors.practice.servers import PracticePlatforms
from school import accounts, closing, connecting, people
from school.app_keys import Family
from school.db import now, reading, transaction
from school.models import (
    Account,
    AccountConnection,
    AccountState,
    AppKeys,
    AuditEntry,
    ConnectionState,
    DataFate,
    Person,
    Role,
)
from tests.school.test_register import asked_for, two
from tests.web.conftest import Browser
from worker import consenting, endpoints
from worker.practice import adopt_practice_accounts

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
People = dict[Role, Person]


@pytest.fixture
def practice() -> Iterator[PracticePlatforms]:
    """The practice platforms with their servers, without a crowd."""
    with PracticePlatforms(None, pace=0, earlier_life=False) as running:
        endpoints.practice_at(endpoints.PracticeUrls(running.x_url, running.graph_url))
        yield running
        endpoints.practice_at(None)


@pytest.fixture
def x(app: object, practice: PracticePlatforms) -> Account:
    """The practice school's account on X, connected."""
    adopt_practice_accounts(practice, now=now())
    with reading() as session:
        return next(account for account in accounts.everything(session) if account.platform == "x")


def work() -> None:
    """What a worker's next look does."""
    with reading() as session:
        waiting, old = connecting.due(session, now=now()), connecting.too_old(session, now=now())
    for one in old:
        with transaction() as session:
            connecting.expire(session, one, now=now())
    for one in waiting:
        consenting.step(one)


def newest() -> AccountConnection:
    with reading() as session:
        query = sa.select(AccountConnection).order_by(AccountConnection.asked_at.desc()).limit(1)
        return session.scalars(query).one()


def begun(browser: Browser, account: Account) -> str:
    """Begin to connect; the address of the connection's page, ready to go on."""
    answer = browser.post(f"/accounts/{account.id}/connect", f"/accounts/{account.id}")
    assert answer.status_code == 302
    path = answer.headers["Location"]
    shown = browser.get(path)
    assert "is being prepared" in shown.text and 'http-equiv="refresh"' in shown.text
    work()
    return str(path)


def way_on(browser: Browser, path: str) -> str:
    """The platform's page, as the connection's page links to it."""
    found = re.search(r'href="(http[^"]+)"[^>]*>Go on to', browser.get(path).text)
    assert found, browser.get(path).text
    return unescape(found[1])


def decide(address: str, **form: str) -> str:
    """Decide on the platform's page; the path and query that lead back to the product."""
    parts = urlsplit(address)
    page = requests.get(address, timeout=5)
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    given = re.findall(r'name="given" value="(\w+)"', page.text)
    where = re.search(r'action="([^"]+)"', page.text)
    assert where, page.text
    answer = requests.post(
        f"{parts.scheme}://{parts.netloc}{where[1]}",
        data={**{k: unescape(v) for k, v in hidden.items()}, "given": given, "do": "allow", **form},
        allow_redirects=False,
        timeout=5,
    )
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def comes_back(browser: Browser, back: str) -> TestResponse:
    answer = browser.get(back)
    work()
    return answer


def test_p11_connecting_again_revives_the_account_and_keeps_nothing_readable(
    head: Browser, x: Account, practice: PracticePlatforms, session: Session
) -> None:
    practice.world.revoke(Platform.X)
    with transaction() as other:
        accounts.mark_dead(other, accounts.get(other, x.id), "The access has ended.", now=now())
    path = begun(head, x)
    back = decide(way_on(head, path))
    answer = comes_back(head, back)
    assert answer.status_code == 302 and answer.headers["Location"] == path
    assert "is connected. Everything that waited" in head.get(path).text
    with reading() as other:
        found = accounts.get(other, x.id)
        assert found.state is AccountState.ACTIVE
        assert accounts.credentials_of(found) == practice.x_credentials
    done = newest()
    assert done.state is ConnectionState.DONE and done.finished_at is not None
    assert session.scalar(sa.select(AccountConnection.sealed)) is None, "its secrets are gone"
    trail = session.scalars(
        sa.select(AuditEntry.action).where(AuditEntry.object_kind == "connection").order_by(AuditEntry.seq)
    )
    assert list(trail) == [f"connection_{step}" for step in ("asked", "ready", "returned", "done")]
    verifier = back.partition("oauth_verifier=")[2]
    assert verifier and verifier not in str(
        [entry.detail for entry in session.scalars(sa.select(AuditEntry))]
    )


def test_p11_what_waits_for_its_exchange_is_encrypted(head: Browser, x: Account, session: Session) -> None:
    path = begun(head, x)
    back = decide(way_on(head, path))
    head.get(back)
    sealed = session.scalar(sa.select(AccountConnection.sealed))
    assert sealed is not None and back.partition("oauth_verifier=")[2].encode() not in sealed


def test_a_forged_answer_changes_nothing(head: Browser, x: Account) -> None:
    path = begun(head, x)
    for forged in (
        "/accounts/connected/x?oauth_token=made-up&oauth_verifier=made-up",
        "/accounts/connected/x?denied=made-up",
        "/accounts/connected/x",
        "/accounts/connected/facebook?code=made-up&state=made-up",
        "/accounts/connected/facebook?error=access_denied",
    ):
        answer = head.get(forged)
        assert answer.status_code == 400 and "belongs to no connection" in answer.text, forged
    assert newest().state is ConnectionState.READY
    assert comes_back(head, decide(way_on(head, path))).status_code == 302
    assert newest().state is ConnectionState.DONE


def test_an_answer_counts_once_and_only_for_the_browser_and_the_person_that_began(
    app: object, head: Browser, signed_in: Callable[[Role], Browser], x: Account
) -> None:
    path = begun(head, x)
    manager, elsewhere = signed_in(Role.NETWORK_MANAGER), signed_in(Role.HEADTEACHER)
    for other in (manager, elsewhere):
        shown = other.get(path)
        assert "Go on to X" not in shown.text and "began this in another browser" in shown.text
    back = decide(way_on(head, path))
    for other in (manager, elsewhere):
        answer = comes_back(other, back)
        assert answer.status_code == 403 and "another browser" in answer.text
    assert newest().state is ConnectionState.READY
    assert comes_back(head, back).status_code == 302
    again = comes_back(head, back)
    assert again.status_code == 410 and "counts once" in again.text
    assert newest().state is ConnectionState.DONE


def test_cancelling_there_and_coming_back_too_late_are_said_plainly(head: Browser, x: Account) -> None:
    path = begun(head, x)
    comes_back(head, decide(way_on(head, path), do="cancel"))
    assert "you chose Cancel, so nothing was connected" in head.get(path).text
    path = begun(head, x)
    back = decide(way_on(head, path))
    with transaction() as session:
        row = connecting.get(session, newest().id)
        row.expires_at = now() - timedelta(seconds=1)
    late = head.get(back)
    assert late.status_code == 410 and "more than a quarter of an hour" in late.text
    work()
    assert "was not finished within a quarter of an hour" in head.get(path).text
    # One that is begun anew ends the one before.
    first, second = begun(head, x), begun(head, x)
    assert "A newer try was begun." in head.get(first).text
    assert comes_back(head, decide(way_on(head, second))).status_code == 302


def test_the_wrong_account_is_named_and_nothing_of_it_is_kept(head: Browser, x: Account) -> None:
    with reading() as session:
        before = accounts.credentials_of(accounts.get(session, x.id))
    path = begun(head, x)
    comes_back(head, decide(way_on(head, path), account="private"))
    shown = " ".join(head.get(path).text.split())
    assert "signed in to X as “sam_atherto”, and this is the connection of @larkfieldschool" in shown
    assert "sign in as @larkfieldschool, then come back" in shown
    with reading() as session:
        assert accounts.credentials_of(accounts.get(session, x.id)) == before


def test_what_the_platform_refuses_or_lacks_is_a_sentence(
    head: Browser, x: Account, practice: PracticePlatforms
) -> None:
    practice.world.set_x_access("read")
    path = begun(head, x)
    comes_back(head, decide(way_on(head, path)))
    shown = " ".join(head.get(path).text.split())
    assert "is connected" in shown and "The permission “write” is missing" in shown
    with transaction() as session:
        session.scalars(sa.select(AppKeys).where(AppKeys.family == Family.X)).one().key = "another-app"
    answer = head.post(f"/accounts/{x.id}/connect", f"/accounts/{x.id}")
    work()
    assert "does not know the app by the key" in head.get(answer.headers["Location"]).text
    endpoints.practice_at(None)
    answer = head.post(f"/accounts/{x.id}/connect", f"/accounts/{x.id}")
    work()
    waiting = head.get(answer.headers["Location"]).text
    assert "is being prepared" in waiting and "It is tried again" in waiting


def test_p8_a_new_account_is_connected_by_its_signed_form_and_no_other_way(
    session: Session,
    school_people: People,
    signed_in: Callable[[Role], Browser],
    practice: PracticePlatforms,
    app: object,
) -> None:
    adopt_practice_accounts(practice, now=now())
    with transaction() as other:
        # As if the school had none there yet.
        found = next(one for one in accounts.everything(other) if one.platform == "x")
        found.platform_id, found.handle = "1", "former"
    manager, page = signed_in(Role.NETWORK_MANAGER), "/accounts/connect/x"
    fields = {"handle": "@LarkfieldSchool", "email": "art@larkfield.test"}
    assert "No form for a new account is signed by both yet" in manager.get(page).text
    half = asked_for(session, school_people, signatures=1)
    refused = manager.post(page, page, **fields, form=str(half.id))
    assert refused.status_code == 403 and "not signed by both" in refused.text
    without = manager.post(page, page, **fields, why="I want to")
    assert without.status_code == 403 and "Only the headteacher takes over" in without.text
    form = asked_for(session, school_people, administrators=two(school_people))
    wrong = manager.post(page, page, **{**fields, "email": "art@gmail.com"}, form=str(form.id))
    assert wrong.status_code == 400 and 'id="email-error"' in wrong.text and "art@gmail.com" in wrong.text
    path = manager.post(page, page, **fields, form=str(form.id)).headers["Location"]
    work()
    comes_back(manager, decide(way_on(manager, path)))
    made = newest()
    assert made.state is ConnectionState.DONE, made.problem
    with reading() as other:
        account = accounts.get(other, made.account_id)  # type: ignore[arg-type]
        assert account.school_email == "art@larkfield.test" and account.platform_id != "1"
    shown = manager.get(f"/accounts/{made.account_id}").text
    assert "the form of" in shown and "Signed by Leila Haddad" in shown


def test_an_account_that_is_here_is_connected_again_and_not_anew(
    head: Browser, x: Account, practice: PracticePlatforms
) -> None:
    page = "/accounts/connect/x"
    blank = head.get(page).text
    assert f"Connect @{x.handle} again" in blank and f'action="/accounts/{x.id}/connect"' in blank
    fields = {"handle": f"@{x.handle.upper()}", "email": "office@larkfield.test", "why": "We have it"}
    refused = head.post(page, page, **fields)
    assert refused.status_code == 400 and f"@{x.handle} is here already." in refused.text
    assert 'id="handle-error"' in refused.text
    with transaction() as session:
        accounts.get(session, x.id).state = AccountState.CLOSED
    closed = head.post(page, page, **fields)
    assert closed.status_code == 400 and "was closed. The headteacher must open it again" in closed.text
    # What was typed for a try that failed is there again.
    path = head.post(page, page, **{**fields, "handle": "@elmroad"}).headers["Location"]
    work()
    comes_back(head, decide(way_on(head, path)))
    failed = head.get(path).text
    assert "You were signed in to X as" in failed and "this is the connection of @elmroad" in failed
    again = re.search(r'href="(/accounts/connect/x\?again=[^"]+)"', failed)
    assert again
    form = head.get(unescape(again[1])).text
    for value in ("elmroad", "office@larkfield.test", "We have it"):
        assert f'value="{value}"' in form, value


def test_p8_the_headteacher_takes_over_what_the_school_had_with_a_reason(
    head: Browser, practice: PracticePlatforms, app: object
) -> None:
    adopt_practice_accounts(practice, now=now())
    with transaction() as other:
        for one in accounts.everything(other):
            one.platform_id = f"{one.platform}-1"
            one.handle = "former"
    page = "/accounts/connect/instagram"
    fields = {"handle": "larkfieldprimary", "email": "office@larkfield.test"}
    refused = head.post(page, page, **fields, why="")
    assert refused.status_code == 400 and 'id="why-error"' in refused.text
    path = head.post(page, page, **fields, why="Ms Hart made it in 2021.").headers["Location"]
    work()
    comes_back(head, decide(way_on(head, path)))
    made = newest()
    assert made.state is ConnectionState.DONE, made.problem
    assert "Ms Hart made it in 2021." in head.get(f"/accounts/{made.account_id}").text
    # A Page that isn't the one meant.
    page = "/accounts/connect/facebook"
    path = head.post(page, page, **{**fields, "handle": "Elm Road"}, why="We had it").headers["Location"]
    work()
    comes_back(head, decide(way_on(head, path)))
    assert "showed Schoolgate “Larkfield Primary School”, and not the Page “Elm Road”" in head.get(path).text


def test_p8_whoever_lost_the_role_or_whose_account_was_closed_meanwhile_connects_nothing(
    head: Browser, signed_in: Callable[[Role], Browser], x: Account, school_people: People
) -> None:
    manager = signed_in(Role.NETWORK_MANAGER)
    path = begun(manager, x)
    manager.get(decide(way_on(manager, path)))
    with transaction() as session:
        by = people.get(session, school_people[Role.HEADTEACHER].id)
        person = people.get(session, school_people[Role.NETWORK_MANAGER].id)
        people.withdraw_role(session, person, Role.NETWORK_MANAGER, by=by, reason="Left", now=now())
    work()
    assert newest().state is ConnectionState.FAILED and "may not do this" in (newest().problem or "")
    path = begun(head, x)
    head.get(decide(way_on(head, path)))
    with transaction() as session:
        by, account = people.get(session, school_people[Role.HEADTEACHER].id), accounts.get(session, x.id)
        closing.close(session, account, reason="Over", data_fate=DataFate.KEEP, by=by, now=now())
    work()
    assert newest().state is ConnectionState.FAILED and "was closed" in (newest().problem or "")
    with reading() as session:
        assert accounts.credentials_of(accounts.get(session, x.id)) == {}


def test_p11_the_apps_keys_are_entered_once_and_never_shown_again(
    head: Browser, signed_in: Callable[[Role], Browser], x: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager, page = signed_in(Role.NETWORK_MANAGER), "/accounts/apps"
    assert "/accounts/connected/facebook</code>" in manager.get(page).text
    assert signed_in(Role.SLT).get(page).status_code == 404
    secret = "s3cret-of-the-schools-app"
    wrong = manager.post("/accounts/apps/meta", page, **{"key-meta": "not a number", "secret-meta": secret})
    assert wrong.status_code == 400 and "digits only" in wrong.text and secret not in wrong.text
    manager.post("/accounts/apps/x", page, **{"key-x": "schools-own-key", "secret-x": secret})
    shown = manager.get(page).text
    assert "schools-own-key" in shown and "Gareth Pugh" in shown and secret not in shown
    with reading() as session:
        stored = session.scalars(sa.select(AppKeys.secret)).all()
        assert not [one for one in stored if secret.encode() in one]
        assert secret not in str([entry.detail for entry in session.scalars(sa.select(AuditEntry))])


def test_without_the_apps_keys_the_page_says_who_enters_them(
    head: Browser, make_account: Callable[..., Account]
) -> None:
    account = make_account("x")
    answer = head.post(f"/accounts/{account.id}/connect", f"/accounts/{account.id}")
    assert answer.status_code == 400 and "The network manager does that once" in answer.text
    assert "Schoolgate is not known to X yet" in head.get("/accounts/connect/x").text
