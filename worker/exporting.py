"""Making the files that people asked for, without a page waiting for it (P34, P15)."""

from __future__ import annotations

import structlog

from approvals import foi
from school import exports
from school.db import reading, transaction
from school.models import ExportOf
from school.settings import settings
from web import disclosure
from worker.clock import now

log = structlog.get_logger(__name__)


def make_one() -> bool:
    """Make the next file that waits; whether there was one. The error of a failed one passes through."""
    with reading() as session:
        if not exports.waits(session, now=now()):
            return False
    with transaction() as session:
        claimed = exports.claim(session, lease=settings().lease, now=now())
    if claimed is None:
        return False
    try:
        with reading() as session:
            if claimed.of is ExportOf.FOI:
                note = ""
                title = "Freedom of information: posts, approvals and decisions"
                sections = disclosure.of_foi(session, foi.parse(claimed.search))
            else:
                assert claimed.subject_id is not None
                subject = disclosure.subject_of(session, claimed.subject_kind, claimed.subject_id)
                title = f"What is held on {subject.name}"
                sections = disclosure.of_subject(
                    session,
                    subject,
                    choices=disclosure.Choices.read(claimed.search),
                    asked_by_id=claimed.asked_by_id,
                )
                note = disclosure.NOTE
            content, records = disclosure.pack(session, title, sections, note=note, now=now())
    except Exception:
        with transaction() as session:
            exports.fail(session, claimed, now=now())
        raise
    with transaction() as session:
        exports.record(
            session, claimed, content, records=records, url=settings().effective_public_url, now=now()
        )
    log.info("export_made", export_id=str(claimed.id), records=records)
    return True
