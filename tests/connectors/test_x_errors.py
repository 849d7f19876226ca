"""What the X connector makes of refusals, faults and silence (PLATFORMS.md section 5)."""

from __future__ import annotations

import time

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
    NotSupported,
    OutcomeUnknown,
    OutOfCredit,
    RateLimited,
    Span,
)
from connectors.x import XConnector
from tests.connectors.scripted import Reply, Scripted, Steps, answer, x_at

HTML = Reply(502, b"<html><body>Bad gateway</body></html>", {"content-type": "text/html"})
POST = PostContent("Sports day is on Friday.")


def problem(
    status: int, kind: str = "about:blank", title: str = "", detail: str = "", **headers: str
) -> Reply:
    body = {"title": title, "detail": detail, "type": kind, "status": status}
    return answer(body, status, **headers)


REFUSALS = [
    pytest.param(problem(401, title="Unauthorized"), CredentialsDead, id="401"),
    pytest.param(
        answer({"errors": [{"code": 89, "message": "Invalid or expired token."}]}, 401),
        CredentialsDead,
        id="89",
    ),
    pytest.param(
        problem(402, "https://api.x.com/2/problems/credits-depleted", "CreditsDepleted"),
        OutOfCredit,
        id="402",
    ),
    pytest.param(
        problem(403, detail="You are not allowed to create a Tweet with duplicate content."),
        DuplicatePost,
        id="duplicate",
    ),
    pytest.param(
        answer({"errors": [{"code": 187, "message": "Status is a duplicate."}]}, 403), DuplicatePost, id="187"
    ),
    pytest.param(
        answer({"errors": [{"code": 453, "message": "You currently have access to a subset"}]}, 403),
        NotAllowed,
        id="453",
    ),
    pytest.param(
        problem(403, "https://api.twitter.com/2/problems/client-forbidden", "Client Forbidden"),
        NotAllowed,
        id="client",
    ),
    pytest.param(
        problem(403, detail="Reply to this conversation is not allowed because …"), NotAllowed, id="reply"
    ),
    pytest.param(
        problem(400, "https://api.twitter.com/2/problems/invalid-request"), ConnectorRefused, id="400"
    ),
    pytest.param(
        answer({"errors": [{"message": "m"}], "title": "Invalid Request"}, 400), ConnectorRefused, id="list"
    ),
    pytest.param(problem(403, detail="Your Tweet text is too long."), ConnectorRefused, id="too-long"),
    pytest.param(Reply(404, b""), ConnectorRefused, id="404-for-a-new-post"),
]


@pytest.mark.parametrize(("reply", "error"), REFUSALS)
def test_a_definite_refusal_says_that_nothing_was_posted(
    server: Scripted, x: XConnector, steps: Steps, reply: Reply, error: type[ConnectorError]
) -> None:
    server.answers(reply)
    with pytest.raises(error) as caught:
        x.publish(POST, steps=steps)
    assert type(caught.value) is error
    assert len(server.received) == 1
    # Nothing was posted, so the same publication may be tried again.
    assert not steps.get("posting")


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(problem(500), id="500"),
        pytest.param(problem(503), id="503"),
        pytest.param(HTML, id="html"),
        pytest.param(Reply(502, b""), id="empty-502"),
        pytest.param(Reply(201, b'{"data":{"id":"1"'), id="broken-json"),
        pytest.param(Reply(201, b""), id="empty"),
        pytest.param(answer([], 201), id="array"),
        pytest.param(answer(["m"], 400), id="400-array"),
        pytest.param(answer({"errors": "odd"}, 400), id="400-odd"),
        pytest.param(answer({"errors": None, "detail": 5}, 400), id="400-null"),
        pytest.param(problem(400, detail="Something went wrong."), id="400-unexplained"),
        pytest.param(answer({"data": {}}, 201), id="no-id"),
        pytest.param(Reply(201, b"[" * 100_000), id="nested"),
        pytest.param(Reply(302, b"", {"location": "/elsewhere"}), id="redirect"),
        pytest.param(Reply(fault="reset"), id="reset-after-sending"),
        pytest.param(Reply(201, b'{"data":{"id":"17","text":"t"}}', fault="truncate"), id="truncated"),
        pytest.param(Reply(fault="hang"), id="hang"),
    ],
)
def test_what_may_have_been_posted_is_unknown_and_never_sent_again(
    server: Scripted, steps: Steps, reply: Reply
) -> None:
    x = x_at(server.url, timeout=0.5)
    server.answers(reply)
    with pytest.raises(OutcomeUnknown):
        x.publish(POST, steps=steps)
    assert len(server.received) == 1
    with pytest.raises(OutcomeUnknown):
        x.publish(POST, steps=steps)
    assert len(server.received) == 1
    with pytest.raises(OutcomeUnknown):
        x.reply("17", "Thank you.")


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(problem(500), id="500"),
        pytest.param(HTML, id="html"),
        pytest.param(Reply(200, b'{"data":'), id="broken-json"),
        pytest.param(Reply(200, b""), id="empty"),
        pytest.param(answer(["data"]), id="array"),
        pytest.param(answer("text"), id="string"),
        pytest.param(Reply(fault="reset"), id="reset"),
        pytest.param(Reply(200, b'{"data":[]}', fault="truncate"), id="truncated"),
        pytest.param(Reply(200, b"{}", {"content-encoding": "gzip"}), id="not-gzip"),
    ],
)
def test_a_read_or_a_hide_that_fails_in_passing_may_be_repeated(
    server: Scripted, x: XConnector, reply: Reply
) -> None:
    server.answers(reply)
    for act in (
        lambda: x.fetch_comments(post_platform_id=None, since=None, cursor=None),
        lambda: x.set_hidden("17", True),
        lambda: x.mute("17"),
        lambda: x.delete_post("17"),
        x.probe,
    ):
        with pytest.raises(ConnectorUnavailable) as caught:
            act()
        assert not isinstance(caught.value, RateLimited)


