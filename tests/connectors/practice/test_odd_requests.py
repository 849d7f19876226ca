"""Whatever is sent, the practice platforms answer as platforms do, never with an error of their own."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from connectors.practice.servers import PracticePlatforms
from tests.connectors.practice.conftest import Redirected

ODD_TWEETS: list[Any] = [
    [],
    "text",
    5,
    None,
    {"text": None},
    {"text": 5},
    {"text": "\ud800 half"},
    {"text": "a\x00b"},
    {"text": " "},
    {"text": "x", "media": []},
    {"text": "x", "media": {"media_ids": "12"}},
    {"text": "x", "media": {"media_ids": [{}]}},
    {"text": "x", "media": {"media_ids": ["1", "2", "3", "4", "5"]}},
    {"text": "x", "reply": []},
    {"text": "x", "reply": {"in_reply_to_tweet_id": 5}},
    {"text": "x", "reply": {"in_reply_to_tweet_id": "9" * 40}},
    {"text": "x", "reply": {}},
    {"text": "x", "quote_tweet_id": "1"},
    {"text": "x", "colour": "red"},
    {"text": "x", "edit_options": {"previous_post_id": "1"}},
]


@pytest.mark.parametrize("body", ODD_TWEETS, ids=range(len(ODD_TWEETS)))
def test_odd_posts_to_x(session: Redirected, signature: Any, platforms: PracticePlatforms, body: Any) -> None:
    answer = session.post("https://api.x.com/2/tweets", json=body, auth=signature)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert platforms.world.posts("x") == []


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("GET", "/2/users/1/mentions", {}),
        ("GET", "/2/users/me/mentions?max_results=٣", {}),
        ("GET", "/2/tweets?ids=", {}),
        ("GET", "/2/tweets?ids=" + ",".join("1" * 101), {}),
        ("GET", "/2/tweets/99999999999999999999", {}),
        ("GET", "/2/tweets/search/recent?query=", {}),
        ("GET", "/2/tweets/search/recent?query=((a", {}),
        ("GET", "/2/tweets/search/recent?query=" + "(" * 3000, {}),
        ("GET", "/2/tweets/search/recent?query=a&start_time=yesterday", {}),
        ("GET", "/2/tweets/search/recent?query=a&start_time=2001-01-01T00:00:00Z", {}),
        ("GET", "/2/tweets/search/recent?query=a&tweet.fields=colour", {}),
        ("PUT", "/2/tweets/1/hidden", {"json": {"hidden": "yes"}}),
        ("PUT", "/2/tweets/1/hidden", {"data": b"\xff\xfe", "headers": {"Content-Type": "application/json"}}),
        ("POST", "/2/media/upload", {"json": {"media": "aaaa"}}),
        (
            "POST",
            "/2/media/upload",
            {"files": {"media": ("a.jpg", b"none")}, "data": {"media_category": "tweet_image"}},
        ),
        (
            "POST",
            "/2/media/upload",
            {"files": {"media": ("a.jpg", b"none")}, "data": {"media_category": "odd"}},
        ),
        ("POST", "/2/media/metadata", {"json": {"id": "1", "metadata": {"alt_text": "flat"}}}),
        ("POST", "/2/media/metadata", {"json": {"id": "1", "metadata": {"alt_text": {"text": "x" * 1001}}}}),
        ("POST", "/2/media/metadata", {"json": {"id": "1", "metadata": {"alt_text": {"text": "x"}}}}),
        ("PATCH", "/2/tweets", {}),
        ("GET", "/2/nothing", {}),
        ("GET", "/1.1/nothing.json", {}),
        ("GET", "/1.1/friendships/incoming.json?cursor=abc", {}),
    ],
)
def test_other_odd_requests_to_x(
    session: Redirected, signature: Any, method: str, path: str, options: dict[str, Any]
) -> None:
    answer = session.request(method, f"https://api.x.com{path}", auth=signature, **options)
    assert 400 <= answer.status_code < 500
    assert isinstance(answer.json(), dict)


@pytest.mark.parametrize(
    ("method", "path", "data"),
    [
        ("GET", "PAGE?fields=,", {}),
        ("GET", "PAGE?fields=" + "a{" * 40, {}),
        ("GET", "PAGE/comments", {}),
        ("GET", "PAGE/published_posts?after=%%%", {}),
        ("GET", "PAGE/published_posts?limit=-1", {}),
        ("GET", "PAGE/published_posts?since=soon", {}),
        ("GET", "PAGE/published_posts?since=99999999999999999999", {}),
        ("GET", "PAGE/posts/more/still", {}),
        ("GET", "1234567", {}),
        ("DELETE", "1234567", {}),
        ("POST", "1234567", {"message": "x"}),
        ("POST", "PAGE/feed", {}),
        ("POST", "PAGE/feed", {"message": "x", "published": "false"}),
        ("POST", "PAGE/feed", {"message": "x", "link": "javascript:alert(1)"}),
        ("POST", "PAGE/feed", {"message": "x", "attached_media": "not json"}),
        ("POST", "PAGE/feed", {"message": "x", "attached_media": "[5]"}),
        ("POST", "PAGE/feed", {"message": "x" * 70_000}),
        ("POST", "PAGE/photos", {"url": "http://example.org/a.jpg"}),
        ("POST", "PAGE/photos", {}),
        ("POST", "PAGE/blocked", {}),
        ("POST", "PAGE/blocked", {"user": '{"a": 1}'}),
        ("DELETE", "PAGE/blocked", {}),
        ("POST", "ACCOUNT/media", {}),
        ("POST", "ACCOUNT/media", {"image_url": "file:///etc/passwd"}),
        ("POST", "ACCOUNT/media", {"image_url": "http://127.0.0.1:1/a.jpg"}),
        ("POST", "ACCOUNT/media", {"media_type": "CAROUSEL", "children": "1,2"}),
        ("POST", "ACCOUNT/media", {"media_type": "CAROUSEL", "children": "5"}),
        ("POST", "ACCOUNT/media", {"media_type": "REELS", "video_url": "x"}),
        ("POST", "ACCOUNT/media", {"image_url": "http://127.0.0.1:1/", "caption": "x" * 3000}),
        ("POST", "ACCOUNT/media_publish", {}),
        ("POST", "ACCOUNT/media_publish", {"creation_id": "1"}),
        ("PUT", "PAGE", {}),
    ],
)
def test_odd_requests_to_graph(
    platforms: PracticePlatforms, method: str, path: str, data: dict[str, str]
) -> None:
    world = platforms.world
    path = path.replace("PAGE", world.school("facebook").id).replace("ACCOUNT", world.school("instagram").id)
    answer = requests.request(
        method,
        f"{platforms.graph_url}/v24.0/{path}",
        data=data,
        headers={"Authorization": f"Bearer {world.secrets.page_access_token}"},
        timeout=5,
    )
    assert 400 <= answer.status_code < 500
    assert isinstance(answer.json()["error"]["code"], int)
    assert world.posts("facebook") == world.posts("instagram") == []


def test_pictures_that_are_not_there(platforms: PracticePlatforms) -> None:
    for path in ("x/1.jpg", "nowhere/1.jpg", "facebook/..%2f..%2fetc", "x/"):
        assert requests.get(f"{platforms.x_url}/pictures/{path}", timeout=5).status_code in {401, 404}
