"""Of a stranger's picture only the pixels are kept, and only where they are not too many."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from connectors import drawn_anew
from school.errors import BadInput


def test_a_picture_is_upright_small_enough_and_nothing_else_of_the_file_is_left() -> None:
    turned, out = Image.Exif(), io.BytesIO()
    turned[0x0112], turned[0x010E] = 6, "Where Rosa lives"
    Image.new("RGB", (40, 20), (200, 30, 30)).save(out, "JPEG", exif=turned)
    drawn = drawn_anew.jpeg(out.getvalue(), pixels_max=800, quality=90)
    assert b"Rosa" in out.getvalue() and b"Rosa" not in drawn
    with Image.open(io.BytesIO(drawn)) as opened:
        assert (opened.format, opened.size, dict(opened.getexif())) == ("JPEG", (20, 40), {})
    small = drawn_anew.jpeg(out.getvalue(), pixels_max=800, quality=90, within=(10, 10))
    with Image.open(io.BytesIO(small)) as opened:
        assert opened.size == (5, 10)
    with pytest.raises(BadInput, match="too many pixels"):
        drawn_anew.jpeg(out.getvalue(), pixels_max=799, quality=90)
    for broken in (b"", b"GIF89a", out.getvalue()[:300]):
        with pytest.raises(BadInput, match="can’t be read"):
            drawn_anew.jpeg(broken, pixels_max=800, quality=90)
