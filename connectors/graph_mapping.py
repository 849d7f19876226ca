"""The Graph's answers as our data classes. Everything in an answer may be missing or odd."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from connectors.base import CommentKind, RemoteAuthor, RemoteComment, RemotePost
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


def facebook_comment(item: Mapping[str, object], *, post: str) -> RemoteComment:
    """A comment under a Page's post. `from` is missing where the person's privacy or ours demands it."""
    sender = record(item.get("from"))
    words = text(item.get("message"))
    address = web_address(item.get("permalink_url"))
    parent = identifier(record(item.get("parent")).get("id"))
    created = when(item.get("created_time"))
    platform_id = (
        identifier(item.get("id"))
        or _id_in_address(address)
        or stand_in_id("facebook", post, identifier(sender.get("id")), text(item.get("created_time")), words)
    )
    return RemoteComment(
        platform_id=platform_id,
        post_platform_id=post,
        parent_platform_id="" if parent == post else parent,
        author=RemoteAuthor(
            platform_id=identifier(sender.get("id")),
            handle=text(sender.get("username")),
            display_name=text(sender.get("name")),
            url=web_address(sender.get("link")),
        ),
        text=words,
        created_at=created or datetime.now(UTC),
        url=address,
        hidden=flag(item.get("is_hidden"), False),
        can_hide=flag(item.get("can_hide"), True),
        can_delete=flag(item.get("can_remove"), True),
        attachment_urls=_attachments(record(item.get("attachment"))),
        hidden_known="is_hidden" in item,
    )


def facebook_visitor(item: Mapping[str, object], kind: CommentKind) -> RemoteComment:
    """Somebody's own post: on the Page, or elsewhere with the Page tagged. We can only look at it."""
    sender = record(item.get("from"))
    words, created = text(item.get("message")), when(item.get("created_time"))
    platform_id = identifier(item.get("id")) or stand_in_id(
        "facebook", kind, identifier(sender.get("id")), text(item.get("created_time")), words
    )
    return RemoteComment(
        platform_id=platform_id,
        post_platform_id="",
        parent_platform_id="",
        author=RemoteAuthor(
            platform_id=identifier(sender.get("id")),
            handle=text(sender.get("username")),
            display_name=text(sender.get("name")),
            url=web_address(sender.get("link")),
        ),
        text=words,
        created_at=created or datetime.now(UTC),
        url=web_address(item.get("permalink_url")) or facebook_url(platform_id),
        can_hide=False,
        can_delete=False,
        hidden_known=False,
        kind=kind,
    )


def instagram_tag(item: Mapping[str, object]) -> RemoteComment:
    """Somebody's post in which the account is tagged. We can only look at it."""
    handle = text(item.get("username"))
    words, address = text(item.get("caption")), web_address(item.get("permalink"))
    picture = web_address(item.get("media_url"))
    return RemoteComment(
        platform_id=identifier(item.get("id"))
        or stand_in_id("instagram", "tag", handle, text(item.get("timestamp")), words),
        post_platform_id="",
        parent_platform_id="",
        author=RemoteAuthor(platform_id="", handle=handle, display_name=handle, url=instagram_url(handle)),
        text=words,
        created_at=when(item.get("timestamp")) or datetime.now(UTC),
        url=address,
        can_hide=False,
        can_delete=False,
        attachment_urls=(picture,) if picture else (),
        hidden_known=False,
        kind=CommentKind.TAG,
    )


def _id_in_address(address: str) -> str:
    """The id that a comment's address carries: without the MODERATE task the Graph leaves `id` out.

    …/posts/POST/?comment_id=COMMENT, and for an answer &reply_comment_id=ANSWER; a comment's id
    is POST_COMMENT.
    """
    parts = urlsplit(address)
    query = parse_qs(parts.query)
    comment = (query.get("reply_comment_id") or query.get("comment_id") or [""])[0]
    folders = [folder for folder in parts.path.split("/") if folder]
    post = folders[folders.index("posts") + 1] if "posts" in folders[:-1] else ""
    return f"{post}_{comment}" if post.isdigit() and comment.isdigit() else ""


def _attachments(attachment: Mapping[str, object]) -> tuple[str, ...]:
    picture = record(record(attachment.get("media")).get("image")).get("src")
    addresses = (web_address(picture), web_address(attachment.get("url")))
    return tuple(dict.fromkeys(address for address in addresses if address))


def facebook_post(item: Mapping[str, object]) -> RemotePost:
    """One of a Page's own posts."""
    platform_id = identifier(item.get("id"))
    return RemotePost(
        platform_id=platform_id,
        text=text(item.get("message")),
        created_at=when(item.get("created_time")) or datetime.now(UTC),
        url=web_address(item.get("permalink_url")) or facebook_url(platform_id),
        picture_count=_facebook_pictures(item),
        comment_count=count(record(record(item.get("comments")).get("summary")).get("total_count")),
    )


def _facebook_pictures(item: Mapping[str, object]) -> int | None:
    if "attachments" not in item:
        return None
    found = 0
    for attachment in records(record(item.get("attachments")).get("data")):
        parts = records(record(attachment.get("subattachments")).get("data")) or [attachment]
        found += sum(1 for part in parts if text(part.get("media_type")) in {"photo", "video"})
    return found


def facebook_url(platform_id: str) -> str:
    """Where a Facebook object is shown, by its id."""
    return f"https://www.facebook.com/{platform_id}"


def instagram_comment(item: Mapping[str, object], *, media: str, parent: str = "") -> RemoteComment:
    """A comment under an Instagram post, or with `parent` an answer to one."""
    sender = record(item.get("from"))
    handle = text(item.get("username")) or text(sender.get("username"))
    words = text(item.get("text"))
    return RemoteComment(
        platform_id=identifier(item.get("id"))
        or stand_in_id("instagram", media, handle, text(item.get("timestamp")), words),
        post_platform_id=media,
        parent_platform_id=parent or identifier(item.get("parent_id")),
        author=RemoteAuthor(
            platform_id=identifier(sender.get("id")) or identifier(record(item.get("user")).get("id")),
            handle=handle,
            display_name=handle,
            url=instagram_url(handle),
        ),
        text=words,
        created_at=when(item.get("timestamp")) or datetime.now(UTC),
        hidden=flag(item.get("hidden"), False),
        can_hide=True,
        can_delete=True,
        hidden_known="hidden" in item,
    )


def instagram_post(item: Mapping[str, object]) -> RemotePost:
    """One of an Instagram account's own posts."""
    return RemotePost(
        platform_id=identifier(item.get("id")),
        text=text(item.get("caption")),
        created_at=when(item.get("timestamp")) or datetime.now(UTC),
        url=web_address(item.get("permalink")),
        picture_count=_instagram_pictures(item),
        comment_count=count(item.get("comments_count")),
    )


def _instagram_pictures(item: Mapping[str, object]) -> int | None:
    children = records(record(item.get("children")).get("data"))
    return len(children) or (1 if text(item.get("media_type")) in {"IMAGE", "VIDEO"} else None)


def instagram_url(handle: str) -> str:
    """Where an Instagram account is shown."""
    return f"https://www.instagram.com/{handle}/" if handle else ""


def newest(items: list[Mapping[str, object]], name: str) -> int | None:
    """The latest time under that name, in unix seconds; None if there is none."""
    times = [found for item in items if (found := when(item.get(name))) is not None]
    return int(max(times).timestamp()) if times else None
