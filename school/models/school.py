"""The school that this installation serves: one row."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import SEALED, Base, new_id


class School(Base):
    """The one school. `practice` marks an installation whose accounts and people are for training."""

    __tablename__ = "school"
    __table_args__ = (sa.CheckConstraint("singleton = 1", name="only_one"), sa.UniqueConstraint("singleton"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    singleton: Mapped[int] = mapped_column(default=1)
    name: Mapped[str]
    domain: Mapped[str]
    """The domain of official e-mail addresses (P9), lower case."""
    practice: Mapped[bool]
    created_at: Mapped[datetime]
    publishing_stopped_at: Mapped[datetime | None]
    """Set while "stop all publishing" is in force."""
    publishing_stopped_by: Mapped[UUID | None]
    publishing_stopped_why: Mapped[str | None]
    publishing_allowed_at: Mapped[datetime | None]
    """When the last stop ended: no post that was due by then goes out without a person's word."""
    key_check: Mapped[bytes | None] = mapped_column(sa.LargeBinary, info=SEALED)
    """Known words, encrypted: tells whether the secret key is this school's. None: not noted yet."""
    restored_from: Mapped[datetime | None]
    """When the backup was made that this data comes from; None: it was never restored."""
    restored_at: Mapped[datetime | None]
