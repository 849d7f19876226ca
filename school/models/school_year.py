"""When the school is open: terms, half-terms and days without pupils."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base, new_id


class DatesKind(StrEnum):
    """What some days of a school year are."""

    TERM = "term"
    HALF_TERM = "half_term"
    INSET = "inset"
    CLOSED = "closed"

    @property
    def in_words(self) -> str:
        return {
            "term": "A term",
            "half_term": "A half-term holiday",
            "inset": "INSET: staff only",
            "closed": "Closed for another reason",
        }[self.value]


class SchoolDates(Base):
    """Some days, both ends included, as the school entered them."""

    __tablename__ = "school_dates"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[DatesKind]
    name: Mapped[str]
    first_day: Mapped[date]
    last_day: Mapped[date]
    entered_at: Mapped[datetime]
    entered_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
