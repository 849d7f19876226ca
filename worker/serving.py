"""The web server: waitress, on a socket that was bound before anything else was started."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

import structlog
from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from school.settings import settings
from worker.terminal import Refused

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = structlog.get_logger(__name__)

THREADS = 8


def bind(host: str, port: int) -> socket.socket:
    """A listening place for the pages. Raises Refused, saying what to do, when it can't be had."""
    if not 0 <= port <= 65535:
        raise Refused(f"{port} is no port. Choose one from 1 to 65535, or 0 for any free one.")
    try:
        [family, kind, protocol, _name, address] = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError:
        raise Refused(
            f"“{host}” is no address of this machine. Give another --host (SCHOOLGATE_HOST)."
        ) from None
    taken = socket.socket(family, kind, protocol)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind(address)
        taken.listen(128)
    except OSError as error:
        taken.close()
        raise Refused(_sentence(host, port, error)) from None
    return taken


def _sentence(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"Port {port} on {host} is taken by another program. Stop that program, or choose another "
                "port: schoolgate run --port 8001 (or set SCHOOLGATE_PORT)."
            )
        case errno.EACCES | errno.EPERM:
            return f"Port {port} needs more rights than this user has. Choose one above 1023 with --port."
        case errno.EADDRNOTAVAIL:
            return f"“{host}” is no address of this machine. Give another --host (SCHOOLGATE_HOST)."
        case _:
            return f"Port {port} on {host} can't be used ({error.strerror}). Choose another with --port."


class WebServer:
    """The pages, served by threads of this process. `answered` is set once a page was served."""

    def __init__(self, app: Flask, listening: socket.socket) -> None:
        """Serves nothing yet."""
        self.answered = threading.Event()
        self._app = app
        self._server = create_server(
            self._answer,
            sockets=[listening],
            threads=THREADS,
            ident=None,
            channel_timeout=60,
            clear_untrusted_proxy_headers=settings().trusted_proxies == 0,
            # Flask itself refuses what is larger than a draft's pictures; this is the last line.
            max_request_body_size=1024 * 1024 * 1024,
        )
        self._thread = threading.Thread(target=self._server.run, name="web", daemon=True)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return self._app(environ, start_response)
        finally:
            self.answered.set()

    def start(self) -> None:
        """Serve, in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more requests; those under way get a moment to end."""
        # Closed by the loop's own thread, which then ends for want of anything to listen to.
        self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._server._map))
        self._thread.join(timeout=3)
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=2)
