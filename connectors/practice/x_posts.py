"""The practice X: posting, answering, deleting and hiding."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

import structlog
from flask import request

from connectors.base import Platform
from connectors.limits import text_length
from connectors.practice import x_errors
from connectors.practice.x_errors import forbidden, generic, gone, invalid, missing
from connectors.practice.x_frame import Answer
from connectors.practice.x_lists import XLists
from connectors.practice.x_parameters import Parameters, checked_id
from connectors.practice.x_wire import Tweet
from school.errors import NotFound

log = structlog.get_logger(__name__)

TEXT_MAX = 280
"""Characters as X weighs them."""


def _sound_text(text: object) -> str:
    """A text that X takes: no half characters, no control signs; composed as X composes it."""
    if not isinstance(text, str) or any(unicodedata.category(c) == "Cs" or c == "\x00" for c in text):
        raise invalid("text", "", "[$.text]: contains invalid characters or is no string")
    return unicodedata.normalize("NFC", text).strip()


def _picture_ids(media: object) -> list[str]:
    found = media.get("media_ids") if isinstance(media, dict) else None
    if (
        not isinstance(found, list)
        or not 1 <= len(found) <= 4
        or not all(isinstance(item, str) for item in found)
    ):
        raise invalid(
            "media.media_ids",
            str(found)[:50],
            "[$.media.media_ids]: there must be a minimum of 1 and a maximum of 4 items in the array",
        )
    return found


class XPosts(XLists):
    """One post or reply at a time."""

    def create(self) -> Answer:
        """POST /2/tweets."""
        body = self._body(
            "text",
            "media",
            "reply",
            "reply_settings",
            "quote_tweet_id",
            "edit_options",
            "poll",
            "geo",
            "nullcast",
            "for_super_followers_only",
            "direct_message_deep_link",
            "card_uri",
            "community_id",
            "share_with_followers",
            "made_with_ai",
            "paid_partnership",
        )
        if body.get("edit_options"):
            raise forbidden("You are not permitted to edit this Post.")
        if body.get("quote_tweet_id"):
            raise x_errors.not_enrolled()
        text = _sound_text(body.get("text", ""))
        picture_ids = _picture_ids(body["media"]) if "media" in body else []
        if not text and not picture_ids:
            raise invalid("text", "", "Either `text` or `media` is required")
        if text and text_length(Platform.X, text) > TEXT_MAX:
            raise forbidden("Your Post text is too long.")
        video_id = self._video_among(picture_ids)
        if not video_id:
            for picture_id in picture_ids:
                self._unused_picture(picture_id)
        if "reply" in body:
            reply = body["reply"]
            if not isinstance(reply, dict):
                raise invalid("reply", "", "[$.reply]: must be an object")
            if picture_ids:
                raise forbidden("The practice X takes no pictures or videos in replies.")
            return self._reply(text, str(reply.get("in_reply_to_tweet_id", "")))
        recent = self._world.posts(Platform.X, limit=20, since=self._world.clock() - timedelta(hours=24))
        if not picture_ids and any(
            post.text == text and not post.pictures and not post.video for post in recent
        ):
            raise forbidden("You are not allowed to create a Tweet with duplicate content.")
        post = self._world.publish(
            Platform.X, text, picture_ids=[] if video_id else picture_ids, video_id=video_id
        )
        log.info("practice_x_posted", post_id=post.id)
        return {"data": self._wire.tweet(self._wire.of_post(post), Parameters(request).wanted())}

    def _video_among(self, media_ids: list[str]) -> str:
        """The id of the video that a post is to show; empty where it shows pictures."""
        videos = []
        for media_id in media_ids:
            try:
                videos.append(self._world.video(Platform.X, media_id))
            except NotFound:
                continue
        if not videos:
            return ""
        if len(media_ids) > 1:
            raise generic(400, "Invalid Request", "A post has up to 4 photos or 1 video.")
        if videos[0].state != "ready" or videos[0].post_id:
            raise generic(400, "Invalid Request", "Your media IDs are invalid.")
        return videos[0].id

    def _unused_picture(self, picture_id: object) -> None:
        try:
            self._world.picture(Platform.X, str(picture_id))
        except NotFound as error:
            raise generic(400, "Invalid Request", "Your media IDs are invalid.") from error
        if self._world.picture_post(Platform.X, str(picture_id)):
            raise generic(400, "Invalid Request", "Your media IDs are invalid.")

    def _reply(self, text: str, target_id: str) -> Answer:
        target = self._wire.find(checked_id("reply.in_reply_to_tweet_id", target_id))
        school = self._world.school(Platform.X)
        if target is None:
            raise forbidden("You attempted to reply to a Post that is deleted or not visible to you.")
        if target.author.id != school.id and not self._wire.mentions_school(target):
            raise forbidden(
                "Reply to this conversation is not allowed because you have not been mentioned or"
                " otherwise engaged by the author of the post you are replying to."
            )
        if target.author.id == school.id and not target.replied_to:
            root, parent_id = target.id, ""
        else:
            root, parent_id = self._world.comment(Platform.X, target.id).post_id, target.id
        own = self._world.comments(Platform.X, post_id=root, parent_id=parent_id, order="newest", limit=200)
        if any(comment.author.id == school.id and comment.text == text for comment in own):
            raise forbidden("You are not allowed to create a Tweet with duplicate content.")
        said = self._world.school_comment(Platform.X, root, text, parent_id)
        return {"data": self._wire.tweet(self._wire.of_comment(said), Parameters(request).wanted())}

    def lookup(self) -> Answer:
        """GET /2/tweets?ids=."""
        parameters = Parameters(request, "ids")
        found: list[Tweet] = []
        errors: list[Answer] = []
        for tweet_id in parameters.ids("ids"):
            tweet = self._wire.find(tweet_id)
            if tweet is None:
                errors.append(missing("tweet", tweet_id, parameter="ids"))
            else:
                found.append(tweet)
        return self._tweets(found, parameters, errors=errors, meta=None)

    def one(self, tweet_id: str) -> Answer:
        """GET /2/tweets/:id. What is gone is an error within a 200."""
        parameters = Parameters(request)
        tweet = self._wire.find(checked_id("id", tweet_id))
        if tweet is None:
            return {"errors": [missing("tweet", tweet_id)]}
        wanted = parameters.wanted()
        answer: Answer = {"data": self._wire.tweet(tweet, wanted)}
        includes = self._wire.includes([tweet], wanted)
        if includes:
            answer["includes"] = includes
        return answer

    def delete(self, tweet_id: str) -> Answer:
        """DELETE /2/tweets/:id: the school's own only."""
        checked_id("id", tweet_id)
        tweet = self._wire.find(tweet_id)
        if tweet is None:
            raise gone("tweet", tweet_id)
        if tweet.author.id != self._world.school(Platform.X).id:
            raise forbidden("You are not authorized to delete this Tweet.")
        if tweet.replied_to:
            self._world.delete_comment(Platform.X, tweet_id)
        else:
            self._world.delete_post(Platform.X, tweet_id)
        return {"data": {"deleted": True}}

    def hide(self, tweet_id: str) -> Answer:
        """PUT /2/tweets/:id/hidden: replies in the school's own conversations only."""
        hidden = self._body("hidden").get("hidden")
        if not isinstance(hidden, bool):
            raise invalid("hidden", str(hidden)[:20], "[$.hidden]: must be a boolean")
        tweet = self._wire.find(checked_id("tweet_id", tweet_id))
        if tweet is None:
            raise gone("tweet", tweet_id, parameter="tweet_id")
        school = self._world.school(Platform.X)
        root = self._wire.find(tweet.conversation_id)
        if not tweet.replied_to or tweet.author.id == school.id or (root and root.author.id != school.id):
            raise forbidden("You are not permitted to perform this action.")
        self._world.set_hidden(Platform.X, tweet_id, hidden)
        return {"data": {"hidden": hidden}}
