"""The Instagram connector's own behaviour: its publishing in steps, its comments and answers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Capability, Picture, PostContent
from connectors.errors import (
    ConnectorError,
    ConnectorRefused,
    ConnectorUnavailable,
    NotSupported,
    OutcomeUnknown,
)
from connectors.instagram import InstagramConnector
from tests.connectors.scripted import GRAPH_SECRETS, Received, Reply, Scripted, Steps, answer, instagram_at

IG = GRAPH_SECRETS["ig_user_id"]
MEDIA = "17900000000000001"


def picture(name: str = "a", alt_text: str = "A field") -> Picture:
    return Picture(b"\xff\xd8\xff", "image/jpeg", alt_text, public_url=f"https://school.example/{name}.jpg")


ONE = PostContent("Sports day", (picture(),))


class Platform:
    """Instagram's side of publishing, as far as these tests need it."""

    def __init__(self) -> None:
        self.containers: dict[str, str] = {}
        self.published: list[str] = []
        self.first_status = "FINISHED"
        self.publish_reply: Callable[[], Reply] | None = None

    def __call__(self, request: Received) -> Reply:
        node, *edge = request.path.removeprefix("/v24.0/").split("/")
        if edge == ["media"] and request.method == "POST":
            container = f"1800000000000000{len(self.containers)}"
            self.containers[container] = self.first_status
            return answer({"id": container})
        if edge == ["media"]:
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
            link = "https://www.instagram.com/p/abc/"
            listed = [{"id": MEDIA, "caption": "Sports day", "timestamp": now, "permalink": link}]
            return answer({"data": listed if self.published else []})
        if edge == ["media_publish"]:
            if self.publish_reply is not None:
                return self.publish_reply()
            return self.publish(request.form["creation_id"])
        if node in self.containers:
            return answer({"id": node, "status_code": self.containers[node]})
        if node == MEDIA:
            return answer({"id": MEDIA, "permalink": "https://www.instagram.com/p/abc/"})
        return answer({"error": {"code": 100, "error_subcode": 33, "message": "m"}}, 400)

    def publish(self, container: str) -> Reply:
        self.containers[container] = "PUBLISHED"
        self.published.append(container)
        return answer({"id": MEDIA})

    @property
    def container(self) -> str:
        return next(iter(self.containers))


@pytest.fixture
def platform(server: Scripted) -> Platform:
    server.script = Platform()
    return server.script


def forms(server: Scripted, edge: str) -> list[dict[str, str]]:
    return [
        {name: value for name, value in request.form.items() if name != "appsecret_proof"}
        for request in server.received
        if request.method == "POST" and request.path.endswith(f"/{edge}")
    ]


def test_one_picture_goes_through_a_container(
    server: Scripted, platform: Platform, instagram: InstagramConnector, steps: Steps
) -> None:
    content = PostContent("Sports day", (picture(),), "https://school.example/day")
    post = instagram.publish(content, steps=steps)
    assert forms(server, "media") == [
        {
            "image_url": "https://school.example/a.jpg",
            "alt_text": "A field",
            "caption": "Sports day\nhttps://school.example/day",
        }
    ]
    assert forms(server, "media_publish") == [{"creation_id": platform.container}]
    assert (post.platform_id, post.url) == (MEDIA, "https://www.instagram.com/p/abc/")


def test_several_pictures_become_a_carousel(
    server: Scripted, platform: Platform, instagram: InstagramConnector, steps: Steps
) -> None:
    instagram.publish(PostContent("Sports day", (picture("a"), picture("b", ""))), steps=steps)
    first, second, carousel = forms(server, "media")
    assert (first["is_carousel_item"], first["alt_text"]) == ("true", "A field")
    assert "alt_text" not in second
    assert "caption" not in first
    children = list(platform.containers)[:2]
    assert carousel == {"media_type": "CAROUSEL", "children": ",".join(children), "caption": "Sports day"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (PostContent("Only words"), "pictures"),
        (PostContent("Sports day", (picture(),) * 11), "pictures"),
        (PostContent("Sports day", (Picture(b"x", "image/png", "", "https://a.example/a.png"),)), "pictures"),
        (PostContent("Sports day", (Picture(b"x", "image/jpeg", ""),)), "public_url"),
        (PostContent("x" * 2201, (picture(),)), "length"),
    ],
)
def test_p16_what_instagram_can_not_take_is_refused_without_a_request(
    server: Scripted, instagram: InstagramConnector, steps: Steps, content: PostContent, code: str
) -> None:
    with pytest.raises(ConnectorRefused) as caught:
        instagram.publish(content, steps=steps)
    assert caught.value.code == code
    assert server.received == []


