"""48 hours of practice traffic in fast motion: memory, tables and files. Part of `make soak`.

The crowd of the practice platforms is the usual one, only faster; the school posts, decides and looks at
its pages meanwhile. SOAK_HOURS and SOAK_MINUTES set how much of it comes in how long, and
SOAK_KIND=embedded has one process on SQLite instead of production's.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import requests
import sqlalchemy as sa

from connectors.practice import crowd
from moderation import decisions
from moderation.decisions import Decision, Outcome
from moderation.models import CaseState, LogCase
from school import db, people
from school.models import Role
from tests.faults import books
from tests.faults.system import System, embedded, signed_in, system
from tests.faults.traffic import make_due, next_minute, write_drafts
from web.retained import KEPT, RULES

COMMENTS_A_DAY = crowd.DAY_LIMIT
"""What the practice crowd writes at most, left to itself."""
COMMENT_SHARE = 0.8
"""Of all that the crowd does."""
POSTS_A_DAY = 20
DECISIONS_A_DAY = 60
PAGES = ("/", "/moderation", "/log", "/followers", "/drafts", "/accounts", "/calendar", "/health/ready")
FLAT = 1.15
"""How much more memory than after a third of the time a process may have at the end."""
SLACK_MB = 20.0
"""Beyond that: a page of a table is in the database's cache or isn't."""


@dataclass(frozen=True)
class Sample:
    """What there is at one moment. Memory in MB, by process."""

    memory: dict[str, float]
    opened: dict[str, int]
    threads: dict[str, int]
    rows: dict[str, int]
    files: frozenset[str]


@dataclass
class Found:
    """The samples, and what is wrong with them."""

    samples: list[Sample] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def sample(made: System) -> Sample:
    """Look at everything once."""
    memory, opened, threads = {}, {}, {}
    for name, process in made.processes.items():
        assert process.popen is not None
        proc = Path("/proc") / str(process.popen.pid)
        status = dict(
            line.split(":", 1) for line in (proc / "status").read_text().splitlines() if ":" in line
        )
        memory[name] = int(status["VmRSS"].split()[0]) / 1024
        threads[name] = int(status["Threads"])
        opened[name] = len(list((proc / "fd").iterdir()))
    with db.reading() as session:
        rows = {
            table.name: session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in db.Base.metadata.sorted_tables
        }
    files = frozenset(
        str(path.relative_to(folder))
        for folder in (made.home, Path(tempfile.gettempdir()))
        for path in folder.rglob("*")
        if path.is_file()
    )
    return Sample(memory, opened, threads, rows, files)


class _Beside(ABC):
    """Something that goes on beside the traffic until it is stopped. An error in it is the run's."""

    def __init__(self, every: float) -> None:
        self._every = every
        self._over = threading.Event()
        self.failed: list[str] = []
        self.done = 0
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(120)

    def _work(self) -> None:
        while not self._over.wait(self._every):
            try:
                self.step()
                self.done += 1
            except Exception as error:  # noqa: BLE001 - whatever it is, the report says it
                self.failed.append(f"{type(self).__name__}: {type(error).__name__}: {error}"[:500])

    @abstractmethod
    def step(self) -> None:
        """What is done again and again."""


class Visitor(_Beside):
    """The headteacher, who looks at one page after the other."""

    def __init__(self, made: System, every: float) -> None:
        super().__init__(every)
        self._url = made.url
        self._browser = signed_in(made, "head")

    def step(self) -> None:
        address = f"{self._url}{PAGES[self.done % len(PAGES)]}"
        answer = self._browser.get(address, timeout=60)
        # Not ready is an answer, too.
        assert answer.status_code == 200 or address.endswith("/ready"), f"{address}: {answer.status_code}"


class School(_Beside):
    """Posts written, approved and due at once."""

    def __init__(self, made: System, every: float) -> None:
        super().__init__(every)
        self._made = made

    def step(self) -> None:
        write_drafts(self._made, 3, due=next_minute(timedelta(hours=1)), first=self.done * 3)
        make_due()


class Deciding(_Beside):
    """The senior leadership team hides what was flagged."""

    def __init__(self, made: System, every: float) -> None:
        super().__init__(every)
        self._url = made.url

    def step(self) -> None:
        with db.transaction() as session:
            slt = people.holders(session, Role.SLT)[0]
            entry = session.scalars(
                sa.select(LogCase).where(LogCase.state == CaseState.OPEN).limit(1)
            ).first()
            if entry is not None:
                decisions.decide(
                    session, entry.entry_id, Decision(frozenset({Outcome.HIDE}), reason="Against our rules"),
                    seen=entry.version, by=slt, url=self._url, now=db.now(),
                )  # fmt: skip


