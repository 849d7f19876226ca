"""What both practice servers show to anybody: the pictures and videos of published posts."""

from __future__ import annotations

import json
from collections.abc import Iterator

from flask import Response, request

from connectors.base import Platform
from connectors.practice.world import World
from school.errors import NotFound


def picture_response(world: World, platform: str, name: str) -> Response:
    """A picture's bytes, at the address that the answers give for it."""
    try:
        data, mime_type = world.picture_data(Platform(platform), name.partition(".")[0])
    except (ValueError, NotFound):
        return Response(
            json.dumps({"detail": "There is no such picture."}), status=404, content_type="application/json"
        )
    return Response(
        data,
        content_type=mime_type,
        headers={"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"},
    )


def video_response(world: World, platform: str, name: str) -> Response:
    """A video's bytes, or the part of them that was asked for, piece by piece."""
    try:
        video = world.video(Platform(platform), name.partition(".")[0])
    except (ValueError, NotFound):
        return Response(
            json.dumps({"detail": "There is no such video."}), status=404, content_type="application/json"
        )
    wanted = request.range.range_for_length(video.size) if request.range else None
    start, end = wanted or (0, video.size)

    def pieces() -> Iterator[bytes]:
        at = start
        while at < end:
            piece = world.video_data(video.platform, video.id, at, min(end - at, 1024 * 1024))
            if not piece:
                return
            yield piece
            at += len(piece)

    answer = Response(
        pieces(),
        status=206 if wanted else 200,
        content_type="video/mp4",
        headers={
            "Accept-Ranges": "bytes",
            "Content-Length": str(end - start),
            "Cache-Control": "private, max-age=3600",
            "X-Content-Type-Options": "nosniff",
        },
    )
    if wanted:
        answer.headers["Content-Range"] = f"bytes {start}-{end - 1}/{video.size}"
    return answer
