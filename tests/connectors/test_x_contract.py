"""Every request of the X connector against X's own description, and every recorded answer through it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest

from connectors import x_mapping as mapping
from connectors.base import Picture, PostContent, RemoteAuthor
from connectors.x import XConnector
from tests.connectors.contracts import CONTRACTS, Recorded, needed, recorded_by_x
from tests.connectors.scripted import OWN_X_ID, Received, Reply, Scripted, Steps, answer, x_at

# openapi-core can't check OAuth 2.0, which is another way in than ours.
pytestmark = pytest.mark.filterwarnings("ignore:Unsupported scheme type")

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.fixture(scope="module")
def description() -> OpenAPI:
    spec = json.loads(needed("x-openapi.json").read_text())
    # openapi-core knows basic and bearer; what OAuth 1.0a signs is proved in test_x.py.
    spec["components"]["securitySchemes"]["UserToken"] = {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
    }
    return OpenAPI.from_dict(spec)


def as_described(request: Received) -> MockRequest:
    return MockRequest(
        "https://api.x.com",
        request.method.lower(),
        request.path,
        args=request.query,
        headers=dict(request.headers),
        data=request.body or None,
        content_type=request.headers.get("content-type", ""),
    )


def plausible(request: Received) -> Reply:
    """Answers that let every operation go through all its requests."""
    path = request.path
    if path == "/2/media/upload":
        return answer({"data": {"id": "1880028106020515840", "media_key": "3_1880028106020515840"}})
    if path == "/2/tweets" and request.method == "POST":
        return answer({"data": {"id": "1900000000000000001", "text": "t"}}, 201)
    if path == "/2/users/me":
        return answer({"data": {"id": OWN_X_ID, "name": "Our school", "username": "ourschool"}})
    if path.endswith(("/mentions", "/search/recent")) and "next_token" not in request.query:
        token = {} if "pagination_token" in request.query else {"next_token": "7140dibdnow9c7btw4"}
        post = {
            "id": "1900000000000000002",
            "text": "t",
            "author_id": "9",
            "conversation_id": "1800000000000000000",
        }
        return answer({"data": [post], "meta": {"result_count": 1} | token})
    if path.endswith("/hidden"):
        return answer({"data": {"hidden": request.json["hidden"]}})
    if path == "/1.1/friendships/incoming.json":
        return answer({"ids": ["9", "10"], "next_cursor_str": "0"})
    return answer({"data": None, "meta": {"result_count": 0}})


def read_all(x: XConnector, stream: str | None, since: str | None) -> None:
    cursor: str | None = None
    while True:
        page = x.fetch_comments(post_platform_id=stream, since=since, cursor=cursor)
        cursor = page.cursor
        if cursor is None:
            return


def fresh_id() -> str:
    return str(int((datetime.now(UTC) - timedelta(hours=1)).timestamp() * 1000 - 1288834974657) << 22)


OPERATIONS: dict[str, Callable[[XConnector], Any]] = {
    "probe": lambda x: x.probe(),
    "publish": lambda x: x.publish(
        PostContent("Sports day", link="https://school.example/day"), steps=Steps()
    ),
    "publish_pictures": lambda x: x.publish(
        PostContent(
            "Sports day", (Picture(PNG, "image/png", "Children run."), Picture(PNG, "image/png", ""))
        ),
        steps=Steps(),
    ),
    "reply": lambda x: x.reply("1900000000000000002", "Thank you."),
    "delete_post": lambda x: x.delete_post("1900000000000000002"),
    "recent_posts": lambda x: x.recent_posts(since=SINCE),
    "find_reply": lambda x: x.find_reply("1900000000000000002", "Thank you.", since=SINCE),
    "mentions": lambda x: read_all(x, None, None),
    "mentions_since": lambda x: read_all(x, None, "1900000000000000000"),
    "conversation": lambda x: read_all(x, fresh_id(), None),
    "conversation_since": lambda x: read_all(x, fresh_id(), fresh_id()),
    "conversation_too_old": lambda x: read_all(x, "1800000000000000000", "1800000000000000001"),
    "vanished": lambda x: x.vanished(["1900000000000000002", "17"]),
    "hide": lambda x: x.set_hidden("1900000000000000002", True),
    "unhide": lambda x: x.set_hidden("1900000000000000002", False),
    "mute": lambda x: x.mute("9"),
    "unmute": lambda x: x.unmute("9"),
    "followers": lambda x: x.followers(cursor=None),
    "followers_on": lambda x: x.followers(cursor="7140dibdnow9c7btw4"),
    "follow_requests": lambda x: x.follow_requests(cursor=None),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_request_is_as_x_describes_it(server: Scripted, description: OpenAPI, operation: str) -> None:
    server.script = plausible
    x = x_at(server.url, x_follow_requests=True)
    OPERATIONS[operation](x)
    checked = [request for request in server.received if not request.path.startswith("/1.1/")]
    assert checked
    for request in checked:
        description.validate_request(as_described(request))
        assert request.headers["authorization"].startswith("OAuth oauth_nonce=")


def test_the_description_would_notice_a_wrong_request(server: Scripted, description: OpenAPI) -> None:
    server.script = plausible
    x = x_at(server.url)
    x.fetch_comments(post_platform_id=None, since=None, cursor=None)
    (request, *_) = server.received
    wrong = Received(
        request.method, request.target.replace("max_results=100", "max_results=1"), request.headers, b""
    )
    with pytest.raises(Exception, match="max_results"):
        description.validate_request(as_described(wrong))


RECORDED = [pytest.param(item, id=item.name) for item in recorded_by_x()]
if not RECORDED:
    RECORDED = [pytest.param(None, marks=pytest.mark.skip(reason=f"{CONTRACTS} is not here"), id="absent")]


@pytest.mark.parametrize("item", RECORDED)
def test_every_recorded_answer_of_the_real_x_is_understood(server: Scripted, item: Recorded) -> None:
    server.answers(Reply(item.status, item.body, item.headers))
    x = x_at(server.url)
    path = item.uri.removeprefix("https://api.twitter.com").partition("?")[0]
    data = item.json["data"]
    if path.endswith("/mentions"):
        page = x.fetch_comments(post_platform_id=None, since=None, cursor=None)
        assert [comment.platform_id for comment in page.comments] == [post["id"] for post in data]
        assert all(comment.text and comment.created_at.year == 2022 for comment in page.comments)
        assert page.cursor is not None
    elif path == "/2/tweets/search/recent":
        page = x.fetch_comments(post_platform_id="1578510000000000000", since=None, cursor=None)
        assert [comment.text for comment in page.comments] == [post["text"] for post in data]
    elif path.endswith("/followers"):
        people, cursor = x.followers(cursor=None)
        assert [person.handle for person in people] == [user["username"] for user in data]
        assert all(isinstance(person, RemoteAuthor) and person.platform_id for person in people)
        assert cursor == item.json["meta"].get("next_token")
    elif path.startswith("/2/users/") and path.endswith("/tweets"):
        # The recorded page promises a next one; the same answer for ever must not be followed for ever.
        server.answers(Reply(item.status, item.body, item.headers), answer({"meta": {"result_count": 0}}))
        posts = x.recent_posts(since=datetime(2022, 1, 1, tzinfo=UTC))
        assert [post.platform_id for post in posts] == [post["id"] for post in data]
    elif path.endswith("/hidden"):
        x.set_hidden("1344794616005066752", data["hidden"])
    elif "/muting" in path and item.method == "GET":
        (person,) = [mapping.author_of(user) for user in mapping.items_of(item.json)]
        assert (person.platform_id, person.handle) == ("17874544", "TwitterSupport")
        return
    elif "/muting" in path:
        (x.mute if data["muting"] else x.unmute)("17874544")
    elif path == "/2/tweets":
        post = x.publish(PostContent("Test Tweet"), steps=Steps())
        assert post.platform_id == data["id"]
    elif item.method == "DELETE":
        x.delete_post(path.rsplit("/", 1)[-1])
    else:
        assert path == "/2/tweets/1293593516040269825"
        assert x.vanished([data["id"], "17"]) == {"17"}
    first = x.calls()[0]
    assert first.remaining == int(item.headers["x-rate-limit-remaining"])
    assert first.reset_at is not None
