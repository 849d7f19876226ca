"""Letters that the school sends about an entry of the log, and the templates they are made from (P20)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base, new_id


class LetterTemplate(Base):
    """A letter with placeholders. One that is changed keeps its key; its former words are in the letters."""

    __tablename__ = "letter_templates"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(sa.String(40), unique=True)
    name: Mapped[str]
    body: Mapped[str]
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    retired_at: Mapped[datetime | None]


class Letter(Base):
    """A letter as it was issued; never changed."""

    __tablename__ = "letters"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    entry_id: Mapped[UUID] = mapped_column(sa.ForeignKey("log_entries.id"), index=True)
    template: Mapped[str]
    """Name of the template that it was made from."""
    addressed_to: Mapped[str]
    address: Mapped[str]
    """The reader's postal address; may be empty."""
    body: Mapped[str]
    file: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    """The PDF, so that what was sent can be shown later as it was."""
    sha256: Mapped[str] = mapped_column(sa.String(64))
    issued_at: Mapped[datetime]
    issued_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
