"""The secret key: refused when it isn't the school's, changed while the product runs, done without (P11)."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import uuid
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from PIL import Image
from sqlalchemy.orm import undefer

import approvals.models  # noqa: F401 - fills the metadata
from approvals import pictures
from approvals.models import MediaRendition
from connectors.practice.servers import PracticePlatforms
from school import accounts, db, keys, people, secrets
from school.settings import settings
from tests.worker.conftest import HEAD, SCHOOLGATE, Done, environment, wait_for
from tests.worker.test_cli import adopt, refused
from worker.tasks import classify

Here = Callable[..., Done]
WRONG = "quite another key of more than 32 characters"


@pytest.fixture(scope="module")
def platforms() -> PracticePlatforms:
    """Servers that speak as X and Graph, without anybody about."""
    made = PracticePlatforms(None, pace=None)
    made.start()
    yield made  # type: ignore[misc]
    made.stop()


@pytest.fixture
def stored(school: Path, here: Here) -> Path:
    """A real school with three accounts and a picture, all encrypted; its home."""
    settings.cache_clear()
    with db.transaction() as session:
        head = people.find(session, HEAD)
        assert head is not None
        for number, platform in enumerate(("x", "facebook", "instagram")):
            accounts.adopt(
                session, platform=platform, identity_id=str(number), handle=f"elm{number}",
                display_name="Elm Road", url="https://example.test", school_email="social@elmroad.sch.uk",
                credentials={"access_token": f"the-token-{number}"}, adopted_by=head, practice=False,
                now=db.now(),
            )  # fmt: skip
        drawn = BytesIO()
        Image.new("RGB", (64, 64), "green").save(drawn, "PNG")
        pictures.add_picture(
            session, data=drawn.getvalue(), filename="a.png", alt_text="a", source="b", licence="c", by=head,
            now=db.now(),
        )  # fmt: skip
    return school


def tokens() -> list[str]:
    """The accounts' tokens, as a worker would read them now."""
    with db.reading() as session:
        return [accounts.credentials_of(one)["access_token"] for one in accounts.everything(session)]


def audited(home: Path) -> list[str]:
    with sqlite3.connect(home / "schoolgate.db") as database:
        return [row[0] for row in database.execute("SELECT action FROM audit_entries ORDER BY seq")]


NEEDING = [
    ("run", "--port", "0"),
    ("web", "--port", "0"),
    ("worker",),
    ("scheduler",),
    ("poll",),
    ("accounts", "adopt", "--platform", "x", "--handle", "elm", "--email", "social@elmroad.sch.uk",
     "--adopted-by", HEAD, "--credentials", "-"),
    ("keys", "rotate"),
]  # fmt: skip


@pytest.mark.parametrize("arguments", NEEDING, ids=" ".join)
@pytest.mark.parametrize("case", ["missing", "wrong file", "wrong", "short", "empty file"])
def test_a_start_or_command_that_needs_the_key_refuses_one_that_is_not_the_schools(
    here: Here, stored: Path, arguments: tuple[str, ...], case: str
) -> None:
    key = stored / "secret.key"
    more = (
        {"SCHOOLGATE_BROKER_URL": "redis://127.0.0.1:9/0"} if arguments[0] in {"worker", "scheduler"} else {}
    )
    if case == "missing":
        key.unlink()
        refused(here(*arguments, **more), "secret key is missing", str(key), "start-anew", status=1)
        assert not key.exists()
    elif case == "wrong file":
        key.write_text(WRONG.replace(" ", "-"), encoding="ascii")
        refused(here(*arguments, **more), "not the one", str(key), "start-anew", status=1)
    elif case == "wrong":
        done = here(*arguments, SCHOOLGATE_SECRET_KEY=WRONG, **more)
        assert WRONG not in refused(done, "not the one", "SCHOOLGATE_SECRET_KEY", status=1)
    elif case == "short":
        done = here(*arguments, SCHOOLGATE_SECRET_KEY="too short", **more)
        assert "too short (9 of 32" in refused(done, "SCHOOLGATE_SECRET_KEY", "openssl rand -hex 32")
    else:
        key.write_text("", encoding="ascii")
        refused(here(*arguments, **more), "secret key is missing", str(key), status=1)
    assert "account_credentials_dead" not in audited(stored)


def test_a_school_of_a_former_version_learns_its_key_and_then_knows_a_wrong_one(
    here: Here, stored: Path
) -> None:
    with sqlite3.connect(stored / "schoolgate.db") as database:
        database.execute("UPDATE school SET key_check = NULL")
    refused(here("poll", SCHOOLGATE_SECRET_KEY=WRONG), "not the one", status=1)
    with db.transaction() as session:
        keys.vouch(session)
    with sqlite3.connect(stored / "schoolgate.db") as database:
        database.execute("DELETE FROM accounts")
        database.execute("DELETE FROM media_renditions")
        database.execute("DELETE FROM media_files")
    refused(here("poll", SCHOOLGATE_SECRET_KEY=WRONG), "not the one", status=1)


