"""Connecting an account through the platform's own consent page: one row a try, its moves and its answers.

Nobody sees a token: what the platform sends is encrypted as it arrives and exchanged by a worker. The
answer counts once, only for the browser session and the person that began, and for a quarter of an hour.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import accounts, app_keys, audit, closing, people, register, secrets
from school.errors import BadInput, LinkExpired, MoveNotAllowed, NotFound, NotPermitted
from school.models.accounts import Account
from school.models.connections import AccountConnection, ConnectionState
from school.models.people import Person, Role
from school.models.school import School
from school.permissions import Action, require

S = ConnectionState

LIFETIME = timedelta(minutes=15)
AGAIN_AFTER = timedelta(seconds=5)
AGAIN = "Press Connect again."

MOVES: Mapping[ConnectionState, frozenset[ConnectionState]] = {
    S.ASKED: frozenset({S.READY, S.FAILED, S.CANCELLED}),
    S.READY: frozenset({S.RETURNED, S.FAILED, S.CANCELLED}),
    S.RETURNED: frozenset({S.DONE, S.FAILED, S.CANCELLED}),
    S.DONE: frozenset(),
    S.CANCELLED: frozenset(),
    S.FAILED: frozenset(),
}
OPEN = (S.ASKED, S.READY, S.RETURNED)


@dataclass(frozen=True, slots=True)
class Work:
    """One step that this worker alone may do until its lease ends."""

    id: UUID
    lease_until: datetime
    platform: str
    state: ConnectionState
    practice: bool
    account_id: UUID | None
    platform_id: str
    """The id that the registered account has on the platform; empty for a new one."""
    handle: str
    app: app_keys.App
    values: Mapping[str, str] = field(repr=False)
    """What earlier steps kept: secrets, and the platform's answer."""


def start(
    session: Session,
    *,
    platform: str,
    account: Account | None,
    form_id: UUID | None = None,
    why: str = "",
    handle: str = "",
    school_email: str = "",
    browser: str,
    by: Person,
    now: datetime,
) -> AccountConnection:
    """Begin to connect an account again, or a new one by its signed form, or one that the school had.

    `browser`: the secret of the browser session. Raises what `school.register.signed_form` raises;
    NotPermitted unless the headteacher takes over an account without a form (P8); BadInput for an
    address that isn't the school's, for a closed account, and where the app's keys are missing.
    """
    require(by, Action.CONNECT_ACCOUNTS)
    school = session.scalars(sa.select(School)).one()
    if account is not None:
        closing.refuse_closed(session, account)
        handle, school_email = account.handle, account.school_email
    else:
        handle = handle.strip().removeprefix("@")
        if not handle:
            raise BadInput(
                "The name is empty: write the account's name on the platform, so that no other is connected.",
                field="handle",
            )
        if len(handle) > people.NAME_LENGTH_MAX:
            raise BadInput("The name is too long: it is the account's name on the platform.", field="handle")
        _refuse_known(session, platform, handle)
        school_email = accounts.official_address(session, school_email, practice=school.practice)
        if form_id is not None:
            register.signed_form(session, form_id)
        elif Role.HEADTEACHER not in by.roles:
            raise NotPermitted(
                "Only the headteacher takes over an account that the school had already. A new one "
                "needs the form, signed by both."
            )
        else:
            why = people.reason_text(why, field="why")
    family = app_keys.family_of(platform)
    if app_keys.of(session, family) is None:
        raise BadInput(
            f"The school's app at {app_keys.NAMES[family]} is not entered yet. The network manager does that "
            "once, under “The school’s apps”.",
            field="app",
        )
    for earlier in session.scalars(
        sa.select(AccountConnection).where(
            AccountConnection.state.in_(OPEN),
            AccountConnection.platform == platform,
            AccountConnection.account_id == account.id
            if account is not None
            else AccountConnection.asked_by_id == by.id,
        )
    ):
        _move(session, earlier, S.CANCELLED, by=by, problem="A newer try was begun.", now=now)
    made = AccountConnection(
        platform=platform,
        account_id=account.id if account is not None else None,
        form_id=form_id,
        why=why,
        handle=handle,
        school_email=school_email,
        state=S.ASKED,
        asked_at=now,
        asked_by_id=by.id,
        expires_at=now + LIFETIME,
        session_hash=secrets.token_hash(browser),
        next_try_at=now,
        notes=[],
    )
    session.add(made)
    # The trail names it by id.
    session.flush()
    _trail(session, made, by=by, now=now)
    return made


def _refuse_known(session: Session, platform: str, handle: str) -> None:
    """Raise BadInput for the name of an account that is here: it is connected again, not anew."""
    for account in session.scalars(sa.select(Account).where(Account.platform == platform)):
        if account.handle.casefold() == handle.casefold():
            closing.refuse_closed(session, account)
            raise BadInput(
                f"@{account.handle} is here already. Press “Connect @{account.handle} again” above: that "
                "needs no form.",
                field="handle",
            )


