"""The product as a process of its own: started, asked, stopped, as a user would."""

from __future__ import annotations

import io
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
import requests

from connectors.practice.world import World
from school import db
from school.settings import settings
from worker import cli

SCHOOLGATE = str(Path(sys.executable).with_name("schoolgate"))
T = TypeVar("T")
PASSWORD = "practice makes perfect"


@dataclass
class Product:
    """A running `schoolgate run`."""

    process: subprocess.Popen[bytes]
    home: Path
    url: str
    greeting: list[str]
    seconds_to_first_page: float

    def world(self) -> World:
        """The practice platforms' own state, opened from outside."""
        return World(self.home / "practice" / "practice.db")

    def signed_in(self, mailbox: str) -> requests.Session:
        """A browser's session of one of the practice school's people."""
        browser = requests.Session()
        page = browser.get(f"{self.url}/sign-in", timeout=20)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        assert token, page.text[:2000]
        answer = browser.post(
            f"{self.url}/sign-in",
            data={"csrf_token": token[1], "email": f"{mailbox}@larkfield.test", "password": PASSWORD},
            headers={"Referer": f"{self.url}/sign-in"},
            timeout=30,
        )
        assert answer.ok and not answer.url.endswith("/sign-in"), answer.text[:2000]
        return browser


def environment(home: Path, **more: str) -> dict[str, str]:
    """What a user's shell would have, with a home of the test's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SCHOOLGATE_")}
    return {**kept, "SCHOOLGATE_HOME": str(home), **more}


def command(
    home: Path, *arguments: str, stdin: bytes = b"", **more: str
) -> subprocess.CompletedProcess[bytes]:
    """Run one command to its end."""
    return subprocess.run(
        [SCHOOLGATE, *arguments],
        input=stdin,
        capture_output=True,
        env=environment(home, **more),
        cwd=home.parent,
        timeout=180,
        check=False,
    )


@contextmanager
def running(home: Path, *arguments: str, **more: str) -> Iterator[Product]:
    """`schoolgate run` on a free port, until its first page came; killed at the end if it still runs."""
    began = time.monotonic()
    out, err = home.parent / f"{home.name}.out", home.parent / f"{home.name}.err"
    with out.open("wb") as said, err.open("wb") as complained:
        process = subprocess.Popen(
            [SCHOOLGATE, "run", "--port", "0", *arguments],
            stdout=said,
            stderr=complained,
            env=environment(home, **more),
            cwd=home.parent,
        )
    try:
        while not (found := re.search(r"http://localhost:\d+", out.read_text(encoding="utf-8"))):
            assert process.poll() is None, err.read_text(encoding="utf-8")[-3000:]
            assert time.monotonic() - began < 90, "no greeting came"
            time.sleep(0.05)
        page = requests.get(found[0], timeout=30)
        assert page.status_code == 200
        seconds = time.monotonic() - began
        yield Product(process, home, found[0], out.read_text(encoding="utf-8").splitlines(), seconds)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder that does not exist yet."""
    return tmp_path / "home"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One running product for the tests of a module; nobody comes by themselves."""
    with running(tmp_path_factory.mktemp("run") / "home", SCHOOLGATE_PRACTICE_PACE="0") as started:
        yield started


def wait_for(look: Callable[[], T | None], seconds: float) -> T | None:
    """What `look` finds, asked again until it finds something or the time is over."""
    until = time.monotonic() + seconds
    while (found := look()) is None and time.monotonic() < until:
        time.sleep(0.1)
    return found


@dataclass
class Done:
    """How a command ended that was run in this process."""

    returncode: int
    stdout: bytes
    stderr: bytes


def in_this_process(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Callable[..., Done]:
    """What runs a command without a process of its own, with these settings besides the present ones."""

    def run(*arguments: str, stdin: bytes = b"", **more: str) -> Done:
        with monkeypatch.context() as patch:
            for name, value in more.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
            settings.cache_clear()
            capfdbinary.readouterr()
            status = cli.execute(list(arguments))
            said = capfdbinary.readouterr()
        settings.cache_clear()
        return Done(status, said.out, said.err)

    return run


@pytest.fixture
def here(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Iterator[Callable[..., Done]]:
    """Runs a command in this process, which saves seconds of loading for each."""
    for name in [name for name in os.environ if name.startswith("SCHOOLGATE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SCHOOLGATE_HOME", str(home))
    monkeypatch.chdir(home.parent)
    before = logging.getLogger().handlers[:]
    heard = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    yield in_this_process(monkeypatch, capfdbinary)
    db.engine_for.cache_clear()
    logging.getLogger().handlers[:] = before
    signal.set_wakeup_fd(-1)
    for number, handler in heard.items():
        signal.signal(number, handler)


SETUP = (
    "setup", "--school", "Elm Road Primary", "--domain", "elmroad.sch.uk",
    "--headteacher-name", "Ada Brook", "--headteacher-email", "head@elmroad.sch.uk",
)  # fmt: skip
HEAD = "head@elmroad.sch.uk"


@pytest.fixture(scope="session")
def made_school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a real, empty school, made by the command; tests copy it."""
    home = tmp_path_factory.mktemp("school") / "home"
    done = command(home, *SETUP)
    assert done.returncode == 0, done.stderr.decode()
    return home


@pytest.fixture
def school(made_school: Path, home: Path) -> Path:
    """A real, empty school in the test's own home."""
    shutil.copytree(made_school, home)
    return home
