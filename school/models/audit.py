"""The audit trail: append-only, each entry chained to the one before by its hash."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base


class AuditEntry(Base):
    """One thing that was done, by whom and why. Never changed, never deleted."""

    __tablename__ = "audit_entries"

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
