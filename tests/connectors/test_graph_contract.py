"""Every recorded answer of the real Graph goes through the connectors' own mapping."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors import graph_mapping as mapping
from connectors.errors import ConnectorError, ConnectorRefused
from connectors.exchange import Call
from connectors.graph_errors import failure_of
from connectors.graph_insights import value_of
from tests.connectors.contracts import CONTRACTS, recorded_by_graph
from tests.connectors.scripted import Reply, Scripted, facebook_at, instagram_at

EPOCH = datetime(2010, 1, 1, tzinfo=UTC)
JSON = {"content-type": "application/json; charset=UTF-8"}

RECORDED = [pytest.param(name, body, id=name) for name, body in recorded_by_graph()]
if not RECORDED:
    RECORDED = [pytest.param("", b"", marks=pytest.mark.skip(reason=f"{CONTRACTS} is not here"), id="absent")]


def rows(answer: Any) -> list[Any]:
    """The objects of a list, of an answer to `ids=`, or the one object."""
    if isinstance(answer.get("data"), list):
        return list(answer["data"])
    if all(isinstance(value, dict) and "id" in value for value in answer.values()):
        return list(answer.values())
    return [answer]


@pytest.mark.parametrize(("name", "body"), RECORDED)
def test_every_recorded_answer_of_the_real_graph_is_understood(
    server: Scripted, name: str, body: bytes
) -> None:
    answer = json.loads(body)
    failure = failure_of(
        Call("read", names_object=True), "Facebook", 400 if "error" in answer else 200, {}, answer
    )
    if "error" in answer:
        assert isinstance(failure, ConnectorRefused)
        assert failure.code == "100"
        assert answer["error"]["message"] not in failure.detail
        return
    assert failure is None
    last = {name: value for name, value in answer.items() if name != "paging"}
    server.answers(Reply(200, body, JSON), Reply(200, json.dumps(last).encode(), JSON))
    match name.split("/"):
        case ["facebook", "apidata", "comments", *_]:
            check_facebook_comments(rows(answer))
            if "data" in answer:
                page = facebook_at(server.url).fetch_comments(post_platform_id="1_2", since=None, cursor=None)
                assert [item.text for item in page.comments] == [
                    row.get("message", "") for row in answer["data"]
                ]
                assert (page.cursor is None) == ("next" not in answer["paging"])
        case ["facebook", "apidata", "posts" | "photos", *_]:
            for row in rows(answer):
                post = mapping.facebook_post(row)
                assert post.platform_id == row["id"]
                assert post.text == row.get("message", "")
                assert post.created_at.strftime("%Y-%m-%dT%H:%M:%S+0000") == row["created_time"]
                assert post.url.startswith("https://")
        case ["facebook", "apidata", "pages", *_] if "id" in answer:
            me = facebook_at(server.url).probe()
            assert (me.platform_id, me.display_name) == (answer["id"], answer["name"])
        case ["instagram", "apidata", "comments", *_] | [
            "instagram",
            "apidata",
            "medias",
            "comments_p1.json" | "comments_p2.json",
        ]:
            for row in rows(answer):
                comment = mapping.instagram_comment(row, media="1")
                assert (comment.platform_id, comment.text) == (row["id"], row["text"])
                assert comment.author.handle == row.get("username", "")
                assert comment.created_at.strftime("%Y-%m-%dT%H:%M:%S+0000") == row["timestamp"]
            if "data" in answer:
                page = instagram_at(server.url).fetch_comments(post_platform_id="1", since=None, cursor=None)
                assert len(page.comments) == len(answer["data"])
        case ["instagram", "apidata", "medias", *_] | [
            "instagram",
            "apidata",
            "users",
            "medias_p1.json" | "medias_p2.json",
        ] if "insights" not in name:
            for row in rows(answer):
                post = mapping.instagram_post(row)
                assert post.platform_id == row["id"]
                assert post.text == row.get("caption", "")
                assert post.comment_count == row.get("comments_count")
                assert post.url == row["permalink"]
            if "data" in answer:
                found = instagram_at(server.url).recent_posts(since=EPOCH)
                assert {post.platform_id for post in found} == {row["id"] for row in answer["data"]}
        case ["instagram", "apidata", "medias", *_]:
            for row in rows(answer):
                # The same number in both of the shapes that the real one has.
                total = {name: value for name, value in row.items() if name != "values"}
                assert value_of(row) == value_of(total) == row["values"][0]["value"]
        case ["instagram", "apidata", "users", "user_fields.json"]:
            me = instagram_at(server.url).probe()
            assert (me.platform_id, me.handle, me.display_name) == (
                answer["id"],
                answer["username"],
                answer["name"],
            )
        case ["instagram", "apidata", "users", "mentioned_comment.json"]:
            comment = mapping.instagram_comment(answer["mentioned_comment"], media="1")
            assert comment.text == answer["mentioned_comment"]["text"]
        case ["instagram", "apidata", "publish", *_]:
            # Containers and published media are told by `id` and `status_code`.
            assert all("id" in row or "quota_usage" in row for row in rows(answer))
        case _:
            # Tokens, insights, pages by search: no operation of ours asks for them; they are no failure.
            assert not isinstance(failure, ConnectorError)


def check_facebook_comments(found: list[Any]) -> None:
    seen = set()
    for row in found:
        comment = mapping.facebook_comment(row, post="1_2")
        assert comment.text == row.get("message", "")
        assert comment.url == row["permalink_url"]
        assert comment.created_at.strftime("%Y-%m-%dT%H:%M:%S+0000") == row["created_time"]
        # Recorded without `id`: it is read out of the address.
        number = comment.platform_id.partition("_")[2]
        assert comment.platform_id == row.get("id", comment.platform_id)
        assert f"comment_id={number}" in comment.url
        seen.add(comment.platform_id)
    assert len(seen) == len(found)
