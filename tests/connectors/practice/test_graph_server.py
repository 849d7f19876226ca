"""The practice Page and Instagram account behave as Graph does, seen through the real facebook-sdk client."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import facebook
import pytest
import requests
from PIL import Image
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from connectors.practice import containers
from connectors.practice.servers import PracticePlatforms
from connectors.practice.store import utc_now
from connectors.practice.world import World
from school.errors import NotPermitted
from tests.connectors.practice.conftest import Redirected

ALL = (
    "id,message,from{id,name},created_time,parent{id},is_hidden,can_hide,can_remove,attachment,permalink_url"
)


def pages(graph: facebook.GraphAPI, node: str, edge: str, **more: Any) -> list[dict[str, Any]]:
    """A whole list, following `after` while there is a next page."""
    found: list[dict[str, Any]] = []
    while True:
        answer = graph.get_connections(node, edge, **more)
        found += answer["data"]
        if "next" not in answer.get("paging", {}):
            return found
        more["after"] = answer["paging"]["cursors"]["after"]


def refusal(call: Any) -> dict[str, Any]:
    with pytest.raises(facebook.GraphAPIError) as caught:
        call()
    found: dict[str, Any] = caught.value.result["error"]
    return found


@pytest.fixture
def page(world: World) -> str:
    return world.school("facebook").id


@pytest.fixture
def account(world: World) -> str:
    return world.school("instagram").id


@pytest.fixture
def post(graph: facebook.GraphAPI, page: str) -> str:
    return str(
        graph.put_object(page, "feed", message="Sports day on Friday", link="https://larkfield.example/")[
            "id"
        ]
    )


def test_the_token_may_come_in_the_header_the_form_or_the_query(platforms: PracticePlatforms) -> None:
    token = platforms.facebook_credentials["page_access_token"]
    secret = platforms.facebook_credentials["app_secret"]
    address = f"{platforms.graph_url}/v24.0/me"
    proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    header = requests.get(
        address, headers={"Authorization": f"Bearer {token}"}, params={"appsecret_proof": proof}, timeout=5
    )
    query = requests.get(address, params={"access_token": token}, timeout=5)
    form = requests.post(
        f"{address}/feed",
        data={"access_token": token, "message": "By form", "appsecret_proof": proof},
        timeout=5,
    )
    assert (
        header.json()
        == query.json()
        == {"name": "Larkfield Primary School", "id": platforms.world.school("facebook").id}
    )
    assert header.headers["facebook-api-version"] == "v24.0"
    assert "call_count" in header.headers["X-Business-Use-Case-Usage"]
    assert form.status_code == 200
    wrong = requests.get(address, params={"access_token": token, "appsecret_proof": "0" * 64}, timeout=5)
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, 100)
    assert requests.get(address, timeout=5).json()["error"]["code"] == 104
    assert requests.get(address, params={"access_token": "EAAX"}, timeout=5).json()["error"]["code"] == 190


def test_tokens_can_be_looked_up(platforms: PracticePlatforms, page: str) -> None:
    secrets = platforms.world.secrets
    answer = requests.get(
        f"{platforms.graph_url}/v24.0/debug_token",
        params={
            "input_token": secrets.page_access_token,
            "access_token": f"{secrets.app_id}|{secrets.app_secret}",
        },
        timeout=5,
    ).json()["data"]
    assert answer["is_valid"] and answer["expires_at"] == 0 and "pages_manage_posts" in answer["scopes"]
    accounts = requests.get(
        f"{platforms.graph_url}/v24.0/me/accounts",
        params={"access_token": secrets.user_access_token},
        timeout=5,
    ).json()["data"]
    assert accounts == [
        {
            "id": page,
            "name": "Larkfield Primary School",
            "access_token": secrets.page_access_token,
            "category": "Primary School",
            "tasks": ["ANALYZE", "ADVERTISE", "MODERATE", "CREATE_CONTENT", "MANAGE"],
        }
    ]


def test_a_post_with_pictures_and_alt_text(
    graph: facebook.GraphAPI, world: World, page: str, jpeg: bytes
) -> None:
    photos = [
        graph.put_photo(
            io.BytesIO(jpeg), album_path=f"{page}/photos", published="false", alt_text_custom=text
        )["id"]
        for text in ("One", "Two")
    ]
    assert world.posts("facebook") == []
    attached = json.dumps([{"media_fbid": photo} for photo in photos])
    post = graph.put_object(page, "feed", message="Two pictures", attached_media=attached)["id"]
    shown = world.public_post("facebook", post)
    assert [picture.alt_text for picture in shown.post.pictures] == ["One", "Two"]
    assert requests.get(shown.post.pictures[0].url, timeout=5).content == jpeg
    assert graph.get_object(photos[0], fields="alt_text_custom")["alt_text_custom"] == "One"
    found = graph.get_connections(
        page,
        "published_posts",
        fields="id,message,created_time,permalink_url,attachments{media_type}",
        limit=5,
    )["data"]
    assert [(item["id"], item["message"]) for item in found] == [(post, "Two pictures")]
    assert len(found[0]["attachments"]["data"][0]["subattachments"]["data"]) == 2
    assert (
        refusal(lambda: graph.put_object(page, "feed", message="x", attached_media=attached))["code"] == 100
    )
    single = graph.put_photo(io.BytesIO(jpeg), album_path=f"{page}/photos", message="At once")
    assert world.post("facebook", single["post_id"]).text == "At once"


def test_a_post_is_edited_and_deleted(graph: facebook.GraphAPI, world: World, page: str, post: str) -> None:
    assert graph.request(f"v24.0/{post}", post_args={"message": "Sports day on Monday"}) == {"success": True}
    assert graph.get_object(post, fields="message")["message"] == "Sports day on Monday"
    assert graph.delete_object(post) == {"success": True}
    gone = refusal(lambda: graph.get_object(post))
    assert (gone["code"], gone["error_subcode"], gone["type"]) == (100, 33, "GraphMethodException")
    assert graph.get_connections(page, "published_posts")["data"] == []


def test_the_same_post_twice_is_a_duplicate(graph: facebook.GraphAPI, page: str, post: str) -> None:
    again = refusal(
        lambda: graph.put_object(
            page, "feed", message="Sports day on Friday", link="https://larkfield.example/"
        )
    )
    assert again["code"] == 506


def test_comments_come_in_order_with_replies_only_in_the_stream(
    graph: facebook.GraphAPI, world: World, post: str
) -> None:
    top = [world.say("facebook", post, f"Parent {n}", f"Word {n}") for n in range(7)]
    reply = world.say("facebook", post, "Troll", "Rubbish", top[0].id)
    stream = pages(graph, post, "comments", filter="stream", order="chronological", fields=ALL, limit=3)
    assert [item["id"] for item in stream] == [comment.id for comment in [*top, reply]]
    assert stream[-1]["parent"] == {"id": top[0].id}
    assert stream[0]["from"] == {"id": top[0].author.id, "name": "Parent 0"}
    assert "attachment" not in stream[0] and stream[0]["can_hide"] and stream[0]["can_remove"]
    assert [item["id"] for item in pages(graph, post, "comments", limit=2)] == [comment.id for comment in top]
    newest = pages(graph, post, "comments", order="reverse_chronological", limit=100)
    assert [item["id"] for item in newest] == [comment.id for comment in top[::-1]]
    later = int(time.time()) + 60
    assert pages(graph, post, "comments", filter="stream", since=later) == []
    assert len(pages(graph, post, "comments", filter="stream", since=later - 120)) == 8
    nested = graph.get_object(top[0].id, fields="message,comments.limit(1).summary(1){message}")
    assert nested["comments"]["data"][0]["message"] == "Rubbish"
    assert nested["comments"]["summary"]["total_count"] == 1


def test_hide_reply_delete_and_edit(graph: facebook.GraphAPI, world: World, post: str) -> None:
    comment = world.say("facebook", post, "Jo", "Rubbish")
    answer = graph.put_comment(comment.id, "Please be kind.")["id"]
    assert graph.request(f"v24.0/{comment.id}", post_args={"is_hidden": "true"}) == {"success": True}
    assert graph.get_object(comment.id, fields="is_hidden")["is_hidden"] is True
    assert world.public_post("facebook", post).comments == ()
    graph.request(f"v24.0/{comment.id}", post_args={"is_hidden": "false"})
    world.edit_comment("facebook", comment.id, "Sorry, not rubbish")
    assert graph.get_object(comment.id)["message"] == "Sorry, not rubbish"
    assert refusal(lambda: graph.request(f"v24.0/{answer}", post_args={"is_hidden": "true"}))["code"] == 10
    assert graph.delete_object(comment.id) == {"success": True}
    assert refusal(lambda: graph.delete_object(comment.id))["error_subcode"] == 33
    # The answer went with the comment.
    assert {gone.id for gone in world.deleted_comments("facebook")} == {comment.id, answer}


def test_people_are_banned_and_let_in_again(
    graph: facebook.GraphAPI, world: World, page: str, post: str
) -> None:
    author = world.say("facebook", post, "Troll", "Rubbish").author
    world.follow("facebook", author.id)
    banned = graph.request(f"v24.0/{page}/blocked", post_args={"user": json.dumps([author.id])})
    assert banned == {author.id: True}
    assert graph.get_connections(page, "blocked")["data"] == [{"id": author.id, "name": "Troll"}]
    assert [block.person.id for block in world.blocked("facebook")] == [author.id]
    assert world.followers("facebook") == []
    with pytest.raises(NotPermitted, match="blocked this person"):
        world.say("facebook", post, author.id, "Me again")
    assert graph.request(f"v24.0/{page}/blocked", args={"user": author.id}, method="DELETE") == {
        "success": True
    }
    assert world.say("facebook", post, author.id, "Me again").id
    unknown = refusal(lambda: graph.request(f"v24.0/{page}/blocked", post_args={"user": '["1"]'}))
    assert unknown["code"] == 100


def test_somebody_s_name_may_be_missing(graph: facebook.GraphAPI, world: World, post: str) -> None:
    shy = world.add_person("facebook", "Shy Person", nameless=True)
    comment = world.say("facebook", post, shy.id, "Hello")
    assert "from" not in graph.get_object(comment.id, fields=ALL)


def test_odd_fields_are_refused(graph: facebook.GraphAPI, post: str) -> None:
    assert (
        "nonexisting field (colour)" in refusal(lambda: graph.get_object(post, fields="id,colour"))["message"]
    )
    assert refusal(lambda: graph.get_object(post, fields="id,from{name"))["code"] == 2500


# -- Instagram -----------------------------------------------------------------------------------


@pytest.fixture
def hosted(jpeg: bytes) -> Iterator[str]:
    """A public address with a JPEG, a PNG and something else under it."""
    png = io.BytesIO()
    Image.new("RGB", (8, 8)).save(png, "PNG")
    files = {"/a.jpg": jpeg, "/b.png": png.getvalue(), "/c.jpg": b"no picture"}

    @Request.application
    def serve(request: Request) -> Response:
        data = files.get(request.path)
        return Response(data, status=200 if data else 404, content_type="image/jpeg")

    server = make_server("127.0.0.1", 0, serve, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


def publish(graph: facebook.GraphAPI, account: str, container: str) -> str:
    while graph.get_object(container, fields="status_code")["status_code"] == "IN_PROGRESS":
        time.sleep(0.05)
    return str(graph.put_object(account, "media_publish", creation_id=container)["id"])


def test_a_container_becomes_a_post(
    graph: facebook.GraphAPI, world: World, account: str, hosted: str, jpeg: bytes
) -> None:
    container = graph.put_object(
        account, "media", image_url=f"{hosted}/a.jpg", caption="Harvest", alt_text="Tins"
    )["id"]
    assert graph.get_object(container, fields="status_code,status")["status_code"] == "IN_PROGRESS"
    early = refusal(lambda: graph.put_object(account, "media_publish", creation_id=container))
    assert (early["code"], early["error_subcode"]) == (9007, 2207027)
    media = publish(graph, account, container)
    assert graph.get_object(container, fields="status_code")["status_code"] == "PUBLISHED"
    assert refusal(lambda: graph.put_object(account, "media_publish", creation_id=container))["code"] == 24
    shown = world.public_post("instagram", media)
    assert (shown.post.text, shown.post.pictures[0].alt_text) == ("Harvest", "Tins")
    assert requests.get(shown.post.pictures[0].url, timeout=5).content == jpeg
    listed = graph.get_connections(account, "media", fields="id,caption,timestamp,permalink")["data"]
    assert [(item["id"], item["caption"]) for item in listed] == [(media, "Harvest")]
    quota = graph.get_connections(account, "content_publishing_limit", fields="quota_usage,config")["data"][0]
    assert quota == {"quota_usage": 1, "config": {"quota_total": 50, "quota_duration": 86_400}}
    assert graph.delete_object(media) == {"success": True, "deleted_id": media}
    assert graph.get_connections(account, "media")["data"] == []


def test_a_carousel(graph: facebook.GraphAPI, world: World, account: str, hosted: str) -> None:
    children = [
        graph.put_object(
            account, "media", image_url=f"{hosted}/a.jpg", is_carousel_item="true", alt_text=text
        )["id"]
        for text in ("One", "Two")
    ]
    container = graph.put_object(
        account, "media", media_type="CAROUSEL", children=",".join(children), caption="Both"
    )
    media = publish(graph, account, container["id"])
    assert [picture.alt_text for picture in world.post("instagram", media).pictures] == ["One", "Two"]
    shown = graph.get_object(media, fields="media_type,children{media_type,media_url}")
    assert (shown["media_type"], len(shown["children"]["data"])) == ("CAROUSEL_ALBUM", 2)


@pytest.mark.parametrize(
    ("name", "code", "subcode"),
    [("missing.jpg", 9004, 2207052), ("b.png", 36001, 2207005), ("c.jpg", 36001, 2207005)],
)
def test_pictures_that_instagram_does_not_take(
    graph: facebook.GraphAPI, world: World, account: str, hosted: str, name: str, code: int, subcode: int
) -> None:
    error = refusal(lambda: graph.put_object(account, "media", image_url=f"{hosted}/{name}", caption="x"))
    assert (error["code"], error["error_subcode"]) == (code, subcode)
    assert world.posts("instagram") == []


def test_the_quota_and_a_container_s_end(hosted: str) -> None:
    ahead = timedelta()
    with PracticePlatforms(None, pace=None, earlier_life=False, clock=lambda: utc_now() + ahead) as platforms:
        token = platforms.facebook_credentials["page_access_token"]
        graph = facebook.GraphAPI(token, session=Redirected(platforms.graph_url))
        account = platforms.world.school("instagram").id
        containers_ = [
            graph.put_object(account, "media", image_url=f"{hosted}/a.jpg")["id"] for _ in range(52)
        ]
        ahead = timedelta(seconds=containers.PROCESSING_SECONDS + 1)
        for container in containers_[:50]:
            graph.put_object(account, "media_publish", creation_id=container)
        full = refusal(lambda: graph.put_object(account, "media_publish", creation_id=containers_[50]))
        assert (full["code"], full["error_subcode"]) == (9, 2207042)
        ahead = timedelta(hours=24, minutes=5)
        late = refusal(lambda: graph.put_object(account, "media_publish", creation_id=containers_[50]))
        assert (late["code"], late["error_subcode"]) == (24, 2207008)
        assert graph.get_object(containers_[51], fields="status_code")["status_code"] == "EXPIRED"


@pytest.fixture
def media(graph: facebook.GraphAPI, account: str, hosted: str) -> str:
    return publish(graph, account, graph.put_object(account, "media", image_url=f"{hosted}/a.jpg")["id"])


def test_instagram_comments(graph: facebook.GraphAPI, world: World, media: str) -> None:
    top = [world.say("instagram", media, f"Parent {n}", f"Word {n}") for n in range(60)]
    reply = world.say("instagram", media, "Troll", "Rubbish", top[0].id)
    fields = "id,text,timestamp,username,from,hidden,parent_id,replies{id,text,username,hidden,parent_id}"
    first = graph.get_connections(media, "comments", fields=fields, limit=100)
    assert len(first["data"]) == 50
    everything = pages(graph, media, "comments", fields=fields)
    assert [item["id"] for item in everything] == [comment.id for comment in top[::-1]]
    assert everything[-1]["replies"]["data"][0]["parent_id"] == top[0].id
    assert everything[0]["from"] == {"id": top[-1].author.id, "username": top[-1].author.handle}
    assert [item["id"] for item in graph.get_connections(top[0].id, "replies")["data"]] == [reply.id]
    assert graph.request(f"v24.0/{reply.id}", post_args={"hide": "true"}) == {"success": True}
    assert world.comment("instagram", reply.id).hidden
    answer = graph.put_object(top[1].id, "replies", message="Thank you")["id"]
    assert world.comment("instagram", answer).parent_id == top[1].id
    assert refusal(lambda: graph.request(f"v24.0/{answer}", post_args={"hide": "true"}))["code"] == 10
    assert graph.delete_object(top[0].id) == {"success": True}
    assert {gone.id for gone in world.deleted_comments("instagram")} == {top[0].id, reply.id}


def test_a_commenter_on_instagram_cannot_be_blocked(graph: facebook.GraphAPI, page: str) -> None:
    arguments = {"user_ids": '[{"id":"6100000000000001"}]', "actions": '["block_user"]'}
    assert (
        refusal(lambda: graph.request(f"v24.0/{page}/moderate_conversations", post_args=arguments))["code"]
        == 100
    )


def test_closed_comments_take_nothing(graph: facebook.GraphAPI, world: World, media: str) -> None:
    graph.request(f"v24.0/{media}", post_args={"comment_enabled": "false"})
    with pytest.raises(NotPermitted, match="closed the comments"):
        world.say("instagram", media, "Jo", "Hello")


def test_ids_of_one_platform_are_told_from_the_other_s(world: World, page: str, account: str) -> None:
    assert world.is_instagram(account) and not world.is_instagram(page)
