"""A real, empty school on its own database, with platforms that are somewhere else (P8, P9, P11)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.base import Platform
from connectors.practice.servers import PracticePlatforms
from tests.worker.conftest import command

SETUP = (
    "setup", "--school", "Ysgol Gynradd Llanfair", "--domain", "llanfair.sch.uk",
    "--headteacher-name", "Eleri Bowen", "--headteacher-email", "head@llanfair.sch.uk",
)  # fmt: skip


@pytest.fixture
def platforms() -> Iterator[PracticePlatforms]:
    """Servers that the product knows by their address alone, as it knows the real ones."""
    with PracticePlatforms(None, pace=0) as started:
        yield started


def _adopt(home: Path, platforms: PracticePlatforms, platform: Platform, **where: str) -> dict[str, object]:
    done = command(
        home, "accounts", "adopt", "--platform", platform.value, "--handle",
        platforms.world.school(platform).handle, "--email", "office@llanfair.sch.uk",
        "--adopted-by", "head@llanfair.sch.uk", "--credentials", "-", "--json",
        stdin=json.dumps(platforms.credentials(platform)).encode(), **where,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    for secret in platforms.credentials(platform).values():
        if len(secret) > 20:
            assert secret.encode() not in done.stdout + done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_from_set_up_to_the_exported_log(home: Path, platforms: PracticePlatforms, database: str) -> None:
    where = {
        "SCHOOLGATE_X_URL": platforms.x_url,
        "SCHOOLGATE_GRAPH_URL": platforms.graph_url,
        "SCHOOLGATE_DATABASE_URL": database,
    }
    made = command(home, *SETUP, **where)
    assert made.returncode == 0, made.stderr.decode()
    assert re.search(rb"https?://\S+/join/[\w-]+", made.stdout)
    open_to_others = [path for path in (home, *home.rglob("*")) if path.stat().st_mode & 0o077]
    assert open_to_others == [], "names, abuse and links are for the product's own user alone"
    again = command(home, *SETUP, **where)
    assert again.returncode == 2
    assert len(again.stderr.decode().strip().splitlines()) == 1

    for platform in Platform:
        _adopt(home, platforms, platform, **where)

    texts = {}
    for platform in Platform:
        post = platforms.world.public_posts(platform, limit=1)[0]
        texts[platform] = f"you are a disgusting pathetic idiot, {platform.value}"
        platforms.world.say(platform, post.post.id, "Some Body", texts[platform], None)
    polled = command(home, "poll", "--json", **where)
    assert polled.returncode == 0, polled.stderr.decode()
    json.loads(polled.stdout)

    for name in ("csv", "jsonl"):
        exported = command(home, "log", "export", "--format", name, **where)
        assert exported.returncode == 0, exported.stderr.decode()
        for text in texts.values():
            assert text in exported.stdout.decode()
    rows = [json.loads(line) for line in exported.stdout.decode().splitlines()]
    assert len(rows) >= 3

    before = command(home, "poll", "--json", **where)
    assert before.returncode == 0
    verified = command(home, "audit", "verify", **where)
    assert verified.returncode == 0, verified.stderr.decode()
    second = command(home, "log", "export", "--format", "jsonl", **where)
    assert len(second.stdout.splitlines()) == len(rows), "polling again must not double anything"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"consumer_key": None}, "consumer_key"),
        ({"access_token": ""}, "access_token"),
        ({"password": "hunter2"}, "password"),
    ],
)
def test_credentials_that_are_wrong_are_named_but_not_shown(
    home: Path, platforms: PracticePlatforms, change: dict[str, str | None], named: str
) -> None:
    command(home, *SETUP)
    values = {**platforms.credentials(Platform.X), **change}
    done = command(
        home, "accounts", "adopt", "--platform", "x", "--handle", "larkfieldschool", "--email",
        "o@llanfair.sch.uk", "--adopted-by", "head@llanfair.sch.uk", "--credentials", "-",
        SCHOOLGATE_X_URL=platforms.x_url,
        stdin=json.dumps({name: value for name, value in values.items() if value is not None}).encode(),
    )  # fmt: skip
    assert done.returncode == 2
    assert named in done.stderr.decode()
    assert "hunter2" not in done.stderr.decode()
    assert len(done.stderr.decode().strip().splitlines()) == 1


def test_a_taken_over_account_must_be_the_one_that_the_platform_names(
    home: Path, platforms: PracticePlatforms
) -> None:
    command(home, *SETUP)
    dead = {**platforms.credentials(Platform.X), "access_token_secret": "wrong" * 8}
    done = command(
        home, "accounts", "adopt", "--platform", "x", "--handle", "larkfieldschool", "--email",
        "o@llanfair.sch.uk", "--adopted-by", "head@llanfair.sch.uk", "--credentials", "-",
        SCHOOLGATE_X_URL=platforms.x_url,
        stdin=json.dumps(dead).encode(),
    )  # fmt: skip
    assert done.returncode == 1
    assert len(done.stderr.decode().strip().splitlines()) == 1
    listed = command(home, "accounts", "list", "--json", SCHOOLGATE_X_URL=platforms.x_url)
    assert "larkfieldschool" not in listed.stdout.decode()
