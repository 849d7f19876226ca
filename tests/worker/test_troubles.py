"""What is wrong outside the product is one line on standard error, with what to do and without secrets."""

from __future__ import annotations

import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from school.settings import Settings, misspelt
from tests.worker.conftest import HEAD, SCHOOLGATE, SETUP, Done, environment
from tests.worker.test_cli import refused

Here = Callable[..., Done]
COMMANDS = [
    ("run", "--port", "0"),
    ("web", "--port", "0"),
    SETUP,
    ("people", "list"),
    ("poll",),
    ("audit", "verify"),
    ("log", "export", "--format", "csv"),
    ("keys", "rotate"),
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: " ".join(arguments[:2]))
@pytest.mark.parametrize(
    "content", [b"this is no database at all, but it is long enough to be one" * 99, b"SQL"]
)
def test_a_database_that_is_none(here: Here, home: Path, arguments: tuple[str, ...], content: bytes) -> None:
    home.mkdir()
    (home / "schoolgate.db").write_bytes(content)
    refused(here(*arguments), "damaged", str(home / "schoolgate.db"), "backup", status=1)
    assert (home / "schoolgate.db").read_bytes() == content


@pytest.mark.parametrize("arguments", [("people", "list"), SETUP])
def test_a_postgresql_that_knows_neither_database_nor_user(
    here: Here, home: Path, postgres_server: str, arguments: tuple[str, ...]
) -> None:
    url = sa.make_url(postgres_server).set(drivername="postgresql")
    for wrong in (url.set(database="nowhere"), url.set(username="nobody", password="hush-hush-hush-hush")):
        done = here(*arguments, SCHOOLGATE_DATABASE_URL=wrong.render_as_string(hide_password=False))
        assert "hush-hush" not in refused(done, "no such database or user", "DATABASE_URL", status=1)
    assert b"hush-hush" not in b"".join(file.read_bytes() for file in (home / "logs").iterdir())


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DATABASE_URL", "mysql://a:hush-hush@b/c", ("postgresql://",)),
        ("DATABASE_URL", "postgresql://a:hush-hush@@b:port/c", ("%40",)),
        ("DATABASE_URL", "schoolgate.db", ("sqlite:///",)),
        ("BROKER_URL", "localhost:6379", ("redis://",)),
        ("BROKER_URL", "redis://:hush-hush@:x", ("redis://",)),
        ("SMTP_URL", "mail.larkfield.sch.uk", ("smtp://",)),
        ("SMTP_URL", "smtp://post:hush-hush@mail:5o7", ("smtp://",)),
        ("SMTP_URL", "smtp://post:hush-hush@[::1", ("smtp://",)),
        ("SMTP_URL", "smtp://", ("smtp://",)),
        ("PUBLIC_URL", "social.larkfield.sch.uk", ("“social.larkfield.sch.uk”", "https://")),
        ("X_URL", "ftp://x", ("“ftp://x”",)),
        ("X_URL", "ftp://head:hush-hush@x", ("https://",)),
        ("MAIL_FROM", "Larkfield <office@larkfield.sch.uk>", ("one e-mail address",)),
        ("PORT", "eighty", ("“eighty”", "integer")),
        ("POLL_INTERVAL", "0", ("“0”", "greater than 0")),
        ("APPROVAL_NEEDS", "nothing", ("“nothing”", "pin")),
        ("APPROVAL_LINK_LIFETIME", "-PT1H", ("“-3600 seconds”",)),
        ("PUBLISH_LATE_LIMIT", "an hour", ("“an hour”",)),
        ("HIDE_AT_ONCE", "perhaps", ("“perhaps”",)),
        ("HIDE_THRESHOLD", "97", ("“97”", "less than or equal to 1")),
        ("GRAPH_VERSION", "latest", ("“latest”",)),
        ("LOG_FORMAT", "xml", ("“xml”", "json")),
    ],
)
def test_a_setting_that_cant_be_used_is_named_with_its_value_unless_it_may_be_secret(
    here: Here, home: Path, name: str, value: str, words: tuple[str, ...]
) -> None:
    line = refused(here("people", "list", **{f"SCHOOLGATE_{name}": value}), f"SCHOOLGATE_{name}", *words)
    assert "hush-hush" not in line and "alue error" not in line


