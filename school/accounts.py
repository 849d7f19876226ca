"""The school's accounts: taking them over, their secrets, their health and their cost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from html import escape
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit, closing, mail, people, probes, register, secrets
from school.db import insert_if_missing, new_id
from school.errors import BadInput, NotFound, NotPermitted
from school.models.accounts import Account, AccountState, CallLedger
from school.models.forms import FormEntry
from school.models.people import Person, Role
from school.models.school import School
from school.people import email_address
from school.permissions import Action, require
from school.times import LONDON

HAD_ALREADY = "The school had this account already."
_BUDGET_MAX = 100_000


@dataclass(frozen=True, slots=True)
class LedgerItem:
    """One request to a platform, as the ledger wants it."""

    operation: str
    ok: bool
    items: int
    cost_micro_usd: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """An account as its platform describes it."""

    platform: str
    identity_id: str
    handle: str
    display_name: str
    url: str


def adopt(
    session: Session,
    *,
    platform: str,
    identity_id: str,
    handle: str,
    display_name: str,
    url: str,
    school_email: str,
    credentials: Mapping[str, str],
    adopted_by: Person,
    practice: bool,
    reason: str = HAD_ALREADY,
    now: datetime,
) -> Account:
    """Take over an account that the school already has; its credentials are encrypted at once.

    The same account adopted again gets the new credentials and goes on where it stopped. Raises
    NotPermitted unless the headteacher does it (P8), and BadInput for an address that isn't the
    school's (P9), for an account whose kind (practice or real) doesn't fit the school, and for one
    that was closed.
    """
    if Role.HEADTEACHER not in adopted_by.roles:
        raise NotPermitted(
            f"{adopted_by.email} is not a headteacher: only the headteacher takes over accounts."
        )
    address = official_address(session, school_email, practice=practice)
    found = Found(platform, identity_id, handle, display_name, url)
    why = people.reason_text(reason)
    return _take(session, found, address, credentials, None, why, by=adopted_by, practice=practice, now=now)


def connect_new(
    session: Session,
    found: Found,
    form_id: UUID,
    *,
    school_email: str,
    credentials: Mapping[str, str],
    by: Person,
    practice: bool,
    now: datetime,
) -> Account:
    """Connect a new account by its creation form, which both must have signed (P8).

    Raises as `adopt` and `school.register.signed_form` do, and BadInput for an account that is
    connected here already.
    """
    require(by, Action.CONNECT_ACCOUNTS)
    form = register.signed_form(session, form_id)
    address = official_address(session, school_email, practice=practice)
    known = session.scalar(
        sa.select(Account.id).where(
            Account.platform == found.platform, Account.platform_id == found.identity_id
        )
    )
    if known is not None:
        raise BadInput(
            f"@{found.handle} is here already: it is no new account. Connect it again on its own page.",
            field="handle",
        )
    why = "The form for it was signed by both."
    return _take(session, found, address, credentials, form, why, by=by, practice=practice, now=now)


def reconnect(
    session: Session,
    account: Account,
    found: Found,
    *,
    credentials: Mapping[str, str],
    by: Person,
    now: datetime,
) -> Account:
    """Give an account new credentials, so that it goes on where it stopped.

    Raises BadInput where they are another account's, or the account was closed.
    """
    require(by, Action.CONNECT_ACCOUNTS)
    if (account.platform, account.platform_id) != (found.platform, found.identity_id):
        raise BadInput(
            f"This is the account with the id {found.identity_id}, not the one with the id "
            f"{account.platform_id} that is registered here.",
            field="credentials",
        )
    return _renew(session, account, found, account.school_email, credentials, by=by, now=now)


def official_address(session: Session, school_email: str, *, practice: bool) -> str:
    """The school's own address that an account is tied to (P9). Raises BadInput."""
    school = session.scalar(sa.select(School))
    if school is None:
        raise BadInput("There is no school yet: run `schoolgate setup` first.", field="school")
    if school.practice != practice:
        raise BadInput(
            "This is a practice school, which has practice accounts only: run `schoolgate setup` with "
            "another SCHOOLGATE_HOME for the real school."
            if school.practice
            else "This is a real school: a practice account can't be added to it.",
            field="platform",
        )
    address = email_address(school_email)
    if address.rpartition("@")[2] != school.domain:
        raise BadInput(
            f"“{address}” is not an address of the school: it must end in @{school.domain}.",
            field="email",
        )
    return address


