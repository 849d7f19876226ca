"""Comments a second from the platform to the SLT log, with an empty database and with one of a million.

The processes are production's: a worker, a worker for the classifier, two schedulers, PostgreSQL and Redis,
once for each of the two databases. They take turns at the same comments, and whoever's turn it isn't is
stopped, so that what else the machine does meets both alike. BENCH_COMMENTS, BENCH_STORED and BENCH_ROUNDS
set the sizes; BENCH_STORED=0 leaves the second database out.

The accounts are read as often as the product does by itself, every minute; each turn begins with "Read now"
for all of them, and the wait for that is not counted. BENCH_INTERVAL sets other seconds between two readings.

The practice platforms, which in a school's life are other people's machines, and this benchmark itself run on
the same processor cores: what they take is said, and not taken off the rate.

Beside the rate stands the processor's time, which other work on the machine changes little. Of that, what the
looks of each second take is measured apart with nothing to do: it counts the more the slower the machine is.

The classifier's own rate, that of scores and reasons, is taken in the same turns with the same texts, rules,
names, threads and batches; what the model alone does stands beside it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session

from connectors.base import Platform
from connectors.practice.faults import FaultRule, OperationKind
from connectors.practice.world import World
from moderation import thresholds
from moderation.classifier.engine import load_engine
from moderation.models import Comment, CommentScore, LogEntry
from moderation.thresholds import Rules
from school import accounts, db
from school.models import Account
from school.settings import Settings
from tests.bench.comments import everyday_comments
from tests.bench.filling import Filling
from tests.faults.system import Process, Production, system
from tests.worker.conftest import wait_for
from worker.judging import AT_ONCE, BATCH

COMMENTS = int(os.environ.get("BENCH_COMMENTS", "3000"))
STORED = int(os.environ.get("BENCH_STORED", "1000000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
DEFAULT: float = Settings.model_fields["poll_interval"].default
INTERVAL = float(os.environ.get("BENCH_INTERVAL", DEFAULT))
POSTS = 8
BESIDE = "beside"
IDLE_SECONDS = max(20.0, min(INTERVAL, 120.0))
"""As long as from one reading to the next, so that each account is read once in it."""


class Speed(NamedTuple):
    """Of one round."""

    rate: float
    """Comments a second."""
    processor: float
    """Milliseconds of processor for each comment, in the product's processes, PostgreSQL and Redis together:
    other work on the machine changes it less than the rate."""
    seconds: float = 0.0
    """How long the product's processes ran for it."""
    parts: Mapping[str, float] = MappingProxyType({})
    """The processor's milliseconds for each comment by process, and `beside`: what the practice platforms and
    this benchmark took."""


@dataclass(frozen=True)
class Copy:
    """One of the two databases with the processes that work on it."""

    url: str
    processes: Mapping[str, Process]

    def start(self) -> None:
        for process in self.processes.values():
            process.start()

    def stop(self) -> None:
        self.wake()
        for process in self.processes.values():
            process.stop()

    def freeze(self) -> None:
        """Stop them where they are."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for process in self.processes.values():
            if process.popen is not None and process.popen.poll() is None:
                os.killpg(process.popen.pid, number)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        with Session(db.engine_for(self.url)) as session:
            yield session

    @contextlib.contextmanager
    def changing(self) -> Iterator[Session]:
        with Session(db.engine_for(self.url)) as session, session.begin():
            yield session

    def has_read(self) -> bool | None:
        """Whether no account is just being read."""
        with self.reading() as session:
            at_it = sa.select(Account.id).where(Account.poll_lease_until.is_not(None)).limit(1)
            return session.scalar(at_it) is None or None

    def judged(self, first: UUID) -> int:
        """How many were judged since that id was made: by the key, since this is asked again and again."""
        with self.reading() as session:
            query = sa.select(sa.func.count()).select_from(CommentScore).where(CommentScore.id >= first)
            return session.scalar(query) or 0

    def last_judged(self, first: UUID) -> datetime:
        with self.reading() as session:
            query = sa.select(sa.func.max(CommentScore.scored_at)).where(CommentScore.id >= first)
            last: datetime | None = session.scalar(query)
        assert last is not None
        return last


def model_alone(texts: Sequence[str]) -> Speed:
    """The scores only, one batch of the worker's size after the other."""
    engine = load_engine(threads=2)
    return _alone(texts, engine.score, at_once=1)


