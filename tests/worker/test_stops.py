"""Ctrl-C and SIGTERM at any moment: exit status 0 within ten seconds, and the next start goes on."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery import Celery

from tests.worker.conftest import SCHOOLGATE, environment, running, wait_for
from tests.worker.test_embedded import rows
from worker.engine import EmbeddedWorker

IN_TIME = 10.0
SLOW_MACHINE = 5.0


@contextmanager
def starting(home: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has just begun to hear signals, long before it has loaded what it needs."""
    process = subprocess.Popen(
        [SCHOOLGATE, *arguments], env=environment(home, SCHOOLGATE_PRACTICE_PACE="0"), cwd=home.parent,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip

    def hears() -> bool | None:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        caught = int(status.partition("SigCgt:")[2].split()[0], 16)
        return bool(caught >> (signal.SIGTERM - 1) & 1) or None

    try:
        assert wait_for(hears, 60)
        yield process
    finally:
        process.kill()
        process.communicate(timeout=20)


def stopped(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send the signal; the process must end in time, with status 0 and nothing on standard error."""
    began = time.monotonic()
    process.send_signal(number)
    _out, complained = process.communicate(timeout=60)
    assert time.monotonic() - began < IN_TIME + SLOW_MACHINE
    assert (process.returncode, complained) == (0, b"")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_is_heard_while_the_program_is_loaded(home: Path, number: signal.Signals) -> None:
    with starting(home, "run", "--port", "0") as process:
        stopped(process, number)


def test_a_stop_is_heard_while_a_library_waits_and_the_next_start_goes_on(home: Path) -> None:
    home.mkdir()
    with sqlite3.connect(home / "schoolgate.db", isolation_level=None) as holder:
        holder.execute("PRAGMA journal_mode=WAL")
        holder.execute("BEGIN IMMEDIATE")
        with starting(home, "run", "--port", "0") as process:
            assert wait_for(lambda: (home / "run.lock").exists() or None, 60)
            # Now it waits for the database, which nobody lets go of: half a minute inside SQLite.
            time.sleep(3)
            stopped(process, signal.SIGTERM)
        holder.execute("ROLLBACK")
    holder.close()
    with running(home, SCHOOLGATE_PRACTICE_PACE="0"):
        assert rows(home, "SELECT count(*) FROM school") == [(1,)]


def test_a_stop_in_the_middle_of_making_the_practice_school_leaves_all_or_nothing(home: Path) -> None:
    with starting(home, "run", "--port", "0") as process:
        assert wait_for(lambda: (home / "schoolgate.db").exists() or None, 60)
        stopped(process, signal.SIGTERM)
    with running(home, SCHOOLGATE_PRACTICE_PACE="0") as again:
        assert rows(home, "SELECT count(*) FROM people")[0][0] >= 10
        assert again.signed_in("head").get(again.url, timeout=20).status_code == 200


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_idle_worker_does_not_sit_out_its_wait_for_a_message() -> None:
    """Celery's own wait takes 2 seconds, and it notices a stop only between two of them."""
    took: list[float] = []
    while len(took) < 3 and min(took, default=9.0) > 1.8:
        idle = EmbeddedWorker(Celery("idle", broker="memory://", set_as_current=False))
        idle.start()
        assert idle.wait_until_ready(30)
        began = time.monotonic()
        assert idle.stop()
        took.append(time.monotonic() - began)
    assert min(took) < 1.8, took
