"""The pages in a real app over a real database, and somebody in every role to open them."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from waitress import create_server
from werkzeug.test import TestResponse

from connectors.practice.servers import PracticePlatforms
from school import db
from school.models import Account, Person, Role
from school.setup import PRACTICE_PASSWORD
from tests.moderation.conftest import account_id, platform
from tests.moderation.scenes import PresentClock
from web.app import create_app

__all__ = ["account_id", "platform"]

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """A visitor who keeps cookies and sends forms with the page's own token."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **more: object) -> TestResponse:
        return self.client.get(path, **more)

    def token(self, page: str = "/sign-in") -> str:
        """The token against forged forms, as a page of this session shows it."""
        found = TOKEN.search(self.client.get(page, follow_redirects=True).text)
        assert found, f"{page} shows no form"
        return found[1]

    def post(self, path: str, page: str, **fields: object) -> TestResponse:
        """Send a form to `path` as it stands on `page`."""
        return self.client.post(path, data={"csrf_token": self.token(page), **fields})

    def sign_in(self, email: str, password: str = PRACTICE_PASSWORD, **more: object) -> TestResponse:
        return self.post("/sign-in", "/sign-in", email=email, password=password, **more)


@pytest.fixture
def practice() -> Iterator[PracticePlatforms]:
    """The practice platforms without servers and without a crowd."""
    platforms = PracticePlatforms(None, pace=0, earlier_life=False)
    yield platforms
    platforms.stop()


@pytest.fixture
def app(database: str, school_people: dict[Role, Person], practice: PracticePlatforms) -> Flask:
    """The whole app over the practice school."""
    made = create_app(practice)
    made.config["PROPAGATE_EXCEPTIONS"] = False
    return made


@pytest.fixture
def visitor(app: Flask) -> Browser:
    """Somebody who is not signed in."""
    return Browser(app.test_client())


@pytest.fixture
def signed_in(app: Flask, school_people: dict[Role, Person]) -> Callable[[Role], Browser]:
    """Signs somebody in by their role, through the form."""

    def sign_in(role: Role) -> Browser:
        browser = Browser(app.test_client())
        answer = browser.sign_in(school_people[role].email)
        assert answer.status_code == 302, answer.text
        return browser

    return sign_in


@pytest.fixture
def head(signed_in: Callable[[Role], Browser]) -> Browser:
    """The headteacher, signed in."""
    return signed_in(Role.HEADTEACHER)


@pytest.fixture
def x(make_account: Callable[..., Account]) -> Account:
    return make_account("x")


@pytest.fixture
def teacher(signed_in: Callable[[Role], Browser], x: Account) -> Browser:
    return signed_in(Role.STAFF)


@pytest.fixture
def later() -> datetime:
    return (db.now() + timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The app behind a real server; its address."""
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)


@pytest.fixture
def clock() -> PresentClock:
    """Real time, moved on by the test."""
    return PresentClock()
