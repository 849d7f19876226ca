"""A scripted HTTP server on loopback, and connectors that talk to it."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connectors.base import Credentials, Endpoints
from connectors.facebook import FacebookConnector
from connectors.instagram import InstagramConnector
from connectors.x import XConnector

OWN_X_ID = "2244994945"
SECRETS = {
    "consumer_key": "ck-SECRETCONSUMER",
    "consumer_secret": "cs-SECRETCONSUMERSECRET",
    "access_token": f"{OWN_X_ID}-SECRETACCESS",
    "access_token_secret": "ats-SECRETACCESSSECRET",
}
GRAPH_SECRETS = {
    "page_id": "1122334455",
    "ig_user_id": "17841400000000001",
    "page_access_token": "EAASECRETPAGETOKEN",
    "app_secret": "SECRETAPPSECRET",
}


@dataclass(frozen=True)
class Received:
    """One request as the server saw it."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def form(self) -> dict[str, str]:
        return {
            name: values[0] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()
        }

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What the server answers, or how it fails to."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""
    """"reset": the connection is reset once the request is read; "truncate": half the body;
    "hang": nothing for a long time; "drip": a byte at a time; "drip_headers": likewise."""


def answer(value: object, status: int = 200, **headers: str) -> Reply:
    """A JSON answer; header names with _ for -."""
    given = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(
        status, json.dumps(value).encode(), {"content-type": "application/json; charset=utf-8"} | given
    )


Script = Callable[[Received], Reply]


class Scripted:
    """An HTTP server that answers what the test says, in order, and remembers what it was asked."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.script: Script = lambda request: answer({})
        self.stopped = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                request = Received(
                    self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body
                )
                owner.received.append(request)
                owner._send(self, owner.script(request))

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answers(self, *replies: Reply) -> None:
        """Answer with these, one after the other; the last one for ever."""
        waiting = list(replies)
        self.script = lambda request: waiting.pop(0) if len(waiting) > 1 else waiting[0]

    def _send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        connection = handler.connection
        if reply.fault == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
            handler.close_connection = True
            # The handler's own files would flush into the closed connection.
            handler.wfile = open("/dev/null", "wb")  # noqa: SIM115
            return
        if reply.fault == "hang":
            self.stopped.wait(20)
            handler.close_connection = True
            return
        head = [f"HTTP/1.1 {reply.status} Scripted", f"content-length: {len(reply.body)}"]
        head += [f"{name}: {value}" for name, value in reply.headers.items()]
        raw_head = ("\r\n".join(head) + "\r\n\r\n").encode()
        try:
            if reply.fault == "drip_headers":
                self._drip(connection, raw_head)
                return
            connection.sendall(raw_head)
            if reply.fault == "drip":
                self._drip(connection, reply.body)
            elif reply.fault == "truncate":
                connection.sendall(reply.body[: len(reply.body) // 2])
                handler.close_connection = True
            else:
                connection.sendall(reply.body)
        except OSError:
            # The client has had enough, as some tests want.
            handler.close_connection = True

    def _drip(self, connection: socket.socket, data: bytes) -> None:
        for place in range(len(data)):
            if self.stopped.is_set():
                return
            connection.sendall(data[place : place + 1])
            time.sleep(0.1)

    def close(self) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Steps:
    """A StepStore in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self.kept.get(key)

    def put(self, key: str, value: str) -> None:
        self.kept[key] = value


def endpoints(url: str, **changes: Any) -> Endpoints:
    return Endpoints(**({"x_url": url, "graph_url": url, "timeout": 2.0} | changes))


def x_at(url: str, platform_id: str = OWN_X_ID, **changes: Any) -> XConnector:
    return XConnector(Credentials(values=SECRETS), platform_id, endpoints(url, **changes))


def facebook_at(url: str, **changes: Any) -> FacebookConnector:
    return FacebookConnector(Credentials(values=GRAPH_SECRETS), "", endpoints(url, **changes))


def instagram_at(url: str, **changes: Any) -> InstagramConnector:
    return InstagramConnector(Credentials(values=GRAPH_SECRETS), "", endpoints(url, **changes))
