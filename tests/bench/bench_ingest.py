"""Comments a second from the platform to the SLT log, in an empty database and in one of a million.

The processes are production's: a worker, a worker for the classifier, two schedulers, PostgreSQL
and Redis. BENCH_COMMENTS, BENCH_STORED and BENCH_ROUNDS set the sizes.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from connectors.base import Platform
from connectors.practice.faults import FaultRule, OperationKind
from connectors.practice.world import World
from moderation.classifier.engine import load_engine
from moderation.models import Comment, CommentScore, LogEntry
from school import db
from tests.bench.comments import everyday_comments
from tests.bench.filling import Filling
from tests.faults import books
from tests.faults.system import Production, system
from tests.worker.conftest import wait_for

COMMENTS = int(os.environ.get("BENCH_COMMENTS", "3000"))
STORED = int(os.environ.get("BENCH_STORED", "1000000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
POSTS = 8


class Speed(NamedTuple):
    """Of one round."""

    rate: float
    """Comments a second."""
    processor: float
    """Milliseconds of processor for each comment, in all processes together: other work on the machine
    changes it little."""


def engine_alone(texts: Sequence[str]) -> Speed:
    """The classifier itself, in batches of the worker's size."""
    engine = load_engine(threads=2)
    engine.score(texts[:64])
    began, processor = time.monotonic(), time.process_time()
    for start in range(0, len(texts), 64):
        engine.score(texts[start : start + 64])
    seconds = time.monotonic() - began
    return Speed(len(texts) / seconds, (time.process_time() - processor) / len(texts) * 1000)


def _processor(made: Production) -> float:
    """Seconds of processor that all of the system has used, the platforms in this process included."""
    roots = {process.popen.pid for process in made.processes.values() if process.popen}
    roots.add(made.postgres.pid)
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(stat.parent.name) in roots:
                ticks += sum(int(fields[place]) for place in (11, 12, 13, 14))
            elif int(fields[1]) in roots:
                ticks += sum(int(fields[place]) for place in (11, 12))
    return ticks / os.sysconf("SC_CLK_TCK") + time.process_time()


def end_to_end(made: Production, texts: Sequence[str]) -> Speed:
    """From the first request that brings a comment to the last that is judged."""
    world = made.platforms.world
    platforms = list(made.account_ids)
    posts = {p: [shown.post.id for shown in world.public_posts(p, limit=POSTS)] for p in platforms}
    first = db.new_id()
    with world.store.writing():
        for number, text in enumerate(texts):
            platform = platforms[number % len(platforms)]
            post = posts[platform][number // len(platforms) % POSTS]
            world.say(platform, post, f"Parent {number % (len(texts) // 3)}", text[:2000], None)
    processor = _processor(made)
    with _asked(world) as asked:
        assert wait_for(lambda: _judged(first) >= len(texts) or None, 900), books.waiting(made)
    with db.reading() as session:
        last: datetime | None = session.scalar(
            sa.select(sa.func.max(CommentScore.scored_at)).where(CommentScore.id >= first)
        )
    assert last is not None
    used = _processor(made) - processor
    # The wait for the next reading is the schedule's, not the work's.
    return Speed(len(texts) / (last - asked[0]).total_seconds(), used / len(texts) * 1000)


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


def _judged(first: UUID) -> int:
    """How many were judged since that id was made: by the key, since this is asked again and again."""
    with db.reading() as session:
        query = sa.select(sa.func.count()).select_from(CommentScore).where(CommentScore.id >= first)
        return session.scalar(query) or 0


def _settled() -> None:
    """What PostgreSQL does by itself after a million new rows it has done long ago in a real school."""
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
        connection.exec_driver_sql("CHECKPOINT")


def test_from_the_platform_to_the_log(tmp_path: Path) -> None:
    """The goals: 85 % of the classifier's own rate, and 90 % of that when a million are stored."""
    with system(tmp_path, workers=1, lease=300, poll_interval=5) as made:
        world = made.platforms.world
        for platform in Platform:
            for number in range(POSTS):
                world.publish(platform, f"Before the product came, {number}")
        world.follow(Platform.X, "An early follower")
        made.start()
        end_to_end(made, ["I will find you and kill you", *everyday_comments(300, seed=1)])
        alone, empty, full = [], [], []
        for turn in range(ROUNDS):
            texts = everyday_comments(COMMENTS, seed=10 + turn)
            alone.append(engine_alone(texts))
            empty.append(end_to_end(made, texts))
        with db.transaction() as session:
            Filling(session).fill(STORED)
        _settled()
        for turn in range(ROUNDS):
            texts = everyday_comments(COMMENTS, seed=20 + turn)
            alone.append(engine_alone(texts))
            full.append(end_to_end(made, texts))
        with db.reading() as session:
            stored = session.scalar(sa.select(sa.func.count()).select_from(Comment))
            logged = session.scalar(sa.select(sa.func.count()).select_from(LogEntry))
    best, without, with_many = (_middle(found) for found in (alone, empty, full))
    print(
        f"\n{COMMENTS} comments at a time, medians of {ROUNDS}; {os.cpu_count()} cores; {stored} comments "
        f"and {logged} log entries at the end"
        f"\nclassifier alone: {_said(alone)}"
        f"\nfrom the platform to the log: {_said(empty)}; {without.rate / best.rate:.0%} of the rate, "
        f"the classifier is {best.processor / without.processor:.0%} of all processor time"
        f"\nwith {STORED} comments stored: {_said(full)}; {with_many.rate / without.rate:.0%} of the rate, "
        f"{with_many.processor / without.processor:.2f} times the processor time of the empty one"
    )


def _middle(found: Sequence[Speed]) -> Speed:
    return Speed(statistics.median(f.rate for f in found), statistics.median(f.processor for f in found))


def _said(found: Sequence[Speed]) -> str:
    middle = _middle(found)
    return (
        f"{middle.rate:.0f} a second ({', '.join(f'{one.rate:.0f}' for one in found)}), "
        f"{middle.processor:.1f} ms of processor each"
    )
