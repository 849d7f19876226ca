"""Trail, SLT log and anchors, altered in every way we could think of: each alteration is found (P17)."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import anchors, chain, fingerprints, proofs
from moderation.models import EventKind, LogEntry, LogEvent, LogOrigin
from school import audit, database_roles, db, people, secrets, setup
from school.models import AuditEntry, ChainAnchor, OutboxEmail, Person, Role
from school.settings import settings
from tests.moderation.scenes import tampering
from worker.cli import execute

DAY_1 = datetime(2027, 6, 2, 9, tzinfo=UTC)
DAY_2 = DAY_1 + timedelta(days=1)
OTHER = "0" * 32
A_TIME = "2027-06-09 10:00:00.000000"
PICTURE = b"\x89PNG evidence"
T, L, A, M = "trail", "log", "anchors", "mail"


@dataclass
class World:
    """A school's database of two days, and what was mailed of it."""

    file: Path
    mailed: bytes
    trail: int
    """Number of the trail's last entry; the second anchor is the one before it."""
    log: int


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[World]:
    home = tmp_path_factory.mktemp("chains")
    file = home / "schoolgate.db"
    shutil.copy(sqlite_template, file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCHOOLGATE_HOME", str(home))
        patch.delenv("SCHOOLGATE_DATABASE_URL", raising=False)
        settings.cache_clear()
        secrets.make_key_if_none()
        # The statements below say which entry they change by its number.
        numbers = count(1)
        patch.setattr(chain, "drawn", lambda _times: next(numbers))
        with db.transaction() as session:
            setup.set_up_practice(session, now=DAY_1 - timedelta(days=1))
            slt = people.holders(session, Role.SLT)[0]
            first = [_evidence(session, n, slt, picture=PICTURE if n == 1 else None) for n in (1, 2, 3)]
            anchors.make(session, url="https://s.test", now=DAY_1)
            for entry in first:
                chain.append(session, entry.id, EventKind.NOTE, by=slt, detail={"note": "café"}, now=DAY_1)
            chain.erase(session, first[1].id, by=None, now=DAY_1 + timedelta(hours=1))
            audit.record(
                session, by=slt, action="tested", object_kind="thing", object_id="é", now=DAY_1,
                detail={"why": "naïve", "n": 1},
            )  # fmt: skip
            anchors.make(session, url="https://s.test", now=DAY_2)
            chain.append(session, first[2].id, EventKind.NOTE, by=slt, detail={"note": "later"}, now=DAY_2)
            audit.record(session, by=slt, action="later", object_kind="thing", object_id="1", now=DAY_2)
            mails = session.scalars(
                sa.select(OutboxEmail.raw)
                .where(OutboxEmail.purpose == "chain_anchor")
                .order_by(OutboxEmail.created_at)
            ).all()
            made = World(
                file,
                mails[-1],
                session.scalar(sa.select(sa.func.max(AuditEntry.seq))) or 0,
                session.scalar(sa.select(sa.func.max(LogEvent.seq))) or 0,
            )
        db.engine_for(settings().effective_database_url).dispose()
        # Else what was written last lies beside the file.
        with sqlite3.connect(file) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        yield made
    settings.cache_clear()


def _evidence(session: Session, number: int, by: Person, *, picture: bytes | None) -> LogEntry:
    texts = dict.fromkeys(
        ("comment_platform_id", "author_platform_id", "author_url", "post_platform_id", "model_name"), ""
    )
    entry = LogEntry(
        **texts, origin=LogOrigin.MANUAL, platform="x", author_handle="@troll", author_name="Zoë Troll",
        text=f"You idiot no. {number}", url="https://x.test/1", attachment_urls=["https://x.test/2"],
        post_text="Sports day", posted_at=DAY_1, rules_version=None, scores={"toxicity": 0.5},
        reasons=[{"kind": "toxicity"}], severity=0.5, picture=picture, picture_type="", comment_version=None,
    )  # fmt: skip
    chain.record(session, entry, urgent=False, by=by, now=DAY_1 - timedelta(hours=1))
    return entry


@pytest.fixture
def copy(world: World, tmp_path: Path) -> Iterator[Path]:
    yield Path(shutil.copy(world.file, tmp_path / "copy.db"))


def sql(file: Path, *statements: str, values: tuple[Any, ...] = ()) -> None:
    """Change the file as somebody would who owns the server: no triggers, no foreign keys, no product."""
    connection = sqlite3.connect(file)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    for statement in statements:
        changed = connection.execute(statement, values)
        assert changed.rowcount != 0, statement
    connection.commit()
    connection.close()


def looked_at(file: Path, mailed: bytes) -> dict[str, Any]:
    """What each check says: the first bad number, or None; for the mail, the first verdict that fails."""
    engine = db.make_engine(f"sqlite:///{file}")
    with Session(engine) as session:
        found: dict[str, Any] = {
            T: audit.examine(session), L: chain.examine(session), A: anchors.examine(session)
        }  # fmt: skip
        verdicts = proofs.check(
            session,
            proofs.read(session, mailed),
            trail=found[T],
            log=found[L],
        )
    engine.dispose()
    assert all(flaw is None or flaw.why for flaw in found.values())
    told = {name: flaw and flaw.number for name, flaw in found.items()}
    return {**told, M: next((one.first_bad for one in verdicts if not one.holds), None)}


def test_what_nobody_touched_holds(world: World) -> None:
    assert looked_at(world.file, world.mailed) == {T: None, L: None, A: None, M: None}
    # The chair's mail has both lines; base64 and broken lines are read too.
    with Session(db.make_engine(f"sqlite:///{world.file}")) as session:
        both = proofs.read(session, world.mailed)
        assert [one.which for one in both] == [T, L] and both[0].count == world.trail - 1
        assert proofs.read(session, both[0].head.encode()) == [
            proofs.Kept(None, T, both[0].count, both[0].head)
        ]


def _changed(column: sa.Column[Any], value: Any) -> Any:
    """Another value of the kind that the column holds."""
    if column.name in {"kind", "origin"}:
        return {"kind": "reopened", "origin": "flagged"}[column.name]
    if isinstance(column.type, sa.JSON):
        return "[]" if value != "[]" else '["x"]'
    if isinstance(value, (int, float)):
        return value + 1000
    if isinstance(value, bytes):
        return b"\x89PNG other"
    if value is None:
        return {"picture": b"", "comment_version": 1, "rules_version": 1}.get(column.name, OTHER)
    if len(value) == 32 and column.name.endswith("id"):
        return OTHER
    if value[4:5] == "-" and value[:4] == "2027":
        # A microsecond later, or a day.
        return value[:-1] + "7" if ":" in value else value[:-1] + "9"
    return value + "x"


EVERY_COLUMN = [
    *((T, AuditEntry, "seq", 4, column) for column in AuditEntry.__table__.c),
    *((L, LogEvent, "seq", 3, column) for column in LogEvent.__table__.c),
    *((L, LogEntry, "number", 1, column) for column in LogEntry.__table__.c),
    # Of the erased entry, number 2, its fifth event vouches for what is left.
    *((L, LogEntry, "number", 2, column) for column in LogEntry.__table__.c if column.name != "id"),
    *((A, ChainAnchor, "rowid", 1, column) for column in ChainAnchor.__table__.c),
]


@pytest.mark.parametrize(
    ("which", "table", "key", "number", "column"),
    EVERY_COLUMN,
    ids=[f"{row[1].__tablename__}-{row[3]}-{row[4].name}" for row in EVERY_COLUMN],
)
def test_every_column_of_every_chained_table_counts(
    world: World, copy: Path, which: str, table: type[db.Base], key: str, number: int, column: sa.Column[Any]
) -> None:
    name = table.__tablename__
    connection = sqlite3.connect(copy)
    [value] = connection.execute(f"SELECT {column.name} FROM {name} WHERE {key} = {number}").fetchone()
    connection.close()
    other = A_TIME if column.name in {"erased_at", "posted_at"} else _changed(column, value)
    sql(copy, f"UPDATE {name} SET {column.name} = ? WHERE {key} = {number}", values=(other,))
    found = looked_at(copy, world.mailed)
    if which == A:
        # Named by the entry of the trail that the anchor belongs to.
        assert found[A] is not None and found[T] is None and found[L] is None
    elif table is LogEntry and number == 2:
        assert found[L] == world.log - 1, found
    else:
        assert found[which] == number and (found[M] == number or number > world.log), found


def _swap(table: str, key: str, one: int, other: int) -> tuple[str, ...]:
    return (
        f"UPDATE {table} SET {key} = -1 WHERE {key} = {one}",
        f"UPDATE {table} SET {key} = {one} WHERE {key} = {other}",
        f"UPDATE {table} SET {key} = {other} WHERE {key} = -1",
    )


_TRAIL_ROW = "at, actor_id, action, object_kind, object_id, detail, previous_hash"
_EVENT_ROW = "entry_id, kind, at, by_id, detail, previous_hash"

LAST, AFTER = 10**6, 10**6 + 1
"""The trail's last number, and the one after it."""

# ruff: noqa: E501 - statements are read best in one line
ALTERATIONS: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "trail: first deleted": (T, 1, ("DELETE FROM audit_entries WHERE seq = 1",)),
    "trail: middle deleted": (T, 5, ("DELETE FROM audit_entries WHERE seq = 5",)),
    "trail: several deleted": (T, 5, ("DELETE FROM audit_entries WHERE seq BETWEEN 5 AND 9",)),
    "trail: all deleted": (T, 1, ("DELETE FROM audit_entries",)),
    "trail: two swapped": (T, 5, _swap("audit_entries", "seq", 5, 6)),
    "trail: all but the first renumbered": (T, 2, (
        "UPDATE audit_entries SET seq = seq + 1000 WHERE seq > 1",
    )),
    "trail: gap closed by renumbering": (T, 5, (
        "DELETE FROM audit_entries WHERE seq = 5",
        "UPDATE audit_entries SET seq = 5 WHERE seq = 6",
    )),
    "trail: put in before the first": (T, 0, (
        f"INSERT INTO audit_entries (seq, {_TRAIL_ROW}, hash) "
        f"SELECT 0, {_TRAIL_ROW}, 'x' FROM audit_entries WHERE seq = 1",
    )),
    "trail: put in with a negative number": (T, -7, (
        f"INSERT INTO audit_entries (seq, {_TRAIL_ROW}, hash) "
        f"SELECT -7, {_TRAIL_ROW}, 'x' FROM audit_entries WHERE seq = 1",
    )),
    "trail: doubled at the end": (T, AFTER, (
        f"INSERT INTO audit_entries (seq, {_TRAIL_ROW}, hash) "
        f"SELECT 1000000, {_TRAIL_ROW}, 'x' FROM audit_entries WHERE seq = 3",
    )),
    "trail: other white space in JSON": (T, 4, (
        "UPDATE audit_entries SET detail = replace(detail, ':', ' :') WHERE seq = 4",
    )),
    "trail: a thing said twice in JSON": (T, 4, (
        "UPDATE audit_entries SET detail = '{\"said\": \"no\", ' || substr(detail, 2) WHERE seq = 4",
    )),
    "trail: JSON that is none": (T, 4, ("UPDATE audit_entries SET detail = '{' WHERE seq = 4",)),
    "trail: an empty actor for none": (T, 1, ("UPDATE audit_entries SET actor_id = '' WHERE seq = 1",)),
    "trail: nobody for an actor": (T, LAST, (
        "UPDATE audit_entries SET actor_id = NULL WHERE seq = (SELECT max(seq) FROM audit_entries)",
    )),
    "trail: bytes for text": (T, 4, ("UPDATE audit_entries SET action = CAST(action AS BLOB) WHERE seq = 4",)),
    "trail: bytes that are no text": (T, 4, ("UPDATE audit_entries SET action = CAST(x'ff80' AS TEXT) WHERE seq = 4",)),
    "trail: no time at all": (T, 4, ("UPDATE audit_entries SET at = 'yesterday' WHERE seq = 4",)),
    "trail: an hour earlier": (T, 4, ("UPDATE audit_entries SET at = replace(at, ' 09:', ' 08:') WHERE seq = 4",)),
    "trail: upper case": (T, 4, ("UPDATE audit_entries SET action = upper(action) WHERE seq = 4",)),
    "trail: a space at the end": (T, 4, ("UPDATE audit_entries SET object_id = object_id || ' ' WHERE seq = 4",)),
    "trail: hashes made short": (T, 4, ("UPDATE audit_entries SET hash = substr(hash, 1, 63) WHERE seq = 4",)),
    "log: first event deleted": (L, 1, ("DELETE FROM log_events WHERE seq = 1",)),
    "log: middle event deleted": (L, 4, ("DELETE FROM log_events WHERE seq = 4",)),
    "log: all deleted": (L, 1, ("DELETE FROM log_events",)),
    "log: two swapped": (L, 3, _swap("log_events", "seq", 3, 4)),
    "log: event put in": (L, -1, (
        f"INSERT INTO log_events (seq, {_EVENT_ROW}, hash) "
        f"SELECT -1, {_EVENT_ROW}, 'x' FROM log_events WHERE seq = 4",
    )),
    "log: unknown kind": (L, 4, ("UPDATE log_events SET kind = 'nothing' WHERE seq = 4",)),
    "log: evidence deleted": (L, 3, ("DELETE FROM log_entries WHERE number = 3",)),
    "log: evidence of two exchanged": (L, 1, _swap("log_entries", "number", 1, 3)),
    "log: composed letters taken apart": (L, 1, (
        "UPDATE log_entries SET author_name = 'Zoe' || char(776) || ' Troll' WHERE number = 1",
    )),
    "log: text of nothing": (L, 3, ("UPDATE log_entries SET text = '' WHERE number = 3",)),
    "log: picture taken away": (L, 1, ("UPDATE log_entries SET picture = NULL WHERE number = 1",)),
    "log: empty picture put in": (L, 3, ("UPDATE log_entries SET picture = x'' WHERE number = 3",)),
    "log: white space in the scores": (L, 1, (
        "UPDATE log_entries SET scores = replace(scores, ':', ' :') WHERE number = 1",
    )),
    "log: written in bytes": (L, 1, ("UPDATE log_entries SET text = CAST(text AS BLOB) WHERE number = 1",)),
    "log: called erased": (L, 1, (
        "UPDATE log_entries SET erased_at = '2027-06-03 10:00:00.000000' WHERE number = 1",
    )),
    "log: event called erased": (L, 8, (
        "UPDATE log_events SET detail = '{}', erased_at = '2027-06-03 10:00:00.000000' WHERE seq = 8",
    )),
    "log: erased event says something": (L, 2, ("UPDATE log_events SET detail = '{\"a\": 1}' WHERE seq = 2",)),
    "log: erased event blamed on another": (L, 7, ("UPDATE log_events SET by_id = NULL WHERE seq = 2",)),
    "anchors: first deleted": (A, 0, ("DELETE FROM chain_anchors WHERE rowid = 1",)),
    "anchors: last deleted": (A, 0, ("DELETE FROM chain_anchors WHERE rowid = 2",)),
    "anchors: all deleted": (A, 0, ("DELETE FROM chain_anchors",)),
    "anchors: one put in": (A, 0, (
        "INSERT INTO chain_anchors SELECT '2027-06-09', made_at, 3, trail_hash, log_count, log_hash, nonce, sent_to "
        "FROM chain_anchors WHERE rowid = 1",
    )),
}  # fmt: skip


