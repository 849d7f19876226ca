"""The school's accounts on the platforms, and the ledger of what was asked of them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import SEALED, Base, new_id


class AccountState(StrEnum):
    """Whether the product uses the account."""

    ACTIVE = "active"
    PAUSED = "paused"
    """A person stopped it."""
    NEEDS_CONNECTING = "needs_connecting"
    """Its credentials are dead: it stops alone, until somebody connects it anew."""
    CLOSED = "closed"


class Account(Base):
    """One account of the school on one platform."""

    __tablename__ = "accounts"
    __table_args__ = (sa.UniqueConstraint("platform", "platform_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    platform: Mapped[str] = mapped_column(sa.String(20))
    """A value of connectors.base.Platform."""
    handle: Mapped[str]
    display_name: Mapped[str]
    platform_id: Mapped[str] = mapped_column(sa.String(200))
    """The platform's own id of the account."""
    url: Mapped[str]
    school_email: Mapped[str]
    """The official address that it is tied to (P9)."""
    practice: Mapped[bool]
    state: Mapped[AccountState] = mapped_column(default=AccountState.ACTIVE)
    credentials: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True, info=SEALED)
    """JSON encrypted by `school.secrets`; never shown again (P11)."""
    adopted_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    adopted_at: Mapped[datetime]
    problem: Mapped[str | None]
    """What is wrong and what to do, in a sentence for a person; None when all is well."""
    problem_since: Mapped[datetime | None]
    last_polled_at: Mapped[datetime | None]
    """End of the last complete poll."""
    next_poll_at: Mapped[datetime | None]
    """None: as soon as possible."""
    poll_lease_until: Mapped[datetime | None]
    """While one worker polls, no other does."""
    poll_failures: Mapped[int] = mapped_column(default=0)
    """In a row."""
    pace_note: Mapped[str | None]
    """Why it is read more seldom than usual at the moment, in a sentence; None: it isn't."""
    monthly_budget_micro_usd: Mapped[int | None] = mapped_column(sa.BigInteger)
    """Millionths of a US dollar that it may cost a month; None: what the settings say."""


class AccountProbe(Base):
    """What the daily look at an account's credentials found: whose they are, what they allow, until when."""

    __tablename__ = "account_probes"

    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"), primary_key=True)
    next_at: Mapped[datetime] = mapped_column(index=True)
    lease_until: Mapped[datetime | None]
    probed_at: Mapped[datetime | None]
    """The last one that got answers."""
    kind: Mapped[str]
    """What kind of credentials they are, in the platform's words; empty where it doesn't say."""
    owner: Mapped[str]
    """Whose the platform says they are."""
    permissions: Mapped[list[str]]
    permissions_known: Mapped[bool]
    expires_at: Mapped[datetime | None]
    data_access_expires_at: Mapped[datetime | None]
    warnings: Mapped[list[str]]
    """What will fail and what to do about it, a sentence each."""
    told: Mapped[list[str]]
    """The warnings that people were told of by mail."""
    problem: Mapped[str | None]
    """Why the last one got no answers; None when it did."""


class CallLedger(Base):
    """What was asked of a platform for one account, summed by hour and operation, with its cost."""

    __tablename__ = "call_ledger"
    __table_args__ = (sa.UniqueConstraint("account_id", "hour", "operation"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    hour: Mapped[datetime]
    """Start of the hour, UTC."""
    operation: Mapped[str] = mapped_column(sa.String(60))
    calls: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    items: Mapped[int] = mapped_column(default=0)
    cost_micro_usd: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    """Millionths of a US dollar."""
