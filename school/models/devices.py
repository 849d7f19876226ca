"""The school's own devices that may be used for posts (P29)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base, new_id


class Device(Base):
    """One device, by the name on its label, for the time that the network manager approves it."""

    __tablename__ = "devices"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    approved_at: Mapped[datetime]
    approved_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    ended_reason: Mapped[str | None]
