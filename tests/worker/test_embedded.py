"""`schoolgate run`: one process with everything, as a new user meets it."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
import requests

from connectors.base import Platform
from tests.worker.conftest import SCHOOLGATE, Product, command, environment, running, wait_for


def rows(home: Path, query: str, *values: object) -> list[tuple[object, ...]]:
    """What the product's database says, read from outside."""
    with sqlite3.connect(f"file:{home / 'schoolgate.db'}?mode=ro", uri=True, timeout=30) as database:
        return database.execute(query, values).fetchall()


def test_the_first_page_comes_and_five_lines_say_what_to_do(product: Product) -> None:
    print(f"\nfirst page after {product.seconds_to_first_page:.1f} s")
    assert product.seconds_to_first_page < 30
    assert len(product.greeting) <= 5
    text = "\n".join(product.greeting)
    for needed in (
        product.url,
        "head@larkfield.test",
        "practice makes perfect",
        "2580",
        "/practice",
        "/moderation",
    ):
        assert needed in text
    assert requests.get(f"{product.url}/health/live", timeout=10).status_code == 200
    assert requests.get(f"{product.url}/health/ready", timeout=10).status_code == 200


def test_a_person_of_the_practice_school_signs_in(product: Product) -> None:
    browser = product.signed_in("head")
    assert browser.get(product.url, timeout=20).status_code == 200


def test_the_three_practice_accounts_are_connected_and_read(product: Product) -> None:
    def all_read() -> list[tuple[object, ...]] | None:
        found = rows(
            product.home, "SELECT platform, practice, state FROM accounts WHERE last_polled_at IS NOT NULL"
        )
        return found if len(found) == 3 else None

    found = wait_for(all_read, 60)
    assert found is not None
    assert {row[0] for row in found} == {"x", "facebook", "instagram"}
    assert all(row[1] == 1 for row in found)


@pytest.mark.parametrize("platform", list(Platform))
def test_an_abusive_comment_is_in_the_log_within_ten_seconds(product: Product, platform: Platform) -> None:
    # The model is loaded in the background after the start; what is measured is the running product.
    assert wait_for(
        lambda: rows(product.home, "SELECT 1 FROM heartbeats WHERE name = 'classifier'") or None, 120
    )
    world = product.world()
    post = world.public_posts(platform, limit=1)[0].post
    text = f"You people are disgusting idiots and I hope you all rot, {platform.value}"
    began = time.monotonic()
    comment = world.say(platform, post.id, "Angry Stranger", text, None)
    found = wait_for(
        lambda: rows(
            product.home, "SELECT text, author_name, reasons, scores FROM log_entries WHERE comment_platform_id = ?",
            comment.id,
        )
        or None,
        30,
    )  # fmt: skip
    seconds = time.monotonic() - began
    world.close()
    print(f"\n{platform.value}: comment to log entry {seconds:.1f} s")
    assert found is not None
    assert found[0][0] == text
    assert found[0][1] == "Angry Stranger"
    assert "toxicity" in str(found[0][3])
    assert seconds < 10


def test_every_kind_of_background_work_gives_signs_of_life(product: Product) -> None:
    def alive() -> bool | None:
        names = {row[0] for row in rows(product.home, "SELECT name FROM heartbeats")}
        return names >= {"scheduler", "publish", "actions", "poll", "mail", "classify"} or None

    assert wait_for(alive, 60)


def test_a_second_run_on_the_same_home_is_refused_in_one_sentence(product: Product) -> None:
    second = command(product.home, "run", "--port", "0")
    assert second.returncode == 1
    [line] = second.stderr.decode().splitlines()
    assert "running already" in line and str(product.process.pid) in line


def test_poll_beside_the_running_product_finds_its_platforms(product: Product) -> None:
    done = command(product.home, "poll", "--account", "facebook:larkfieldprimary", "--json")
    assert done.returncode == 0, done.stderr.decode()
    assert b'"platform": "facebook"' in done.stdout


