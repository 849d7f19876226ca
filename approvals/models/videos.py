"""Videos: as they came, until a clean copy is made; that copy, in pieces; where a draft shows one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from school.db import SEALED, Base, new_id


class VideoState(StrEnum):
    """How far a video is."""

    ARRIVING = "arriving"
    """Its bytes are coming in; what is never finished is swept."""
    WAITING = "waiting"
    PREPARING = "preparing"
    """A worker makes the clean copy."""
    READY = "ready"
    REFUSED = "refused"
    """It can't be used; `problem` says why."""


class VideoPart(StrEnum):
    """Which bytes a piece belongs to."""

    ORIGINAL = "original"
    """As it came, with place and device; gone as soon as the clean copy is made (P28)."""
    COPY = "copy"
    """What the approver plays and what is published."""


class VideoFile(Base):
    """One video that somebody gave us. Its bytes are in pieces in the database: in production the pages
    and the workers share nothing else, and nobody ever holds all of them at once."""

    __tablename__ = "videos"
    __table_args__ = (sa.Index(None, "state", "uploaded_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    uploaded_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), index=True)
    uploaded_at: Mapped[datetime]
    filename: Mapped[str]
    state: Mapped[VideoState]
    """Assigned by `approvals.videos` alone."""
    original_bytes: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_id: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    problem: Mapped[str | None]
    """Why it can't be used and what to do, for its uploader."""
    finished_at: Mapped[datetime | None]
    seconds: Mapped[float | None]
    """Of the clean copy, like all that follows; None until it is made."""
    width: Mapped[int | None]
    height: Mapped[int | None]
    copy_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    copy_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    poster: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True, info=SEALED)
    """A still of it, JPEG, encrypted."""


class VideoPiece(Base):
    """Some bytes of a video, encrypted: `approvals.videos.PIECE` of them, fewer in the last."""

    __tablename__ = "video_pieces"
    __table_args__ = (sa.UniqueConstraint("video_id", "part", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    video_id: Mapped[UUID] = mapped_column(sa.ForeignKey("videos.id"))
    part: Mapped[VideoPart]
    number: Mapped[int]
    data: Mapped[bytes] = mapped_column(sa.LargeBinary, info=SEALED)


class VideoMove(Base):
    """One change of a video's state: when and why."""

    __tablename__ = "video_moves"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    video_id: Mapped[UUID] = mapped_column(sa.ForeignKey("videos.id"), index=True)
    old: Mapped[VideoState]
    new: Mapped[VideoState]
    reason: Mapped[str]
    at: Mapped[datetime]


class RevisionVideo(Base):
    """The video of a revision, with what is said of it."""

    __tablename__ = "revision_videos"

    revision_id: Mapped[UUID] = mapped_column(sa.ForeignKey("draft_revisions.id"), primary_key=True)
    video_id: Mapped[UUID] = mapped_column(sa.ForeignKey("videos.id"), index=True)
    alt_text: Mapped[str]
    """What it shows and what is said in it."""
    source: Mapped[str]
    """Who filmed it or where it is from (P15)."""
    licence: Mapped[str]

    video: Mapped[VideoFile] = relationship(lazy="joined")
