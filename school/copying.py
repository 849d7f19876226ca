"""Copying a whole database: into a file while it is in use, and from one kind of database into another."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import sqlalchemy as sa

from school import migrate
from school.db import Base, engine_for, make_engine

_ROWS = 1000
_ROWS_WITH_FILES = 4
"""Of tables that hold pictures and mails: some megabytes each."""


def to_sqlite(url: str, path: Path) -> None:
    """Copy the database at `url`, as it is at one moment, into a new SQLite file.

    It may be in use meanwhile. On PostgreSQL it must be at this version's migration.
    """
    if url.startswith("sqlite"):
        name = sa.make_url(url).database
        assert name
        source = sqlite3.connect(name, timeout=30)
        try:
            # Reads one snapshot and, unlike the copying of pages, never starts again for a busy writer.
            source.execute("VACUUM INTO ?", (str(path),))
        finally:
            source.close()
        return
    target_url = f"sqlite:///{path}"
    migrate.upgrade(target_url)
    engine, target_engine = engine_for(url), make_engine(target_url)
    try:
        with (
            engine.connect().execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            ) as source_connection,
            target_engine.begin() as target,
        ):
            _copy(source_connection, target)
    finally:
        target_engine.dispose()


def from_sqlite(path: Path, url: str) -> None:
    """Copy every row of a SQLite file into the empty tables at `url`, all or nothing."""
    source_engine = make_engine(f"sqlite:///{path}")
    try:
        with source_engine.connect() as source, engine_for(url).begin() as target:
            _copy(source, target)
    finally:
        source_engine.dispose()


def _copy(source: sa.Connection, target: sa.Connection) -> None:
    for table in Base.metadata.sorted_tables:
        heavy = any(isinstance(column.type, sa.LargeBinary) for column in table.columns)
        size = _ROWS_WITH_FILES if heavy else _ROWS
        rows = source.execution_options(stream_results=True, yield_per=size).execute(sa.select(table))
        for part in rows.mappings().partitions(size):
            target.execute(sa.insert(table), [dict(row) for row in part])
