"""The Facebook connector's own behaviour: what it sends, what it reads, where it goes on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Picture, PostContent
from connectors.errors import ConnectorRefused, NotSupported
from connectors.facebook import FacebookConnector
from tests.connectors.scripted import GRAPH_SECRETS, Received, Reply, Scripted, Steps, answer

PAGE = GRAPH_SECRETS["page_id"]
POST = f"{PAGE}_100"
JPEG = Picture(b"\xff\xd8\xff" + bytes(2000), "image/jpeg", "Year 4 planting beans.")
PNG = Picture(b"\x89PNG" + bytes(2000), "image/png", "")


def comment(number: int, at: int = 1_770_000_000, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"100_{number}",
        "message": f"Comment {number}",
        "from": {"id": "777", "name": "A. Parent"},
        "created_time": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "is_hidden": False,
        "can_hide": True,
        "can_remove": True,
        "permalink_url": f"https://www.facebook.com/{POST}?comment_id={number}",
    } | fields


def listed(items: list[Any], after: str = "") -> Reply:
    paging = {"cursors": {"before": "b", "after": after or "end"}}
    if after:
        paging["next"] = f"https://graph.facebook.com/v24.0/x?access_token=TOKEN&after={after}"
    return answer({"data": items, "paging": paging})


def test_a_text_with_a_link_is_posted_with_its_card(
    server: Scripted, facebook: FacebookConnector, steps: Steps
) -> None:
    server.answers(answer({"id": POST}))
    post = facebook.publish(PostContent("Beans!", link="https://school.example/beans"), steps=steps)
    (request,) = server.received
    assert (request.method, request.path) == ("POST", f"/v24.0/{PAGE}/feed")
    assert request.form["message"] == "Beans!"
    assert request.form["link"] == "https://school.example/beans"
    assert post.platform_id == POST
    assert facebook.calls()[0].operation == "publish"


def test_pictures_are_uploaded_unpublished_and_attached(
    server: Scripted, facebook: FacebookConnector, steps: Steps
) -> None:
    server.answers(answer({"id": "p1"}), answer({"id": "p2"}), answer({"id": POST}))
    content = PostContent("Beans!", (JPEG, PNG), "https://school.example/beans")
    assert facebook.shown_text(content) == "Beans!\nhttps://school.example/beans"
    facebook.publish(content, steps=steps)
    first, second, feed = server.received
    assert first.path == second.path == f"/v24.0/{PAGE}/photos"
    assert (
        b'name="source"; filename="picture.jpg"\r\nContent-Type: image/jpeg\r\n\r\n' + JPEG.data in first.body
    )
    assert b'name="published"\r\n\r\nfalse' in first.body
    assert b'name="alt_text_custom"\r\n\r\nYear 4 planting beans.' in first.body
    assert b"alt_text_custom" not in second.body
    assert json.loads(feed.form["attached_media"]) == [{"media_fbid": "p1"}, {"media_fbid": "p2"}]
    assert feed.form["message"] == "Beans!\nhttps://school.example/beans"
    assert "link" not in feed.form


def test_uploaded_pictures_are_not_uploaded_again(
    server: Scripted, facebook: FacebookConnector, steps: Steps
) -> None:
    server.answers(answer({"id": "p1"}), Reply(429, b""), answer({"id": POST}))
    with pytest.raises(Exception, match="limit"):
        facebook.publish(PostContent("Beans!", (JPEG,)), steps=steps)
    facebook.publish(PostContent("Beans!", (JPEG,)), steps=steps)
    assert [request.path.rsplit("/", 1)[-1] for request in server.received] == ["photos", "feed", "feed"]


def test_comments_are_asked_for_with_answers_in_order_and_with_overlap(
    server: Scripted, facebook: FacebookConnector
) -> None:
    nested = comment(3, 1_770_000_300, parent={"id": "100_2"})
    own = comment(4, 1_770_000_400, **{"from": {"id": PAGE, "name": "Our school"}})
    server.answers(
        listed([comment(2, 1_770_000_200), nested], after="a1"),
        listed([], after="a2"),
        listed([own, comment(1)]),
    )
    comments, cursor, pages = [], None, 0
    while True:
        page = facebook.fetch_comments(post_platform_id=POST, since="1770000000", cursor=cursor)
        comments += page.comments
        cursor, pages = page.cursor, pages + 1
        if cursor is None:
            break
        assert page.watermark is None
    assert pages == 3
    assert page.watermark == "1770000400"
    assert [item.platform_id for item in comments] == ["100_2", "100_3", "100_1"]
    assert [item.parent_platform_id for item in comments] == ["", "100_2", ""]
    query = server.received[0].query
    assert server.received[0].path == f"/v24.0/{POST}/comments"
    assert (query["filter"], query["order"], query["since"]) == (
        "stream",
        "chronological",
        str(1_770_000_000 - 120),
    )
    assert "parent" in query["fields"]
    assert [request.query.get("after") for request in server.received] == [None, "a1", "a2"]


def test_a_rescan_reads_everything_and_an_empty_post_gives_no_watermark(
    server: Scripted, facebook: FacebookConnector
) -> None:
    server.answers(listed([]))
    page = facebook.fetch_comments(post_platform_id=POST, since=None, cursor=None)
    assert (page.comments, page.watermark, page.complete) == ((), None, True)
    assert "since" not in server.received[0].query


def test_a_page_that_leads_to_itself_is_not_followed_for_ever(
    server: Scripted, facebook: FacebookConnector
) -> None:
    server.answers(listed([comment(1)], after="same"))
    page = facebook.fetch_comments(post_platform_id=POST, since=None, cursor=None)
    page = facebook.fetch_comments(post_platform_id=POST, since=None, cursor=page.cursor)
    assert (page.cursor, page.complete) == (None, False)


def test_odd_fields_lose_no_comment(server: Scripted, facebook: FacebookConnector) -> None:
    items = [
        comment(1, **{"from": None}),
        {
            "message": "no id",
            "permalink_url": "https://www.facebook.com/1/posts/100/?comment_id=5&reply_comment_id=6",
            "created_time": "2026-03-01T10:00:00+0000",
        },
        {"message": "neither \ud83d", "created_time": "odd"},
        {
            "id": 9,
            "attachment": {
                "url": "javascript:alert(1)",
                "media": {"image": {"src": "https://pic.example/1"}},
            },
        },
        None,
    ]
    server.answers(listed(items))
    found = facebook.fetch_comments(post_platform_id=POST, since=None, cursor=None).comments
    assert [item.platform_id for item in found][:2] == ["100_1", "100_6"]
    assert found[0].author.platform_id == ""
    assert found[2].platform_id.startswith("noid-")
    assert found[2].text == "neither \ufffd"
    assert (found[3].platform_id, found[3].text) == ("9", "")
    assert found[3].attachment_urls == ("https://pic.example/1",)


def test_moderating_a_comment(server: Scripted, facebook: FacebookConnector) -> None:
    server.answers(answer({"success": True, "id": "100_9"}))
    facebook.set_hidden("100_1", True)
    facebook.set_hidden("100_1", False)
    facebook.delete_comment("100_1")
    assert facebook.reply("100_1", "Thank you.") == "100_9"
    hide, show, delete, reply = server.received
    assert (hide.method, hide.path, hide.form["is_hidden"]) == ("POST", "/v24.0/100_1", "true")
    assert show.form["is_hidden"] == "false"
    assert (delete.method, delete.path) == ("DELETE", "/v24.0/100_1")
    assert (reply.path, reply.form["message"]) == ("/v24.0/100_1/comments", "Thank you.")


def test_blocking_tries_both_kinds_of_id(server: Scripted, facebook: FacebookConnector) -> None:
    def page_scoped(request: Received) -> Reply:
        if "user" in (request.form if request.method == "POST" else request.query):
            return answer({"error": {"code": 100, "message": "Invalid parameter"}}, 400)
        return answer({"777": True} if request.method == "POST" else {"success": True})

    server.script = page_scoped
    facebook.block("777")
    facebook.unblock("777")
    assert [request.path for request in server.received] == [f"/v24.0/{PAGE}/blocked"] * 4
    assert json.loads(server.received[1].form["psid"]) == ["777"]
    assert (server.received[3].method, server.received[3].query["psid"]) == ("DELETE", "777")
    server.answers(answer({"777": False}))
    with pytest.raises(ConnectorRefused):
        facebook.block("777")
    server.received.clear()
    # Where Facebook withholds who it was, nobody can be blocked.
    with pytest.raises(ConnectorRefused):
        facebook.block("")
    assert server.received == []


def test_recent_posts_stop_where_they_are_too_old(server: Scripted, facebook: FacebookConnector) -> None:
    now = datetime.now(UTC)

    def post(number: int, age: timedelta) -> dict[str, str]:
        return {
            "id": f"{PAGE}_{number}",
            "message": f"Post {number}",
            "created_time": (now - age).isoformat(),
        }

    server.answers(
        listed([post(1, timedelta(minutes=1)), post(2, timedelta(hours=1))], after="a1"),
        listed([post(3, timedelta(days=3))], after="a2"),
    )
    posts = facebook.recent_posts(since=now - timedelta(days=1))
    assert [item.text for item in posts] == ["Post 1", "Post 2"]
    assert len(server.received) == 2


def test_our_own_answer_is_found_again(server: Scripted, facebook: FacebookConnector) -> None:
    at = int(datetime.now(UTC).timestamp())
    own = comment(5, at, message="Thank  you.", **{"from": {"id": PAGE}})
    server.answers(listed([comment(4, at, message="Thank you."), own]))
    since = datetime.now(UTC) - timedelta(minutes=5)
    assert facebook.find_reply("100_1", "Thank you.", since=since) == "100_5"
    assert facebook.find_reply("100_1", "Another.", since=since) is None


def test_what_is_gone_has_vanished(server: Scripted, facebook: FacebookConnector) -> None:
    server.answers(answer({"id": "100_1"}), answer({"error": {"code": 100, "error_subcode": 33}}, 400))
    assert facebook.vanished(["100_1", "100_2", "noid-x"]) == {"100_2"}


def test_what_facebook_does_not_offer_is_refused_without_a_request(
    server: Scripted, facebook: FacebookConnector
) -> None:
    for act in (
        lambda: facebook.mute("7"),
        lambda: facebook.unmute("7"),
        lambda: facebook.followers(cursor=None),
        lambda: facebook.follow_requests(cursor=None),
        lambda: facebook.decide_follow_request("7", True),
        lambda: facebook.remove_follower("7"),
        lambda: facebook.fetch_comments(post_platform_id=None, since=None, cursor=None),
    ):
        with pytest.raises(NotSupported):
            act()
    assert server.received == []


def test_a_cursor_that_stands_in_the_next_address_alone_is_followed(
    server: Scripted, facebook: FacebookConnector
) -> None:
    following = "https://graph.facebook.com/v24.0/x/comments?access_token=TOKEN&limit=100&after=c2"
    server.answers(
        answer({"data": [{"id": "1_2", "message": "One"}], "paging": {"next": following}}),
        answer({"data": [{"id": "1_3", "message": "Two"}], "paging": {"next": "http://[broken"}}),
    )
    page = facebook.fetch_comments(post_platform_id=POST, since=None, cursor=None)
    last = facebook.fetch_comments(post_platform_id=POST, since=None, cursor=page.cursor)
    assert [request.query.get("after") for request in server.received] == [None, "c2"]
    assert last.cursor is None and "TOKEN" not in server.received[-1].target
