"""`schoolgate web`: the pages alone, for production."""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack

import structlog

from school.models import School
from school.settings import set_for_this_process, settings
from web.app import create_app
from worker import memory, practice, signals
from worker.apart import serving_school
from worker.processes import serve_in_processes
from worker.serving import WebServer, bind
from worker.terminal import Refused, logs_of, write

log = structlog.get_logger(__name__)


def web(*, host: str | None, port: int | None, processes: int = 1) -> int:
    """Serve the pages until Ctrl-C or SIGTERM; in a practice school, the practice platforms too.

    With several processes a request that hangs or a process that dies takes none of the others with it.
    """
    chosen = settings()
    host, port = host or chosen.host, chosen.port if port is None else port
    stopping = threading.Event()
    signals.heed_while_starting()
    with ExitStack() as stack:
        listening = bind(host, port)
        stack.callback(listening.close)
        set_for_this_process(host=host, port=str(listening.getsockname()[1]))
        school = serving_school()
        if processes > 1:
            if school.practice:
                raise Refused("A practice school's pages come from one process: leave --processes out.")
            _say_started(school, host)
            return serve_in_processes(listening, processes)
        platforms = None
        if school.practice:
            running = practice.Running(pace=chosen.practice_pace)
            if running.start():
                stack.callback(running.stop)
                platforms = running.platforms
        served = WebServer(create_app(practice=platforms), listening)
        memory.keep_what_is_loaded()
        served.start()
        stack.callback(served.stop)
        signals.heed_with(stopping.set)
        _say_started(school, host)
        stopping.wait()
    return 0


def _say_started(school: School, host: str) -> None:
    # Only now, as in the other processes: whatever stops the start itself is said in one line.
    logs_of("web", stderr_level=logging.INFO)
    log.info("web_started", host=host, port=settings().port)
    write(f"{school.name}: pages at {settings().effective_public_url} (Ctrl-C stops).\n")
