"""Every answer of the practice X against X's own description of its API (contracts/x-openapi.json)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
import tweepy
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockResponse

from connectors.practice.faults import Fault, FaultRule
from connectors.practice.servers import PracticePlatforms
from connectors.practice.world import World
from connectors.practice.x_parameters import (
    MEDIA_FIELDS,
    TWEET_EXPANSIONS,
    TWEET_FIELDS,
    USER_EXPANSIONS,
    USER_FIELDS,
)
from tests.connectors.contracts import needed
from tests.connectors.practice.conftest import Redirected


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(needed("x-openapi.json").read_text())
    # openapi-core knows neither OAuth 1.0a nor 2.0; the signature is proved in test_x_server.py.
    for name in ("UserToken", "OAuth2UserToken"):
        found["components"]["securitySchemes"][name] = {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
        }
    return found


@pytest.fixture(scope="module")
def description(spec: dict[str, Any]) -> OpenAPI:
    return OpenAPI.from_dict(
        spec, config=Config(extra_media_type_deserializers={"application/problem+json": json.loads})
    )


class _Asked(RequestsOpenAPIRequest):
    """The request as if it had gone to X itself."""

    @property
    def host_url(self) -> str:
        return "https://api.x.com"


Check = Callable[[requests.Response], None]


def _problems_are_whole(body: dict[str, Any], spec: dict[str, Any]) -> None:
    """Each problem has what its own type demands, which openapi-core doesn't look at."""
    schemas = spec["components"]["schemas"]
    mapping = schemas["Problem"]["discriminator"]["mapping"]
    problems = body.get("errors", []) if "data" in body or "title" not in body else [body]
    for problem in problems:
        reference = mapping.get(problem.get("type"))
        if reference is None:
            continue
        for part in schemas[reference.rpartition("/")[2]]["allOf"]:
            assert set(part.get("required", [])) <= set(problem), problem
            for name, shape in part.get("properties", {}).items():
                assert name not in problem or problem[name] in shape.get("enum", [problem[name]]), problem


@pytest.fixture
def check(description: OpenAPI, spec: dict[str, Any]) -> Check:
    def validate(answer: requests.Response) -> None:
        asked = _Asked(answer.request)
        described = RequestsOpenAPIResponse(answer)
        assert isinstance(described.data, bytes)
        if answer.ok:
            description.validate_request(asked)
        plain = MockResponse(
            described.data, described.status_code, content_type=described.content_type.partition(";")[0]
        )
        description.validate_response(asked, plain)
        _problems_are_whole(answer.json(), spec)

    return validate


def test_the_field_lists_are_those_of_the_description(spec: dict[str, Any]) -> None:
    parameters = spec["components"]["parameters"]

    def listed(name: str) -> set[str]:
        return set(parameters[name]["schema"]["items"]["enum"])

    assert listed("TweetFieldsParameter") == TWEET_FIELDS
    assert listed("UserFieldsParameter") == USER_FIELDS
    assert listed("MediaFieldsParameter") == MEDIA_FIELDS
    assert listed("TweetExpansionsParameter") == TWEET_EXPANSIONS
    assert listed("UserExpansionsParameter") == USER_EXPANSIONS


def _lively(
    world: World, x: tweepy.Client, signature: Any, jpeg: bytes, session: Redirected
) -> tuple[str, str]:
    """A post with a picture, a link and a conversation under it; the ids of the post and of a reply."""
    sent = session.post(
        "https://api.x.com/2/media/upload",
        files={"media": ("a.jpg", jpeg, "image/jpeg")},
        data={"media_category": "tweet_image"},
        auth=signature,
    ).json()["data"]["id"]
    session.post(
        "https://api.x.com/2/media/metadata",
        json={"id": sent, "metadata": {"alt_text": {"text": "A blue field"}}},
        auth=signature,
    )
    post = x.create_tweet(
        text="Sports day <Friday> & more: https://larkfield.example/a?b=1", media_ids=[sent]
    )["data"]["id"]
    first = world.say("x", post, "Jo Bloggs", "Lovely & sunny, see https://example.org/weather")
    world.say("x", post, "Al Ampersand", "Agreed", first.id)
    world.edit_comment("x", first.id, "Lovely & sunny!")
    latest = world.comments("x", post_id=post, parent_id="")[0]
    world.say("x", None, "Passer By", "Is @larkfieldschool open on Monday?")
    for number in range(12):
        world.say("x", post, f"Parent {number}", f"Number {number}")
        world.follow("x", f"Follower {number}", bio="Hello <b> & all")
    return post, latest.id


FIELDS: dict[str, Any] = {
    "tweet_fields": sorted(TWEET_FIELDS),
    "user_fields": sorted(USER_FIELDS),
    "media_fields": sorted(MEDIA_FIELDS),
    "expansions": sorted(TWEET_EXPANSIONS),
    "user_auth": True,
}


