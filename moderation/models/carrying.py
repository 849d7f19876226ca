"""Which words of a comment carried its score: asked for by a person, answered by a worker."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base, new_id


class WordsState(StrEnum):
    """How far an answer has come."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class WordsAsked(Base):
    """One question about one version of a text. Holds places in it, never its words."""

    __tablename__ = "words_asked"
    __table_args__ = (
        sa.UniqueConstraint("entry_id", "version"),
        sa.Index(None, "state", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    entry_id: Mapped[UUID] = mapped_column(sa.ForeignKey("log_entries.id"))
    version: Mapped[int]
    """The comment's version; 0 for an entry made by hand."""
    state: Mapped[WordsState]
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    places: Mapped[list[Any]] = mapped_column(sa.JSON)
    """[begin, end, part of the score] of each word, in characters of the text."""
    label: Mapped[str] = mapped_column(sa.String(60))
    """The label that the words carried: the one that scored highest."""
    score: Mapped[float] = mapped_column(default=0.0)
    model_name: Mapped[str] = mapped_column(sa.String(200))
    finished_at: Mapped[datetime | None]
