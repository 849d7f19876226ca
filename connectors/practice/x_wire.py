"""How posts, replies and people look in X's API v2."""

from __future__ import annotations

import hashlib
import heapq
import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.base import Platform
from connectors.practice.records import Comment, Person, Post, PostPicture, PostVideo
from connectors.practice.seen import Seen
from connectors.practice.world import World
from school.errors import NotFound

_URL = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
_MENTION = re.compile(r"(?<![A-Za-z0-9_@])@([A-Za-z0-9_]{1,15})")
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Tweet:
    """A post or reply, as X sees both: the same kind of thing."""

    id: str
    author: Person
    text: str
    """As it was typed, without the names that X puts before a reply."""
    created_at: datetime
    conversation_id: str
    replied_to: str = ""
    replied_to_author: Person | None = None
    pictures: tuple[PostPicture, ...] = ()
    video: PostVideo | None = None
    versions: tuple[str, ...] = ()

    @property
    def media_keys(self) -> list[str]:
        """Of its pictures or its video."""
        video = [f"7_{self.video.id}"] if self.video else []
        return [f"3_{picture.id}" for picture in self.pictures] + video


@dataclass(slots=True)
class Wanted:
    """What a request asks to see."""

    tweet: frozenset[str] = frozenset()
    user: frozenset[str] = frozenset()
    media: frozenset[str] = frozenset()
    expansions: frozenset[str] = frozenset()


@dataclass(slots=True)
class Laid:
    """A text as X returns it: links shortened, names put before it, entities with their places."""

    text: str
    display: tuple[int, int]
    mentions: list[dict[str, Any]] = field(default_factory=list)
    urls: list[dict[str, Any]] = field(default_factory=list)


