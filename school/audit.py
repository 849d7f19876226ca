"""Writing and checking the audit trail."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school.models.audit import AuditEntry
from school.models.people import Person

_FIRST = "0" * 64
# Any fixed number: it names the lock that puts writers of the trail in a row on PostgreSQL.
_LOCK = 0x5C40_01


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
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
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
        previous_hash=last.hash if last else _FIRST,
        hash="",
    )
    entry.hash = _hash(entry)
    session.add(entry)
    # The next entry of this transaction must find this one as the last.
    session.flush()
    return entry


def verify(session: Session) -> int | None:
    """The number of the first entry that was altered, removed or put in; None when the chain holds."""
    previous, expected = _FIRST, 1
    for entry in session.scalars(
        sa.select(AuditEntry).order_by(AuditEntry.seq).execution_options(yield_per=1000)
    ):
        if entry.seq != expected or entry.previous_hash != previous or entry.hash != _hash(entry):
            return expected
        previous, expected = entry.hash, expected + 1
    return None


def _hash(entry: AuditEntry) -> str:
    body = json.dumps(
        [
            entry.seq,
            entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
            str(entry.actor_id) if entry.actor_id else None,
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