def _take(
    session: Session,
    found: Found,
    address: str,
    credentials: Mapping[str, str],
    form: FormEntry | None,
    why: str,
    *,
    by: Person,
    practice: bool,
    now: datetime,
) -> Account:
    account = session.scalar(
        sa.select(Account)
        .where(Account.platform == found.platform, Account.platform_id == found.identity_id)
        .with_for_update()
    )
    if account is not None:
        return _renew(session, account, found, address, credentials, by=by, now=now)
    _refuse_another(session, found.platform, found.handle, found.identity_id)
    account = Account(
        platform=found.platform,
        platform_id=found.identity_id,
        handle=found.handle,
        display_name=found.display_name,
        url=found.url,
        school_email=address,
        practice=practice,
        credentials=_sealed(credentials),
        adopted_by_id=by.id,
        adopted_at=now,
        state=AccountState.ACTIVE,
        poll_failures=0,
    )
    session.add(account)
    # The trail and the register name the account by id.
    session.flush()
    _note(session, "account_adopted" if form is None else "account_connected", account, by=by, now=now)
    register.enter(session, account, form=form, why=why, by=by, now=now)
    return account


def _renew(
    session: Session,
    account: Account,
    found: Found,
    address: str,
    credentials: Mapping[str, str],
    *,
    by: Person,
    now: datetime,
) -> Account:
    closing.refuse_closed(session, account)
    account.handle, account.display_name, account.url = found.handle, found.display_name, found.url
    account.school_email, account.credentials = address, _sealed(credentials)
    account.state, account.problem, account.problem_since = AccountState.ACTIVE, None, None
    account.next_poll_at, account.poll_failures, account.pace_note = None, 0, None
    probes.look_soon(session, account.id, now=now)
    _note(session, "account_reconnected", account, by=by, now=now)
    return account


def _sealed(credentials: Mapping[str, str]) -> bytes:
    return secrets.encrypt(json.dumps(dict(credentials)).encode())


def _note(session: Session, action: str, account: Account, *, by: Person, now: datetime) -> None:
    detail = {"platform": account.platform, "platform_id": account.platform_id}
    register.trail(session, action, account, by=by, now=now, **detail)


def _refuse_another(session: Session, platform: str, handle: str, identity_id: str) -> None:
    """Refuse credentials of another account under a name that is connected already."""
    taken = session.scalar(
        sa.select(Account.platform_id).where(
            Account.platform == platform,
            sa.func.lower(Account.handle) == handle.lower(),
            Account.state != AccountState.CLOSED,
        )
    )
    if taken is not None:
        raise BadInput(
            f"@{handle} is connected here as the account with the id {taken}, and this key belongs "
            f"to another one, with the id {identity_id}: give the key of the account that is connected.",
            field="credentials",
        )


def credentials_of(account: Account) -> dict[str, str]:
    """The decrypted secrets of an account. Raises school.secrets.KeyMissing."""
    values: dict[str, str] = json.loads(secrets.decrypt(account.credentials))
    return values


def everything(session: Session) -> list[Account]:
    """All accounts that are not closed, by platform and handle."""
    query = (
        sa.select(Account)
        .where(Account.state != AccountState.CLOSED)
        .order_by(Account.platform, Account.handle)
    )
    return list(session.scalars(query))


def usable(session: Session) -> list[Account]:
    """The accounts that the product works with now."""
    return [account for account in everything(session) if account.state is AccountState.ACTIVE]


def get(session: Session, account_id: UUID) -> Account:
    """The account, or NotFound."""
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound("There is no such account.")
    return account


def mark_dead(session: Session, account: Account, problem: str, *, now: datetime) -> None:
    """Its credentials don't work any more: stop this account alone, and tell who can act by mail."""
    if account.state is AccountState.NEEDS_CONNECTING:
        return
    account.state, account.problem, account.problem_since = AccountState.NEEDS_CONNECTING, problem, now
    audit.record(
        session,
        by=None,
        action="account_credentials_dead",
        object_kind="account",
        object_id=account.id,
        detail={"problem": problem},
        now=now,
    )
    name = f"{account.platform.capitalize()} @{account.handle}"
    lines = [
        f"Nothing is read from {name} and nothing can be published there until it is connected again.",
        f"What the product was told: {problem}",
        "Everything that waits goes on by itself once it is connected: see Accounts.",
    ]
    for person in people.holders(session, Role.HEADTEACHER, Role.NETWORK_MANAGER):
        mail.queue(
            session,
            to=person,
            subject=f"{name} must be connected again",
            text="\n\n".join(lines),
            html="".join(f"<p>{escape(line)}</p>" for line in lines),
            purpose="account_dead",
            now=now,
        )


