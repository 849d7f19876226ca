"""The audit trail: append-only, each entry chained to the one before by its hash."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base


class AuditEntry(Base):
    """One thing that was done, by whom and why. Never changed, never deleted."""

    __tablename__ = "audit_entries"
    __table_args__ = (sa.Index(None, "actor_id", "action"),)

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1, 2, 3 … without gaps."""
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    """None: the product itself, or a command."""
    action: Mapped[str] = mapped_column(sa.String(80))
    object_kind: Mapped[str] = mapped_column(sa.String(40))
    object_id: Mapped[str] = mapped_column(sa.String(64))
    detail: Mapped[dict[str, Any]]
    previous_hash: Mapped[str] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64), unique=True)


class ChainAnchor(Base):
    """How far trail and SLT log had come on one day, as it was mailed out. Never changed, never deleted."""

    __tablename__ = "chain_anchors"

    day: Mapped[date] = mapped_column(primary_key=True)
    """London's day at whose beginning it was taken."""
    made_at: Mapped[datetime]
    trail_count: Mapped[int] = mapped_column(unique=True)
    """Number of the trail's entry that was made with it, the last one of that moment."""
    trail_hash: Mapped[str] = mapped_column(sa.String(64))
    log_count: Mapped[int]
    """Number of the log's last event; 0 while it was empty."""
    log_hash: Mapped[str] = mapped_column(sa.String(64))
    nonce: Mapped[str] = mapped_column(sa.String(64))
    """Keeps the seal in the trail, which the headteacher reads, from telling whether the log grew (P3)."""
    sent_to: Mapped[list[str]]
    """Ids of the people whom it was mailed to."""
