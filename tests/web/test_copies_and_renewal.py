"""What shared computers keep, and how a trainee revives a practice account."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from connectors.base import Platform
from connectors.practice.servers import PracticePlatforms
from school import accounts, db
from school.models import Account, AccountState, Role
from tests.web.conftest import Browser

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.mark.parametrize("path", ["/", "/moderation", "/log", "/drafts", "/people", "/me"])
def test_no_copy_of_a_page_is_kept(signed_in: Callable[[Role], Browser], path: str) -> None:
    assert signed_in(Role.HEADTEACHER).get(path).headers["Cache-Control"] == "no-store"


def test_the_sign_in_page_says_it_properly_and_style_may_be_kept(visitor: Browser) -> None:
    assert visitor.get("/sign-in").headers["Cache-Control"] == "no-store"
    assert "no-store" not in visitor.get("/static/schoolgate.css").headers["Cache-Control"]


def test_only_the_headteacher_connects_a_practice_account_again(
    session: Session,
    signed_in: Callable[[Role], Browser],
    make_account: Callable[..., Account],
    practice: PracticePlatforms,
) -> None:
    account = make_account("x", identity_id=practice.world.school(Platform.X).id)
    accounts.mark_dead(session, account, "The access has ended.", now=db.now())
    session.commit()
    address = f"/accounts/{account.id}/renew"
    assert signed_in(Role.SLT).post(address, "/accounts").status_code == 403
    assert signed_in(Role.HEADTEACHER).post(address, "/accounts").status_code == 302
    session.expire_all()
    assert account.state is AccountState.ACTIVE
    assert accounts.credentials_of(account) == practice.credentials(Platform.X)
