"""Vetting followers (P19): who was there before, who is new, who changed, and what is done about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from connectors.base import Capability
from moderation import followers, hand_tasks, reporting
from moderation.followers import OUTCOMES, FollowerOutcome
from moderation.models import ActState, Follower, FollowerKind, FollowerMove, FollowerState, PlatformAct
from moderation.moves import FOLLOWER_MOVES
from school.db import reading, transaction
from school.errors import BadInput, MoveNotAllowed, NotPermitted
from school.models import Person, Role
from tests.moderation.platform import ScriptedPlatform, author, comment
from tests.moderation.scenes import PACE, Clock, act, flagged, poll, score


def rows() -> dict[str, Follower]:
    with reading() as session:
        return {row.name_vetted: row for row in session.scalars(sa.select(Follower))}


def vet(
    name: str, outcome: FollowerOutcome, by: Person, clock: Clock, reason: str = "We don't know them"
) -> Follower:
    with transaction() as session:
        row = rows()[name]
        return followers.decide_follower(
            session,
            row.id,
            outcome,
            seen=row.version,
            by=session.get_one(Person, by.id),
            reason=reason,
            now=clock(),
        )


@pytest.fixture
def slt(school_people: dict[Role, Person]) -> Person:
    return school_people[Role.SLT]


@pytest.fixture
def with_nora(account_id: UUID, platform: ScriptedPlatform, clock: Clock) -> UUID:
    """An account with one follower from before and Nora, who is new."""
    platform.people = [author("Old Olaf")]
    poll(account_id, platform, clock)
    platform.people = [author("Nora"), author("Old Olaf")]
    poll(account_id, platform, clock)
    return account_id


def test_those_who_were_there_before_are_not_asked_about(with_nora: UUID) -> None:
    found = rows()
    assert found["Old Olaf"].state is FollowerState.EARLIER
    assert (found["Nora"].state, found["Nora"].why_waiting) == (FollowerState.WAITING, "New.")


def test_what_is_known_is_shown(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    flagged(account_id, platform, clock)
    platform.people = [author("Troll Tim", bio="you idiot", followers=3), author("Nora")]
    poll(account_id, platform, clock)
    score(clock)
    with reading() as session:
        page = followers.queue(session, viewer=session.get_one(Person, slt.id))
        first = page.items[0]
        assert (first.author.display_name, first.author.followers, first.record.flagged) == (
            "Troll Tim",
            3,
            1,
        )
        assert first.follower.scored and first.follower.severity > 0
        assert page.waiting == 2


def test_approval_asks_nothing_of_the_platform(
    with_nora: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    vet("Nora", FollowerOutcome.APPROVE, slt, clock, reason="")
    act(platform, clock)
    assert platform.done == [] and rows()["Nora"].state is FollowerState.APPROVED


@pytest.mark.parametrize(("kind", "outcome"), sorted(OUTCOMES))
def test_each_decision_reaches_the_platform(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person, kind: FollowerKind,
    outcome: FollowerOutcome,
) -> None:  # fmt: skip
    poll(account_id, platform, clock)
    if kind is FollowerKind.REQUEST:
        platform.asking = [author("Nora")]
    else:
        platform.people = [author("Nora")]
    poll(account_id, platform, clock)
    row = vet("Nora", outcome, slt, clock)
    state, kind_of_act = OUTCOMES[kind, outcome]
    act(platform, clock)
    words = {"accept_request": "accept", "decline_request": "decline", "remove_follower": "remove"}
    expected = [] if kind_of_act is None else [(words.get(kind_of_act.value, kind_of_act.value), "id-Nora")]
    assert row.state is state and platform.done == expected


@pytest.mark.parametrize("role", list(Role))
def test_p2_p19_who_may_vet(
    with_nora: UUID, clock: Clock, school_people: dict[Role, Person], role: Role
) -> None:
    """P2."""
    if role in {Role.HEADTEACHER, Role.SLT, Role.MODERATOR}:
        vet("Nora", FollowerOutcome.APPROVE, school_people[role], clock)
    else:
        with pytest.raises(NotPermitted):
            vet("Nora", FollowerOutcome.APPROVE, school_people[role], clock)


@pytest.mark.parametrize("outcome", [FollowerOutcome.DECLINE, FollowerOutcome.REMOVE])
def test_a_reason_and_a_fitting_decision_are_needed(
    with_nora: UUID, clock: Clock, slt: Person, outcome: FollowerOutcome
) -> None:
    with pytest.raises(BadInput):
        vet("Nora", outcome, slt, clock, reason=" ")


def test_a_second_decision_from_an_old_page_is_refused(with_nora: UUID, clock: Clock, slt: Person) -> None:
    seen = rows()["Nora"]
    vet("Nora", FollowerOutcome.APPROVE, slt, clock)
    with pytest.raises(MoveNotAllowed), transaction() as session:
        followers.decide_follower(
            session, seen.id, FollowerOutcome.REMOVE, seen=seen.version, by=session.get_one(Person, slt.id),
            reason="Late", now=clock(),
        )  # fmt: skip


@pytest.mark.parametrize("name", ["Nora", "Old Olaf"])
def test_another_name_or_bio_asks_again(
    with_nora: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person, name: str
) -> None:
    vet("Nora", FollowerOutcome.APPROVE, slt, clock)
    platform.people = [
        author(one, platform_id=f"id-{one}", bio="you idiot" if one == name else "")
        for one in ("Nora", "Old Olaf")
    ]
    poll(with_nora, platform, clock)
    score(clock)
    row = rows()[name]
    assert (row.state, row.why_waiting) == (FollowerState.WAITING, "Changed their name or bio.")
    assert row.severity > 0


def test_a_removal_by_hand_ticks_itself_off_and_a_return_is_seen(
    with_nora: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    platform.capabilities -= {Capability.REMOVE_FOLLOWER}
    vet("Nora", FollowerOutcome.REMOVE, slt, clock)
    act(platform, clock)
    with reading() as session:
        assert [task.target_url for task in hand_tasks.follower_tasks(session)] == ["https://platform.test/Nora"]
    poll(with_nora, platform, clock)
    with reading() as session:
        assert session.scalars(sa.select(PlatformAct.state)).one() is ActState.BY_HAND
    platform.people = [author("Old Olaf")]
    poll(with_nora, platform, clock)
    with reading() as session:
        assert session.scalars(sa.select(PlatformAct.state)).one() is ActState.DONE
    assert rows()["Nora"].state is FollowerState.LEFT
    platform.people = [author("Nora"), author("Old Olaf")]
    poll(with_nora, platform, clock)
    assert (rows()["Nora"].state, rows()["Nora"].why_waiting) == (FollowerState.WAITING, "Came back.")
    with reading() as session:
        moves = session.scalars(
            sa.select(FollowerMove.new)
            .where(FollowerMove.follower_id == rows()["Nora"].id)
            .order_by(FollowerMove.id)
        ).all()
    assert moves == ["waiting", "removed", "left", "waiting"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_who_left_is_noticed_where_the_list_has_several_pages(
    with_nora: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    """Between two readings of the whole list are shorter ones, which stop where all are known."""
    many = [author(f"Neighbour {number}") for number in range(5)]
    platform.people, platform.people_at_once = [author("Nora"), *many, author("Old Olaf")], 2
    seldom = replace(PACE, followers_counted_every=timedelta(minutes=5))
    clock.on(minutes=10)
    poll(with_nora, platform, clock, seldom)
    vet("Nora", FollowerOutcome.REMOVE, slt, clock)
    clock.on(minutes=1)
    poll(with_nora, platform, clock, seldom)
    platform.people = [*many, author("Old Olaf")]
    clock.on(minutes=1)
    poll(with_nora, platform, clock, seldom)
    assert rows()["Nora"].state is FollowerState.REMOVED
    clock.on(minutes=10)
    poll(with_nora, platform, clock, seldom)
    found = rows()
    assert found.pop("Nora").state is FollowerState.LEFT
    assert FollowerState.LEFT not in {row.state for row in found.values()}


def test_an_accepted_request_becomes_an_approved_follower(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    platform.asking = [author("Nora")]
    poll(account_id, platform, clock)
    assert rows()["Nora"].kind is FollowerKind.REQUEST
    vet("Nora", FollowerOutcome.APPROVE, slt, clock)
    act(platform, clock)
    platform.asking, platform.people = [], [author("Nora")]
    poll(account_id, platform, clock)
    row = rows()["Nora"]
    assert (row.kind, row.state) == (FollowerKind.FOLLOWER, FollowerState.APPROVED)


def test_a_request_that_was_withdrawn_waits_no_more(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.asking = [author("Nora")]
    poll(account_id, platform, clock)
    platform.asking = []
    poll(account_id, platform, clock)
    assert rows()["Nora"].state is FollowerState.LEFT


@pytest.mark.parametrize("old", list(FollowerState))
@pytest.mark.parametrize("outcome", list(FollowerOutcome))
def test_every_decision_in_every_state(
    with_nora: UUID, clock: Clock, slt: Person, old: FollowerState, outcome: FollowerOutcome
) -> None:
    with transaction() as session:
        session.get_one(Follower, rows()["Nora"].id).state = old
    leads = OUTCOMES.get((FollowerKind.FOLLOWER, outcome))
    if leads is None:
        with pytest.raises(BadInput):
            vet("Nora", outcome, slt, clock)
    elif leads[0] in FOLLOWER_MOVES[old]:
        assert vet("Nora", outcome, slt, clock).state is leads[0]
    else:
        with pytest.raises(MoveNotAllowed):
            vet("Nora", outcome, slt, clock)


def test_a_comment_by_a_follower_is_the_same_person(
    with_nora: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    flagged(with_nora, platform, clock, comment(1, "You idiot", author=author("Nora")))
    with reading() as session:
        item = followers.get(session, rows()["Nora"].id, viewer=session.get_one(Person, slt.id))
        assert (item.record.comments, item.record.flagged) == (1, 1)


def test_who_is_still_there_counts_as_removed_only_once_it_is_done(
    with_nora: UUID, platform: ScriptedPlatform, clock: Clock, slt: Person
) -> None:
    """In the report and to a colleague; of who is removed twice, the last waits."""
    platform.capabilities -= {Capability.REMOVE_FOLLOWER}
    begins = clock() - timedelta(days=1)

    def counted() -> tuple[int, int]:
        with reading() as session:
            ends = clock() + timedelta(days=1)
            found = reporting.vetting(session, begins=begins, ends=ends)[with_nora]
            return found.removed, found.to_be_removed

    def said() -> str:
        with reading() as session:
            return followers.said_state(session, session.get_one(Follower, rows()["Nora"].id))

    def tick() -> None:
        with transaction() as session:
            waiting = sa.select(PlatformAct.id).where(PlatformAct.state == ActState.BY_HAND)
            hand_tasks.tick_off(session, session.scalars(waiting).one(), by=slt, now=clock())

    vet("Nora", FollowerOutcome.REMOVE, slt, clock)
    assert counted() == (0, 1) and said() == "they are to be removed"
    act(platform, clock)
    assert counted() == (0, 1), "a task that nobody has done"
    tick()
    assert counted() == (1, 0) and said() == "they are removed"
    platform.people = [author("Old Olaf")]
    clock.on(minutes=5)
    poll(with_nora, platform, clock)
    platform.people = [author("Nora"), author("Old Olaf")]
    clock.on(minutes=5)
    poll(with_nora, platform, clock)
    assert rows()["Nora"].state is FollowerState.WAITING and counted() == (1, 0)
    vet("Nora", FollowerOutcome.REMOVE, slt, clock)
    assert counted() == (1, 1)
