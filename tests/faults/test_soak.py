"""The short version of `make soak`: the real processes, killed at random while the platforms misbehave."""

from __future__ import annotations

from pathlib import Path

from tests.faults.soak import Plan, report, run


def test_nothing_is_lost_or_doubled_while_processes_are_killed(tmp_path: Path) -> None:
    plan = Plan()
    done = run(plan, tmp_path)
    said = report(plan, done)
    print(said)
    assert sum(done.kills.values()) >= 10, said
    assert sum(done.faults.values()) >= 10, said
    assert not done.books.wrong, said
    assert not done.left, said
    assert not done.died, said
    assert sum(done.books.publications.values()) == plan.drafts
    assert done.books.comments == plan.comments
