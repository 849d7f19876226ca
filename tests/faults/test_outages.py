"""Redis, PostgreSQL and the mail server go away and come back: nothing is lost, all goes on by itself."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import requests
import sqlalchemy as sa

from approvals.models import Publication
from approvals.states import PublicationState
from connectors.base import Platform
from school import db
from school.models import MailState, OutboxEmail
from tests.faults import books
from tests.faults.system import System, system
from tests.faults.traffic import ABUSE_MARK, next_minute, write_drafts
from tests.worker.conftest import wait_for

AWAY = float(os.environ.get("SOAK_AWAY", "8"))
"""Seconds for which each server is gone; two minutes in `make soak`."""


def logs(made: System) -> str:
    """The end of what each process said, for a failing assert."""
    return "\n".join(
        f"--- {process.name}\n{process.log.read_text(encoding='utf-8')[-1500:]}"
        for process in made.processes.values()
        if process.log.exists()
    )


def comment(made: System, words: str) -> None:
    """Somebody writes under the first post of each platform."""
    world = made.platforms.world
    for platform in made.account_ids:
        post = world.public_posts(platform, limit=1)[0].post
        world.say(platform, post.id, "Angry Stranger", f"{ABUSE_MARK}, {words} {platform.value}", None)


def fetched(made: System, seconds: float) -> bool:
    """Whether everything that was written is in the database and judged, within that time."""

    def look() -> bool | None:
        left = books.waiting(made)
        return not (left["comments to fetch"] or left["comments to score"]) or None

    return bool(wait_for(look, seconds))


def test_redis_postgresql_and_mail_come_back_and_all_goes_on(tmp_path: Path) -> None:
    with system(tmp_path, workers=1, mail_away=True) as made:
        for platform in made.account_ids:
            made.platforms.world.publish(platform, "Before the product came")
        due = next_minute(timedelta(seconds=40))
        write_drafts(made, 9, due=due)
        made.start()
        comment(made, "before")
        assert fetched(made, 120), logs(made)
        assert wait_for(lambda: made.pages_answer() or None, 120), logs(made)

        made.redis.stop()
        comment(made, "without Redis")
        time.sleep(AWAY)
        assert not made.died_by_themselves(), logs(made)
        made.redis.start()
        assert fetched(made, 120), logs(made)

        made.redis.flush()
        comment(made, "after the flush")
        assert fetched(made, 120), logs(made)

        made.postgres.stop()
        comment(made, "without PostgreSQL")
        # The pages stay there to say what is wrong: Docker is not told that they are ill.
        assert requests.get(f"{made.url}/health/live", timeout=60).status_code == 200
        ready = requests.get(f"{made.url}/health/ready", timeout=60)
        assert ready.status_code == 503 and ready.json()["database"] == "can't be used at the moment"
        page = requests.get(f"{made.url}/sign-in", timeout=60)
        assert page.status_code == 503 and "Try again in a minute" in page.text
        time.sleep(AWAY)
        assert not made.died_by_themselves(), logs(made)
        made.postgres.start()
        assert fetched(made, 120), logs(made)

        # Due while one or the other was away, or after: all are out once.
        assert wait_for(lambda: published(made) == 9 or None, 180), logs(made)
        with db.reading() as session:
            states = set(session.scalars(sa.select(OutboxEmail.state)))
        assert MailState.SENT not in states and MailState.FAILED not in states
        made.mail.start()
        _try_mail_now()
        assert wait_for(lambda: not books.waiting(made)["mails"] or None, 120), logs(made)
        assert not made.died_by_themselves(), logs(made)
        found = books.check(made)
        assert not found.wrong, found.wrong
        assert found.comments == found.abusive == 4 * len(Platform)
        assert found.mails_twice == 0 and found.mails >= 9


def published(made: System) -> int:
    with db.reading() as session:
        return (
            session.scalar(sa.select(sa.func.count()).where(Publication.state == PublicationState.PUBLISHED))
            or 0
        )


def _try_mail_now() -> None:
    """What waited longest for the mail server waits minutes by now; a test needn't."""
    with db.transaction() as session:
        session.execute(sa.update(OutboxEmail).values(next_try_at=db.now()))
