"""The file behind the practice platforms: one SQLite database of their own, for threads and processes.

It is not the school's database. The practice platforms stand for the outside world, so what they
remember must be out of the product's reach, except through the platforms' own interfaces.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]

_X_EPOCH_MS = 1_288_834_974_657
"""Where X's own numbering of posts begins (4 November 2010): practice ids look and sort like real ones."""

_SCHEMA = """
create table if not exists facts (
    key text primary key,
    value text not null
);
create table if not exists people (
    platform text not null,
    id text not null,
    handle text not null,
    name text not null,
    bio text not null default '',
    location text not null default '',
    kind text not null default 'visitor',
    created_at real not null,
    followers integer not null default 0,
    following integer not null default 0,
    nameless integer not null default 0,
    primary key (platform, id)
);
create index if not exists ix_people_name on people (platform, name);
create index if not exists ix_people_handle on people (platform, lower(handle));
create table if not exists posts (
    platform text not null,
    id text not null,
    ordinal integer not null,
    text text not null,
    link text not null default '',
    created_at real not null,
    edited_at real,
    deleted_at real,
    comments_open integer not null default 1,
    primary key (platform, id)
);
create index if not exists ix_posts_ordinal on posts (platform, ordinal);
create table if not exists pictures (
    platform text not null,
    id text not null,
    mime_type text not null,
    width integer not null,
    height integer not null,
    alt_text text not null default '',
    data blob not null,
    created_at real not null,
    post_id text,
    position integer,
    primary key (platform, id)
);
create index if not exists ix_pictures_post on pictures (platform, post_id);
create table if not exists videos (
    platform text not null,
    id text not null,
    size integer not null,
    width integer not null default 0,
    height integer not null default 0,
    created_at real not null,
    ready_at real,
    post_id text,
    primary key (platform, id)
);
create index if not exists ix_videos_post on videos (platform, post_id);
create table if not exists video_pieces (
    platform text not null,
    id text not null,
    start integer not null,
    data blob not null,
    primary key (platform, id, start)
);
create table if not exists comments (
    platform text not null,
    id text not null,
    ordinal integer not null,
    post_id text not null,
    parent_id text not null,
    author_id text not null,
    text text not null,
    kind text not null default '',
    created_at real not null,
    edited_at real,
    hidden integer not null default 0,
    deleted_at real,
    deleted_by text not null default '',
    replaced_by text not null default '',
    replaces text not null default '',
    primary key (platform, id)
);
create index if not exists ix_comments_ordinal on comments (platform, ordinal);
create index if not exists ix_comments_post on comments (platform, post_id, ordinal);
create index if not exists ix_comments_parent on comments (platform, parent_id);
create index if not exists ix_comments_created on comments (created_at);
create table if not exists elsewhere (
    platform text not null,
    id text not null,
    ordinal integer not null,
    kind text not null,
    author_id text not null,
    text text not null,
    created_at real not null,
    deleted_at real,
    primary key (platform, id)
);
create table if not exists follows (
    platform text not null,
    person_id text not null,
    state text not null,
    ordinal integer not null,
    at real not null,
    primary key (platform, person_id)
);
create table if not exists blocks (
    platform text not null,
    person_id text not null,
    how text not null,
    at real not null,
    primary key (platform, person_id, how)
);
create table if not exists containers (
    id text primary key,
    kind text not null,
    caption text not null default '',
    children text not null default '[]',
    picture_id text,
    created_at real not null,
    ready_at real not null,
    published_id text
);
create table if not exists faults (
    platform text not null,
    kind text not null,
    fault text not null,
    probability real not null,
    remaining integer,
    seconds real not null,
    primary key (platform, kind, fault)
);
"""


def utc_now() -> datetime:
    """The moment, aware, in UTC."""
    return datetime.now(UTC)


class Store:
    """One connection, one lock; every write is one transaction."""

    def __init__(self, path: Path | str, clock: Clock) -> None:
        self.clock = clock
        self._lock = threading.RLock()
        self._depth = 0
        if str(path) != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            # The file holds the practice accounts' tokens, which open nothing but the practice platforms.
            Path(path).touch(mode=0o600)
        self._db = sqlite3.connect(str(path), check_same_thread=False, isolation_level=None, timeout=10.0)
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Closes the file; whatever was written stays."""
        with self._lock:
            self._db.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, held for as long as the reader needs it."""
        with self._lock:
            yield self._db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: everything written inside it happens, or nothing does. May be nested."""
        with self._lock:
            if self._depth:
                yield self._db
                return
            self._db.execute("begin immediate")
            self._depth = 1
            try:
                yield self._db
            except BaseException:
                self._db.execute("rollback")
                raise
            else:
                self._db.execute("commit")
            finally:
                self._depth = 0

    def now(self) -> float:
        """The moment in seconds since 1970."""
        return self.clock().timestamp()

    def fact(self, key: str) -> str | None:
        """One remembered value, or None."""
        with self.reading() as db:
            row = db.execute("select value from facts where key = ?", (key,)).fetchone()
        return None if row is None else str(row["value"])

    def facts(self, *keys: str) -> dict[str, str]:
        """Those of these values that are remembered, in one look."""
        marks = ", ".join("?" * len(keys))
        with self.reading() as db:
            # Nothing but question marks is put into the statement.
            rows = db.execute(f"select key, value from facts where key in ({marks})", keys)  # noqa: S608  # nosec B608
            return {row["key"]: str(row["value"]) for row in rows}

    def set_fact(self, key: str, value: str) -> None:
        """Remembers one value for good."""
        with self.writing() as db:
            db.execute(
                "insert into facts (key, value) values (?, ?) on conflict (key) do update set value ="
                " excluded.value",
                (key, value),
            )

    def take_fact(self, key: str) -> str | None:
        """One remembered value, which is forgotten with this: whoever asks next gets None."""
        with self.writing() as db:
            value = self.fact(key)
            db.execute("delete from facts where key = ?", (key,))
            return value

    def fact_once(self, key: str, make: Callable[[], str]) -> str:
        """A value that is made on first use and never changes afterwards."""
        with self.writing():
            value = self.fact(key)
            if value is None:
                value = make()
                self.set_fact(key, value)
            return value

    def next_serial(self, name: str, start: int, step_max: int) -> int:
        """The next number of a series with gaps, such as a platform's picture ids."""
        with self.writing():
            last = self.fact(f"serial:{name}")
            number = (start if last is None else int(last)) + 1 + secrets.randbelow(step_max)
            self.set_fact(f"serial:{name}", str(number))
            return number

    def next_ordinal(self, at: float, *, earlier: bool = False) -> int:
        """A number that sorts by time: X's snowflake. Live ones always exceed all that exist.

        `earlier`: for things placed in the past when the world is set up.
        """
        with self.writing() as db:
            number = (max(int(at * 1000) - _X_EPOCH_MS, 1) << 22) + secrets.randbelow(1 << 20)
            if earlier:
                return number
            row = db.execute(
                "select max(coalesce((select max(ordinal) from posts), 0), coalesce((select max(ordinal)"
                " from comments), 0),"
                " coalesce((select max(ordinal) from follows), 0)) as top"
            ).fetchone()
            last = max(int(row["top"]), int(self.fact("ordinal") or 0))
            number = max(number, last + 1)
            self.set_fact("ordinal", str(number))
            return number
