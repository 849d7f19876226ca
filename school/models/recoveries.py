"""Letting somebody in again who lost password or second factor: two people vouch for them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base, new_id


class RecoveryState(StrEnum):
    """How far a recovery has come."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    USED = "used"
    STOPPED = "stopped"


class Recovery(Base):
    """One person's way back in: asked for by one, confirmed by another, used by the person themself."""

    __tablename__ = "recoveries"
    __table_args__ = (sa.Index(None, "person_id", "state"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    state: Mapped[RecoveryState] = mapped_column(default=RecoveryState.ASKED)
    reason: Mapped[str]
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    """None: by a command on the server, which needs nobody else."""
    confirmed_at: Mapped[datetime | None]
    confirmed_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    token_hash: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    """SHA-256 of the link's token; made with the confirmation."""
    expires_at: Mapped[datetime]
    """Of the asking until it is confirmed, then of the link."""
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
