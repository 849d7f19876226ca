"""Locks between processes on one machine, freed by the system when their process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import BinaryIO


class FileLock:
    """An exclusive lock on a file."""

    def __init__(self, path: Path) -> None:
        """Doesn't take it yet."""
        self._path = path
        self._file: BinaryIO | None = None

    def take(self) -> bool:
        """Take the lock if nobody has it; whether we have it now. Raises OSError for a read-only folder."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Unbuffered: what a full disk doesn't take must not be tried again when the file is closed.
        opened = self._path.open("a+b", buffering=0)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            opened.truncate(0)
            opened.write(f"{os.getpid()}\n".encode())
        except BlockingIOError:
            opened.close()
            return False
        except OSError as error:
            opened.close()
            error.filename = str(self._path)
            raise
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
