"""What is read from X: the account itself, its posts, comments and followers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors import x_mapping as mapping
from connectors.base import (
    CallRecord,
    Capability,
    CommentPage,
    Credentials,
    Endpoints,
    Identity,
    Inspection,
    RemoteAuthor,
    RemotePost,
    StepStore,
)
from connectors.errors import ConnectorRefused, NotSupported
from connectors.exchange import Call, Ledger, number, required_id, server_time, shown_code
from connectors.figures import Figures
from connectors.posting import pack, same_text, unpack
from connectors.untrusted import identifier, record, text, when
from connectors.x_client import XClient
from connectors.x_session import XSession

USER_FIELDS = ["created_at", "description", "id", "name", "protected", "public_metrics", "username"]
POST_FIELDS = [
    "attachments",
    "author_id",
    "conversation_id",
    "created_at",
    "edit_history_tweet_ids",
    "entities",
    "id",
    "in_reply_to_user_id",
    "note_tweet",
    "public_metrics",
    "referenced_tweets",
    "text",
]
MEDIA_FIELDS = ["media_key", "preview_image_url", "type", "url"]
EXPANSIONS = ["attachments.media_keys", "author_id", "referenced_tweets.id"]

LOOKUP_FIELDS = ("author_id", "conversation_id", "edit_history_tweet_ids")

PAGE = 100
NEWEST_FOLLOWERS = 20
FOLLOWERS_PAGE = 1000
SEARCH_REACH = timedelta(days=7) - timedelta(minutes=10)
"""How far back the search goes; the ten minutes allow for two clocks."""
MENTIONS_REACH = 800
MENTIONS_OVERLAP = 10
"""Seconds read again, since X's ids become visible slightly out of order; likewise the search's."""
SEARCH_OVERLAP = 60
FIRST_DAY = datetime(2010, 11, 6, 0, 0, 1, tzinfo=UTC)
"""X refuses to be asked for anything before."""
MOST_PAGES = 40


class XReader:
    """One account on X, for reading."""

    def __init__(self, credentials: Credentials, platform_id: str, endpoints: Endpoints) -> None:
        self._ledger = Ledger()
        self._session = XSession(base_url=endpoints.x_url, timeout=endpoints.timeout, ledger=self._ledger)
        values = credentials.values
        self._client = XClient(
            consumer_key=values["consumer_key"],
            consumer_secret=values["consumer_secret"],
            access_token=values["access_token"],
            access_token_secret=values["access_token_secret"],
            return_type=dict,
            wait_on_rate_limit=False,
        )
        self._client.session = self._session
        self._client.own_id = self._own_id
        # X's own tokens begin with the account's id; another server's need not.
        prefix, dash, _ = values["access_token"].partition("-")
        self._known_id = platform_id or (prefix if dash and mapping.number_of(prefix) else "")
        self._handle = ""
        self._roots: dict[str, bool] = {}
        self._written: dict[str, datetime] = {}
        """When our posts were written, which their ids say on X itself and need not elsewhere."""
        capabilities = {
            Capability.PUBLISH_TEXT,
            Capability.PUBLISH_PICTURES,
            Capability.PUBLISH_VIDEO,
            Capability.DELETE_POST,
            Capability.FETCH_COMMENTS,
            Capability.HIDE,
            Capability.REPLY,
            Capability.MUTE,
            Capability.LIST_FOLLOWERS,
        }
        if endpoints.x_follow_requests:
            capabilities.add(Capability.LIST_FOLLOW_REQUESTS)
        self.capabilities = frozenset(capabilities)

    def calls(self) -> list[CallRecord]:
        """The requests made since the last time this was asked, oldest first."""
        return self._ledger.take()

    def _call(
        self, call: Call, function: Callable[..., Any], *args: Any, **parameters: Any
    ) -> Mapping[str, object]:
        self._session.call = call
        answer = record(function(*args, **parameters))
        self._ledger.count_items(len(mapping.items_of(answer)))
        return answer

    def _own_id(self) -> str:
        if not self._known_id:
            self.probe()
        return self._known_id

    def probe(self) -> Identity:
        """GET /2/users/me. `permissions` says what X lets the keys do ("read", "write", …)."""
        answer = self._call(Call("me"), self._client.get_me, user_fields=USER_FIELDS, user_auth=True)
        access = self._session.last_headers.get("x-access-level", "")
        user = mapping.author_of(record(answer.get("data")))
        if not user.platform_id:
            raise ConnectorRefused("X did not say whose keys these are.", code="me")
        self._known_id, self._handle = user.platform_id, user.handle
        return Identity(
            platform_id=user.platform_id,
            handle=user.handle,
            display_name=user.display_name,
            url=user.url,
            permissions=frozenset(word for word in shown_code(access).split("-") if word),
        )

    def inspect(self) -> Inspection:
        """GET /2/users/me: whose the keys are, what its header says they allow; they have no end."""
        identity = self.probe()
        return Inspection(
            identity=identity,
            kind="keys of an app for one user (OAuth 1.0a)",
            owner_id=identity.platform_id,
            permissions=identity.permissions or None,
        )

    def recent_posts(self, *, since: datetime) -> list[RemotePost]:
        """Our own posts since then, answers to others left out, newest first."""
        return [
            mapping.post_of(post, self._handle)
            for post in self._own_posts("posts", since, ["replies", "retweets"])
        ]

    def _own_posts(
        self, operation: str, since: datetime, exclude: list[str]
    ) -> Iterator[Mapping[str, object]]:
        token: str | None = None
        for _ in range(MOST_PAGES):
            answer = self._call(
                Call(operation, names_object=True),
                self._client.get_users_tweets,
                self._own_id(),
                start_time=max(since.astimezone(UTC), FIRST_DAY),
                exclude=exclude,
                max_results=PAGE,
                pagination_token=token,
                tweet_fields=POST_FIELDS,
                user_auth=True,
            )
            yield from (post for post in mapping.items_of(answer) if not mapping.is_repost(post))
            token = mapping.next_token(answer)
            if token is None:
                return

    def never_posted(self, *, steps: StepStore) -> bool:
        """Nothing on X tells of a post that isn't listed."""
        return False

    def find_reply(self, comment_platform_id: str, text: str, *, since: datetime) -> str | None:
        """Our own answer among our newest posts, or None."""
        for post in self._own_posts("own_replies", since - timedelta(minutes=1), ["retweets"]):
            if mapping.referenced(post, "replied_to") == comment_platform_id and same_text(
                mapping.text_of(post), text
            ):
                return identifier(post.get("id"))
        return None

    def comment_streams(self, *, posts: Mapping[str, datetime]) -> Iterator[str | None]:
        """First what mentions or answers us (None), then each watched post's conversation.

        Replies deeper down need not mention us, so the conversations are searched too, as far
        as X's search reaches: posts older than seven days are left to the mentions.
        """
        self._written.update(posts)
        yield None
        for post, written in posts.items():
            if mapping.number_of(post) and written > datetime.now(UTC) - SEARCH_REACH:
                yield post

    def fetch_comments(
        self, *, post_platform_id: str | None, since: str | None, cursor: str | None
    ) -> CommentPage:
        """One page of mentions (None) or of one post's conversation, newest first.

        The watermark is the largest id seen, compared as a number, and X's time when the reading
        began.
        """
        place = unpack(cursor)
        mark = mapping.Watermark.read(since)
        largest = max(mark.floor, mapping.number_of(text(place.get("largest"))))
        seen = int(number(place.get("seen")) or 0)
        token = text(place.get("token")) or None
        oldest = None
        if post_platform_id is None:
            answer = self._mentions(mark.start(MENTIONS_OVERLAP), token)
            comments = mapping.comments_of(
                answer, own_id=self._own_id(), our_posts=self._our_conversations(answer)
            )
            reached = True
        else:
            post = required_id(post_platform_id, "post")
            # All pages of one read are asked for from the same moment.
            oldest = when(place.get("oldest")) or datetime.now(UTC) - SEARCH_REACH
            answer, reached = self._conversation(post, mark, token, oldest)
            comments = mapping.comments_of(answer, own_id=self._own_id(), conversation=post)
        items = mapping.items_of(answer)
        seen += len(items)
        largest = max([largest, *(mapping.number_of(identifier(item.get("id"))) for item in items)])
        began = number(place.get("began")) or server_time(self._session.last_headers).timestamp()
        following = mapping.next_token(answer)
        if following is not None and following == token:
            # The same page for ever: stop, and say that something may be missing.
            following, reached = None, False
        if post_platform_id is None and mark.floor and seen >= MENTIONS_REACH:
            # X shows the newest 800 only: what lies between them and the watermark is lost to us.
            reached = False
        further = {
            "token": following,
            "largest": str(largest),
            "seen": seen,
            "oldest": oldest and oldest.isoformat(),
            "began": int(began),
        }
        return CommentPage(
            comments=tuple(comments),
            cursor=pack(further) if following else None,
            watermark=None if following else mapping.Watermark(largest, int(began)).packed() or since,
            complete=reached,
        )

    def _mentions(self, since_id: str | None, token: str | None) -> Mapping[str, object]:
        return self._call(
            Call("mentions", names_object=True),
            self._client.get_users_mentions,
            self._own_id(),
            since_id=since_id,
            max_results=PAGE,
            pagination_token=token,
            expansions=EXPANSIONS,
            tweet_fields=POST_FIELDS,
            user_fields=USER_FIELDS,
            media_fields=MEDIA_FIELDS,
            user_auth=True,
        )

    def _conversation(
        self, post: str, mark: mapping.Watermark, token: str | None, oldest: datetime
    ) -> tuple[Mapping[str, object], bool]:
        """A page of the search, and whether the search reaches back to where we want to begin."""
        newest = mapping.time_of(str(mark.floor))
        begin = mark.began or newest or self._written.get(post) or mapping.time_of(post)
        start: dict[str, object] = {}
        if mark.floor and (newest is None or newest > oldest):
            start["since_id"] = mark.start(SEARCH_OVERLAP)
        elif mark.floor:
            # X refuses an id from before its reach.
            start["start_time"] = oldest
        answer = self._call(
            Call("conversation"),
            self._client.search_recent_tweets,
            f"conversation_id:{post}",
            max_results=PAGE,
            next_token=token,
            expansions=EXPANSIONS,
            tweet_fields=POST_FIELDS,
            user_fields=USER_FIELDS,
            media_fields=MEDIA_FIELDS,
            user_auth=True,
            **start,
        )
        return answer, begin is None or begin > oldest

    def _our_conversations(self, answer: Mapping[str, object]) -> frozenset[str]:
        """Which of the conversations in an answer begin with a post of ours.

        The included posts tell for direct answers; for the rest X is asked, once for each.
        """
        own = self._own_id()
        for post in mapping.included_posts(answer):
            if identifier(post.get("author_id")):
                self._roots[identifier(post.get("id"))] = identifier(post.get("author_id")) == own
        asked = {
            mapping.conversation_of(post)
            for post in mapping.items_of(answer)
            if mapping.conversation_of(post) not in {"", identifier(post.get("id"))}
        }
        unknown = sorted(root for root in asked - self._roots.keys() if mapping.number_of(root))
        for root, post in self._lookup("roots", unknown).items():
            self._roots[root] = identifier(post.get("author_id")) == own
        # A root that X doesn't show is nobody's we could act under.
        self._roots |= dict.fromkeys(set(unknown) - self._roots.keys(), False)
        return frozenset(root for root in asked if self._roots.get(root))

    def vanished(self, comment_platform_ids: Sequence[str]) -> frozenset[str]:
        """Those that GET /2/tweets no longer shows: deleted, or their author suspended or protected."""
        known = [platform_id for platform_id in comment_platform_ids if mapping.number_of(platform_id)]
        return frozenset(known) - self._lookup("vanished", known).keys()

    def figures(self, post_platform_ids: Sequence[str]) -> dict[str, Figures]:
        """`public_metrics` of GET /2/tweets, a hundred posts in one request: how often each was seen."""
        known = [platform_id for platform_id in post_platform_ids if mapping.number_of(platform_id)]
        found = self._lookup("figures", known, fields=["public_metrics"])
        return {platform_id: mapping.figures_of(post) for platform_id, post in found.items()}

    def _lookup(
        self, operation: str, platform_ids: Sequence[str], *, fields: Sequence[str] = LOOKUP_FIELDS
    ) -> dict[str, Mapping[str, object]]:
        found: dict[str, Mapping[str, object]] = {}
        for start in range(0, len(platform_ids), PAGE):
            answer = self._call(
                Call(operation, may_be_partial=True),
                self._client.get_tweets,
                list(platform_ids[start : start + PAGE]),
                tweet_fields=list(fields),
                user_auth=True,
            )
            found |= {identifier(post.get("id")): post for post in mapping.items_of(answer)}
        return found

    def followers(self, *, cursor: str | None) -> tuple[list[RemoteAuthor], str | None]:
        """One page of followers, newest first: GET /2/users/{me}/followers.

        The first page is small, since X charges for each person and mostly all on it are known.
        """
        answer = self._call(
            Call("followers", names_object=True),
            self._client.get_users_followers,
            self._own_id(),
            max_results=FOLLOWERS_PAGE if cursor else NEWEST_FOLLOWERS,
            pagination_token=cursor,
            user_fields=USER_FIELDS,
            user_auth=True,
        )
        return [mapping.author_of(user) for user in mapping.items_of(answer)], mapping.next_token(answer)

    def follow_requests(self, *, cursor: str | None) -> tuple[list[RemoteAuthor], str | None]:
        """One page of people who ask to follow a protected account, with what X says of them.

        v1.1 friendships/incoming gives ids only. Raises NotSupported unless the settings say
        that the account's tier has it, NotAllowed if X says that it doesn't.
        """
        if Capability.LIST_FOLLOW_REQUESTS not in self.capabilities:
            raise NotSupported("X shows follow requests on some tiers only; see them on X itself.")
        answer = self._call(Call("follow_requests"), self._incoming, cursor or "-1")
        listed = answer.get("ids")
        ids = [identifier(value) for value in (listed if isinstance(listed, list) else [])]
        self._ledger.count_items(len(ids))
        people: dict[str, RemoteAuthor] = {}
        known = [platform_id for platform_id in ids if mapping.number_of(platform_id)]
        for start in range(0, len(known), PAGE):
            users = self._call(
                Call("follow_requesters", may_be_partial=True),
                self._client.get_users,
                ids=known[start : start + PAGE],
                user_fields=USER_FIELDS,
                user_auth=True,
            )
            people |= {
                identifier(user.get("id")): mapping.author_of(user) for user in mapping.items_of(users)
            }
        following = identifier(answer.get("next_cursor_str")) or identifier(answer.get("next_cursor"))
        nameless = [RemoteAuthor(platform_id=requester, handle="", display_name="") for requester in known]
        requesters = [people.get(person.platform_id, person) for person in nameless]
        return requesters, following if following not in {"", "0"} else None

    def _incoming(self, cursor: str) -> Any:
        return self._client.request(
            "GET",
            "/1.1/friendships/incoming.json",
            params={"cursor": cursor, "stringify_ids": "true"},
            user_auth=True,
        ).json()
