"""Who must still be told of an urgent entry, and how soon they may get the next mail about one (P23)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base, new_id


class UrgentNotice(Base):
    """One entry that one person must be told of, or of how it was decided.

    Gone as soon as a mail that names it is in the outbox.
    """

    __tablename__ = "urgent_notices"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), index=True)
    entry_id: Mapped[UUID] = mapped_column(sa.ForeignKey("log_entries.id"))
    tell_from: Mapped[datetime | None]
    """Of the news how it was decided: when it is to be told. None: the call to look at it, at once."""


class UrgentPause(Base):
    """Until when what is urgent is gathered for a person, who was mailed a moment ago."""

    __tablename__ = "urgent_pauses"

    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    until: Mapped[datetime]
