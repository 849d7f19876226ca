"""Workers killed with -9 around the moment at which a platform takes a post: one post, or a question."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from approvals import holding
from approvals.models import Publication
from connectors.base import Platform
from connectors.practice.servers import PracticePlatforms
from school import db
from school.models import Person
from school.settings import settings
from worker import endpoints, rounds

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.parametrize("publication", list(Platform), indirect=True),
]

Kill = Callable[[str, Publication], None]


@pytest.fixture(scope="module")
def zygote() -> Iterator[subprocess.Popen[str]]:
    """A process that has everything loaded, and makes workers of itself."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.approvals.zygote"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    yield process
    process.communicate(timeout=60)


@pytest.fixture
def killed(zygote: subprocess.Popen[str], platforms: PracticePlatforms, pages: str) -> Iterator[Kill]:
    """Has a worker process publish, and killed at that moment."""
    endpoints.practice_at(endpoints.PracticeUrls(platforms.x_url, platforms.graph_url))

    def kill(moment: str, publication: Publication) -> None:
        wanted = {
            "moment": moment,
            "publication": str(publication.id),
            "x_url": platforms.x_url,
            "graph_url": platforms.graph_url,
            "environment": {
                "SCHOOLGATE_HOME": str(settings().home),
                "SCHOOLGATE_DATABASE_URL": settings().effective_database_url,
                "SCHOOLGATE_PUBLIC_URL": settings().effective_public_url,
            },
        }
        assert zygote.stdin is not None and zygote.stdout is not None
        zygote.stdin.write(json.dumps(wanted) + "\n")
        zygote.stdin.flush()
        assert int(zygote.stdout.readline()) > 0
        assert int(zygote.stdout.readline()) == -9, "the worker ended by itself"
        assert row(publication).state == "publishing"

    yield kill
    endpoints.practice_at(None)


def row(publication: Publication) -> Publication:
    with db.reading() as looking:
        return looking.get_one(Publication, publication.id)


def time_passes(publication: Publication) -> None:
    """The lease ends, what is to be tried is due, and the platform has had its time to show a post."""
    with db.transaction() as working:
        found = working.get_one(Publication, publication.id)
        found.next_try_at = db.now()
        if found.lease_until is not None:
            found.lease_until = db.now()
        if found.unknown_since is not None:
            found.unknown_since -= settings().consistency_delay / 2


def until_settled(publication: Publication) -> str:
    """What the other workers make of it; the state it ends in."""
    for _ in range(15):
        time_passes(publication)
        match row(publication).state:
            case "scheduled":
                rounds.publish(publication.id)
            case "publishing" | "unknown":
                rounds.look_for_post(publication.id)
            case ended:
                return ended.value
    raise AssertionError(row(publication).state)


@pytest.mark.parametrize(
    "moment",
    ["after an upload", "before the mark", "before the request", "before the answer", "after the answer"],
)
def test_a_killed_worker_leaves_one_post_or_a_question(
    moment: str, killed: Kill, publication: Publication, platforms: PracticePlatforms
) -> None:
    platform = Platform(publication.account.platform)
    killed(moment, publication)
    ended = until_settled(publication)
    posts = platforms.world.posts(platform)
    if moment == "before the request" and platform is not Platform.INSTAGRAM:
        # Whether a request was sent can't be known, so nothing is sent again by itself.
        assert (ended, len(posts)) == ("held", 0)
        return
    assert (ended, len(posts)) == ("published", 1)
    assert row(publication).post_platform_id == posts[0].id and len(posts[0].pictures) == 1
    assert row(publication).attempts == (
        2 if moment in {"after an upload", "before the mark", "before the request"} else 1
    )
    if platform is Platform.INSTAGRAM:
        # Taken up where it stopped: no second container, which also tells that nothing was sent.
        with platforms.world.store.reading() as looking:
            assert looking.execute("select count(*) from containers").fetchone()[0] == 1


def test_a_person_who_overlooked_the_post_does_not_make_it_two(
    killed: Kill, publication: Publication, platforms: PracticePlatforms, head: Person
) -> None:
    """X and Facebook call it a duplicate, Instagram's container says that it is published: it is adopted."""
    platform = Platform(publication.account.platform)
    killed("before the answer", publication)
    with db.transaction() as working:
        found = working.get_one(Publication, publication.id)
        # As if it had been looked for in vain.
        found.state, found.unknown_since = type(found.state)("held"), db.now()  # type: ignore[misc]
        found.lease_id = found.lease_until = None
        assert found.started_at is not None
        found.started_at -= timedelta(minutes=10)
        holding.publish_now(
            working, found.id, looked=True, reason="I don't see it", by=working.merge(head), now=db.now()
        )
    ended = until_settled(publication)
    assert len(platforms.world.posts(platform)) == 1
    assert ended == "published"
