"""What stays wrong for a while: noticed once, told once, and told once more when it is over."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base, new_id


class Incident(Base):
    """One stretch of time in which something was wrong."""

    __tablename__ = "incidents"
    __table_args__ = (
        sa.Index(
            "uq_incidents_open",
            "key",
            unique=True,
            sqlite_where=sa.text("over_at IS NULL"),
            postgresql_where=sa.text("over_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(sa.String(120))
    """What it is, such as "classifier" or "account:" with an id. Open once at a time."""
    sentence: Mapped[str]
    advice: Mapped[str]
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """When it was last found to be so."""
    told: Mapped[list[str]]
    """Ids of the people who were told by mail, and will be told that it is over."""
    over_at: Mapped[datetime | None]
