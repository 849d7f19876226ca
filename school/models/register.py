"""The register of accounts: on what each rests, who administers it, its reviews, its end (P8 to P10)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base, new_id


class RegisterEntry(Base):
    """What the school wrote down of one account. One without an entry is older than the register."""

    __tablename__ = "register_entries"

    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"), primary_key=True)
    form_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("form_entries.id"), unique=True)
    """The signed form that asked for it (P8); None: the school had the account already."""
    why: Mapped[str]
    """Why it was taken over or connected, in a person's words."""
    go_live_on: Mapped[date | None]
    """Nothing is published before this day. None: not live yet, where a form asked for the account; one
    that the school had already is live without."""
    review_on: Mapped[date | None]
    """When it is looked at next, whether it still serves its purpose."""
    recovery: Mapped[str] = mapped_column(default="")
    """How to get back in when an administrator is gone; never a password."""
    made_at: Mapped[datetime]
    made_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))


class AccountOwner(Base):
    """One administrator of an account: at least two are asked for (P8)."""

    __tablename__ = "account_owners"
    __table_args__ = (
        sa.Index(
            "uq_account_owners_in_force",
            "account_id",
            "person_id",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), index=True)
    named_at: Mapped[datetime]
    named_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    reason: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    ended_reason: Mapped[str | None]


class AccountReview(Base):
    """One look at an account: whether it serves its purpose, and what was found (P10). Only added to."""

    __tablename__ = "account_reviews"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    found: Mapped[str]
    next_on: Mapped[date]
    at: Mapped[datetime]
    by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))


class DataFate(StrEnum):
    """What becomes of a closed account's data."""

    KEEP = "keep"
    """Kept for freedom of information requests."""
    RETENTION = "retention"
    """Erased as each record's retention period ends."""


class AccountClosure(Base):
    """The end of an account, signed by the headteacher; and its reopening, if that came."""

    __tablename__ = "account_closures"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    reason: Mapped[str]
    data_fate: Mapped[DataFate]
    closed_at: Mapped[datetime]
    closed_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    page_gone_at: Mapped[datetime | None]
    """When somebody said that the account is deleted on the platform itself; until then it is a task."""
    page_gone_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    page_gone_words: Mapped[str | None]
    reopened_at: Mapped[datetime | None]
    reopened_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    reopened_reason: Mapped[str | None]
