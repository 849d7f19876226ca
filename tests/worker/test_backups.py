"""`schoolgate backup` and `restore`: while running, across databases, and never half or twice."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import sqlite3
import threading
import uuid
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import log as slt_log
from moderation import manual
from moderation.models import ActKind, ActState, PlatformAct
from school import accounts, audit, db, heartbeats, mail, migrate, people, secrets
from school.models import Account, OutboxEmail, Person, Role, School
from tests.approvals import scenes
from tests.conftest import _administer, _with_database
from tests.worker.conftest import Done, command, in_this_process, running, wait_for
from tests.worker.test_cli import refused
from worker.locks import FileLock

PASSPHRASE = "four random words indeed"
CHANGED = {
    "heartbeats",
    "machine_clocks",
    "school",
    "people",
    "audit_entries",
    "outbox_emails",
    "publications",
    "publication_moves",
}
"""Tables that a restore adds to or sets right."""

Run = Callable[..., Done]


@pytest.fixture
def run(
    settings_home: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Iterator[Run]:
    """Runs a command in this process, in any home and on any database."""
    before = logging.getLogger().handlers[:]

    yield in_this_process(monkeypatch, capfdbinary)
    logging.getLogger().handlers[:] = before


@pytest.fixture
def other_database(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> Iterator[str]:
    """An empty database of the other kind."""
    if not database.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'elsewhere' / 'other.db'}"
        return
    server: str = request.getfixturevalue("postgres_server")
    name = f"restored_{uuid.uuid4().hex}"
    _administer(server, f'CREATE DATABASE "{name}"')
    yield _with_database(server, name)
    db.engine_for.cache_clear()
    _administer(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def full_school(
    session: Session,
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
    settings_home: Path,
) -> Account:
    """A school with a scheduled post with a picture, a log entry, a waiting reply and mails, and files."""
    account, moment = make_account("x"), db.now()
    teacher, head = school_people[Role.STAFF], school_people[Role.HEADTEACHER]
    media = scenes.add_picture(session, teacher, moment)
    scenes.approved(
        session, teacher, head, moment, account,
        text="Welcome — «Ysgol» \N{GRINNING FACE}", pictures=(scenes.choice(media),),
    )  # fmt: skip
    manual.record(
        session,
        manual.ManualEntry("WhatsApp", "You are all idiots", picture=scenes.picture_bytes()),
        by=head,
        url="https://schoolgate.test",
        now=moment,
    )
    session.add(
        PlatformAct(
            kind=ActKind.REPLY, state=ActState.REQUESTED, account_id=account.id, target_platform_id="99",
            target_url="", text="Please be kind.", requested_at=moment, next_try_at=moment, attempts=0,
            answer="", result_platform_id="",
        )
    )  # fmt: skip
    session.commit()
    (settings_home / "mailbox").mkdir()
    (settings_home / "mailbox" / "one.eml").write_bytes(b"Subject: a link that lets in\r\n\r\n")
    (settings_home / "logs").mkdir(exist_ok=True)
    (settings_home / "logs" / "web.log").write_text("not part of it")
    (settings_home / "practice").mkdir()
    with sqlite3.connect(settings_home / "practice" / "practice.db") as world:
        world.execute("PRAGMA journal_mode=WAL")
        world.execute("CREATE TABLE posts (text)")
        world.execute("INSERT INTO posts VALUES ('still in the write-ahead log')")
    return account


def _everything(url: str) -> dict[str, list[dict[str, Any]]]:
    engine = db.make_engine(url)
    with engine.connect() as connection:
        found = {
            table.name: sorted(
                (dict(row) for row in connection.execute(sa.select(table)).mappings()),
                key=lambda row: str(row),
            )
            for table in db.Base.metadata.sorted_tables
        }
    engine.dispose()
    return found


def test_the_whole_school_moves_from_one_kind_of_database_to_the_other_and_holds(
    run: Run, full_school: Account, database: str, other_database: str, settings_home: Path, tmp_path: Path
) -> None:
    file, new = tmp_path / "school.backup", tmp_path / "new"
    key = secrets.secret_key()
    before = _everything(database)
    made = run("backup", str(file), "--json")
    assert made.returncode == 0, made.stderr
    assert file.stat().st_mode & 0o077 == 0
    assert key.encode() not in file.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []
    where = {"SCHOOLGATE_HOME": str(new), "SCHOOLGATE_DATABASE_URL": other_database}
    done = run("restore", str(file), "--json", **where)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["posts_to_look_for"], document["replies_to_look_for"]) == (1, 1)
    assert "before you start" in " ".join(document["key"].split())
    after = _everything(other_database)
    for table, rows in before.items():
        if table not in CHANGED | {"platform_acts", "accounts"}:
            assert after[table] == rows, table
    assert before["accounts"][0]["credentials"] == after["accounts"][0]["credentials"]
    old_mails = {row["message_id"]: row["raw"] for row in before["outbox_emails"]}
    kept = {row["message_id"]: row["raw"] for row in after["outbox_emails"] if row["purpose"] != "restored"}
    assert kept == old_mails and old_mails, "what waits is sent as the very same message"
    assert [row["state"].value for row in after["publications"]] == ["unknown"]
    assert after["platform_acts"][0]["sent_at"] is not None, "an answer is only looked for"
    assert {row["fs_uniquifier"] for row in after["people"]}.isdisjoint(
        row["fs_uniquifier"] for row in before["people"]
    )
    assert run("audit", "verify", **where).returncode == 0
    assert not (new / "mailbox").exists(), "delivered mails, with their links, are in no backup"
    with sqlite3.connect(new / "practice" / "practice.db") as world:
        assert world.execute("SELECT text FROM posts").fetchall() == [("still in the write-ahead log",)]
    assert not (new / "secret.key").exists() and not (new / "logs" / "web.log").exists()
    # The key put back, what was sealed can be read.
    (new / "secret.key").write_text(key)
    engine = db.make_engine(other_database)
    with sa.orm.Session(engine) as session:
        account = accounts.get(session, full_school.id)
        assert accounts.credentials_of(account) == {"access_token": "secret-of-the-test"}
    engine.dispose()
    again = run("restore", str(file), **where)
    refused(again, "Larkfield", "--replace")


def test_a_backup_taken_while_others_write_is_of_one_moment(
    run: Run, school_people: dict[Role, Person], database: str, tmp_path: Path
) -> None:
    """Each transaction writes two things that belong together; the copy has both or neither."""
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with db.transaction() as session:
                head = people.holders(session, Role.HEADTEACHER)[0]
                queued = mail.queue(
                    session, to=head, subject="x", text="x", html="x", purpose="twin", now=db.now()
                )
                audit.record(
                    session, by=None, action="twin", object_kind="mail", object_id=queued.id, now=db.now()
                )

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(3):
            done = run("backup", str(tmp_path / f"{number}.backup"))
            assert done.returncode == 0, done.stderr
    finally:
        stop.set()
        thread.join(30)
    counts = []
    for number in range(3):
        with zipfile.ZipFile(tmp_path / f"{number}.backup") as found:
            found.extract("database.db", tmp_path / f"out{number}")
        engine = db.make_engine(f"sqlite:///{tmp_path / f'out{number}' / 'database.db'}")
        with sa.orm.Session(engine) as session:
            mails = set(session.scalars(sa.select(OutboxEmail.id).where(OutboxEmail.purpose == "twin")))
            noted = session.execute(
                sa.text("SELECT object_id FROM audit_entries WHERE action = 'twin'")
            ).scalars()
            assert {str(one) for one in mails} == set(noted)
            assert audit.verify(session) is None
            counts.append(len(mails))
        engine.dispose()
    assert counts == sorted(counts) and counts[-1] > 0


ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def backup_file(
    run: Run, school_people: dict[Role, Person], database: str, settings_home: Path, tmp_path: Path
) -> Path:
    """A small backup with its key sealed in it."""
    file, words = tmp_path / "small.backup", tmp_path / "passphrase"
    words.write_text(PASSPHRASE + "\n")
    done = run("backup", str(file), "--with-keys", "--passphrase-file", str(words))
    assert done.returncode == 0, done.stderr
    return file


def _elsewhere(tmp_path: Path, name: str = "new") -> dict[str, str]:
    return {"SCHOOLGATE_HOME": str(tmp_path / name), "SCHOOLGATE_DATABASE_URL": ""}


@ONE_DATABASE
def test_the_key_travels_sealed_and_opens_with_its_passphrase_alone(
    run: Run, backup_file: Path, settings_home: Path, tmp_path: Path
) -> None:
    key = (settings_home / "secret.key").read_text()
    with zipfile.ZipFile(backup_file) as found:
        manifest = found.read("schoolgate-backup.json").decode()
    assert key not in manifest and PASSPHRASE not in manifest
    where = _elsewhere(tmp_path)
    refused(run("restore", str(backup_file), **where), "--passphrase-file")
    wrong = run("restore", str(backup_file), "--passphrase-file", "-", stdin=b"not that\n", **where)
    refused(wrong, "passphrase", "--without-keys")
    assert not (tmp_path / "new" / "schoolgate.db").exists()
    done = run(
        "restore", str(backup_file), "--passphrase-file", "-", stdin=f"{PASSPHRASE}\n".encode(), **where
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "new" / "secret.key").read_text() == key
    assert (tmp_path / "new" / "secret.key").stat().st_mode & 0o077 == 0


@ONE_DATABASE
def test_another_key_is_not_overwritten(run: Run, backup_file: Path, tmp_path: Path) -> None:
    where = _elsewhere(tmp_path)
    done = run(
        "restore", str(backup_file), "--passphrase-file", "-", stdin=f"{PASSPHRASE}\n".encode(),
        **where, SCHOOLGATE_SECRET_KEY="k" * 40,
    )  # fmt: skip
    refused(done, "SCHOOLGATE_SECRET_KEY", "--without-keys")
    kept = run("restore", str(backup_file), "--without-keys", **where, SCHOOLGATE_SECRET_KEY="k" * 40)
    assert kept.returncode == 0 and b"is not the one" in kept.stdout


@ONE_DATABASE
def test_a_short_passphrase_and_an_existing_file_are_refused(
    run: Run, backup_file: Path, tmp_path: Path
) -> None:
    short = run("backup", str(tmp_path / "b"), "--with-keys", "--passphrase-file", "-", stdin=b"short\n")
    refused(short, "5 characters", "12")
    refused(run("backup", str(backup_file)), "exists already", "--overwrite")
    before = backup_file.read_bytes()
    refused(run("backup", str(tmp_path)), "folder")
    assert backup_file.read_bytes() == before
    assert run("backup", str(backup_file), "--overwrite").returncode == 0
    assert run("backup", str(tmp_path / "no" / "such" / "file")).returncode == 1


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-400])


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 0xFF
    file.write_bytes(content)


def _no_zip(file: Path) -> None:
    file.write_bytes(b"SQLite format 3\x00" * 100)


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _rewritten(file: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with zipfile.ZipFile(file) as found:
        comment, members = found.comment, {name: found.read(name) for name in found.namelist()}
    change(members)
    with zipfile.ZipFile(file, "w") as made:
        for name, body in members.items():
            made.writestr(name, body)
        made.comment = comment


def _other_member(file: Path) -> None:
    _rewritten(file, lambda members: members.update({"database.db": members["database.db"][:-1] + b"x"}))


def _outside(file: Path) -> None:
    _rewritten(file, lambda members: members.update({"home/../../evil": b"x"}))


def _other_manifest(file: Path) -> None:
    _rewritten(
        file,
        lambda members: members.update(
            {"schoolgate-backup.json": members["schoolgate-backup.json"].replace(b"Larkfield", b"Hillfield")}
        ),
    )


@ONE_DATABASE
@pytest.mark.parametrize("harm", [_cut, _flip, _no_zip, _empty, _other_member, _outside, _other_manifest])
def test_a_damaged_file_is_refused_in_one_sentence_and_changes_nothing(
    run: Run, backup_file: Path, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    harm(backup_file)
    for arguments in (("--without-keys",), ("--check",)):
        refused(run("restore", str(backup_file), *arguments, **_elsewhere(tmp_path)), "undamaged", status=1)
    assert not (tmp_path / "new" / "schoolgate.db").exists()


@ONE_DATABASE
def test_a_newer_backup_and_a_missing_one_are_refused(run: Run, backup_file: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(backup_file) as found:
        members = {name: found.read(name) for name in found.namelist()}
    head = migrate.head()
    assert head
    body = members["schoolgate-backup.json"].replace(f'"revision": "{head}"'.encode(), b'"revision": "9999"')
    with zipfile.ZipFile(backup_file, "w") as made:
        for name, content in {**members, "schoolgate-backup.json": body}.items():
            made.writestr(name, content)
        made.comment = hashlib.sha256(body).hexdigest().encode()
    refused(
        run("restore", str(backup_file), "--without-keys", **_elsewhere(tmp_path)), "9999", "upgrade first"
    )
    refused(run("restore", str(tmp_path / "nothing"), **_elsewhere(tmp_path)), "no file")
    refused(run("restore", str(tmp_path), **_elsewhere(tmp_path)), "folder")


@ONE_DATABASE
def test_an_older_backup_is_migrated_on_its_way(run: Run, backup_file: Path, tmp_path: Path) -> None:
    """A school upgrades the product, then has to go back to last month's backup."""
    with zipfile.ZipFile(backup_file) as found:
        members = {name: found.read(name) for name in found.namelist()}
    old = tmp_path / "old.db"
    old.write_bytes(members["database.db"])
    migrate.downgrade(f"sqlite:///{old}", "0004")
    members["database.db"] = old.read_bytes()
    manifest = json.loads(members["schoolgate-backup.json"])
    manifest["revision"] = "0004"
    manifest["members"]["database.db"] = hashlib.sha256(members["database.db"]).hexdigest()
    body = json.dumps(manifest).encode()
    with zipfile.ZipFile(backup_file, "w") as made:
        for name, content in {**members, "schoolgate-backup.json": body}.items():
            made.writestr(name, content)
        made.comment = hashlib.sha256(body).hexdigest().encode()
    done = run("restore", str(backup_file), "--without-keys", **_elsewhere(tmp_path))
    assert done.returncode == 0, done.stderr
    assert migrate.is_current(f"sqlite:///{tmp_path / 'new' / 'schoolgate.db'}")


