"""The practice platforms start fast, keep everything, and keep their secrets to themselves."""

from __future__ import annotations

import os
import socket
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
import tweepy

from connectors.practice.servers import PracticePlatforms
from connectors.practice.world import World
from school.errors import BadInput, NotFound
from tests.connectors.practice.conftest import Redirected


def test_a_start_and_a_stop_take_less_than_a_second(tmp_path: Path) -> None:
    began = time.monotonic()
    platforms = PracticePlatforms(tmp_path, pace=8)
    platforms.start()
    assert requests.get(f"{platforms.graph_url}/v24.0/me", timeout=5).status_code == 400
    started = time.monotonic()
    assert started - began < 1 + os.getloadavg()[0] / 4  # a busy machine is given more
    platforms.stop()
    assert time.monotonic() - started < 1
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{platforms.graph_url}/v24.0/me", timeout=1)


def test_a_second_start_keeps_everything(tmp_path: Path) -> None:
    with PracticePlatforms(tmp_path, pace=None) as first:
        world = first.world
        comment = world.say("facebook", world.posts("facebook")[0].id, "Jo Bloggs", "Still here?")
        world.set_hidden("facebook", comment.id, True)
        world.block("facebook", comment.author.id)
        world.set_protected(True)
        asker = world.request_follow("Asker")
        credentials = [first.credentials(platform) for platform in ("x", "facebook", "instagram")]
        posts = [post.id for post in world.posts("instagram")]
    with PracticePlatforms(tmp_path, pace=None) as second:
        world = second.world
        assert [second.credentials(platform) for platform in ("x", "facebook", "instagram")] == credentials
        assert [post.id for post in world.posts("instagram")] == posts
        assert world.hidden_comments("facebook")[0].id == comment.id
        assert world.blocked("facebook")[0].person.name == "Jo Bloggs"
        assert world.protected and world.requests()[0].person.id == asker.person.id


def test_each_folder_has_secrets_of_its_own(tmp_path: Path) -> None:
    with (
        PracticePlatforms(tmp_path / "a", pace=None) as one,
        PracticePlatforms(tmp_path / "b", pace=None) as other,
    ):
        for platform in ("x", "facebook", "instagram"):
            mine, theirs = one.credentials(platform), other.credentials(platform)
            assert set(mine) == set(theirs)
            assert all(mine[name] != theirs[name] for name in mine)
        assert repr(one.world.secrets).count(one.world.secrets.app_secret) == 0
    assert stat.S_IMODE((tmp_path / "a" / "practice.db").stat().st_mode) == 0o600


def test_a_taken_port_is_an_error_and_leaves_nothing_running(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        platforms = PracticePlatforms(tmp_path, graph_port=taken.getsockname()[1], pace=None)
        threads = threading.active_count()
        with pytest.raises(OSError, match="in use"):
            platforms.start()
        assert threading.active_count() == threads
        platforms.stop()


def test_it_listens_on_loopback_only(platforms: PracticePlatforms) -> None:
    for url in (platforms.x_url, platforms.graph_url):
        assert url.startswith("http://127.0.0.1:")


def test_no_token_and_no_text_is_printed(
    platforms: PracticePlatforms, x: tweepy.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    token = platforms.facebook_credentials["page_access_token"]
    post = x.create_tweet(text="Quite a secret text")["data"]["id"]
    platforms.world.say("x", post, "Jo Secretperson", "hush")
    requests.get(f"{platforms.graph_url}/v24.0/me", params={"access_token": token}, timeout=5)
    printed = "".join(capfd.readouterr())
    for hidden in (token, "Quite a secret", "Secretperson", "hush", platforms.x_credentials["consumer_key"]):
        assert hidden not in printed


def test_many_at_once_lose_nothing(platforms: PracticePlatforms) -> None:
    world = platforms.world
    post = world.publish("x", "Hello").id
    keys = platforms.x_credentials

    def work(number: int) -> str:
        client = tweepy.Client(**keys, return_type=dict)
        client.session = Redirected(platforms.x_url)
        said = world.say("x", post, f"Parent {number % 5}", f"Word {number}")
        client.hide_reply(said.id)
        return said.id

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(work, range(40)))
    assert len(set(ids)) == 40
    assert len(world.people("x")) == 5
    assert {comment.id for comment in world.hidden_comments("x")} == set(ids)


def test_two_processes_may_look_at_one_world(tmp_path: Path) -> None:
    with PracticePlatforms(tmp_path, pace=None, earlier_life=False) as platforms:
        beside = World(tmp_path / "practice.db")
        post = platforms.world.publish("facebook", "Hello")
        comment = beside.say("facebook", post.id, "Jo", "Seen from the other side")
        assert platforms.world.public_post("facebook", post.id).comments[0].comment == comment
        assert beside.base_url("facebook") == platforms.graph_url
        beside.close()


def test_bad_input_is_named(world: World) -> None:
    post = world.publish("instagram", "Hello")
    for call in (
        lambda: world.say("instagram", post.id, "Jo", "  "),
        lambda: world.say("instagram", post.id, "Jo", "x" * 2_201),
        lambda: world.say("instagram", None, "Jo", "nowhere"),
        lambda: world.say("instagram", post.id, " ", "nobody"),
        lambda: world.request_follow("Jo"),
        lambda: world.add_picture("x", b"no picture"),
        lambda: world.add_person("x", "Jo", handle="much_too_long_for_x"),
    ):
        with pytest.raises(BadInput) as refusal:
            call()
        assert refusal.value.field
    comment = world.say("instagram", post.id, "Jo", "Hello")
    with pytest.raises(BadInput, match="no editing"):
        world.edit_comment("instagram", comment.id, "Hallo")
    world.delete_comment_by_author("instagram", comment.id)
    for gone in (
        lambda: world.delete_comment_by_author("instagram", comment.id),
        lambda: world.say("instagram", post.id, "Al", "to a ghost", comment.id),
        lambda: world.accept_request("123"),
        lambda: world.post("x", "123"),
    ):
        with pytest.raises(NotFound):
            gone()
