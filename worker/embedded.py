"""`schoolgate run`: pages, worker, scheduler, mailbox and practice platforms in one process."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from contextlib import ExitStack

import structlog

from connectors.practice.servers import PracticePlatforms
from school import migrate, practice_year, setup
from school.db import now, transaction
from school.models import School
from school.settings import set_for_this_process, settings
from web.app import create_app
from worker import classifier, first_post, memory, outgoing, practice, signals, starting
from worker.app import app as celery_app
from worker.engine import EmbeddedWorker
from worker.locks import FileLock
from worker.mailbox import Mailbox
from worker.serving import WebServer, bind
from worker.terminal import Failure, logs_of, write

log = structlog.get_logger(__name__)

FIRST_PAGE_WAIT = 2.0
"""Seconds that the background work lets the first page go before it."""


def run(*, host: str | None, port: int | None) -> int:
    """Start everything, say where it is, and serve until Ctrl-C or SIGTERM; the exit status.

    Raises Refused for a port that is taken, Failure where another `run` has this home, and
    OSError or sqlalchemy.exc.DBAPIError where home or database can't be written.
    """
    chosen = settings()
    host, port = host or chosen.host, chosen.port if port is None else port
    stopping = threading.Event()
    signals.heed_while_starting()
    memory.use_few_arenas()
    with ExitStack() as stack:
        lock = _lock_home()
        stack.callback(lock.free)
        listening = bind(host, port)
        stack.callback(listening.close)
        actual_port = listening.getsockname()[1]
        set_for_this_process(host=host, port=str(actual_port))
        logs_of("run")
        school = _school()
        platforms = _practice_platforms(stack) if school.practice else None
        if not settings().smtp_url:
            mailbox = Mailbox(settings().mailbox_folder)
            mailbox.start()
            stack.callback(mailbox.stop)
            outgoing.deliver_to(mailbox.url)
        web = WebServer(create_app(practice=platforms), listening)
        web.start()
        stack.callback(web.stop)
        signals.heed_with(stopping.set)
        write("".join(f"{line}\n" for line in _greeting(school)))
        # Only now: whatever stops the start itself is said in one line.
        logs_of("run", stderr_level=logging.WARNING)
        _until_first_page(web, stopping)
        worker = EmbeddedWorker(celery_app)
        worker.start()
        classifier.load_in_background()
        if school.practice:
            first_post.hand_in_later()
        memory.keep_what_is_loaded()
        log.info("started", host=host, port=actual_port, practice=platforms is not None)
        stopping.wait()
        write("Stopping …\n")
        clean = worker.stop()
    log.info("stopped", clean=clean)
    if not clean or threading.active_count() > 2:
        # A request to a platform is still waiting for its answer, and has had its time. Its intent stands in
        # the database with a lease, so nothing is lost by not waiting with it.
        _leave_soon(seconds=2.0 if clean else 0.0)
    return 0


def _until_first_page(web: WebServer, stopping: threading.Event) -> None:
    """Loading the classifier takes all of a small machine for seconds: the first page comes before."""
    until = time.monotonic() + FIRST_PAGE_WAIT
    while time.monotonic() < until and not web.answered.is_set() and not stopping.is_set():
        time.sleep(0.05)


def _leave_soon(*, seconds: float) -> None:
    until = time.monotonic() + seconds
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(max(0.0, until - time.monotonic()))
    sys.stdout.flush()
    sys.stderr.flush()
    logging.shutdown()
    os._exit(0)


def _lock_home() -> FileLock:
    lock = FileLock(settings().home / "run.lock")
    if not lock.take():
        raise Failure(
            f"Schoolgate is running already with {settings().home} (process {lock.holder() or 'unknown'}). "
            "Stop it first, or give this one another SCHOOLGATE_HOME."
        )
    return lock


def _school() -> School:
    """The school of this installation: the practice school where there was none."""
    migrate.prepare()
    with transaction() as session:
        school = setup.current_school(session) or setup.set_up_practice(session, now=now())
        if school.practice:
            setup.ready_practice(session, now=now())
            practice_year.enter(session, now=now())
    starting.settle_key(school)
    starting.note_settings()
    return school


def _practice_platforms(stack: ExitStack) -> PracticePlatforms:
    running = practice.Running(pace=settings().practice_pace)
    if not running.start():
        raise Failure(
            "Another command of this home is using the practice platforms; try again when it has ended."
        )
    stack.callback(running.stop)
    signals.before_leaving(practice.forget_ports)
    assert running.platforms is not None
    practice.adopt_practice_accounts(running.platforms, now=now())
    return running.platforms


def _greeting(school: School) -> list[str]:
    """At most five lines: the address, who may sign in and how, what to try first."""
    address = settings().effective_public_url
    if school.practice:
        at = school.domain
        return [
            f"Schoolgate is at {address} — {school.name}, a practice school. Ctrl-C stops it.",
            f"Sign in as head@{at} (headteacher), teacher@{at} (staff) or others on the sign-in page;",
            f"the password is “{setup.PRACTICE_PASSWORD}”, the PIN for approvals {setup.PRACTICE_PIN}.",
            f"Try first, as head: be rude as a parent at {address}/practice, then see {address}/moderation;",
            f"as teacher: write a post at {address}/drafts/new; mail is at {address}/practice/mailbox.",
        ]
    return [
        f"Schoolgate is at {address} — {school.name}. Ctrl-C stops it.",
        "Sign in with your school e-mail address; `schoolgate setup` printed the headteacher's sign-up link.",
        f"Try first, as headteacher: add people at {address}/people, and connect an account at "
        f"{address}/accounts.",
    ]
