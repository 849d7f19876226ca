"""Each person's own calendar feed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base


class CalendarFeed(Base):
    """The secret address under which a person's own calendar program reads theirs."""

    __tablename__ = "calendar_feeds"

    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """SHA-256 of what the address ends with, which is kept nowhere."""
    made_at: Mapped[datetime]
