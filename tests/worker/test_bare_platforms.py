"""Servers that know the documented calls and no more take the platforms' place: setup, adopt, poll, export.

They answer as sparely and as oddly as the formats allow: numbers as ids, no `from`, no paging, no
`includes`, a tier without followers, HTML for what they don't know. Whatever is asked of them
beyond the documents is counted against us.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.scripted import Received, Reply, Scripted, answer
from tests.worker.conftest import HEAD, Done

Here = Callable[..., Done]
NOW = datetime.now(UTC)
ABUSE = "You disgusting idiots, I will find you and kill you"
HTML = Reply(404, b"<html><h1>Not Found</h1></html>", {"content-type": "text/html"})

X_CALLS = (
    r"GET /2/users/me",
    r"GET /2/users/\d+/mentions",
    r"GET /2/users/\d+/tweets",
    r"GET /2/users/\d+/followers",
    r"GET /2/tweets/search/recent",
    r"GET /2/tweets",
)
GRAPH_CALLS = (
    r"GET /v24.0/debug_token",
    r"GET /v24.0/\d+",
    r"GET /v24.0/\d+/published_posts",
    r"GET /v24.0/\d+/(visitor_posts|tagged|tags)",
    r"GET /v24.0/\d+/media",
    r"GET /v24.0/[\d_]+/comments",
)
PAGE, POST = "1122334455", "1122334455_778899"
IG, MEDIA = "17841400000000001", "17900000000000001"


def ago(hours: float, zone: str = "+0000") -> str:
    return f"{NOW - timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}{zone}"


def bare_x(request: Received) -> Reply:
    """X, as an account of few words sees it; ids without time in them."""
    match request.path:
        case "/2/users/me":
            return answer({"data": {"id": "4242", "name": "Elm Road", "username": "elmroad"}})
        case "/2/users/4242/tweets":
            return answer({"data": [{"id": "100", "text": "Sports day", "created_at": ago(5, "Z")}]})
        case "/2/users/4242/mentions":
            if request.query.get("pagination_token") == "more":
                return answer({"data": [{"id": "103", "text": f"@elmroad {ABUSE}"}]})
            first = {"id": 102, "text": "@elmroad Lovely", "author_id": 9, "conversation_id": "100"}
            return answer({"data": [first], "meta": {"next_token": "more"}})
        case "/2/tweets/search/recent":
            nested = {"id": "104", "text": "No name in it. Idiots, all of you!", "conversation_id": "100"}
            return answer({"data": [nested]})
        case "/2/tweets":
            known = {"100", "102", "103", "104"} & set(request.query["ids"].split(","))
            return answer({"data": [{"id": one, "text": "t", "author_id": "4242"} for one in sorted(known)]})
        case "/2/users/4242/followers":
            return answer({"title": "Client Forbidden", "reason": "client-not-enrolled", "status": 403}, 403)
    return HTML


def bare_graph(request: Received) -> Reply:
    """The Graph with a token that may ask for little."""
    path = request.path.removeprefix("/v24.0/")
    refused: dict[str, Any] = {"message": "no", "type": "OAuthException"}
    match path:
        case "debug_token":
            return answer({"error": refused | {"code": 190}}, 400)
        case "1122334455":
            if request.query.get("fields") == "id,name":
                return answer({"id": int(PAGE), "name": "Elm Road"})
            return answer({"error": refused | {"code": 100}}, 400)
        case "17841400000000001":
            return answer({"id": IG, "username": "elmroad"})
        case "1122334455/published_posts":
            return answer({"data": [{"id": POST, "message": "Sports day", "created_time": ago(5)}]})
        case "1122334455/visitor_posts":
            return answer({"error": refused | {"code": 10}}, 400)
        case "1122334455_778899/comments":
            after = request.query.get("after")
            if after is None:
                first = {"id": "778899_1", "message": "Lovely", "created_time": ago(4)}
                return answer({"data": [first], "paging": {"cursors": {"after": "a1"}, "next": "x"}})
            if after == "a1":
                return answer({"data": [], "paging": {"cursors": {"after": "a2"}, "next": "x"}})
            return answer({"data": [{"id": "778899_2", "message": ABUSE, "created_time": ago(3)}]})
        case "17841400000000001/media":
            return answer({"data": [{"id": MEDIA, "caption": "Sports day", "timestamp": ago(5)}]})
        case "17900000000000001/comments":
            spare = {"id": "1785", "text": ABUSE, "timestamp": ago(2), "username": "troll"}
            return answer({"data": [spare, {"id": 1786, "text": "Nice"}]})
    return HTML


@pytest.fixture
def servers() -> Iterator[tuple[Scripted, Scripted]]:
    x, graph = Scripted(), Scripted()
    x.script, graph.script = bare_x, bare_graph
    yield x, graph
    x.close()
    graph.close()


CREDENTIALS: dict[str, dict[str, str]] = {
    "x": {name: f"{name}-SECRET" for name in (
        "consumer_key", "consumer_secret", "access_token", "access_token_secret",
    )},
    "facebook": {"page_id": PAGE, "page_access_token": "EAA-SECRET", "app_secret": "a-SECRET"},
    "instagram": {"ig_user_id": IG, "page_access_token": "EAA-SECRET", "app_secret": "a-SECRET"},
}  # fmt: skip
HANDLES = {"x": "elmroad", "facebook": "Elm Road", "instagram": "@elmroad"}


def test_the_whole_story_against_servers_that_know_the_documented_calls_only(
    here: Here, school: Path, servers: tuple[Scripted, Scripted]
) -> None:
    x, graph = servers
    at = {"SCHOOLGATE_X_URL": x.url, "SCHOOLGATE_GRAPH_URL": graph.url}

    def adopt(platform: str) -> Done:
        return here(
            "accounts", "adopt", "--platform", platform, "--handle", HANDLES[platform], "--json",
            "--email", "office@elmroad.sch.uk", "--adopted-by", HEAD, "--credentials", "-",
            stdin=json.dumps(CREDENTIALS[platform]).encode(), **at,
        )  # fmt: skip

    for platform in CREDENTIALS:
        done = adopt(platform)
        assert done.returncode == 0, done.stderr.decode()
        told = json.loads(done.stdout)
        assert told["platform_id"] == {"x": "4242", "facebook": PAGE, "instagram": IG}[platform]
        assert told["warnings"] == [], "what a server doesn't say is no reason to worry people"
    for _ in range(2):
        polled = here("poll", "--json", **at)
        assert polled.returncode == 0, (polled.stdout, polled.stderr)
        rows = {row["platform"]: row for row in json.loads(polled.stdout)["accounts"]}
        assert all(row["complete"] and row["problems"] == [] for row in rows.values())
    exported = here("log", "export", "--format", "jsonl")
    entries = [json.loads(line) for line in exported.stdout.decode().splitlines()]
    threats = {entry["platform"] for entry in entries if ABUSE in entry["text"]}
    assert threats == {"x", "facebook", "instagram"}
    assert any("No name in it" in entry["text"] for entry in entries), "the conversation was searched too"
    document = json.loads(here("doctor", "--json", **at).stdout)
    for far in document["coverage"]:
        assert far["seen_to"] is not None and far["missing"] == []
    said = " ".join(remark for far in document["coverage"] for remark in far["remarks"])
    assert "What visitors post on the Page can't be read: Facebook does not let this account do that" in said
    for server, known in ((x, X_CALLS), (graph, GRAPH_CALLS)):
        asked = {f"{request.method} {request.path}" for request in server.received}
        assert [one for one in asked if not any(re.fullmatch(call, one) for call in known)] == []
        addresses = [request.target for request in server.received if "debug_token" not in request.path]
        assert not any("SECRET" in address for address in addresses)
    x.script = lambda request: answer({"data": {"id": "777", "name": "Elm Road", "username": "ElmRoad"}})
    done = adopt("x")
    assert done.returncode == 2
    [line] = done.stderr.decode().splitlines()
    assert "the id 4242" in line and "the id 777" in line and "SECRET" not in line
    assert len(json.loads(here("accounts", "list", "--json").stdout)["accounts"]) == 3
