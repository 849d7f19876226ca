"""The accounts page: states in words, pausing, and the button that stops all publishing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from school import accounts
from school.db import now, reading, transaction
from school.models import Account, AccountState, AuditEntry, Role
from school.setup import current_school
from tests.web.conftest import Browser

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
    assert "$1.23" in page and "schoolgate accounts adopt --platform facebook" in page
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
    assert state(account) is AccountState.PAUSED
    assert manager.post(f"/accounts/{account.id}/resume", "/accounts", reason="moved").status_code == 302
    assert state(account) is AccountState.ACTIVE


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
    assert teacher.post("/accounts/allow", "/me", stop_reason="please").status_code == 403
    assert deputy.post("/accounts/allow", "/accounts", stop_reason="it was nothing").status_code == 302
    with reading() as session:
        school = current_school(session)
        assert school is not None and school.publishing_stopped_at is None
        done = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq.desc()).limit(2)).all()
    assert list(done) == ["publishing_allowed", "publishing_stopped"]
    assert "All publishing is stopped" not in teacher.get("/").text
