"""One round of work at a time, against the practice platforms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from connectors.base import Platform
from connectors.practice.servers import PracticePlatforms
from moderation.models import Comment, WatchedPost
from school import db
from school.models import Account, CallLedger, Person, Role
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
