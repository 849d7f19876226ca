"""The database: base class, column types, engine and sessions. SQLite and PostgreSQL alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session
from sqlalchemy.types import TypeDecorator
from uuid6 import uuid7 as _uuid7

from school.settings import settings

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

SEALED: dict[Any, Any] = {"sealed": True}
"""`info` of a column whose values `school.secrets` encrypted: `schoolgate keys rotate` finds it by this."""


def storable(text: str) -> str:
    """The text as every database can keep it: NUL and lone surrogates become U+FFFD."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware times only: `timestamptz` on PostgreSQL, UTC text on SQLite; naive ones are refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone can't be stored; give it one")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class SafeText(TypeDecorator[str]):
    """Text of any Unicode. NUL and lone surrogates, which no database stores, become U+FFFD."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        if value is None:
            return None
        return storable(value)


class Base(DeclarativeBase):
    """Base of every table. `StrEnum` columns hold the enum's values."""

    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        UUID: sa.Uuid,
        str: SafeText,
        dict[str, Any]: sa.JSON,
        list[str]: sa.JSON,
        Enum: sa.Enum(
            Enum, values_callable=lambda e: [m.value for m in e], length=40, create_constraint=False
        ),
    }


def new_id() -> UUID:
    """A fresh identifier whose order is the order of making (UUID version 7)."""
    return UUID(int=_uuid7().int)


def now() -> datetime:
    """The present moment, aware."""
    return datetime.now(UTC)


def make_engine(url: str) -> Engine:
    """An engine with the settings each database needs; doesn't connect yet.

    Values are left out of its errors: they would carry comments and names into the log.
    """
    if not url.startswith("sqlite"):
        return sa.create_engine(url, hide_parameters=True, pool_pre_ping=True, pool_size=10, max_overflow=20)
    engine = sa.create_engine(
        url, hide_parameters=True, connect_args={"timeout": 30, "check_same_thread": False}
    )

    @sa.event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        # pysqlite's own BEGIN is deferred, so a read that turns into a write fails at once with
        # "database is locked" instead of waiting; we begin by ourselves, below.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA busy_timeout=30000")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("schoolgate_read_only"):
            connection.exec_driver_sql("BEGIN")
        elif connection.get_execution_options().get("schoolgate_unless_busy"):
            connection.exec_driver_sql("PRAGMA busy_timeout=0")
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            finally:
                connection.exec_driver_sql("PRAGMA busy_timeout=30000")
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def disk_is_full(error: sa.exc.DBAPIError) -> bool:
    """Whether the database could not write because there is no room left for it."""
    said = str(error.orig or "").lower()
    # In the middle of a write-ahead log, SQLite calls it an "I/O error"; so are failing disks.
    return "disk is full" in said or "no space left on device" in said


@lru_cache(maxsize=4)
def engine_for(url: str) -> Engine:
    """The engine of this process for that URL."""
    return make_engine(url)


def engine() -> Engine:
    """The engine of the settings in force."""
    return engine_for(settings().effective_database_url)


@contextmanager
def transaction() -> Iterator[Session]:
    """A session that commits at the end and rolls back on an error.

    Used by pages, tasks and commands only. On SQLite it takes the write lock at its start, so
    keep network and classifier out of it.
    """
    # Not by way of a sessionmaker: each one makes a class of its own, which takes longer than a short query.
    with Session(engine(), expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def transaction_unless_busy() -> Iterator[Session]:
    """As `transaction`, but on SQLite it raises OperationalError at once while somebody else writes."""
    bound = engine().execution_options(schoolgate_unless_busy=True)
    with Session(bound, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def reading() -> Iterator[Session]:
    """A session for looking only; never commits, never waits for a writer."""
    bound = engine().execution_options(schoolgate_read_only=True)
    with Session(bound, expire_on_commit=False) as session:
        yield session


def seconds_between(
    session: Session,
    begins: sa.ColumnElement[datetime] | Mapped[datetime],
    ends: sa.ColumnElement[datetime] | Mapped[datetime] | Mapped[datetime | None],
) -> sa.ColumnElement[float]:
    """How many seconds are between two times of a row, to the millisecond, as the database counts."""
    if session.get_bind().dialect.name == "postgresql":
        return sa.cast(sa.extract("epoch", ends.op("-")(begins)), sa.Double())
    days = sa.func.julianday(ends) - sa.func.julianday(begins)
    return sa.func.round(days * 86400, 3, type_=sa.Float())


def insert_if_missing(session: Session, row: type[Base], **values: Any) -> None:
    """Make a row unless another with its key is there, or is just being made by another process.

    To be followed by an UPDATE: asking first and then inserting fails where two do it at once.
    """
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(make(row).values(**values).on_conflict_do_nothing())
