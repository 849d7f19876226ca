"""A task is ticked off at the moment in which the decision is taken back: one of both comes first (P18)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import UUID

import sqlalchemy as sa

from connectors.base import Capability
from moderation import hand_tasks, log, undoing
from moderation.decisions import Outcome
from moderation.models import ActKind, ActState, LogCase, PlatformAct
from school.db import reading, transaction
from school.errors import MoveNotAllowed
from school.models import Person, Role
from tests.moderation.platform import ScriptedPlatform, author, comment
from tests.moderation.scenes import URL, Clock, act, decide, flagged

ROUNDS = 6


def test_ticking_off_and_undoing_at_the_same_time_leave_no_false_task(
    account_id: UUID, clock: Clock, school_people: dict[Role, Person]
) -> None:
    platform = ScriptedPlatform(capabilities=frozenset(Capability) - {Capability.BLOCK})
    comments = [comment(n, f"idiot {n}", author=author(f"Tim {n}")) for n in range(ROUNDS)]
    slt = school_people[Role.SLT]
    for entry_id in flagged(account_id, platform, clock, *comments):
        decide(entry_id, Outcome.BLOCK, by=slt, clock=clock)
        (task,) = act(platform, clock)
        together = threading.Barrier(2)
        refused: list[str] = []

        def run(name: str, work: Callable[[], None]) -> threading.Thread:
            def at_once() -> None:
                together.wait()  # noqa: B023 - joined before the next round
                try:
                    work()
                except MoveNotAllowed:
                    refused.append(name)  # noqa: B023

            thread = threading.Thread(target=at_once)
            thread.start()
            return thread

        def tick(task_id: UUID = task.id) -> None:
            with transaction() as session:
                hand_tasks.tick_off(session, task_id, by=session.get_one(Person, slt.id), now=clock())

        def undo(entry_id: UUID = entry_id) -> None:
            with transaction() as session:
                seen = session.get_one(LogCase, entry_id).version
                by = session.get_one(Person, slt.id)
                undoing.undo(session, entry_id, seen=seen, by=by, url=URL, now=clock())

        for thread in [run("tick", tick), run("undo", undo)]:
            thread.join(30)
        with reading() as session:
            states = {
                one.kind: one.state
                for one in session.scalars(sa.select(PlatformAct).where(PlatformAct.entry_id == entry_id))
            }
            assert log.verify(session) is None
        if refused:
            assert refused == ["tick"] and states == {ActKind.BLOCK: ActState.WITHDRAWN}
        else:
            assert states == {ActKind.BLOCK: ActState.DONE, ActKind.UNBLOCK: ActState.REQUESTED}
        act(platform, clock)
