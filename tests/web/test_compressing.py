"""Texts go out compressed to whoever asks for them so, and the same to all others."""

from __future__ import annotations

import gzip
import re

import pytest

from tests.web.conftest import Browser

ZIPPED = {"Accept-Encoding": "gzip, br"}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_pages_and_files_weigh_less_and_say_the_same(head: Browser) -> None:
    plain, zipped = head.get("/people"), head.get("/people", headers=ZIPPED)
    assert "Content-Encoding" not in plain.headers and zipped.headers["Content-Encoding"] == "gzip"
    assert zipped.headers["Content-Length"] == str(len(zipped.data))
    both = plain.data, gzip.decompress(zipped.data)
    said, again = (re.sub(rb'"csrf_token" value="[^"]+', b"", one) for one in both)
    assert said == again
    assert len(zipped.data) < len(plain.data) / 2 and "Accept-Encoding" in plain.headers["Vary"]
    sizes = {len(head.get("/people", headers=ZIPPED).data) for _ in range(8)}
    # The token's own letters make a few bytes of difference.
    assert max(sizes) - min(sizes) > 15, "a page's size must not tell what stands in it"
    style = "/bootstrap/static/css/bootstrap.min.css"
    whole = head.get(style).data
    for _twice in range(2):
        file = head.get(style, headers=ZIPPED)
        assert gzip.decompress(file.data) == whole and len(file.data) < 40_000
    known = head.get(style, headers={**ZIPPED, "If-None-Match": file.headers["ETag"]})
    assert known.status_code == 304 and known.data == b""
    assert head.get(style, headers={"Accept-Encoding": "gzip;q=0"}).data == whole
    assert head.get(style, headers={**ZIPPED, "Range": "bytes=0-9"}).data == whole[:10]
    assert "Content-Encoding" not in head.client.head("/people", headers=ZIPPED).headers
