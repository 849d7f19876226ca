"""What a page costs the processor, which other work on the machine changes little."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

PROC = Path("/proc")


class Timer:
    """The processor's time of a request: of this process, and of PostgreSQL's for it where it runs here."""

    def __init__(self, engine: sa.Engine) -> None:
        """Of PostgreSQL, which has a process for each connection: ends the engine's, to know all to come."""
        self.statements = 0
        self._serving: set[int] = set()
        sa.event.listen(engine, "before_cursor_execute", self._asked)
        if engine.dialect.name == "postgresql":
            sa.event.listen(engine, "connect", self._connected)
            engine.dispose()

    def _asked(self, *_: object) -> None:
        self.statements += 1

    def _connected(self, connection: Any, _record: object) -> None:
        self._serving.add(connection.info.backend_pid)

    def of(self, what: Callable[[], object]) -> float:
        """Milliseconds."""
        self.statements, known = 0, set(self._serving)
        server, began = self._server(known), time.process_time()
        what()
        here = time.process_time() - began
        # A connection that was made meanwhile has done nothing else.
        return (here + self._server(self._serving) - server) * 1000

    def _server(self, serving: set[int]) -> float:
        """Seconds of processor that PostgreSQL's processes for these connections took, with their helpers."""
        spent, over = 0.0, set()
        for pid in serving:
            with contextlib.suppress(OSError):
                # Nanoseconds; the seconds of `stat` are only counted in hundredths.
                spent += int((PROC / str(pid) / "schedstat").read_text().split()[0]) / 1e9
                over.add(int(_stat(pid)[1]))
        # Those that help with a long statement have ended: their time is counted with the process over all.
        return spent + sum(_ended(pid) for pid in over)


def _stat(pid: int) -> list[str]:
    """The fields after the process's name, which may have spaces in it."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def _ended(pid: int) -> float:
    """Seconds of processor of the children of this process that have ended."""
    fields = _stat(pid)
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