@pytest.mark.parametrize("name", ALTERATIONS)
def test_each_alteration_is_found(world: World, copy: Path, name: str) -> None:
    which, number, statements = ALTERATIONS[name]
    number = {LAST: world.trail, AFTER: world.trail + 1}.get(number, number)
    sql(copy, *statements)
    found = looked_at(copy, world.mailed)
    assert found[which] is not None, found
    assert which == A or found[which] == number, found


def _made_anew(file: Path, change: Callable[[Session], None]) -> None:
    """Alter something, then make every hash anew as the product would: only what is outside tells."""
    engine = db.make_engine(f"sqlite:///{file}")
    with Session(engine) as session, tampering(session):
        change(session)
        session.flush()
        for table, made in ((AuditEntry, audit.entry_hash), (LogEvent, fingerprints.event_hash)):
            previous, left = audit.FIRST, []
            for row in session.scalars(sa.select(table).order_by(table.seq)).all():
                row.previous_hash = previous
                if getattr(row, "erased_at", None) is not None:
                    left.append(fingerprints.left(row))
                elif getattr(row, "kind", None) is EventKind.ERASED:
                    row.detail = {**row.detail, "left": fingerprints.digest(left)}
                if getattr(row, "erased_at", None) is None:
                    row.hash = made(row)
                previous = row.hash
        session.commit()
    engine.dispose()


