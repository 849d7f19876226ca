"""What stands on the platform is what the log says last, however often people thought again (P18, P20)."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa

from connectors.base import Capability, CommentKind
from connectors.errors import ConnectorRefused
from moderation import actions, attempts, authors, followers, hand_tasks, not_yet, undoing
from moderation.decisions import Outcome
from moderation.followers import FollowerOutcome
from moderation.models import (
    ActKind,
    ActState,
    BlockedAuthor,
    Comment,
    EventKind,
    Follower,
    LogCase,
    LogEvent,
    PlatformAct,
)
from school.db import reading, transaction
from school.errors import MoveNotAllowed
from school.models import Person, Role
from tests.moderation.platform import ScriptedPlatform, author, comment
from tests.moderation.scenes import LEASE, URL, Clock, act, decide, flagged, poll, score

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


@pytest.mark.parametrize(
    ("outcome", "method", "first", "other"),
    [
        (Outcome.HIDE, "set_hidden", "hide", "unhide"),
        (Outcome.BLOCK, "block", "block", "unblock"),
    ],
)
def test_what_failed_and_was_undone_is_not_tried_again(
    account_id: UUID,
    platform: ScriptedPlatform,
    clock: Clock,
    school_people: People,
    outcome: Outcome,
    method: str,
    first: str,
    other: str,
) -> None:
    """“Try again” after Undo would hide or block what somebody decided to leave (P18)."""
    slt = school_people[Role.SLT]
    entry_id = flagged(account_id, platform, clock)[0]
    platform.failing[method] = [ConnectorRefused("Not today.")]
    decide(entry_id, outcome, by=slt, clock=clock)
    (failed,) = act(platform, clock)
    assert failed.state is ActState.FAILED
    undo(entry_id, by=slt, clock=clock)
    # It may have had an effect that nobody heard of, so the opposite is done.
    act(platform, clock)
    assert states() == [(first, ActState.WITHDRAWN), (other, ActState.DONE)]
    with pytest.raises(MoveNotAllowed), transaction() as session:
        hand_tasks.try_again(session, failed.id, by=session.get_one(Person, slt.id), now=clock())
    assert [kind for kind, _ in platform.done] == [other]


def test_an_edit_hides_what_is_about_to_be_shown_again(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    """Hidden, and to be shown again when its author makes it worse: the setting hides it all the same."""
    slt = school_people[Role.SLT]
    entry_id = flagged(account_id, platform, clock)[0]
    decide(entry_id, Outcome.HIDE, by=slt, clock=clock)
    act(platform, clock)
    decide(entry_id, Outcome.UNHIDE, by=slt, clock=clock)
    platform.show(comment(1, "You utter idiot", hidden=True))
    poll(account_id, platform, clock)
    score(clock, hide_over=0.9)
    act(platform, clock)
    assert [kind for kind, _ in platform.done] == ["hide", "unhide", "hide"]
    with reading() as session:
        assert session.scalar(sa.select(Comment.hidden)) is True


def test_an_edit_asks_nothing_new_of_what_is_being_hidden(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    entry_id = flagged(account_id, platform, clock)[0]
    decide(entry_id, Outcome.HIDE, by=school_people[Role.SLT], clock=clock)
    platform.show(comment(1, "You utter idiot"))
    poll(account_id, platform, clock)
    score(clock, hide_over=0.9)
    act(platform, clock)
    assert [kind for kind, _ in platform.done] == ["hide"]


def test_undoing_a_comments_block_leaves_who_was_blocked_as_a_follower(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    """Both by one person, within a minute: only the comment's decision is taken back (P19, P20)."""
    slt = school_people[Role.SLT]
    platform.people = [author("Old Olaf")]
    poll(account_id, platform, clock)
    platform.people = [author("Nora"), author("Old Olaf")]
    entry_id = flagged(account_id, platform, clock, comment(1, "You idiot", author=author("Nora")))[0]
    decide(entry_id, Outcome.BLOCK, by=slt, clock=clock)
    clock.on(seconds=20)
    with transaction() as session:
        nora = session.scalars(sa.select(Follower).where(Follower.name_vetted == "Nora")).one()
        followers.decide_follower(
            session, nora.id, FollowerOutcome.BLOCK, seen=nora.version, by=session.get_one(Person, slt.id),
            reason="We don't know them", now=clock(),
        )  # fmt: skip
    undo(entry_id, by=slt, clock=clock)
    act(platform, clock)
    assert [one.reason for one in in_force()] == ["We don't know them"]
    assert [kind for kind, _ in platform.done] == ["block"]
    with reading() as session:
        assert session.get_one(LogCase, entry_id).outcomes == ""
        assert authors.records(session, [nora.author_id], viewer=None)[nora.author_id].blocked


@pytest.mark.parametrize("kind", [CommentKind.VISITOR_POST, CommentKind.TAG])
def test_of_somebodys_own_post_it_is_said_that_a_person_has_to_do_it(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People, kind: CommentKind
) -> None:
    """No program may hide it, so the log must not say for ever that it was hidden (P18)."""
    entry_id = flagged(account_id, platform, clock, comment(1, "You idiot", kind=kind))[0]
    decide(entry_id, Outcome.HIDE, Outcome.BLOCK, by=school_people[Role.SLT], clock=clock)
    with reading() as session:
        waiting = not_yet.by_hand(session, not_yet.acts_about(session, [entry_id]))
        assert waiting == {ActKind.HIDE}
        decided = sa.select(LogEvent).where(LogEvent.kind == EventKind.DECIDED)
        assert session.scalars(decided).one().detail["by_hand"] == ["hide"]
