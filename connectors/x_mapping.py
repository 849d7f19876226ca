"""X's answers as our data classes.

The service says `tweet…`; its description 2.167 says `post…`: both are read. Everything in an
answer may be missing or odd.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.base import CommentKind, RemoteAuthor, RemoteComment, RemotePost
from connectors.exchange import moment, number
from connectors.figures import Figures, Withheld
from connectors.untrusted import (
    count,
    flag,
    identifier,
    record,
    records,
    stand_in_id,
    text,
    web_address,
    when,
)

_SNOWFLAKE_START = 1288834974.657
"""Unix seconds of X's first possible timed id."""

_TIMED_FROM = 10**17
"""Smaller ids carry no time (X's own before 2011, and other servers')."""


def number_of(platform_id: str) -> int:
    """An id as a number, for comparing: as text "9" would come after "10". 0 for an odd one."""
    return (
        int(platform_id) if platform_id.isascii() and platform_id.isdigit() and len(platform_id) < 20 else 0
    )


def time_of(platform_id: str) -> datetime | None:
    """The time that an id carries, or None for an id without one."""
    value = number_of(platform_id)
    if value < _TIMED_FROM:
        return None
    found = moment((value >> 22) / 1000 + _SNOWFLAKE_START)
    return found if found is not None and found < datetime.now(UTC) + timedelta(days=1) else None


def earlier_id(platform_id: str, *, seconds: int) -> str:
    """The id that X would have given so much earlier; unchanged if ids here carry no time."""
    if time_of(platform_id) is None:
        return platform_id
    return str(number_of(platform_id) - (seconds * 1000 << 22))


@dataclass(frozen=True, slots=True)
class Watermark:
    """Where a complete reading ended: the largest id seen, and when X was asked (unix seconds, 0: unknown).

    As text "1000", or "1900000000000000000@1780000000" where ids carry their time.
    """

    floor: int
    at: int = 0

    @staticmethod
    def read(packed: str | None) -> Watermark:
        """What `packed` made of it."""
        floor, _, at = (packed or "").partition("@")
        return Watermark(number_of(floor), int(number(at) or 0))

    def packed(self) -> str:
        """As text; empty where nothing was ever seen."""
        if not self.floor:
            return ""
        return str(self.floor) if time_of(str(self.floor)) is None else f"{self.floor}@{self.at}"

    @property
    def began(self) -> datetime | None:
        """When X was asked."""
        return moment(self.at) if self.at else None

    def start(self, overlap: int) -> str | None:
        """The id after which to read on.

        What is newer than the overlap when it was seen is read once more, since ids become visible
        slightly out of order; what was older then is not: X charges for every item.
        """
        if not self.floor:
            return None
        written = time_of(str(self.floor))
        if written is not None and self.at and written.timestamp() < self.at - overlap:
            return str(self.floor)
        return earlier_id(str(self.floor), seconds=overlap)


def profile_url(handle: str) -> str:
    """Where a person is shown."""
    return f"https://x.com/{handle}" if handle else ""


def post_url(handle: str, platform_id: str) -> str:
    """Where a post is shown; X needs no name for that."""
    return f"https://x.com/{handle or 'i/web'}/status/{platform_id}"


def author_of(user: Mapping[str, object]) -> RemoteAuthor:
    """A person as X describes them."""
    metrics = record(user.get("public_metrics"))
    handle = text(user.get("username"))
    return RemoteAuthor(
        platform_id=identifier(user.get("id")),
        handle=handle,
        display_name=text(user.get("name")),
        bio=text(user.get("description")),
        url=profile_url(handle),
        created_at=when(user.get("created_at")),
        followers=count(metrics.get("followers_count")),
        following=count(metrics.get("following_count")),
        protected=flag(user.get("protected"), False),
    )


def text_of(post: Mapping[str, object]) -> str:
    """The whole text as a reader sees it: beyond 280 characters, addresses written out.

    X writes &, < and > as HTML does, and each address as a t.co one; the address of an attached
    picture is no part of the text.
    """
    note = record(post.get("note_tweet")) or record(post.get("note_post"))
    source = note if text(note.get("text")) else post
    words = text(source.get("text"))
    for link in records(record(source.get("entities")).get("urls")):
        short, long = text(link.get("url")), text(link.get("expanded_url"))
        if short:
            words = words.replace(short, "" if link.get("media_key") else long or short)
    for written, meant in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        words = words.replace(written, meant)
    return words.strip()


def referenced(post: Mapping[str, object], kind: str) -> str:
    """The id of the post that this one replied_to, quoted or retweeted; "" if it did not."""
    for name in ("referenced_tweets", "referenced_posts"):
        for reference in records(post.get(name)):
            if reference.get("type") == kind:
                return identifier(reference.get("id"))
    return ""


