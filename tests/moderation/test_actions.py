"""Acts on the platforms: retried where safe, an answer never sent twice, else a task (P18)."""

from __future__ import annotations

import threading
from uuid import UUID

import pytest
import sqlalchemy as sa

from connectors.base import Capability
from connectors.errors import (
    ConnectorError,
    ConnectorRefused,
    ConnectorUnavailable,
    CredentialsDead,
    Gone,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
)
from moderation import actions, attempts, hand_tasks, review
from moderation.attempts import ActClaim
from moderation.decisions import Outcome
from moderation.models import ActState, Comment, EventKind, LogEvent, PlatformAct, PlatformActMove
from moderation.moves import ACT_MOVES
from school.db import reading, transaction
from school.errors import MoveNotAllowed
from school.models import Account, AccountState, Person, Role
from tests.moderation.platform import ScriptedPlatform, comment
from tests.moderation.scenes import LEASE, Clock, act, decide, flagged, poll

ANSWER = {"reply": "Please be kind."}


@pytest.fixture
def slt(school_people: dict[Role, Person]) -> Person:
    return school_people[Role.SLT]


@pytest.fixture
def entry_id(account_id: UUID, platform: ScriptedPlatform, clock: Clock) -> UUID:
    return flagged(account_id, platform, clock)[0]


def one_act() -> PlatformAct:
    with reading() as session:
        return session.scalars(sa.select(PlatformAct)).one()


@pytest.mark.parametrize(
    ("outcome", "more", "done"),
    [
        (Outcome.HIDE, {}, ("hide", "c-1")),
        (Outcome.DELETE, {}, ("delete", "c-1")),
        (Outcome.REPLY, ANSWER, ("reply", "c-1")),
        (Outcome.WARN, ANSWER, ("reply", "c-1")),
        (Outcome.BLOCK, {}, ("block", "id-Troll Tim")),
        (Outcome.MUTE, {}, ("mute", "id-Troll Tim")),
    ],
)
def test_p18_an_outcome_reaches_the_platform_once(
    entry_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person, outcome: Outcome,
    more: dict[str, object], done: tuple[str, str],
) -> None:  # fmt: skip
    decide(entry_id, outcome, by=slt, clock=clock, **more)
    act(platform, clock)
    act(platform, clock)
    assert platform.done == [done]
    found = one_act()
    assert found.state is ActState.DONE and found.answer
    with reading() as session:
        moves = session.execute(
            sa.select(PlatformActMove.old, PlatformActMove.new).order_by(PlatformActMove.id)
        ).all()
        assert [tuple(m) for m in moves] == [
            (ActState.REQUESTED, ActState.DOING),
            (ActState.DOING, ActState.DONE),
        ]
        last = session.scalars(sa.select(LogEvent).order_by(LogEvent.seq.desc())).first()
        assert last is not None and last.kind is EventKind.ACT and last.detail["state"] == "done"


@pytest.mark.parametrize("error", [ConnectorUnavailable("Away."), OutcomeUnknown("No answer.")])
def test_what_may_be_repeated_is_tried_again(
    entry_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person, error: ConnectorError
) -> None:
    platform.failing["set_hidden"] = [error, error]
    decide(entry_id, Outcome.HIDE, by=slt, clock=clock)
    act(platform, clock)
    assert (one_act().state, one_act().answer) == (ActState.REQUESTED, error.detail)
    assert act(platform, clock) == []
    clock.on(seconds=11)
    act(platform, clock)
    clock.on(seconds=21)
    act(platform, clock)
    assert platform.done == [("hide", "c-1")]


def test_a_rate_limit_is_waited_for(
    entry_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    platform.failing["set_hidden"] = [RateLimited("Wait.", retry_after=900.0)]
    decide(entry_id, Outcome.HIDE, by=slt, clock=clock)
    act(platform, clock)
    clock.on(minutes=14)
    assert act(platform, clock) == []
    clock.on(minutes=2)
    act(platform, clock)
    assert platform.done == [("hide", "c-1")]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ConnectorRefused("No."), ActState.FAILED),
        (NotAllowed("Not on this tier."), ActState.BY_HAND),
        (Gone("It isn't there."), ActState.DONE),
    ],
)
def test_refusals_are_shown_to_a_person(
    entry_id: UUID,
    platform: ScriptedPlatform,
    clock: Clock,
    slt: Person,
    error: ConnectorError,
    state: ActState,
) -> None:
    platform.failing["set_hidden"] = [error]
    decide(entry_id, Outcome.HIDE, by=slt, clock=clock)
    act(platform, clock)
    assert one_act().state is state
    with reading() as session:
        assert (session.scalars(sa.select(Comment.gone_at)).one() is not None) == isinstance(error, Gone)