@ONE_DATABASE
def test_what_is_there_is_kept_beside_when_it_is_replaced(
    run: Run, backup_file: Path, settings_home: Path, database: str, tmp_path: Path
) -> None:
    (settings_home / "mailbox").mkdir()
    (settings_home / "mailbox" / "newer.eml").write_bytes(b"newer")
    with db.transaction() as session:
        session.scalars(sa.select(School)).one().name = "Changed since"
    kept_backup = settings_home / "yesterday.backup"
    shutil.copy(backup_file, kept_backup)
    lock = FileLock(settings_home / "run.lock")
    assert lock.take()
    refused(run("restore", str(backup_file), "--replace", "--without-keys"), "running", "stop it", status=1)
    lock.free()
    refused(run("restore", str(backup_file), "--without-keys"), "Changed since", "--replace")
    done = run("restore", str(kept_backup), "--replace", "--without-keys", "--json")
    assert done.returncode == 0, done.stderr
    replaced = Path(json.loads(done.stdout)["replaced"])
    assert (replaced / "mailbox" / "newer.eml").exists() and not (settings_home / "mailbox").exists()
    with sqlite3.connect(replaced / "schoolgate.db") as old:
        assert old.execute("SELECT name FROM school").fetchall() == [("Changed since",)]
    with sqlite3.connect(settings_home / "schoolgate.db") as restored_database:
        assert restored_database.execute("SELECT name FROM school").fetchall() == [
            ("Larkfield Primary School",)
        ]
    assert kept_backup.exists(), (
        "a backup that lies in the home is neither moved nor packed into the next one"
    )
    second = run("backup", str(tmp_path / "second.backup"), "--json")
    assert json.loads(second.stdout)["files"] == 1


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_server_database_is_replaced_and_kept_and_never_under_running_workers(
    run: Run, backup_file: Path, database: str, settings_home: Path
) -> None:
    with db.transaction() as session:
        session.scalars(sa.select(School)).one().name = "Changed since"
        heartbeats.beat(session, "poll", now=db.now())
    refused(run("restore", str(backup_file), "--replace", "--without-keys"), "running", "wait", status=1)
    with db.transaction() as session:
        heartbeats.beat(session, "poll", now=db.now() - timedelta(minutes=5))
    done = run("restore", str(backup_file), "--replace", "--without-keys", "--json")
    assert done.returncode == 0, done.stderr
    with sqlite3.connect(Path(json.loads(done.stdout)["replaced"]) / "schoolgate.db") as old:
        assert old.execute("SELECT name FROM school").fetchall() == [("Changed since",)]
    db.engine_for.cache_clear()
    with db.reading() as session:
        assert session.scalars(sa.select(School)).one().name == "Larkfield Primary School"
        assert slt_log.verify(session) is None and audit.verify(session) is None


