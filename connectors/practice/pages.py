"""What both practice servers show to anybody: the pictures of published posts."""

from __future__ import annotations

import json

from flask import Response

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
