"""The whole production system under faults, and the books at the end. Run by `make soak`.

SOAK_DRAFTS, SOAK_COMMENTS, SOAK_KILLS, SOAK_SECONDS, SOAK_SPREAD (minutes over which the posts are due),
SOAK_WORKERS and SOAK_SEED set the size; SOAK_KILLS=0 SOAK_FAULTS=0 measures how late posts are that are all
due in the same minute, and fails where the last is later than the platforms' limits and a tenth allow.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from approvals.models import Publication
from approvals.states import PublicationState
from connectors.base import Platform
from school import db
from tests.faults import books
from tests.faults.books import Books
from tests.faults.system import Killer, System, system
from tests.faults.traffic import Crowd, Weather, next_minute, time_to_write, write_drafts

AFTER_DUE = 25
"""Seconds for which kills and faults go on at least after the posts' planned time."""
X_WINDOW_POSTS = 100
"""What X takes from one account in each window."""


@dataclass(frozen=True)
class Plan:
    """How much, for how long."""

    drafts: int = 40
    comments: int = 150
    kills: int = 12
    seconds: float = 35
    """In which the comments come and the kills happen."""
    faults_every: float = 0.7
    """Seconds between two faults of the platforms; 0: none."""
    workers: int = 2
    seed: int = 1
    x_window: int = 5
    long_waits_for: float = 0
    """Seconds in which faults may occur after which Graph has one wait for many minutes."""
    quiet_within: float = 180
    """Seconds after which the system must be quiet once the faults are over."""
    lease: int = 10
    spread: float = 0
    """Minutes over which the posts are due; 0: all in the same one."""


@dataclass
class Run:
    """What came of it."""

    books: Books
    kills: dict[str, int]
    died: list[str]
    faults: dict[str, int]
    seconds: float
    quiet_after: float
    """Seconds from the last fault until nothing was under way."""
    left: dict[str, int]
    late: dict[Platform, list[float]] = field(default_factory=dict)
    """Seconds from the planned time until each post was on its platform, in order."""


def run(plan: Plan, folder: Path, say: bool = False) -> Run:
    """Start everything, let it be hit, wait until it is quiet, and check the books."""
    began = time.monotonic()

    def tell(words: str) -> None:
        if say:
            print(f"{time.monotonic() - began:7.1f} s  {words}", flush=True)

    with system(folder, workers=plan.workers, x_window=plan.x_window, lease=plan.lease) as made:
        due = next_minute(timedelta(seconds=10) + time_to_write(made, plan.drafts))
        write_drafts(made, plan.drafts, due=due, over=timedelta(minutes=plan.spread))
        tell(f"{plan.drafts} drafts are approved, due from {due:%H:%M} UTC, over {plan.spread:.0f} minutes")
        due += timedelta(minutes=plan.spread)
        made.start()
        # The posts are due in the middle of it all, or the platforms would be fair when they go out.
        seconds = max(plan.seconds, (due - db.now()).total_seconds() + AFTER_DUE)
        killer = Killer(made, kills=plan.kills, every=seconds / max(plan.kills, 1), seed=plan.seed)
        crowd = Crowd(made, comments=plan.comments, seconds=seconds, seed=plan.seed)
        weather = Weather(made, every=plan.faults_every, seed=plan.seed, long_waits_for=plan.long_waits_for)
        for one in (killer, crowd, weather):
            one.start()
        told = time.monotonic()
        while not (killer.done and crowd.done and db.now() > due + timedelta(seconds=AFTER_DUE)):
            time.sleep(0.5)
            if time.monotonic() - told > 20:
                told = time.monotonic()
                tell(
                    f"{killer.total} kills, {weather.total} faults, {crowd.said} comments said; {_left(made)}"
                )
        weather.stop()
        killer.stop()
        crowd.stop()
        over = time.monotonic()
        tell("no more faults from here on")
        left = books.waiting(made)
        while any(left.values()) and time.monotonic() - over < plan.quiet_within:
            time.sleep(1)
            killer.died += made.died_by_themselves()
            if time.monotonic() - told > 20:
                told = time.monotonic()
                tell(f"waiting for {_left(made)}")
            left = books.waiting(made)
        quiet = time.monotonic() - over
        return Run(
            books=books.check(made),
            kills=killer.kills,
            died=killer.died,
            faults=weather.faults,
            seconds=time.monotonic() - began,
            quiet_after=quiet,
            left={name: count for name, count in left.items() if count},
            late=lateness(made),
        )


def _left(made: System) -> str:
    found = {name: count for name, count in books.waiting(made).items() if count}
    return ", ".join(f"{count} {name}" for name, count in found.items()) or "nothing under way"


