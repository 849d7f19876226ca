"""Recording a file about an entry of the log, in the log's own chain and in the audit trail (P3, P22)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from moderation import chain
from moderation.models import EventKind, LogCase
from school import documents
from school.models import DocumentKind, Person


def issue(
    session: Session, case: LogCase, kind: DocumentKind, data: bytes, *, by: Person, now: datetime
) -> str:
    """Keep the hash of a file that is being handed out; the hash."""
    found = documents.sha256(data)
    event = chain.append(
        session,
        case.entry_id,
        EventKind.ISSUED,
        by=by,
        detail={"kind": kind.value, "sha256": found, "bytes": len(data)},
        now=now,
    )
    documents.record(
        session,
        kind,
        data,
        object_kind="log_entry",
        object_id=case.entry_id,
        by=by,
        log_seq=event.seq,
        now=now,
    )
    return found
