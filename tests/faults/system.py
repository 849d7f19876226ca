"""The production system as a school runs it: the real commands as processes, killed and started again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import requests

from connectors.base import Platform
from connectors.practice.servers import PracticePlatforms
from school import accounts, db, people, setup
from school.migrate import upgrade
from school.models import Role
from school.settings import settings
from tests.faults.servers import MailServer, Postgres, Redis, free_port
from tests.signing_in import form_token, set_up_second_factor
from tests.worker.conftest import SCHOOLGATE


@dataclass
class Process:
    """One command that runs until it is killed. `ended`: exit statuses of its own endings."""

    name: str
    arguments: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    popen: subprocess.Popen[bytes] | None = None
    ended: list[int] = field(default_factory=list)

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def start(self) -> None:
        with self.log.open("ab") as said:
            self.popen = subprocess.Popen(
                [SCHOOLGATE, *self.arguments], env=dict(self.environment), cwd=self.folder, stdout=said,
                stderr=said, start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """kill -9, at whatever it is doing."""
        if self.popen is not None:
            self.popen.kill()
            self.popen.wait(10)
            self.popen = None

    def stop(self) -> int:
        """Ask it to stop, as an operator does; its exit status."""
        if self.popen is None:
            return 0
        self.popen.send_signal(signal.SIGTERM)
        try:
            return self.popen.wait(40)
        except subprocess.TimeoutExpired:
            self.kill()
            return -9
        finally:
            self.popen = None


@dataclass
class System:
    """Everything that runs, and where."""

    home: Path
    url: str
    mail: MailServer
    platforms: PracticePlatforms
    processes: dict[str, Process]
    account_ids: dict[Platform, UUID] = field(default_factory=dict)

    def start(self) -> None:
        for process in self.processes.values():
            process.start()

    def kill(self) -> None:
        for process in self.processes.values():
            process.kill()

    def pages_answer(self) -> bool:
        """Whether the web process is up: platforms that fetch pictures from it can't before."""
        try:
            return requests.get(f"{self.url}/health/live", timeout=5).ok
        except requests.RequestException:
            return False

    def died_by_themselves(self) -> list[str]:
        """Processes that ended although nobody killed them; they are started again."""
        found = []
        for process in self.processes.values():
            if process.popen is not None and (status := process.popen.poll()) is not None:
                process.ended.append(status)
                found.append(f"{process.name} ended with {status}: {process.log.read_text()[-800:]}")
                process.start()
        return found


@dataclass
class Production(System):
    """With the servers that stand beside it."""

    postgres: Postgres = field(kw_only=True)
    redis: Redis = field(kw_only=True)


@contextmanager
def system(
    folder: Path,
    *,
    workers: int = 2,
    x_window: int = 900,
    lease: int = 10,
    poll_interval: float = 1.0,
    mail_away: bool = False,
) -> Iterator[Production]:
    """A school on PostgreSQL with accounts on all three platforms; its processes are not started yet.

    `workers` for publishing, polling, acting and mail; one for the classifier comes on top, and two
    schedulers. Times are shortened by the settings that a school has.
    """
    home = folder / "home"
    home.mkdir(parents=True)
    with ExitStack() as stack:
        postgres = Postgres(folder / "pg")
        stack.callback(postgres.close)
        redis = Redis(folder)
        stack.callback(redis.stop)
        mail = MailServer()
        if not mail_away:
            mail.start()
        stack.callback(mail.stop)
        platforms = stack.enter_context(
            PracticePlatforms(None, pace=None, earlier_life=False, x_window=x_window)
        )
        port = free_port()
        more = {
            "SCHOOLGATE_DATABASE_URL": postgres.url,
            "SCHOOLGATE_BROKER_URL": redis.url,
            "SCHOOLGATE_POLL_INTERVAL": str(poll_interval),
        }
        stack.enter_context(_settings(_chosen(home, port, mail, platforms, lease=lease) | more))
        commands = {
            "web": ("web", "--port", str(port)),
            **{
                f"worker-{n}": ("worker", "--queues", "publish,actions,poll,mail", "--threads", "8")
                for n in range(workers)
            },
            "classifier": ("worker", "--queues", "classify", "--threads", "2"),
            "scheduler-0": ("scheduler",),
            "scheduler-1": ("scheduler",),
        }
        made = Production(
            home, f"http://127.0.0.1:{port}", mail, platforms, _processes(folder, commands),
            postgres=postgres, redis=redis,
        )  # fmt: skip
        stack.callback(made.kill)
        _school(made)
        yield made


@contextmanager
def embedded(folder: Path, home: Path) -> Iterator[System]:
    """A school in one process, on SQLite; not started yet. `folder`: for what isn't the product's."""
    home.mkdir(parents=True)
    with ExitStack() as stack:
        mail = MailServer()
        mail.start()
        stack.callback(mail.stop)
        platforms = stack.enter_context(PracticePlatforms(None, pace=None, earlier_life=False))
        port = free_port()
        stack.enter_context(_settings(_chosen(home, port, mail, platforms, lease=10)))
        commands = {"run": ("run", "--port", str(port))}
        made = System(home, f"http://127.0.0.1:{port}", mail, platforms, _processes(folder, commands))
        stack.callback(made.kill)
        _school(made)
        yield made


