"""The whole way against the practice platforms, with the real connectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from connectors.base import Connector, Credentials, Endpoints, Platform
from connectors.practice.servers import PracticePlatforms
from connectors.registry import connector_for
from moderation import actions, attempts, log, polling
from moderation.decisions import Outcome
from moderation.models import ActState, Follower, FollowerState, LogEntry
from school.db import now, reading, transaction
from school.models import Account, Person, Role
from tests.moderation.scenes import LEASE, Clock, decide, score

PACE = polling.PollPace(
    interval=timedelta(0),
    posts_every=timedelta(0),
    conversations_every=timedelta(0),
    rescan_every=timedelta(0),
    followers_every=timedelta(0),
    followers_counted_every=timedelta(0),
)


class RealClock(Clock):
    """Real time, since the practice platforms have it."""

    def __call__(self) -> object:  # type: ignore[override]
        return now()


@pytest.fixture
def practice() -> Iterator[PracticePlatforms]:
    """The practice platforms with their earlier life, without a crowd."""
    with PracticePlatforms(None, pace=None, seed=1) as running:
        yield running


@pytest.mark.parametrize("platform", list(Platform))
def test_a_comment_is_flagged_hidden_and_logged(
    practice: PracticePlatforms,
    make_account: Callable[..., Account],
    school_people: dict[Role, Person],
    platform: Platform,
) -> None:
    clock, world = RealClock(), practice.world
    endpoints = Endpoints(x_url=practice.x_url, graph_url=practice.graph_url)
    credentials = Credentials(practice.credentials(platform))
    identity = connector_for(platform, credentials, "", endpoints).probe()
    account_id = make_account(platform, identity_id=identity.platform_id, handle=identity.handle).id
    connector = connector_for(platform, credentials, identity.platform_id, endpoints)

    first = read(account_id, connector)
    assert first.complete, first.problems
    assert first.new > 5
    score(clock)
    before = entries()

    said = world.say(platform, world.posts(platform)[0].id, "Troll Tim", "you are an idiot and a bully")
    if platform is Platform.X:
        world.follow(platform, "New Nora", bio="Loves baking")
    found = read(account_id, connector)
    assert found.new == 1, found
    score(clock)
    (entry_id,) = entries() - before

    decide(entry_id, Outcome.HIDE, Outcome.MUTE, by=school_people[Role.SLT], clock=clock)
    states = {}
    while True:
        with transaction() as session:
            claim = actions.claim_action(session, lease=LEASE, now=now())
        if claim is None:
            break
        outcome = attempts.act(claim, connector)
        with transaction() as session:
            states[claim.kind.value] = actions.record_action(
                session, claim, outcome, calls=connector.calls(), now=now()
            ).state
    assert world.comment(platform, said.id).hidden
    assert states == {
        "hide": ActState.DONE,
        "mute": ActState.DONE if platform is Platform.X else ActState.BY_HAND,
    }

    if platform is not Platform.INSTAGRAM:
        world.edit_comment(platform, said.id, "sorry, I was an idiot")
        assert read(account_id, connector).edited == 1
    else:
        world.delete_comment_by_author(platform, said.id)
        assert read(account_id, connector).gone == 1
    with reading() as session:
        assert "idiot and a bully" in session.get_one(LogEntry, entry_id).text
        assert log.verify(session) is None
        if platform is Platform.X:
            states_of = {row.name_vetted: row.state for row in session.scalars(sa.select(Follower))}
            assert states_of.pop("New Nora") is FollowerState.WAITING
            assert set(states_of.values()) == {FollowerState.EARLIER}


def read(account_id: UUID, connector: Connector) -> polling.PollReport:
    """One poll."""
    with transaction() as session:
        plan = polling.claim_poll(session, account_id, pace=PACE, now=now())
    assert plan is not None
    return polling.poll_account(plan, connector, transaction=transaction, clock=now)


def entries() -> set[UUID]:
    """The ids of all entries."""
    with reading() as session:
        return set(session.scalars(sa.select(LogEntry.id)))
