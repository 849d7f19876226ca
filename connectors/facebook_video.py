"""A video's way to a Facebook Page: announced, sent in pieces, then posted by the one request that ends it.

`POST /{page}/videos` with `upload_phase` start, transfer and finish, at Facebook's own host for videos.
The video has its id from the start, so that what became of a post that was cut off can be asked.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime

from connectors import graph_mapping as mapping
from connectors.base import STEP_POSTING, RemotePost, StepStore, Video
from connectors.errors import (
    ConnectorError,
    ConnectorRefused,
    ConnectorUnavailable,
    CredentialsDead,
    NotAllowed,
    OutcomeUnknown,
)
from connectors.exchange import Call, Effect, number, required_id
from connectors.graph import UPLOAD_PATIENCE, GraphAccount
from connectors.posting import pack, refuse_second_sending, send_once, unpack
from connectors.untrusted import flag, identifier, text, web_address

PIECE = 4 * 1024 * 1024
"""Bytes of one piece at most: Facebook says how much it wants next, and goes on from what it got."""
MOST_PIECES = 4000
VIDEO_FIELDS = "id,published,post_id,permalink_url"


class FacebookVideo:
    """One publication of a video with its steps. Made by the connector, used once."""

    def __init__(self, account: GraphAccount, steps: StepStore, page_id: str, video: Video) -> None:
        self._account = account
        self._steps = steps
        self._page_id = required_id(page_id, "account")
        self._video = video
        self._key = f"facebook-video-{video.sha256}"
        self._kept: dict[str, object] = dict(unpack(steps.get(self._key) or None))
        self._resumed = bool(self._kept)

    def publish(self, words: str) -> RemotePost:
        """Carry the publication on from wherever it stands; the post once it is there.

        Raises OutcomeUnknown where an attempt was cut off and Facebook can't say that it worked.
        """
        if self._steps.get(STEP_POSTING):
            found = self._if_published(words) if self._resumed else None
            if found is None:
                refuse_second_sending(self._steps)
            else:
                return found
        try:
            if not self._resumed:
                self._begin()
            self._send()
        except (CredentialsDead, NotAllowed):
            raise
        except ConnectorRefused:
            if not self._resumed:
                raise
            self._steps.put(self._key, "")
            raise ConnectorUnavailable(
                "Facebook does not know the video's earlier upload any more: it begins anew.", code="upload"
            ) from None
        try:
            send_once(self._steps, lambda: self._finish(words))
        except OutcomeUnknown:
            found = self._if_published(words)
            if found is None:
                raise
            return found
        return self._post(words, self._waited_for())

    def _begin(self) -> None:
        answer = self._phase("start", Effect.REPEATABLE, file_size=str(self._video.size))
        session, video = identifier(answer.get("upload_session_id")), identifier(answer.get("video_id"))
        if not session or not video:
            raise ConnectorRefused("Facebook took a video without saying under which id.", code="upload")
        self._kept = {"session": session, "video": video}
        self._go_on_from(answer)

    def _send(self) -> None:
        for _ in range(MOST_PIECES):
            start, end = self._offset("start"), self._offset("end")
            if start >= end:
                return
            piece = self._video.read(start, min(end - start, PIECE))
            answer = self._phase(
                "transfer",
                Effect.REPEATABLE,
                files={"video_file_chunk": ("piece.mp4", piece, "application/octet-stream")},
                upload_session_id=text(self._kept.get("session")),
                start_offset=str(start),
            )
            self._go_on_from(answer)
        raise ConnectorUnavailable("Facebook takes no more of the video at the moment.", code="upload")

    def _finish(self, words: str) -> Mapping[str, object]:
        answer = self._phase(
            "finish", Effect.ONCE, upload_session_id=text(self._kept.get("session")), description=words
        )
        if not flag(answer.get("success"), False):
            raise OutcomeUnknown("Facebook took the video without saying so; it may have been posted.")
        return answer

    def _if_published(self, words: str) -> RemotePost | None:
        """The post if Facebook says that the video is published; None if that can't be told now."""
        try:
            video = self._described()
        except ConnectorError:
            # The caller then says that nobody knows.
            return None
        return self._post(words, video) if flag(video.get("published"), False) else None

    def _waited_for(self) -> Mapping[str, object]:
        """The video with its post's id, for which Facebook may need a while; in the end without."""
        deadline = time.monotonic() + self._account.timeout / 2
        pause = 0.5
        while True:
            try:
                video = self._described()
            except ConnectorError:
                # It is posted all the same.
                video = {}
            if identifier(video.get("post_id")) or time.monotonic() + pause > deadline:
                return video
            time.sleep(pause)
            pause = min(pause * 2, 4.0)

    def _described(self) -> Mapping[str, object]:
        call = Call("video", names_object=True)
        node = required_id(text(self._kept.get("video")), "video")
        return self._account.ask(call, self._account.client.get_object, node, fields=VIDEO_FIELDS)

    def _post(self, words: str, video: Mapping[str, object]) -> RemotePost:
        post_id = identifier(video.get("post_id"))
        if post_id and "_" not in post_id:
            post_id = f"{self._page_id}_{post_id}"
        # The video itself has comments, and can be deleted, under its own id.
        platform_id = post_id or text(self._kept.get("video"))
        return RemotePost(
            platform_id=platform_id,
            text=words,
            created_at=datetime.now(UTC),
            url=_address(video) or mapping.facebook_url(platform_id),
            picture_count=1,
        )

    def _phase(
        self, phase: str, effect: Effect, files: Mapping[str, object] | None = None, **form: str
    ) -> Mapping[str, object]:
        call = Call(
            "publish" if effect is Effect.ONCE else "upload",
            effect,
            patience=UPLOAD_PATIENCE,
        )
        return self._account.ask(
            call,
            self._account.client.send_video,
            f"{self._account.client.version}/{self._page_id}/videos",
            {"upload_phase": phase, **form},
            files,
        )

    def _go_on_from(self, answer: Mapping[str, object]) -> None:
        """Keep what Facebook wants next; the two are the same once it has everything."""
        start, end = number(answer.get("start_offset")), number(answer.get("end_offset"))
        if start is None or end is None or not 0 <= start <= end:
            raise ConnectorUnavailable("Facebook doesn't say how much of the video it has.", code="upload")
        self._kept |= {"start": int(start), "end": int(min(end, self._video.size))}
        self._steps.put(self._key, pack(self._kept))

    def _offset(self, which: str) -> int:
        return int(number(self._kept.get(which)) or 0)


def _address(video: Mapping[str, object]) -> str:
    """Where the video is shown; Facebook gives the path alone."""
    path = text(video.get("permalink_url"))
    return web_address(f"https://www.facebook.com{path}" if path.startswith("/") else path)
