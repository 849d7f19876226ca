"""Notices what a request wrote: looking at a page must change nothing."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

_WRITES = re.compile(
    r"\s*(?:INSERT(?:\s+OR\s+\w+)?\s+INTO|REPLACE\s+INTO|UPDATE|DELETE\s+FROM)\s+\"?(\w+)", re.IGNORECASE
)


class Writes:
    """The tables in which something was written and committed since `forget`.

    On SQLite the file itself is asked as well, so that nothing goes past the engine that is listened to.
    """

    def __init__(self, engine: Engine) -> None:
        self._open: dict[int, set[str]] = {}
        self.tables: set[str] = set()
        sa.event.listen(engine, "after_cursor_execute", self._said)
        sa.event.listen(engine, "commit", self._committed)
        sa.event.listen(engine, "rollback", self._rolled_back)
        self._file: sqlite3.Connection | None = None
        if engine.dialect.name == "sqlite":
            path = Path(str(engine.url.database)).resolve()
            self._file = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        self._version = self._asked()

    def close(self) -> None:
        """Let the file go."""
        if self._file is not None:
            self._file.close()

    def forget(self) -> None:
        """Begin anew."""
        self.tables.clear()
        self._version = self._asked()

    def seen(self) -> set[str]:
        """Where something was written; "?" where only the file tells that something was."""
        if not self.tables and self._version != self._asked():
            return {"?"}
        return set(self.tables)

    def _asked(self) -> int:
        """A number that SQLite changes with each commit of another connection."""
        if self._file is None:
            return 0
        [version] = self._file.execute("PRAGMA data_version").fetchone()
        return int(version)

    def _said(self, connection: sa.Connection, cursor: Any, statement: str, *_more: Any) -> None:
        # An UPDATE that found no row changed nothing.
        if (found := _WRITES.match(statement)) and cursor.rowcount != 0:
            self._open.setdefault(id(connection), set()).add(found[1].lower())

    def _committed(self, connection: sa.Connection) -> None:
        self.tables |= self._open.pop(id(connection), set())

    def _rolled_back(self, connection: sa.Connection) -> None:
        self._open.pop(id(connection), None)
