"""Files that were made here: what is kept of each, and whether a given file is one of them."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit
from school.models.audit import AuditEntry
from school.models.documents import DocumentKind, IssuedDocument
from school.models.people import Person


def sha256(data: bytes) -> str:
    """The hash by which a file is known again, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def record(
    session: Session,
    kind: DocumentKind,
    data: bytes,
    *,
    object_kind: str,
    object_id: UUID | str,
    by: Person,
    log_seq: int | None = None,
    now: datetime,
) -> IssuedDocument:
    """Keep the hash of a file that is being handed out, in the audit trail too."""
    found = sha256(data)
    seq = audit.record(
        session,
        by=by,
        action=f"{kind.value}_made",
        object_kind=object_kind,
        object_id=object_id,
        detail={"sha256": found, "bytes": len(data)},
        now=now,
    ).seq
    made = IssuedDocument(
        kind=kind,
        sha256=found,
        size=len(data),
        object_kind=object_kind,
        object_id=str(object_id),
        made_at=now,
        made_by_id=by.id,
        trail_seq=seq,
        log_seq=log_seq,
    )
    session.add(made)
    return made


def find(session: Session, digest: str) -> list[IssuedDocument]:
    """Every time that exactly this file was made, the first one first."""
    query = sa.select(IssuedDocument).where(IssuedDocument.sha256 == digest)
    return list(session.scalars(query.order_by(IssuedDocument.made_at, IssuedDocument.id)))


def in_trail(session: Session, document: IssuedDocument) -> bool:
    """Whether the audit trail says the same of the file as its row does."""
    entry = session.get(AuditEntry, document.trail_seq) if document.trail_seq is not None else None
    return (
        entry is not None
        and entry.detail.get("sha256") == document.sha256
        and entry.action == f"{document.kind.value}_made"
        and entry.actor_id == document.made_by_id
    )
