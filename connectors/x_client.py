"""tweepy's Client with what it lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import tweepy

from connectors.untrusted import record


class XClient(tweepy.Client):  # type: ignore[misc]
    """tweepy's client with what it lacks: the v2 uploads, and our own id without a request."""

    own_id: Callable[[], str]

    def _get_authenticating_user_id(self, *, oauth_1: bool = False) -> str:
        return self.own_id()

    def upload_picture(self, data: bytes, mime_type: str) -> Mapping[str, object]:
        """POST /2/media/upload as one multipart form, signed like every other request."""
        return self._form(
            "/2/media/upload",
            {"media_category": "tweet_image", "media_type": mime_type},
            ("picture", data, mime_type),
        )

    def append_video(self, media_id: str, index: int, piece: bytes) -> Mapping[str, object]:
        """POST /2/media/upload/{id}/append: one piece of a video, numbered from 0."""
        return self._form(
            f"/2/media/upload/{media_id}/append",
            {"segment_index": str(index)},
            ("piece", piece, "application/octet-stream"),
        )

    def _form(
        self, path: str, fields: Mapping[str, str], file: tuple[str, bytes, str]
    ) -> Mapping[str, object]:
        signer = tweepy.OAuth1UserHandler(
            self.consumer_key, self.consumer_secret, self.access_token, self.access_token_secret
        ).apply_auth()
        with self.session.request(
            "POST",
            f"https://api.twitter.com{path}",
            data=dict(fields),
            files={"media": file},
            headers={"User-Agent": self.user_agent},
            auth=signer,
        ) as response:
            return record(response.json())
