"""Withdrawing consent while somebody edits or publishes a post that shows the pupil (P25)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from approvals import drafts, takedowns
from approvals.models import Takedown
from school.models import Account, AuditEntry, Consent, Person, Pupil, Role
from tests.approvals.test_closing_beside_others import beside
from tests.approvals.test_takedowns import published, withdraw
from tests.web.conftest import Browser, app, practice

__all__ = ["app", "practice"]

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@pytest.fixture
def officer(app: Flask, school_people: dict[Role, Person]) -> Browser:
    browser = Browser(app.test_client())
    browser.sign_in(school_people[Role.DPO].email)
    return browser


@pytest.mark.parametrize("everything", [False, True])
def test_p25_a_withdrawal_and_whoever_edits_never_wait_for_each_other(
    database: str,
    session: Session,
    officer: Browser,
    teacher: Person,
    head: Person,
    x: Account,
    rosa: Pupil,
    now: datetime,
    everything: bool,
) -> None:
    """Both take the post and then the trail."""
    post = published(session, teacher, head, x, rosa, now)
    given = session.scalar(sa.select(Consent.id).where(Consent.pupil_id == rosa.id).limit(1))
    page = f"/consent/{rosa.id}"
    address = f"{page}/withdraw" if everything else f"{page}/{given}/withdraw"
    with beside(database, lambda other: drafts.locked(other, post.draft_id)):
        assert officer.post(address, page, reason="Letter of today").status_code == 302
    session.expire_all()
    assert session.scalar(sa.select(sa.func.count()).where(AuditEntry.action == "noted")) == 1
    assert session.scalars(sa.select(Takedown.publication_id)).all() == [post.id]


def test_p25_opening_several_takedowns_takes_every_post_before_the_trail(
    database: str,
    session: Session,
    school_people: dict[Role, Person],
    teacher: Person,
    head: Person,
    x: Account,
    facebook: Account,
    rosa: Pupil,
    now: datetime,
) -> None:
    """The worker's own look: it holds no post while another that it needs is held by who needs the trail."""
    posts = [
        published(session, teacher, head, account, rosa, now, post_id=uuid4().hex[:12])
        for account in (x, facebook)
    ]
    withdraw(session, rosa, school_people[Role.DPO], now)
    session.commit()
    last = max(post.draft_id for post in posts)
    with beside(database, lambda other: drafts.locked(other, last)):
        opened = takedowns.open_for_withdrawn_consent(session, now=now + timedelta(minutes=1))
        session.commit()
    assert {one.publication_id for one in opened} == {post.id for post in posts}
