"""Answers of a platform that means harm, over HTTP, through each connector: text or a known error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import Connector, PostContent
from connectors.errors import ConnectorError
from tests.connectors.scripted import Reply, Scripted, Steps, facebook_at, instagram_at, x_at

NOON = datetime(2027, 6, 3, 12, tzinfo=UTC)
LONG = "\U0001f469\u200d\U0001f467<script>" * 250_000
"""10 MB of one comment, more than a connector reads."""
ODD = "\ud83d half \x00 zero \u202egnp.exe \r\nSet-Cookie: a=b <img onerror=x> {{7*7}} '; DROP TABLE people;"


def _listed(text: object) -> object:
    """As each platform would list what people wrote, with this where words and names are."""
    who = {"id": "5", "name": text, "username": text, "profile_image_url": text, "description": text}
    item = {
        "id": "77",
        "text": text,
        "message": text,
        "caption": text,
        "from": who,
        "author_id": "5",
        "username": text,
        "created_at": "2027-06-03T08:00:00.000Z",
        "created_time": "2027-06-03T08:00:00+0000",
        "timestamp": "2027-06-03T08:00:00+0000",
        "permalink_url": "javascript:alert(1)",
        "permalink": "javascript:alert(1)",
        "conversation_id": "9",
    }
    return {"data": [item], "includes": {"users": [who]}, "meta": {}, "paging": {}}


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


ANSWERS = {
    "nested lists": b"[" * 200_000,
    "nested objects": b'{"data":' * 100_000,
    "nested comments": b'{"data":[' + b'{"replies":{"data":[' * 20_000,
    "a number without end": b'{"data":[{"id":' + b"9" * 100_000 + b"}]}",
    "no numbers": b'{"data":[{"id":NaN,"text":Infinity,"created_time":-Infinity}]}',
    "no list": _json({"data": {"data": {"id": 1}}, "includes": [], "meta": [], "paging": "next"}),
    "a text": b'"data"',
    "nothing": b"",
    "no text": _json(_listed({"a": [None, 1e308]})),
    "odd text": _json(_listed(ODD)),
    "no UTF-8": b'{"data":[{"id":"7","text":"\xff\xfe\xc0\x80"}]}',
    "UTF-16": _json(_listed("x")).decode().encode("utf-16"),
    "a page": b"<html><script>alert(1)</script>",
}


def _asked(connector: Connector) -> Iterator[Callable[[], Any]]:
    """What a poll, a vetting and a publication ask of a platform."""
    yield lambda: connector.probe()
    yield lambda: connector.fetch_comments(post_platform_id="9", since=None, cursor=None)
    yield lambda: connector.recent_posts(since=NOON)
    yield lambda: connector.vanished(["77"])
    yield lambda: connector.followers(cursor=None)
    yield lambda: connector.follow_requests(cursor=None)
    yield lambda: connector.publish(PostContent("Sports day is on Friday."), steps=Steps())
    yield lambda: connector.reply("77", "Thank you")
    yield lambda: connector.find_reply("77", "Thank you", since=NOON)
    yield lambda: connector.set_hidden("77", True)
    yield lambda: connector.block("5")
    yield lambda: connector.delete_post("9")


@pytest.mark.parametrize("make", [x_at, facebook_at, instagram_at])
def test_whatever_a_platform_answers_is_text_or_an_error_that_is_known(
    make: Callable[[str], Connector], server: Scripted
) -> None:
    """No other exception, no half character, no address that runs: callers know `connectors.errors` alone."""
    connector = make(server.url)
    for name, body in ANSWERS.items():
        for status in (200, 400):
            server.answers(Reply(status, body, {"content-type": "application/json"}))
            for ask in _asked(connector):
                try:
                    said = repr(ask())
                except ConnectorError as error:
                    said = str(error)
                    assert len(said) < 2000, name
                said.encode()
                assert "\x00" not in said and "\\x00" not in said and "\\ud83d " not in said, name
                assert "javascript:" not in said, name
    server.answers(Reply(200, _json(_listed(LONG)), {"content-type": "application/json"}))
    with pytest.raises(ConnectorError, match="too large"):
        connector.fetch_comments(post_platform_id="9", since=None, cursor=None)
