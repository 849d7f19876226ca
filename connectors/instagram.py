"""An Instagram professional account, through facebook-sdk with its Page's token (PLATFORMS.md section 3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from connectors import graph_inspection
from connectors import graph_mapping as mapping
from connectors.base import (
    TAGGED,
    Capability,
    CommentPage,
    Credentials,
    Endpoints,
    Identity,
    Inspection,
    Platform,
    PostContent,
    RemoteAuthor,
    RemoteComment,
    RemotePost,
    StepStore,
)
from connectors.errors import ConnectorRefused, NotSupported, OutcomeUnknown
from connectors.exchange import Call, Effect, required_id, sendable
from connectors.figures import Figures
from connectors.graph import GraphAccount, a_little_before, after_of, confirmed, unix
from connectors.graph_insights import INSTAGRAM_FIELDS, INSTAGRAM_METRICS, Insights
from connectors.graph_paging import NewestFirst, read_page
from connectors.instagram_publishing import InstagramPublication
from connectors.limits import LIMITS, shown_text, text_length
from connectors.posting import checked_text, same_text
from connectors.untrusted import has_stand_in_id, identifier, record, records, text

REPLY_FIELDS = "id,text,timestamp,username,from,hidden,parent_id"
COMMENT_FIELDS = f"{REPLY_FIELDS},replies{{{REPLY_FIELDS}}}"
POST_FIELDS = "id,caption,timestamp,permalink,media_type,children,comments_count"
PAGE = 50
"""Instagram gives no more comments than this at a time."""
COMMENTS = NewestFirst("comments", "comments", COMMENT_FIELDS, "timestamp", PAGE, 900)
"""Read whole every quarter of an hour: a new answer to an old comment may stand on any page, and
nothing else tells of it."""
TAGS = NewestFirst(
    "tags", "tags", "id,caption,username,timestamp,permalink,media_type,media_url", "timestamp", PAGE, 86_400
)
MOST_REPLY_PAGES = 20


class InstagramConnector(GraphAccount):
    """One Instagram account.

    Blocking is not declared: Instagram lets a product block only people with whom the account
    has exchanged direct messages, which a mere commenter has not.
    """

    platform = Platform.INSTAGRAM
    capabilities = frozenset(
        {
            Capability.PUBLISH_PICTURES,
            Capability.PUBLISH_VIDEO,
            Capability.DELETE_POST,
            Capability.FETCH_COMMENTS,
            Capability.HIDE,
            Capability.DELETE_COMMENT,
            Capability.REPLY,
        }
    )
    limits = LIMITS[Platform.INSTAGRAM]

    def __init__(self, credentials: Credentials, platform_id: str, endpoints: Endpoints) -> None:
        super().__init__("Instagram", credentials, endpoints)
        self._ig_id = platform_id or credentials.values["ig_user_id"]
        self._handle: str | None = None

    def probe(self) -> Identity:
        """GET /{ig}?fields=id,username,name."""
        account = self._described(self._ig_id, "id,username,name", "id,username")
        platform_id, handle = identifier(account.get("id")), text(account.get("username"))
        if not platform_id:
            raise ConnectorRefused("Instagram did not say which account this is.", code="me")
        self._handle = handle
        return Identity(
            platform_id=platform_id,
            handle=handle or platform_id,
            display_name=text(account.get("name")) or handle,
            url=mapping.instagram_url(handle),
        )

    def inspect(self) -> Inspection:
        """The account, and what `debug_token` says of its Page's token."""
        # The token is the Page's, so whose it is doesn't name this account.
        return replace(graph_inspection.inspect(self, self.probe()), owner_id="")

    # Posts

    def text_length(self, text: str) -> int:
        """Instagram counts code points."""
        return text_length(Platform.INSTAGRAM, text)

    def shown_text(self, content: PostContent) -> str:
        """The caption with the link as its last line, to read; Instagram makes no links clickable."""
        return shown_text(Platform.INSTAGRAM, content)

    def publish(self, content: PostContent, *, steps: StepStore) -> RemotePost:
        """Containers for the pictures, or one for the video; wait for them, then media_publish once.

        Instagram fetches each picture from its `public_url`; a video is sent to it. Raises
        ConnectorUnavailable with code "in_progress" while it is still at it; the same `steps` take
        up from there.
        """
        caption = checked_text(Platform.INSTAGRAM, content)
        for place, picture in enumerate(content.pictures, start=1):
            if not picture.public_url:
                raise ConnectorRefused(
                    f"Instagram fetches pictures from a public address, and picture {place} has none. "
                    "Set SCHOOLGATE_PUBLIC_URL to an address that Instagram can reach.",
                    code="public_url",
                )
        return InstagramPublication(self, steps, self._ig_id).publish(
            caption, content.pictures, content.video
        )

    def delete_post(self, post_platform_id: str) -> None:
        """DELETE /{media}. Raises Gone if it isn't there (any more)."""
        self._delete("delete_post", post_platform_id)

    def figures(self, post_platform_ids: Sequence[str]) -> dict[str, Figures]:
        """GET /{media} for likes and comments; GET /{media}/insights for who saw it."""
        return Insights(self, INSTAGRAM_FIELDS, INSTAGRAM_METRICS).read(post_platform_ids)

    def recent_posts(self, *, since: datetime) -> list[RemotePost]:
        """The account's own posts since then, newest first: GET /{ig}/media."""
        found: list[RemotePost] = []
        for page in self.pages(
            "posts", self._ig_id, "media", fields=POST_FIELDS, since=unix(since), limit=PAGE
        ):
            posts = [mapping.instagram_post(item) for item in records(page.get("data"))]
            found += [post for post in posts if post.created_at >= since]
            if posts and all(post.created_at < since for post in posts):
                break
        return sorted(found, key=lambda post: post.created_at, reverse=True)

    def never_posted(self, *, steps: StepStore) -> bool:
        """Whether the container still waits to be published; GET /{container}?fields=status_code."""
        return InstagramPublication(self, steps, self._ig_id).never_posted()

    # Comments

    def comment_streams(self, *, posts: Mapping[str, datetime]) -> Iterator[str | None]:
        """Every watched post, since Instagram has no list of all comments; and where we are tagged."""
        yield from posts
        yield TAGGED

    def fetch_comments(
        self, *, post_platform_id: str | None, since: str | None, cursor: str | None
    ) -> CommentPage:
        """One page of the comments under one post, each with its answers; or of posts that tag us.

        Instagram gives the newest first and takes no time: reading stops where all is older than
        the watermark, and goes through everything now and then for late answers.
        """
        if post_platform_id is None:
            raise NotSupported("Instagram's comments are read post by post.")
        if post_platform_id == TAGGED:
            page = read_page(self, self._ig_id, TAGS, since=since, cursor=cursor)
            tags = [mapping.instagram_tag(item) for item in page.items if not self._is_own(item)]
            return CommentPage(tuple(tags), page.cursor, page.watermark, complete=page.complete)
        page = read_page(self, post_platform_id, COMMENTS, since=since, cursor=cursor)
        everything = list(self._with_replies(page.items, post_platform_id))
        others = [comment for comment, own in everything if not own]
        return CommentPage(
            comments=tuple(others),
            cursor=page.cursor,
            watermark=page.watermark,
            complete=page.complete,
            own=len(everything) - len(others),
        )

    def _with_replies(
        self, items: Sequence[Mapping[str, object]], media: str
    ) -> Iterator[tuple[RemoteComment, bool]]:
        """Each comment and each of its answers, and whether it is our own."""
        for item in items:
            comment = mapping.instagram_comment(item, media=media)
            yield comment, self._is_own(item)
            for reply in self._replies(item):
                answer = mapping.instagram_comment(reply, media=media, parent=comment.platform_id)
                yield answer, self._is_own(reply)

    def _replies(self, item: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
        """A comment's answers: those that came with it, and the pages that did not fit."""
        first = record(item.get("replies"))
        yield from records(first.get("data"))
        after = after_of(first)
        comment = identifier(item.get("id"))
        if not after or not comment:
            return
        for _ in range(MOST_REPLY_PAGES):
            page = self.list_page("replies", comment, "replies", fields=REPLY_FIELDS, limit=PAGE, after=after)
            yield from records(page.get("data"))
            after = after_of(page)
            if after is None:
                return

    def _is_own(self, item: Mapping[str, object]) -> bool:
        """Whether we wrote it: by `from` where it is given, else by the name."""
        sender = record(item.get("from"))
        sender_id = identifier(sender.get("id"))
        if sender_id:
            return sender_id == self._ig_id or identifier(sender.get("self_ig_scoped_id")) == self._ig_id
        if self._handle is None:
            try:
                self.probe()
            except ConnectorRefused:
                # Our own comments are then kept like everybody's.
                self._handle = ""
        return bool(self._handle) and text(item.get("username")) == self._handle

    def vanished(self, comment_platform_ids: Sequence[str]) -> frozenset[str]:
        """Those that GET /{comment} no longer finds; one request each."""
        return frozenset(
            comment
            for comment in comment_platform_ids
            if not has_stand_in_id(comment) and not self._exists("vanished", comment)
        )

    def set_hidden(self, comment_platform_id: str, hidden: bool) -> None:
        """POST /{comment} hide; Instagram refuses it for our own comments."""
        call = Call("hide" if hidden else "unhide", Effect.REPEATABLE, names_object=True)
        confirmed(self._write(call, comment_platform_id, hide="true" if hidden else "false"), "Instagram")

    def delete_comment(self, comment_platform_id: str) -> None:
        """DELETE /{comment}. Raises Gone if it isn't there (any more)."""
        self._delete("delete_comment", comment_platform_id)

    def reply(self, comment_platform_id: str, text: str) -> str:
        """POST /{comment}/replies once; the new comment's id."""
        comment = required_id(comment_platform_id, "comment")
        call = Call("reply", Effect.ONCE, names_object=True)
        answer = self.ask(call, self.client.put_object, comment, "replies", message=sendable(text))
        if not identifier(answer.get("id")):
            raise OutcomeUnknown(
                "Instagram took the text without saying under which id; it may have been posted."
            )
        return identifier(answer.get("id"))

    def find_reply(self, comment_platform_id: str, text: str, *, since: datetime) -> str | None:
        """Our own answer among those to the comment, or None."""
        if self._handle is None:
            self.probe()
        for page in self.pages(
            "own_replies", comment_platform_id, "replies", fields=REPLY_FIELDS, limit=PAGE
        ):
            for item in records(page.get("data")):
                answer = mapping.instagram_comment(item, media="")
                if (
                    self._is_own(item)
                    and answer.created_at >= a_little_before(since)
                    and same_text(answer.text, text)
                ):
                    return answer.platform_id
        return None

    # People

    def block(self, author_platform_id: str) -> None:
        """Needs a thread of direct messages, which a commenter has not."""
        raise NotSupported("Instagram lets nobody block a commenter from outside; do it on Instagram itself.")

    def unblock(self, author_platform_id: str) -> None:
        raise NotSupported(
            "Instagram lets nobody unblock a commenter from outside; do it on Instagram itself."
        )

    def mute(self, author_platform_id: str) -> None:
        """Instagram's "restrict" is not offered to products."""
        raise NotSupported("Instagram lets nobody mute people from outside; do it on Instagram itself.")

    def unmute(self, author_platform_id: str) -> None:
        raise NotSupported("Instagram lets nobody mute people from outside; do it on Instagram itself.")

    def followers(self, *, cursor: str | None) -> tuple[list[RemoteAuthor], str | None]:
        """Instagram tells the number of followers only."""
        raise NotSupported("Instagram doesn't say who follows an account.")

    def follow_requests(self, *, cursor: str | None) -> tuple[list[RemoteAuthor], str | None]:
        """Professional accounts are public."""
        raise NotSupported("Professional accounts on Instagram have no follow requests.")

    def decide_follow_request(self, author_platform_id: str, accept: bool) -> None:
        """Professional accounts are public."""
        raise NotSupported("Professional accounts on Instagram have no follow requests.")

    def remove_follower(self, author_platform_id: str) -> None:
        """Instagram does not offer that to products."""
        raise NotSupported("Instagram lets nobody remove followers from outside; do it on Instagram itself.")
