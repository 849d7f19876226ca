"""What the practice platforms know: people, posts, pictures and comments, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from connectors.base import Platform


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on one platform; the same parent has another id on each."""

    platform: Platform
    id: str
    handle: str
    name: str
    bio: str
    location: str
    kind: str
    """"school", "parent", "pupil", "troll", "spammer", "neighbour" or "visitor"."""
    created_at: datetime
    followers: int
    following: int
    nameless: bool = False
    """Facebook keeps this person's name and id from the Page (their privacy settings)."""


@dataclass(frozen=True, slots=True)
class PostPicture:
    """A picture on a platform. `url` is where anybody can see it (a path while no server runs)."""

    platform: Platform
    id: str
    mime_type: str
    width: int
    height: int
    alt_text: str
    url: str


@dataclass(frozen=True, slots=True)
class PostVideo:
    """A video on a platform, or what has come of one. `url` is where anybody can see it."""

    platform: Platform
    id: str
    size: int
    """Bytes, as announced."""
    received: int
    """Bytes that have come, without a gap, from the start."""
    width: int
    height: int
    state: str
    """"receiving", "processing", "ready" or "failed"."""
    post_id: str
    url: str


@dataclass(frozen=True, slots=True)
class Post:
    """A post of the school."""

    platform: Platform
    id: str
    ordinal: int
    text: str
    link: str
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    pictures: tuple[PostPicture, ...] = ()
    video: PostVideo | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, reply or mention, with everything that happened to it."""

    platform: Platform
    id: str
    ordinal: int
    post_id: str
    """Empty for a mention on X that stands under nothing of the school's."""
    parent_id: str
    author: Person
    text: str
    kind: str
    created_at: datetime
    edited_at: datetime | None
    hidden: bool
    deleted_at: datetime | None
    deleted_by: str
    """"author", "school" or "" while it stands."""
    replaced_by: str = ""
    """X only: the id of the edited version that took its place."""
    replaces: str = ""

    @property
    def by_school(self) -> bool:
        """Whether the school itself wrote it."""
        return self.author.kind == "school"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A visitor's own post on the school's Page, or a post elsewhere that tags the school."""

    platform: Platform
    id: str
    ordinal: int
    kind: str
    """"visitor_post" or "tag"."""
    author: Person
    text: str
    created_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class PublicComment:
    """A comment as any visitor sees it, with the answers under it."""

    comment: Comment
    replies: tuple[PublicComment, ...] = ()


@dataclass(frozen=True, slots=True)
class PublicPost:
    """A post as any visitor sees it."""

    post: Post
    url: str
    """The address that the platform gives out for it; nothing answers there in practice."""
    comments: tuple[PublicComment, ...]
    comment_count: int
    """Visible ones, replies included."""
    hidden_count: int
    deleted_count: int


@dataclass(frozen=True, slots=True)
class Follow:
    """A follower, or somebody who asks to be one."""

    person: Person
    state: str
    """"follower", "requested", "denied" or "removed"."""
    ordinal: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Block:
    """Somebody whom the school blocked or muted."""

    person: Person
    how: str
    """"block" or "mute"."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Secrets:
    """The tokens of the school's three accounts, made at random for each folder."""

    x_consumer_key: str
    x_consumer_secret: str = field(repr=False)
    x_access_token: str = field(repr=False)
    x_access_token_secret: str = field(repr=False)
    app_id: str = ""
    app_secret: str = field(default="", repr=False)
    user_access_token: str = field(default="", repr=False)
    page_access_token: str = field(default="", repr=False)
