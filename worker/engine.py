"""The worker and the scheduler inside this process: Celery's own, in threads."""

from __future__ import annotations

import threading
import time
from typing import Any

import structlog
from celery import Celery
from celery.beat import EmbeddedService
from celery.worker import WorkController
from celery.worker import state as worker_state
from celery.worker.consumer import Consumer

from worker.app import QUEUES

log = structlog.get_logger(__name__)

THREADS = 16
"""Each account that is stuck holds one for as long as a request may take; a school has a handful."""
GRACE = 6.0
"""Seconds that work under way gets to end by itself. What is cut off is claimed again after its lease."""


STRETCH = 0.2
"""Seconds that the worker waits for a message before it looks whether it is to stop."""


class _Attentive:
    """A connection whose waits are short. Celery's own take 2 seconds, and a stop has to sit out two."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def drain_events(self, *, timeout: float) -> None:
        self._connection.drain_events(timeout=min(timeout, STRETCH))


class _Consumer(Consumer):  # type: ignore[misc]
    def loop_args(self) -> tuple[Any, ...]:
        worker, connection, *others = super().loop_args()
        return worker, _Attentive(connection), *others


class EmbeddedWorker:
    """A Celery worker and Celery beat as threads of this process."""

    def __init__(self, app: Celery) -> None:
        """Starts nothing yet."""
        self._app = app
        self._ready = threading.Event()
        # WorkController and not app.Worker: that one takes over signals, streams and logs of the process.
        self._worker = WorkController(
            app=app,
            pool="threads",
            concurrency=THREADS,
            queues=list(QUEUES),
            hostname="schoolgate@localhost",
            loglevel="WARNING",
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            consumer_cls=_Consumer,
            ready_callback=lambda _consumer: self._ready.set(),
        )
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)
        self._beat = EmbeddedService(
            app, thread=True, scheduler_cls="worker.steady:SteadyScheduler", remote_control=False
        )

    def _work(self) -> None:
        self._app.set_current()
        self._worker.start()

    def start(self) -> None:
        """Work and schedule, in the background."""
        worker_state.should_stop = None
        self._thread.start()
        self._beat.start()

    def wait_until_ready(self, seconds: float) -> bool:
        """Whether the worker takes messages, within that time."""
        return self._ready.wait(seconds)

    def stop(self) -> bool:
        """Stop both; False when work was still under way after the grace."""
        until = time.monotonic() + GRACE
        self._beat.service.stop()
        # The worker's own thread notices this flag between two messages and shuts its pool down.
        worker_state.should_stop = 0
        self._thread.join(max(0.1, until - time.monotonic()))
        self._beat.join(max(0.1, until - time.monotonic()))
        clean = not self._thread.is_alive()
        if clean:
            worker_state.should_stop = None
        if not clean:
            # Nothing to worry anybody with: the classifier was just loading, or a platform hung.
            log.info("work_cut_off", seconds=GRACE)
        return clean
