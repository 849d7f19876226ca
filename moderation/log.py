"""Searching the SLT log and taking it out of the product (P17); `verify` proves that it was not altered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation.chain import unlisted, verify
from moderation.log_filters import EVERYTHING, LogFilters, conditions
from moderation.models import (
    Comment,
    EventKind,
    LogCase,
    LogEntry,
    LogEvent,
    Meeting,
    PlatformAct,
    Referral,
)
from moderation.places import Place, place
from moderation.sight import visible_to
from school.errors import NotFound
from school.models import Account, Person
from school.times import LONDON

_AT_ONCE = 500

COLUMNS = (
    "number",
    "recorded_at",
    "origin",
    "platform",
    "account",
    "author_name",
    "author_handle",
    "author_id",
    "text",
    "url",
    "posted_at",
    "post_text",
    "attachments",
    "reasons",
    "scores",
    "model",
    "rules_version",
    "severity",
    "urgent",
    "state",
    "outcomes",
    "decided_at",
    "decided_by",
    "minutes_to_decision",
    "what_happened",
    "acts",
    "referrals",
    "meetings",
)
"""The columns of an export, in order."""


@dataclass(frozen=True, slots=True)
class LogRow:
    """One entry with everything that followed."""

    entry: LogEntry
    case: LogCase
    account: Account | None
    comment: Comment | None
    """As it stands now; None of what was entered by hand."""
    recorded_by: str
    decided_by: str
    events: tuple[tuple[LogEvent, str], ...]
    acts: tuple[PlatformAct, ...]
    referrals: tuple[Referral, ...]
    meetings: tuple[Meeting, ...]

    @property
    def to_decision(self) -> timedelta | None:
        """How long the decision took (P23)."""
        return self.case.decided_at - self.case.recorded_at if self.case.decided_at else None


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some rows, newest first, and what to hand back for the next ones."""

    rows: tuple[LogRow, ...]
    following: str | None


def page(
    session: Session,
    *,
    viewer: Person | None,
    filters: LogFilters = EVERYTHING,
    after: str = "",
    limit: int = 50,
) -> LogPage:
    """Entries that the viewer may see, newest first. Raises BadInput for an `after` that no page gave."""
    query = (
        sa.select(LogCase, LogEntry, Account)
        .join(LogEntry, LogEntry.id == LogCase.entry_id)
        .outerjoin(Account, Account.id == LogEntry.account_id)
        .where(visible_to(viewer), *conditions(filters))
        .order_by(LogCase.recorded_at.desc(), LogCase.entry_id.desc())
        .limit(limit + 1)
    )
    if after:
        begins = Place(after, length=2)
        at, last = begins.moment(0), begins.identifier(1)
        query = query.where(
            sa.or_(LogCase.recorded_at < at, sa.and_(LogCase.recorded_at == at, LogCase.entry_id < last))
        )
    found = [(row[0], row[1], row[2]) for row in session.execute(query)]
    shown = found[:limit]
    last_shown = shown[-1][0] if len(found) > limit else None
    following = place(last_shown.recorded_at, last_shown.entry_id) if last_shown else None
    return LogPage(_rows(session, shown), following)


def rows(session: Session, *, viewer: Person | None, filters: LogFilters = EVERYTHING) -> Iterator[LogRow]:
    """Every entry that the viewer may see, newest first, in constant memory.

    `viewer` None: a command on the server.
    """
    after: str | None = ""
    while after is not None:
        part = page(session, viewer=viewer, filters=filters, after=after, limit=_AT_ONCE)
        yield from part.rows
        after = part.following


def to_jsonl(entries: Iterator[LogRow] | Sequence[LogRow]) -> Iterator[str]:
    """The rows as JSON Lines: one object a line, with the columns as keys."""
    for row in entries:
        yield json.dumps(record(row), ensure_ascii=False, default=str) + "\n"


def row(session: Session, entry_id: UUID, *, viewer: Person | None) -> LogRow:
    """One entry. Raises NotFound where there is none that the viewer may see."""
    found = session.execute(
        sa.select(LogCase, LogEntry, Account)
        .join(LogEntry, LogEntry.id == LogCase.entry_id)
        .outerjoin(Account, Account.id == LogEntry.account_id)
        .where(LogCase.entry_id == entry_id, visible_to(viewer))
    ).first()
    if found is None:
        raise NotFound("There is no such entry, or none that you may see.")
    return _rows(session, [(found[0], found[1], found[2])])[0]


