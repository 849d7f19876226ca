"""How far each account has been read: posts watched, cursors, gaps, last rounds."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base, new_id


class WatchedPost(Base):
    """One of the school's own posts, whose comments are read."""

    __tablename__ = "watched_posts"
    __table_args__ = (
        sa.UniqueConstraint("account_id", "platform_id"),
        sa.Index(None, "account_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    platform_id: Mapped[str] = mapped_column(sa.String(200))
    text: Mapped[str]
    url: Mapped[str]
    created_at: Mapped[datetime]
    comment_count: Mapped[int | None]
    """As the platform counts; it may count what it does not show."""
    shown_count: Mapped[int | None]
    """What the platform showed when all comments were last read, our own among them."""
    compared_at: Mapped[datetime | None]
    """When the two were last held against each other."""
    short_since: Mapped[datetime | None]
    """Since when the platform counts more than it shows."""
    read_whole_at: Mapped[datetime | None]
    """When all its comments were last read from the beginning."""
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
    """When it was noticed that the platform no longer has it."""


class CommentStream(Base):
    """Where the reading of one source of comments stands.

    `name`: a post's id, or empty for what mentions the account; "@visitor_posts" and "@tagged"
    are what others post; `!requests` and `!followers` hold the paging of those lists.
    """

    __tablename__ = "comment_streams"
    __table_args__ = (sa.UniqueConstraint("account_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    name: Mapped[str] = mapped_column(sa.String(200))
    since: Mapped[str | None]
    """The watermark of the last complete read."""
    cursor: Mapped[str | None]
    """Set in the middle of a paging: where to go on."""
    began_at: Mapped[datetime | None]
    """When the paging under way began."""
    seen_to: Mapped[datetime | None]
    """Everything written before this moment has been read."""
    problem: Mapped[str | None]
    problem_since: Mapped[datetime | None]


class CommentGap(Base):
    """A stretch of time of which the platform did not show everything."""

    __tablename__ = "comment_gaps"
    __table_args__ = (sa.Index(None, "account_id", "until"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    stream: Mapped[str] = mapped_column(sa.String(200))
    since: Mapped[datetime | None]
    """None: from the beginning."""
    until: Mapped[datetime]
    found_at: Mapped[datetime]
    why: Mapped[str]


class PollRecord(Base):
    """One row per account: what its connector can do, and when the slower rounds were last made."""

    __tablename__ = "poll_records"

    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"), primary_key=True)
    capabilities: Mapped[list[str]]
    posts_read_at: Mapped[datetime | None]
    posts_listed_at: Mapped[datetime | None]
    """When the list of all posts, old ones too, was last read to its end."""
    old_read_at: Mapped[datetime | None]
    """When posts beyond the watched ones were last looked through."""
    rescanned_at: Mapped[datetime | None]
    followers_read_at: Mapped[datetime | None]
    followers_counted_at: Mapped[datetime | None]
    """Begin of the last complete reading of all followers."""
    followers_known: Mapped[bool] = mapped_column(default=False)
    """The followers from before the product came have been taken down."""
    streams: Mapped[list[str]]
    """The streams that the last round went through: what coverage is measured against."""
