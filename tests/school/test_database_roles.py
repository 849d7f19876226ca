"""The running product's user on a real PostgreSQL: adds to trail and log, and can't rewrite them (P17)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import chain, fingerprints
from moderation.models import LogEntry, LogOrigin
from school import audit, database_roles, db, migrate, setup
from school.errors import BadInput
from school.settings import settings

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
USER = "schoolgate_app_of_the_test"


@pytest.fixture
def running(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The database with both users; the URL of the running product's."""
    url = sa.make_url(database).set(username=USER, password="not p@ssword's").render_as_string(False)
    monkeypatch.setenv("SCHOOLGATE_DATABASE_URL", url)
    monkeypatch.setenv("SCHOOLGATE_DATABASE_OWNER_URL", database)
    settings.cache_clear()
    assert migrate.prepare() is True
    assert migrate.prepare() is True, "again does no harm"
    # As the processes that run: the owner is nothing that they know.
    monkeypatch.delenv("SCHOOLGATE_DATABASE_OWNER_URL")
    settings.cache_clear()
    yield url
    db.engine_for(settings().effective_database_url).dispose()
    with psycopg.connect(database.replace("+psycopg", "", 1), autocommit=True) as owner:
        owner.execute(f"DROP OWNED BY {USER} CASCADE".encode())
        owner.execute(f"DROP ROLE {USER}".encode())


def _evidence(session: Session) -> LogEntry:
    empty = dict.fromkeys(
        ("comment_platform_id", "author_platform_id", "author_handle", "author_url", "url", "post_text",
         "post_platform_id", "model_name", "picture_type"), "",
    )  # fmt: skip
    entry = LogEntry(
        **empty, origin=LogOrigin.MANUAL, platform="x", author_name="Troll", text="idiot", attachment_urls=[],
        posted_at=None, rules_version=None, scores={}, reasons=[], severity=0.5, picture=None,
        comment_version=None,
    )  # fmt: skip
    chain.record(session, entry, urgent=False, by=None, now=db.now())
    return entry


FORBIDDEN = [
    *(f"UPDATE {table} SET {column} = {column}" for table, column in (
        ("audit_entries", "action"), ("audit_entries", "detail"), ("chain_anchors", "trail_hash"),
        ("log_events", "kind"), ("log_events", "hash"), ("log_entries", "number"),
        ("log_entries", "severity"),
        ("flagging_rules", "made_at"), ("alembic_version", "version_num"),
    )),
    *(f"{verb} {table}" for table in database_roles.ERASABLE for verb in ("DELETE FROM", "TRUNCATE")),
    *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in database_roles.ERASABLE),
    "DROP TRIGGER audit_entries_append_only ON audit_entries",
    "DROP TABLE chain_anchors",
    "ALTER TABLE audit_entries ADD COLUMN extra text",
    "CREATE TABLE more (id int)",
    "CREATE OR REPLACE FUNCTION schoolgate_append_only() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
    "SET session_replication_role = replica",
    "ALTER ROLE " + USER + " SUPERUSER",
    "CREATE ROLE somebody",
    "COPY audit_entries TO PROGRAM 'cat'",
]  # fmt: skip


def test_the_running_product_adds_erases_lawfully_and_rewrites_nothing(database: str, running: str) -> None:
    with db.transaction() as session:
        setup.set_up_practice(session, now=db.now())
        entry_id = _evidence(session).id
        kept_id = _evidence(session).id
    for statement in FORBIDDEN:
        with pytest.raises(sa.exc.DBAPIError) as refused, db.transaction() as session:
            session.execute(sa.text(statement))
        assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege), statement
    assert db.engine().url.username == USER
    with db.transaction() as session:
        chain.erase(session, entry_id, by=None, now=db.now() + timedelta(days=1))
    with db.transaction() as session, pytest.raises(sa.exc.DBAPIError, match="append-only"):
        # Where the user has the right, for erasing, the triggers let nothing else through.
        session.execute(sa.update(LogEntry).where(LogEntry.id == kept_id).values(text="Nicer words"))
    with db.reading() as session:
        assert session.get_one(LogEntry, entry_id).text == fingerprints.ERASED
        assert chain.examine(session) is None and audit.examine(session) is None
        assert database_roles.can_be_altered(session) == []
    with Session(db.engine_for(database)) as session:
        assert database_roles.can_be_altered(session) == sorted(database_roles.ERASABLE)


def test_the_running_user_is_told_who_can_migrate(database: str, running: str) -> None:
    """And one user who owns the tables goes on as before."""
    migrate.downgrade(database, "0034")
    with pytest.raises(BadInput, match="schoolgate migrate"):
        migrate.prepare()
    assert database_roles.settle(database, database) is False
    with pytest.raises(BadInput, match="same database"):
        database_roles.settle(database, str(sa.make_url(running).set(database="other")))
