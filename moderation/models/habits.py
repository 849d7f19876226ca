"""How each person likes to work in the moderation queue."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base


class Habit(Base):
    """One person's settings of the queue, and how much abuse they have read in the present half hour.

    There is one row for each person and no history: nobody can be measured by it.
    """

    __tablename__ = "moderation_habits"

    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    single_keys: Mapped[bool] = mapped_column(default=True)
    """Single letters act (WCAG 2.1.4: they can be switched off)."""
    pause_after: Mapped[int]
    """Texts in half an hour after which a pause is offered; 0: never."""
    shown: Mapped[int] = mapped_column(default=0)
    """Texts that were uncovered since `shown_since`."""
    shown_since: Mapped[datetime | None]
