"""Acts on the platforms: each is a row before it is done, and keeps what the platform answered."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base, new_id


class ActKind(StrEnum):
    """What the product can do on a platform about a comment or a person."""

    HIDE = "hide"
    UNHIDE = "unhide"
    DELETE = "delete"
    REPLY = "reply"
    BLOCK = "block"
    UNBLOCK = "unblock"
    MUTE = "mute"
    UNMUTE = "unmute"
    ACCEPT_REQUEST = "accept_request"
    DECLINE_REQUEST = "decline_request"
    REMOVE_FOLLOWER = "remove_follower"


class ActState(StrEnum):
    """How far an act has come."""

    REQUESTED = "requested"
    DOING = "doing"
    DONE = "done"
    FAILED = "failed"
    BY_HAND = "by_hand"
    """The platform offers no way: a person does it there and ticks it off."""
    WITHDRAWN = "withdrawn"
    """Undone before anybody did it: nothing has happened on the platform."""


class PlatformAct(Base):
    """One act that a person (or the hide-at-once rule) asked for."""

    __tablename__ = "platform_acts"
    __table_args__ = (
        sa.Index(None, "state", "next_try_at"),
        sa.Index(None, "account_id", "target_platform_id"),
        sa.Index(None, "entry_id"),
        sa.Index(None, "follower_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[ActKind]
    state: Mapped[ActState] = mapped_column(default=ActState.REQUESTED)
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    entry_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("log_entries.id"))
    comment_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("comments.id"))
    follower_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("followers.id"))
    target_platform_id: Mapped[str] = mapped_column(sa.String(200))
    """The comment's id, or the person's."""
    target_url: Mapped[str]
    """Where a person can do it by hand."""
    text: Mapped[str]
    """Of a reply."""
    requested_at: Mapped[datetime]
    requested_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    """None: the hide-at-once rule."""
    next_try_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    """Of a reply: when the first attempt that may have taken effect began."""
    answer: Mapped[str]
    """What the platform said last, in a sentence."""
    result_platform_id: Mapped[str] = mapped_column(sa.String(200))
    """Of a reply: the new comment's id."""
    finished_at: Mapped[datetime | None]
    finished_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    """Who ticked it off, of a hand task."""


class PlatformActMove(Base):
    """A change of an act's state."""

    __tablename__ = "platform_act_moves"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    act_id: Mapped[UUID] = mapped_column(sa.ForeignKey("platform_acts.id"), index=True)
    old: Mapped[ActState]
    new: Mapped[ActState]
    at: Mapped[datetime]
    by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    answer: Mapped[str]
