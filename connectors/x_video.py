"""A video's way to X: announced, sent in pieces, closed, processed. A killed worker can take it up again.

tweepy speaks only the older v1.1 for this (PLATFORMS.md section 6); the calls are those of X's API v2:
`POST /2/media/upload/initialize`, `…/{id}/append`, `…/{id}/finalize`, `GET /2/media/upload?command=STATUS`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from connectors.base import StepStore, Video
from connectors.errors import (
    ConnectorRefused,
    ConnectorUnavailable,
    CredentialsDead,
    NotAllowed,
    OutOfCredit,
)
from connectors.exchange import Call, Effect, number, required_id
from connectors.posting import pack, unpack
from connectors.untrusted import identifier, record, text
from connectors.x_client import XClient
from connectors.x_session import XSession

PIECE = 4 * 1024 * 1024
"""Bytes of one piece: X takes 5 MB at most, and 1,000 pieces."""
PATIENCE = 3.0
LIFE = 20 * 3600.0
"""Seconds after which an upload is begun anew: X keeps one for 24 hours or longer."""
NOT_READY_WAIT = 15.0


class XVideoUpload:
    """The upload of one video, carried on from wherever it stands in `steps`. Used once."""

    def __init__(self, client: XClient, session: XSession, steps: StepStore, video: Video) -> None:
        self._client = client
        self._session = session
        self._steps = steps
        self._video = video
        self._key = f"x-video-{video.sha256}"
        self._kept: dict[str, object] = dict(unpack(steps.get(self._key) or None))
        self._resumed = bool(self._kept)

    def media_id(self) -> str:
        """The video's id at X once X can show it.

        Raises ConnectorUnavailable with code "in_progress" while X is still preparing it, and
        ConnectorRefused if X can't use it; both leave `steps` so that the next attempt is right.
        """
        if (number(self._kept.get("until")) or 0.0) < time.time():
            self._begin()
        try:
            self._send()
            if not self._kept.get("done"):
                self._call("upload", Effect.REPEATABLE, "POST", f"{self._path}/finalize")
                self._keep(done=True)
            self._wait()
        except (CredentialsDead, NotAllowed, OutOfCredit):
            raise
        except ConnectorRefused:
            if not self._resumed:
                raise
            # Closed already, or forgotten at X: where it stands there can't be told any more.
            self._steps.put(self._key, "")
            raise ConnectorUnavailable(
                "X does not know the video's earlier upload any more: it begins anew.", code="upload"
            ) from None
        return self._id

    @property
    def _id(self) -> str:
        return required_id(text(self._kept.get("id")), "video")

    @property
    def _path(self) -> str:
        return f"/2/media/upload/{self._id}"

    def _begin(self) -> None:
        answer = self._call(
            "upload",
            Effect.REPEATABLE,
            "POST",
            "/2/media/upload/initialize",
            json={
                "media_type": "video/mp4",
                "media_category": "tweet_video",
                "total_bytes": self._video.size,
            },
        )
        found = identifier(record(answer.get("data")).get("id"))
        if not found:
            raise ConnectorRefused("X took a video without saying under which id.", code="upload")
        self._kept = {"id": found, "until": time.time() + LIFE, "sent": 0}
        self._resumed = False
        self._keep()

    def _send(self) -> None:
        """The pieces that X hasn't had yet. A piece sent twice takes its own place again."""
        pieces = -(-self._video.size // PIECE)
        for index in range(int(number(self._kept.get("sent")) or 0), pieces):
            self._session.call = Call("upload", Effect.REPEATABLE, names_object=True, patience=PATIENCE)
            self._client.append_video(self._id, index, self._video.read(index * PIECE, PIECE))
            self._keep(sent=index + 1)

    def _wait(self) -> None:
        """Wait until X has processed it, for one time limit at most."""
        deadline = time.monotonic() + self._session.timeout
        while True:
            answer = self._call(
                "upload_status",
                Effect.READ,
                "GET",
                "/2/media/upload",
                params={"command": "STATUS", "media_id": self._id},
            )
            state = record(record(answer.get("data")).get("processing_info"))
            match text(state.get("state")):
                case "" | "succeeded":
                    return
                case "failed":
                    self._resumed = False
                    self._steps.put(self._key, "")
                    raise ConnectorRefused("X could not use the video of this post.", code="failed")
            pause = min(max(number(state.get("check_after_secs")) or 1.0, 0.5), NOT_READY_WAIT)
            if time.monotonic() + pause > deadline:
                raise ConnectorUnavailable(
                    "X is still preparing the video.", code="in_progress", retry_after=pause
                )
            time.sleep(pause)

    def _call(
        self, operation: str, effect: Effect, method: str, path: str, **more: object
    ) -> Mapping[str, object]:
        names = path != "/2/media/upload/initialize"
        self._session.call = Call(operation, effect, names_object=names)
        return record(self._client.request(method, path, user_auth=True, **more).json())

    def _keep(self, **changes: object) -> None:
        self._kept |= changes
        self._steps.put(self._key, pack(self._kept))
