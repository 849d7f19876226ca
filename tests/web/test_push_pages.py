"""Turning notices in the browser on and off, on one's own page."""

from __future__ import annotations

import json
import re
from io import BytesIO

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image

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


def test_an_iphone_is_told_to_put_it_on_the_home_screen_first(visitor: Browser, head: Browser) -> None:
    """Phones show notices of an app with a manifest, whose pictures are there in the sizes that it says."""
    assert "An iPhone" not in head.get(PAGE).text
    iphone = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Safari/604.1"}
    assert "An iPhone shows notices only of apps on its Home Screen." in head.get(PAGE, headers=iphone).text
    address = re.search(r'rel="manifest" href="([^"]+)"', visitor.get("/sign-in").text)
    assert address is not None
    manifest = json.loads(visitor.get(address[1]).data)
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/", "/", "standalone")
    for icon in (*manifest["icons"], {"src": "/app-icon-180.png", "sizes": "180x180"}):
        answer = head.get(icon["src"])
        assert "Set-Cookie" not in answer.headers, "a cache may give it to somebody else"
        with Image.open(BytesIO(answer.data)) as picture:
            assert f"{picture.width}x{picture.height}" == icon["sizes"]
    assert visitor.get("/app-icon-5000.png").status_code == 404
