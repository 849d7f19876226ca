"""One round of work at a time, against the practice platforms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import publishing
from approvals.states import PublicationState
from approvals.steps import keep_step
from connectors.base import STEP_POSTING, Platform
from connectors.practice.servers import PracticePlatforms
from moderation.models import Comment, WatchedPost
from school import db
from school.models import Account, AccountState, CallLedger, Person, Role
from tests.approvals import scenes
from worker import endpoints, rounds


@pytest.fixture
def platforms() -> Iterator[PracticePlatforms]:
    with PracticePlatforms(None, pace=0, earlier_life=False) as running:
        endpoints.practice_at(endpoints.PracticeUrls(running.x_url, running.graph_url))
        yield running
        endpoints.practice_at(None)


@pytest.mark.parametrize("platform", [Platform.X, Platform.FACEBOOK])
def test_comments_under_a_new_post_are_read_at_the_next_poll(
    session: Session,
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
    platforms: PracticePlatforms,
    platform: Platform,
) -> None:
    now = db.now().replace(second=0, microsecond=0)
    account = make_account(
        platform.value,
        identity_id=platforms.world.school(platform).id,
        credentials=platforms.credentials(platform),
    )
    assert rounds.poll(account.id) is not None, "the list of posts has just been read"
    _draft, [publication] = scenes.approved(
        session,
        school_people[Role.STAFF],
        school_people[Role.HEADTEACHER],
        now - timedelta(hours=1),
        account,
        at=now,
        text="The library is open again",
    )
    session.commit()
    rounds.publish(publication.id)
    session.expire_all()
    assert publication.post_platform_id is not None
    watched = session.scalars(sa.select(WatchedPost.platform_id)).all()
    assert watched == [publication.post_platform_id]
    assert "publish" in " ".join(session.scalars(sa.select(CallLedger.operation)))

    said = platforms.world.say(platform, publication.post_platform_id, "Ann Reader", "Lovely, thank you!")
    session.commit()
    rounds.poll(account.id)
    assert said.id in session.scalars(sa.select(Comment.platform_id)).all()


def test_a_post_lost_on_a_dead_account_does_not_stay_being_published(
    session: Session,
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
) -> None:
    now = db.now().replace(second=0, microsecond=0)
    account = make_account("x")
    _draft, [publication] = scenes.approved(
        session,
        school_people[Role.STAFF],
        school_people[Role.HEADTEACHER],
        now - timedelta(hours=1),
        account,
        at=now,
    )
    assert publishing.claim(session, publication.id, now=now, lease=timedelta(seconds=-1)) is not None
    keep_step(session, publication.id, STEP_POSTING, "begun")
    account.state, account.problem = AccountState.NEEDS_CONNECTING, "The token is dead."
    session.commit()
    rounds.look_for_post(publication.id)
    session.expire_all()
    assert publication.state is PublicationState.UNKNOWN
    assert publication.problem is not None and "The token is dead." in publication.problem
