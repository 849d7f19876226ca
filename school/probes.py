"""The daily look at each account's credentials: when it is due, what it found, and telling people of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import mail, people
from school.models import Account, AccountProbe, AccountState, Role

EVERY = timedelta(hours=24)
AGAIN_AFTER = timedelta(hours=1)
"""Where the platform gave no answer."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the platform said of the credentials."""

    kind: str
    owner: str
    permissions: Sequence[str] | None
    expires_at: datetime | None
    data_access_expires_at: datetime | None
    warnings: Sequence[str]


def due(session: Session, *, now: datetime) -> list[UUID]:
    """The accounts in use whose credentials should be looked at now."""
    query = (
        sa.select(Account.id)
        .outerjoin(AccountProbe, AccountProbe.account_id == Account.id)
        .where(
            Account.state == AccountState.ACTIVE,
            sa.or_(AccountProbe.account_id.is_(None), AccountProbe.next_at <= now),
            sa.or_(AccountProbe.lease_until.is_(None), AccountProbe.lease_until <= now),
        )
        .order_by(Account.adopted_at)
    )
    return list(session.scalars(query))


def claim(session: Session, account_id: UUID, *, lease: timedelta, now: datetime) -> datetime | None:
    """Take an account for one look; the lease's end, which `record` wants. None when another has it."""
    # The account's row keeps two from making the probe's first row at once.
    session.get_one(Account, account_id, with_for_update={"key_share": True})
    row = session.get(AccountProbe, account_id, populate_existing=True)
    if row is None:
        row = AccountProbe(
            account_id=account_id,
            next_at=now,
            kind="",
            owner="",
            permissions=[],
            permissions_known=False,
            warnings=[],
            told=[],
        )
        session.add(row)
    if row.next_at > now or (row.lease_until is not None and row.lease_until > now):
        return None
    row.lease_until = now + lease
    return row.lease_until


def record(
    session: Session,
    account: Account,
    lease_until: datetime,
    found: Found | None,
    *,
    problem: str = "",
    url: str,
    now: datetime,
) -> bool:
    """Keep what a look found (None: no answer, for which `problem` says why); False when the lease was lost.

    Headteacher and network manager are told by mail of each warning once, before anything fails.
    """
    row = session.get(AccountProbe, account.id, with_for_update=True, populate_existing=True)
    if row is None or row.lease_until != lease_until:
        return False
    row.lease_until = None
    if found is None:
        row.problem, row.next_at = problem, now + AGAIN_AFTER
        return True
    row.problem, row.probed_at, row.next_at = None, now, now + EVERY
    row.kind, row.owner = found.kind, found.owner
    row.permissions = sorted(found.permissions or ())
    row.permissions_known = found.permissions is not None
    row.expires_at, row.data_access_expires_at = found.expires_at, found.data_access_expires_at
    row.warnings = list(found.warnings)
    fresh = [warning for warning in found.warnings if warning not in row.told]
    row.told = list(found.warnings)
    if fresh:
        name = f"{account.platform.capitalize()} @{account.handle}"
        for person in people.holders(session, Role.HEADTEACHER, Role.NETWORK_MANAGER):
            mail.queue_plain(
                session,
                to=person,
                subject=f"{name}: its connection needs attention",
                lines=[f"Something about the connection to {name} will stop work if nobody acts.", *fresh],
                link=f"{url}/accounts",
                purpose="account_warning",
                now=now,
            )
    return True


def look_soon(session: Session, account_id: UUID, *, now: datetime) -> None:
    """Have the credentials looked at again now: they have just been renewed, or somebody asks."""
    session.execute(
        sa.update(AccountProbe)
        .where(AccountProbe.account_id == account_id)
        .values(next_at=now, lease_until=None, warnings=[], problem=None)
    )


def of(session: Session, account_id: UUID) -> AccountProbe | None:
    """What the last look found; None before the first."""
    return session.get(AccountProbe, account_id)
