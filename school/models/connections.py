"""Connecting an account in the browser: each try is a row, and so are the app's own keys (P8, P11)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import SEALED, Base, new_id


class ConnectionState(StrEnum):
    """How far a try to connect an account has come."""

    ASKED = "asked"
    """A worker prepares the address of the platform's own page."""
    READY = "ready"
    """The person may go there, once."""
    RETURNED = "returned"
    """The person said yes there; a worker exchanges the answer for the account's keys."""
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class AccountConnection(Base):
    """One try to connect an account through the platform's own consent page."""

    __tablename__ = "account_connections"
    __table_args__ = (sa.Index(None, "state", "next_try_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    platform: Mapped[str] = mapped_column(sa.String(20))
    account_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    """The account to connect again; for a new one, set once it is connected."""
    form_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("form_entries.id"))
    """The signed form that a new account rests on; None for one that the school had already."""
    why: Mapped[str]
    handle: Mapped[str]
    """The name that the account must have there."""
    school_email: Mapped[str]
    state: Mapped[ConnectionState]
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    expires_at: Mapped[datetime]
    session_hash: Mapped[str] = mapped_column(sa.String(64))
    """SHA-256 of the secret in the browser session that began it: no other may bring the answer."""
    state_hash: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    """SHA-256 of the one-time value that the platform sends back with the answer."""
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True, info=SEALED)
    """JSON encrypted by `school.secrets`: the address to go to, secrets, the answer; None once it is over."""
    next_try_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    problem: Mapped[str | None]
    """What went wrong and what to do, or what is being waited for, in a sentence."""
    notes: Mapped[list[str]]
    """What will not work although it is connected."""
    finished_at: Mapped[datetime | None]


class AppKeys(Base):
    """The key and secret of the school's own app at X or at Meta, entered once and never shown again."""

    __tablename__ = "app_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    family: Mapped[str] = mapped_column(sa.String(20), unique=True)
    """"x" or "meta"."""
    key: Mapped[str]
    """X's API key or Meta's app id; no secret by itself."""
    secret: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True, info=SEALED)
    set_at: Mapped[datetime]
    set_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    """None: a practice school's, by itself."""
