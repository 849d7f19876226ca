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


class Looked(Base):
    """What a worker is to look for in one picture."""

    __abstract__ = True

    media_id: Mapped[UUID] = mapped_column(sa.ForeignKey("media_files.id"), primary_key=True)
    state: Mapped[LookState]
    asked_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]


class PictureLook(Looked):
    """Where faces are in a picture, never whose (P28)."""

    __tablename__ = "picture_looks"
    __table_args__ = (sa.Index(None, "state", "asked_at"),)

    faces: Mapped[list[list[int]]] = mapped_column(sa.JSON)
    """[left, top, width, height] of each, in pixels of the cleaned picture, in reading order."""


class PictureWords(Looked):
    """The text that can be read inside a picture, for names (P27)."""

    __tablename__ = "picture_words"
    __table_args__ = (sa.Index(None, "state", "asked_at"),)

    lines: Mapped[list[str]] = mapped_column(sa.JSON)


class BlurChoice(Base):
    """Which places of a picture somebody had painted over, and the copy that came of it (P28)."""

    __tablename__ = "blur_choices"

    media_id: Mapped[UUID] = mapped_column(sa.ForeignKey("media_files.id"), primary_key=True)
    """The copy. It has no original of its own."""
    source_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("media_files.id"), index=True)
    """The picture that was uploaded; None when that was erased."""
    chosen_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), index=True)
    chosen_at: Mapped[datetime]
    places: Mapped[list[list[int]]] = mapped_column(sa.JSON)
    """[left, top, width, height, number of the face or 0] of each, in pixels of the cleaned picture."""
    faces_found: Mapped[int]
    faces_blurred: Mapped[int]
    """These two as they were when the uploaded picture was erased; before, they are counted anew."""
    faces_known: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether it was looked at for faces before it was erased: the two are 0 where it was not."""
