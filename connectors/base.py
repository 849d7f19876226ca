"""The one shape that every platform's connector has: pure input and output, no tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from connectors.figures import Figures


class Platform(StrEnum):
    """The platforms a school's account can be on."""

    X = "x"
    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"


class Capability(StrEnum):
    """What a platform lets this account do; whatever is not declared becomes a person's task."""

    PUBLISH_TEXT = "publish_text"
    PUBLISH_PICTURES = "publish_pictures"
    PUBLISH_VIDEO = "publish_video"
    DELETE_POST = "delete_post"
    FETCH_COMMENTS = "fetch_comments"
    HIDE = "hide"
    DELETE_COMMENT = "delete_comment"
    REPLY = "reply"
    BLOCK = "block"
    MUTE = "mute"
    LIST_FOLLOWERS = "list_followers"
    LIST_FOLLOW_REQUESTS = "list_follow_requests"
    DECIDE_FOLLOW_REQUESTS = "decide_follow_requests"
    REMOVE_FOLLOWER = "remove_follower"


@dataclass(frozen=True, slots=True)
class VideoLimits:
    """What a video in a post may be on this platform (P16): an MP4 with H.264 and AAC everywhere."""

    seconds_min: float
    seconds_max: float
    bytes_max: int
    narrowest: float
    """Width over height; likewise the next."""
    widest: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What a post may be on this platform (P16). Lengths count as the platform counts them."""

    text_max: int
    pictures_max: int
    pictures_min: int
    picture_bytes_max: int
    picture_types: tuple[str, ...]
    """MIME types."""
    alt_text_max: int
    video: VideoLimits
    hashtags_max: int | None = None
    figures_at_once: int = 5
    """Posts whose figures are asked for at a time; the Graph counts each as a call or two of its own."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The decrypted secrets of one account; never logged, `repr` hides the values."""

    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the platforms are, and how to speak to them: from the settings."""

    x_url: str = "https://api.x.com"
    graph_url: str = "https://graph.facebook.com"
    dialog_url: str = "https://www.facebook.com"
    """Where people say yes to the school's app on Facebook, for Instagram too."""
    graph_version: str = "v24.0"
    graph_token_in: str = "header"  # noqa: S105 - where it goes
    """"header" or "form": where the Graph token travels (PLATFORMS.md section 6)."""
    timeout: float = 20.0
    """Seconds for one request."""
    ask_for_figures: bool = True
    """Ask for the permissions that a post's figures need. Facebook shows no dialog at all to an app that
    has not got them."""
    x_follow_requests: bool = False
    """Whether X's v1.1 list of pending follow requests is open to this tier."""

    @property
    def graph_video_url(self) -> str:
        """Where a Page's videos are sent; whatever stands in for the Graph takes them, too."""
        real = self.graph_url == "https://graph.facebook.com"
        return "https://graph-video.facebook.com" if real else self.graph_url

    @property
    def graph_upload_url(self) -> str:
        """Where Instagram's videos are sent, likewise."""
        real = self.graph_url == "https://graph.facebook.com"
        return "https://rupload.facebook.com" if real else self.graph_url


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the platform says these credentials belong to."""

    platform_id: str
    handle: str
    display_name: str
    url: str
    permissions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the platform says of an account's credentials: whose, what they allow, until when."""

    identity: Identity
    kind: str = ""
    """What sort of credentials they are, in the platform's words; empty where it doesn't say."""
    owner_id: str = ""
    """Whose the token itself is, where that is told apart from the account; empty otherwise."""
    permissions: frozenset[str] | None = None
    """None where the platform doesn't say."""
    expires_at: datetime | None = None
    data_access_expires_at: datetime | None = None
    valid: bool = True
    """False where the platform calls the token invalid although it still answers."""
    published: bool = True
    """False where the public can't see the account."""


class CommentKind(StrEnum):
    """Where somebody wrote something."""

    COMMENT = "comment"
    """Under one of the school's posts."""
    MENTION = "mention"
    """Elsewhere on X, naming the school."""
    VISITOR_POST = "visitor_post"
    """A visitor's own post on the school's Facebook Page."""
    TAG = "tag"
    """A post of somebody's in which the school's account is tagged."""


VISITOR_POSTS = "@visitor_posts"
"""The stream of what visitors post on the Page, and the one of posts that tag the account: what
`comment_streams` gives beside the posts' ids."""
TAGGED = "@tagged"


