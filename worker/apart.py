"""`schoolgate worker` and `scheduler`: the same processes apart, for production.

The pages are in `worker.pages`: what works in the background has no need of them, nor of their memory.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from contextlib import ExitStack

import structlog
from celery.beat import Service
from celery.worker import WorkController
from celery.worker import state as worker_state

from school import migrate, setup
from school.db import reading
from school.errors import BadInput
from school.models import School
from school.settings import settings
from worker import classifier, clock, memory, outgoing, signals, starting
from worker.app import QUEUES
from worker.app import app as celery_app
from worker.mailbox import Mailbox
from worker.terminal import Refused, logs_of

log = structlog.get_logger(__name__)

RESTART_WAIT = 5.0
"""Seconds before a worker whose machinery failed begins again."""


def worker(*, queues: str | None, threads: int) -> int:
    """Work until Ctrl-C or SIGTERM; what is under way is finished first."""
    _needs_broker("worker")
    queues = ",".join(QUEUES) if queues is None else queues
    wanted = [name.strip() for name in queues.split(",") if name.strip()]
    unknown = sorted(set(wanted) - set(QUEUES))
    if unknown or not wanted:
        raise BadInput(
            f"“{queues[:60]}” is no list of queues. Choose from: {', '.join(QUEUES)}.", field="queues"
        )
    signals.heed_while_starting()
    memory.use_few_arenas()
    serving_school()
    logs_of("worker", stderr_level=logging.INFO)
    with ExitStack() as stack:
        if "mail" in wanted and not settings().smtp_url:
            mailbox = Mailbox(settings().mailbox_folder)
            mailbox.start()
            stack.callback(mailbox.stop)
            outgoing.deliver_to(mailbox.url)
        if "classify" in wanted:
            classifier.load_in_background()
        # WorkController and not app.Worker: that one takes over signals, streams and logs of the process.
        working = WorkController(
            app=celery_app,
            pool="threads",
            concurrency=threads,
            queues=wanted,
            loglevel="WARNING",
            without_gossip=True,
            without_mingle=True,
        )
        stopping = threading.Event()

        def stop() -> None:
            stopping.set()
            # The worker looks at this flag between two messages and between two tries to reach Redis.
            worker_state.should_stop = 0

        signals.heed_with(stop)
        log.info("worker_started", queues=wanted, threads=threads)
        working.start()
        if not stopping.is_set():
            # Losing Redis at an unlucky moment trips Celery's own clearing up after it. What was under
            # way is finished, and all else stands in the database: begin again as a new process.
            log.error("worker_starts_again", seconds=RESTART_WAIT)
            stopping.wait(RESTART_WAIT)
    if stopping.is_set():
        return 0
    logging.shutdown()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - this very program  # nosec B606


def scheduler() -> int:
    """Say "look now" at the right times until Ctrl-C or SIGTERM. One is enough; two do no harm."""
    _needs_broker("scheduler")
    signals.heed_while_starting()
    serving_school()
    logs_of("scheduler", stderr_level=logging.INFO)
    service = Service(celery_app, scheduler_cls="worker.steady:SteadyScheduler", remote_control=False)
    log.info("scheduler_started")
    # It keeps nothing that a stop could break, and may be in the middle of waiting for Redis.
    service.start()
    return 0


def serving_school() -> School:
    """The school, its database brought up to date. Raises BadInput where there is none yet."""
    settings().home.mkdir(parents=True, exist_ok=True)
    migrate.prepare()
    with reading() as session:
        school = setup.current_school(session)
        clock.set_by(session)
    if school is None:
        raise BadInput("There is no school yet: run `schoolgate setup` first.", field="school")
    starting.settle_key(school)
    starting.note_settings()
    return school


def _needs_broker(command: str) -> None:
    if settings().broker_url.startswith("memory://"):
        raise Refused(
            f"`schoolgate {command}` needs a broker that joins processes: set SCHOOLGATE_BROKER_URL, such as "
            "redis://localhost:6379/0. Without one, `schoolgate run` does everything in one process."
        )
