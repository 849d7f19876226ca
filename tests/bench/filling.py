"""A database of a school that has used the product for years: bulk copies of rows that the product made.

Every copied row is one that the product wrote, with other ids and times, so the filling follows the
tables wherever they go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation.models import (
    Author,
    Comment,
    CommentScore,
    CommentState,
    Follower,
    LogCase,
    LogEntry,
    LogEvent,
)
from school.db import Base

FLAGGED_EVERY = 20
"""One comment in so many is in the log; half of those entries are decided."""
AUTHORS_EVERY = 20
FOLLOWERS_EVERY = 10
POSTS = 2_000
SECONDS_APART = 30

_COMMENT, _AUTHOR, _SCORE, _ENTRY, _FOLLOWER = 1, 2, 3, 4, 5


class Filling:
    """Fills one database, in the caller's one transaction."""

    def __init__(self, session: Session, *, after: int = 0) -> None:
        """`after`: where the numbers begin, so that a database can be filled twice."""
        self._session = session
        self._after = after
        self._postgresql = session.get_bind().dialect.name == "postgresql"

    def fill(self, comments: int) -> None:
        """So many comments, with their authors, scores, log entries, and followers.

        There must be a flagged and a clear comment already, and a follower.
        """
        authors, followers = comments // AUTHORS_EVERY, comments // FOLLOWERS_EVERY
        flagged = comments // FLAGGED_EVERY
        entry = self._one(sa.select(LogEntry))
        bad = self._session.get_one(Comment, entry.comment_id)
        good = self._one(sa.select(Comment).where(Comment.state == CommentState.CLEAR))
        writer = self._session.get_one(Author, bad.author_id)
        self._copy(
            Author, Author.id == writer.id, authors,
            lambda i: {
                "id": self._id(_AUTHOR, i), "key": self._text("filled-", i),
                "platform_id": self._text("filled-", i), "handle": self._text("filled", i),
                "display_name": self._text("Filled Person ", i),
            },
        )  # fmt: skip
        for kept, state, count in ((good, "clear", comments), (bad, "flagged", flagged)):
            first = 0 if state == "clear" else comments
            self._copy(
                Comment, Comment.id == kept.id, count,
                lambda i, first=first: {  # type: ignore[misc]
                    "id": self._id(_COMMENT, f"({i} + {first})"),
                    "platform_id": self._text("filled-", f"({i} + {first})"),
                    "post_platform_id": self._text("old-post-", f"({i} % {POSTS})"),
                    "author_id": self._id(_AUTHOR, f"({self._after + 1} + {i} % {max(authors, 1)})"),
                    **{name: self._ago(i) for name in ("created_at", "fetched_at", "checked_at")},
                },
            )  # fmt: skip
            self._copy(
                CommentScore, CommentScore.comment_id == kept.id, count,
                lambda i, first=first: {  # type: ignore[misc]
                    "id": self._id(_SCORE, f"({i} + {first})"),
                    "comment_id": self._id(_COMMENT, f"({i} + {first})"), "scored_at": self._ago(i),
                },
            )  # fmt: skip
        self._log(entry, comments, flagged, authors)
        follower = self._one(sa.select(Follower))
        self._copy(
            Follower, Follower.id == follower.id, min(followers, authors),
            lambda i: {
                "id": self._id(_FOLLOWER, i), "author_id": self._id(_AUTHOR, i),
                "state": self._cast(
                    f"CASE WHEN {i} % 5 = 0 THEN 'waiting' ELSE 'approved' END", Follower.__table__.c.state
                ),
                "waiting_since": self._ago(i),
            },
        )  # fmt: skip
        self._session.execute(sa.text("ANALYZE"))

    def _log(self, entry: LogEntry, comments: int, flagged: int, authors: int) -> None:
        top = self._session.scalar(sa.select(sa.func.max(LogEntry.number))) or 0
        last = self._session.scalar(sa.select(sa.func.max(LogEvent.seq))) or 0
        author = f"({self._after + 1} + {{}} % {max(authors, 1)})"
        self._copy(
            LogEntry, LogEntry.id == entry.id, flagged,
            lambda i: {
                "id": self._id(_ENTRY, i), "number": f"{i} + {top}",
                "comment_id": self._id(_COMMENT, f"({i} + {comments})"),
                "comment_platform_id": self._text("filled-", f"({i} + {comments})"),
                "author_id": self._id(_AUTHOR, author.format(i)), "recorded_at": self._ago(i),
            },
        )  # fmt: skip
        self._copy(
            LogCase, LogCase.entry_id == entry.id, flagged,
            lambda i: {
                "entry_id": self._id(_ENTRY, i), "recorded_at": self._ago(i),
                "author_id": self._id(_AUTHOR, author.format(i)),
                "post_platform_id": self._text("old-post-", f"({i} % {POSTS})"),
                "severity": f"({i} % 100) / 100.0",
                "decided_at": f"CASE WHEN {i} % 2 = 1 THEN {self._ago(f'({i} - {i} % 400)')} END",
                "state": self._cast(
                    f"CASE WHEN {i} % 2 = 0 THEN 'open' ELSE 'decided' END", LogCase.__table__.c.state
                ),
            },
        )  # fmt: skip
        self._copy(
            LogEvent, LogEvent.entry_id == entry.id, flagged,
            lambda i: {
                "seq": f"{i} + {last}", "entry_id": self._id(_ENTRY, i), "at": self._ago(i),
                "hash": self._text("filled-", i),
            },
        )  # fmt: skip

    def _one(self, query: sa.Select[Any]) -> Any:
        return self._session.scalars(query.limit(1)).one()

    def _copy(
        self,
        model: type[Base],
        which: sa.ColumnElement[bool],
        count: int,
        other: Callable[[str], Mapping[str, str]],
    ) -> None:
        """`count` copies of the first such row, if any; `other`: SQL of what differs, by number."""
        table = model.__table__
        assert isinstance(table, sa.Table)
        changed = other(f"(n.i + {self._after})")
        names = [column.name for column in table.columns]
        quoted = ", ".join(f'"{name}"' for name in names)
        values = ", ".join(changed.get(name, f't."{name}"') for name in names)
        key = next(iter(table.primary_key.columns))
        row = self._session.scalars(sa.select(key).where(which).order_by(key).limit(1)).first()
        if row is None:
            return
        numbers = (
            f"(SELECT generate_series(1, {count}) AS i)"
            if self._postgresql
            else f"(WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {count}) "
            "SELECT i FROM s)"
        )
        statement = sa.text(
            f"INSERT INTO {table.name} ({quoted}) SELECT {values} FROM {numbers} AS n, {table.name} AS t "
            f'WHERE t."{key.name}" = :row'
        ).bindparams(sa.bindparam("row", row, type_=key.type))
        if count > 0:
            self._session.execute(statement)

    def _id(self, kind: int | str, number: str) -> str:
        if self._postgresql:
            return f"('0000000{kind}-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"
        return f"printf('0000000{kind}000070008000%012x', {number})"

    def _text(self, before: str, number: str) -> str:
        return f"('{before}' || {number})"

    def _ago(self, number: str) -> str:
        return self._at(f"({number} + {86400 // SECONDS_APART})", SECONDS_APART, past=True)

    def _at(self, number: str, seconds: int, *, past: bool) -> str:
        """So many times so many seconds from now, back or on."""
        sign = "-" if past else "+"
        if self._postgresql:
            return f"now() {sign} {number} * interval '{seconds} seconds'"
        return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', '{sign}' || ({number} * {seconds}) || ' seconds')"

    def _cast(self, value: str, column: sa.Column[Any]) -> str:
        if not self._postgresql or not isinstance(column.type, sa.Enum) or not column.type.native_enum:
            return value
        return f"({value})::{column.type.name}"
