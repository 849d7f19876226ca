"""The policy's forms: filled in by one person, answered by others, kept (P8, P30, P31)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from school.db import Base, new_id


class FormKind(StrEnum):
    """Which form; also its address under /forms."""

    BLOCKED_CONTENT = "blocked-content"
    INAPPROPRIATE_CONTENT = "inappropriate-content"
    NEW_ACCOUNT = "new-account"


class FormState(StrEnum):
    """How far a form has come."""

    FILED = "filed"
    SIGNED = "signed"
    """By the marketing officer; the headteacher's signature is still missing (P8)."""
    APPROVED = "approved"
    DECLINED = "declined"
    DONE = "done"
    """What it asked for was done, and how is written down."""


class FormEntry(Base):
    """One form that somebody filed."""

    __tablename__ = "form_entries"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[FormKind]
    state: Mapped[FormState]
    fields: Mapped[dict[str, Any]]
    """The first half, by the names in `school.forms`."""
    about_headteacher: Mapped[bool] = mapped_column(default=False)
    """The headteacher must not see it; the chair of governors does (P3)."""
    filed_at: Mapped[datetime]
    filed_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), index=True)

    steps: Mapped[list[FormStep]] = relationship(
        back_populates="entry", order_by="FormStep.at", lazy="selectin"
    )


class FormStep(Base):
    """The second half: each signature, decision or action, with name and time. Only added to."""

    __tablename__ = "form_steps"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    entry_id: Mapped[UUID] = mapped_column(sa.ForeignKey("form_entries.id"), index=True)
    old: Mapped[FormState]
    new: Mapped[FormState]
    words: Mapped[str]
    """The reason, or what was done."""
    at: Mapped[datetime]
    by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))

    entry: Mapped[FormEntry] = relationship(back_populates="steps")