def _rewrite_trail(session: Session) -> None:
    session.execute(sa.update(AuditEntry).where(AuditEntry.seq == 6).values(action="approved"))


def _rewrite_after_the_first_anchor(session: Session) -> None:
    session.execute(sa.update(AuditEntry).where(AuditEntry.action == "tested").values(action="approved"))


def _rewrite_anchors_too(session: Session) -> None:
    """As well as they can: the trail, both anchors, their seals."""
    _rewrite_trail(session)
    session.execute(sa.delete(ChainAnchor))
    session.execute(sa.update(AuditEntry).where(AuditEntry.action == anchors.ACTION).values(action="else"))


def _rewrite_the_log(session: Session) -> None:
    session.execute(sa.update(LogEvent).where(LogEvent.seq == 4).values(detail={"note": "praise"}))


@pytest.mark.parametrize(
    ("change", "by_the_table", "worst"),
    [
        (_rewrite_trail, True, 1),
        (_rewrite_after_the_first_anchor, True, None),
        (_rewrite_anchors_too, False, 1),
        (_rewrite_the_log, True, 4),
    ],
)
def test_a_chain_made_anew_is_found_by_what_was_mailed(
    world: World, copy: Path, change: Callable[[Session], None], by_the_table: bool, worst: int | None
) -> None:
    _made_anew(copy, change)
    found = looked_at(copy, world.mailed)
    assert found[T] is None and found[L] is None, "its own hashes fit"
    assert (found[A] is not None) == by_the_table
    assert found[M] is not None
    if worst is not None:
        assert found[M] == worst, "as exactly as the anchors that still hold tell"


