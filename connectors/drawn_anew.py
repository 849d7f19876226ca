"""A stranger's picture drawn anew: its pixels, and nothing else of the file."""

from __future__ import annotations

import io

from PIL import Image, ImageOps

from school.errors import BadInput

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def jpeg(data: bytes, *, pixels_max: int, quality: int, within: tuple[int, int] | None = None) -> bytes:
    """The picture as a JPEG, upright and without metadata; of a moving one the first frame.

    `within`: width and height that it is made to fit into, if it is larger. Raises BadInput for what has more
    pixels than `pixels_max`, or is no picture that can be read.
    """
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            if opened.width * opened.height > pixels_max:
                raise BadInput("The picture has too many pixels to be kept.")
            if within is not None:
                opened.draft("RGB", within)
            drawn = ImageOps.exif_transpose(opened).convert("RGB")
    except BadInput:
        raise
    except Exception:  # noqa: BLE001 - Pillow raises dozens of kinds for broken files
        raise BadInput("What stands there can’t be read as a picture.") from None
    if within is not None:
        drawn.thumbnail(within)
    out = io.BytesIO()
    drawn.save(out, "JPEG", quality=quality)
    return out.getvalue()
