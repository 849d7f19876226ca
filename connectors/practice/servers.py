"""Starts and stops the practice platforms: two HTTP servers on loopback over one world."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from connectors.base import Platform
from connectors.practice.crowd import Crowd
from connectors.practice.earlier import lay_out_earlier_life
from connectors.practice.gate import Gate, graph_operation, x_operation
from connectors.practice.graph_server import GraphServer
from connectors.practice.store import Clock, utc_now
from connectors.practice.world import World
from connectors.practice.x_server import XServer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

_HOST = "127.0.0.1"


class _Handler(WSGIRequestHandler):
    """Writes no access log: request lines may carry tokens and comment texts."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return

    def make_environ(self) -> WSGIEnvironment:
        environ = super().make_environ()
        # Names with an underscore are left out as a rule; Meta's host for uploads documents this one.
        if size := self.headers.get("file_size"):
            environ["HTTP_FILE_SIZE"] = size
        return environ

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:
        self.close_connection = True


class _Running:
    """One server and its thread."""

    def __init__(self, app: WSGIApplication, port: int) -> None:
        # Bound here, because make_server ends the whole process when a port is taken.
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((_HOST, port))
            listening.listen(128)
            self._server: BaseWSGIServer = make_server(
                _HOST, port, app, threaded=True, request_handler=_Handler, fd=listening.fileno()
            )
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name=f"practice-{port}",
            daemon=True,
        )
        self._thread.start()
        self.url = f"http://{_HOST}:{self._server.port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


class PracticePlatforms:
    """The practice X and the practice Graph (Facebook and Instagram), with the crowd that visits them."""

    def __init__(
        self,
        folder: Path | None,
        *,
        x_port: int = 0,
        graph_port: int = 0,
        pace: float | None = 8.0,
        seed: int | None = None,
        earlier_life: bool = True,
        x_window: int = 900,
        clock: Clock = utc_now,
    ) -> None:
        """Opens the world kept in `folder` (None: in memory), or makes one.

        `pace`: seconds between two events of the crowd on average; None or 0: nobody comes by
        themselves. `seed` makes the crowd's choices repeatable. `earlier_life`: a new world begins
        with earlier posts, comments and followers. Ports of 0 are chosen freely. `x_window`: seconds
        in which X's limits are counted.
        """
        self._ports = x_port, graph_port
        self.world = World(":memory:" if folder is None else folder / "practice.db", clock=clock)
        if earlier_life:
            lay_out_earlier_life(self.world)
        self.crowd = Crowd(self.world, seed=seed)
        self._pace = pace
        self._x_window = x_window
        self._running: list[_Running] = []
        self.x_url = ""
        self.graph_url = ""

    def start(self) -> None:
        """Listens on 127.0.0.1 and lets the crowd in. Raises OSError where a port is taken."""
        if self._running:
            return
        x_app, graph_app = XServer(self.world, self._x_window), GraphServer(self.world)
        self._running.append(_Running(Gate(x_app.app, self.world, x_operation), self._ports[0]))
        try:
            self._running.append(
                _Running(Gate(graph_app.app, self.world, graph_operation(self.world)), self._ports[1])
            )
        except BaseException:
            self._running.pop().stop()
            raise
        self.x_url, self.graph_url = (running.url for running in self._running)
        self.world.store.set_fact("x_url", self.x_url)
        self.world.store.set_fact("graph_url", self.graph_url)
        if self._pace:
            self.crowd.start(self._pace)

    def stop(self) -> None:
        """Sends the crowd home, stops both servers and closes the file."""
        self.crowd.stop()
        while self._running:
            self._running.pop().stop()
        self.world.close()

    def __enter__(self) -> PracticePlatforms:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def x_credentials(self) -> dict[str, str]:
        """What `accounts adopt --platform x` wants."""
        secrets = self.world.secrets
        return {
            "consumer_key": secrets.x_consumer_key,
            "consumer_secret": secrets.x_consumer_secret,
            "access_token": secrets.x_access_token,
            "access_token_secret": secrets.x_access_token_secret,
        }

    @property
    def facebook_credentials(self) -> dict[str, str]:
        """What `accounts adopt --platform facebook` wants."""
        secrets = self.world.secrets
        return {
            "page_id": self.world.school(Platform.FACEBOOK).id,
            "page_access_token": secrets.page_access_token,
            "app_secret": secrets.app_secret,
        }

    @property
    def instagram_credentials(self) -> dict[str, str]:
        """What `accounts adopt --platform instagram` wants."""
        secrets = self.world.secrets
        return {
            "ig_user_id": self.world.school(Platform.INSTAGRAM).id,
            "page_access_token": secrets.page_access_token,
            "app_secret": secrets.app_secret,
        }

    def credentials(self, platform: Platform | str) -> dict[str, str]:
        """The credentials of the school's account on this platform."""
        match Platform(platform):
            case Platform.X:
                return self.x_credentials
            case Platform.FACEBOOK:
                return self.facebook_credentials
            case Platform.INSTAGRAM:
                return self.instagram_credentials
