"""Ctrl-C and SIGTERM: heard at any moment, and obeyed within `STOP_MOST` seconds.

While a process starts, a signal ends what it is doing at once; whatever was in a transaction is
rolled back. Once it works, a signal asks it to stop, and it ends what is under way first.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

STOP_MOST = 9.0
"""Seconds that a stop may take before the process leaves all the same."""
HEARD = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """A signal came while the process was starting. Not an Exception: nothing may take it for a failure."""


_leaving = threading.Event()
_watched: list[int] = []
_last_acts: list[Callable[[], object]] = []


def heed_while_starting() -> None:
    """From now on a signal raises `Stopped` in the main thread."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        # A second signal must not break the tidying up after the first.
        if not _leaving.is_set():
            _leaving.set()
            raise Stopped

    _handle(stop)


def heed_with(ask: Callable[[], object]) -> None:
    """From now on a signal calls `ask`."""
    _handle(lambda _number, _frame: ask())


def before_leaving(act: Callable[[], object]) -> None:
    """Have this done, too, where a stop hangs and the process leaves all the same. It must not wait."""
    _last_acts.append(act)


def _handle(stop: Callable[[int, FrameType | None], object]) -> None:
    for number in HEARD:
        signal.signal(number, stop)
    if not _watched:
        # A handler runs between two steps of Python only, which a wait inside a library can put off for
        # half a minute. The number of the signal in this pipe wakes a thread at once.
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        _watched.extend((reading, writing))
        threading.Thread(target=_leave_anyway, args=(reading,), name="leave-anyway", daemon=True).start()
    signal.set_wakeup_fd(_watched[1], warn_on_full_buffer=False)


def _leave_anyway(reading: int) -> None:
    """Whatever hangs, a stop ends: all that matters stands in the database, with leases."""
    while os.read(reading, 1)[0] not in HEARD:
        continue
    time.sleep(STOP_MOST)
    for act in _last_acts:
        act()
    os._exit(0)
