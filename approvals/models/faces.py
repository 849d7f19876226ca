"""What the product saw in a picture, and which places of it somebody had blurred."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base


class LookState(StrEnum):
    """How far the looking at a picture has come."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class PictureLook(Base):
    """One picture to look at, by a worker: where faces are, never whose (P28)."""

    __tablename__ = "picture_looks"
    __table_args__ = (sa.Index(None, "state", "asked_at"),)

    media_id: Mapped[UUID] = mapped_column(sa.ForeignKey("media_files.id"), primary_key=True)
    state: Mapped[LookState]
    asked_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    faces: Mapped[list[list[int]]] = mapped_column(sa.JSON)
    """[left, top, width, height] of each, in pixels of the cleaned picture, in reading order."""
    finished_at: Mapped[datetime | None]
