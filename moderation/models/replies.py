"""Answers that the school has ready, in its own tone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base, new_id


class SavedReply(Base):
    """One version of an answer; the highest number of a key counts. Never changed, only added to."""

    __tablename__ = "saved_replies"
    __table_args__ = (sa.UniqueConstraint("key", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(sa.String(40))
    number: Mapped[int]
    name: Mapped[str]
    body: Mapped[str]
    offered: Mapped[bool]
    """False: from this version on it is no longer offered."""
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
