"""Nothing goes out before an account's go-live day, nor after its closing (P8)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import closing as stopping_posts
from approvals import drafts, publishing
from approvals.checks import DraftRefused
from approvals.models import Draft
from approvals.states import DraftState, PublicationState
from school import closing, register
from school.models import Account, AccountState, DataFate, OutboxEmail, Person, Role
from school.times import today
from tests.approvals import scenes

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def goes_live(session: Session, account: Account, day: datetime) -> None:
    entry = register.of(session, account.id)
    assert entry is not None
    entry.go_live_on = today(day)
    session.commit()


def test_p8_a_post_planned_before_the_go_live_day_is_refused_on_handing_in(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime, later: datetime
) -> None:
    goes_live(session, x, later + timedelta(days=1))
    with pytest.raises(DraftRefused, match="goes live on"):
        scenes.approved(session, teacher, head, now, x, at=later)
    session.rollback()
    goes_live(session, x, later)
    _draft, [made] = scenes.approved(session, teacher, head, now, x, at=later)
    assert made.state is PublicationState.SCHEDULED


def test_p8_what_was_approved_before_is_held_if_the_account_is_not_live_at_its_time(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime, later: datetime
) -> None:
    _draft, [made] = scenes.approved(session, teacher, head, now, x, at=later)
    goes_live(session, x, later + timedelta(days=1))
    assert publishing.claim(session, made.id, now=later) is None
    assert made.state is PublicationState.HELD and "goes live on" in (made.problem or "")


def test_p8_what_a_closing_left_standing_is_held_for_a_person(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime, later: datetime
) -> None:
    """Such as a post that was being sent at that moment, and is tried again."""
    _draft, [made] = scenes.approved(session, teacher, head, now, x, at=later)
    x.state = AccountState.CLOSED
    session.commit()
    assert publishing.claim(session, made.id, now=later) is None
    assert made.state is PublicationState.HELD and "was closed" in (made.problem or "")


def test_p8_closing_stops_what_is_scheduled_and_tells_the_authors(
    session: Session,
    school_people: dict[Role, Person],
    teacher: Person,
    head: Person,
    x: Account,
    facebook: Account,
    now: datetime,
    later: datetime,
) -> None:
    _draft, both = scenes.approved(session, teacher, head, now, x, facebook, at=later)
    of = {made.account_id: made for made in both}
    waiting = drafts.save(session, None, scenes.content(x, at=later), by=teacher, now=now)
    scenes.submit(session, waiting, teacher, now)
    session.commit()
    closing.close(session, x, reason="Nobody reads it.", data_fate=DataFate.KEEP, by=head, now=now)
    assert stopping_posts.stop_for(session, x, reason="Nobody reads it.", by=head, now=now) == 2
    session.commit()
    assert of[x.id].state is PublicationState.CANCELLED
    assert "Nobody reads it." in (of[x.id].problem or "")
    assert of[facebook.id].state is PublicationState.SCHEDULED
    assert session.get_one(Draft, waiting.id).state is DraftState.DRAFT
    mails = session.scalars(sa.select(OutboxEmail).where(OutboxEmail.purpose == "account_closed")).all()
    assert [mail.to_address for mail in mails] == [teacher.email] * 2
    assert publishing.due(session, now=later, account_id=x.id) == []
