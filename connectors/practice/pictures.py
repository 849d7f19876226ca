"""What a picture is, from its bytes alone."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image

from school.errors import BadInput

_MIME_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """MIME type and size in pixels."""

    mime_type: str
    width: int
    height: int


def picture_facts(data: bytes) -> PictureFacts:
    """Reads the whole picture. Raises BadInput where the bytes are none that the platforms take."""
    try:
        with Image.open(io.BytesIO(data), formats=list(_MIME_TYPES)) as image:
            image.load()
            return PictureFacts(_MIME_TYPES[str(image.format)], image.width, image.height)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadInput(
            "The file is not a JPEG, PNG, GIF or WebP picture: send another.", field="picture"
        ) from error