def test_rotate_encrypts_everything_anew_and_drops_the_old_key(here: Here, stored: Path) -> None:
    before = (stored / "secret.key").read_text(encoding="ascii").split()
    done = here("keys", "rotate", "--wait", "0", "--json")
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    assert told["encrypted_anew"] == {
        "accounts.credentials": 3,
        "media_files.original": 1,
        "media_renditions.data": 4,
        "school.key_check": 1,
    }
    assert told["old_key_dropped"] and not told["resumed"] and told["unreadable"] == 0
    after = (stored / "secret.key").read_text(encoding="ascii").split()
    assert len(after) == 1 and after != before
    assert (stored / "secret.key").stat().st_mode & 0o077 == 0
    assert tokens() == ["the-token-1", "the-token-2", "the-token-0"]
    assert audited(stored)[-2:] == ["keys_rotation_began", "keys_rotated"]
    assert after[0].encode() not in done.stdout and before[0].encode() not in done.stdout
    # What the former key opened, it opens no longer.
    refused(here("poll", SCHOOLGATE_SECRET_KEY=before[0]), "not the one", status=1)
    assert here("audit", "verify").returncode == 0
    assert json.loads(here("keys", "rotate", "--wait", "0", "--json").stdout)["encrypted_anew"] == {
        "accounts.credentials": 3, "media_files.original": 1, "media_renditions.data": 4,
        "school.key_check": 1,
    }  # fmt: skip


def test_rotate_with_a_key_from_outside_says_what_to_do_and_does_it(here: Here, stored: Path) -> None:
    old = (stored / "secret.key").read_text(encoding="ascii").strip()
    (stored / "secret.key").unlink()
    refused(here("keys", "rotate", SCHOOLGATE_SECRET_KEY=old), "SCHOOLGATE_OTHER_SECRET_KEYS")
    refused(
        here("keys", "rotate", SCHOOLGATE_SECRET_KEY=old, SCHOOLGATE_OTHER_SECRET_KEYS="short"),
        "SCHOOLGATE_OTHER_SECRET_KEYS", "too short",
    )  # fmt: skip
    both = {"SCHOOLGATE_SECRET_KEY": WRONG, "SCHOOLGATE_OTHER_SECRET_KEYS": f"{old},"}
    done = here("keys", "rotate", "--wait", "0", **both)
    assert done.returncode == 0, done.stderr.decode()
    assert b"take SCHOOLGATE_OTHER_SECRET_KEYS away" in done.stdout
    assert not (stored / "secret.key").exists()
    refused(here("poll", SCHOOLGATE_SECRET_KEY=old), "not the one", status=1)
    assert here("keys", "start-anew", SCHOOLGATE_SECRET_KEY=WRONG).stdout.count(b"nothing was changed") == 1


def test_rotate_killed_in_the_middle_goes_on_beside_people_who_work(stored: Path, here: Here) -> None:
    many = 400
    with sqlite3.connect(stored / "schoolgate.db") as database:
        [(sealed, head)] = database.execute(
            "SELECT credentials, adopted_by_id FROM accounts WHERE platform='x'"
        )
        database.executemany(
            "INSERT INTO accounts (id, platform, handle, display_name, platform_id, url, school_email,"
            " practice, state, credentials, adopted_by_id, adopted_at, poll_failures) VALUES"
            " (?, 'x', 'h', 'd', ?, 'u', 's', 0, 'paused', ?, ?, '2026-01-01 00:00:00', 0)",
            [(uuid.uuid4().hex, f"many{n}", sealed, head) for n in range(many)],
        )
    database.close()
    old = (stored / "secret.key").read_text(encoding="ascii").strip()

    def rotating() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [SCHOOLGATE, "keys", "rotate", "--wait", "0", "--json"],
            env=environment(stored), cwd=stored.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def changed() -> int:
        with sqlite3.connect(stored / "schoolgate.db", timeout=30) as database:
            query = "SELECT count(*) FROM accounts WHERE credentials <> ?"
            [(count,)] = database.execute(query, (sealed,))
        database.close()
        return int(count) - 2

    first = rotating()
    assert wait_for(lambda: True if changed() > 20 else None, 60)
    first.send_signal(signal.SIGKILL)
    first.wait(20)
    ring = (stored / "secret.key").read_text(encoding="ascii").split()
    assert len(ring) == 2 and ring[1] == old, "the old key must stay until everything is encrypted anew"
    part = changed()
    assert 20 < part < many, part
    assert len(tokens()) == many + 3, "all of it can be read meanwhile"
    # A second one goes on with the same new key; another beside it is refused.
    second = rotating()
    wait_for(lambda: True if changed() > part else None, 30)
    beside = rotating()
    _said, complained = beside.communicate(timeout=60)
    out, err = second.communicate(timeout=120)
    assert second.returncode == 0, err.decode()
    told = json.loads(out)
    assert told["resumed"] and told["old_key_dropped"] and told["already"] >= part
    assert beside.returncode == 0 or b"is at work" in complained, complained
    assert ring[0] == (stored / "secret.key").read_text(encoding="ascii").split()[0] or beside.returncode == 0
    assert len(tokens()) == many + 3
    assert here("audit", "verify").returncode == 0


