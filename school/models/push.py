"""Notices in people's browsers (web push): where to, of what, and each one that is to go out."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import SEALED, Base, new_id


class PushState(StrEnum):
    """How far a notice has come."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class PushKey(Base):
    """The key by which push services know that it is this school who sends (VAPID, RFC 8292)."""

    __tablename__ = "push_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    only: Mapped[bool] = mapped_column(unique=True, default=True)
    """There is one."""
    public: Mapped[str] = mapped_column(sa.String(120))
    """As browsers want it: the point, uncompressed, in URL-safe base64."""
    sealed: Mapped[str] = mapped_column(sa.Text, info=SEALED)
    """The private half, as PEM."""


class PushSubscription(Base):
    """One browser of one person that may be shown notices."""

    __tablename__ = "push_subscriptions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), index=True)
    endpoint_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """SHA-256 of its address at the push service: one browser is one person's."""
    sealed: Mapped[str] = mapped_column(sa.Text, info=SEALED)
    """Address and keys, as JSON: whoever has them can write to that browser."""
    browser: Mapped[str]
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    """When its push service last took a notice."""
    problem: Mapped[str]
    """Why the last one didn't go; empty when it did."""


class PushSilence(Base):
    """A kind of thing that somebody wants no notices of."""

    __tablename__ = "push_silences"

    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(20), primary_key=True)


class PushNotice(Base):
    """Something that a browser is to be told of. What is due at once goes as one notice."""

    __tablename__ = "push_notices"
    __table_args__ = (sa.Index(None, "state", "next_try_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subscription_id: Mapped[UUID] = mapped_column(sa.ForeignKey("push_subscriptions.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    count: Mapped[int]
    """Of how many things."""
    state: Mapped[PushState]
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
