"""How a task runs: never too many at once, leaving signs of life, and ending when its worker is told to."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Callable
from functools import wraps

import structlog
from celery.worker import state as worker_state

from school import clocks, db, heartbeats
from school.db import transaction
from worker import clock, failures
from worker.clock import now


def at_most(count: int, *, each: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Within one process, no more than so many of this kind at once: stuck ones must leave room for others.

    `each`: so many for each value of the first argument. What fails is logged and left to the next
    look, which finds it in the database.
    """

    def limit(work: Callable[..., None]) -> Callable[..., None]:
        rooms: dict[str, threading.BoundedSemaphore] = {}
        opening = threading.Lock()

        @wraps(work)
        def limited(*arguments: str) -> None:
            with opening:
                room = rooms.setdefault(arguments[0] if each else "", threading.BoundedSemaphore(count))
            if not room.acquire(blocking=False):
                return
            # Every line of this run carries the same id, and none of the one before it in this thread.
            structlog.contextvars.clear_contextvars()
            structlog.contextvars.bind_contextvars(work=work.__name__, run=secrets.token_hex(4))
            try:
                work(*arguments)
            except Exception as error:  # noqa: BLE001 - whatever it is, the looks must go on
                failures.note(work.__name__, error)
            finally:
                room.release()

        return limited

    return limit


_last_beats: dict[str, float] = {}


def _for_the_first_time_in(seconds: float, name: str) -> bool:
    last = _last_beats.get(name)
    if last is not None and time.monotonic() - last < seconds:
        return False
    _last_beats[name] = time.monotonic()
    return True


def alive(name: str, *, detail: str = "") -> None:
    """Leave a sign of life of this kind of work and of this machine's clock, every few seconds at most."""
    if not _for_the_first_time_in(5.0, name):
        return
    with transaction() as session:
        if _for_the_first_time_in(60.0, "clock"):
            clocks.note(session, socket.gethostname(), now=db.now())
            clock.set_by(session)
        heartbeats.beat(session, name, detail=detail, now=now())
        # Every look was sent by the scheduler.
        heartbeats.beat(session, "scheduler", now=now())


def stopping() -> bool:
    """Whether this worker was told to stop: long work then ends after its present piece."""
    return worker_state.should_stop is not None or worker_state.should_terminate is not None
