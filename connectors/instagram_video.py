"""A video's way into Instagram's container: sent to Meta, and taken up where it broke off.

The container says how many bytes it has; the rest is sent in one request from there on
(Meta, Instagram Platform: resumable uploads).
"""

from __future__ import annotations

from connectors.base import StepStore, Video
from connectors.errors import ConnectorRefused, ConnectorUnavailable
from connectors.exchange import Call, Effect, number, required_id
from connectors.graph import UPLOAD_PATIENCE, GraphAccount
from connectors.untrusted import flag, record, text

PIECE = 1024 * 1024
BYTES_A_SECOND = 100_000
"""As slow as a school's line may be: the whole video has so much time."""
STEP_SENT = "instagram-sent-"


class _Body:
    """The rest of a video as requests reads a file, with a sign of life at each piece."""

    def __init__(self, video: Video, start: int, steps: StepStore, key: str) -> None:
        self._video = video
        self._at = start
        self._start = start
        self._steps = steps
        self._key = key
        self._piece = b""

    def __len__(self) -> int:
        return self._video.size - self._start

    def read(self, most: int = -1) -> bytes:
        """At most so many bytes (all that is at hand for a negative number); empty at the end."""
        if not self._piece and self._at < self._video.size:
            self._steps.put(self._key, str(self._at))
            self._piece = self._video.read(self._at, PIECE)
            self._at += len(self._piece)
        given = self._piece if most < 0 else self._piece[:most]
        self._piece = self._piece[len(given) :]
        return given


class InstagramUpload:
    """One video and its container. Used once."""

    def __init__(self, account: GraphAccount, steps: StepStore, container: str, video: Video) -> None:
        self._account = account
        self._steps = steps
        self._container = required_id(container, "container")
        self._video = video
        self._key = STEP_SENT + container[-60:]

    def send(self) -> None:
        """Send what Instagram hasn't had yet. Raises Gone for a container that it no longer knows."""
        before = self._steps.get(self._key)
        if before == "all":
            return
        start = self._has() if before is not None else 0
        if start < self._video.size:
            seconds = (self._video.size - start) / BYTES_A_SECOND
            call = Call(
                "upload",
                Effect.REPEATABLE,
                names_object=True,
                patience=UPLOAD_PATIENCE + seconds / self._account.timeout,
            )
            answer = self._account.ask(
                call,
                self._account.client.send_bytes,
                f"ig-api-upload/{self._container}",
                _Body(self._video, start, self._steps, self._key),
                {
                    "offset": str(start),
                    "file_size": str(self._video.size),
                    "Content-Type": "application/octet-stream",
                },
            )
            if not flag(answer.get("success"), True):
                raise ConnectorRefused("Instagram did not take the video.", code="upload")
        self._steps.put(self._key, "all")

    def _has(self) -> int:
        """How many bytes Instagram has got. Raises ConnectorUnavailable where it can't say."""
        call = Call("container_status", names_object=True)
        answer = self._account.ask(
            call, self._account.client.get_object, self._container, fields="status_code,video_status"
        )
        if text(answer.get("status_code")) in {"FINISHED", "PUBLISHED"}:
            return self._video.size
        uploading = record(record(answer.get("video_status")).get("uploading_phase"))
        has = number(uploading.get("bytes_transferred"))
        if text(uploading.get("status")) == "complete":
            return self._video.size
        if has is not None and not 0 <= has <= self._video.size:
            raise ConnectorUnavailable("Instagram doesn't say how much of the video it has.", code="upload")
        return int(has or 0)
