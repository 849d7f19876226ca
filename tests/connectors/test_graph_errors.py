"""What the Graph connectors make of refusals, faults and silence (PLATFORMS.md section 5)."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from typing import Any

import pytest

from connectors.base import PostContent
from connectors.errors import (
    ConnectorError,
    ConnectorRefused,
    ConnectorUnavailable,
    CredentialsDead,
    DuplicatePost,
    Gone,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
)
from connectors.facebook import FacebookConnector
from connectors.instagram import InstagramConnector
from tests.connectors.scripted import (
    GRAPH_SECRETS,
    Received,
    Reply,
    Scripted,
    Steps,
    answer,
    facebook_at,
    instagram_at,
)

POST = PostContent("Sports day is on Friday.")
HTML = Reply(502, b"<html>Bad gateway</html>", {"content-type": "text/html"})


def error(
    code: int, subcode: int | None = None, status: int = 400, headers: Any = None, **more: Any
) -> Reply:
    body = {"message": "m", "type": "OAuthException", "code": code, "fbtrace_id": "A"} | more
    if subcode is not None:
        body["error_subcode"] = subcode
    return answer({"error": body}, status, **(headers or {}))


DEFINITE = [
    (error(190, 463, 401), CredentialsDead, "190/463"),
    (error(190, 460), CredentialsDead, "190/460"),
    (error(102), CredentialsDead, "102"),
    (error(10, 459), CredentialsDead, "10/459"),
    (error(10), NotAllowed, "10"),
    (error(3), NotAllowed, "3"),
    (error(200, status=403), NotAllowed, "200"),
    (error(299), NotAllowed, "299"),
    (error(100, 33), Gone, "100/33"),
    (error(100), ConnectorRefused, "100"),
    (error(506), DuplicatePost, "506"),
    (error(368, 1390008), RateLimited, "368/1390008"),
    (error(4), RateLimited, "4"),
    (error(32), RateLimited, "32"),
    (error(613), RateLimited, "613"),
    (error(80001), RateLimited, "80001"),
    (error(9, 2207042), RateLimited, "9/2207042"),
    (error(9007, 2207027), ConnectorUnavailable, "9007/2207027"),
    (error(9004, 2207052), ConnectorUnavailable, "9004/2207052"),
    (error(3801), ConnectorRefused, "3801"),
    (answer({"error": {"code": "odd", "message": 5}}, 400), ConnectorRefused, "400"),
    (answer([1, 2], 400), ConnectorRefused, "400"),
    (Reply(429, b""), RateLimited, "429"),
    (Reply(403, b"<html>blocked by the filter</html>"), ConnectorUnavailable, "403"),
]


@pytest.mark.parametrize(
    ("reply", "kind", "code"), DEFINITE, ids=[f"{c}-{i}" for i, (_, _, c) in enumerate(DEFINITE)]
)
def test_a_definite_refusal_says_that_nothing_was_posted(
    server: Scripted,
    facebook: FacebookConnector,
    steps: Steps,
    reply: Reply,
    kind: type[ConnectorError],
    code: str,
) -> None:
    server.answers(reply)
    with pytest.raises(kind) as caught:
        facebook.publish(POST, steps=steps)
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert not steps.get("posting")
    assert len(server.received) == 1
    with pytest.raises(kind):
        facebook.set_hidden("1_2", True)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(error(1), id="1"),
        pytest.param(error(2, status=500), id="2"),
        pytest.param(error(190, 460, status=500), id="any-code-with-500"),
        pytest.param(error(100, is_transient=True), id="is_transient"),
        pytest.param(HTML, id="html"),
        pytest.param(Reply(503, b""), id="empty-503"),
        pytest.param(Reply(200, b""), id="empty"),
        pytest.param(Reply(400, b'{"error": {"message": "The picture cou'), id="400-that-breaks-off"),
        pytest.param(Reply(200, b'{"id":"1_2'), id="broken-json"),
        pytest.param(answer([]), id="array"),
        pytest.param(answer({"post": "1_2"}), id="no-id"),
        pytest.param(Reply(200, b'{"id":"1_2"}', fault="truncate"), id="truncated"),
        pytest.param(Reply(fault="reset"), id="reset-after-sending"),
        pytest.param(Reply(fault="hang"), id="hang"),
    ],
)
def test_what_may_have_been_posted_is_unknown_and_never_sent_again(
    server: Scripted, steps: Steps, reply: Reply
) -> None:
    facebook = facebook_at(server.url, timeout=0.5)
    server.answers(reply)
    with pytest.raises(OutcomeUnknown):
        facebook.publish(POST, steps=steps)
    with pytest.raises(OutcomeUnknown):
        facebook.publish(POST, steps=steps)
    assert len(server.received) == 1
    for connector in (facebook, instagram_at(server.url, timeout=0.5)):
        with pytest.raises(OutcomeUnknown):
            connector.reply("1_2", "Thank you.")


@pytest.mark.parametrize(
    "reply",
    [
        error(1),
        error(2, status=500),
        HTML,
        Reply(503, b""),
        Reply(200, b""),
        answer([]),
        Reply(fault="reset"),
    ],
    ids=["1", "2", "html", "empty-503", "empty", "array", "reset"],
)
def test_a_read_or_a_hide_that_fails_in_passing_may_be_repeated(
    server: Scripted, facebook: FacebookConnector, instagram: InstagramConnector, reply: Reply
) -> None:
    server.answers(reply)
    for connector in (facebook, instagram):
        for act in (
            lambda c: c.fetch_comments(post_platform_id="1_2", since=None, cursor=None),
            lambda c: c.set_hidden("1_2", True),
            lambda c: c.delete_comment("1_2"),
            lambda c: c.delete_post("1_2"),
            lambda c: c.vanished(["1_2"]),
            lambda c: c.probe(),
        ):
            with pytest.raises(ConnectorUnavailable) as caught:
                act(connector)
            assert not isinstance(caught.value, RateLimited)


def test_a_refused_connection_means_that_nothing_was_posted(refused_url: str, steps: Steps) -> None:
    with pytest.raises(ConnectorUnavailable):
        facebook_at(refused_url).publish(POST, steps=steps)
    assert not steps.get("posting")


def test_the_platform_says_how_long_to_wait(server: Scripted, facebook: FacebookConnector) -> None:
    usage = json.dumps(
        {"1122334455": [{"type": "pages", "call_count": 97, "estimated_time_to_regain_access": 19}]}
    )
    server.answers(error(80001, headers={"x_business_use_case_usage": usage}))
    with pytest.raises(RateLimited) as caught:
        facebook.probe()
    assert caught.value.retry_after == 19 * 60
    (record,) = facebook.calls()
    assert (record.status, record.remaining) == (400, 3)
    assert record.reset_at is not None


@pytest.mark.parametrize("usage", ["", "not json", "[]", '{"a":"b"}', '{"1":[{"call_count":"many"}]}'])
def test_without_a_usable_wait_it_is_a_quarter_of_an_hour(
    server: Scripted, facebook: FacebookConnector, usage: str
) -> None:
    server.answers(error(17, headers={"x_business_use_case_usage": usage}))
    with pytest.raises(RateLimited) as caught:
        facebook.probe()
    assert caught.value.retry_after == 15 * 60
    assert facebook.calls()[0].remaining is None


def test_success_false_is_a_refusal(server: Scripted, facebook: FacebookConnector) -> None:
    server.answers(answer({"success": False}))
    with pytest.raises(ConnectorRefused):
        facebook.set_hidden("1_2", True)
    server.answers(Reply(200, b"true"))
    facebook.set_hidden("1_2", True)


def test_the_token_travels_in_the_header_with_its_proof(
    server: Scripted, facebook: FacebookConnector
) -> None:
    server.answers(answer({"success": True, "id": "1_2"}))
    facebook.probe()
    facebook.set_hidden("1_2", True)
    facebook.delete_comment("1_2")
    token, secret = GRAPH_SECRETS["page_access_token"], GRAPH_SECRETS["app_secret"]
    proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    get, post, delete = server.received
    for request in server.received:
        assert request.headers["authorization"] == f"Bearer {token}"
        assert token not in request.target
        assert token.encode() not in request.body
    assert get.path == f"/v24.0/{GRAPH_SECRETS['page_id']}"
    assert (
        get.query["appsecret_proof"]
        == delete.query["appsecret_proof"]
        == post.form["appsecret_proof"]
        == proof
    )


def test_the_token_may_travel_as_a_parameter(server: Scripted) -> None:
    server.answers(answer({"success": True, "id": "1_2"}))
    facebook = facebook_at(server.url + "/graph/", graph_token_in="form", graph_version="v26.0")
    facebook.probe()
    facebook.set_hidden("1_2", True)
    get, post = server.received
    token = GRAPH_SECRETS["page_access_token"]
    assert get.path.startswith("/graph/v26.0/")
    assert get.query["access_token"] == post.form["access_token"] == token
    assert "access_token" not in post.target
    assert "authorization" not in get.headers


@pytest.mark.parametrize("place", ["header", "form"])
def test_p11_no_secret_is_in_an_error_or_a_log(
    server: Scripted, refused_url: str, steps: Steps, caplog: pytest.LogCaptureFixture, place: str
) -> None:
    caplog.set_level(logging.DEBUG)

    def echo(request: Received) -> Reply:
        told = f"{request.target} {request.headers} {request.body!r}"
        return error(100, message=told, error_user_msg=told)

    server.script = echo
    for url in (server.url, refused_url, "http://nowhere.invalid", "http://[broken"):
        for connector in (facebook_at(url, graph_token_in=place), instagram_at(url, graph_token_in=place)):
            for act in (
                lambda c: c.probe(),
                lambda c: c.delete_post("1_2"),
                lambda c: c.reply("1_2", "Thanks"),
            ):
                with pytest.raises(ConnectorError) as caught:
                    act(connector)
                said = f"{caught.value!r} {caught.value} {caught.value.code} {caught.value.__context__!r}"
                assert "SECRET" not in said
                assert "appsecret" not in said
                assert "127.0.0.1" not in said
    assert "SECRET" not in caplog.text
