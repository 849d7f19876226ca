"""The people, pupils and accounts that drafts are written with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from approvals.models import Publication
from connectors.base import Platform
from connectors.practice.servers import PracticePlatforms
from school import db
from school.models import Account, Person, Pupil, Role
from school.settings import settings
from tests.approvals import scenes
from web.app import create_app


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


@pytest.fixture
def platforms() -> Iterator[PracticePlatforms]:
    """Both practice servers on loopback, with nobody in them."""
    with PracticePlatforms(None, pace=None, earlier_life=False) as running:
        yield running


@pytest.fixture
def pages(database: str, school_people: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The product's own pages on loopback: Instagram fetches its pictures there."""
    app = create_app(None)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    monkeypatch.setenv("SCHOOLGATE_PUBLIC_URL", f"http://127.0.0.1:{server.port}")
    settings.cache_clear()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield settings().effective_public_url
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def publication(
    request: pytest.FixtureRequest,
    session: Session,
    pages: str,
    platforms: PracticePlatforms,
    teacher: Person,
    head: Person,
    make_account: Callable[..., Account],
    now: datetime,
) -> Publication:
    """A post with a picture and a link, approved; on the platform of the test's parameter."""
    account = scenes.connected(Platform(request.param), platforms, make_account)
    media = scenes.add_picture(session, teacher, now)
    _draft, [made] = scenes.approved(
        session,
        teacher,
        head,
        now - timedelta(hours=1),
        account,
        at=now,
        text="The summer fair 🎪 is on Saturday.\n\nBring “friends”!",
        pictures=(scenes.choice(media),),
        link="https://example.sch.uk/fair?a=1&b=2",
    )
    # An open transaction of the test's own would keep the worker's waiting on SQLite.
    session.commit()
    return made
