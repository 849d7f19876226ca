"""What the pages take that people open most, with 10,000 comments stored and with a million: processor time.

BENCH_STORED sets the larger number.
"""

from __future__ import annotations

import os
from functools import partial
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from moderation.models import Author, Comment, Follower, FollowerKind, FollowerState
from school import db
from school.models import Account, Person, Role
from tests.bench.filling import Filling
from tests.bench.timing import Timer
from tests.moderation.platform import ScriptedPlatform, comment
from tests.moderation.scenes import Clock, flagged
from tests.web.conftest import Browser, app, practice

__all__ = ["app", "practice"]

FEW = 10_000
MANY = int(os.environ.get("BENCH_STORED", "1000000"))
PAGES = (
    "/moderation", "/moderation/news", "/moderation/done", "/log", "/followers", "/log?state=open",
    "/log?author=person", "/reports/charts",
)  # fmt: skip
TIMES = 15


@pytest.fixture
def account_id(make_account: object) -> UUID:
    """A page of the school on Facebook."""
    made: Account = make_account("facebook")  # type: ignore[operator]
    return made.id


def first_rows(account_id: UUID) -> None:
    """One flagged comment, one that is clear, and one follower, by the product's own hand."""
    platform = ScriptedPlatform()
    flagged(account_id, platform, Clock(), comment(1, "You idiot"), comment(2, "Lovely"))
    with db.transaction() as session:
        author = session.scalars(sa.select(Author).limit(1)).one()
        session.add(
            Follower(
                account_id=account_id, author_id=author.id, kind=FollowerKind.FOLLOWER,
                state=FollowerState.WAITING, version=1, first_seen_at=db.now(), last_seen_at=db.now(),
                waiting_since=db.now(), why_waiting="New", name_vetted="Filled", bio_vetted="", scored=True,
                model_name="", scores={}, reasons=[], severity=0.1,
            )
        )  # fmt: skip


def _settle(database: str) -> None:
    """What PostgreSQL does by itself after a million new rows it has done long ago in a real school."""
    if database.startswith("postgresql"):
        with db.engine_for(database).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
            connection.exec_driver_sql("CHECKPOINT")


def _times(browser: Browser, timer: Timer) -> dict[str, float]:
    """Milliseconds for each page: the quickest of some, since others use the machine too."""
    found = {}
    for page in PAGES:
        answer = browser.get(page)
        assert answer.status_code == 200, answer.text[:500]
        found[page] = min(timer.of(partial(browser.get, page)) for _ in range(TIMES))
    return found


def test_pages_with_many_comments(
    app: Flask, database: str, account_id: UUID, school_people: dict[Role, Person]
) -> None:
    """The goal: with a million no more than twice the time."""
    first_rows(account_id)
    browser = Browser(app.test_client())
    browser.sign_in(school_people[Role.SLT].email)
    timer, found = Timer(db.engine_for(database)), []
    for size in (FEW, MANY):
        with db.transaction() as session:
            stored = session.scalar(sa.select(sa.func.count()).select_from(Comment)) or 0
            Filling(session, after=stored).fill(size)
        _settle(database)
        found.append(_times(browser, timer))
    few, many = found
    kind = database.partition(":")[0]
    print(f"\n{kind}, milliseconds of processor with {FEW} and with {MANY} more comments:")
    for page in PAGES:
        print(f"{page:20} {few[page]:7.1f} {many[page]:7.1f}   {many[page] / few[page]:.2f} times")