def test_a_trail_cut_off_at_its_end_is_found_by_what_was_mailed(world: World, copy: Path) -> None:
    """With the table's last anchor: nothing in the database tells any more."""
    sql(copy, f"DELETE FROM audit_entries WHERE seq >= {world.trail - 1}",
        f"DELETE FROM chain_anchors WHERE trail_count >= {world.trail - 1}")  # fmt: skip
    assert looked_at(copy, world.mailed) == {T: None, L: None, A: None, M: world.trail - 1}


def test_the_command_names_the_first_altered_row_in_plain_words(
    world: World,
    copy: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    mail = tmp_path / "proof.eml"
    mail.write_bytes(world.mailed)
    monkeypatch.setenv("SCHOOLGATE_DATABASE_URL", f"sqlite:///{copy}")
    settings.cache_clear()
    assert execute(["audit", "verify", "--anchor", str(mail)]) == 0
    assert "Proved: The trail still begins with exactly what it was" in capsys.readouterr().out
    sql(copy, "DELETE FROM audit_entries WHERE seq = 5")
    assert execute(["audit", "verify", "--anchor", str(mail), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["audit_first_bad"] == 5 and "it is missing" in told["anchors"][0]["words"]
    assert execute(["audit", "verify", "--anchor", "schoolgate anchor of nothing"]) == 2
    db.engine_for(settings().effective_database_url).dispose()


def test_the_running_product_may_empty_exactly_what_an_erasure_empties() -> None:
    """The list is written twice, since the school's room can't ask the log's."""
    assert {*database_roles.ERASABLE["log_entries"]} == {*fingerprints.AFTER_ERASING, "erased_at"}
