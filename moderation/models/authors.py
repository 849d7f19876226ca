"""People on the platforms: who comments, who follows, whom the school has blocked."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base, new_id


class Author(Base):
    """Somebody on a platform, with the profile as last seen."""

    __tablename__ = "authors"
    __table_args__ = (sa.UniqueConstraint("platform", "key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    platform: Mapped[str] = mapped_column(sa.String(20))
    key: Mapped[str] = mapped_column(sa.String(300))
    """The platform's id of the person; "@handle" where the platform keeps the id to itself."""
    platform_id: Mapped[str] = mapped_column(sa.String(200))
    handle: Mapped[str]
    display_name: Mapped[str]
    bio: Mapped[str]
    url: Mapped[str]
    opened_at: Mapped[datetime | None]
    """When the person's account was opened on the platform."""
    followers: Mapped[int | None]
    following: Mapped[int | None]
    first_seen_at: Mapped[datetime]
    profile_changed_at: Mapped[datetime]
    """When the name or the bio was last seen to be another."""


class BlockedAuthor(Base):
    """The school's block list (P20): it holds for every account on that platform until it is lifted."""

    __tablename__ = "blocked_authors"
    __table_args__ = (
        sa.Index(
            "uq_blocked_authors_in_force",
            "author_id",
            unique=True,
            sqlite_where=sa.text("lifted_at IS NULL"),
            postgresql_where=sa.text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    author_id: Mapped[UUID] = mapped_column(sa.ForeignKey("authors.id"))
    blocked_at: Mapped[datetime]
    blocked_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    reason: Mapped[str]
    lifted_at: Mapped[datetime | None]
    lifted_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    lifted_reason: Mapped[str | None]
