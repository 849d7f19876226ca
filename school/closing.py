"""The end of an account: its secrets are wiped, nobody writes for it, the page there is a task (P8, P11)."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import people, register, secrets
from school.errors import BadInput, MoveNotAllowed, NotFound, NotPermitted
from school.models.accounts import Account, AccountProbe, AccountState
from school.models.people import Authorisation, Person, Role
from school.models.register import AccountClosure, AccountOwner, DataFate

FATE_WORDS = {
    DataFate.KEEP: "kept for freedom of information requests",
    DataFate.RETENTION: "erased as each record's retention period ends",
}


def close(
    session: Session, account: Account, *, reason: str, data_fate: DataFate, by: Person, now: datetime
) -> AccountClosure:
    """Close an account for good, signed by the headteacher: nothing is read or published there any more.

    Its credentials are wiped, every leave to write for it and every administrator's part ends. What
    was scheduled, and what else waits, is the callers' to stop in the same transaction. Raises
    NotPermitted, BadInput without a reason, MoveNotAllowed where it is closed already.
    """
    _headteacher(by)
    why = people.reason_text(reason)
    session.refresh(account, ["state"], with_for_update=True)
    if account.state is AccountState.CLOSED:
        raise MoveNotAllowed("This account is closed already.")
    account.state, account.problem, account.problem_since = AccountState.CLOSED, None, None
    account.next_poll_at = account.pace_note = account.poll_lease_until = None
    account.credentials = secrets.encrypt(json.dumps({}).encode())
    probe = session.get(AccountProbe, account.id)
    if probe is not None:
        session.delete(probe)
    for leave in session.scalars(
        sa.select(Authorisation).where(
            Authorisation.account_id == account.id, Authorisation.withdrawn_at.is_(None)
        )
    ):
        leave.withdrawn_at, leave.withdrawn_by_id = now, by.id
        leave.withdrawn_reason = "The account was closed."
    for owner in session.scalars(
        sa.select(AccountOwner).where(AccountOwner.account_id == account.id, AccountOwner.ended_at.is_(None))
    ):
        owner.ended_at, owner.ended_by_id, owner.ended_reason = now, by.id, "The account was closed."
    made = AccountClosure(
        account_id=account.id, reason=why, data_fate=data_fate, closed_at=now, closed_by_id=by.id
    )
    session.add(made)
    register.trail(session, "account_closed", account, by=by, now=now, reason=why, data=data_fate.value)
    return made


def of(session: Session, account_id: UUID) -> AccountClosure | None:
    """The account's last closing; None where it never was closed."""
    query = sa.select(AccountClosure).where(AccountClosure.account_id == account_id)
    return session.scalar(query.order_by(AccountClosure.closed_at.desc(), AccountClosure.id.desc()).limit(1))


def closed_accounts(session: Session) -> list[tuple[Account, AccountClosure]]:
    """The closed accounts with their closings, the last closed first."""
    query = (
        sa.select(Account, AccountClosure)
        .join(AccountClosure, AccountClosure.account_id == Account.id)
        .where(Account.state == AccountState.CLOSED, AccountClosure.reopened_at.is_(None))
        .order_by(AccountClosure.closed_at.desc())
    )
    return [(account, closure) for account, closure in session.execute(query)]


def pages_to_delete(session: Session) -> list[Account]:
    """The closed accounts that nobody has said are deleted on the platform itself: a task by hand."""
    return [account for account, closure in closed_accounts(session) if closure.page_gone_at is None]


def note_page_gone(session: Session, account: Account, *, words: str, by: Person, now: datetime) -> None:
    """A person says that the closed account is deleted (or kept, and why) on the platform itself."""
    closure = _open_closure(session, account)
    if closure.page_gone_at is not None:
        raise MoveNotAllowed("Somebody ticked this off already.")
    said = people.reason_text(words, field="words")
    closure.page_gone_at, closure.page_gone_by_id, closure.page_gone_words = now, by.id, said
    register.trail(session, "account_page_gone", account, by=by, now=now, words=said)


def reopen(session: Session, account: Account, *, reason: str, by: Person, now: datetime) -> None:
    """Take a closing back, in the open: the account must be connected anew, and people authorised anew."""
    _headteacher(by)
    why = people.reason_text(reason)
    closure = _open_closure(session, account)
    closure.reopened_at, closure.reopened_by_id, closure.reopened_reason = now, by.id, why
    account.state = AccountState.NEEDS_CONNECTING
    account.problem = "It was closed and opened again: connect it again."
    account.problem_since = now
    register.trail(session, "account_reopened", account, by=by, now=now, reason=why)


def refuse_closed(session: Session, account: Account) -> None:
    """Raise BadInput for a closed account: nothing revives it silently."""
    if account.state is AccountState.CLOSED:
        raise BadInput(
            f"@{account.handle} was closed. The headteacher must open it again on its page, with a reason, "
            "before it can be connected.",
            field="handle",
        )


def _open_closure(session: Session, account: Account) -> AccountClosure:
    session.refresh(account, ["state"], with_for_update=True)
    found = of(session, account.id)
    if account.state is not AccountState.CLOSED or found is None:
        raise NotFound("This account is not closed.")
    return found


def _headteacher(by: Person) -> None:
    if Role.HEADTEACHER not in by.roles:
        raise NotPermitted("Only the headteacher closes an account or opens it again.")
