"""Two users of a PostgreSQL database: its owner, who migrates, and the product, who can't rewrite the past.

The running product reads and adds to trail, log and anchors. It has no right to change or delete there, to
empty a table or to make, change or drop anything; but for the columns whose content the retention rules
erase, where the tables' triggers let only an erasure through (P34).
"""

from __future__ import annotations

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from school.db import make_engine
from school.errors import BadInput

ERASABLE: dict[str, tuple[str, ...]] = {
    "audit_entries": (),
    "chain_anchors": (),
    "flagging_rules": (),
    "log_events": ("detail", "erased_at"),
    "log_entries": (
        "comment_platform_id",
        "author_id",
        "author_platform_id",
        "author_handle",
        "author_name",
        "author_url",
        "text",
        "url",
        "attachment_urls",
        "post_platform_id",
        "post_text",
        "posted_at",
        "scores",
        "reasons",
        "picture",
        "picture_type",
        "picture_sha256",
        "erased_at",
    ),
}
"""The tables that can only be added to, and the columns of each that an erasure empties."""


def settle(owner_url: str, running_url: str) -> bool:
    """Make the running product's user where it lacks, and give it exactly its rights; whether there are two.

    To be called after each migration, since new tables belong to the owner alone. Raises BadInput where both
    are one database's, but the owner may not do this, or the two aren't of one database.
    """
    owner, running = sa.make_url(owner_url), sa.make_url(running_url)
    if owner.get_backend_name() != "postgresql" or running.get_backend_name() != "postgresql":
        raise BadInput(
            "SCHOOLGATE_DATABASE_OWNER_URL is for PostgreSQL, and so must SCHOOLGATE_DATABASE_URL be.",
            field="database_owner_url",
        )
    if (owner.database, owner.host, owner.port) != (running.database, running.host, running.port):
        raise BadInput(
            "SCHOOLGATE_DATABASE_OWNER_URL and SCHOOLGATE_DATABASE_URL must name the same database.",
            field="database_owner_url",
        )
    if not running.username or running.username == owner.username:
        return False
    engine = make_engine(owner_url)
    try:
        with engine.begin() as connection:
            _make_user(connection, running)
            for statement in _rights(connection, running.username, owner.database or ""):
                connection.exec_driver_sql(statement)
    except sa.exc.ProgrammingError as error:
        if not isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
            raise
        raise BadInput(
            f"The owner of the database ({owner.username}) may not make the user {running.username}: "
            f"have the server's administrator make it (CREATE ROLE {running.username} LOGIN PASSWORD …), "
            "or let the owner make users (ALTER ROLE … CREATEROLE).",
            field="database_owner_url",
        ) from None
    finally:
        engine.dispose()
    return True


def _make_user(connection: sa.Connection, running: URL) -> None:
    name = _quoted(connection, running.username or "")
    there = connection.scalar(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :n"), {"n": running.username})
    if there is None:
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN")
    if running.password:
        raw = connection.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        # As the server keeps it, so that the password itself comes into no log of the server.
        sealed = raw.pgconn.encrypt_password(
            str(running.password).encode(), (running.username or "").encode(), b"scram-sha-256"
        ).decode()
        connection.exec_driver_sql(f"ALTER ROLE {name} PASSWORD '{sealed}'")


def _rights(connection: sa.Connection, user: str, database: str) -> list[str]:
    name, place = _quoted(connection, user), _quoted(connection, database)
    tables = set(sa.inspect(connection).get_table_names())
    found = [
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {place} TO {name}",
        f"REVOKE ALL ON SCHEMA public FROM {name}",
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {name}",
    ]
    for table, columns in ERASABLE.items():
        if table in tables:
            found.append(f"REVOKE UPDATE, DELETE ON {table} FROM {name}")
            if columns:
                found.append(f"GRANT UPDATE ({', '.join(columns)}) ON {table} TO {name}")
    return found


def _quoted(connection: sa.Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)


def can_be_altered(session: Session) -> list[str] | None:
    """Which of the append-only tables this session's user could rewrite; None on SQLite, which has no users.

    Their owner (and a superuser) could: triggers refuse it, and the owner can drop them.
    """
    if session.get_bind().dialect.name != "postgresql":
        return None
    query = sa.text(
        "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relname IN :names AND ("
        "has_table_privilege(c.oid, 'UPDATE') OR has_table_privilege(c.oid, 'DELETE') "
        "OR has_table_privilege(c.oid, 'TRUNCATE') OR pg_has_role(c.relowner, 'MEMBER')) ORDER BY c.relname"
    ).bindparams(sa.bindparam("names", list(ERASABLE), expanding=True))
    return list(session.scalars(query))
