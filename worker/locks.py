"""Locks between processes on one machine, freed by the system when their process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO


class FileLock:
    """An exclusive lock on a file."""

    def __init__(self, path: Path) -> None:
        """Doesn't take it yet."""
        self._path = path
        self._file: IO[str] | None = None

    def take(self) -> bool:
        """Take the lock if nobody has it; whether we have it now. Raises OSError for a read-only folder."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        opened = self._path.open("a+", encoding="ascii")
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            opened.close()
            return False
        opened.seek(0)
        opened.truncate()
        opened.write(f"{os.getpid()}\n")
        opened.flush()
        self._file = opened
        return True

    def holder(self) -> str:
        """The process id that the holder wrote; empty if it can't be read."""
        try:
            return self._path.read_text(encoding="ascii").strip()
        except OSError:
            return ""

    def free(self) -> None:
        """Let go of it."""
        if self._file is not None:
            self._file.close()
            self._file = None