def test_a_refused_connection_means_that_nothing_was_posted(refused_url: str, steps: Steps) -> None:
    x = x_at(refused_url)
    with pytest.raises(ConnectorUnavailable):
        x.publish(POST, steps=steps)
    assert not steps.get("posting")
    with pytest.raises(ConnectorUnavailable):
        x.reply("17", "Thank you.")
    assert [record.status for record in x.calls()] == [0, 0]


def test_an_unknown_host_means_that_nothing_was_posted(steps: Steps) -> None:
    with pytest.raises(ConnectorUnavailable):
        x_at("http://nowhere.invalid").publish(POST, steps=steps)


def test_429_waits_for_the_reset_in_the_platforms_own_time(server: Scripted, x: XConnector) -> None:
    # The server's clock is a year off: the wait is still half a minute.
    server.answers(
        answer(
            {"title": "Too Many Requests", "status": 429},
            429,
            x_rate_limit_reset="1700000030",
            x_rate_limit_remaining="0",
            date="Tue, 14 Nov 2023 22:13:20 GMT",
        )
    )
    with pytest.raises(RateLimited) as caught:
        x.probe()
    assert caught.value.retry_after == pytest.approx(31, abs=1)
    (record,) = x.calls()
    assert (record.operation, record.status, record.remaining) == ("me", 429, 0)
    assert record.reset_at is not None


@pytest.mark.parametrize("reset", ["1e18", "9" * 300, "-5", "0"])
def test_429_with_an_absurd_reset_waits_a_week_at_most(server: Scripted, x: XConnector, reset: str) -> None:
    server.answers(answer({}, 429, x_rate_limit_reset=reset, retry_after=reset))
    with pytest.raises(RateLimited) as caught:
        x.probe()
    assert caught.value.retry_after is not None
    assert 1 <= caught.value.retry_after <= 7 * 24 * 3600


@pytest.mark.parametrize("headers", [{}, {"x_rate_limit_reset": "soon"}])
def test_429_without_a_usable_reset_waits_a_minute(
    server: Scripted, x: XConnector, headers: dict[str, str]
) -> None:
    server.answers(answer({"errors": [{"code": 88, "message": "Rate limit exceeded"}]}, 429, **headers))
    with pytest.raises(RateLimited) as caught:
        x.set_hidden("17", True)
    assert caught.value.retry_after == 60
    # tweepy's own way would have asked again at once, again and again.
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("body", "headers", "span", "wait"),
    [
        ({}, {"x_rate_limit_reset": "1700000600"}, Span.WINDOW, 601),
        (
            {},
            {
                "x_rate_limit_reset": "1700000600",
                "x_app_limit_24hour_remaining": "0",
                "x_app_limit_24hour_reset": "1700030000",
            },
            Span.DAY,
            30_001,
        ),
        ({"title": "UsageCapExceeded", "period": "Daily", "scope": "Product"}, {}, Span.DAY, 3600),
        ({"title": "UsageCapExceeded", "period": "Monthly", "scope": "Account"}, {}, Span.MONTH, 86_400),
    ],
)
def test_the_limits_of_the_window_the_day_and_the_month_are_different(
    server: Scripted,
    x: XConnector,
    body: dict[str, object],
    headers: dict[str, str],
    span: Span,
    wait: float,
) -> None:
    server.answers(answer(body, 429, date="Tue, 14 Nov 2023 22:13:20 GMT", **headers))
    with pytest.raises(RateLimited) as caught:
        x.probe()
    assert (caught.value.span, caught.value.retry_after) == (span, wait)


