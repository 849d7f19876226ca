"""Schoolgate as an app on a phone's Home Screen: its picture, in the sizes that phones ask for.

The manifest itself is a static file. iPhones show notices of nothing but what was put there (since iOS 16.4).
"""

from __future__ import annotations

from functools import cache
from io import BytesIO

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from PIL import Image, ImageDraw

from school.errors import NotFound
from web.access import public

pages = Blueprint("app_icon", __name__)

SIZES = frozenset({180, 192, 512})
"""Apple's own, and those of the manifest."""
GROUND, GATE = "#1f5f5b", "#ffffff"
_FINER = 4
"""It is drawn so many times larger, so that the edges become smooth."""


@pages.get("/app-icon-<int:size>.png")
@public
def picture(size: int) -> ResponseReturnValue:
    """The icon with so many pixels a side."""
    if size not in SIZES:
        raise NotFound("There is no icon of this size.")
    answer = Response(_drawn(size), mimetype="image/png")
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


@cache
def _drawn(size: int) -> bytes:
    """The gate of icon.svg on a full square: each phone cuts it to its own shape, around the middle 80 %."""
    unit = size * _FINER / 32
    image = Image.new("RGB", (size * _FINER, size * _FINER), GROUND)
    draw = ImageDraw.Draw(image)

    def scaled(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(across * unit, down * unit) for across, down in points]

    draw.polygon(scaled((7, 25), (7, 13), (16, 7), (25, 13), (25, 25)), fill=GATE)
    draw.rectangle(scaled((12, 17), (20, 25)), fill=GROUND)
    draw.ellipse(scaled((12, 13), (20, 21)), fill=GROUND)
    drawn = BytesIO()
    image.resize((size, size), Image.Resampling.LANCZOS).save(drawn, "PNG", optimize=True)
    return drawn.getvalue()
