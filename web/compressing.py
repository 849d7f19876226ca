"""Texts go out compressed to whoever takes them so, also where no proxy does it."""

from __future__ import annotations

import gzip
import io
import secrets

from flask import Flask, Response, request

KINDS = frozenset(
    {
        "text/html",
        "text/css",
        "text/javascript",
        "application/javascript",
        "application/json",
        "image/svg+xml",
    }
)
LEAST = 1_000
"""Bytes below which it saves nothing."""
LEVEL = 5
PADDED_MOST = 100
"""Bytes of chance in a page, so that its size doesn't tell what stands in it (BREACH)."""
_KEPT: dict[str, bytes] = {}
"""Style sheets and scripts compressed before, by address and ETag."""
_KEPT_MOST = 100


def install(app: Flask) -> None:
    """Compress what this app answers."""
    app.after_request(_compressed)


def _compressed(answer: Response) -> Response:
    if answer.mimetype not in KINDS or answer.status_code == 206:
        return answer
    answer.vary.add("Accept-Encoding")
    file = request.endpoint in {"static", "bootstrap.static"}
    if (
        request.method not in {"GET", "POST"}
        or not request.accept_encodings["gzip"]
        or "Content-Encoding" in answer.headers
        or (answer.is_streamed and not file)
        or answer.status_code == 304
        or (answer.content_length or 0) < LEAST
    ):
        return answer
    answer.direct_passthrough = False
    # Reads a file to its end, and closes it with the answer.
    answer.make_sequence()
    tag, weak = answer.get_etag()
    name = f"{request.path} {tag}" if file and tag else ""
    data = _KEPT.get(name)
    if data is None:
        data = _zipped(answer.get_data(), padding=0 if file else secrets.randbelow(PADDED_MOST + 1))
        if name and len(_KEPT) < _KEPT_MOST:
            _KEPT[name] = data
    answer.set_data(data)
    answer.headers["Content-Encoding"] = "gzip"
    if tag and not weak:
        # Other bytes, the same text: asked for again, it is still known (RFC 9110, 8.8.1).
        answer.set_etag(tag, weak=True)
    return answer


def _zipped(data: bytes, *, padding: int) -> bytes:
    """The data as gzip has it; `padding`: letters of chance in the name that the format has room for."""
    name, out = secrets.token_hex(padding)[:padding], io.BytesIO()
    with gzip.GzipFile(name, "wb", LEVEL, out, mtime=0) as packed:
        packed.write(data)
    return out.getvalue()
