"""The practice platforms misbehave when they are told to, in the ways that real ones do."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import facebook
import pytest
import requests
import tweepy

from connectors.practice.faults import ActiveFault, Fault, FaultRule, OperationKind
from connectors.practice.servers import PracticePlatforms
from connectors.practice.world import World
from school.errors import BadInput
from tests.connectors.practice.conftest import Redirected

TOOK_EFFECT = [Fault.RESET_AFTER, Fault.TRUNCATED, Fault.JSON_ARRAY, Fault.EMPTY, Fault.ERROR_AFTER]
NOTHING_DONE = [
    Fault.RESET_BEFORE,
    Fault.RATE_LIMIT,
    Fault.RATE_LIMIT_NO_RESET,
    Fault.ERROR_500,
    Fault.ERROR_503,
    Fault.HTML_502,
    Fault.DEAD_TOKEN,
]


@pytest.mark.parametrize("fault", TOOK_EFFECT)
def test_on_x_the_post_is_there_although_the_answer_is_not(
    x: tweepy.Client, world: World, fault: Fault
) -> None:
    world.faults.set("x", "publish", FaultRule(fault, next_n=1))
    with pytest.raises((tweepy.TweepyException, requests.RequestException, AttributeError)):
        x.create_tweet(text="Snow: we are closed today")
    assert [post.text for post in world.posts("x")] == ["Snow: we are closed today"]
    assert x.get_tweet(world.posts("x")[0].id, user_auth=True)["data"]["text"] == "Snow: we are closed today"


@pytest.mark.parametrize("fault", [*NOTHING_DONE, Fault.OUT_OF_CREDIT])
def test_on_x_nothing_is_there(x: tweepy.Client, world: World, fault: Fault) -> None:
    world.faults.set("x", "publish", FaultRule(fault, next_n=1))
    with pytest.raises((tweepy.TweepyException, requests.RequestException)):
        x.create_tweet(text="Snow: we are closed today")
    assert world.posts("x") == []
    x.create_tweet(text="Snow: we are closed today")


@pytest.mark.parametrize("fault", TOOK_EFFECT)
def test_on_the_page_the_post_is_there(graph: facebook.GraphAPI, world: World, fault: Fault) -> None:
    world.faults.set("facebook", "publish", FaultRule(fault, next_n=1))
    try:
        answer: Any = graph.put_object(world.school("facebook").id, "feed", message="Snow")
    except (facebook.GraphAPIError, requests.RequestException):
        answer = None
    assert not isinstance(answer, dict)
    assert [post.text for post in world.posts("facebook")] == ["Snow"]


@pytest.mark.parametrize("fault", NOTHING_DONE)
def test_on_the_page_nothing_is_there(graph: facebook.GraphAPI, world: World, fault: Fault) -> None:
    world.faults.set("facebook", "publish", FaultRule(fault, next_n=1))
    with pytest.raises((facebook.GraphAPIError, requests.RequestException)):
        graph.put_object(world.school("facebook").id, "feed", message="Snow")
    assert world.posts("facebook") == []


def test_a_reset_is_a_reset(x: tweepy.Client, world: World) -> None:
    world.faults.set("x", "all", FaultRule(Fault.RESET_BEFORE, next_n=1))
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        x.get_me()


def test_what_the_errors_say(
    graph: facebook.GraphAPI, x: tweepy.Client, session: Redirected, world: World
) -> None:
    world.faults.set("facebook", "read", FaultRule(Fault.DEAD_TOKEN, next_n=1))
    with pytest.raises(facebook.GraphAPIError) as dead:
        graph.get_object("me")
    assert (dead.value.code, dead.value.result["error"]["error_subcode"]) == (190, 463)
    world.faults.set("facebook", "read", FaultRule(Fault.RATE_LIMIT, next_n=1, seconds=600))
    with pytest.raises(facebook.GraphAPIError) as slow:
        graph.get_object("me")
    usage = graph.session.answers[-1].headers["X-Business-Use-Case-Usage"]
    assert slow.value.code == 32 and '"estimated_time_to_regain_access": 10' in usage
    world.faults.set("x", "read", FaultRule(Fault.RATE_LIMIT, next_n=1, seconds=60))
    with pytest.raises(tweepy.TooManyRequests) as limited:
        x.get_me()
    assert 50 <= limited.value.reset_time - time.time() <= 61
    world.faults.set("x", "read", FaultRule(Fault.RATE_LIMIT_NO_RESET, next_n=1))
    with pytest.raises(tweepy.TooManyRequests) as unknown:
        x.get_me()
    assert unknown.value.reset_time is None
    world.faults.set("x", "read", FaultRule(Fault.OUT_OF_CREDIT, next_n=1))
    with pytest.raises(tweepy.HTTPException) as poor:
        x.get_me()
    assert poor.value.response.json()["title"] == "CreditsDepleted"


def test_a_fault_hits_only_its_platform_and_kind(
    graph: facebook.GraphAPI, x: tweepy.Client, world: World
) -> None:
    instagram = world.school("instagram").id
    world.faults.set("instagram", OperationKind.READ, FaultRule(Fault.ERROR_500))
    world.faults.set("x", OperationKind.ACTION, FaultRule(Fault.ERROR_500))
    with pytest.raises(facebook.GraphAPIError):
        graph.get_object(instagram)
    assert graph.get_object("me")["id"] == world.school("facebook").id
    post = x.create_tweet(text="Hello")["data"]["id"]
    with pytest.raises(tweepy.TwitterServerError):
        x.delete_tweet(post)
    world.faults.clear("x")
    x.delete_tweet(post)
    assert [active.platform for active in world.faults.current()] == ["instagram"]


def test_a_late_answer_comes_late_and_may_go_wrong_as_well(x: tweepy.Client, world: World) -> None:
    world.faults.set("x", "read", FaultRule(Fault.DELAY, next_n=1, seconds=0.3))
    world.faults.set("x", "read", FaultRule(Fault.ERROR_503, next_n=1))
    began = time.monotonic()
    with pytest.raises(tweepy.TwitterServerError):
        x.get_me()
    assert time.monotonic() - began >= 0.3
    assert world.faults.current() == []


def test_switches_count_down_and_outlive_a_restart(tmp_path: Path) -> None:
    with PracticePlatforms(tmp_path, pace=None, earlier_life=False) as first:
        first.world.faults.set("x", "all", FaultRule(Fault.HTML_502, probability=0.5))
        first.world.faults.set("facebook", "read", FaultRule(Fault.EMPTY, next_n=2))
        requests.get(f"{first.graph_url}/v24.0/me", timeout=5)
    with PracticePlatforms(tmp_path, pace=None, earlier_life=False) as second:
        assert second.world.faults.current() == [
            ActiveFault(
                second.world.school("facebook").platform, OperationKind.READ, FaultRule(Fault.EMPTY, 1.0, 1)
            ),
            ActiveFault(second.world.school("x").platform, OperationKind.ALL, FaultRule(Fault.HTML_502, 0.5)),
        ]
        second.world.faults.clear()
        assert second.world.faults.current() == []


def test_a_probability_hits_some(world: World, x: tweepy.Client) -> None:
    world.faults.set("x", "read", FaultRule(Fault.ERROR_503, probability=0.5))
    failed = 0
    for _ in range(40):
        try:
            x.get_me()
        except tweepy.TwitterServerError:
            failed += 1
    assert 5 <= failed <= 35


@pytest.mark.parametrize(
    ("platform", "rule", "field"),
    [
        ("x", FaultRule(Fault.DELAY, probability=0), "probability"),
        ("x", FaultRule(Fault.DELAY, next_n=0), "next_n"),
        ("x", FaultRule(Fault.DELAY, seconds=-1), "seconds"),
        ("facebook", FaultRule(Fault.OUT_OF_CREDIT), "fault"),
    ],
)
def test_senseless_switches_are_refused(world: World, platform: str, rule: FaultRule, field: str) -> None:
    with pytest.raises(BadInput) as refusal:
        world.faults.set(platform, "all", rule)
    assert refusal.value.field == field
