"""Pictures: the original, encrypted, and the clean copies that may leave the school."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school import secrets
from school.db import SEALED, Base, new_id


class RenditionUse(StrEnum):
    """What a clean copy is for."""

    X = "x"
    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"
    PREVIEW = "preview"
    """Small: for pages and mails."""


class MediaFile(Base):
    """One picture that somebody gave us. The bytes are in the database, since in production the
    web pages and the worker share nothing else."""

    __tablename__ = "media_files"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    uploaded_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), index=True)
    uploaded_at: Mapped[datetime]
    filename: Mapped[str]
    original: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True, info=SEALED)
    """As it came, metadata and all, encrypted; never leaves the school's store (P28)."""
    original_lost_at: Mapped[datetime | None]
    """When it was found that no secret key at hand opens the original or one of its clean copies."""
    original_erased_at: Mapped[datetime | None]
    """When the original was erased under the retention rules (P34), or that there was none: a blurred copy
    is made without. The clean copies are whole."""
    original_type: Mapped[str] = mapped_column(sa.String(40))
    width: Mapped[int]
    height: Mapped[int]
    """Of the cleaned picture, pixels."""
    alt_text: Mapped[str]
    source: Mapped[str]
    licence: Mapped[str]
    """These three as typed at the upload; a revision has its own."""


class MediaRendition(Base):
    """One clean copy: right way up, sRGB, no metadata, sized for its use."""

    __tablename__ = "media_renditions"
    __table_args__ = (sa.UniqueConstraint("media_id", "use"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    media_id: Mapped[UUID] = mapped_column(sa.ForeignKey("media_files.id"))
    use: Mapped[RenditionUse]
    mime_type: Mapped[str] = mapped_column(sa.String(40))
    width: Mapped[int]
    height: Mapped[int]
    sealed: Mapped[bytes] = mapped_column("data", sa.LargeBinary, deferred=True, info=SEALED)
    """Encrypted; as it is where a former version kept it, until a worker comes to it."""

    @property
    def data(self) -> bytes:
        """The copy itself. Raises KeyMissing."""
        return opened(self.sealed)


def opened(sealed: bytes) -> bytes:
    """A clean copy, as it is stored, made readable. Raises KeyMissing."""
    return secrets.decrypt(sealed) if secrets.is_sealed(sealed) else sealed
