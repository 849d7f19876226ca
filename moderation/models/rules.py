"""What makes a comment flagged: thresholds per label and the school's own words, versioned."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base


class FlaggingRules(Base):
    """One version of the thresholds and words. Never changed: another version follows."""

    __tablename__ = "flagging_rules"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    thresholds: Mapped[dict[str, Any]]
    """Label to the score, 0 to 1, from which a comment is flagged."""
    words: Mapped[list[str]]
    """Words and phrases that the school added."""
    passes: Mapped[list[str]] = mapped_column(server_default="[]")
    """Words and phrases that are left out before a comment is scored."""
    other_languages: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    """Whether a comment in a language that the model can't read is put before a person."""
    made_at: Mapped[datetime]
    made_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    """None: the version that ships."""
    reason: Mapped[str]