def test_logs_hold_no_comment_no_name_and_no_secret(product: Product) -> None:
    log = (product.home / "logs" / "run.log").read_text(encoding="utf-8")
    world = product.world()
    secrets = world.secrets
    world.close()
    for value in (
        "disgusting idiots", "Angry Stranger", "practice makes perfect", "Oyelaran", secrets.x_access_token_secret,
        secrets.x_access_token, secrets.page_access_token, secrets.app_secret, secrets.x_consumer_secret,
    ):  # fmt: skip
        assert value not in log
    assert "Traceback" not in log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_cleanly_and_a_second_start_keeps_everything(
    home: Path, number: signal.Signals
) -> None:
    with running(home, SCHOOLGATE_PRACTICE_PACE="0") as first:
        assert wait_for(lambda: rows(home, "SELECT 1 FROM comments LIMIT 1") or None, 60)
        before = rows(home, "SELECT id, email, password FROM people ORDER BY id")
        accounts = rows(home, "SELECT id, platform_id, credentials FROM accounts ORDER BY id")
        key = (home / "secret.key").read_bytes()
        began = time.monotonic()
        first.process.send_signal(number)
        assert first.process.wait(20) == 0
        print(f"\nstopped after {time.monotonic() - began:.1f} s")
        assert time.monotonic() - began < 12
    assert not (home / "practice" / "ports.json").exists()
    assert (home.parent / "home.err").read_text(encoding="utf-8") == ""
    with running(home, SCHOOLGATE_PRACTICE_PACE="0"):
        assert rows(home, "SELECT id, email, password FROM people ORDER BY id") == before
        assert rows(home, "SELECT id, platform_id, credentials FROM accounts ORDER BY id") == accounts
        assert (home / "secret.key").read_bytes() == key


def test_a_taken_port_is_one_sentence_with_what_to_do(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = command(home, "run", "--port", str(port))
    assert done.returncode == 2
    [line] = done.stderr.decode().splitlines()
    assert str(port) in line and "taken" in line and "--port" in line
    assert not home.exists() or not (home / "schoolgate.db").exists()


def test_a_read_only_database_is_one_sentence(home: Path) -> None:
    home.mkdir()
    database = home / "schoolgate.db"
    sqlite3.connect(database).close()
    done = command(
        home, "run", "--port", "0", SCHOOLGATE_DATABASE_URL=f"sqlite:///file:{database}?mode=ro&uri=true"
    )
    assert done.returncode == 1
    [line] = done.stderr.decode().splitlines()
    assert "read-only" in line and str(database) in line


def test_a_read_only_home_is_one_sentence(tmp_path: Path) -> None:
    # The tests may run as root, whom permissions don't stop: /proc takes no folder from anybody.
    done = subprocess.run(
        [SCHOOLGATE, "run", "--port", "0"],
        env=environment(Path("/proc/schoolgate")), capture_output=True, cwd=tmp_path, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    [line] = done.stderr.decode().splitlines()
    assert "/proc/schoolgate" in line


def test_a_home_of_another_user_is_one_sentence(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can become somebody else")
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o755)
    os.chmod(tmp_path, 0o755)
    code = "from worker.cli import main; main()"
    probe = subprocess.run(
        [SCHOOLGATE, "run", "--port", "0"], env=environment(theirs), capture_output=True, cwd="/", user="nobody",
        timeout=60, check=False,
    ) if _nobody_can_run() else None  # fmt: skip
    if probe is None:
        pytest.skip(f"nobody may not read this Python, so {code!r} can't run as nobody")
    assert probe.returncode == 1
    [line] = probe.stderr.decode().splitlines()
    assert "read-only" in line


def _nobody_can_run() -> bool:
    try:
        done = subprocess.run(
            [SCHOOLGATE, "--help"], user="nobody", capture_output=True, timeout=60, check=False
        )
    except OSError:
        return False
    return done.returncode == 0


def test_an_account_with_dead_credentials_at_start_stops_nothing(home: Path) -> None:
    with running(home, SCHOOLGATE_PRACTICE_PACE="0") as first:
        first.process.send_signal(signal.SIGTERM)
        first.process.wait(20)
    # Somebody replaced the installation's key: no credentials can be decrypted any more.
    with running(
        home, SCHOOLGATE_PRACTICE_PACE="0", SCHOOLGATE_SECRET_KEY="another key of at least 32 characters"
    ) as now:
        assert requests.get(f"{now.url}/health/ready", timeout=10).status_code == 200
        assert now.signed_in("head").get(now.url, timeout=20).status_code == 200