def test_429_for_a_post_is_a_definite_no(server: Scripted, x: XConnector, steps: Steps) -> None:
    server.answers(answer({}, 429), answer({"data": {"id": "17", "text": POST.text}}, 201))
    with pytest.raises(RateLimited):
        x.publish(POST, steps=steps)
    assert x.publish(POST, steps=steps).platform_id == "17"


def test_the_daily_limit_counts_when_it_is_used_up(server: Scripted, x: XConnector, steps: Steps) -> None:
    now = time.time()
    server.answers(
        answer(
            {},
            429,
            x_rate_limit_reset=str(int(now + 60)),
            x_app_limit_24hour_remaining="0",
            x_app_limit_24hour_reset=str(int(now + 7200)),
        )
    )
    with pytest.raises(RateLimited) as caught:
        x.publish(POST, steps=steps)
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 7100


def test_errors_beside_status_200_are_seen(server: Scripted, x: XConnector) -> None:
    gone = {
        "errors": [
            {"type": "https://api.twitter.com/2/problems/resource-not-found", "title": "Not Found Error"}
        ]
    }
    server.answers(answer(gone))
    with pytest.raises(Gone):
        x.set_hidden("17", True)
    with pytest.raises(Gone):
        x.delete_post("17")


def test_404_for_an_object_means_gone(server: Scripted, x: XConnector) -> None:
    server.answers(problem(404, title="Not Found"))
    with pytest.raises(Gone):
        x.delete_post("17")


def test_replying_to_a_deleted_post_means_gone(server: Scripted, x: XConnector) -> None:
    server.answers(
        problem(403, detail="You attempted to reply to a Tweet that is deleted or not visible to you.")
    )
    with pytest.raises(Gone):
        x.reply("17", "Thank you.")


def test_an_act_that_x_took_but_did_not_do_is_refused(server: Scripted, x: XConnector) -> None:
    server.answers(answer({"data": {"hidden": False}}))
    with pytest.raises(ConnectorRefused):
        x.set_hidden("17", True)


@pytest.mark.parametrize("fault", ["drip", "drip_headers"])
def test_an_answer_that_drips_is_cut_at_the_time_limit(server: Scripted, fault: str) -> None:
    x = x_at(server.url, timeout=0.6)
    server.answers(Reply(200, b'{"data":' + b" " * 500 + b"{}}", fault=fault))
    began = time.monotonic()
    with pytest.raises(ConnectorUnavailable):
        x.probe()
    assert time.monotonic() - began < 2


def test_an_answer_too_large_to_be_true_is_not_read(server: Scripted, x: XConnector) -> None:
    server.answers(Reply(200, b'{"data":"' + b"a" * (9 * 1024 * 1024) + b'"}'))
    with pytest.raises(ConnectorUnavailable, match="too large"):
        x.probe()


def test_what_x_does_not_offer_is_refused_without_a_request(server: Scripted, x: XConnector) -> None:
    for act in (
        lambda: x.delete_comment("17"),
        lambda: x.block("17"),
        lambda: x.unblock("17"),
        lambda: x.follow_requests(cursor=None),
        lambda: x.decide_follow_request("17", True),
        lambda: x.remove_follower("17"),
    ):
        with pytest.raises(NotSupported):
            act()
    assert server.received == []


def test_an_id_that_would_change_the_address_is_refused_without_a_request(
    server: Scripted, x: XConnector
) -> None:
    for platform_id in ("", "../users/me", "17?x=1", "17/hidden", "1 7"):
        with pytest.raises(ConnectorRefused):
            x.set_hidden(platform_id, True)
    assert server.received == []