def get(session: Session, connection_id: UUID) -> AccountConnection:
    """One try, or NotFound."""
    found = session.get(AccountConnection, connection_id)
    if found is None:
        raise NotFound("There is no such connection.")
    return found


def address(session: Session, connection: AccountConnection, *, by: Person, browser: str) -> str:
    """Where the person that began it goes on, on the platform's own page; empty for everybody else."""
    if connection.state is not S.READY or not _same_browser(connection, by, browser):
        return ""
    return _values(session, connection).get("address", "")


# What the worker does


def due(session: Session, *, now: datetime) -> list[UUID]:
    """The tries that a worker has something to do for."""
    query = (
        sa.select(AccountConnection.id)
        .where(
            AccountConnection.state.in_((S.ASKED, S.RETURNED)),
            AccountConnection.next_try_at <= now,
            sa.or_(AccountConnection.lease_until.is_(None), AccountConnection.lease_until <= now),
        )
        .order_by(AccountConnection.next_try_at)
        .limit(20)
    )
    return list(session.scalars(query))


def too_old(session: Session, *, now: datetime) -> list[UUID]:
    """The tries whose quarter of an hour is over, a worker's own step apart."""
    query = sa.select(AccountConnection.id).where(
        AccountConnection.state.in_(OPEN),
        AccountConnection.expires_at <= now,
        sa.or_(AccountConnection.lease_until.is_(None), AccountConnection.lease_until <= now),
    )
    return list(session.scalars(query))


def expire(session: Session, connection_id: UUID, *, now: datetime) -> None:
    """End a try whose time is over; its secrets go."""
    found = session.get_one(AccountConnection, connection_id, with_for_update=True, populate_existing=True)
    if found.state in OPEN and found.expires_at <= now:
        waited = f" {found.problem}" if found.problem else ""
        _move(
            session,
            found,
            S.FAILED,
            by=None,
            problem=f"It was not finished within a quarter of an hour.{waited} {AGAIN}",
            now=now,
        )