def classifier_alone(texts: Sequence[str], rules: Rules) -> Speed:
    """All that the classifier says of a comment, its scores and its reasons, and nothing else: with the same
    rules, names, threads and batches as in the worker, and as many batches at once.
    """
    engine = load_engine(threads=2)

    def judge(batch: Sequence[str]) -> None:
        scores = engine.score([rules.as_scored(text) for text in batch])
        for text, result in zip(batch, scores, strict=True):
            rules.reasons(text, result, model_name=engine.model_name)

    return _alone(texts, judge, at_once=AT_ONCE)


def _alone(texts: Sequence[str], what: Callable[[Sequence[str]], object], *, at_once: int) -> Speed:
    what(texts[:BATCH])
    batches = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
    with ThreadPoolExecutor(at_once) as pool:
        began, processor = time.monotonic(), time.process_time()
        deque(pool.map(what, batches), maxlen=0)
        seconds = time.monotonic() - began
        return Speed(len(texts) / seconds, (time.process_time() - processor) / len(texts) * 1000)


def say(made: Production, texts: Sequence[str]) -> UUID:
    """The comments on the platforms, evenly over accounts and posts; an id from before any is judged."""
    world = made.platforms.world
    platforms = list(made.account_ids)
    posts = {p: [shown.post.id for shown in world.public_posts(p, limit=POSTS)] for p in platforms}
    first = db.new_id()
    with world.store.writing():
        for number, text in enumerate(texts):
            platform = platforms[number % len(platforms)]
            post = posts[platform][number // len(platforms) % POSTS]
            world.say(platform, post, f"Parent {number % (len(texts) // 3)}", text[:2000], None)
    return first


def end_to_end(made: Production, copy: Copy, first: UUID, count: int) -> Speed:
    """From the first request that brings a comment to the last that is judged."""
    with copy.changing() as session:
        for account_id in made.account_ids.values():
            accounts.ask_to_read(session, accounts.get(session, account_id))
    before = _processor(made, copy)
    with _asked(made.platforms.world) as asked:
        woken = time.monotonic()
        copy.wake()
        try:
            until = woken + 1200
            while (judged := copy.judged(first)) < count:
                assert time.monotonic() < until, judged
                # When the last was judged stands beside it: asking more often only takes the processor away.
                time.sleep(0.5)
            # Frozen in the middle of a reading, an account would be read late the next time.
            assert wait_for(copy.has_read, 300)
        finally:
            copy.freeze()
    ran, after = time.monotonic() - woken, _processor(made, copy)
    parts = {name: (after[name] - before[name]) / count * 1000 for name in after}
    # The wait for the reading is the schedule's, not the work's.
    rate = count / (copy.last_judged(first) - asked[0]).total_seconds()
    return Speed(rate, sum(parts.values()) - parts[BESIDE], ran, parts)


def nothing_to_do(made: Production, copy: Copy) -> dict[str, float]:
    """Milliseconds of processor that the looks take in a second while nothing comes, by process."""
    copy.wake()
    try:
        time.sleep(5)
        before, began = _processor(made, copy), time.monotonic()
        time.sleep(IDLE_SECONDS)
        after, seconds = _processor(made, copy), time.monotonic() - began
        return {name: (after[name] - before[name]) / seconds * 1000 for name in after if name != BESIDE}
    finally:
        copy.freeze()


def _processor(made: Production, copy: Copy) -> dict[str, float]:
    """Seconds of processor used until now, by the product's processes, PostgreSQL, Redis and this one."""
    roots = {process.popen.pid: name for name, process in copy.processes.items() if process.popen}
    roots |= {made.postgres.pid: "postgresql", made.redis.pid: "redis"}
    ticks = dict.fromkeys(roots.values(), 0)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if (name := roots.get(int(stat.parent.name))) is not None:
                ticks[name] += sum(int(fields[place]) for place in (11, 12, 13, 14))
            elif (name := roots.get(int(fields[1]))) is not None:
                ticks[name] += sum(int(fields[place]) for place in (11, 12))
    tick = os.sysconf("SC_CLK_TCK")
    return {name: count / tick for name, count in ticks.items()} | {BESIDE: time.process_time()}


@contextlib.contextmanager
def _asked(world: World) -> Iterator[list[datetime]]:
    """When the practice platforms were asked for anything."""
    asked: list[datetime] = []
    draw = world.faults.draw

    def noting(platform: Platform, kind: OperationKind) -> list[FaultRule]:
        asked.append(db.now())
        return draw(platform, kind)

    world.faults.draw = noting  # type: ignore[method-assign]
    try:
        yield asked
    finally:
        world.faults.draw = draw  # type: ignore[method-assign]


def second(made: Production, first: Copy, stored: int) -> Copy:
    """Another database like the first, with so many comments in it, and processes that work on it."""
    server = sa.make_url(first.url)
    db.engine_for(first.url).dispose()
    db.engine().dispose()
    other = server.set(drivername="postgresql", database="template1")
    with psycopg.connect(other.render_as_string(hide_password=False), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE filled TEMPLATE "{server.database}"'.encode())
    url = server.set(database="filled").render_as_string(hide_password=False)
    driven = sa.make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    with Session(db.engine_for(driven)) as session, session.begin():
        Filling(session).fill(stored)
    with db.engine_for(driven).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # What PostgreSQL does by itself after a million new rows it has done long ago in a real school.
        connection.exec_driver_sql("VACUUM ANALYZE")
        connection.exec_driver_sql("CHECKPOINT")
    broker = made.redis.url.removesuffix("/0") + "/1"
    more = {"SCHOOLGATE_DATABASE_URL": url, "SCHOOLGATE_BROKER_URL": broker}
    return Copy(
        driven,
        {
            name: replace(
                process, name=f"{name}-filled", environment={**process.environment, **more}, popen=None
            )
            for name, process in first.processes.items()
        },
    )


def test_from_the_platform_to_the_log(tmp_path: Path) -> None:
    """The goals: 85 % of the classifier's own rate, and 90 % of that when a million are stored."""
    running = system(tmp_path, workers=1, lease=300, poll_interval=INTERVAL)
    with running as made, contextlib.ExitStack() as stack:
        world = made.platforms.world
        for platform in Platform:
            for number in range(POSTS):
                world.publish(platform, f"Before the product came, {number}")
        world.follow(Platform.X, "An early follower")
        url = sa.make_url(made.postgres.url).set(drivername="postgresql+psycopg")
        working = {name: one for name, one in made.processes.items() if name != "web"}
        empty = Copy(url.render_as_string(hide_password=False), working)
        empty.start()
        stack.callback(empty.stop)
        warming = ["I will find you and kill you", *everyday_comments(300, seed=1)]
        end_to_end(made, empty, say(made, warming), len(warming))
        empty.stop()
        both = {"empty": empty}
        if STORED:
            both["full"] = second(made, empty, STORED)
            stack.callback(both["full"].stop)
        for copy in both.values():
            copy.start()
            copy.freeze()
        with empty.reading() as session:
            rules = thresholds.rules(session)
        model: list[Speed] = []
        alone: list[Speed] = []
        found: dict[str, list[Speed]] = {name: [] for name in both}
        for turn in range(ROUNDS + 1):
            # The first turn warms both up.
            texts = everyday_comments(COMMENTS if turn else 300, seed=10 + turn)
            first = say(made, texts)
            speeds = {}
            for name in sorted(both, reverse=turn % 2 == 1):
                speeds[name] = end_to_end(made, both[name], first, len(texts))
            if turn:
                model.append(model_alone(texts))
                alone.append(classifier_alone(texts, rules))
                for name, speed in speeds.items():
                    found[name].append(speed)
        idle = nothing_to_do(made, empty)
        if STORED:
            with both["full"].reading() as session:
                stored = session.scalar(sa.select(sa.func.count()).select_from(Comment))
                logged = session.scalar(sa.select(sa.func.count()).select_from(LogEntry))
    looks, through = sum(idle.values()), found["empty"]
    work = statistics.median(one.processor - looks * one.seconds / COMMENTS for one in through)
    print(
        f"\n{COMMENTS} comments at a time, medians of {ROUNDS}; {os.cpu_count()} cores; an account is read "
        f"every {INTERVAL:.0f} s (by itself the product does every {DEFAULT:.0f})"
        f"\nmodel alone: {_said(model)}"
        f"\nclassifier alone, with its {len(rules.names)} names and all rules: {_said(alone)}"
        f"\nfrom the platform to the log: {_said(through)}; {_pairs(through, alone, 0):.0%} of the "
        f"classifier's rate, turn by turn, and {_pairs(through, model, 0):.0%} of the model's; they are "
        f"{_pairs(alone, through, 1):.0%} and {_pairs(model, through, 1):.0%} of the processor time"
        f"\n{_parts(through)}"
        f"\nlooks with nothing to do: {looks:.0f} ms of processor a second ({_each(idle)}); without them "
        f"{work:.1f} ms a comment, of which the classifier is {_middle(alone).processor / work:.0%} and the "
        f"model {_middle(model).processor / work:.0%}"
    )
    if STORED:
        print(
            f"with {STORED} comments stored ({stored} and {logged} log entries at the end): "
            f"{_said(found['full'])}; {_pairs(found['full'], found['empty'], 0):.0%} of the empty one's rate "
            f"and {_pairs(found['full'], found['empty'], 1):.2f} times its processor time, turn by turn"
        )


def _middle(found: Sequence[Speed]) -> Speed:
    return Speed(statistics.median(f.rate for f in found), statistics.median(f.processor for f in found))


def _pairs(of: Sequence[Speed], to: Sequence[Speed], field: int) -> float:
    """The median of what each turn says: both had the same comments, one just after the other."""
    return statistics.median(one[field] / other[field] for one, other in zip(of, to, strict=True))


def _parts(found: Sequence[Speed]) -> str:
    """Where a comment's milliseconds went, and what the rate would be without what isn't the product's."""
    middle = {name: statistics.median(one.parts[name] for one in found) for name in found[0].parts}
    beside = middle.pop(BESIDE)
    used = statistics.median(one.rate * (one.processor + one.parts[BESIDE]) for one in found) / 1000
    apart = statistics.median(one.rate * (1 + one.parts[BESIDE] / one.processor) for one in found)
    return (
        f"of these ms: {_each(middle)}; the platforms and this benchmark took {beside:.1f} beside them. Of "
        f"{os.cpu_count()} processor cores {used:.2f} were in use; with as much for the product alone that "
        f"were {apart:.0f} a second"
    )


def _each(parts: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {spent:.1f}" for name, spent in sorted(parts.items(), key=lambda one: -one[1]))


def _said(found: Sequence[Speed]) -> str:
    middle = _middle(found)
    return (
        f"{middle.rate:.0f} a second ({', '.join(f'{one.rate:.0f}' for one in found)}), "
        f"{middle.processor:.1f} ms of processor each ({', '.join(f'{one.processor:.1f}' for one in found)})"
    )