def is_repost(post: Mapping[str, object]) -> bool:
    """Whether this only repeats somebody's post (that one comes by itself if it concerns us)."""
    return bool(referenced(post, "retweeted") or referenced(post, "reposted"))


def conversation_of(post: Mapping[str, object]) -> str:
    """The id of the post that the conversation began with."""
    return identifier(post.get("conversation_id"))


def included_posts(answer: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The posts that the answer's own posts refer to."""
    includes = record(answer.get("includes"))
    return records(includes.get("tweets")) + records(includes.get("posts"))


def items_of(answer: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The things that the answer lists, or the one that it holds."""
    data = answer.get("data")
    return records(data) if isinstance(data, list) else [record(data)] if record(data) else []


def next_token(answer: Mapping[str, object]) -> str | None:
    """What to ask the next page with; None on the last one."""
    return text(record(answer.get("meta")).get("next_token")) or None


def comments_of(
    answer: Mapping[str, object], *, own_id: str, conversation: str = "", our_posts: Iterable[str] = ()
) -> list[RemoteComment]:
    """The comments of one answer, our own and mere reposts left out.

    `conversation` is the post whose conversation was searched; else `our_posts` says which
    conversations are ours.
    """
    includes = record(answer.get("includes"))
    people = {identifier(user.get("id")): author_of(user) for user in records(includes.get("users"))}
    media = {text(item.get("media_key")): item for item in records(includes.get("media"))}
    ours = {conversation} if conversation else set(our_posts)
    found = []
    for post in items_of(answer):
        author_id = identifier(post.get("author_id"))
        if is_repost(post) or (own_id and author_id == own_id):
            continue
        author = people.get(author_id) or RemoteAuthor(platform_id=author_id, handle="", display_name="")
        found.append(_comment_of(post, author, ours, conversation, media))
    return found


def _comment_of(
    post: Mapping[str, object],
    author: RemoteAuthor,
    ours: set[str],
    conversation: str,
    media: Mapping[str, Mapping[str, object]],
) -> RemoteComment:
    words = text_of(post)
    platform_id = identifier(post.get("id")) or stand_in_id("x", author.platform_id, words)
    root = conversation_of(post) or conversation
    stands_under = root if root in ours and root != platform_id else ""
    answered = referenced(post, "replied_to")
    versions = post.get("edit_history_tweet_ids") or post.get("edit_history_post_ids")
    earlier = tuple(
        version
        for version in (identifier(value) for value in (versions if isinstance(versions, list) else []))
        if version and number_of(version) < number_of(platform_id)
    )
    created = when(post.get("created_at")) or time_of(platform_id) or datetime.now(UTC)
    keys = record(post.get("attachments")).get("media_keys")
    attached = [media.get(key) for key in (keys if isinstance(keys, list) else []) if isinstance(key, str)]
    addresses = [
        web_address(item.get("url")) or web_address(item.get("preview_image_url"))
        for item in attached
        if item
    ]
    return RemoteComment(
        platform_id=platform_id,
        post_platform_id=stands_under,
        parent_platform_id="" if answered == stands_under else answered,
        author=author,
        text=words,
        created_at=created,
        url=post_url(author.handle, platform_id),
        can_hide=bool(stands_under),
        can_delete=False,
        edited_at=(time_of(platform_id) or created) if earlier else None,
        attachment_urls=tuple(address for address in addresses if address),
        earlier_platform_ids=earlier,
        hidden_known=False,
        kind=CommentKind.COMMENT if stands_under else CommentKind.MENTION,
    )


def figures_of(post: Mapping[str, object]) -> Figures:
    """A post's public figures. X says how often it was on a screen, and of how many people nothing."""
    counted = record(post.get("public_metrics"))
    views = count(counted.get("impression_count"))
    passed_on = [count(counted.get(name)) for name in ("retweet_count", "quote_count")]
    given = [one for one in passed_on if one is not None]
    return Figures(
        views=views,
        likes=count(counted.get("like_count")),
        comments=count(counted.get("reply_count")),
        shares=sum(given) if given else None,
        withheld=Withheld.UNSAID if views is None else None,
    )


def post_of(post: Mapping[str, object], handle: str) -> RemotePost:
    """One of the account's own posts."""
    platform_id = identifier(post.get("id"))
    keys = record(post.get("attachments")).get("media_keys")
    return RemotePost(
        platform_id=platform_id,
        text=text_of(post),
        created_at=when(post.get("created_at")) or time_of(platform_id) or datetime.now(UTC),
        url=post_url(handle, platform_id),
        picture_count=len(keys) if isinstance(keys, list) else None,
        comment_count=count(record(post.get("public_metrics")).get("reply_count")),
    )
