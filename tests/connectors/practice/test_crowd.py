"""The crowd: enough of it, deterministic, never repeating itself, able to rest (P6: staff train on it)."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from connectors.base import Platform
from connectors.practice import crowd as crowd_module
from connectors.practice.crowd import Crowd
from connectors.practice.earlier import lay_out_earlier_life
from connectors.practice.material import NEEDS_A_LOOK, characters, lines
from connectors.practice.world import World

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that goes on by a second whenever it is looked at."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def lived_in() -> World:
    world = World(":memory:", clock=Clock())
    lay_out_earlier_life(world)
    return world


def test_there_is_enough_material() -> None:
    texts = [line.text for line in lines()]
    assert len(texts) == len(set(texts)) >= 360
    assert len(characters()) == len({c.handle for c in characters()}) >= 60
    assert {line.language for line in lines()} >= {"pl", "ur", "ro", "cy", "ar", "pa", "uk", "fr", "es"}
    kinds = Counter(line.kind for line in lines())
    assert set(kinds) == {kind for kind, _ in crowd_module._KINDS}
    assert min(kinds.values()) >= 8
    assert 0.25 < sum(kinds[kind] for kind in NEEDS_A_LOOK) / len(texts) < 0.5
    assert all(
        len(c.handle) <= 15 and c.kind in {"parent", "pupil", "troll", "spammer", "neighbour"}
        for c in characters()
    )


def test_a_new_world_has_an_earlier_life_and_only_once() -> None:
    world = lived_in()
    for platform in Platform:
        posts = world.public_posts(platform)
        assert len(posts) == 5
        assert all(post.post.created_at < NOON for post in posts)
        assert sum(post.comment_count for post in posts) >= 10
        assert any(picture.alt_text for post in posts for picture in post.post.pictures)
        assert world.count_followers(platform) == 14
        ordinals = [c.ordinal for post in posts for c in world.comments(platform, post_id=post.post.id)]
        assert len(ordinals) == len(set(ordinals))
    assert all(post.post.pictures for post in world.public_posts("instagram"))
    lay_out_earlier_life(world)
    assert len(world.posts("x")) == 5


def test_the_same_seed_makes_the_same_choices() -> None:
    def story(seed: int) -> list[tuple[str, str, str]]:
        world = lived_in()
        crowd = Crowd(world, seed=seed)
        told = []
        for _ in range(120):
            event = crowd.step()
            if event is None:
                continue
            if event.what in {"comment", "answer", "edit", "take back"}:
                text = world.comment(event.platform, event.id).text
            elif event.what != "post elsewhere":
                text = world.person(event.platform, event.id).bio
            elif event.platform is Platform.X:
                text = world.comment(event.platform, event.id).text
            else:
                text = world.elsewhere_post(event.platform, event.id).text
            told.append((event.what, event.platform.value, text))
        return told

    assert story(7) == story(7) != story(8)


def test_no_text_comes_twice_under_one_post_and_all_kinds_of_things_happen() -> None:
    world = lived_in()
    crowd = Crowd(world, seed=3)
    happened = Counter(event.what for event in (crowd.step() for _ in range(900)) if event is not None)
    assert set(happened) == {
        "comment", "answer", "follow", "edit", "take back", "post elsewhere", "new profile",
    }  # fmt: skip
    for platform in Platform:
        for post in world.posts(platform):
            said = world.comments(platform, post_id=post.id, limit=10_000)
            assert len({comment.text for comment in said}) == len(said)
        assert any(comment.parent_id for comment in world.comments(platform))
    assert any(comment.edited_at for comment in world.comments("facebook"))
    assert any(comment.replaces for comment in world.comments("x"))
    assert {c.deleted_by for c in world.deleted_comments("facebook")} == {"author"}


def test_trolls_write_what_trolls_write() -> None:
    world = lived_in()
    crowd = Crowd(world, seed=4)
    for _ in range(400):
        crowd.step("comment")
    said = [comment for platform in Platform for comment in world.comments(platform)]
    assert {c.author.kind for c in said if c.kind in {"threat", "abuse"} and not c.parent_id} == {"troll"}
    assert {c.author.kind for c in said if c.kind == "spam"} == {"spammer"}


def test_a_new_post_draws_people() -> None:
    world = lived_in()
    crowd = Crowd(world, seed=5)
    post = world.publish("x", "We have won the cup!")
    drawn = [crowd.step("comment") for _ in range(30)]
    assert sum(world.comment(e.platform, e.id).post_id == post.id for e in drawn if e is not None) >= 12


def test_the_crowd_rests_when_the_day_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd_module, "DAY_LIMIT", 25)
    world = lived_in()
    crowd = Crowd(world, seed=6)
    for _ in range(200):
        crowd.step("comment")
    assert world.count_comments(since=world.clock() - timedelta(hours=24)) == 25
    assert crowd.step("follow") is None


def test_blocked_people_and_a_protected_account_are_respected() -> None:
    world = lived_in()
    world.set_protected(True)
    crowd = Crowd(world, seed=9)
    for platform in Platform:
        for person in world.people(platform):
            world.block(platform, person.id)
    before = {c.id for platform in Platform for c in world.comments(platform)}
    shut_out = {block.person.id for platform in Platform for block in world.blocked(platform)}
    for _ in range(150):
        crowd.step()
    for platform in Platform:
        for comment in world.comments(platform):
            assert comment.id in before or comment.replaces in before or comment.author.id not in shut_out
    assert world.followers("x") == [] and world.requests()


def test_people_come_by_themselves_and_stop_at_once() -> None:
    world = World()
    lay_out_earlier_life(world)
    crowd = Crowd(world, seed=1)
    began = sum(len(world.comments(platform)) for platform in Platform)
    crowd.start(0.02)
    deadline = time.monotonic() + 10
    while sum(len(world.comments(platform)) for platform in Platform) < began + 5:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    world.set_crowd_pace(0)
    time.sleep(0.6)
    resting = sum(len(world.comments(platform)) for platform in Platform)
    time.sleep(0.6)
    assert sum(len(world.comments(platform)) for platform in Platform) == resting
    stopping = time.monotonic()
    crowd.stop()
    assert time.monotonic() - stopping < 1
    world.close()
