"""A web server with one file, that can break off, forget, refuse, or send something else."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Served:
    """What the server has and how it behaves; `ranges` is what it was asked for, in order."""

    data: bytes
    url: str = ""
    cut_after: int = 0
    """Break every answer off after so many bytes."""
    cuts: int = 0
    """How many answers are still to be broken off."""
    ranges_known: bool = True
    statuses: list[int] = field(default_factory=list)
    """Answers to give first instead of the file."""
    claimed: int = 0
    """A length to claim instead of the real one."""
    asked: list[str] = field(default_factory=list)


@contextmanager
def serving(data: bytes) -> Iterator[Served]:
    """Serve the file on a free port until the block ends."""
    served = Served(data)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = self.headers.get("Range", "")
            served.asked.append(asked)
            self.close_connection = True
            if served.statuses:
                self.send_response(served.statuses.pop(0))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            start = 0
            if asked and served.ranges_known:
                found = re.fullmatch(r"bytes=(\d+)-", asked)
                assert found
                start = int(found[1])
                if start >= len(served.data):
                    self.send_response(416)
                    self.send_header("Content-Range", f"bytes */{len(served.data)}")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.send_response(206)
                last = len(served.data) - 1
                self.send_header("Content-Range", f"bytes {start}-{last}/{len(served.data)}")
            else:
                self.send_response(200)
            body = served.data[start:]
            self.send_header("Content-Length", str(served.claimed or len(body)))
            self.end_headers()
            if served.cuts:
                served.cuts -= 1
                body = body[: served.cut_after]
            # A client may have had enough before the end.
            with suppress(ConnectionError):
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_port}/model.ckpt"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
