"""Whatever a platform sends, the mapping takes it without an error and without harm."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import graph_mapping, x_mapping
from connectors.base import RemoteAuthor, RemoteComment, RemotePost
from connectors.exchange import Call, Effect
from connectors.graph_errors import failure_of as graph_failure
from connectors.graph_errors import usage_of
from connectors.posting import same_text
from connectors.untrusted import count, web_address, when
from connectors.x_session import failure_of as x_failure

_NAMES = """data includes users tweets posts media meta errors error code error_subcode type detail message
id text author_id conversation_id referenced_tweets edit_history_tweet_ids entities urls url expanded_url
media_key attachments media_keys note_tweet created_at name username public_metrics from parent created_time
permalink_url attachment replies timestamp hidden paging cursors after next caption"""
NAMES = st.sampled_from(re.split(r"\s+", _NAMES))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(
        ["17", "2026-03-01T10:00:00Z", "https://a.example/", "replied_to", "retweeted", "9" * 400]
    )
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=25,
)
OBJECTS = st.dictionaries(NAMES, JSON, max_size=8)


def storable(thing: RemoteComment | RemotePost | RemoteAuthor) -> None:
    for name in ("text", "platform_id", "url", "display_name", "handle", "bio", "parent_platform_id"):
        value = getattr(thing, name, "")
        value.encode()
        assert "\x00" not in value
    assert not getattr(thing, "url", "").startswith("javascript")


@given(OBJECTS)
def test_x_mapping_takes_anything(answer: dict[str, Any]) -> None:
    for comment in x_mapping.comments_of(answer, own_id="1", conversation="2"):
        storable(comment)
        storable(comment.author)
        assert comment.created_at.tzinfo is UTC
        assert comment.platform_id
    storable(x_mapping.post_of(answer, ""))
    storable(x_mapping.author_of(answer))
    x_mapping.next_token(answer)


@given(OBJECTS)
def test_graph_mapping_takes_anything(item: dict[str, Any]) -> None:
    for comment in (
        graph_mapping.facebook_comment(item, post="1"),
        graph_mapping.instagram_comment(item, media="1"),
    ):
        storable(comment)
        storable(comment.author)
        assert comment.created_at.tzinfo is UTC
        assert comment.platform_id
    storable(graph_mapping.facebook_post(item))
    storable(graph_mapping.instagram_post(item))


@given(
    JSON,
    st.integers(100, 599),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5)),
    st.binary(max_size=50),
)
def test_any_answer_has_a_meaning(answer: object, status: int, headers: dict[str, str], body: bytes) -> None:
    for effect in Effect:
        call = Call("publish", effect)
        graph_failure(call, "Facebook", status, headers, answer)
        found = x_failure(call, status, headers, body)
        assert found is None or (found.detail and found.detail.isascii())
        assert found is not None or 200 <= status < 300


@given(st.text(max_size=40))
def test_any_usage_header_is_read(value: str) -> None:
    left, _ = usage_of({"x-business-use-case-usage": value, "x-app-usage": value})
    assert left is None or 0 <= left <= 100


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2021-01-06T18:40:40.000Z", datetime(2021, 1, 6, 18, 40, 40, tzinfo=UTC)),
        ("2013-12-14T04:35:55Z", datetime(2013, 12, 14, 4, 35, 55, tzinfo=UTC)),
        ("2021-07-21T21:05:14+0000", datetime(2021, 7, 21, 21, 5, 14, tzinfo=UTC)),
        ("2021-07-21T22:05:14+0100", datetime(2021, 7, 21, 21, 5, 14, tzinfo=UTC)),
        (1626901514, datetime(2021, 7, 21, 21, 5, 14, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        (10**30, None),
        ("0001-01-01T00:00:00+2300", None),
        (True, None),
        (None, None),
    ],
)
def test_times_in_every_form(value: object, moment: datetime | None) -> None:
    assert when(value) == moment


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", "//evil.example", "data:text/html,x", "https://[", 5, None, ""]
)
def test_only_web_addresses_become_links(value: object) -> None:
    assert web_address(value) == ""


def test_texts_are_the_same_after_what_platforms_do_to_them() -> None:
    assert same_text("@ann @bob Thank  you\ne\u0301", "Thank you é")
    assert not same_text("Thank you", "Thank you all")
    assert same_text("@ann hello", "@ann hello")


@pytest.mark.parametrize("value", [2**31, 10**30, -1, True, 1.5, "7", None])
def test_a_number_that_no_table_takes_is_none(value: object) -> None:
    assert count(value) is None and count(2**31 - 1) == 2**31 - 1
