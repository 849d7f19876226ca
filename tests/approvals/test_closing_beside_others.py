"""Closing an account while somebody edits, and while a worker publishes (P8)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from approvals import closing as stopping_posts
from approvals import drafts, publishing
from approvals.models import Draft, Publication
from approvals.states import DraftState, PublicationState
from school import audit, closing, db
from school.models import Account, AuditEntry, DataFate, Person
from tests.approvals import scenes

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

WHY = "Nobody reads it."


@contextmanager
def beside(database: str, work: Callable[[Session], object]) -> Iterator[None]:
    """While `work` was done in another transaction, which notes something in the trail a second later."""
    done = threading.Event()

    def run() -> None:
        with sessionmaker(db.engine_for(database)).begin() as other:
            work(other)
            done.set()
            time.sleep(1)
            audit.record(
                other, by=None, action="noted", object_kind="draft", object_id="beside", now=db.now()
            )

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        assert done.wait(10), running.exception(1)
        yield
        running.result(20)


def close(session: Session, account: Account, head: Person, now: datetime) -> int:
    """As the page does it."""
    stopping_posts.lock_waiting(session, account)
    closing.close(session, account, reason=WHY, data_fate=DataFate.KEEP, by=head, now=now)
    stopped = stopping_posts.stop_for(session, account, reason=WHY, by=head, now=now)
    session.commit()
    return stopped


def test_closing_and_whoever_edits_never_wait_for_each_other(
    database: str, session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    """Both take the draft and then the trail."""
    draft, [post] = scenes.approved(session, teacher, head, now, x)
    with beside(database, lambda other: drafts.locked(other, draft.id)):
        assert close(session, x, head, now) == 1
    session.refresh(post)
    assert post.state is PublicationState.CANCELLED
    assert session.scalar(sa.select(sa.func.count()).where(AuditEntry.action == "noted")) == 1


def test_a_post_that_a_worker_took_meanwhile_is_not_called_cancelled(
    database: str, session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    """It may be on the platform by then: what became of it is said when the worker knows."""
    _draft, [post] = scenes.approved(session, teacher, head, now, x)
    assert post.state is PublicationState.SCHEDULED
    with beside(database, lambda other: publishing.claim(other, post.id, now=post.due_at)):
        assert close(session, x, head, now) == 0
    session.refresh(post)
    assert post.state is PublicationState.PUBLISHING and post.lease_id is not None


def test_a_draft_that_was_taken_back_meanwhile_is_not_given_back_again(
    database: str, session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    """Nor is it counted among what was stopped, and its author gets no mail of it."""
    draft = drafts.save(session, None, scenes.content(x, at=now + timedelta(hours=1)), by=teacher, now=now)
    session.commit()
    scenes.submit(session, draft, teacher, now)
    session.commit()

    def take_back(other: Session) -> None:
        mine = drafts.locked(other, draft.id)
        assert mine.state is DraftState.SUBMITTED
        mine.state = DraftState.DRAFT

    with beside(database, take_back):
        assert close(session, x, head, now) == 0
    session.expire_all()
    assert session.get_one(Draft, draft.id).state is DraftState.DRAFT
    assert not session.scalars(sa.select(Publication)).all()
