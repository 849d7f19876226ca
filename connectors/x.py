"""X, through tweepy's Client with OAuth 1.0a user keys (API v2; PLATFORMS.md section 1)."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors import x_mapping as mapping
from connectors.base import Picture, Platform, PostContent, RemotePost, StepStore
from connectors.errors import ConnectorRefused, NotSupported, OutcomeUnknown
from connectors.exchange import Call, Effect, number, required_id, sendable
from connectors.limits import LIMITS, shown_text, text_length
from connectors.posting import checked_text, refuse_second_sending, send_once
from connectors.untrusted import flag, identifier, record
from connectors.x_reading import XReader
from connectors.x_video import XVideoUpload

UPLOAD_PATIENCE = 3.0
UPLOAD_LIFE = 20 * 3600.0
"""Seconds for which an uploaded picture is used again; X keeps it 24 hours."""


class XConnector(XReader):
    """One account on X: what is read comes from XReader, what is done is here."""

    platform = Platform.X
    limits = LIMITS[Platform.X]

    # Posts

    def text_length(self, text: str) -> int:
        """X's weighted length of a text."""
        return text_length(Platform.X, text)

    def shown_text(self, content: PostContent) -> str:
        """The text with the link as its last line."""
        return shown_text(Platform.X, content)

    def publish(self, content: PostContent, *, steps: StepStore) -> RemotePost:
        """Upload the pictures with their alt texts, or the video, then POST /2/tweets once.

        X takes no description of a video. Raises ConnectorUnavailable with code "in_progress" while it
        is still preparing one; the same `steps` take up from there.
        """
        words = checked_text(Platform.X, content)
        refuse_second_sending(steps)
        media = [self._uploaded(picture, steps) for picture in content.pictures]
        if content.video is not None:
            media = [XVideoUpload(self._client, self._session, steps, content.video).media_id()]
        answer = send_once(
            steps,
            lambda: self._posted(Call("publish", Effect.ONCE), text=words or None, media_ids=media or None),
        )
        platform_id = identifier(record(answer.get("data")).get("id"))
        return RemotePost(
            platform_id=platform_id,
            text=words,
            created_at=mapping.time_of(platform_id) or datetime.now(UTC),
            url=mapping.post_url(self._handle, platform_id),
            picture_count=len(media),
        )

    def _posted(self, call: Call, **parameters: Any) -> Mapping[str, object]:
        answer = self._call(call, self._client.create_tweet, user_auth=True, **parameters)
        if not identifier(record(answer.get("data")).get("id")):
            raise OutcomeUnknown("X took the text without saying under which id; it may have been posted.")
        return answer

    def _uploaded(self, picture: Picture, steps: StepStore) -> str:
        """The picture's id at X, uploaded now or by an earlier attempt, its alt text set."""
        key = "x-media-" + hashlib.sha256(picture.data + b"\0" + picture.alt_text.encode()).hexdigest()
        known, _, until = (steps.get(key) or "").partition(" ")
        if known and (number(until) or 0.0) > time.time():
            return known
        self._session.call = Call("upload", Effect.REPEATABLE, patience=UPLOAD_PATIENCE)
        answer = self._client.upload_picture(picture.data, picture.mime_type)
        media_id = identifier(record(answer.get("data")).get("id")) or identifier(answer.get("id"))
        if not media_id:
            raise ConnectorRefused("X took a picture without saying under which id.", code="upload")
        if picture.alt_text:
            self._session.call = Call("alt_text", Effect.REPEATABLE)
            self._client.request(
                "POST",
                "/2/media/metadata",
                json={"id": media_id, "metadata": {"alt_text": {"text": picture.alt_text}}},
                user_auth=True,
            )
        steps.put(key, f"{media_id} {time.time() + UPLOAD_LIFE:.0f}")
        return media_id

    def delete_post(self, post_platform_id: str) -> None:
        """DELETE /2/tweets/{id}. Raises Gone if it isn't there (any more)."""
        post = required_id(post_platform_id, "post")
        call = Call("delete_post", Effect.REPEATABLE, names_object=True)
        answer = self._call(call, self._client.delete_tweet, post, user_auth=True)
        _confirmed(answer, "deleted", True)

    # Comments

    def set_hidden(self, comment_platform_id: str, hidden: bool) -> None:
        """PUT /2/tweets/{id}/hidden: only in conversations that we started."""
        comment = required_id(comment_platform_id, "comment")
        act = self._client.hide_reply if hidden else self._client.unhide_reply
        call = Call("hide" if hidden else "unhide", Effect.REPEATABLE, names_object=True)
        _confirmed(self._call(call, act, comment, user_auth=True), "hidden", hidden)

    def delete_comment(self, comment_platform_id: str) -> None:
        """X lets nobody delete other people's replies."""
        raise NotSupported("X lets nobody delete other people's replies; they can be hidden.")

    def reply(self, comment_platform_id: str, text: str) -> str:
        """POST /2/tweets as an answer, once; the new post's id."""
        comment = required_id(comment_platform_id, "comment")
        call = Call("reply", Effect.ONCE)
        answer = self._posted(call, text=sendable(text), in_reply_to_tweet_id=comment)
        return identifier(record(answer.get("data")).get("id"))

    # People

    def block(self, author_platform_id: str) -> None:
        """X sells blocking to enterprises only."""
        raise NotSupported("X does not let this product block people; mute them, or block them on X itself.")

    def unblock(self, author_platform_id: str) -> None:
        raise NotSupported("X does not let this product unblock people; do it on X itself.")

    def mute(self, author_platform_id: str) -> None:
        """POST /2/users/{me}/muting."""
        person = required_id(author_platform_id, "person")
        call = Call("mute", Effect.REPEATABLE, names_object=True)
        _confirmed(self._call(call, self._client.mute, person, user_auth=True), "muting", True)

    def unmute(self, author_platform_id: str) -> None:
        """DELETE /2/users/{me}/muting/{id}."""
        person = required_id(author_platform_id, "person")
        call = Call("unmute", Effect.REPEATABLE, names_object=True)
        _confirmed(self._call(call, self._client.unmute, person, user_auth=True), "muting", False)

    def decide_follow_request(self, author_platform_id: str, accept: bool) -> None:
        """X has no public way to do this."""
        raise NotSupported("X lets nobody answer follow requests from outside; do it on X itself.")

    def remove_follower(self, author_platform_id: str) -> None:
        """X has no public way to do this."""
        raise NotSupported("X lets nobody remove followers from outside; do it on X itself.")


def _confirmed(answer: Mapping[str, object], name: str, wanted: bool) -> None:
    """Raise ConnectorRefused if X says that the state isn't what was asked for; silence is consent."""
    if flag(record(answer.get("data")).get(name), wanted) is not wanted:
        raise ConnectorRefused("X took the request but did not do it.", code=name)
