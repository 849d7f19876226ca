"""An account's own page: administrators, days, reviews, closing and what is left to do (P8 to P11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from school import accounts, closing, people
from school.db import now, reading, transaction
from school.models import Account, AccountState, DataFate, Person, Role
from school.setup import PRACTICE_PIN
from school.times import say_date, today
from tests.web.conftest import Browser

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def text(browser: Browser, path: str) -> str:
    return " ".join(browser.get(path).text.split())


def test_p8_p10_the_headteacher_keeps_the_register_on_the_accounts_page(
    head: Browser, school_people: dict[Role, Person], make_account: Callable[..., Account]
) -> None:
    account = make_account("x", reason="It was Ms Hart’s.")
    page = f"/accounts/{account.id}"
    shown = text(head, page)
    assert "It was Ms Hart’s." in shown and "one administrator only" in shown
    deputy = school_people[Role.SLT]
    refused = head.post(f"{page}/owners", page, person=str(deputy.id), owner_reason="")
    assert refused.status_code == 400 and 'id="owner_reason-error"' in refused.text
    assert f'value="{deputy.id}" selected' in refused.text
    head.post(f"{page}/owners", page, person=str(deputy.id), owner_reason="Looks after it")
    head.post(f"{page}/purpose", page, purpose="News for parents", measures="Replies")
    assert "Still missing" not in text(head, page)
    day = today(now()) + timedelta(days=30)
    refused = head.post(f"{page}/days", page, go_live_on="", review_on="2020-01-01")
    assert refused.status_code == 400 and 'id="review_on-error"' in refused.text
    head.post(f"{page}/days", page, go_live_on=day.isoformat(), review_on=day.isoformat())
    assert f"goes live on {say_date(day)}: nothing is published before" in text(head, page)
    head.post(f"{page}/review", page, found="It is read.", next_on=day.isoformat())
    assert "It is read." in text(head, page)
    head.post(f"{page}/owners/{deputy.id}/end", page, reason="Too busy")
    assert "one administrator only" in text(head, page)


def test_p11_recovery_notes_are_for_those_who_connect_and_administer(
    head: Browser, signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    account = make_account("x")
    page, manager = f"/accounts/{account.id}", signed_in(Role.NETWORK_MANAGER)
    manager.post(f"{page}/recovery", page, recovery="The envelope lies in the office safe.")
    assert "office safe" in text(manager, page) and "office safe" in text(head, page)
    assert "office safe" not in text(signed_in(Role.SLT), page)


def test_p8_closing_needs_the_headteachers_pin_and_leaves_a_task(
    head: Browser, signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    account = make_account("x")
    page = f"/accounts/{account.id}"
    fields = {"close_reason": "Nobody reads it", "data_fate": "keep"}
    wrong = head.post(f"{page}/close", page, **fields, pin="9999")
    assert wrong.status_code == 400 and "The PIN is wrong" in wrong.text and "Nobody reads it" in wrong.text
    undecided = head.post(f"{page}/close", page, close_reason="Nobody reads it", pin=PRACTICE_PIN)
    assert undecided.status_code == 400 and 'id="data_fate-error"' in undecided.text
    with reading() as session:
        assert accounts.get(session, account.id).state is AccountState.ACTIVE
    assert signed_in(Role.SLT).post(f"{page}/close", page, **fields, pin=PRACTICE_PIN).status_code == 404
    assert head.post(f"{page}/close", page, **fields, pin=PRACTICE_PIN).status_code == 302
    shown = text(head, page)
    assert "Margaret Oyelaran, headteacher" in shown and "kept for freedom of information" in shown
    assert "Pause this account" not in shown and "closed account to delete on its platform" in text(head, "/")
    assert "to delete by hand" in text(head, "/accounts")
    # What a platform says of its own page may be anything.
    with transaction() as session:
        accounts.get(session, account.id).url = "javascript:alert(1)"
    assert 'href="javascript' not in head.get(page).text
    manager = signed_in(Role.NETWORK_MANAGER)
    manager.post(f"{page}/page-gone", page, words="Deleted under Settings")
    assert "to delete by hand" not in text(head, "/accounts")
    assert head.post(f"{page}/reopen", page, reason="").status_code == 400
    head.post(f"{page}/reopen", page, reason="Parents asked")
    with reading() as session:
        assert accounts.get(session, account.id).state is AccountState.NEEDS_CONNECTING
        found = closing.of(session, account.id)
        assert found is not None and found.data_fate is DataFate.KEEP and found.reopened_reason
    assert "Opened again" in text(head, page)


def test_p8_shutting_an_administrator_out_asks_for_the_successor(
    head: Browser, school_people: dict[Role, Person], make_account: Callable[..., Account]
) -> None:
    account, manager = make_account("x"), school_people[Role.NETWORK_MANAGER]
    register_page, page = f"/accounts/{account.id}", f"/people/{manager.id}"
    head.post(f"{register_page}/owners", register_page, person=str(manager.id), owner_reason="Knows it")
    fields = {"active": "no", "reason": "Left"}
    refused = head.post(f"{page}/active", page, **fields)
    assert refused.status_code == 400 and "say who takes it over" in refused.text
    with reading() as session:
        assert people.get(session, manager.id).active
    fields |= {f"successor-{account.id}": "nobody", "looked": "yes", "pin": PRACTICE_PIN}
    answer = head.post(f"{page}/active", page, **fields)
    assert answer.status_code == 302
    with reading() as session:
        assert not people.get(session, manager.id).active
    assert "Nobody took over @larkfieldprimary" in text(head, page)
    assert "one administrator only" in text(head, register_page)