def claim(session: Session, connection_id: UUID, *, lease: timedelta, now: datetime) -> Work | None:
    """Take the next step of a try; commit before doing it. None: nothing to do, or another has it.

    Raises school.secrets.KeyMissing.
    """
    until = now + lease
    taken = session.execute(
        sa.update(AccountConnection)
        .where(
            AccountConnection.id == connection_id,
            AccountConnection.state.in_((S.ASKED, S.RETURNED)),
            AccountConnection.next_try_at <= now,
            AccountConnection.expires_at > now,
            sa.or_(AccountConnection.lease_until.is_(None), AccountConnection.lease_until <= now),
        )
        .values(lease_until=until)
        .returning(AccountConnection.id)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None:
        return None
    found = session.get_one(AccountConnection, connection_id, populate_existing=True)
    app = app_keys.of(session, app_keys.family_of(found.platform))
    if app is None:
        _move(session, found, S.FAILED, by=None, problem="The app's keys were taken away.", now=now)
        return None
    account = accounts.get(session, found.account_id) if found.account_id is not None else None
    return Work(
        id=found.id,
        lease_until=until,
        platform=found.platform,
        state=found.state,
        practice=session.scalars(sa.select(School.practice)).one(),
        account_id=found.account_id,
        platform_id=account.platform_id if account is not None else "",
        handle=found.handle,
        app=app,
        values=_values(session, found),
    )


def ready(
    session: Session, work: Work, *, address: str, token: str, values: Mapping[str, str], now: datetime
) -> None:
    """The platform's page can be opened: `token` comes back with its answer, `values` are kept for then."""
    found = _held(session, work)
    if found is None:
        return
    found.state_hash = secrets.token_hash(token)
    found.sealed = _sealed({**values, "address": address})
    _move(session, found, S.READY, by=None, problem=None, now=now)


def later(session: Session, work: Work, problem: str, *, now: datetime) -> None:
    """The platform could not be used: the step is tried again while there is time."""
    found = _held(session, work)
    if found is not None:
        found.problem, found.next_try_at, found.lease_until = problem, now + AGAIN_AFTER, None


def fail(session: Session, work: Work, problem: str, *, now: datetime) -> None:
    """It can't be done; what was connected before stays as it is."""
    found = _held(session, work)
    if found is not None:
        _move(session, found, S.FAILED, by=None, problem=problem, now=now)


def finish(
    session: Session,
    work: Work,
    there: accounts.Found,
    *,
    credentials: Mapping[str, str],
    notes: Sequence[str],
    now: datetime,
) -> Account | None:
    """Keep the account's keys, encrypted, and let everything that waited go on; None: the lease was lost.

    All that `start` asked for is asked again: the signed form, the role, the account not closed.
    """
    found = _held(session, work)
    if found is None:
        return None
    by = people.get(session, found.asked_by_id)
    if found.account_id is not None:
        account = accounts.get(session, found.account_id)
        accounts.reconnect(session, account, there, credentials=credentials, by=by, now=now)
    elif found.form_id is not None:
        account = accounts.connect_new(
            session,
            there,
            found.form_id,
            school_email=found.school_email,
            credentials=credentials,
            by=by,
            practice=work.practice,
            now=now,
        )
    else:
        account = accounts.adopt(
            session,
            platform=there.platform,
            identity_id=there.identity_id,
            handle=there.handle,
            display_name=there.display_name,
            url=there.url,
            school_email=found.school_email,
            credentials=credentials,
            adopted_by=by,
            practice=work.practice,
            reason=found.why,
            now=now,
        )
    found.account_id, found.notes = account.id, list(notes)
    _move(session, found, S.DONE, by=by, problem=None, now=now)
    return account


# What the platform sends back through the browser


def returned(
    session: Session, token: str, *, answer: Mapping[str, str], by: Person, browser: str, now: datetime
) -> AccountConnection:
    """The person said yes on the platform's page: keep its answer, encrypted, for a worker to exchange.

    Raises BadInput for a value that nobody here was given, LinkExpired for one that was used or is too
    old, NotPermitted for another person or another browser; the try itself then stays as it is.
    """
    found = _answered(session, token, by=by, browser=browser, now=now)
    found.sealed = _sealed({**_values(session, found), **answer})
    found.next_try_at = now
    _move(session, found, S.RETURNED, by=by, problem=None, now=now)
    return found


def declined(
    session: Session, token: str, *, problem: str, by: Person, browser: str, now: datetime
) -> AccountConnection:
    """The person said no there, or the platform sent them back with an error. Raises as `returned` does."""
    found = _answered(session, token, by=by, browser=browser, now=now)
    _move(session, found, S.CANCELLED, by=by, problem=problem, now=now)
    return found


def _answered(session: Session, token: str, *, by: Person, browser: str, now: datetime) -> AccountConnection:
    found = session.scalar(
        sa.select(AccountConnection)
        .where(AccountConnection.state_hash == secrets.token_hash(token))
        .with_for_update()
    )
    if not token or found is None:
        raise BadInput(
            "This answer belongs to no connection that was begun here, so nothing was done with it. If you "
            "are connecting an account, press Connect again on its page."
        )
    if not _same_browser(found, by, browser):
        raise NotPermitted(
            "This connection was begun by somebody else or in another browser, so nothing was done with the "
            "answer. Press Connect again on the account's page, and stay in one browser."
        )
    if found.state is not S.READY:
        raise LinkExpired("This answer was used already, and counts once. Look at the account's page.")
    if found.expires_at <= now:
        raise LinkExpired(f"The answer came after more than a quarter of an hour. {AGAIN}")
    return found


def _same_browser(connection: AccountConnection, by: Person, browser: str) -> bool:
    same = hmac.compare_digest(connection.session_hash, secrets.token_hash(browser))
    return bool(browser) and same and connection.asked_by_id == by.id


# The rows themselves


def _held(session: Session, work: Work) -> AccountConnection | None:
    found = session.get_one(AccountConnection, work.id, with_for_update=True, populate_existing=True)
    return found if found.lease_until == work.lease_until and found.state is work.state else None


def _values(session: Session, connection: AccountConnection) -> dict[str, str]:
    sealed = session.scalar(sa.select(AccountConnection.sealed).where(AccountConnection.id == connection.id))
    values: dict[str, str] = json.loads(secrets.decrypt(sealed)) if sealed else {}
    return values


def _sealed(values: Mapping[str, str]) -> bytes:
    return secrets.encrypt(json.dumps(dict(values)).encode())


def _move(
    session: Session,
    connection: AccountConnection,
    to: ConnectionState,
    *,
    by: Person | None,
    problem: str | None,
    now: datetime,
) -> None:
    if to not in MOVES[connection.state]:
        raise MoveNotAllowed(f"This connection is {connection.state} and can't become {to}.")
    connection.state, connection.problem, connection.lease_until = to, problem, None
    if to not in OPEN:
        connection.sealed, connection.finished_at = None, now
    _trail(session, connection, by=by, now=now)


def _trail(session: Session, connection: AccountConnection, *, by: Person | None, now: datetime) -> None:
    audit.record(
        session,
        by=by,
        action=f"connection_{connection.state.value}",
        object_kind="connection",
        object_id=connection.id,
        detail={
            "platform": connection.platform,
            "account": str(connection.account_id) if connection.account_id else None,
            "problem": connection.problem,
        },
        now=now,
    )
