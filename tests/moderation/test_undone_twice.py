"""What stands on the platform is what the log says last, however often people thought again (P18, P20)."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa

from connectors.base import Capability
from moderation import actions, attempts, hand_tasks, undoing
from moderation.decisions import Outcome
from moderation.models import ActState, BlockedAuthor, Comment, LogCase, PlatformAct
from school.db import reading, transaction
from school.models import Person, Role
from tests.moderation.platform import ScriptedPlatform, comment
from tests.moderation.scenes import LEASE, URL, Clock, act, decide, flagged

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("database"),
]

People = dict[Role, Person]
NO_BLOCKING = frozenset(Capability) - {Capability.BLOCK}


def undo(entry_id: UUID, *, by: Person, clock: Clock) -> None:
    with transaction() as session:
        seen = session.get_one(LogCase, entry_id).version
        undoing.undo(
            session, entry_id, seen=seen, by=session.get_one(Person, by.id), url=URL, now=clock.on(seconds=5)
        )


def in_force() -> list[BlockedAuthor]:
    with reading() as session:
        return list(session.scalars(sa.select(BlockedAuthor).where(BlockedAuthor.lifted_at.is_(None))))


def states() -> list[tuple[str, str]]:
    with reading() as session:
        rows = session.scalars(sa.select(PlatformAct).order_by(PlatformAct.id))
        return [(one.kind, one.state) for one in rows]


def test_hidden_again_before_a_worker_came_is_hidden(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    """The worker is behind: hide, Undo, hide once more. The comment must not be shown at the end."""
    slt = school_people[Role.SLT]
    entry_id = flagged(account_id, platform, clock)[0]
    decide(entry_id, Outcome.HIDE, Outcome.BLOCK, by=slt, clock=clock)
    undo(entry_id, by=slt, clock=clock)
    decide(entry_id, Outcome.HIDE, Outcome.BLOCK, by=slt, clock=clock)
    while act(platform, clock):
        pass
    hidden = [kind for kind, _ in platform.done if "hide" in kind]
    assert hidden == ["hide", "unhide", "hide"]
    assert [kind for kind, _ in platform.done if "block" in kind] == ["block", "unblock", "block"]
    with reading() as session:
        assert session.scalar(sa.select(Comment.hidden)) is True


def test_what_failed_and_was_tried_again_is_not_said_to_be_untried(
    account_id: UUID, clock: Clock, school_people: People
) -> None:
    """An earlier try may have blocked them: then the block is lifted, not only its task withdrawn."""
    platform = ScriptedPlatform()
    slt = school_people[Role.SLT]
    entry_id = flagged(account_id, platform, clock)[0]
    decide(entry_id, Outcome.BLOCK, by=slt, clock=clock)
    with transaction() as session:
        claim = actions.claim_action(session, lease=LEASE, now=clock())
        assert claim is not None
        failed = attempts.ActOutcome(attempts.Result.FAILED, "Nobody knows.")
        actions.record_action(session, claim, failed, now=clock())
    with transaction() as session:
        hand_tasks.try_again(session, claim.id, by=session.get_one(Person, slt.id), now=clock())
    platform.capabilities = NO_BLOCKING
    act(platform, clock)
    assert states() == [("block", ActState.BY_HAND)]
    undo(entry_id, by=slt, clock=clock)
    assert states() == [("block", ActState.BY_HAND), ("unblock", ActState.REQUESTED)]


def test_an_old_block_that_was_lifted_keeps_no_new_one(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    slt = school_people[Role.SLT]
    old, lifting, new = flagged(account_id, platform, clock, *(comment(n, f"idiot {n}") for n in (1, 2, 3)))
    decide(old, Outcome.BLOCK, by=slt, clock=clock)
    clock.on(days=9)
    decide(lifting, Outcome.UNBLOCK, Outcome.HIDE, by=slt, clock=clock)
    clock.on(days=9)
    decide(new, Outcome.BLOCK, by=slt, clock=clock)
    assert len(in_force()) == 1
    undo(new, by=slt, clock=clock)
    assert in_force() == []


def test_the_last_of_two_deciders_to_think_again_lifts_the_block(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    """Who blocked first takes it back first: the block stands by the second one, until that goes too."""
    slt, dsl = school_people[Role.SLT], school_people[Role.DSL]
    first, second = flagged(account_id, platform, clock, comment(1, "idiot 1"), comment(2, "idiot 2"))
    decide(first, Outcome.BLOCK, by=slt, clock=clock)
    clock.on(seconds=30)
    decide(second, Outcome.BLOCK, by=dsl, clock=clock, reason="Again")
    at = clock()
    undo(first, by=slt, clock=clock)
    assert [(one.blocked_by_id, one.blocked_at, one.reason) for one in in_force()] == [(dsl.id, at, "Again")]
    undo(second, by=dsl, clock=clock)
    assert in_force() == []


def test_what_was_hidden_and_then_blocked_is_taken_back_whole(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    slt = school_people[Role.SLT]
    entry_id = flagged(account_id, platform, clock)[0]
    decide(entry_id, Outcome.HIDE, by=slt, clock=clock)
    clock.on(seconds=30)
    decide(entry_id, Outcome.BLOCK, by=slt, clock=clock)
    undo(entry_id, by=slt, clock=clock)
    assert in_force() == []


def test_what_was_taken_back_at_this_moment_is_not_ticked_off(
    account_id: UUID, clock: Clock, school_people: People
) -> None:
    """The poll read the task before Undo withdrew it."""
    platform = ScriptedPlatform(capabilities=NO_BLOCKING)
    slt = school_people[Role.SLT]
    entry_id = flagged(account_id, platform, clock)[0]
    decide(entry_id, Outcome.BLOCK, by=slt, clock=clock)
    act(platform, clock)
    with reading() as session:
        read = list(session.scalars(sa.select(PlatformAct)))
    assert [one.state for one in read] == [ActState.BY_HAND]
    undo(entry_id, by=slt, clock=clock)
    with transaction() as session:
        assert hand_tasks.tick_seen(session, read, now=clock.on(seconds=1)) == 0
    assert states() == [("block", ActState.WITHDRAWN)]
