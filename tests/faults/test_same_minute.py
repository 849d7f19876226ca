"""Posts that are all due in the same minute, while one account is slow and another out of its limit.

The long run, 1,000 posts against the platforms' own limits, is `make soak`'s.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from approvals.models import Publication
from approvals.states import PublicationState
from connectors.base import Platform
from connectors.practice.faults import Fault, FaultRule, OperationKind
from school import db, heartbeats
from tests.faults import books
from tests.faults.soak import lateness
from tests.faults.system import System, signed_in, system
from tests.faults.test_outages import logs, published
from tests.faults.traffic import make_due, next_minute, write_drafts
from tests.worker.conftest import wait_for

DRAFTS = 40


def _working(made: System) -> bool | None:
    with db.reading() as session:
        missing = heartbeats.missing(session, now=db.now())
    if {"publish", "scheduler"} & set(missing):
        return None
    # Instagram fetches the pictures from the pages, and is asked again only after a minute if it can't.
    return made.pages_answer() or None


def _times(made: System, platform: Platform) -> list[datetime]:
    with db.reading() as session:
        query = sa.select(Publication.published_at).where(
            Publication.account_id == made.account_ids[platform],
            Publication.state == PublicationState.PUBLISHED,
        )
        return sorted(at for at in session.scalars(query) if at is not None)


def test_an_account_that_is_slow_or_out_of_its_limit_delays_no_other(tmp_path: Path) -> None:
    with system(tmp_path, workers=1) as made:
        faults = made.platforms.world.faults
        write_drafts(made, DRAFTS, due=next_minute(timedelta(hours=1)))
        made.start()
        assert wait_for(lambda: _working(made), 180), logs(made)
        # Facebook takes long for each post, and X says that its window is used up for some time.
        faults.set(Platform.FACEBOOK, OperationKind.PUBLISH, FaultRule(Fault.DELAY, seconds=3))
        faults.set(Platform.X, OperationKind.PUBLISH, FaultRule(Fault.RATE_LIMIT, seconds=5))
        make_due()
        assert wait_for(lambda: len(_times(made, Platform.INSTAGRAM)) == DRAFTS // 10 or None, 120), logs(
            made
        )
        time.sleep(1)
        assert not _times(made, Platform.X), "X takes nothing now"
        faults.clear(Platform.X)
        assert wait_for(lambda: published(made) == DRAFTS or None, 240), logs(made)
        found = books.check(made)
        assert not found.wrong, found.wrong
        # The pages went on meanwhile, for whoever has to see how it stands.
        calendar = signed_in(made, "head").get(f"{made.url}/calendar", timeout=60)
        assert calendar.ok and "<h1>Calendar" in calendar.text, calendar.text[:2000]
        # All of Instagram went out while Facebook had most of its own before it still.
        slow, quick = _times(made, Platform.FACEBOOK), _times(made, Platform.INSTAGRAM)
        assert quick[-1] < slow[-1] and quick[-1] < _times(made, Platform.X)[0]
        print({platform.value: late[-1] for platform, late in lateness(made).items()})
