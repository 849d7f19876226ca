"""The practice Graph: the Page's videos in three phases, and the bytes for Instagram's containers."""

from __future__ import annotations

import structlog
from flask import request

from connectors.base import Platform
from connectors.practice.graph_errors import GraphError, bad_parameter, unknown_object
from connectors.practice.graph_frame import Answer, GraphFrame
from connectors.practice.records import PostVideo
from school.errors import BadInput, NotFound

log = structlog.get_logger(__name__)

WANTED_NEXT = 1024 * 1024
"""Bytes that the practice Facebook asks for at a time."""
MESSAGE_MAX = 63_206


class GraphVideos(GraphFrame):
    """Videos on both platforms."""

    def _video_phase(self, _page_id: str) -> Answer:
        """POST /{page}/videos: the upload's beginning, its pieces, and the end that posts it."""
        match self._value("upload_phase"):
            case "start":
                size = self._value("file_size")
                if not size.isascii() or not size.isdigit() or not int(size):
                    raise bad_parameter("Param file_size must be a positive number")
                video = self._world.begin_video(Platform.FACEBOOK, int(size))
                return {"upload_session_id": video.id, "video_id": video.id, **_wanted(video)}
            case "transfer":
                video = self._announced(self._value("upload_session_id"))
                start, sent = self._value("start_offset"), request.files.get("video_file_chunk")
                if sent is None or not start.isascii() or not start.isdigit():
                    raise GraphError("(#100) No video file chunk", 100, subcode=1_363_042)
                if int(start) != video.received:
                    raise GraphError("(#6000) Wrong offset", 6000, subcode=1_363_037, transient=False)
                try:
                    video = self._world.add_video_piece(Platform.FACEBOOK, video.id, int(start), sent.read())
                except BadInput as error:
                    raise GraphError(f"(#6000) {error}", 6000, subcode=1_363_019) from error
                return dict(_wanted(video))
            case "finish":
                return self._end(self._announced(self._value("upload_session_id")))
        raise bad_parameter(
            "The practice Page takes videos in pieces: upload_phase is start, transfer or finish"
        )

    def _end(self, video: PostVideo) -> Answer:
        message = self._value("description").strip()
        if len(message) > MESSAGE_MAX:
            raise bad_parameter("The description is too long")
        if video.post_id:
            raise GraphError("(#6000) The upload session has ended", 6000, subcode=1_363_033)
        with self._world.at_once():
            try:
                self._world.close_video(Platform.FACEBOOK, video.id)
            except BadInput as error:
                raise GraphError(
                    "(#352) The video file you selected is in a format that we don't support.",
                    352,
                    subcode=1_363_024,
                ) from error
            post = self._world.publish(Platform.FACEBOOK, message, video_id=video.id)
        log.info("practice_page_posted", post_id=post.id)
        return {"success": True}

    def _announced(self, session_id: str) -> PostVideo:
        try:
            return self._world.video(Platform.FACEBOOK, session_id)
        except NotFound as error:
            raise GraphError("(#6000) There is no such upload", 6000, subcode=1_363_033) from error

    def _video_bytes(self, parts: list[str]) -> Answer:
        """POST /ig-api-upload/{container}: the rest of a video, from the offset in the header."""
        container = self._containers.find(parts[-1])
        if request.method != "POST" or container is None or container.kind != "video":
            raise unknown_object(parts[-1], request.method)
        sizes = [request.headers.get(name, "") for name in ("offset", "file_size")]
        if not all(size.isascii() and size.isdigit() for size in sizes):
            raise bad_parameter("The headers offset and file_size are required")
        start, size = map(int, sizes)
        try:
            self._containers.take_video(container.id, start, size, request.stream)
        except BadInput as error:
            raise GraphError(
                f"ProcessingFailedError: {error}", 6000, subcode=2_207_026, transient=False
            ) from error
        return {"success": True, "message": "Upload successful."}


def _wanted(video: PostVideo) -> dict[str, str]:
    end = min(video.received + WANTED_NEXT, video.size)
    return {"start_offset": str(video.received), "end_offset": str(end)}
