"""Videos: through the connectors onto the practice platforms, cut off at every step, and never twice."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockResponse
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from connectors.base import STEP_POSTING, Connector, Endpoints, Picture, Platform, PostContent, Video
from connectors.credentials import validate_credentials
from connectors.errors import ConnectorRefused, ConnectorUnavailable, Gone, OutcomeUnknown
from connectors.practice.faults import Fault, FaultRule, OperationKind
from connectors.practice.servers import PracticePlatforms
from connectors.practice.videos import video_facts
from connectors.practice.world import World
from connectors.practice.x_server import XServer
from connectors.registry import connector_for
from connectors.x_video import PIECE
from tests.clips import clip
from tests.connectors.contracts import needed
from tests.connectors.scripted import Received, Scripted, Steps, answer, facebook_at, instagram_at, x_at
from tests.connectors.test_x_contract import as_described

EACH = pytest.mark.parametrize("platform", list(Platform))
WORDS = "Sports day in motion 🎬"


class Killed(BaseException):
    """The worker was killed here."""


def video_of(data: bytes, *, killed_at: int | None = None) -> Video:
    """A video in memory; the worker dies once it reads from `killed_at` on."""

    def read(start: int, most: int) -> bytes:
        if killed_at is not None and start >= killed_at:
            raise Killed
        return data[start : start + most]

    facts = video_facts(lambda start, most: data[start : start + most], len(data))
    return Video(
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        seconds=facts.seconds,
        width=facts.width,
        height=facts.height,
        read=read,
    )


@pytest.fixture(scope="module")
def small() -> bytes:
    return clip(4)


@pytest.fixture(scope="module")
def long(small: bytes) -> bytes:
    """The same with an empty box at its end, so that it goes in several pieces everywhere."""
    empty = 2 * PIECE + 1000
    return small + empty.to_bytes(4, "big") + b"free" + bytes(empty - 8)


@pytest.fixture
def platforms() -> Iterator[PracticePlatforms]:
    with PracticePlatforms(None, pace=None, earlier_life=False) as running:
        yield running


@pytest.fixture
def world(platforms: PracticePlatforms) -> World:
    return platforms.world


def connector(platforms: PracticePlatforms, platform: Platform) -> Connector:
    credentials = validate_credentials(platform, platforms.credentials(platform))
    there = Endpoints(x_url=platforms.x_url, graph_url=platforms.graph_url, timeout=5.0)
    return connector_for(platform, credentials, "", there)


def shown(world: World, platform: Platform) -> list[str]:
    return [post.video.id if post.video else "" for post in world.posts(platform)]


@EACH
def test_a_video_shows_as_it_was_sent(
    platforms: PracticePlatforms, world: World, platform: Platform, long: bytes
) -> None:
    acting = connector(platforms, platform)
    content = PostContent(WORDS, video=video_of(long), link="https://school.example/day")
    post = acting.publish(content, steps=Steps())
    there = world.public_post(platform, post.platform_id).post
    assert there.video is not None and there.text == acting.shown_text(content)
    assert there.text.endswith("https://school.example/day")
    assert world.video_data(platform, there.video.id, 0, len(long)) == long
    assert (there.video.width, there.video.height) == (320, 240)
    (found,) = acting.recent_posts(since=datetime.now(UTC) - timedelta(minutes=5))
    assert (found.platform_id, found.picture_count) == (post.platform_id, content.media_count)
    acting.delete_post(post.platform_id)
    with pytest.raises(Gone):
        acting.delete_post(post.platform_id)


@EACH
def test_a_worker_killed_among_the_pieces_is_followed_by_one_that_goes_on(
    platforms: PracticePlatforms, world: World, platform: Platform, long: bytes
) -> None:
    steps = Steps()
    with pytest.raises(Killed):
        content = PostContent(WORDS, video=video_of(long, killed_at=PIECE + 1))
        connector(platforms, platform).publish(content, steps=steps)
    assert world.posts(platform) == [] and not steps.get(STEP_POSTING)
    read: list[int] = []
    whole = video_of(long)

    def watched(start: int, most: int) -> bytes:
        read.append(start)
        return whole.read(start, most)

    content = PostContent(WORDS, video=replace(whole, read=watched))
    connector(platforms, platform).publish(content, steps=steps)
    assert min(read) > 0, "what had arrived was sent again"
    (video,) = shown(world, platform)
    assert world.video_data(platform, video, 0, len(long)) == long


@EACH
def test_a_post_whose_answer_was_lost_is_found_and_not_made_twice(
    platforms: PracticePlatforms, world: World, platform: Platform, small: bytes
) -> None:
    class Losing(Steps):
        """From the mark of the one request on, the platform answers nothing."""

        def put(self, key: str, value: str) -> None:
            super().put(key, value)
            if key == STEP_POSTING and value:
                world.faults.set(platform, OperationKind.PUBLISH, FaultRule(Fault.RESET_AFTER, next_n=1))

    steps = Losing()
    content = PostContent(WORDS, video=video_of(small))
    if platform is Platform.X:
        # X can't be asked what became of a request: the account's own posts are read elsewhere.
        with pytest.raises(OutcomeUnknown):
            connector(platforms, platform).publish(content, steps=steps)
        with pytest.raises(OutcomeUnknown):
            connector(platforms, platform).publish(content, steps=steps)
    else:
        post = connector(platforms, platform).publish(content, steps=steps)
        again = connector(platforms, platform).publish(content, steps=steps)
        assert again.platform_id == post.platform_id == world.posts(platform)[0].id
    assert len(world.posts(platform)) == 1


@EACH
def test_a_platform_that_stumbles_during_the_upload_gets_the_rest_later(
    platforms: PracticePlatforms, world: World, platform: Platform, long: bytes
) -> None:
    steps = Steps()
    content = PostContent(WORDS, video=video_of(long))
    acting = connector(platforms, platform)
    for fault in (Fault.ERROR_503, Fault.RESET_AFTER, Fault.RESET_BEFORE, Fault.EMPTY):
        world.faults.set(platform, OperationKind.PUBLISH, FaultRule(fault, next_n=1))
        with pytest.raises(ConnectorUnavailable):
            acting.publish(content, steps=steps)
    for _ in range(5):
        try:
            acting.publish(content, steps=steps)
            break
        except ConnectorUnavailable as error:
            assert error.code in {"upload", "EXPIRED", "in_progress"}
    (video,) = shown(world, platform)
    assert world.video_data(platform, video, 0, len(long)) == long


@EACH
def test_what_a_platform_does_not_take_is_refused_before_anything_is_sent(
    server: Scripted, platform: Platform, small: bytes
) -> None:
    at = {Platform.X: x_at, Platform.FACEBOOK: facebook_at, Platform.INSTAGRAM: instagram_at}
    acting: Connector = at[platform](server.url)
    video = video_of(small)
    limits = acting.limits.video
    for wrong in (
        replace(video, seconds=limits.seconds_max + 1),
        replace(video, seconds=limits.seconds_min / 2),
        replace(video, size=limits.bytes_max + 1),
    ):
        with pytest.raises(ConnectorRefused, match="video"):
            acting.publish(PostContent(WORDS, video=wrong), steps=Steps())
    picture = Picture(b"x", "image/jpeg", "A picture")
    with pytest.raises(ConnectorRefused, match="not both"):
        acting.publish(PostContent(WORDS, (picture,), video=video), steps=Steps())
    assert server.received == []


def test_a_broken_video_is_refused_by_each_platform(
    platforms: PracticePlatforms, world: World, small: bytes
) -> None:
    half = video_of(small)
    cut = small[: len(small) // 2]
    broken = replace(half, size=len(cut), read=lambda start, most: cut[start : start + most])
    for platform in Platform:
        with pytest.raises(ConnectorRefused):
            connector(platforms, platform).publish(PostContent(WORDS, video=broken), steps=Steps())
        assert world.posts(platform) == []


@pytest.fixture(scope="module")
def description() -> OpenAPI:
    spec = json.loads(needed("x-openapi.json").read_text())
    for name in ("UserToken", "OAuth2UserToken"):
        spec["components"]["securitySchemes"][name] = {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
        }
    # It demands a "type" that it doesn't describe and that none of X's examples has.
    del spec["components"]["schemas"]["ProcessingInfo"]["required"]
    return OpenAPI.from_dict(spec, config=Config())


def test_requests_and_answers_are_as_x_describes_them(
    platforms: PracticePlatforms, server: Scripted, description: OpenAPI, small: bytes
) -> None:
    answers: list[tuple[Received, dict[str, Any]]] = []

    def relayed(request: Received) -> Any:
        said = _practice_answer(platforms.world, request, small)
        answers.append((request, said))
        return answer(said, 201 if request.path == "/2/tweets" else 200)

    server.script = relayed
    x_at(server.url, timeout=20.0).publish(PostContent(WORDS, video=video_of(small)), steps=Steps())
    paths = [request.path for request, _ in answers]
    assert paths[0].endswith("/initialize") and paths[-1] == "/2/tweets" and len(paths) >= 5
    for request, said in answers:
        asked = as_described(_as_json(request))
        description.validate_request(asked)
        status = 201 if request.path == "/2/tweets" else 200
        plain = MockResponse(json.dumps(said).encode(), status, content_type="application/json")
        description.validate_response(asked, plain)


def _as_json(request: Received) -> Received:
    """A piece's form as the JSON that X describes beside it: openapi-core leaves a form's fields as bytes."""
    if not request.path.endswith("/append"):
        return request
    environ = EnvironBuilder(method="POST", data=request.body, headers=dict(request.headers)).get_environ()
    form = Request(environ)
    body = {
        "media": base64.b64encode(form.files["media"].read(64)).decode(),
        "segment_index": form.form["segment_index"],
    }
    return replace(
        request,
        body=json.dumps(body).encode(),
        headers={**request.headers, "content-type": "application/json"},
    )


def _practice_answer(world: World, request: Received, data: bytes) -> dict[str, Any]:
    """What the practice X says to a request, taken from its own code, without its signature's check."""
    server = XServer(world)
    body = request.body
    with server.app.test_request_context(
        request.target,
        method=request.method,
        data=body,
        headers={"content-type": request.headers.get("content-type", "")},
    ):
        media_id = request.path.split("/")[4] if request.path.count("/") == 5 else ""
        if request.path == "/2/tweets":
            # Its video has to be ready, for which the real one lets a moment pass.
            return server.create()
        act: dict[str, Callable[[], dict[str, Any]]] = {
            "initialize": server.begin_upload,
            "append": lambda: server.append(media_id),
            "finalize": lambda: server.close_upload(media_id),
            "upload": server.upload_status,
        }
        return act[request.path.rsplit("/", 1)[-1]]()
