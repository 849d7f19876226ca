"""Entries of the log that somebody gave to a colleague."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base, new_id


class Assignment(Base):
    """An entry given to a colleague; at most one is in force. Erased with what the entry says."""

    __tablename__ = "log_assignments"
    __table_args__ = (
        sa.Index(
            "uq_log_assignments_in_force",
            "entry_id",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.Index(None, "to_id", "ended_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    entry_id: Mapped[UUID] = mapped_column(sa.ForeignKey("log_entries.id"), index=True)
    to_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    given_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """When it was decided, or given to somebody else."""