def run(made: System, *, hours: float, minutes: float) -> Found:
    """The traffic of `hours` within `minutes`, and what is left of it."""
    found, began = Found(), time.monotonic()
    for platform in made.account_ids:
        made.platforms.world.publish(platform, "Before the product came")
    made.start()
    _until_up(made)
    days = hours / 24
    comments = round(COMMENTS_A_DAY * days)
    # The limit is for a school that is left alone overnight.
    crowd.DAY_LIMIT = 10**9
    parents = crowd.Crowd(made.platforms.world, seed=1)
    seconds = minutes * 60
    beside: list[_Beside] = [
        Visitor(made, 1.0),
        School(made, seconds / (POSTS_A_DAY * days / 3)),
        Deciding(made, seconds / (DECISIONS_A_DAY * days)),
    ]
    found.samples.append(sample(made))
    for one in beside:
        one.start()
    events = round(comments / COMMENT_SHARE)
    traffic = time.monotonic()
    random.seed(1)
    for number in range(events):
        parents.step()
        if number + 1 in {events // 3, 2 * events // 3}:
            found.samples.append(sample(made))
            _say(began, f"{number + 1} of {events} events; {books.waiting(made)}")
        time.sleep(max(0.0, (number + 1) / events * seconds - (time.monotonic() - traffic)))
    for one in beside:
        one.stop()
        found.wrong += one.failed
    _say(began, f"all has happened; waiting for {books.waiting(made)}")
    until = time.monotonic() + 1800
    while any(books.waiting(made).values()) and time.monotonic() < until:
        time.sleep(1)
    _say(began, "quiet")
    # What is kept for a moment after the last piece of work is gone by then.
    time.sleep(30)
    found.samples.append(sample(made))
    found.wrong += made.died_by_themselves()
    found.wrong += books.check(made).wrong
    _say(began, ", ".join(f"{type(one).__name__} {one.done}" for one in beside))
    return found


def _until_up(made: System) -> None:
    until = time.monotonic() + 300
    while time.monotonic() < until:
        try:
            if made.pages_answer():
                ready = requests.get(f"{made.url}/health/ready", timeout=30).json()
                if all(words == "ok" for name, words in ready.items() if name not in {"status", "disk"}):
                    return
        except requests.RequestException:
            pass
        time.sleep(1)
    raise AssertionError("the system never got ready")


def judge(found: Found) -> None:
    """Memory flat, nothing left open, no table and no file that grows without end."""
    third, end = found.samples[1], found.samples[-1]
    for name, before in third.memory.items():
        if end.memory[name] > before * FLAT + SLACK_MB:
            found.wrong.append(f"{name} grew from {before:.0f} to {end.memory[name]:.0f} MB")
        if end.opened[name] > third.opened[name] + 20:
            found.wrong.append(f"{name} has {end.opened[name]} files open, not {third.opened[name]}")
    covered = {table for rule in RULES for table in rule.tables} | set(KEPT)
    for table, count in end.rows.items():
        if count > third.rows[table] and table not in covered and table not in _with_another():
            found.wrong.append(f"the table {table} grew to {count} rows and nothing is ever erased from it")
    for left in sorted(end.files - third.files):
        if not _expected(left):
            found.wrong.append(f"the file {left} was left behind")


def _with_another() -> set[str]:
    """Tables whose rows go with the row that they belong to."""
    return {
        table.name
        for table in db.Base.metadata.sorted_tables
        if any(key.ondelete == "CASCADE" for key in table.foreign_keys)
    }


def _expected(file: str) -> bool:
    # Logs are turned over at 5 MB, five of each are kept.
    return file.startswith("logs/") and file.rpartition(".log")[2] in {"", ".1", ".2", ".3", ".4", ".5"}


def report(found: Found, *, hours: float, minutes: float) -> str:
    """The figures, as a table."""
    first, third, *_, end = found.samples
    lines = [
        f"{hours:.0f} hours of practice traffic in {minutes:.0f} minutes: {end.rows['comments']} comments, "
        f"{end.rows['log_entries']} log entries, {end.rows['publications']} posts, "
        f"{end.rows['followers']} followers, {end.rows['platform_acts']} acts, "
        f"{end.rows['outbox_emails']} mails",
        "memory in MB at the start, after a third, after two thirds, at the end:",
    ]
    for name in end.memory:
        values = ", ".join(f"{each.memory[name]:.0f}" for each in found.samples)
        lines.append(
            f"  {name}: {values}; {third.opened[name]} to {end.opened[name]} files open, "
            f"{third.threads[name]} to {end.threads[name]} threads"
        )
    grown = {table: count for table, count in end.rows.items() if count > third.rows[table]}
    lines.append("tables that grew after the first third:")
    periods = {table: rule.days for rule in RULES for table in rule.tables}
    for table, count in sorted(grown.items()):
        kept = (
            f"erased after {periods[table]} days"
            if table in periods
            else f"kept: {KEPT[table]}"
            if table in KEPT
            else "goes with what it belongs to"
            if table in _with_another()
            else "NOTHING IS EVER ERASED"
        )
        lines.append(f"  {table}: {third.rows[table]} to {count}; {kept}")
    lines.append(f"files: {len(first.files)} at the start, {len(end.files)} at the end")
    lines += [f"WRONG: {wrong}" for wrong in found.wrong] or ["all is as it should be"]
    return "\n".join(lines)


def _say(began: float, words: str) -> None:
    print(f"{time.monotonic() - began:7.1f} s  {words}", flush=True)


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for everything, temporary files of all processes included."""
    with tempfile.TemporaryDirectory(prefix="days-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        scratch = folder / "tmp"
        scratch.mkdir()
        os.environ["TMPDIR"], tempfile.tempdir = str(scratch), None
        yield folder


def main() -> int:
    """The run by the environment; exit status 1 when something is wrong."""
    hours, minutes = float(os.environ.get("SOAK_HOURS", "48")), float(os.environ.get("SOAK_MINUTES", "12"))
    with _folder() as folder:
        school: AbstractContextManager[System] = (
            embedded(folder, folder / "home")
            if os.environ.get("SOAK_KIND") == "embedded"
            else system(folder, workers=1)
        )
        with school as made:
            found = run(made, hours=hours, minutes=minutes)
            judge(found)
            print(report(found, hours=hours, minutes=minutes))
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