def is_elsewhere(stream: str) -> bool:
    """Whether a stream is not the comments under one of our posts but what others post."""
    return stream.startswith("@")


@dataclass(frozen=True, slots=True)
class RemoteAuthor:
    """Somebody on a platform. Ids may be empty where the platform withholds them."""

    platform_id: str
    handle: str
    display_name: str
    bio: str = ""
    url: str = ""
    created_at: datetime | None = None
    followers: int | None = None
    following: int | None = None
    protected: bool = False


@dataclass(frozen=True, slots=True)
class RemoteComment:
    """One comment (reply, mention) as the platform shows it now."""

    platform_id: str
    post_platform_id: str
    """The school's post it stands under; empty for a mention elsewhere."""
    parent_platform_id: str
    """The comment it answers; empty at top level."""
    author: RemoteAuthor
    text: str
    created_at: datetime
    url: str = ""
    hidden: bool = False
    can_hide: bool = True
    can_delete: bool = False
    edited_at: datetime | None = None
    attachment_urls: tuple[str, ...] = ()
    earlier_platform_ids: tuple[str, ...] = ()
    """Ids that this comment had before it was edited (X gives an edited post a new id)."""
    hidden_known: bool = True
    """False where the platform never says whether a comment is hidden (X): keep what we know."""
    kind: CommentKind = CommentKind.COMMENT


@dataclass(frozen=True, slots=True)
class CommentPage:
    """One page of comments and where to go on; committed together with its cursor.

    `cursor` is an opaque string to hand back; None when this was the last page, and then
    `watermark` is what the next poll's `since` should be.
    """

    comments: tuple[RemoteComment, ...]
    cursor: str | None
    watermark: str | None
    complete: bool = True
    """False where the platform could not show everything since the watermark: a gap."""
    own: int = 0
    """How many comments of our own account were left out of the page."""
    total: int | None = None
    """How many comments there are under the post, as the platform itself counts; None: not said."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to publish: encoded bytes, MIME type and alt text.

    `public_url` is where the platform can fetch it (Instagram demands that); None where the
    bytes are sent.
    """

    data: bytes = field(repr=False)
    mime_type: str
    alt_text: str
    public_url: str | None = None


@dataclass(frozen=True, slots=True)
class Video:
    """A video to publish: an MP4 with H.264 and AAC, never whole in memory."""

    size: int
    """Bytes."""
    sha256: str
    """Of its bytes, hexadecimal."""
    seconds: float
    width: int
    height: int
    read: Callable[[int, int], bytes] = field(repr=False)
    """`read(offset, most)`: at most so many of its bytes from there on; fewer only at the end."""


@dataclass(frozen=True, slots=True)
class PostContent:
    """What is to be published on one account: a text with pictures or with one video."""

    text: str
    pictures: tuple[Picture, ...] = ()
    link: str = ""
    video: Video | None = None

    @property
    def media_count(self) -> int:
        """How many pictures and videos the post shows."""
        return len(self.pictures) + (self.video is not None)


@dataclass(frozen=True, slots=True)
class RemotePost:
    """One of the account's own posts as the platform shows it."""

    platform_id: str
    text: str
    created_at: datetime
    url: str = ""
    picture_count: int | None = None
    """Pictures and videos; None where the platform doesn't say."""
    comment_count: int | None = None


STEP_POSTING = "posting"
"""The step under which `publish` marks, before it sends it, the one request that can't be taken back.

A publication that finds the mark and can't find out by itself what became of it raises
OutcomeUnknown instead of sending again. Whoever has established that nothing was posted
clears it with `steps.put(STEP_POSTING, "")`.
"""