def lateness(made: System) -> dict[Platform, list[float]]:
    """How long after its planned time each post was made, by the platform's own clock."""
    found: dict[Platform, list[float]] = {}
    with db.reading() as session:
        for platform, account_id in made.account_ids.items():
            rows = session.execute(
                sa.select(Publication.published_at, Publication.due_at).where(
                    Publication.account_id == account_id, Publication.state == PublicationState.PUBLISHED
                )
            ).all()
            found[platform] = sorted(
                (row.published_at - row.due_at).total_seconds() for row in rows if row.published_at
            )
    return found


def report(plan: Plan, done: Run) -> str:
    """The figures, as a table."""
    lines = [
        f"{plan.drafts} drafts, {done.books.comments} comments "
        f"({done.books.abusive} that must be in the log)",
        f"{sum(done.kills.values())} kills, {sum(done.faults.values())} faults, seed {plan.seed}, "
        f"{plan.workers} workers + classifier + 2 schedulers + web",
        f"took {done.seconds:.0f} s; quiet {done.quiet_after:.0f} s after the last fault"
        + (f"; STILL UNDER WAY: {done.left}" if done.left else ""),
        "kills: " + ", ".join(f"{name} {count}" for name, count in done.kills.items()),
        "faults: " + ", ".join(f"{name} {count}" for name, count in sorted(done.faults.items())),
        "publications: "
        + ", ".join(f"{count} {state}" for state, count in sorted(done.books.publications.items())),
        *(f"  {count} {reason}" for reason, count in done.books.reasons.most_common(12)),
        f"log entries: {done.books.entries}; mails: {done.books.mails}, "
        f"{done.books.mails_twice} of them twice under one Message-ID",
    ]
    for platform, late in done.late.items():
        if late:
            at = statistics.quantiles(late, n=100) if len(late) > 1 else [late[0]] * 99
            lines.append(
                f"{platform.value}: {len(late)} posts, late by p50 {at[49]:.1f} s, p99 {at[98]:.1f} s, "
                f"last {late[-1]:.1f} s{_limit(plan, platform, len(late))}"
            )
    if too_late(plan, done):
        lines.append("WRONG: the last post is later than the platforms' limits and a tenth allow")
    lines.append(f"ended by themselves: {len(done.died)}")
    lines += done.died
    lines += [f"WRONG: {wrong}" for wrong in done.books.wrong] or ["the books are right"]
    return "\n".join(lines)


def _limit(plan: Plan, platform: Platform, posts: int) -> str:
    if platform is not Platform.X:
        return ""
    return f" (X's limit of {X_WINDOW_POSTS} in {plan.x_window} s allows {_least(plan, posts)} s)"


def _least(plan: Plan, posts: int) -> int:
    """Seconds that so many posts take on X at least. The others have no limit on posts in an hour."""
    return (posts - 1) // X_WINDOW_POSTS * plan.x_window


def too_late(plan: Plan, done: Run) -> bool:
    """Whether the last of posts that were all due in one minute took longer than it had to.

    Not to be asked of a run with kills and faults, or of so few that X's limit isn't reached.
    """
    least = _least(plan, len(done.late.get(Platform.X, [])))
    fair = not plan.kills and not plan.faults_every and not plan.spread
    return fair and least > 0 and max(late[-1] for late in done.late.values() if late) > 1.1 * least


def _number(name: str, usual: float) -> float:
    return float(os.environ.get(name, usual))


def main() -> int:
    """The long run, by the environment; exit status 1 when the books are wrong."""
    kills = int(_number("SOAK_KILLS", 200))
    seconds = _number("SOAK_SECONDS", max(kills * 7.0, 60))
    plan = Plan(
        drafts=int(_number("SOAK_DRAFTS", 1000)),
        comments=int(_number("SOAK_COMMENTS", 20_000)),
        kills=kills,
        seconds=seconds,
        faults_every=_number("SOAK_FAULTS", 1.0),
        workers=int(_number("SOAK_WORKERS", 3)),
        seed=int(_number("SOAK_SEED", 1)),
        x_window=int(_number("SOAK_X_WINDOW", 60)),
        long_waits_for=seconds / 4,
        quiet_within=_number("SOAK_QUIET", 2400),
        # The posts go out while processes are killed, not before.
        spread=_number("SOAK_SPREAD", max(0.0, seconds / 60 - 5) if kills else 0),
    )
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        done = run(plan, Path(folder), say=True)
    print(report(plan, done))
    return 1 if done.books.wrong or done.left or done.died or too_late(plan, done) else 0


if __name__ == "__main__":
    sys.exit(main())
