"""`schoolgate run`: one process with everything, as a new user meets it."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
import requests

from connectors.base import Platform
from connectors.practice.faults import Fault, FaultRule, OperationKind
from connectors.practice.servers import PracticePlatforms
from tests.worker.conftest import HEAD, SCHOOLGATE, Product, command, environment, running, wait_for


def rows(home: Path, query: str, *values: object) -> list[tuple[object, ...]]:
    """What the product's database says, read from outside."""
    with sqlite3.connect(f"file:{home / 'schoolgate.db'}?mode=ro", uri=True, timeout=30) as database:
        return database.execute(query, values).fetchall()


def is_ready(url: str) -> bool | None:
    """Whether everything is at work; None as long as something isn't."""
    try:
        return requests.get(f"{url}/health/ready", timeout=10).status_code == 200 or None
    except requests.ConnectionError:
        # The pages' process doesn't listen yet.
        return None


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
    assert wait_for(lambda: is_ready(product.url), 120), requests.get(f"{product.url}/health/ready").text
    doctor = json.loads(command(product.home, "doctor", "--json").stdout)
    work = {check["name"]: check["ok"] for check in doctor["checks"] if check["name"].startswith("work: ")}
    assert len(work) == 7 and all(work.values())


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
    text = f"You fucking disgusting idiots, I will find you and kill you, {platform.value}"
    began = time.monotonic()
    comment = world.say(platform, post.id, "Angry Stranger", text, None)
    query = "SELECT text, author_name, reasons, scores FROM log_entries WHERE comment_platform_id = ?"
    found = wait_for(lambda: rows(product.home, query, comment.id) or None, 30)
    seconds = time.monotonic() - began
    world.close()
    print(f"\n{platform.value}: comment to log entry {seconds:.1f} s")
    assert found is not None
    # X puts the names of those who are answered before the text.
    assert str(found[0][0]).endswith(text)
    # Instagram gives the handle alone.
    assert "angry" in str(found[0][1]).lower()
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
        "disgusting idiots", "Angry Stranger", "practice makes perfect", "Oyelaran",
        secrets.x_access_token_secret,
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


def test_a_practice_school_goes_on_with_another_secret_key(home: Path) -> None:
    with running(home, SCHOOLGATE_PRACTICE_PACE="0") as first:
        first.process.send_signal(signal.SIGTERM)
        first.process.wait(20)
    key = "another key of at least 32 characters"
    with running(home, SCHOOLGATE_PRACTICE_PACE="0", SCHOOLGATE_SECRET_KEY=key) as again:
        assert again.signed_in("head").get(again.url, timeout=20).status_code == 200
        assert {row[0] for row in rows(home, "SELECT state FROM accounts")} == {"active"}


def test_dead_credentials_and_a_dead_platform_stop_nothing_else(school: Path) -> None:
    with PracticePlatforms(None, pace=None) as platforms:
        where = {"SCHOOLGATE_X_URL": platforms.x_url, "SCHOOLGATE_GRAPH_URL": platforms.graph_url}
        for platform in Platform:
            done = command(
                school, "accounts", "adopt", "--platform", platform.value, "--credentials", "-",
                "--handle", platforms.world.school(platform).handle, "--email", "social@elmroad.sch.uk",
                "--adopted-by", HEAD, stdin=json.dumps(platforms.credentials(platform)).encode(), **where,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr.decode()
        platforms.world.faults.set(Platform.FACEBOOK, OperationKind.ALL, FaultRule(Fault.DEAD_TOKEN))
        # Nobody listens where X should be.
        with running(school, **{**where, "SCHOOLGATE_X_URL": "http://127.0.0.1:9"}) as started:
            query = "SELECT platform, state, problem, last_polled_at FROM accounts"

            def settled() -> dict[object, tuple[object, ...]] | None:
                found = {row[0]: row for row in rows(school, query)}
                done = found["facebook"][1] == "needs_connecting" and found["x"][2] and found["instagram"][3]
                return found if done else None

            found = wait_for(settled, 60)
            assert found is not None, rows(school, query)
            assert found["x"][1] == "active" and found["instagram"][1] == "active"
            assert found["instagram"][2] is None and found["facebook"][2]
            assert wait_for(lambda: is_ready(started.url), 120)
            assert "practice" not in "\n".join(started.greeting)


def test_a_platform_that_hangs_delays_no_other_and_no_stop(home: Path) -> None:
    with running(home, SCHOOLGATE_PRACTICE_PACE="0") as product:
        ready = "SELECT 1 FROM heartbeats WHERE name = 'classifier'"
        assert wait_for(lambda: rows(home, ready) or None, 120)
        world = product.world()
        world.faults.set(Platform.FACEBOOK, OperationKind.ALL, FaultRule(Fault.DELAY, seconds=60))
        # By now one poll of the hanging account is under way.
        time.sleep(5)
        post = world.public_posts(Platform.X, limit=1)[0].post
        began = time.monotonic()
        comment = world.say(Platform.X, post.id, "Angry Stranger", "I will find you and kill you", None)
        query = "SELECT 1 FROM log_entries WHERE comment_platform_id = ?"
        assert wait_for(lambda: rows(home, query, comment.id) or None, 10)
        print(f"\nbeside a hanging platform: comment to log entry {time.monotonic() - began:.1f} s")
        world.close()
        began = time.monotonic()
        product.process.send_signal(signal.SIGTERM)
        assert product.process.wait(30) == 0
        print(f"stopped after {time.monotonic() - began:.1f} s")
        assert time.monotonic() - began < 15
    assert rows(home, "PRAGMA integrity_check") == [("ok",)]
