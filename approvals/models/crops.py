"""Which part of a picture somebody chose to show."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base


class CropChoice(Base):
    """The part of an uploaded picture that was cut out, and the picture that came of it."""

    __tablename__ = "crop_choices"

    media_id: Mapped[UUID] = mapped_column(sa.ForeignKey("media_files.id"), primary_key=True)
    """The part. It has no original of its own; faces are looked for in it as in any picture."""
    source_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("media_files.id"), index=True)
    """The picture that was uploaded; None when that was erased."""
    chosen_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), index=True)
    chosen_at: Mapped[datetime]
    place: Mapped[list[int]] = mapped_column(sa.JSON)
    """[left, top, width, height], in pixels of the cleaned picture."""
