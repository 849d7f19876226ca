"""What a practice school has from the start, so that its people's first steps can be taken (P6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals.models import Draft, DraftRevision
from approvals.states import DraftState
from school import db, practice_year, school_year
from school.models import Account, OutboxEmail, Person, Role, School
from school.models.school_year import DatesKind
from school.times import LONDON
from web import guide
from worker import first_post

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@SQLITE
def test_the_headteacher_of_a_practice_school_finds_a_post_to_decide_on(
    session: Session, school_people: dict[Role, Person], make_account: Callable[..., Account]
) -> None:
    make_account("x")
    make_account("instagram")
    now = db.now()
    assert first_post.hand_in(now=now) and not first_post.hand_in(now=now)
    [draft] = session.scalars(sa.select(Draft))
    teacher, head = school_people[Role.STAFF], school_people[Role.HEADTEACHER]
    assert draft.author_id == teacher.id and draft.state is DraftState.SUBMITTED
    [mail] = session.scalars(sa.select(OutboxEmail).where(OutboxEmail.purpose == "approval_request"))
    assert mail.to_id == head.id and mail.subject.startswith("Decide: ")
    revision = session.scalars(sa.select(DraftRevision)).one()
    assert revision.planned_at is not None and revision.planned_at - now > timedelta(days=6)
    assert revision.planned_at.astimezone(LONDON).weekday() < 5
    mine = guide.guide(session, teacher, practice=True)
    assert mine is not None and mine.done == 0, "what a practice school does by itself ticks nothing"


@SQLITE
def test_a_real_school_gets_no_post_and_no_dates_of_anybody_elses(
    session: Session, school_people: dict[Role, Person], make_account: Callable[..., Account]
) -> None:
    make_account("x")
    session.scalars(sa.select(School)).one().practice = False
    session.commit()
    assert not first_post.hand_in(now=db.now())
    assert session.scalar(sa.select(Draft.id)) is None


@pytest.mark.parametrize("year", range(2025, 2045))
def test_the_terms_fit_any_school_year(year: int) -> None:
    found = list(practice_year.usual(year))
    terms = [(first, last) for kind, _name, first, last in found if kind is DatesKind.TERM]
    for kind, _name, first, last in found:
        assert first.weekday() < 5 and last.weekday() == 4, (kind, first, last)
        assert 0 < (last - first).days < school_year.LONGEST[kind]
        assert kind is DatesKind.TERM or any(a < first and last < b for a, b in terms)
    assert terms[0][1] < date(year, 12, 25) < terms[1][0] and terms[1][1] < terms[2][0]


@SQLITE
def test_the_terms_are_entered_once_for_this_year_and_the_next(
    session: Session, school_people: dict[Role, Person]
) -> None:
    now = db.now()
    assert practice_year.enter(session, now=now) == 12
    assert practice_year.enter(session, now=now) == 0
    year = school_year.load(session)
    ahead = [year.of(now.date() + timedelta(days=n)).school_day for n in range(300)]
    assert ahead.count(True) > 100
