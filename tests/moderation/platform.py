"""A platform that shows exactly what a test put there, and misbehaves where the test says so.

The real connectors against the practice platforms are in test_story.py; this one makes the orders
of pages, crashes and refusals that those can't be made to show at will.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connectors.base import (
    CallRecord,
    Capability,
    CommentPage,
    Identity,
    Inspection,
    Limits,
    Platform,
    PostContent,
    RemoteAuthor,
    RemoteComment,
    RemotePost,
    StepStore,
)
from connectors.errors import ConnectorError, NotSupported
from connectors.figures import Figures
from connectors.limits import LIMITS, text_length

WHEN = datetime(2027, 6, 3, 8, 40, tzinfo=UTC)


def author(name: str = "Troll Tim", **more: object) -> RemoteAuthor:
    """Somebody on the platform."""
    values: dict[str, object] = {
        "platform_id": f"id-{name}",
        "handle": name.lower().replace(" ", "_"),
        "display_name": name,
        "url": f"https://platform.test/{name.replace(' ', '')}",
    }
    return RemoteAuthor(**{**values, **more})  # type: ignore[arg-type]


def comment(
    number: int | str, text: str = "Lovely assembly!", *, post: str = "post-1", **more: object
) -> RemoteComment:
    """A comment under a post."""
    values: dict[str, object] = {
        "platform_id": f"c-{number}",
        "post_platform_id": post,
        "parent_platform_id": "",
        "author": author(),
        "text": text,
        "created_at": WHEN,
        "url": f"https://platform.test/c/{number}",
        "can_delete": True,
    }
    return RemoteComment(**{**values, **more})  # type: ignore[arg-type]


def post(platform_id: str = "post-1", **more: object) -> RemotePost:
    """One of the school's posts."""
    values: dict[str, object] = {
        "platform_id": platform_id,
        "text": "Sports day on Friday.",
        "created_at": WHEN,
        "url": "https://platform.test/p",
    }
    return RemotePost(**{**values, **more})  # type: ignore[arg-type]


@dataclass
class ScriptedPlatform:
    """A connector over lists that the test fills."""

    platform: Platform = Platform.FACEBOOK
    capabilities: frozenset[Capability] = frozenset(Capability)
    posts: list[RemotePost] = field(default_factory=lambda: [post()])
    pages: dict[str, list[CommentPage]] = field(default_factory=dict)
    """By post: the pages of one reading."""
    left: int | None = None
    """What the platform says is left of its allowance."""
    elsewhere: list[str] = field(default_factory=list)
    """Streams beside the posts'."""
    people: list[RemoteAuthor] = field(default_factory=list)
    people_at_once: int = 0
    """How many followers a page shows; 0: all of them."""
    asking: list[RemoteAuthor] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)
    done: list[tuple[str, str]] = field(default_factory=list)
    """What was done on the platform, in order."""
    replies: dict[str, str] = field(default_factory=dict)
    """Our answers that can be seen: text to id."""
    failing: dict[str, list[ConnectorError]] = field(default_factory=dict)
    """By method: what its next calls raise."""
    fetches: list[tuple[str | None, str | None, str | None]] = field(default_factory=list)

    @property
    def limits(self) -> Limits:
        return LIMITS[self.platform]

    def _may_fail(self, method: str) -> None:
        if self.failing.get(method):
            raise self.failing[method].pop(0)

    def show(self, *comments: RemoteComment, post: str = "post-1", complete: bool = True) -> None:
        """Let one page hold these comments and no others."""
        self.pages[post] = [CommentPage(comments, None, "w", complete=complete)]

    def calls(self) -> list[CallRecord]:
        return [CallRecord("comments", 200, 3, remaining=self.left)]

    def probe(self) -> Identity:
        return Identity("school", "school", "School", "https://platform.test/school")

    def inspect(self) -> Inspection:
        self._may_fail("inspect")
        return Inspection(self.probe())

    def shown_text(self, content: PostContent) -> str:
        return content.text

    def publish(self, content: PostContent, *, steps: StepStore) -> RemotePost:
        raise NotSupported("Not here.")

    def recent_posts(self, *, since: datetime) -> list[RemotePost]:
        self._may_fail("recent_posts")
        return [post for post in self.posts if post.created_at >= since]

    def never_posted(self, *, steps: StepStore) -> bool:
        return False

    def delete_post(self, post_platform_id: str) -> None:
        raise NotSupported("Not here.")

    def fetch_comments(
        self, *, post_platform_id: str | None, since: str | None, cursor: str | None
    ) -> CommentPage:
        self.fetches.append((post_platform_id, since, cursor))
        self._may_fail("fetch_comments")
        self._may_fail(f"fetch_comments {post_platform_id}")
        pages = self.pages.get(post_platform_id or "", [CommentPage((), None, "w")])
        return pages[int(cursor or 0)]

    def comment_streams(self, *, posts: Mapping[str, datetime]) -> Iterator[str | None]:
        yield from posts
        yield from self.elsewhere

    def vanished(self, comment_platform_ids: Sequence[str]) -> frozenset[str]:
        return frozenset(comment_platform_ids) & self.deleted

    def set_hidden(self, comment_platform_id: str, hidden: bool) -> None:
        self._may_fail("set_hidden")
        self.done.append(("hide" if hidden else "unhide", comment_platform_id))

    def delete_comment(self, comment_platform_id: str) -> None:
        self._may_fail("delete_comment")
        self.done.append(("delete", comment_platform_id))

    def reply(self, comment_platform_id: str, text: str) -> str:
        self._may_fail("reply")
        self.done.append(("reply", comment_platform_id))
        self.replies[text] = "reply-1"
        return "reply-1"

    def find_reply(self, comment_platform_id: str, text: str, *, since: datetime) -> str | None:
        return self.replies.get(text)

    def block(self, author_platform_id: str) -> None:
        self._may_fail("block")
        self.done.append(("block", author_platform_id))

    def unblock(self, author_platform_id: str) -> None:
        self.done.append(("unblock", author_platform_id))

    def mute(self, author_platform_id: str) -> None:
        self.done.append(("mute", author_platform_id))

    def unmute(self, author_platform_id: str) -> None:
        self.done.append(("unmute", author_platform_id))

    def followers(self, *, cursor: str | None) -> tuple[list[RemoteAuthor], str | None]:
        self._may_fail("followers")
        start = int(cursor or 0)
        end = start + (self.people_at_once or len(self.people))
        return self.people[start:end], str(end) if end < len(self.people) else None

    def follow_requests(self, *, cursor: str | None) -> tuple[list[RemoteAuthor], str | None]:
        return self.asking, None

    def decide_follow_request(self, author_platform_id: str, accept: bool) -> None:
        self.done.append(("accept" if accept else "decline", author_platform_id))

    def figures(self, post_platform_ids: Sequence[str]) -> dict[str, Figures]:
        return {}

    def remove_follower(self, author_platform_id: str) -> None:
        self.done.append(("remove", author_platform_id))

    def text_length(self, text: str) -> int:
        return text_length(self.platform, text)