class StepStore(Protocol):
    """Where a publication in several steps keeps what is done (Instagram's containers, uploads).

    `put` must be durable when it returns: it is what lets a killed worker resume.
    """

    def get(self, key: str) -> str | None: ...
    def put(self, key: str, value: str) -> None: ...


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One request made to a platform, for the ledger: what, when it ended, and what it used."""

    operation: str
    status: int
    """HTTP status; 0 when no answer came."""
    items: int
    remaining: int | None = None
    reset_at: datetime | None = None


class Connector(Protocol):
    """One account on one platform. Every method may raise the errors of `connectors.errors`.

    Reads and hide/delete/block may be repeated. `publish` and `reply` make exactly one
    irreversible request: OutcomeUnknown means that it may have taken effect.
    No method retries or sleeps for longer than its time-out.
    """

    platform: Platform
    capabilities: frozenset[Capability]
    limits: Limits

    def calls(self) -> list[CallRecord]:
        """The requests made since the last time this was asked, oldest first; clears the list."""
        ...

    def probe(self) -> Identity:
        """Ask the platform whose these credentials are."""
        ...

    def inspect(self) -> Inspection:
        """Ask whose these credentials are and what they allow, as far as the token at hand lets us.

        Raises what `probe` raises; what is asked beyond that may be refused without an error.
        """
        ...

    def shown_text(self, content: PostContent) -> str:
        """The text as the public will see it, with the link in it where the platform has no field for one."""
        ...

    def publish(self, content: PostContent, *, steps: StepStore) -> RemotePost:
        """Publish once. What is prepared (uploads, containers) is kept in `steps`, so that a
        publication that was interrupted can be taken up again with the same `steps`.
        """
        ...

    def recent_posts(self, *, since: datetime) -> list[RemotePost]:
        """The account's own posts since then, newest first."""
        ...

    def never_posted(self, *, steps: StepStore) -> bool:
        """Whether the platform itself says that an interrupted publication posted nothing.

        True only where sending again can't make two posts: Instagram publishes a container once.
        False: it is posted, or that can't be told. What to ask when it isn't among `recent_posts`,
        once the request can no longer be under way.
        """
        ...

    def delete_post(self, post_platform_id: str) -> None: ...

    def figures(self, post_platform_ids: Sequence[str]) -> dict[str, Figures]:
        """How far each of our posts came, by its id; those that are no longer there are left out.

        At most `limits.figures_at_once` posts. What the platform doesn't give is no error: it is
        None, and `withheld` says why.
        """
        ...

    def fetch_comments(
        self, *, post_platform_id: str | None, since: str | None, cursor: str | None
    ) -> CommentPage:
        """One page of comments.

        X: `post_platform_id` None reads what mentions us or answers us, a post's id reads the
        whole conversation under it (seven days back at most). Facebook and Instagram are read
        post by post, and what visitors post and tag as the streams VISITOR_POSTS and TAGGED.
        Pass a value that `comment_streams` gave. `since` is that stream's last
        complete read's watermark, `cursor` the former page's; both are opaque. Comments of our
        own account are left out. The same comment may come again, in another stream or in the
        overlap of two reads: go by its id.

        `since=None` reads everything that there is (a re-scan): on Facebook and Instagram that
        shows edited texts, and what is missing from it has been deleted.
        """
        ...

    def comment_streams(self, *, posts: Mapping[str, datetime]) -> Iterator[str | None]:
        """Which values of `post_platform_id` a poll must go through, given the watched posts.

        `posts`: the posts' ids and when each was written.
        """
        ...

    def vanished(self, comment_platform_ids: Sequence[str]) -> frozenset[str]:
        """Those of these comments or posts that no longer exist on the platform (or can't be seen)."""
        ...

    def set_hidden(self, comment_platform_id: str, hidden: bool) -> None: ...
    def delete_comment(self, comment_platform_id: str) -> None: ...

    def reply(self, comment_platform_id: str, text: str) -> str:
        """Answer a comment once; the new comment's id."""
        ...

    def find_reply(self, comment_platform_id: str, text: str, *, since: datetime) -> str | None:
        """The id of our own answer with this text to that comment, sent since then; None if there is none.

        What to ask after `reply` raised OutcomeUnknown.
        """
        ...

    def block(self, author_platform_id: str) -> None: ...
    def unblock(self, author_platform_id: str) -> None: ...
    def mute(self, author_platform_id: str) -> None: ...
    def unmute(self, author_platform_id: str) -> None: ...

    def followers(self, *, cursor: str | None) -> tuple[list[RemoteAuthor], str | None]:
        """One page of followers, newest first, and the next page's cursor or None."""
        ...

    def follow_requests(self, *, cursor: str | None) -> tuple[list[RemoteAuthor], str | None]: ...
    def decide_follow_request(self, author_platform_id: str, accept: bool) -> None: ...
    def remove_follower(self, author_platform_id: str) -> None: ...

    def text_length(self, text: str) -> int:
        """The length of a post's text as this platform counts it."""
        ...
