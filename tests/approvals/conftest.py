"""The people, pupils and accounts that drafts are written with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from school import db
from school.models import Account, Person, Pupil, Role
from tests.approvals import scenes


@pytest.fixture
def now() -> datetime:
    """The test's present, a whole minute."""
    return db.now().replace(second=0, microsecond=0)


@pytest.fixture
def later(now: datetime) -> datetime:
    """A planned time: the day after tomorrow, at an hour that no clock change touches."""
    return (now + timedelta(days=2)).replace(hour=12, minute=0)


@pytest.fixture
def teacher(school_people: dict[Role, Person]) -> Person:
    return school_people[Role.STAFF]


@pytest.fixture
def head(school_people: dict[Role, Person]) -> Person:
    return school_people[Role.HEADTEACHER]


@pytest.fixture
def x(make_account: Callable[..., Account]) -> Account:
    return make_account("x")


@pytest.fixture
def facebook(make_account: Callable[..., Account]) -> Account:
    return make_account("facebook", handle="Larkfield Primary")


@pytest.fixture
def instagram(make_account: Callable[..., Account]) -> Account:
    return make_account("instagram", handle="larkfield.primary")


@pytest.fixture
def rosa(session: Session, school_people: dict[Role, Person], now: datetime) -> Pupil:
    """A pupil with consent for pictures."""
    return scenes.make_pupil(session, school_people[Role.DPO], "Rosa Ainsworth", consented=True, now=now)


@pytest.fixture
def tobias(session: Session, school_people: dict[Role, Person], now: datetime) -> Pupil:
    """A pupil without any."""
    return scenes.make_pupil(session, school_people[Role.DPO], "Tobias Fairclough", consented=False, now=now)
