"""Followers and follow requests of the school's accounts (P19)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base, new_id


class FollowerKind(StrEnum):
    """How a person came to the vetting queue."""

    REQUEST = "request"
    """Asks to follow; the platform waits for an answer."""
    FOLLOWER = "follower"
    """Follows already."""


class FollowerState(StrEnum):
    """Where the vetting stands."""

    EARLIER = "earlier"
    """Was there before the product came: nobody was asked."""
    WAITING = "waiting"
    APPROVED = "approved"
    DECLINED = "declined"
    REMOVED = "removed"
    LEFT = "left"
    """Stopped following, or withdrew the request."""


class Follower(Base):
    """One person who follows, or asks to follow, one account of the school."""

    __tablename__ = "followers"
    __table_args__ = (
        sa.UniqueConstraint("account_id", "author_id"),
        sa.Index(None, "scored", "scoring_until"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    author_id: Mapped[UUID] = mapped_column(sa.ForeignKey("authors.id"))
    kind: Mapped[FollowerKind]
    state: Mapped[FollowerState]
    version: Mapped[int] = mapped_column(default=1)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    """When a complete reading last showed them."""
    waiting_since: Mapped[datetime]
    why_waiting: Mapped[str]
    """New, came back, or changed their name or bio."""
    name_vetted: Mapped[str]
    bio_vetted: Mapped[str]
    """Name and bio as they were when last vetted, or first seen: a change asks again."""
    scored: Mapped[bool] = mapped_column(default=False)
    scoring_until: Mapped[datetime | None]
    model_name: Mapped[str] = mapped_column(sa.String(200))
    scores: Mapped[dict[str, Any]]
    """Of name and bio together."""
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    severity: Mapped[float] = mapped_column(default=0.0)
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))


# As the vetting queue is sorted.
sa.Index(
    "ix_followers_worst_first",
    Follower.state,
    Follower.severity.desc(),
    Follower.waiting_since,
    Follower.id,
)


class FollowerMove(Base):
    """A change of a follower's state: who, when, why."""

    __tablename__ = "follower_moves"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    follower_id: Mapped[UUID] = mapped_column(sa.ForeignKey("followers.id"), index=True)
    old: Mapped[FollowerState | None]
    new: Mapped[FollowerState]
    at: Mapped[datetime]
    by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    reason: Mapped[str]
