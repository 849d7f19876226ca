"""Taking over accounts: who, which address, and where the secrets go (P8, P9, P11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import accounts, db
from school.errors import BadInput, NotPermitted
from school.models import Account, AccountState, CallLedger, OutboxEmail, Person, Role

NOW = db.now()
People = dict[Role, Person]


def test_p11_the_credentials_are_not_readable_in_the_database(
    session: Session, make_account: Callable[..., Account]
) -> None:
    account = make_account("x")
    stored = session.scalar(sa.select(Account.credentials).where(Account.id == account.id))
    assert stored is not None
    assert b"secret-of-the-test" not in stored
    assert accounts.credentials_of(account) == {"access_token": "secret-of-the-test"}
    assert "secret-of-the-test" not in repr(account.__dict__)


@pytest.mark.parametrize("address", ["head@gmail.com", "head@sub.larkfield.test", "head@evil-larkfield.test"])
def test_p9_the_address_must_be_the_schools(make_account: Callable[..., Account], address: str) -> None:
    with pytest.raises(BadInput, match="must end in @") as error:
        make_account("x", school_email=address)
    assert error.value.field == "email"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.HEADTEACHER])
def test_p8_only_the_headteacher_takes_an_account_over(
    session: Session, school_people: People, role: Role
) -> None:
    with pytest.raises(NotPermitted, match="only the headteacher takes over"):
        accounts.adopt(
            session,
            platform="x",
            identity_id="1",
            handle="h",
            display_name="h",
            url="",
            school_email="office@larkfield.test",
            credentials={},
            adopted_by=school_people[role],
            practice=True,
            now=NOW,
        )


def test_a_real_account_does_not_enter_the_practice_school(make_account: Callable[..., Account]) -> None:
    with pytest.raises(BadInput, match="practice school"):
        make_account("x", practice=False)


def test_connecting_anew_revives_the_same_account(
    session: Session, make_account: Callable[..., Account]
) -> None:
    account = make_account("x", identity_id="77")
    accounts.mark_dead(session, account, "The token was revoked. Connect the account again.", now=NOW)
    session.commit()
    assert accounts.usable(session) == []
    addresses = sa.select(OutboxEmail.to_address).where(OutboxEmail.purpose == "account_dead")
    assert sorted(session.scalars(addresses)) == ["head@larkfield.test", "network@larkfield.test"]
    accounts.mark_dead(session, account, "Again.", now=NOW)
    assert session.scalar(sa.select(sa.func.count()).select_from(OutboxEmail)) == 2, "told once"
    again = make_account("x", identity_id="77", credentials={"access_token": "newer"})
    assert again.id == account.id
    assert again.state is AccountState.ACTIVE
    assert accounts.credentials_of(again) == {"access_token": "newer"}


def test_the_ledger_sums_by_hour_and_operation(
    session: Session, make_account: Callable[..., Account]
) -> None:
    account = make_account("x")
    for _ in range(2):
        accounts.note_calls(
            session,
            account,
            [
                accounts.LedgerItem("mentions", True, 40, 40_000),
                accounts.LedgerItem("mentions", False, 0),
                accounts.LedgerItem("publish", True, 1, 15_000),
            ],
            now=NOW,
        )
    session.commit()
    rows = {row.operation: row for row in session.scalars(sa.select(CallLedger))}
    assert (rows["mentions"].calls, rows["mentions"].failures, rows["mentions"].items) == (4, 2, 80)
    assert accounts.calls_this_month(session, account.id, now=NOW) == 6
    assert accounts.calls_this_month(session, account.id, now=NOW + timedelta(days=40)) == 0