def test_a_container_that_takes_long_is_taken_up_later(
    server: Scripted, platform: Platform, steps: Steps
) -> None:
    platform.first_status = "IN_PROGRESS"
    instagram = instagram_at(server.url, timeout=0.6)
    began = time.monotonic()
    with pytest.raises(ConnectorUnavailable) as caught:
        instagram.publish(ONE, steps=steps)
    assert time.monotonic() - began < 2
    assert (caught.value.code, caught.value.retry_after) == ("in_progress", 60)
    platform.containers[platform.container] = "FINISHED"
    assert instagram_at(server.url).publish(ONE, steps=steps).platform_id == MEDIA
    assert len(platform.containers) == 1


def test_a_picture_that_instagram_can_not_use_is_told_and_made_anew(
    server: Scripted, platform: Platform, instagram: InstagramConnector, steps: Steps
) -> None:
    platform.first_status = "ERROR"
    with pytest.raises(ConnectorRefused):
        instagram.publish(ONE, steps=steps)
    platform.first_status = "FINISHED"
    instagram.publish(ONE, steps=steps)
    assert len(platform.containers) == 2


@pytest.mark.parametrize("fate", ["EXPIRED", "GONE"])
def test_an_expired_container_is_made_anew(
    server: Scripted, platform: Platform, instagram: InstagramConnector, steps: Steps, fate: str
) -> None:
    instagram_at(server.url)
    platform.publish_reply = lambda: Reply(429, b"")
    with pytest.raises(ConnectorError):
        instagram.publish(ONE, steps=steps)
    platform.publish_reply = None
    old = platform.container
    if fate == "EXPIRED":
        platform.containers[old] = "EXPIRED"
    else:
        del platform.containers[old]
        platform.containers["0"] = "unused"
    with pytest.raises(ConnectorUnavailable):
        instagram.publish(ONE, steps=steps)
    assert instagram.publish(ONE, steps=steps).platform_id == MEDIA
    assert old not in platform.published


def test_a_lost_answer_is_cleared_up_by_the_container(
    server: Scripted, platform: Platform, instagram: InstagramConnector, steps: Steps
) -> None:
    def publish_and_reset() -> Reply:
        platform.publish(platform.container)
        return Reply(fault="reset")

    platform.publish_reply = publish_and_reset
    post = instagram.publish(ONE, steps=steps)
    assert (post.platform_id, len(platform.published)) == (MEDIA, 1)


@pytest.mark.parametrize("published", [True, False])
def test_a_worker_killed_at_the_last_step_publishes_exactly_once(
    server: Scripted, platform: Platform, steps: Steps, published: bool
) -> None:
    platform.publish_reply = lambda: Reply(fault="reset")
    instagram = instagram_at(server.url, timeout=0.4)
    with pytest.raises(OutcomeUnknown):
        instagram.publish(ONE, steps=steps)
    assert steps.get("posting")
    if published:
        # It took effect after all, later than we listened.
        platform.publish(platform.container)
    else:
        # As long as the request may be under way, nothing is sent.
        with pytest.raises(OutcomeUnknown):
            instagram.publish(ONE, steps=steps)
        time.sleep(0.7)
    platform.publish_reply = None
    assert instagram.publish(ONE, steps=steps).platform_id == MEDIA
    assert len(platform.published) == 1


