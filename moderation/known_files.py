"""Whether a file is one that was made here: an evidence pack, a letter, a report, a consent record (P22)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation.models import EventKind, LogCase, LogEntry, LogEvent
from moderation.sight import visible_to
from school import documents
from school.models import IssuedDocument, Person

KINDS = {
    "evidence": "evidence pack",
    "letter": "letter",
    "report": "report for governors",
    "consent_record": "consent record",
}


@dataclass(frozen=True, slots=True)
class Known:
    """One time that the file was made."""

    document: IssuedDocument
    made_by: str
    what: str
    """Such as “evidence pack about log entry 7”."""
    confirmed: bool
    """The chained records (audit trail, SLT log) say the same; False: somebody altered one of them."""


def look_up(session: Session, data: bytes, *, viewer: Person | None) -> list[Known]:
    """Every time that exactly this file was made here, as far as the viewer may know of it (P3)."""
    found = []
    for document in documents.find(session, documents.sha256(data)):
        about = _entry(session, document, viewer=viewer)
        if document.object_kind == "log_entry" and about is None:
            continue
        person = session.get(Person, document.made_by_id)
        kind = KINDS[document.kind.value]
        found.append(
            Known(
                document=document,
                made_by=person.name if person else "",
                what=f"{kind} about log entry {about}" if about is not None else kind,
                confirmed=_confirmed(session, document),
            )
        )
    return found


def _entry(session: Session, document: IssuedDocument, *, viewer: Person | None) -> int | None:
    if document.object_kind != "log_entry":
        return None
    query = (
        sa.select(LogEntry.number)
        .join(LogCase, LogCase.entry_id == LogEntry.id)
        .where(LogEntry.id == UUID(document.object_id), visible_to(viewer))
    )
    return session.scalar(query)


def _confirmed(session: Session, document: IssuedDocument) -> bool:
    if document.trail_seq is not None and not documents.in_trail(session, document):
        return False
    if document.log_seq is None:
        return document.trail_seq is not None
    event = session.get(LogEvent, document.log_seq)
    return (
        event is not None
        and event.kind is EventKind.ISSUED
        # Of an erased entry (P34) the chain alone vouches that there was such an event.
        and (event.erased_at is not None or event.detail.get("sha256") == document.sha256)
        and event.by_id == document.made_by_id
    )
