"""A small disk of its own, to be filled to the last byte and emptied again."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_PIECE = b"\0" * 65_536
_NAME = "filler"


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[Path]:
    """A file system of that size in `folder`, gone afterwards. Skips the test where none may be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "small", str(folder)],
        capture_output=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip(f"A disk to fill can't be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Take whatever room there is, down to the last byte."""
    with (folder / _NAME).open("ab", buffering=0) as taking:
        size = len(_PIECE)
        while size:
            try:
                taking.write(_PIECE[:size])
            except OSError as error:
                assert error.errno == errno.ENOSPC, error
                size //= 2


def make_room(folder: Path) -> None:
    """Give it back."""
    (folder / _NAME).unlink()


def room(folder: Path) -> int:
    """Bytes that are free."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