def test_published_but_not_yet_listed_stays_unknown(
    server: Scripted, platform: Platform, instagram: InstagramConnector, steps: Steps
) -> None:
    platform.publish_reply = lambda: Reply(500, b"")
    with pytest.raises(OutcomeUnknown):
        instagram.publish(ONE, steps=steps)
    platform.containers[platform.container] = "PUBLISHED"
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            instagram.publish(ONE, steps=steps)
    assert len(forms(server, "media_publish")) == 1


def comment(number: int, at: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"1785{number:013}",
        "text": f"Comment {number}",
        "timestamp": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "username": "aparent",
        "from": {"id": "6100", "username": "aparent"},
        "hidden": False,
    } | fields


def listed(items: list[Any], after: str = "") -> dict[str, Any]:
    paging: dict[str, Any] = {"cursors": {"after": after or "end"}}
    if after:
        paging["next"] = f"https://graph.facebook.com/v24.0/x?access_token=TOKEN&after={after}"
    return {"data": items, "paging": paging}


NOW = int(datetime.now(UTC).timestamp())


def test_replies_come_with_their_comments_and_their_own_pages(
    server: Scripted, instagram: InstagramConnector
) -> None:
    own = comment(9, NOW, **{"from": {"id": IG, "username": "ourschool"}})
    first = comment(1, NOW, replies=listed([comment(2, NOW), own], after="r2"))
    server.answers(
        answer(listed([first])),
        answer(listed([comment(3, NOW)], after="r3")),
        answer(listed([comment(4, NOW)])),
    )
    page = instagram.fetch_comments(post_platform_id=MEDIA, since=None, cursor=None)
    ids = [f"1785{number:013}" for number in (1, 2, 3, 4)]
    assert [item.platform_id for item in page.comments] == ids
    assert [item.parent_platform_id for item in page.comments] == ["", ids[0], ids[0], ids[0]]
    assert all(item.post_platform_id == MEDIA for item in page.comments)
    asked, replies, more = server.received
    assert "replies{" in asked.query["fields"]
    assert (asked.query["limit"], replies.query["after"], more.query["after"]) == ("50", "r2", "r3")
    assert replies.path == f"/v24.0/{ids[0]}/replies"


def test_a_poll_stops_at_what_it_knows_but_reads_the_replies_there(
    server: Scripted, instagram: InstagramConnector
) -> None:
    mark = json.dumps({"at": NOW - 600, "full": NOW - 60})
    old = comment(1, NOW - 5000, replies=listed([comment(3, NOW)]))
    server.answers(
        answer(listed([comment(2, NOW), old], after="a2")), answer(listed([comment(4, NOW - 9000)]))
    )
    page = instagram.fetch_comments(post_platform_id=MEDIA, since=mark, cursor=None)
    assert page.cursor is None
    assert [item.text for item in page.comments] == ["Comment 2", "Comment 1", "Comment 3"]
    assert page.watermark is not None
    assert json.loads(page.watermark) == {"at": NOW, "full": NOW - 60}
    assert len(server.received) == 1


def test_every_quarter_of_an_hour_all_pages_are_read(server: Scripted, instagram: InstagramConnector) -> None:
    mark = json.dumps({"at": NOW - 600, "full": NOW - 3600})
    server.answers(
        answer(listed([comment(1, NOW - 5000)], after="a2")), answer(listed([comment(2, NOW - 9000)]))
    )
    page = instagram.fetch_comments(post_platform_id=MEDIA, since=mark, cursor=None)
    assert page.cursor is not None
    last = instagram.fetch_comments(post_platform_id=MEDIA, since=mark, cursor=page.cursor)
    assert last.watermark is not None
    assert json.loads(last.watermark)["full"] >= NOW
    assert [request.query.get("after") for request in server.received] == [None, "a2"]


