"""Takedowns: published posts that have to go, each a row before anything is asked of the platform (P25)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from approvals.models.publications import Publication
from school.db import Base, new_id


class TakedownState(StrEnum):
    """How far a takedown has come."""

    REQUESTED = "requested"
    DOING = "doing"
    DONE = "done"
    BY_HAND = "by_hand"
    """No program can do it there: a person does, and ticks it off."""


class Takedown(Base):
    """One published post that is being removed from its platform."""

    __tablename__ = "takedowns"
    __table_args__ = (
        # Deleting is asked for once, however many pupils' consents are withdrawn.
        sa.UniqueConstraint("publication_id"),
        sa.Index(None, "state", "next_try_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    publication_id: Mapped[UUID] = mapped_column(sa.ForeignKey("publications.id"))
    state: Mapped[TakedownState] = mapped_column(default=TakedownState.REQUESTED)
    reason: Mapped[str]
    requested_at: Mapped[datetime]
    requested_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    """None: the product, since a consent was withdrawn."""
    next_try_at: Mapped[datetime]
    lease_id: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str]
    """What the platform said last, in a sentence."""
    finished_at: Mapped[datetime | None]
    finished_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    """Who ticked it off, of one done by hand."""

    publication: Mapped[Publication] = relationship(lazy="joined")


class TakedownMove(Base):
    """A change of a takedown's state."""

    __tablename__ = "takedown_moves"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    takedown_id: Mapped[UUID] = mapped_column(sa.ForeignKey("takedowns.id"), index=True)
    old: Mapped[TakedownState | None]
    new: Mapped[TakedownState]
    at: Mapped[datetime]
    by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    answer: Mapped[str]
