"""Taking a decision back, and the offer of a pause."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from connectors.base import Capability
from moderation import actions, attempts, authors, day, habits, hand_tasks, log, together, undoing, words
from moderation.decisions import Decision, Outcome
from moderation.models import (
    ActKind,
    BlockedAuthor,
    CaseState,
    Comment,
    LogCase,
    LogEntry,
    LogEvent,
    PlatformAct,
    ReferTo,
)
from school.db import reading, transaction
from school.errors import BadInput, MoveNotAllowed
from school.models import AuditEntry, Person, Role
from tests.moderation.platform import ScriptedPlatform, comment
from tests.moderation.scenes import LEASE, URL, Clock, act, decide, flagged

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("numbered_in_turn"),
]
People = dict[Role, Person]


def undo(entry_id: UUID, *, by: Person, clock: Clock, seen: int | None = None) -> LogCase:
    with transaction() as session:
        if seen is None:
            seen = session.get_one(LogCase, entry_id).version
        return undoing.undo(
            session, entry_id, seen=seen, by=session.get_one(Person, by.id), url=URL, now=clock()
        )


@pytest.fixture
def entry_id(account_id: UUID, platform: ScriptedPlatform, clock: Clock) -> UUID:
    return flagged(account_id, platform, clock)[0]


def test_what_was_hidden_and_blocked_is_as_before(
    entry_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    slt = school_people[Role.SLT]
    decide(entry_id, Outcome.HIDE, Outcome.BLOCK, by=slt, clock=clock)
    with reading() as session:
        found = undoing.last(session, session.get_one(Person, slt.id), now=clock())
        assert found is not None and (found.number, found.outcomes) == (1, ",block,hide,")
        assert undoing.last(session, session.get_one(Person, school_people[Role.DSL].id), now=clock()) is None
    case = undo(entry_id, by=slt, clock=clock)
    assert case.state is CaseState.OPEN and case.outcomes == ""
    # Asked for in this order, done in this order: it ends as it was.
    act(platform, clock)
    assert [kind for kind, _ in platform.done if "hide" in kind] == ["hide", "unhide"]
    assert [kind for kind, _ in platform.done if "block" in kind] == ["block", "unblock"]
    with reading() as session:
        trail = sa.select(AuditEntry).where(AuditEntry.action == "comment_decided").order_by(AuditEntry.seq)
        assert [one.detail.get("taken_back", False) for one in session.scalars(trail)] == [False, True]
        assert session.scalar(sa.select(Comment.hidden)) is False
        assert session.scalar(sa.select(BlockedAuthor.lifted_at)) is not None
        assert log.verify(session) is None


def test_only_ones_own_fresh_and_harmless_decision_is_taken_back(
    entry_id: UUID, clock: Clock, school_people: People
) -> None:
    slt, dsl = school_people[Role.SLT], school_people[Role.DSL]
    decide(entry_id, Outcome.DISMISS, by=slt, clock=clock)
    with pytest.raises(MoveNotAllowed, match="gone on"):
        undo(entry_id, by=dsl, clock=clock)
    with pytest.raises(MoveNotAllowed, match="gone on"):
        undo(entry_id, by=slt, clock=clock, seen=1)
    decide(entry_id, Outcome.HIDE, by=dsl, clock=clock)
    with pytest.raises(MoveNotAllowed, match="decided more"):
        undo(entry_id, by=slt, clock=clock)
    with reading() as session:
        assert undoing.last(session, session.get_one(Person, slt.id), now=clock()) is None
    clock.on(minutes=10)
    with pytest.raises(MoveNotAllowed, match="ten minutes"):
        undo(entry_id, by=slt, clock=clock)
    decide(entry_id, Outcome.REOPEN, by=slt, clock=clock)
    decide(entry_id, Outcome.REFER, by=slt, clock=clock, refer_to=ReferTo.DSL)
    with reading() as session:
        assert undoing.last(session, session.get_one(Person, slt.id), now=clock()) is None
    with pytest.raises(MoveNotAllowed, match="left the school"):
        undo(entry_id, by=slt, clock=clock)


def test_what_was_so_before_the_decision_stays(
    entry_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    """A block and a hiding of long ago are not lifted by taking back a second one."""
    slt = school_people[Role.SLT]
    with transaction() as session:
        session.execute(sa.update(Comment).values(hidden=True))
        author_id = session.get_one(LogCase, entry_id).author_id
        assert author_id is not None
        authors.block(
            session, author_id, by=session.get_one(Person, slt.id), reason="Before",
            now=clock() - timedelta(days=9),
        )  # fmt: skip
    decide(entry_id, Outcome.HIDE, Outcome.BLOCK, by=slt, clock=clock)
    assert undo(entry_id, by=slt, clock=clock).state is CaseState.OPEN
    with reading() as session:
        assert sorted(session.scalars(sa.select(PlatformAct.kind))) == ["block", "hide"]
        assert session.scalar(sa.select(BlockedAuthor.lifted_at)) is None


def test_a_pause_is_offered_after_as_many_texts_as_somebody_chose(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    slt = school_people[Role.SLT]
    with transaction() as session:
        habits.choose(session, slt, single_keys=False, pause_after=10)
        with pytest.raises(BadInput, match="from the list"):
            habits.choose(session, slt, single_keys=True, pause_after=3)
        seen = [habits.shown(session, slt, now=clock.on(seconds=30)).tired for _ in range(10)]
        assert seen == [False] * 9 + [True]
        assert habits.of(session, slt, now=clock()) == habits.Habits(False, 10, 10)
        assert not habits.of(session, school_people[Role.DSL], now=clock()).tired
        habits.rested(session, slt, now=clock())
        assert habits.of(session, slt, now=clock()).seen == 0
        for _ in range(9):
            habits.shown(session, slt, now=clock())
        clock.on(minutes=31)
        assert habits.shown(session, slt, now=clock()).seen == 1, "half an hour later it begins anew"
    # Where no script counts, decisions do.
    entries = flagged(account_id, platform, clock, *(comment(n, f"idiot {n}") for n in range(11)))
    for entry_id in entries:
        decide(entry_id, Outcome.DISMISS, by=slt, clock=clock)
    with reading() as session:
        assert habits.of(session, slt, now=clock()).tired
        assert habits.of(session, slt, now=clock.on(minutes=31)).seen == 0


def test_what_was_done_today_by_each_and_by_all(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    """Not yesterday, nor what was taken back; for the headteacher not what concerns them (P3)."""
    slt, dsl, head = (school_people[role] for role in (Role.SLT, Role.DSL, Role.HEADTEACHER))
    entries = flagged(account_id, platform, clock, *(comment(n, f"idiot {n}") for n in range(5)))
    decide(entries[0], Outcome.DISMISS, by=slt, clock=clock)
    clock.on(days=1)
    decide(entries[1], Outcome.HIDE, by=slt, clock=clock)
    undo(entries[1], by=slt, clock=clock)
    decide(entries[2], Outcome.REFER, by=slt, clock=clock, refer_to=ReferTo.DSL)
    decide(entries[3], Outcome.NOTE, by=dsl, clock=clock)
    decide(
        entries[4], Outcome.REFER, by=dsl, clock=clock, refer_to=ReferTo.CHAIR, about_headteacher=True
    )  # fmt: skip
    with reading() as session:
        for viewer, team, together in (
            (slt, [("Aoife Brennan", 1, 1, 1), ("Daniel Whitcombe", 1, 1, 0)], 2),
            (head, [("Aoife Brennan", 0, 0, 1), ("Daniel Whitcombe", 1, 1, 0)], 1),
        ):
            found = day.so_far(session, viewer=session.get_one(Person, viewer.id), now=clock())
            assert [(one.name, len(one.decided), one.referred, one.notes) for one in found.team] == team
            assert found.decided == together
        found = day.so_far(session, viewer=session.get_one(Person, slt.id), now=clock())
        assert found.my_count == 1 and {number for _, number, _ in found.mine} == {2, 3}


X = frozenset(Capability) - {Capability.BLOCK}
"""As on X: a comment can be hidden, nobody can be blocked (or only by hand)."""


def by_hand(account_id: UUID, clock: Clock) -> ScriptedPlatform:
    """A platform that lets no program block, and which was asked what it can do."""
    found = ScriptedPlatform(capabilities=X)
    flagged(account_id, found, clock, comment(1, "You idiot"), comment(2, "idiot two"))
    return found


def acts_now() -> list[tuple[str, str]]:
    with reading() as session:
        return [
            (one.kind, one.state) for one in session.scalars(sa.select(PlatformAct).order_by(PlatformAct.id))
        ]


def said_of(entry_id: UUID) -> list[str]:
    with reading() as session:
        query = sa.select(LogEvent).where(LogEvent.entry_id == entry_id).order_by(LogEvent.seq)
        assert log.verify(session) is None
        return [words.happened(one) for one in session.scalars(query)]


@pytest.mark.parametrize("tried", [False, True])
def test_a_task_by_hand_that_nobody_did_is_withdrawn(
    account_id: UUID, clock: Clock, school_people: People, tried: bool
) -> None:
    """No second task says the opposite, and the log claims of nobody that they were unblocked (P18)."""
    platform = by_hand(account_id, clock)
    with reading() as session:
        first = session.scalars(sa.select(LogEntry.id).order_by(LogEntry.number)).first()
    assert first is not None
    slt = school_people[Role.SLT]
    decide(first, Outcome.HIDE, Outcome.BLOCK, by=slt, clock=clock)
    with reading() as session:
        found = undoing.last(session, session.get_one(Person, slt.id), now=clock())
        assert found is not None and found.by_hand == {ActKind.BLOCK}
        assert words.outcomes(found.outcomes, by_hand=found.by_hand) == "to be blocked by hand, hidden"
    if tried:
        act(platform, clock)
    undo(first, by=slt, clock=clock)
    act(platform, clock)
    assert acts_now() == [("block", "withdrawn"), ("hide", "done"), ("unhide", "done")]
    assert not [kind for kind, _ in platform.done if "block" in kind]
    told = said_of(first)
    assert "Decided: to be blocked by hand, hidden" in told
    assert "Block the person: taken back before it was done" in told
    assert not [one for one in told if "unblocked" in one], told
    with reading() as session:
        assert session.scalar(sa.select(BlockedAuthor.lifted_at)) is not None
        task = session.scalars(sa.select(PlatformAct).where(PlatformAct.kind == ActKind.BLOCK)).one()
    with pytest.raises(MoveNotAllowed, match="undo it there"), transaction() as session:
        hand_tasks.tick_off(session, task.id, by=session.get_one(Person, slt.id), now=clock())
    # Decided once more, it is a task once more.
    decide(first, Outcome.BLOCK, by=slt, clock=clock)
    act(platform, clock)
    assert acts_now()[-1] == ("block", "by_hand")


def test_what_was_ticked_off_or_is_being_done_is_undone_properly(
    account_id: UUID, clock: Clock, school_people: People
) -> None:
    platform = by_hand(account_id, clock)
    with reading() as session:
        first, second = session.scalars(sa.select(LogEntry.id).order_by(LogEntry.number))
    slt = school_people[Role.SLT]
    decide(first, Outcome.BLOCK, by=slt, clock=clock)
    (task,) = act(platform, clock)
    with transaction() as session:
        hand_tasks.tick_off(session, task.id, by=session.get_one(Person, slt.id), now=clock())
    undo(first, by=slt, clock=clock)
    act(platform, clock)
    assert acts_now() == [("block", "done"), ("unblock", "by_hand")]
    assert "To be unblocked by hand" in said_of(first)
    # Thought again before that was done: they are blocked there still, so neither is to be done.
    decide(first, Outcome.BLOCK, by=slt, clock=clock)
    assert acts_now() == [("block", "done"), ("unblock", "withdrawn")]
    # Blocked long ago for the first, and asked for again: lifting is to be done all the same.
    decide(second, Outcome.BLOCK, by=slt, clock=clock)
    act(platform, clock)
    assert acts_now()[-1] == ("block", "by_hand")
    decide(first, Outcome.UNBLOCK, by=slt, clock=clock)
    act(platform, clock)
    assert acts_now() == [
        ("block", "done"), ("unblock", "withdrawn"), ("block", "withdrawn"), ("unblock", "by_hand"),
    ]  # fmt: skip


def test_what_a_worker_tries_at_this_moment_leaves_no_two_tasks(
    account_id: UUID, clock: Clock, school_people: People
) -> None:
    platform = by_hand(account_id, clock)
    with reading() as session:
        first = session.scalars(sa.select(LogEntry.id).order_by(LogEntry.number)).first()
    assert first is not None
    slt = school_people[Role.SLT]
    decide(first, Outcome.BLOCK, by=slt, clock=clock)
    with transaction() as session:
        claim = actions.claim_action(session, lease=LEASE, now=clock())
    assert claim is not None
    undo(first, by=slt, clock=clock)
    assert acts_now() == [("block", "doing"), ("unblock", "requested")]
    with transaction() as session:
        actions.record_action(session, claim, attempts.act(claim, platform), now=clock())
    assert acts_now() == [("block", "withdrawn"), ("unblock", "withdrawn")]
    assert act(platform, clock) == [] and said_of(first)


def test_a_block_stands_while_another_entry_still_says_so(
    account_id: UUID, clock: Clock, school_people: People
) -> None:
    """One entry of a batch is taken back: the others that blocked the same author are not (P20)."""
    platform = by_hand(account_id, clock)
    slt = school_people[Role.SLT]
    with transaction() as session:
        entries = list(session.scalars(sa.select(LogEntry.id).order_by(LogEntry.number)))
        together.decide(
            session, [(one, 1) for one in entries], Decision(frozenset({Outcome.BLOCK}), "Again"),
            by=session.get_one(Person, slt.id), url=URL, now=clock(),
        )  # fmt: skip
    act(platform, clock)
    undo(entries[0], by=slt, clock=clock)
    with reading() as session:
        assert session.scalar(sa.select(BlockedAuthor.lifted_at)) is None
    assert acts_now() == [("block", "by_hand")]
    undo(entries[1], by=slt, clock=clock)
    with reading() as session:
        assert session.scalar(sa.select(BlockedAuthor.lifted_at)) is not None
    assert acts_now() == [("block", "withdrawn")]


def test_a_platform_that_lets_programs_do_nothing_leaves_all_to_people(
    account_id: UUID, clock: Clock, school_people: People
) -> None:
    platform = ScriptedPlatform(capabilities=frozenset({Capability.FETCH_COMMENTS}))
    entry = flagged(account_id, platform, clock)[0]
    decide(entry, Outcome.HIDE, Outcome.BLOCK, by=school_people[Role.SLT], clock=clock)
    assert said_of(entry)[-1] == "Decided: to be blocked by hand, to be hidden by hand"
    undo(entry, by=school_people[Role.SLT], clock=clock)
    assert acts_now() == [("block", "withdrawn"), ("hide", "withdrawn")]