def test_nothing_to_back_up_is_said(here: Callable[..., Done], home: Path, tmp_path: Path) -> None:
    refused(here("backup", str(tmp_path / "b")), "no school")
    assert not (tmp_path / "b").exists()


def test_a_running_product_is_backed_up_and_the_copy_starts(tmp_path: Path) -> None:
    home, new, file = tmp_path / "home", tmp_path / "new", tmp_path / "school.backup"
    with running(home, SCHOOLGATE_PRACTICE_PACE="0.5") as product:
        assert wait_for(lambda: True if product.world().public_posts("x", limit=1) else None, 60)
        done = command(
            home, "backup", str(file), "--with-keys", "--passphrase-file", "-", stdin=PASSPHRASE.encode()
        )
        assert done.returncode == 0, done.stderr
        refused_while_running = command(home, "restore", str(file), "--replace", "--without-keys")
        assert refused_while_running.returncode == 1 and b"stop it first" in refused_while_running.stderr
    done = command(new, "restore", str(file), "--passphrase-file", "-", stdin=PASSPHRASE.encode())
    assert done.returncode == 0, done.stderr
    with running(new, SCHOOLGATE_PRACTICE_PACE="0") as product:
        assert "Moderation" in product.signed_in("head").get(f"{product.url}/", timeout=30).text