def test_every_answer_of_the_school_s_calls_is_as_described(
    world: World, x: tweepy.Client, session: Redirected, signature: Any, jpeg: bytes, check: Check
) -> None:
    post, reply = _lively(world, x, signature, jpeg, session)
    me = world.school("x").id
    author = world.comment("x", reply).author.id
    users: dict[str, Any] = {"user_fields": sorted(USER_FIELDS), "user_auth": True}
    x.get_me(**users)
    x.get_user(id=author, **users)
    x.get_user(username="larkfieldschool", **users)
    x.get_users(ids=[me, author, "999"], **users)
    x.get_users(usernames=["larkfieldschool", "nobody_at_all"], **users)
    x.get_users_mentions(me, max_results=5, **FIELDS)
    token = session.answers[-1].json()["meta"]["next_token"]
    x.get_users_mentions(me, max_results=5, pagination_token=token, **FIELDS)
    x.get_users_mentions(me, since_id=str(1 << 62), user_auth=True)
    x.search_recent_tweets(f"conversation_id:{post} is:reply -from:{me}", max_results=10, **FIELDS)
    x.get_users_tweets(me, exclude=["retweets", "replies"], **FIELDS)
    x.get_tweet(post, **FIELDS)
    x.get_tweet("12345", user_auth=True)
    x.get_tweets([post, reply, "12345"], **FIELDS)
    x.get_users_followers(me, max_results=5, **users)
    token = session.answers[-1].json()["meta"]["next_token"]
    x.get_users_followers(me, max_results=5, pagination_token=token, **users)
    x.hide_reply(reply)
    x.unhide_reply(reply)
    x.mute(author)
    x.get_muted(**users)
    x.unmute(author)
    x.get_muted(**users)
    x.get_blocked(**users)
    answered = x.create_tweet(text="Thank you!", in_reply_to_tweet_id=reply)["data"]["id"]
    x.delete_tweet(answered)
    x.delete_tweet(post)
    x.get_tweet(post, user_auth=True)
    assert len(session.answers) == 29
    assert all(answer.ok for answer in session.answers)
    for answer in session.answers:
        check(answer)
        for header in ("limit", "remaining", "reset"):
            assert answer.headers[f"x-rate-limit-{header}"].isdigit()


def test_every_refusal_is_as_described(
    world: World, x: tweepy.Client, session: Redirected, signature: Any, check: Check
) -> None:
    post = x.create_tweet(text="Once")["data"]["id"]
    stranger = world.say("x", post, "Jo", "hello").id
    me = world.school("x").id
    calls: list[tuple[int, Callable[[], object]]] = [
        (403, lambda: x.create_tweet(text="Once")),
        (403, lambda: x.create_tweet(text="long " * 80)),
        (400, lambda: x.create_tweet(text="with", media_ids=["123"])),
        (403, lambda: x.create_tweet(text="to nobody", in_reply_to_tweet_id="123")),
        (403, lambda: x.delete_tweet(stranger)),
        (404, lambda: x.delete_tweet("123")),
        (404, lambda: x.hide_reply("123")),
        (403, lambda: x.hide_reply(post)),
        (404, lambda: x.mute("123")),
        (400, lambda: x.get_users_mentions(me, max_results=3, user_auth=True)),
        (400, lambda: x.get_users_mentions(me, pagination_token="made-up", user_auth=True)),
        (400, lambda: x.search_recent_tweets("near:Leeds cake", user_auth=True)),
        (400, lambda: x.get_tweet("not-a-number", user_auth=True)),
    ]
    for status, call in calls:
        with pytest.raises(tweepy.HTTPException) as refusal:
            call()
        assert refusal.value.response.status_code == status
        check(session.answers[-1])
    unsigned = session.get("https://api.x.com/2/users/me")
    unknown = session.get("https://api.x.com/2/users/me?colour=red", auth=signature)
    assert (unsigned.status_code, unknown.status_code) == (401, 400)
    check(unsigned)
    check(unknown)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.RATE_LIMIT, 429),
        (Fault.RATE_LIMIT_NO_RESET, 429),
        (Fault.ERROR_500, 500),
        (Fault.DEAD_TOKEN, 401),
        (Fault.OUT_OF_CREDIT, 402),
        (Fault.ERROR_AFTER, 400),
    ],
)
def test_refusals_by_fault_are_as_described(
    platforms: PracticePlatforms, session: Redirected, signature: Any, check: Check, fault: Fault, status: int
) -> None:
    platforms.world.faults.set("x", "all", FaultRule(fault, next_n=1))
    answer = session.get("https://api.x.com/2/users/me", auth=signature)
    assert answer.status_code == status
    check(answer)


def test_the_check_notices_an_answer_that_is_not_as_described(
    session: Redirected, signature: Any, check: Check
) -> None:
    answer = session.get("https://api.x.com/2/users/me", auth=signature)
    check(answer)
    for wrong in (
        b'{"data": {"id": "abc", "name": "n", "username": "u"}}',
        b'{"data": {"id": "1", "name": "n"}}',
    ):
        answer._content = wrong
        with pytest.raises(OpenAPIError):
            check(answer)
