"""What somebody is writing and has not saved yet."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base, new_id


class UnsavedDraft(Base):
    """A form as it was some seconds ago: no version of anything, seen by its writer alone."""

    __tablename__ = "unsaved_drafts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), index=True)
    draft_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("drafts.id"))
    """None: it is to become a new draft."""
    fields: Mapped[list[list[str]]] = mapped_column(sa.JSON)
    """Names and values of the form, in order; no file, no token."""
    kept_at: Mapped[datetime]
