"""The pages served by several processes: gunicorn, on a socket that was bound before."""

from __future__ import annotations

import logging
import signal
import socket
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from school.db import engine, engine_for
from web.app import create_app
from worker import memory

THREADS = 8
GRACE = 25
"""Seconds that requests under way get when the pages are stopped: less than compose waits before it kills."""
STUCK_AFTER = 60
"""Seconds without a sign of life after which gunicorn replaces a process."""


class _OurLogs(Logger):  # type: ignore[misc]
    """gunicorn's messages in our logs, its start and stop messages apart."""

    def setup(self, cfg: Any) -> None:
        """Leave its loggers without handlers of their own, so that ours get what they say."""
        for one in (self.error_log, self.access_log):
            one.handlers[:] = []
            one.propagate = True
            one.setLevel(logging.WARNING)


class _Pages(BaseApplication):  # type: ignore[misc]
    """gunicorn with our settings; each process makes the application for itself after the fork."""

    def __init__(self, listening: int, processes: int) -> None:
        self._listening = listening
        self._processes = processes
        super().__init__()

    def load_config(self) -> None:
        """What differs from gunicorn's defaults."""
        for name, value in {
            "bind": f"fd://{self._listening}",
            "workers": self._processes,
            "worker_class": "gthread",
            "threads": THREADS,
            "timeout": STUCK_AFTER,
            "graceful_timeout": GRACE,
            "keepalive": 15,
            "logger_class": _OurLogs,
            "control_socket_disable": True,
            # Whose word counts on address and https, Flask decides (SCHOOLGATE_TRUSTED_PROXIES).
            "forwarded_allow_ips": "",
            "secure_scheme_headers": {},
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application of this process."""
        app = create_app()
        memory.keep_what_is_loaded()
        return app


def serve_in_processes(listening: socket.socket, processes: int) -> int:
    """Serve the pages until SIGTERM or Ctrl-C; the exit status. Requests under way are answered first."""
    # A connection to the database must not be shared by the processes that are forked from this one.
    engine().dispose()
    engine_for.cache_clear()
    # gunicorn hears signals by itself, and gives requests longer than `worker.signals` would.
    signal.set_wakeup_fd(-1)
    try:
        # Detached: gunicorn closes it at the end, and whoever bound it must not do so again.
        _Pages(listening.detach(), processes).run()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0
