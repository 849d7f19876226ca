"""The disk is full for a while: pages say so, nothing is lost or doubled, and all goes on by itself."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import requests

from connectors.base import Platform
from tests.faults import books, disks
from tests.faults.system import embedded, sign_in
from tests.faults.test_outages import comment, fetched, logs, published
from tests.faults.traffic import make_due, next_minute, write_drafts
from tests.worker.conftest import wait_for

FULL_FOR = float(os.environ.get("SOAK_AWAY", "8"))
"""Seconds; more in `make soak`."""
DRAFTS = 6


def test_a_full_disk_loses_nothing_and_is_said_in_plain_words(tmp_path: Path) -> None:
    with (
        disks.small_disk(tmp_path / "disk", megabytes=64) as disk,
        embedded(tmp_path, disk / "home") as made,
    ):
        for platform in made.account_ids:
            made.platforms.world.publish(platform, "Before the product came")
        write_drafts(made, DRAFTS, due=next_minute(timedelta(hours=1)))
        made.start()
        comment(made, "before")
        assert fetched(made, 180), logs(made)
        assert wait_for(lambda: made.pages_answer() or None, 120), logs(made)
        make_due(timedelta(seconds=2))
        disks.fill(disk)
        comment(made, "while the disk is full")
        refused = sign_in(made, requests.Session(), "head")
        assert refused.status_code == 503, refused.text[:2000]
        assert "disk is full" in refused.text and "network manager" in refused.text
        assert requests.get(f"{made.url}/sign-in", timeout=60).status_code == 200
        ready = requests.get(f"{made.url}/health/ready", timeout=60)
        assert ready.status_code == 503 and "0 MB left" in ready.json()["disk"]
        until = time.time() + FULL_FOR
        while time.time() < until:
            assert disks.room(disk) < 65_536, "the product made room for itself"
            assert not made.died_by_themselves(), logs(made)
            time.sleep(1)
        assert sum(len(books.posts_on(made, platform)) for platform in Platform) <= DRAFTS + len(Platform)

        disks.make_room(disk)
        assert fetched(made, 180), logs(made)
        assert wait_for(lambda: published(made) == DRAFTS or None, 240), logs(made)
        assert wait_for(lambda: not any(books.waiting(made).values()) or None, 120), books.waiting(made)
        found = books.check(made)
        assert not found.wrong, found.wrong
        assert found.comments == found.abusive == 2 * len(Platform)
        assert found.mails_twice == 0
        assert not made.died_by_themselves(), logs(made)
        assert made.processes["run"].stop() == 0, logs(made)
