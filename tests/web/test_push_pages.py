"""Turning notices in the browser on and off, on one's own page."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from flask import Flask

from school.models import PushSilence, PushSubscription
from tests.school.test_push import Browser as Device
from tests.web.conftest import Browser
from tests.web.writing import rows

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PAGE = "/me/notifications"


def test_a_person_turns_notices_on_chooses_of_what_and_removes_the_browser(
    app: Flask, head: Browser, teacher: Browser
) -> None:
    assert "Notices in the browser need scripts" in head.get(PAGE).text
    told = head.post(f"{PAGE}/push/key", PAGE).json
    assert told == head.post(f"{PAGE}/push/key", PAGE).json, "the key is made once"
    device = Device("https://updates.push.services.mozilla.com/wpush/v2")
    for said, words in (
        (device.said, "This browser shows notices now."),
        (Device("https://10.0.0.1").said, "a service that Schoolgate doesn’t know"),
        (json.dumps({"endpoint": "x"}), "answer can’t be read"),
        ("", "answer can’t be read"),
    ):
        assert head.post(f"{PAGE}/push", PAGE, subscription=said).status_code == 302
        assert words in head.get(PAGE).text
    [row] = rows(sa.select(PushSubscription))
    assert "Of what" in head.get(PAGE).text
    head.post(f"{PAGE}/push/kinds", PAGE, kind=["threats"])
    assert "threats" not in set(rows(sa.select(PushSilence.kind)))
    assert "decisions" in set(rows(sa.select(PushSilence.kind)))
    assert teacher.post(f"{PAGE}/push/{row.id}/remove", PAGE).status_code == 404
    assert "Of what" not in teacher.get(PAGE).text
    head.post(f"{PAGE}/push/{row.id}/remove", PAGE)
    assert rows(sa.select(PushSubscription)) == []


def test_what_shows_notices_keeps_no_page_and_asks_nobody(visitor: Browser) -> None:
    answer = visitor.get("/push-worker.js")
    assert answer.content_type.startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    for absent in ("fetch", "caches", "importScripts", "http://", "https://"):
        assert absent not in answer.text