def set_paused(
    session: Session, account: Account, paused: bool, *, by: Person, reason: str, now: datetime
) -> None:
    """Stop using an account, or go on. One that needs connecting stays so."""
    if account.state not in {AccountState.ACTIVE, AccountState.PAUSED}:
        raise BadInput("This account must be connected again first.", field="account")
    account.state = AccountState.PAUSED if paused else AccountState.ACTIVE
    account.next_poll_at = account.pace_note = None
    audit.record(
        session,
        by=by,
        action="account_paused" if paused else "account_resumed",
        object_kind="account",
        object_id=account.id,
        detail={"reason": reason},
        now=now,
    )


def ask_to_read(session: Session, account: Account) -> None:
    """Have the account read at the next opportunity, whatever the hour, its limits and its budget say.

    Raises BadInput where it isn't in use.
    """
    if account.state is not AccountState.ACTIVE:
        raise BadInput("This account is not in use, so it can't be read.", field="")
    account.next_poll_at = None


def set_budget(session: Session, account: Account, amount: str, *, by: Person, now: datetime) -> None:
    """Say how many US dollars the account may cost in a month; empty: what the settings say.

    Reading goes on at once, should it have stopped. Raises BadInput.
    """
    text = amount.strip().removeprefix("$").strip()
    try:
        dollars = Decimal(text) if text else None
    except InvalidOperation:
        dollars = Decimal(-1)
    if dollars is not None and not (dollars.is_finite() and 0 <= dollars <= _BUDGET_MAX):
        raise BadInput(
            f"“{amount.strip()[:40]}” can't be a budget: write US dollars, from 0 to {_BUDGET_MAX:,}, such "
            "as 30 or 12.50.",
            field=f"budget-{account.id}",
        )
    account.monthly_budget_micro_usd = None if dollars is None else int(dollars * 1_000_000)
    account.next_poll_at = None
    audit.record(
        session,
        by=by,
        action="account_budget_set",
        object_kind="account",
        object_id=account.id,
        detail={"us_dollars_a_month": None if dollars is None else str(dollars)},
        now=now,
    )


def note_calls(session: Session, account: Account, calls: Sequence[LedgerItem], *, now: datetime) -> None:
    """Add requests to the ledger of this hour."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    sums: dict[str, tuple[int, int, int, int]] = {}
    for call in calls:
        count, failed, items, cost = sums.get(call.operation, (0, 0, 0, 0))
        sums[call.operation] = (
            count + 1,
            failed + (not call.ok),
            items + call.items,
            cost + call.cost_micro_usd,
        )
    # In one order everywhere, so that two workers can't wait for each other's rows.
    for operation, (count, failed, items, cost) in sorted(sums.items()):
        key = {"account_id": account.id, "hour": hour, "operation": operation}
        add = (
            sa.update(CallLedger)
            .filter_by(**key)
            .values(
                calls=CallLedger.calls + count,
                failures=CallLedger.failures + failed,
                items=CallLedger.items + items,
                cost_micro_usd=CallLedger.cost_micro_usd + cost,
            )
            .returning(CallLedger.id)
        )
        if session.execute(add).first() is None:
            # Another worker may begin the same hour of the same account at this moment.
            nothing = {"calls": 0, "failures": 0, "items": 0, "cost_micro_usd": 0}
            insert_if_missing(session, CallLedger, id=new_id(), **key, **nothing)
            session.execute(add)


def calls_this_month(session: Session, account_id: UUID, *, now: datetime) -> int:
    """How many requests were made for the account since the first of the month, school time."""
    start = now.astimezone(LONDON).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    count = session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(CallLedger.calls), 0)).where(
            CallLedger.account_id == account_id, CallLedger.hour >= start
        )
    )
    return int(count or 0)
