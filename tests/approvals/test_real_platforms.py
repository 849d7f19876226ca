"""Publishing through the real connectors to platforms that misbehave: never twice, and the truth told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from approvals import publishing, reconciling
from approvals.claims import PublicationClaim
from approvals.models import Publication
from approvals.steps import DurableSteps
from connectors.base import STEP_POSTING, Connector, Credentials, Endpoints, Platform
from connectors.practice.faults import Fault, FaultRule, OperationKind
from connectors.practice.servers import PracticePlatforms
from connectors.registry import connector_for
from school import db

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def connector(publication: Publication, platforms: PracticePlatforms) -> Connector:
    platform = Platform(publication.account.platform)
    return connector_for(
        platform,
        Credentials(platforms.credentials(platform)),
        publication.account.platform_id,
        Endpoints(x_url=platforms.x_url, graph_url=platforms.graph_url, timeout=3),
    )


class Tripwire(DurableSteps):
    """Lets everything be prepared, and turns the fault on just before the one request that posts."""

    def __init__(self, claim: PublicationClaim, platforms: PracticePlatforms, fault: Fault) -> None:
        super().__init__(db.transaction, claim, db.now)
        self._trip = lambda: platforms.world.faults.set(
            claim.platform, OperationKind.PUBLISH, FaultRule(fault, next_n=1)
        )

    def put(self, key: str, value: str) -> None:
        super().put(key, value)
        if key == STEP_POSTING and value:
            self._trip()


def attempt(publication: Publication, platforms: PracticePlatforms, fault: Fault | None = None) -> str:
    """One attempt as the worker makes it; the state it led to."""
    with db.transaction() as working:
        claim = publishing.claim(working, publication.id, now=db.now())
    if claim is not None:
        steps = (
            Tripwire(claim, platforms, fault)
            if fault is not None
            else DurableSteps(db.transaction, claim, db.now)
        )
        outcome = publishing.send(claim, connector(publication, platforms), steps)
        with db.transaction() as working:
            return publishing.record(working, claim, outcome, now=db.now()).state.value
    return state(publication)["state"]


def look(publication: Publication, platforms: PracticePlatforms, *, now: datetime | None = None) -> str:
    """One look as the worker takes it."""
    with db.transaction() as working:
        claim = reconciling.claim_look(working, publication.id, now=now or db.now())
    assert claim is not None
    found = reconciling.reconcile(
        claim, connector(publication, platforms), DurableSteps(db.transaction, claim, db.now)
    )
    with db.transaction() as working:
        return reconciling.record_look(working, claim, found, now=now or db.now()).state.value


def state(publication: Publication) -> dict[str, Any]:
    with db.reading() as looking:
        row = looking.get_one(Publication, publication.id)
        return {
            "state": row.state.value,
            "url": row.post_url,
            "id": row.post_platform_id,
            "next": row.next_try_at,
        }


def wait_out(publication: Publication, platforms: PracticePlatforms, fault: Fault | None = None) -> str:
    """Attempts, each when it is due, until the publication is no longer scheduled."""
    ended = attempt(publication, platforms, fault)
    for _ in range(10):
        if ended != "scheduled":
            break
        with db.transaction() as working:
            # What would be some seconds' wait.
            working.get_one(Publication, publication.id).next_try_at = db.now()
        ended = attempt(publication, platforms, fault)
    return ended


ALL = pytest.mark.parametrize("publication", list(Platform), indirect=True)


@ALL
def test_a_post_goes_out_with_its_picture_and_address(
    publication: Publication, platforms: PracticePlatforms
) -> None:
    assert wait_out(publication, platforms) == "published"
    [post] = platforms.world.posts(publication.account.platform)
    assert post.id == state(publication)["id"] and state(publication)["url"]
    assert "Bring “friends”!" in post.text and len(post.pictures) == 1


@ALL
@pytest.mark.parametrize(
    "fault", [Fault.RESET_AFTER, Fault.TRUNCATED, Fault.JSON_ARRAY, Fault.EMPTY, Fault.ERROR_AFTER]
)
def test_an_answer_lost_after_the_post_was_taken_is_found_out(
    fault: Fault, publication: Publication, platforms: PracticePlatforms
) -> None:
    ended = wait_out(publication, platforms, fault)
    assert len(platforms.world.posts(publication.account.platform)) == 1
    # Instagram's containers tell by themselves what became of them; X and Facebook don't.
    assert ended == "unknown" or publication.account.platform == Platform.INSTAGRAM
    if ended == "unknown":
        ended = look(publication, platforms)
    assert ended == "published", state(publication)
    [post] = platforms.world.posts(publication.account.platform)
    assert post.id == state(publication)["id"]
    assert attempt(publication, platforms) == "published"
    assert len(platforms.world.posts(publication.account.platform)) == 1


@ALL
@pytest.mark.parametrize("fault", [Fault.RATE_LIMIT, Fault.DEAD_TOKEN])
def test_a_refusal_before_anything_was_sent_posts_nothing(
    fault: Fault, publication: Publication, platforms: PracticePlatforms
) -> None:
    platforms.world.faults.set(publication.account.platform, OperationKind.ALL, FaultRule(fault, seconds=60))
    ended = attempt(publication, platforms)
    assert ended == "scheduled"
    platforms.world.faults.clear()
    assert platforms.world.posts(publication.account.platform) == []
    if fault is Fault.RATE_LIMIT:
        assert state(publication)["next"] > db.now()
        assert wait_out(publication, platforms) == "published"


@ALL
def test_a_post_that_never_arrived_ends_with_a_person_unless_the_platform_can_tell(
    publication: Publication, platforms: PracticePlatforms
) -> None:
    ended = wait_out(publication, platforms, Fault.RESET_BEFORE)
    assert platforms.world.posts(publication.account.platform) == []
    assert ended == "unknown"
    moment = db.now()
    for _ in range(12):
        moment += timedelta(seconds=30)
        ended = look(publication, platforms, now=moment)
        if ended != "unknown":
            break
    if publication.account.platform == Platform.INSTAGRAM:
        # The container says that it still waits, and can be published once only.
        assert ended == "scheduled"
        assert wait_out(publication, platforms) == "published"
        assert len(platforms.world.posts(Platform.INSTAGRAM)) == 1
        return
    assert ended == "held"
    assert attempt(publication, platforms) == "held"
