"""A Facebook Page, through facebook-sdk with a Page token (PLATFORMS.md section 2)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from connectors import graph_inspection
from connectors import graph_mapping as mapping
from connectors.base import (
    TAGGED,
    VISITOR_POSTS,
    Capability,
    CommentKind,
    CommentPage,
    Credentials,
    Endpoints,
    Identity,
    Inspection,
    Picture,
    Platform,
    PostContent,
    RemoteAuthor,
    RemotePost,
    StepStore,
)
from connectors.errors import ConnectorRefused, NotSupported, OutcomeUnknown
from connectors.exchange import Call, Effect, number, required_id, sendable
from connectors.facebook_video import FacebookVideo
from connectors.figures import Figures
from connectors.graph import UPLOAD_PATIENCE, GraphAccount, a_little_before, after_of, confirmed, unix
from connectors.graph_insights import FACEBOOK_FIELDS, FACEBOOK_METRICS, Insights
from connectors.graph_paging import NewestFirst, read_page
from connectors.limits import LIMITS, shown_text, text_length
from connectors.posting import checked_text, pack, refuse_second_sending, same_text, send_once, unpack
from connectors.untrusted import count, flag, has_stand_in_id, identifier, record, records, text

COMMENT_FIELDS = "id,message,from,created_time,parent,is_hidden,can_hide,can_remove,attachment,permalink_url"
POST_FIELDS = "id,message,created_time,permalink_url,attachments{media_type,subattachments}"
PAGE = 100
OVERLAP = 120
"""Seconds read again: the order is ignored when comments are ranked, and clocks differ."""

_VISITOR_FIELDS = "id,message,from,created_time,permalink_url"
ELSEWHERE = {
    VISITOR_POSTS: NewestFirst("visitor_posts", "visitor_posts", _VISITOR_FIELDS, "created_time", 50, 86_400),
    TAGGED: NewestFirst("tagged", "tagged", _VISITOR_FIELDS, "created_time", 50, 86_400),
}
"""What others post: on the Page itself, and elsewhere with the Page tagged."""

_FILE_NAMES = {"image/jpeg": "picture.jpg", "image/png": "picture.png"}


class FacebookConnector(GraphAccount):
    """One Facebook Page."""

    platform = Platform.FACEBOOK
    capabilities = frozenset(
        {
            Capability.PUBLISH_TEXT,
            Capability.PUBLISH_PICTURES,
            Capability.PUBLISH_VIDEO,
            Capability.DELETE_POST,
            Capability.FETCH_COMMENTS,
            Capability.HIDE,
            Capability.DELETE_COMMENT,
            Capability.REPLY,
            Capability.BLOCK,
        }
    )
    limits = LIMITS[Platform.FACEBOOK]

    def __init__(self, credentials: Credentials, platform_id: str, endpoints: Endpoints) -> None:
        super().__init__("Facebook", credentials, endpoints)
        self._page_id = platform_id or credentials.values["page_id"]

    def probe(self) -> Identity:
        """GET /{page}?fields=id,name,username,link."""
        page = self._described(self._page_id, "id,name,username,link", "id,name")
        platform_id = identifier(page.get("id"))
        if not platform_id:
            raise ConnectorRefused("Facebook did not say which Page this is.", code="me")
        return Identity(
            platform_id=platform_id,
            handle=text(page.get("username")) or platform_id,
            display_name=text(page.get("name")),
            url=text(page.get("link")) or mapping.facebook_url(platform_id),
        )

    def inspect(self) -> Inspection:
        """The Page, whether it is published, and what `debug_token` says of the token."""
        identity = self.probe()
        try:
            published = flag(
                self._get("published", self._page_id, fields="is_published").get("is_published"), True
            )
        except ConnectorRefused:
            published = True
        return graph_inspection.inspect(self, identity, published=published)

    # Posts

    def text_length(self, text: str) -> int:
        """Facebook counts code points."""
        return text_length(Platform.FACEBOOK, text)

    def shown_text(self, content: PostContent) -> str:
        """The text; beside pictures with the link as its last line, else Facebook shows a card."""
        return shown_text(Platform.FACEBOOK, content)

    def publish(self, content: PostContent, *, steps: StepStore) -> RemotePost:
        """Upload the pictures unpublished with their alt texts, then POST /{page}/feed once.

        A video goes up in pieces, and the request that ends its upload posts it.
        """
        words = checked_text(Platform.FACEBOOK, content)
        if content.video is not None:
            return FacebookVideo(self, steps, self._page_id, content.video).publish(words)
        refuse_second_sending(steps)
        photos = [self._uploaded(picture, steps) for picture in content.pictures]
        form: dict[str, object] = {"message": words} if words.strip() else {}
        if photos:
            # The Graph wants lists in forms as JSON.
            form["attached_media"] = json.dumps([{"media_fbid": photo} for photo in photos])
        elif content.link.strip():
            form["link"] = content.link.strip()
        answer = send_once(
            steps, lambda: self._posted(Call("publish", Effect.ONCE), self._page_id, "feed", form)
        )
        platform_id = identifier(answer.get("id"))
        return RemotePost(
            platform_id=platform_id,
            text=words,
            created_at=datetime.now(UTC),
            url=mapping.facebook_url(platform_id),
            picture_count=len(photos),
        )

    def _posted(self, call: Call, node: str, edge: str, form: Mapping[str, object]) -> Mapping[str, object]:
        answer = self.ask(call, self.client.put_object, required_id(node, "comment"), edge, **form)
        if not identifier(answer.get("id")):
            raise OutcomeUnknown(
                "Facebook took the text without saying under which id; it may have been posted."
            )
        return answer

    def _uploaded(self, picture: Picture, steps: StepStore) -> str:
        """The picture's id at Facebook, uploaded now or by an earlier attempt; not yet to be seen."""
        key = "facebook-photo-" + hashlib.sha256(picture.data + b"\0" + picture.alt_text.encode()).hexdigest()
        known = steps.get(key)
        if known:
            return known
        form = {"published": "false"} | ({"alt_text_custom": picture.alt_text} if picture.alt_text else {})
        answer = self.ask(
            Call("upload", Effect.REPEATABLE, patience=UPLOAD_PATIENCE),
            self.client.put_photo,
            (_FILE_NAMES[picture.mime_type], picture.data, picture.mime_type),
            album_path=f"{required_id(self._page_id, 'account')}/photos",
            **form,
        )
        photo = identifier(answer.get("id"))
        if not photo:
            raise ConnectorRefused("Facebook took a picture without saying under which id.", code="upload")
        steps.put(key, photo)
        return photo

    def delete_post(self, post_platform_id: str) -> None:
        """DELETE /{post}. Raises Gone if it isn't there (any more)."""
        self._delete("delete_post", post_platform_id)

    def figures(self, post_platform_ids: Sequence[str]) -> dict[str, Figures]:
        """GET /{post} for reactions, comments and shares; GET /{post}/insights for who saw it."""
        asked = Insights(self, FACEBOOK_FIELDS, FACEBOOK_METRICS, {"period": "lifetime"})
        return asked.read(post_platform_ids)

    def recent_posts(self, *, since: datetime) -> list[RemotePost]:
        """The Page's own posts since then, newest first: GET /{page}/published_posts."""
        found: list[RemotePost] = []
        for page in self.pages("posts", self._page_id, "published_posts", fields=POST_FIELDS, limit=PAGE):
            items = records(page.get("data"))
            posts = [mapping.facebook_post(item) for item in items]
            found += [post for post in posts if post.created_at >= since]
            if items and all(post.created_at < since for post in posts):
                break
        return sorted(found, key=lambda post: post.created_at, reverse=True)

    # Comments

    def never_posted(self, *, steps: StepStore) -> bool:
        """Nothing on a Page tells of a post that isn't listed."""
        return False

    def comment_streams(self, *, posts: Mapping[str, datetime]) -> Iterator[str | None]:
        """Every watched post, since Facebook has no list of all comments; what visitors post; and tags."""
        yield from posts
        yield from ELSEWHERE

    def fetch_comments(
        self, *, post_platform_id: str | None, since: str | None, cursor: str | None
    ) -> CommentPage:
        """One page of the comments under one post, answers included; or of what visitors post or tag.

        The watermark is the latest comment's time in unix seconds.
        """
        if post_platform_id is None:
            raise NotSupported("Facebook's comments are read post by post.")
        if post_platform_id in ELSEWHERE:
            return self._elsewhere(post_platform_id, since, cursor)
        place = unpack(cursor)
        floor = int(number(since) or 0)
        page = self.list_page(
            "comments",
            post_platform_id,
            "comments",
            filter="stream",
            order="chronological",
            since=max(floor - OVERLAP, 1) if floor else None,
            fields=COMMENT_FIELDS,
            limit=PAGE,
            after=text(place.get("after")) or None,
            summary=None if floor else "true",
        )
        items = records(page.get("data"))
        others = [item for item in items if not self._is_own(item)]
        latest = max(floor, int(number(place.get("latest")) or 0), mapping.newest(items, "created_time") or 0)
        following = after_of(page)
        # The same page for ever: stop, and say that something may be missing.
        stuck = following is not None and following == place.get("after")
        if stuck:
            following = None
        return CommentPage(
            comments=tuple(mapping.facebook_comment(item, post=post_platform_id) for item in others),
            cursor=pack({"after": following, "latest": latest}) if following else None,
            watermark=None if following else str(latest) if latest else since,
            complete=not stuck,
            own=len(items) - len(others),
            total=count(record(page.get("summary")).get("total_count")),
        )

    def _elsewhere(self, stream: str, since: str | None, cursor: str | None) -> CommentPage:
        page = read_page(self, self._page_id, ELSEWHERE[stream], since=since, cursor=cursor)
        kind = CommentKind.VISITOR_POST if stream == VISITOR_POSTS else CommentKind.TAG
        found = [mapping.facebook_visitor(item, kind) for item in page.items if not self._is_own(item)]
        return CommentPage(tuple(found), page.cursor, page.watermark, complete=page.complete)

    def _is_own(self, item: Mapping[str, object]) -> bool:
        return identifier(record(item.get("from")).get("id")) == self._page_id

    def vanished(self, comment_platform_ids: Sequence[str]) -> frozenset[str]:
        """Those that GET /{comment} no longer finds; one request each."""
        return frozenset(
            comment
            for comment in comment_platform_ids
            if not has_stand_in_id(comment) and not self._exists("vanished", comment)
        )

    def set_hidden(self, comment_platform_id: str, hidden: bool) -> None:
        """POST /{comment} is_hidden."""
        call = Call("hide" if hidden else "unhide", Effect.REPEATABLE, names_object=True)
        confirmed(self._write(call, comment_platform_id, is_hidden="true" if hidden else "false"), "Facebook")

    def delete_comment(self, comment_platform_id: str) -> None:
        """DELETE /{comment}. Raises Gone if it isn't there (any more)."""
        self._delete("delete_comment", comment_platform_id)

    def reply(self, comment_platform_id: str, text: str) -> str:
        """POST /{comment}/comments once; the new comment's id."""
        call = Call("reply", Effect.ONCE, names_object=True)
        answer = self._posted(call, comment_platform_id, "comments", {"message": sendable(text)})
        return identifier(answer.get("id"))

    def find_reply(self, comment_platform_id: str, text: str, *, since: datetime) -> str | None:
        """The Page's own answer among those to the comment, or None."""
        pages = self.pages(
            "own_replies",
            comment_platform_id,
            "comments",
            fields="id,message,from,created_time",
            filter="stream",
            order="chronological",
            since=unix(a_little_before(since)),
            limit=PAGE,
        )
        for page in pages:
            for item in records(page.get("data")):
                answer = mapping.facebook_comment(item, post="")
                if (
                    answer.author.platform_id in {self._page_id, ""}
                    and answer.created_at >= a_little_before(since)
                    and same_text(answer.text, text)
                ):
                    return answer.platform_id
        return None

    # People

    def block(self, author_platform_id: str) -> None:
        """POST /{page}/blocked."""
        self._ban(author_platform_id, "block", "POST")

    def unblock(self, author_platform_id: str) -> None:
        """DELETE /{page}/blocked."""
        self._ban(author_platform_id, "unblock", "DELETE")

    def _ban(self, author_platform_id: str, operation: str, method: str) -> None:
        person = required_id(author_platform_id, "person")
        call = Call(operation, Effect.REPEATABLE)
        path = f"{self.client.version}/{required_id(self._page_id, 'account')}/blocked"
        answer: Mapping[str, object] = {}
        for name in ("user", "psid"):
            # Commenters' ids are the Page's own for them on some Pages, general on others.
            try:
                if method == "POST":
                    form = {name: json.dumps([person])}
                    answer = self.ask(call, self.client.request, path, post_args=form, method="POST")
                else:
                    answer = self.ask(call, self.client.request, path, {name: person}, method="DELETE")
                break
            except ConnectorRefused as error:
                if name == "psid" or error.code.split("/")[0] != "100":
                    raise
        confirmed(answer, "Facebook")
        # The answer says for each person whether it was done; a missing one counts as done.
        if answer.get(person) is False:
            raise ConnectorRefused("Facebook took the request but did not do it.", code="blocked")

    def mute(self, author_platform_id: str) -> None:
        """Pages can't mute."""
        raise NotSupported("Facebook Pages can't mute people; block them instead.")

    def unmute(self, author_platform_id: str) -> None:
        raise NotSupported("Facebook Pages can't mute people; block them instead.")

    def followers(self, *, cursor: str | None) -> tuple[list[RemoteAuthor], str | None]:
        """Facebook tells the number of followers only."""
        raise NotSupported("Facebook doesn't say who follows a Page.")

    def follow_requests(self, *, cursor: str | None) -> tuple[list[RemoteAuthor], str | None]:
        """Anybody may follow a Page."""
        raise NotSupported("Facebook Pages have no follow requests.")

    def decide_follow_request(self, author_platform_id: str, accept: bool) -> None:
        """Anybody may follow a Page."""
        raise NotSupported("Facebook Pages have no follow requests.")

    def remove_follower(self, author_platform_id: str) -> None:
        """Facebook offers that to people only."""
        raise NotSupported("Facebook lets nobody remove a Page's followers from outside; block them instead.")