def stamp(at: datetime) -> str:
    """A time as API v2 writes it, in milliseconds."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def short_link(url: str) -> str:
    """The t.co address that stands for a link."""
    number = int.from_bytes(hashlib.sha256(url.encode()).digest()[:8])
    letters = ""
    for _ in range(10):
        number, digit = divmod(number, 62)
        letters += _LETTERS[digit]
    return f"https://t.co/{letters}"


class XWire:
    """Turns the world into JSON."""

    def __init__(self, world: World) -> None:
        self._world = world

    # -- from the world --------------------------------------------------------------------------

    def of_post(self, post: Post) -> Tweet:
        """A post of the school."""
        return Tweet(
            id=post.id,
            author=self._world.school(Platform.X),
            text=f"{post.text} {post.link}".strip(),
            created_at=post.created_at,
            conversation_id=post.id,
            pictures=post.pictures,
            video=post.video,
            versions=(post.id,),
        )

    def of_comment(self, comment: Comment) -> Tweet:
        """A reply or mention."""
        replied_to, replied_to_author = comment.parent_id or comment.post_id, None
        if comment.parent_id:
            replied_to_author = self._world.comment(Platform.X, comment.parent_id).author
        elif comment.post_id:
            replied_to_author = self._world.school(Platform.X)
        versions = self._world.first_version(comment)
        return Tweet(
            id=comment.id,
            author=comment.author,
            text=comment.text,
            created_at=comment.created_at,
            conversation_id=comment.post_id or self._root(comment),
            replied_to=replied_to,
            replied_to_author=replied_to_author,
            versions=tuple(versions),
        )

    def _root(self, comment: Comment) -> str:
        while comment.parent_id:
            comment = self._world.comment(Platform.X, comment.parent_id)
        return self._world.first_version(comment)[0]

    def find(self, tweet_id: str) -> Tweet | None:
        """A post or reply that stands, by id."""
        try:
            post = self._world.post(Platform.X, tweet_id)
        except NotFound:
            try:
                comment = self._world.comment(Platform.X, tweet_id)
            except NotFound:
                return None
            return None if comment.deleted_at else self.of_comment(comment)
        return None if post.deleted_at else self.of_post(post)

    # -- texts -----------------------------------------------------------------------------------

    def lay_out(self, tweet: Tweet) -> Laid:
        """The text as the API returns it, with the places of names and links."""
        school = self._world.school(Platform.X)
        before: list[Person] = []
        if tweet.replied_to_author is not None:
            before = [tweet.replied_to_author]
            if tweet.replied_to_author.id != school.id and tweet.author.id != school.id:
                before.append(school)
        typed = tweet.text
        lead = "".join(
            f"@{person.handle} "
            for person in before
            if person.id != tweet.author.id
            and not re.match(rf"(@\w+\s+)*@{person.handle}\b", typed, re.IGNORECASE)
        )
        pieces, place = [lead], len(lead)
        urls: list[dict[str, Any]] = []
        rest = 0
        for found in _URL.finditer(typed):
            plain = html.escape(typed[rest : found.start()], quote=False)
            link = found.group()
            place += len(plain)
            bare = re.sub(r"^https?://(www\.)?", "", link)
            urls.append(
                {
                    "start": place,
                    "end": place + 23,
                    "url": short_link(link),
                    "expanded_url": link,
                    "display_url": bare if len(bare) <= 26 else f"{bare[:26]}…",
                }
            )
            pieces += [plain, short_link(link)]
            place += 23
            rest = found.end()
        tail = html.escape(typed[rest:], quote=False)
        pieces.append(tail)
        place += len(tail)
        display = (len(lead), place)
        if tweet.media_keys:
            kind = "video" if tweet.video else "photo"
            address = f"https://x.com/{tweet.author.handle}/status/{tweet.id}/{kind}/1"
            start = place + 1 if place else 0
            pieces.append(f" {short_link(address)}" if place else short_link(address))
            for key in tweet.media_keys:
                urls.append(
                    {
                        "start": start,
                        "end": start + 23,
                        "url": short_link(address),
                        "expanded_url": address,
                        "display_url": "pic.x.com/" + short_link(address)[-10:],
                        "media_key": key,
                    }
                )
        text = "".join(pieces)
        mentions = []
        for found in _MENTION.finditer(text):
            person = self._world.find_person(Platform.X, f"@{found.group(1)}")
            if person is not None:
                mentions.append(
                    {"start": found.start(), "end": found.end(), "username": person.handle, "id": person.id}
                )
        return Laid(text, display, mentions, urls)

    def mentions_school(self, tweet: Tweet) -> bool:
        """Whether it stands in the school's mentions: it names the school, itself or by the reply."""
        school = self._world.school(Platform.X)
        return tweet.author.id != school.id and any(
            m["id"] == school.id for m in self.lay_out(tweet).mentions
        )

    # -- JSON ------------------------------------------------------------------------------------

    def tweet(self, tweet: Tweet, wanted: Wanted) -> dict[str, Any]:
        """One post or reply with the fields that were asked for."""
        laid = self.lay_out(tweet)
        body: dict[str, Any] = {
            "id": tweet.id,
            "text": laid.text,
            "edit_history_tweet_ids": list(tweet.versions),
        }
        entities: dict[str, Any] = {}
        if laid.mentions:
            entities["mentions"] = laid.mentions
        if laid.urls:
            entities["urls"] = laid.urls
        more: dict[str, Any] = {
            "author_id": tweet.author.id,
            "conversation_id": tweet.conversation_id,
            "created_at": stamp(tweet.created_at),
            "display_text_range": list(laid.display),
            "edit_controls": {
                "edits_remaining": max(5 - len(tweet.versions) + 1, 0),
                "is_edit_eligible": False,
                "editable_until": stamp(tweet.created_at + timedelta(hours=1)),
            },
            "lang": "en",
            "possibly_sensitive": False,
            "reply_settings": "everyone",
            "source": "Practice",
        }
        if "public_metrics" in wanted.tweet:
            more["public_metrics"] = self._metrics(tweet)
        if entities:
            more["entities"] = entities
        if tweet.replied_to and tweet.replied_to_author is not None:
            more["in_reply_to_user_id"] = tweet.replied_to_author.id
            more["referenced_tweets"] = [{"type": "replied_to", "id": tweet.replied_to}]
        if tweet.media_keys:
            more["attachments"] = {"media_keys": tweet.media_keys}
        # An expansion brings the field that it expands along, whether it was asked for or not.
        asked = wanted.tweet | {name.partition(".")[0] for name in wanted.expansions}
        body.update({name: value for name, value in more.items() if name in asked})
        return body

    def _metrics(self, tweet: Tweet) -> dict[str, int]:
        try:
            seen = self._world.seen(self._world.post(Platform.X, tweet.id))
        except NotFound:
            # Somebody's answer: whoever wrote it, and a few more.
            seen = Seen(people=3, views=4, likes=int(tweet.id) % 3, shares=0)
        if tweet.id == tweet.conversation_id:
            replies = self._world.count_standing(Platform.X, post_id=tweet.id)
        else:
            replies = self._world.count_standing(Platform.X, parent_id=tweet.id)
        return {
            "retweet_count": seen.shares,
            "reply_count": replies,
            "like_count": seen.likes,
            "quote_count": 0,
            "bookmark_count": 0,
            "impression_count": seen.views,
        }

    def user(self, person: Person, wanted: frozenset[str]) -> dict[str, Any]:
        """Somebody with the fields that were asked for."""
        school = self._world.school(Platform.X)
        body: dict[str, Any] = {"id": person.id, "name": person.name, "username": person.handle}
        is_school = person.id == school.id
        more: dict[str, Any] = {
            "created_at": stamp(person.created_at),
            "description": html.escape(person.bio, quote=False),
            "protected": self._world.protected if is_school else False,
            "verified": False,
            "verified_type": "none",
            "url": "",
            "profile_image_url": "https://abs.twimg.com/sticky/default_profile_images/default_profile_normal.png",
            "public_metrics": {
                "followers_count": self._world.count_followers(Platform.X) if is_school else person.followers,
                "following_count": person.following,
                "tweet_count": len(self._world.posts(Platform.X, limit=4_000)) if is_school else 17,
                "listed_count": 0,
            },
        }
        if person.location:
            more["location"] = person.location
        if "connection_status" in wanted and not is_school:
            state = self._world.follow_state(Platform.X, person.id)
            status = {"follower": ["followed_by"], "requested": ["follow_request_received"]}.get(state, [])
            if any(block.person.id == person.id for block in self._world.muted()):
                status = [*status, "muting"]
            if self._world.is_blocked(Platform.X, person.id):
                status = [*status, "blocking"]
            more["connection_status"] = status
        body.update({name: value for name, value in more.items() if name in wanted})
        return body

    def media(self, picture: PostPicture, wanted: frozenset[str]) -> dict[str, Any]:
        """A picture with the fields that were asked for."""
        body: dict[str, Any] = {"media_key": f"3_{picture.id}", "type": "photo"}
        more: dict[str, Any] = {"url": picture.url, "width": picture.width, "height": picture.height}
        if picture.alt_text:
            more["alt_text"] = picture.alt_text
        body.update({name: value for name, value in more.items() if name in wanted})
        return body

    def includes(self, tweets: Sequence[Tweet], wanted: Wanted) -> dict[str, Any]:
        """The people, posts and pictures that the expansions ask for, each once."""
        people: dict[str, Person] = {}
        others: dict[str, Tweet] = {}
        pictures: dict[str, PostPicture] = {}
        videos: dict[str, PostVideo] = {}
        for tweet in tweets:
            if "author_id" in wanted.expansions:
                people[tweet.author.id] = tweet.author
            if "in_reply_to_user_id" in wanted.expansions and tweet.replied_to_author is not None:
                people[tweet.replied_to_author.id] = tweet.replied_to_author
            if "entities.mentions.username" in wanted.expansions:
                for mention in self.lay_out(tweet).mentions:
                    people[mention["id"]] = self._world.person(Platform.X, mention["id"])
            if "attachments.media_keys" in wanted.expansions:
                pictures.update({picture.id: picture for picture in tweet.pictures})
                videos.update({video.id: video for video in [tweet.video] if video})
            if (
                tweet.replied_to
                and {"referenced_tweets.id", "referenced_tweets.id.author_id"} & wanted.expansions
            ):
                other = self.find(tweet.replied_to)
                if other is not None:
                    others[other.id] = other
                    if "referenced_tweets.id.author_id" in wanted.expansions:
                        people[other.author.id] = other.author
        found: dict[str, Any] = {}
        if people:
            found["users"] = [self.user(person, wanted.user) for person in people.values()]
        if others:
            found["tweets"] = [self.tweet(other, wanted) for other in others.values()]
        if pictures or videos:
            found["media"] = [self.media(picture, wanted.media) for picture in pictures.values()]
            found["media"] += [{"media_key": f"7_{video.id}", "type": "video"} for video in videos.values()]
        return found

    def timeline(
        self,
        *,
        newer_than: int | None = None,
        older_than: int | None = None,
        conversation: str | None = None,
    ) -> Iterator[Tweet]:
        """Everything that stands on X, newest first, the school's own things among it.

        The bounds are ids; `conversation` narrows to one of the school's posts.
        """
        posts = (
            post
            for post in self._world.posts(Platform.X, limit=500, before=older_than)
            if (newer_than is None or post.ordinal > newer_than) and conversation in (None, post.id)
        )
        comments = self._comments(newer_than, older_than, conversation)
        streams: tuple[Iterator[Post | Comment], Iterator[Post | Comment]] = (posts, comments)
        for item in heapq.merge(*streams, key=lambda found: -found.ordinal):
            yield self.of_post(item) if isinstance(item, Post) else self.of_comment(item)

    def _comments(
        self, newer_than: int | None, older_than: int | None, conversation: str | None
    ) -> Iterator[Comment]:
        while True:
            batch = self._world.comments(
                Platform.X,
                post_id=conversation,
                order="newest",
                after=older_than,
                newer_than=newer_than,
                limit=200,
            )
            yield from batch
            if len(batch) < 200:
                return
            older_than = batch[-1].ordinal