def test_what_is_stored_with_the_old_key_during_the_rotation_is_found(
    stored: Path, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.cache_clear()
    late = secrets.encrypt(json.dumps({"access_token": "the-late-token"}).encode())
    waited = []

    def store(_seconds: float) -> None:
        """Somebody who read the keys before the rotation stores what they sealed while it waits."""
        waited.append(True)
        with sqlite3.connect(stored / "schoolgate.db") as database:
            database.execute("UPDATE accounts SET credentials = ? WHERE platform = 'x'", (late,))
        database.close()

    monkeypatch.setattr("worker.commands.keys.time.sleep", store)
    done = here("keys", "rotate", "--json")
    assert done.returncode == 0, done.stderr.decode()
    assert waited and json.loads(done.stdout)["encrypted_anew"]["accounts.credentials"] == 4
    assert "the-late-token" in tokens()


def test_start_anew_marks_what_is_lost_and_loses_nothing_else(
    here: Here, stored: Path, platforms: PracticePlatforms
) -> None:
    with sqlite3.connect(stored / "schoolgate.db") as database:
        before = database.execute("SELECT id, email, password FROM people").fetchall()
    (stored / "secret.key").rename(stored / "lost.key")
    assert here("audit", "verify").returncode == 0, "what needs no key goes on"
    assert here("people", "list").returncode == 0
    done = here("keys", "start-anew", "--json")
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    assert told == {"changed": True, "accounts": ["facebook:elm1", "instagram:elm2", "x:elm0"], "pictures": 1}
    with sqlite3.connect(stored / "schoolgate.db") as database:
        assert database.execute("SELECT id, email, password FROM people").fetchall() == before
        assert database.execute("SELECT count(*) FROM media_renditions").fetchone()[0] > 0
        assert database.execute("SELECT original_lost_at FROM media_files").fetchone()[0]
        assert database.execute("SELECT count(*) FROM outbox_emails").fetchone()[0] == 3
    assert audited(stored)[-1] == "keys_started_anew" and here("audit", "verify").returncode == 0
    listed = json.loads(here("accounts", "list", "--json").stdout)["accounts"]
    assert {one["state"] for one in listed} == {"needs_connecting"}
    assert all("adopt" in one["problem"] for one in listed)
    assert b"nothing was changed" in here("keys", "start-anew").stdout
    assert adopt(here, platforms).returncode == 0
    # The key turns up again: the pictures can be read once more.
    found = (stored / "lost.key").read_text(encoding="ascii").strip()
    done = here("keys", "rotate", "--wait", "0", "--json", SCHOOLGATE_OTHER_SECRET_KEYS=found)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["pictures_lost"] == 0
    with sqlite3.connect(stored / "schoolgate.db") as database:
        assert database.execute("SELECT original_lost_at FROM media_files").fetchone() == (None,)


def test_the_worker_seals_what_a_former_version_kept_as_it_is(stored: Path) -> None:
    with db.transaction() as session:
        [one, *_] = session.scalars(sa.select(MediaRendition).options(undefer(MediaRendition.sealed)))
        plain = one.data
        one.sealed = plain
    classify.seal_pictures()
    with db.reading() as session:
        kept = session.scalars(sa.select(MediaRendition).options(undefer(MediaRendition.sealed))).all()
    assert len(kept) == 4 and all(secrets.is_sealed(copy.sealed) for copy in kept)
    assert plain in [copy.data for copy in kept]


def test_start_anew_puts_an_unusable_key_file_aside(here: Here, stored: Path) -> None:
    (stored / "secret.key").write_text("abc\n", encoding="ascii")
    refused(here("poll"), "too short", str(stored / "secret.key"))
    assert here("keys", "start-anew").returncode == 0
    assert (stored / "secret.key.unusable").read_text(encoding="ascii") == "abc\n"
    refused(here("keys", "start-anew", SCHOOLGATE_SECRET_KEY="short"), "too short")
