"""Videos of drafts: exactly the bytes that will be published, a still, and how far one is."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from flask import Blueprint, Response, jsonify, request
from sqlalchemy.orm import Session

from approvals import video_checks, videos
from approvals.models import VideoFile, VideoPart, VideoState
from approvals.sight import may_see_video
from school.db import now, reading
from school.errors import NotFound
from web.access import current_person, signed_in
from web.media import picture_response

pages = Blueprint("videos", __name__)


@pages.get("/drafts/video/<uuid:video_id>")
@signed_in
def play(video_id: UUID) -> Response:
    """The clean copy, for its uploader and whoever may see a draft that has it."""
    with reading() as session:
        _check_seen(session, video_id)
        video = videos.ready(session, video_id)
    return video_response(video)


@pages.get("/drafts/video/<uuid:video_id>/still")
@signed_in
def still(video_id: UUID) -> Response:
    """The still, likewise."""
    with reading() as session:
        _check_seen(session, video_id)
        return still_response(session, video_id)


@pages.get("/drafts/video/<uuid:video_id>/state")
@signed_in
def state(video_id: UUID) -> Response:
    """How far it is, for the script that waits for it."""
    with reading() as session:
        _check_seen(session, video_id)
        video = videos.find(session, video_id)
        settled = video.state in {VideoState.READY, VideoState.REFUSED}
        return jsonify(settled=settled, words=video_checks.state_words(video))


def video_response(video: VideoFile) -> Response:
    """A prepared video, or the part of it that the browser asks for, read piece by piece as it is sent."""
    size = video.copy_bytes or 0
    wanted = request.range
    bounds = None
    if wanted is not None and wanted.units == "bytes" and len(wanted.ranges) == 1:
        bounds = wanted.range_for_length(size)
        if bounds is None:
            return Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    start, end = bounds or (0, size)
    answer = Response(_bytes(video.id, start, end), status=206 if bounds else 200, mimetype="video/mp4")
    answer.headers["Accept-Ranges"] = "bytes"
    answer.headers["Content-Length"] = str(end - start)
    if bounds:
        answer.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def still_response(session: Session, video_id: UUID) -> Response:
    """A prepared video's still as an answer."""
    answer = picture_response("image/jpeg", videos.poster(session, video_id))
    answer.headers["Cache-Control"] = "private, max-age=600"
    return answer


def _bytes(video_id: UUID, start: int, end: int) -> Iterator[bytes]:
    while start < end:
        # A session for each piece: whoever plays slowly keeps no connection.
        with reading() as session:
            piece = videos.read(session, video_id, VideoPart.COPY, start, min(videos.PIECE, end - start))
        if not piece:
            return
        yield piece
        start += len(piece)


def _check_seen(session: Session, video_id: UUID) -> None:
    video = videos.find(session, video_id)
    if not may_see_video(session, video, by=current_person(session), now=now()):
        raise NotFound(videos.NO_SUCH)