def test_what_failed_can_be_tried_again_by_a_person(
    entry_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    platform.failing["set_hidden"] = [ConnectorRefused("No.")]
    decide(entry_id, Outcome.HIDE, by=slt, clock=clock)
    act(platform, clock)
    with transaction() as session:
        hand_tasks.try_again(session, one_act().id, by=session.get_one(Person, slt.id), now=clock())
    act(platform, clock)
    assert one_act().state is ActState.DONE


def test_it_gives_up_after_many_tries_and_says_so(
    entry_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    platform.failing["set_hidden"] = [ConnectorUnavailable("Away.")] * 50
    decide(entry_id, Outcome.HIDE, by=slt, clock=clock)
    for _ in range(25):
        act(platform, clock)
        clock.on(hours=1)
    assert (one_act().state, one_act().attempts) == (ActState.FAILED, 20)
    with reading() as session:
        assert len(review.tasks(session, viewer=session.get_one(Person, slt.id))) == 1


def test_an_answer_that_arrived_after_all_is_found_not_sent_again(
    entry_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    platform.failing["reply"] = [OutcomeUnknown("No answer.")]
    decide(entry_id, Outcome.REPLY, by=slt, clock=clock, **ANSWER)
    act(platform, clock)
    platform.replies["Please be kind."] = "seen-later"
    clock.on(seconds=31)
    act(platform, clock)
    assert platform.done == []
    assert (one_act().state, one_act().result_platform_id) == (ActState.DONE, "seen-later")


def test_an_answer_of_unknown_fate_goes_to_a_person(
    entry_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    platform.failing["reply"] = [OutcomeUnknown("No answer.")]
    decide(entry_id, Outcome.REPLY, by=slt, clock=clock, **ANSWER)
    for _ in range(12):
        act(platform, clock)
        clock.on(seconds=31)
    assert platform.done == [] and one_act().state is ActState.FAILED
    with transaction() as session:
        hand_tasks.try_again(session, one_act().id, by=session.get_one(Person, slt.id), now=clock())
    act(platform, clock)
    assert platform.done == [("reply", "c-1")]


def test_a_worker_that_died_while_answering_does_not_make_a_second_answer(
    entry_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    decide(entry_id, Outcome.REPLY, by=slt, clock=clock, **ANSWER)
    with transaction() as session:
        claim = actions.claim_action(session, lease=LEASE, now=clock())
    assert claim is not None
    attempts.act(claim, platform)
    clock.on(minutes=6)
    act(platform, clock)
    assert platform.done == [("reply", "c-1")]
    assert (one_act().state, one_act().result_platform_id) == (ActState.DONE, "reply-1")


def test_an_answer_that_was_not_sent_is_sent_later(
    entry_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    platform.failing["reply"] = [ConnectorUnavailable("Away.")]
    decide(entry_id, Outcome.REPLY, by=slt, clock=clock, **ANSWER)
    act(platform, clock)
    clock.on(seconds=11)
    act(platform, clock)
    assert platform.done == [("reply", "c-1")]


def test_without_the_capability_it_is_a_task_that_ticks_itself_off(
    entry_id: UUID, account_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    platform.capabilities -= {Capability.HIDE}
    decide(entry_id, Outcome.HIDE, by=slt, clock=clock)
    act(platform, clock)
    assert one_act().state is ActState.BY_HAND and one_act().target_url == "https://platform.test/c/1"
    platform.show(comment(1, "You idiot", hidden=True))
    poll(account_id, platform, clock)
    assert (one_act().state, one_act().answer) == (ActState.DONE, "Seen on the platform.")


def test_p8_what_is_asked_of_a_closed_account_is_a_persons_task(
    entry_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person, account_id: UUID
) -> None:
    decide(entry_id, Outcome.HIDE, by=slt, clock=clock)
    with transaction() as session:
        assert hand_tasks.hand_over_closed(session, now=clock()) == 0
        session.get_one(Account, account_id).state = AccountState.CLOSED
    with transaction() as session:
        assert hand_tasks.hand_over_closed(session, now=clock()) == 1
    act(platform, clock)
    assert platform.done == []
    found = one_act()
    assert found.state is ActState.BY_HAND and "was closed" in found.answer


def test_dead_credentials_wait_for_the_new_ones(
    entry_id: UUID, account_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    platform.failing["set_hidden"] = [CredentialsDead("The token has expired.")]
    decide(entry_id, Outcome.HIDE, by=slt, clock=clock)
    act(platform, clock)
    clock.on(hours=2)
    assert act(platform, clock) == []
    with transaction() as session:
        account = session.get_one(Account, account_id)
        assert account.state is AccountState.NEEDS_CONNECTING
        account.state = AccountState.ACTIVE
    act(platform, clock)
    assert platform.done == [("hide", "c-1")]


def test_hide_and_unhide_keep_their_order(
    entry_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    platform.failing["set_hidden"] = [ConnectorUnavailable("Away.")]
    decide(entry_id, Outcome.HIDE, by=slt, clock=clock)
    act(platform, clock)
    decide(entry_id, Outcome.UNHIDE, by=slt, clock=clock)
    assert act(platform, clock) == []
    clock.on(seconds=11)
    act(platform, clock)
    assert platform.done == [("hide", "c-1"), ("unhide", "c-1")]


def test_an_edit_in_between_gives_the_act_the_new_id(
    entry_id: UUID, account_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    decide(entry_id, Outcome.HIDE, by=slt, clock=clock)
    platform.show(comment(2, "You idiot!", earlier_platform_ids=("c-1",)))
    poll(account_id, platform, clock)
    act(platform, clock)
    assert platform.done == [("hide", "c-2")]


def test_the_same_wish_twice_is_one_act(
    entry_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    decide(entry_id, Outcome.HIDE, by=slt, clock=clock)
    decide(entry_id, Outcome.HIDE, by=slt, clock=clock)
    act(platform, clock)
    assert platform.done == [("hide", "c-1")]


def test_one_worker_takes_an_act(entry_id: UUID, clock: Clock, slt: Person) -> None:
    decide(entry_id, Outcome.HIDE, by=slt, clock=clock)
    found: list[ActClaim | None] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        with transaction() as session:
            found.append(actions.claim_action(session, lease=LEASE, now=clock()))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(claim is not None for claim in found) == 1


@pytest.mark.parametrize("state", list(ActState))
def test_a_person_ticks_off_only_what_is_theirs(
    entry_id: UUID, clock: Clock, slt: Person, state: ActState
) -> None:
    decide(entry_id, Outcome.HIDE, by=slt, clock=clock)
    with transaction() as session:
        session.scalars(sa.select(PlatformAct)).one().state = state
    with transaction() as session:
        person = session.get_one(Person, slt.id)
        if state in {ActState.BY_HAND, ActState.FAILED}:
            assert hand_tasks.tick_off(session, one_act().id, by=person, now=clock()).finished_by_id == slt.id
        elif ActState.DONE not in ACT_MOVES[state]:
            with pytest.raises(MoveNotAllowed):
                hand_tasks.tick_off(session, one_act().id, by=person, now=clock())


def test_a_worker_without_a_connector_does_not_forget_that_an_answer_may_be_out(
    entry_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    platform.failing["reply"] = [OutcomeUnknown("No answer.")]
    decide(entry_id, Outcome.REPLY, by=slt, clock=clock, **ANSWER)
    act(platform, clock)
    clock.on(minutes=1)
    with transaction() as session:
        claim = actions.claim_action(session, lease=LEASE, now=clock())
    assert claim is not None
    with transaction() as session:
        away = attempts.ActOutcome(attempts.Result.LATER, "The account can't be used at the moment.")
        actions.record_action(session, claim, away, now=clock())
    clock.on(minutes=1)
    act(platform, clock)
    assert platform.done == []
