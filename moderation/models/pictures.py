"""Pictures that came with a comment, kept as evidence where a person asked for it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import SEALED, Base, new_id


class CameWithState(StrEnum):
    """How far the keeping of such a picture has come."""

    REQUESTED = "requested"
    KEPT = "kept"
    FAILED = "failed"


class CameWith(Base):
    """One picture of one entry, named by its place among the entry's addresses. Asked for by a person.

    Each move is an event in the log's chain, which holds the picture's hash.
    """

    __tablename__ = "came_with"
    __table_args__ = (
        sa.UniqueConstraint("entry_id", "place"),
        sa.Index(None, "state", "next_try_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    entry_id: Mapped[UUID] = mapped_column(sa.ForeignKey("log_entries.id"))
    place: Mapped[int]
    """1, 2, 3 … in the entry's `attachment_urls`."""
    state: Mapped[CameWithState]
    requested_at: Mapped[datetime]
    requested_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    next_try_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str]
    """Why it can't be had, or is tried again."""
    finished_at: Mapped[datetime | None]
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True, info=SEALED)
    """The picture as a JPEG without metadata."""
    sha256: Mapped[str] = mapped_column(sa.String(64))
    """Of that JPEG."""
