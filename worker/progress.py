"""Progress bars: on standard error, only where a person watches, never amid results."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from worker.terminal import complain


class BytesBar:
    """How much of a file has come, and what is done with it then."""

    def __init__(self, bar: Progress, title: str) -> None:
        """Shows nothing yet but the title."""
        self._bar = bar
        self._task = bar.add_task(title, total=None)

    def __call__(self, done: int, total: int | None) -> None:
        """So many bytes are there, and so many it will be (None: unknown)."""
        self._bar.update(self._task, completed=done, total=total)

    def now(self, title: str) -> None:
        """What goes on now, when nobody can say for how long."""
        self._bar.update(self._task, description=title, total=None)


@contextmanager
def bytes_bar(title: str) -> Iterator[BytesBar]:
    """A bar of bytes."""
    with _bar(DownloadColumn(), shown=sys.stderr.isatty()) as bar:
        yield BytesBar(bar, title)


class ReadingBar:
    """How far a file has been read; sentences on standard error don't tear the bar."""

    def __init__(self, bar: Progress, title: str, stream: BinaryIO | None) -> None:
        """`stream`: what is read, a regular file or not, unpacked or not."""
        self._bar = bar
        self._position, total = _extent(stream) if stream is not None else (None, None)
        self._task = bar.add_task(title, total=total)
        self._lines = 0

    def step(self, lines: int = 1) -> None:
        """So many more lines are done."""
        self._lines += lines
        if not self._bar.disable:
            done = self._position() if self._position else self._lines
            self._bar.update(self._task, completed=done)

    def say(self, sentence: str) -> None:
        """One line on standard error."""
        if self._bar.disable:
            complain(sentence)
            return
        self._bar.stop()
        complain(sentence)
        self._bar.start()


@contextmanager
def reading_bar(title: str, stream: BinaryIO | None, *, amid: bool = False) -> Iterator[ReadingBar]:
    """A bar over a file. Of a pipe only lines can be counted.

    `amid`: results are written meanwhile, so there is none where those go to the same screen.
    """
    known = stream is not None and _extent(stream)[1] is not None
    column: ProgressColumn = DownloadColumn() if known else MofNCompleteColumn()
    with _bar(column, shown=sys.stderr.isatty() and not (amid and sys.stdout.isatty())) as bar:
        yield ReadingBar(bar, title, stream)


def _bar(amount: ProgressColumn, *, shown: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), amount, TimeElapsedColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), disable=not shown, transient=True,
    )  # fmt: skip


def _extent(stream: BinaryIO) -> tuple[Callable[[], int] | None, int | None]:
    """(where in the file we are, its size) of a regular file, packed or not; (None, None) of a pipe."""
    raw: BinaryIO = getattr(stream, "fileobj", None) or stream
    try:
        found = os.fstat(raw.fileno())
    except OSError:
        return None, None
    return (raw.tell, found.st_size) if stat.S_ISREG(found.st_mode) else (None, None)