@pytest.mark.parametrize("url", ["postgresql:///larkfield", "postgresql://a:@/b?host=/run/postgresql", ""])
def test_a_database_without_a_host_is_asked_by_its_local_socket(url: str) -> None:
    assert Settings(database_url=url).database_url == url


def test_a_variable_that_is_likely_misspelt_is_named(
    here: Here, school: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (school.parent / ".env").write_text("SCHOOLGATE_PUBLICURL=https://x.example\nOTHER_PORT=1\n")
    done = here("people", "list", SCHOOLGATE_POL_INTERVAL="30", SCHOOLGATE_IMAGE="mine:1", HOME_PORT="1")
    assert done.returncode == 0
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 2, lines
    assert "SCHOOLGATE_POL_INTERVAL" in lines[0] and "SCHOOLGATE_POLL_INTERVAL" in lines[0]
    assert "SCHOOLGATE_PUBLICURL" in lines[1] and "SCHOOLGATE_PUBLIC_URL" in lines[1]
    monkeypatch.setenv("SCHOOLGATE_DATABASE", "x")
    assert ("SCHOOLGATE_DATABASE", "SCHOOLGATE_DATABASE_URL") in misspelt()


def test_an_empty_variable_counts_as_none(here: Here, school: Path) -> None:
    empty = {f"SCHOOLGATE_{name.upper()}": "" for name in Settings.model_fields if name != "home"}
    done = here("people", "list", **empty)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_file_of_settings_that_is_no_text(here: Here, school: Path) -> None:
    (school.parent / ".env").write_bytes(b"SCHOOLGATE_PORT=\xff\n")
    refused(here("people", "list"), ".env", "UTF-8")


@pytest.mark.parametrize("arguments", [SETUP, ("run", "--port", "0"), ("people", "list")], ids=" ".join)
@pytest.mark.parametrize("kilobytes", [0, 100])
def test_a_disk_that_takes_no_more(
    school: Path, tmp_path: Path, arguments: tuple[str, ...], kilobytes: int
) -> None:
    """No file may grow beyond so much: what a full disk does, for whoever may not fill one."""
    if arguments[0] != "people":
        shutil.rmtree(school)
        school.mkdir()
    done = subprocess.run(
        [SCHOOLGATE, *arguments], env=environment(school), capture_output=True, cwd=tmp_path, timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, kilobytes * 1024)),
    )  # fmt: skip
    if arguments[0] == "people" and kilobytes:
        assert (done.returncode, done.stderr) == (0, b""), "looking needs no room"
        return
    assert done.returncode == 1
    [line] = done.stderr.decode().splitlines()
    assert "disk" in line or "File too large" in line
    assert str(school) in line


def test_nothing_is_half_done_where_the_disk_was_full(school: Path, here: Here, tmp_path: Path) -> None:
    add = ("people", "add", "--name", "B", "--email", "b@elmroad.sch.uk", "--by", HEAD)
    done = subprocess.run(
        [SCHOOLGATE, *add], env=environment(school), capture_output=True, cwd=tmp_path, timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )  # fmt: skip
    assert done.returncode == 1
    with sqlite3.connect(school / "schoolgate.db") as database:
        assert database.execute("SELECT count(*) FROM people").fetchone() == (1,)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert here(*add).returncode == 0
    assert here("audit", "verify").returncode == 0


def test_tables_of_a_former_version(here: Here, school: Path) -> None:
    with sqlite3.connect(school / "schoolgate.db") as database:
        database.execute("ALTER TABLE school DROP COLUMN key_check")
    refused(here("audit", "verify"), "this version's tables", "schoolgate run", status=1)