def test_an_old_comment_pinned_to_the_top_hides_no_new_ones(
    server: Scripted, instagram: InstagramConnector
) -> None:
    mark = json.dumps({"at": NOW - 600, "full": NOW - 60})
    server.answers(
        answer(listed([comment(1, NOW - 90_000), comment(2, NOW)], after="a2")),
        answer(listed([comment(3, NOW), comment(4, NOW - 9000)], after="a3")),
    )
    page = instagram.fetch_comments(post_platform_id=MEDIA, since=mark, cursor=None)
    assert page.cursor is not None
    last = instagram.fetch_comments(post_platform_id=MEDIA, since=mark, cursor=page.cursor)
    assert last.cursor is None and [item.text for item in last.comments] == ["Comment 3", "Comment 4"]


def test_a_damaged_mark_is_refused(instagram: InstagramConnector) -> None:
    with pytest.raises(ConnectorRefused):
        instagram.fetch_comments(post_platform_id=MEDIA, since="{", cursor=None)


def test_odd_fields_lose_no_comment(server: Scripted, instagram: InstagramConnector) -> None:
    items = [
        {"id": 5, "text": None, "timestamp": 17, "replies": []},
        {"text": "no id \ud83d", "username": "somebody"},
        comment(1, NOW, **{"from": None}),
        7,
    ]
    server.answers(answer(listed(items)))
    found = instagram.fetch_comments(post_platform_id=MEDIA, since=None, cursor=None).comments
    assert [item.text for item in found] == ["", "no id \ufffd", "Comment 1"]
    assert found[0].platform_id == "5"
    assert found[1].platform_id.startswith("noid-")
    assert (found[2].author.platform_id, found[2].author.handle) == ("", "aparent")


def test_moderating_a_comment(server: Scripted, instagram: InstagramConnector) -> None:
    server.answers(answer({"success": True, "id": "1786"}))
    instagram.set_hidden("1785", True)
    instagram.set_hidden("1785", False)
    instagram.delete_comment("1785")
    assert instagram.reply("1785", "Thank you.") == "1786"
    hide, show, delete, reply = server.received
    assert (hide.path, hide.form["hide"], show.form["hide"]) == ("/v24.0/1785", "true", "false")
    assert (delete.method, delete.path) == ("DELETE", "/v24.0/1785")
    assert (reply.path, reply.form["message"]) == ("/v24.0/1785/replies", "Thank you.")


def test_our_own_answer_is_found_again(server: Scripted, instagram: InstagramConnector) -> None:
    own = comment(2, NOW, text="Thank you.", username="ourschool")
    del own["from"]
    server.answers(
        answer({"id": IG, "username": "ourschool", "name": "Our school"}),
        answer(listed([comment(1, NOW, text="Thank you.")], after="a2")),
        answer(listed([own])),
    )
    since = datetime.fromtimestamp(NOW, UTC) - timedelta(minutes=5)
    assert instagram.find_reply("1785", "Thank you.", since=since) == own["id"]


def test_recent_posts_are_asked_for_since_then(server: Scripted, instagram: InstagramConnector) -> None:
    item = {
        "id": MEDIA,
        "caption": "Sports day",
        "timestamp": "2026-03-01T10:00:00+0000",
        "permalink": "ftp://odd",
    }
    server.answers(answer(listed([item])))
    since = datetime(2026, 3, 1, tzinfo=UTC)
    (post,) = instagram.recent_posts(since=since)
    assert (post.platform_id, post.text, post.url) == (MEDIA, "Sports day", "")
    assert server.received[0].query["since"] == str(int(since.timestamp()))


def test_what_instagram_does_not_offer_is_not_declared_and_refused_without_a_request(
    server: Scripted, instagram: InstagramConnector
) -> None:
    assert not instagram.capabilities & {Capability.BLOCK, Capability.MUTE, Capability.PUBLISH_TEXT}
    for act in (
        lambda: instagram.block("7"),
        lambda: instagram.unblock("7"),
        lambda: instagram.mute("7"),
        lambda: instagram.unmute("7"),
        lambda: instagram.followers(cursor=None),
        lambda: instagram.follow_requests(cursor=None),
        lambda: instagram.decide_follow_request("7", True),
        lambda: instagram.remove_follower("7"),
        lambda: instagram.fetch_comments(post_platform_id=None, since=None, cursor=None),
    ):
        with pytest.raises(NotSupported):
            act()
    assert server.received == []
