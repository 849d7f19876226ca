"""What goes with writing a post: wordings to begin with, and what author and approver say to each other."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from approvals.models.drafts import Objective
from school.db import Base, new_id
from school.models import Person


class PostTemplate(Base):
    """A wording that a post may begin with, for one of the four objectives (P13)."""

    __tablename__ = "post_templates"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    objective: Mapped[Objective]
    title: Mapped[str]
    text: Mapped[str]
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))


TAKEDOWN_ASKED = "asked"
TAKEDOWN_STAYS = "stays"


class DraftRemark(Base):
    """What somebody said about a draft: part of its history, never a decision."""

    __tablename__ = "draft_remarks"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    draft_id: Mapped[UUID] = mapped_column(sa.ForeignKey("drafts.id"), index=True)
    revision_number: Mapped[int]
    """The version that was the newest when it was said."""
    author_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), index=True)
    text: Mapped[str]
    at: Mapped[datetime]
    takedown: Mapped[str | None] = mapped_column(sa.String(20))
    """TAKEDOWN_ASKED or TAKEDOWN_STAYS: it asks for the post to be taken down, or answers that."""

    author: Mapped[Person] = relationship(lazy="joined")
