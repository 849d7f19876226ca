"""Everything about one entry of the SLT log as one PDF, for the police or the DSL's own records (P22)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import came_with, chain, fingerprints, letters, log, review, thread, words
from moderation.evidence_papers import draw
from moderation.issuing import issue
from moderation.models import LogCase, LogEntry
from moderation.review import EntryPage
from moderation.sight import visible_to
from school import documents, letterhead
from school.errors import MoveNotAllowed
from school.models import DocumentKind, Person
from school.paper import Paper
from school.permissions import Action, require
from school.times import LONDON

_EARLIER_MAX = 50
"""Entries of the same author that are listed."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that was just drawn, and is kept nowhere but with whoever takes it."""

    entry_id: UUID
    number: int
    sha256: str
    data: bytes = field(repr=False)


def prepare(
    session: Session, entry_id: UUID, *, whole_thread: bool = False, by: Person, now: datetime
) -> Pack:
    """Draw the pack of an entry with what `by` may see; a second or two, so in a session that only reads.

    `whole_thread`: with what other people wrote around it, their entries of the log excepted. Nobody
    may get it before `keep` has recorded it. Raises NotFound where they may not see the entry,
    MoveNotAllowed where it was erased, NotPermitted.
    """
    require(by, Action.MAKE_EVIDENCE)
    page = review.entry_page(session, entry_id, viewer=by, now=now)
    entry = page.item.entry
    if entry.erased_at is not None:
        raise MoveNotAllowed(f"Entry {entry.number} was erased: there is nothing left to make a pack of.")
    row = log.row(session, entry_id, viewer=by)
    picture = session.scalar(sa.select(LogEntry.picture).where(LogEntry.id == entry_id))
    pictures = [(one, came_with.opened(one)) for one in came_with.kept(session, entry_id)]
    sent = letters.of_entry(session, entry_id)
    out = thread.shared(session, page.item.comment, page.answered, page.conversation, by, whole=whole_thread)
    head = letterhead.current(session)
    paper = Paper(
        f"Evidence pack, log entry {entry.number}",
        footer=f"{head.name}: evidence pack, log entry {entry.number}. Confidential.",
        made_at=now,
    )
    paper.letterhead(head)
    draw(
        paper,
        page,
        out,
        row=row,
        earlier=_earlier(session, page, viewer=by),
        letters=sent,
        picture=picture,
        came_with=pictures,
        by=by,
        now=now,
    )
    body = json.dumps(_record(page, out, row), ensure_ascii=False, indent=2, default=str)
    paper.attach("entry.json", body.encode(), "application/json")
    if picture:
        paper.attach(f"picture.{entry.picture_type.rpartition('/')[2]}", picture, entry.picture_type)
    for one, jpeg in pictures:
        paper.attach(f"came-with-{one.place}.jpeg", jpeg, "image/jpeg")
    data = paper.finish()
    return Pack(entry_id=entry_id, number=entry.number, sha256=documents.sha256(data), data=data)


def keep(session: Session, pack: Pack, *, by: Person, now: datetime) -> None:
    """Record that the pack was made: in the log's chain and, unless it concerns the headteacher, the trail.

    Raises NotFound where the entry was kept from `by` meanwhile.
    """
    require(by, Action.MAKE_EVIDENCE)
    chain.lock(session)
    case = review.get_case(session, pack.entry_id, viewer=by)
    issue(session, case, DocumentKind.EVIDENCE, pack.data, by=by, now=now)


def _earlier(session: Session, page: EntryPage, *, viewer: Person) -> list[tuple[LogEntry, LogCase]]:
    """Other entries of the same author that the viewer may see, newest first."""
    if page.item.entry.author_id is None:
        return []
    query = (
        sa.select(LogEntry, LogCase)
        .join(LogCase, LogCase.entry_id == LogEntry.id)
        .where(
            LogCase.author_id == page.item.entry.author_id,
            LogCase.entry_id != page.item.entry.id,
            visible_to(viewer),
        )
        .order_by(LogEntry.recorded_at.desc(), LogEntry.id.desc())
        .limit(_EARLIER_MAX)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def _record(page: EntryPage, out: thread.Shared, row: log.LogRow) -> dict[str, Any]:
    """The entry for machines: whole texts, and the rows of the chain by which anybody can check it."""
    return {
        **log.record(row),
        "evidence_sha256": fingerprints.evidence_hash(row.entry),
        "versions": [
            {"number": one.number, "text": one.text, "until": one.replaced_at} for one in page.versions
        ],
        "answers": _said(out.answered) if out.answered else None,
        "thread": [_said(one) for one in out.rest],
        "thread_left_out": {"not_asked_for": out.unasked, "other_entries_of_the_log": out.entries},
        "history": [
            {
                "at": comment.created_at.astimezone(LONDON),
                "text": comment.text,
                "url": comment.url,
                "state": comment.state,
            }
            for comment in page.history
        ],
        "chain": [
            {
                "seq": event.seq,
                "kind": event.kind,
                "what": words.happened(event),
                "at": event.at,
                "by": event.by_id,
                "detail": event.detail,
                "previous": event.previous_hash,
                "hash": event.hash,
            }
            for event, _ in row.events
        ],
    }


def _said(one: thread.Said) -> dict[str, Any]:
    comment, name = one
    return {
        "author": name,
        "at": comment.created_at.astimezone(LONDON),
        "text": comment.text,
        "url": comment.url,
        "attachments": comment.attachment_urls,
    }
