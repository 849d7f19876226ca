"""The practice X: videos, announced, sent in pieces, closed, and processed for a moment (API v2)."""

from __future__ import annotations

from flask import request

from connectors.base import Platform
from connectors.limits import LIMITS
from connectors.practice.records import PostVideo
from connectors.practice.x_errors import generic, gone, invalid
from connectors.practice.x_frame import Answer, XFrame
from school.errors import BadInput, NotFound

PIECE_MAX = 5 * 1024 * 1024
_LIFE = 86_400


class XVideos(XFrame):
    """Uploads in pieces."""

    def begin_upload(self) -> Answer:
        """POST /2/media/upload/initialize."""
        body = self._body("media_type", "media_category", "total_bytes", "additional_owners", "shared")
        size = body.get("total_bytes")
        if body.get("media_category") != "tweet_video" or body.get("media_type") != "video/mp4":
            raise invalid(
                "media_category",
                str(body.get("media_category"))[:50],
                "The practice X takes MP4 videos (tweet_video) in pieces, nothing else.",
            )
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise invalid("total_bytes", str(size)[:50], "[$.total_bytes]: must be a positive integer")
        if size > LIMITS[Platform.X].video.bytes_max:
            raise generic(400, "Invalid Request", "File size exceeds the limit.")
        return self._told(self._world.begin_video(Platform.X, size))

    def append(self, media_id: str) -> Answer:
        """POST /2/media/upload/{id}/append: pieces of one size, the last one shorter."""
        sent = request.files.get("media")
        index = request.form.get("segment_index", "")
        if sent is None:
            raise invalid("media", "", "[$.media]: is missing but it is required")
        if not index.isascii() or not index.isdigit() or len(index) > 3:
            raise invalid("segment_index", index[:20], "[$.segment_index]: must be 0 to 999")
        data = sent.read(PIECE_MAX + 1)
        if not data or len(data) > PIECE_MAX:
            raise invalid("media", "", "[$.media]: a piece has 1 byte to 5 MB")
        video = self._upload(media_id)
        # The last piece alone may be shorter than the others, which the first one shows.
        first = self._world.piece_size(Platform.X, media_id) or len(data)
        try:
            self._world.add_video_piece(Platform.X, media_id, int(index) * first, data)
        except BadInput as error:
            raise invalid("segment_index", index, str(error)) from error
        return {
            "data": {"expires_at": int(self._world.clock().timestamp()) + _LIFE},
            "meta": {"id": video.id},
        }

    def close_upload(self, media_id: str) -> Answer:
        """POST /2/media/upload/{id}/finalize."""
        video = self._upload(media_id)
        if video.state != "receiving":
            raise invalid("id", media_id, "The upload was finalized already.")
        if video.received != video.size:
            raise invalid("id", media_id, "Segments do not add up to provided total file size.")
        try:
            return self._told(self._world.close_video(Platform.X, media_id))
        except BadInput:
            # X says so once it has looked at it, not at once.
            return self._told(self._world.fail_video(Platform.X, media_id))

    def upload_status(self) -> Answer:
        """GET /2/media/upload?command=STATUS&media_id=…"""
        return self._told(self._upload(request.args.get("media_id", "")))

    def _upload(self, media_id: str) -> PostVideo:
        try:
            return self._world.video(Platform.X, media_id)
        except NotFound as error:
            raise gone("media", media_id) from error

    @staticmethod
    def _told(video: PostVideo) -> Answer:
        data: Answer = {
            "id": video.id,
            "media_key": f"7_{video.id}",
            "size": video.size,
            "expires_after_secs": _LIFE,
        }
        if video.state == "processing":
            data["processing_info"] = {"state": "in_progress", "check_after_secs": 1, "progress_percent": 50}
        elif video.state == "failed":
            data["processing_info"] = {"state": "failed"}
        elif video.state == "ready":
            data["processing_info"] = {"state": "succeeded", "progress_percent": 100}
        return {"data": data, "meta": {}}
