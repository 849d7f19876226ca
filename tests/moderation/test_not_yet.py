"""What was decided while an account is paused or its platform away: said until it is done (P18)."""

from __future__ import annotations

from uuid import UUID

import pytest

from connectors.errors import ConnectorUnavailable
from moderation import authors, not_yet, review, words
from moderation.decisions import Outcome
from moderation.models import ActKind, LogCase
from school.db import reading, transaction
from school.models import Account, AccountState, Person, Role
from tests.moderation.platform import ScriptedPlatform
from tests.moderation.scenes import Clock, act, decide, flagged

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def put(account_id: UUID, state: AccountState) -> None:
    with transaction() as session:
        session.get_one(Account, account_id).state = state


@pytest.mark.parametrize(
    ("state", "how", "until"),
    [
        (AccountState.PAUSED, "Facebook is paused", "until somebody uses the account again"),
        (
            AccountState.NEEDS_CONNECTING,
            "Facebook is disconnected",
            "until somebody connects the account again",
        ),
    ],
)
def test_p18_it_is_said_why_nothing_has_happened_there(
    account_id: UUID,
    platform: ScriptedPlatform,
    clock: Clock,
    school_people: dict[Role, Person],
    state: AccountState,
    how: str,
    until: str,
) -> None:
    slt = school_people[Role.SLT]
    entry_id = flagged(account_id, platform, clock)[0]
    put(account_id, state)
    decide(entry_id, Outcome.HIDE, Outcome.BLOCK, by=slt, clock=clock)
    act(platform, clock)
    with reading() as session:
        waiting, sentence = not_yet.stopped(session, [entry_id])
        assert waiting == {ActKind.HIDE, ActKind.BLOCK}
        assert sentence == f"{how}, so the comment stays visible and nobody is blocked there {until}."
        assert words.decided({Outcome.HIDE, Outcome.BLOCK}, waiting) == "to be blocked, to be hidden"
        page = review.entry_page(session, entry_id, viewer=session.get_one(Person, slt.id), now=clock())
        assert set(not_yet.why(session, page.acts, now=clock()).values()) == {f"{how}: it waits {until}."}
        assert words.on_platform(page.item.comment, page.acts) == "still visible; to be hidden"
        assert page.item.author is not None and page.item.author.being_blocked
    put(account_id, AccountState.ACTIVE)
    act(platform, clock)
    with reading() as session:
        author_id = session.get_one(LogCase, entry_id).author_id
        assert author_id is not None
        assert not_yet.stopped(session, [entry_id]) == (frozenset(), "")
        known = authors.records(session, [author_id], viewer=None)[author_id]
        assert known.blocked and not known.being_blocked
        page = review.entry_page(session, entry_id, viewer=session.get_one(Person, slt.id), now=clock())
        assert words.on_platform(page.item.comment, page.acts) == "hidden" and not not_yet.why(
            session, page.acts, now=clock()
        )


def test_a_platform_that_is_away_is_named_with_the_time_of_the_next_try(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    entry_id = flagged(account_id, platform, clock)[0]
    decide(entry_id, Outcome.HIDE, by=school_people[Role.SLT], clock=clock)
    platform.failing["set_hidden"] = [ConnectorUnavailable("Facebook can't be reached.")]
    act(platform, clock)
    with reading() as session:
        [why] = not_yet.why(session, review.acts_of(session, entry_id), now=clock()).values()
        assert why.startswith("Facebook has not done it yet: it is tried again ")