def record(row: LogRow) -> dict[str, Any]:
    """One entry as plain values, by column."""
    entry, case = row.entry, row.case
    taken = row.to_decision
    return {
        "number": entry.number,
        "recorded_at": _time(entry.recorded_at),
        "origin": entry.origin.value,
        "platform": entry.platform,
        "account": row.account.handle if row.account else "",
        "author_name": entry.author_name,
        "author_handle": entry.author_handle,
        "author_id": entry.author_platform_id,
        "text": entry.text,
        "url": entry.url,
        "posted_at": _time(entry.posted_at),
        "post_text": entry.post_text,
        "attachments": list(entry.attachment_urls),
        "reasons": [str(reason.get("detail", "")) for reason in entry.reasons],
        "scores": dict(entry.scores),
        "model": entry.model_name,
        "rules_version": entry.rules_version,
        "severity": entry.severity,
        "urgent": case.urgent,
        "state": case.state.value,
        "outcomes": unlisted(case.outcomes),
        "decided_at": _time(case.decided_at),
        "decided_by": row.decided_by,
        "minutes_to_decision": round(taken.total_seconds() / 60, 1) if taken is not None else None,
        "what_happened": [_event(event, name) for event, name in row.events],
        "acts": [
            {
                "what": act.kind.value,
                "state": act.state.value,
                "answer": act.answer,
                "at": _time(act.finished_at),
            }
            for act in row.acts
        ],
        "referrals": [
            {
                "to": found.to.value,
                "reference": found.reference,
                "reason": found.reason,
                "at": _time(found.referred_at),
            }
            for found in row.referrals
        ],
        "meetings": [{"on": found.on.isoformat(), "reason": found.reason} for found in row.meetings],
    }


def _event(event: LogEvent, name: str) -> dict[str, Any]:
    said: dict[str, Any] = {"what": event.kind.value, "by": name, "at": _time(event.at)}
    if event.kind in {EventKind.RECORDED, EventKind.ACT}:
        return said
    return said | {key: value for key, value in event.detail.items() if key != "acts"}


def _rows(session: Session, found: Sequence[tuple[LogCase, LogEntry, Account | None]]) -> tuple[LogRow, ...]:
    ids = [case.entry_id for case, _, _ in found]
    if not ids:
        return ()
    people = {case.decided_by_id for case, _, _ in found} | {entry.recorded_by_id for _, entry, _ in found}
    named = sa.select(Person.id, Person.name).where(Person.id.in_(p for p in people if p))
    names = {row.id: row.name for row in session.execute(named)}
    about = sa.select(Comment).where(
        Comment.id.in_(entry.comment_id for _, entry, _ in found if entry.comment_id)
    )
    comments = {comment.id: comment for comment in session.scalars(about)}
    events: dict[UUID, list[tuple[LogEvent, str]]] = {}
    for event, name in session.execute(
        sa.select(LogEvent, Person.name)
        .outerjoin(Person, Person.id == LogEvent.by_id)
        .where(LogEvent.entry_id.in_(ids))
        .order_by(LogEvent.seq)
    ):
        events.setdefault(event.entry_id, []).append((event, name or ""))
    acts: dict[UUID | None, list[PlatformAct]] = {}
    for act in session.scalars(
        sa.select(PlatformAct).where(PlatformAct.entry_id.in_(ids)).order_by(PlatformAct.id)
    ):
        acts.setdefault(act.entry_id, []).append(act)
    referrals: dict[UUID, list[Referral]] = {}
    for one in session.scalars(sa.select(Referral).where(Referral.entry_id.in_(ids)).order_by(Referral.id)):
        referrals.setdefault(one.entry_id, []).append(one)
    meetings: dict[UUID, list[Meeting]] = {}
    for meeting in session.scalars(sa.select(Meeting).where(Meeting.entry_id.in_(ids)).order_by(Meeting.id)):
        meetings.setdefault(meeting.entry_id, []).append(meeting)
    return tuple(
        LogRow(
            entry=entry,
            case=case,
            account=account,
            comment=comments.get(entry.comment_id) if entry.comment_id else None,
            recorded_by=names.get(entry.recorded_by_id, "") if entry.recorded_by_id else "",
            decided_by=names.get(case.decided_by_id, "") if case.decided_by_id else "",
            events=tuple(events.get(entry.id, ())),
            acts=tuple(acts.get(entry.id, ())),
            referrals=tuple(referrals.get(entry.id, ())),
            meetings=tuple(meetings.get(entry.id, ())),
        )
        for case, entry, account in found
    )


def _time(moment: datetime | None) -> str:
    return moment.astimezone(LONDON).isoformat(timespec="seconds") if moment else ""


__all__ = [
    "COLUMNS",
    "LogPage",
    "LogRow",
    "page",
    "record",
    "row",
    "rows",
    "to_jsonl",
    "verify",
]