def _chosen(
    home: Path, port: int, mail: MailServer, platforms: PracticePlatforms, *, lease: int
) -> dict[str, str]:
    return {
        "SCHOOLGATE_HOME": str(home),
        "SCHOOLGATE_SMTP_URL": mail.url,
        "SCHOOLGATE_X_URL": platforms.x_url,
        "SCHOOLGATE_GRAPH_URL": platforms.graph_url,
        "SCHOOLGATE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SCHOOLGATE_POLL_INTERVAL": "1",
        # The same at night as in school hours, and as much of it as is needed.
        "SCHOOLGATE_POLL_ADAPTS": "false",
        "SCHOOLGATE_X_MONTHLY_BUDGET": "1000000",
        "SCHOOLGATE_LEASE": f"PT{lease}S",
        "SCHOOLGATE_CONSISTENCY_DELAY": "PT6S",
        "SCHOOLGATE_PLATFORM_TIMEOUT": "5",
    }


def _processes(folder: Path, commands: Mapping[str, tuple[str, ...]]) -> dict[str, Process]:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    return {name: Process(name, arguments, folder, environment) for name, arguments in commands.items()}


@contextmanager
def _settings(chosen: Mapping[str, str]) -> Iterator[None]:
    """The same settings for this process, which makes the drafts and checks the books."""
    before = {name: value for name, value in os.environ.items() if name.startswith("SCHOOLGATE_")}
    for name in before:
        del os.environ[name]
    os.environ.update(chosen)
    settings.cache_clear()
    db.engine_for.cache_clear()
    try:
        yield
    finally:
        db.engine().dispose()
        for name in chosen:
            os.environ.pop(name, None)
        os.environ.update(before)
        settings.cache_clear()
        db.engine_for.cache_clear()


def _school(made: System) -> None:
    """Somebody in every role, and an account on each platform, as a real school has them."""
    upgrade(settings().effective_database_url)
    with db.transaction() as session:
        setup.set_up_practice(session, now=db.now()).practice = False
    with db.transaction() as session:
        head = people.holders(session, Role.HEADTEACHER)[0]
        teacher = people.find(session, f"teacher@{setup.PRACTICE_DOMAIN}")
        assert teacher is not None
        for platform in Platform:
            own = made.platforms.world.school(platform)
            account = accounts.adopt(
                session,
                platform=platform.value,
                identity_id=own.id,
                handle=own.handle,
                display_name=own.name,
                url="https://example.test",
                school_email=f"office@{setup.PRACTICE_DOMAIN}",
                credentials=made.platforms.credentials(platform),
                adopted_by=head,
                practice=False,
                now=db.now(),
            )
            people.authorise(session, teacher, account, by=head, reason="Writes posts", now=db.now())
            made.account_ids[platform] = account.id


def signed_in(made: System, mailbox: str) -> requests.Session:
    """A browser's session of somebody whose role asks for a second factor; they have one then."""
    browser = requests.Session()
    answer = sign_in(made, browser, mailbox)
    assert answer.ok and answer.url.endswith("/me/sign-in"), answer.text[:2000]
    set_up_second_factor(browser, made.url)
    return browser


def sign_in(made: System, browser: requests.Session, mailbox: str) -> requests.Response:
    """Press the button on the sign-in page; whatever comes of it."""
    page = browser.get(f"{made.url}/sign-in", timeout=60)
    return browser.post(
        f"{made.url}/sign-in",
        data={
            "csrf_token": form_token(page.text),
            "email": f"{mailbox}@{setup.PRACTICE_DOMAIN}",
            "password": setup.PRACTICE_PASSWORD,
        },
        headers={"Referer": f"{made.url}/sign-in"},
        timeout=60,
    )


class Killer:
    """Kills a random process at random moments, and starts it again a little later."""

    def __init__(self, made: System, *, kills: int, every: float, seed: int) -> None:
        self._made = made
        self._left = kills
        self._every = every
        self._random = random.Random(seed)
        self._over = threading.Event()
        self.kills: dict[str, int] = dict.fromkeys(made.processes, 0)
        self.died: list[str] = []
        self._thread = threading.Thread(target=self._work, name="killer", daemon=True)

    @property
    def total(self) -> int:
        return sum(self.kills.values())

    @property
    def done(self) -> bool:
        return self._left <= 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """No more kills; whatever is down is started."""
        self._over.set()
        self._thread.join(30)
        self.died += self._made.died_by_themselves()

    def _work(self) -> None:
        following = time.monotonic() + self._random.expovariate(1 / self._every)
        while not self._over.wait(0.1):
            self.died += self._made.died_by_themselves()
            if self._left > 0 and time.monotonic() >= following:
                following += self._random.expovariate(1 / self._every)
                name = self._random.choice(sorted(self.kills))
                self._made.processes[name].kill()
                self.kills[name] += 1
                self._left -= 1
                self._over.wait(self._random.uniform(0, min(2.0, self._every)))
                self._made.processes[name].start()
