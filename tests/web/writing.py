"""Writing, handing in and deciding through the pages, and looking at what the database holds then."""

from __future__ import annotations

import io
from datetime import datetime
from email.message import EmailMessage
from typing import Any

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from approvals.models import Criterion, Draft
from school import db
from school.models import Account
from school.setup import PRACTICE_PIN
from school.times import LONDON
from tests.approvals import scenes
from tests.web.conftest import Browser


def fields(*accounts: Account, at: datetime, **more: object) -> dict[str, object]:
    """A form filled in completely."""
    local = at.astimezone(LONDON)
    values: dict[str, object] = {
        "text": "The summer fair is on Saturday at noon.",
        "account": [str(account.id) for account in accounts],
        "planned_date": f"{local:%Y-%m-%d}",
        "planned_time": f"{local:%H:%M}",
        "objective": "reminder",
        "checklist": [criterion.value for criterion in Criterion],
        "none_shown": "yes",
        "device": "School tablet 4",
        "do": "submit",
    }
    return {**values, **more}


def write(browser: Browser, *accounts: Account, at: datetime, **more: object) -> str:
    """Write a draft through the form; the path of its page."""
    answer = browser.post("/drafts/new", "/drafts/new", **fields(*accounts, at=at, **more))
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


def rows(query: sa.Select[Any]) -> list[Any]:
    """What the database holds now. On SQLite an open session of the test's would keep the pages waiting."""
    with db.reading() as looking:
        return list(looking.scalars(query))


def count(table: type[db.Base]) -> int:
    return int(rows(sa.select(sa.func.count()).select_from(table))[0])


def only_draft() -> Draft:
    [draft] = rows(sa.select(Draft))
    assert isinstance(draft, Draft)
    return draft


def mails(purpose: str) -> list[EmailMessage]:
    with db.reading() as looking:
        return scenes.mails(looking, purpose)


def mailed_token() -> str:
    return scenes.token_in(mails("approval_request")[-1])


def decide(app: Flask, token: str, **more: object) -> TestResponse:
    visitor = Browser(app.test_client())
    page = f"/approve/{token}"
    answer = visitor.post(page, page, **{"decision": "approve", "pin": PRACTICE_PIN, **more})
    return visitor.get(answer.headers["Location"]) if answer.status_code == 303 else answer


def upload(browser: Browser, path: str, data: bytes, name: str, **more: object) -> TestResponse:
    token = browser.token(path)
    return browser.client.post(
        path,
        data={"csrf_token": token, "new_pictures": (io.BytesIO(data), name), **more},
        content_type="multipart/form-data",
    )
