"""Writing and checking the audit trail."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school.models.audit import AuditEntry
from school.models.people import Person
from school.models.school import School

FIRST = "0" * 64
"""What stands in place of the hash before the first entry."""
# Any fixed number: it names the lock that puts writers of the trail in a row on PostgreSQL.
_LOCK = 0x5C40_01
_AT_ONCE = 500

ALTERED = "what it says doesn't fit its own fingerprint: it was changed"
NO_FOLLOWER = "it doesn't follow from the one before it: one of the two was changed or put in"
UNREADABLE = "it holds something that Schoolgate never writes: it was changed"


@dataclass(frozen=True, slots=True)
class Flaw:
    """Where a chain no longer holds: the first number that doesn't fit, and what is wrong with it."""

    number: int
    why: str


def lock(session: Session) -> None:
    """Wait until no other transaction writes the trail, and so changes anything that leaves a line in it.

    On SQLite every transaction waits for the one before it anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def record(
    session: Session,
    *,
    by: Person | None,
    action: str,
    object_kind: str,
    object_id: UUID | str,
    detail: Mapping[str, Any] | None = None,
    now: datetime,
) -> AuditEntry:
    """Add an entry at the end of the trail. `by` None: the product itself, or a command.

    `detail` holds ids, states and reasons; never a comment's text, a token or a PIN.
    """
    lock(session)
    last = session.execute(
        sa.select(AuditEntry.seq, AuditEntry.hash).order_by(AuditEntry.seq.desc()).limit(1)
    ).first()
    entry = AuditEntry(
        seq=last.seq + 1 if last else 1,
        at=now.astimezone(UTC),
        actor_id=by.id if by else None,
        action=action,
        object_kind=object_kind,
        object_id=str(object_id),
        # Through JSON once, so that what is hashed is what will be read back.
        detail=json.loads(json.dumps(dict(detail or {}), default=str)),
        previous_hash=last.hash if last else FIRST,
        hash="",
    )
    entry.hash = entry_hash(entry)
    session.add(entry)
    # The next entry of this transaction must find this one as the last.
    session.flush()
    return entry


PRACTICE_POST = "practice_post"
"""A practice school had a post handed in by itself, in its teacher's name."""


def done_by(session: Session, person_id: UUID, actions: Collection[str]) -> set[str]:
    """Which of these actions the person ever did, and not a practice school by itself in their name."""
    by_itself = sa.select(AuditEntry.object_id).where(AuditEntry.action == PRACTICE_POST)
    found = sa.select(AuditEntry.action).where(
        AuditEntry.actor_id == person_id,
        AuditEntry.action.in_(actions),
        AuditEntry.object_id.not_in(by_itself),
    )
    return set(session.scalars(found.distinct()))


def last_at(session: Session, action: str) -> datetime | None:
    """When this was done last; None: never."""
    return session.scalar(sa.select(sa.func.max(AuditEntry.at)).where(AuditEntry.action == action))


def verify(session: Session) -> int | None:
    """The number of the first entry that was altered, removed or put in; None when the chain holds."""
    flaw = examine(session)
    return flaw.number if flaw else None


def examine(session: Session) -> Flaw | None:
    """The first entry that was altered, removed or put in, and how that shows; None when the chain holds."""
    previous, expected = FIRST, 1
    stored = sa.select(*AuditEntry.__table__.c, raw(AuditEntry.detail, "raw_detail"))
    for entry in readable(session, AuditEntry.__table__.c.seq, stored):
        if isinstance(entry, Flaw):
            return entry if entry.number == expected else missing(expected, entry.number)
        if entry.seq != expected:
            return missing(expected, entry.seq)
        if entry.previous_hash != previous:
            return Flaw(expected, NO_FOLLOWER)
        if entry.hash != entry_hash(entry) or not as_written(entry.raw_detail, entry.detail):
            return Flaw(expected, ALTERED)
        previous, expected = entry.hash, expected + 1
    if expected == 1 and session.scalar(sa.select(School.id)) is not None:
        return Flaw(1, "the whole trail is missing, which begins with the school's set-up")
    return None


def entry_hash(entry: Any) -> str:
    """The fingerprint of an entry (or a row with its columns), by which the next one knows it."""
    body = json.dumps(
        [
            entry.seq,
            entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
            str(entry.actor_id) if entry.actor_id is not None else None,
            entry.action,
            entry.object_kind,
            entry.object_id,
            entry.detail,
            entry.previous_hash,
        ],
        ensure_ascii=True,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(body.encode()).hexdigest()


# What every chain is checked with.


def missing(expected: int, found: int) -> Flaw:
    """The flaw of a chain that goes on with another number than the next."""
    if found < expected:
        return Flaw(found, "no entry has such a number: it was put in")
    return Flaw(expected, f"it is missing: the next one there is number {found}")


def raw(column: Any, label: str) -> sa.Label[str]:
    """A JSON column as the text that is stored, which may say a thing twice or with other spaces."""
    return sa.cast(column, sa.Text).label(label)


def as_written(stored: str | None, value: Any) -> bool:
    """Whether JSON is stored exactly as the product writes it."""
    return stored == json.dumps(value)


def readable(session: Session, key: sa.ColumnElement[int], stored: sa.Select[Any]) -> Iterator[Any]:
    """Rows in the order of their number, some hundred at a time; a Flaw, and no more, for one beyond reading.

    SQLite takes any value in any column, so that a changed row may be one that can't even be loaded.
    """
    last: int | None = None
    while True:
        numbers = sa.select(key).order_by(key).limit(_AT_ONCE)
        if last is not None:
            numbers = numbers.where(key > last)
        found = session.scalars(numbers).all()
        if not found:
            return
        rows = _loaded(session, stored.where(key >= found[0], key <= found[-1]).order_by(key))
        for number in found if rows is None else ():
            one = _loaded(session, stored.where(key == number))
            if one is None:
                yield Flaw(number, UNREADABLE)
                return
            yield from one
        yield from rows or ()
        last = found[-1]


def _loaded(session: Session, query: sa.Select[Any]) -> Sequence[Any] | None:
    """The rows; None where one of them holds what no such column can."""
    try:
        rows = session.execute(query).all()
    except (ValueError, TypeError, LookupError, AttributeError):
        return None
    except sa.exc.OperationalError as error:
        if "decode" not in str(error.orig):
            raise
        return None
    if any(isinstance(value, bytes) for row in rows for value in row):
        return None
    return rows
