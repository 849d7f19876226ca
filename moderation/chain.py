"""Writing the SLT log (P17): evidence once, then a hash-chained row for everything that follows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from moderation.models import CaseState, EventKind, LogCase, LogEntry, LogEvent
from school.models import Person

_FIRST = "0" * 64
# Any fixed number of our own: it puts the writers of the log in a row on PostgreSQL.
_LOCK = 0x5C40_03

_EVIDENCE = (
    "number",
    "origin",
    "recorded_at",
    "recorded_by_id",
    "comment_id",
    "comment_version",
    "comment_platform_id",
    "account_id",
    "platform",
    "author_id",
    "author_platform_id",
    "author_handle",
    "author_name",
    "author_url",
    "text",
    "url",
    "attachment_urls",
    "post_platform_id",
    "post_text",
    "posted_at",
    "model_name",
    "rules_version",
    "scores",
    "reasons",
    "severity",
    "picture_type",
    "picture_sha256",
)

ERASED = "[erased: no longer kept]"
"""What stands in place of a text that was erased (P34)."""
_TEXTS = (
    "comment_platform_id",
    "author_platform_id",
    "author_handle",
    "author_name",
    "author_url",
    "url",
    "post_platform_id",
    "post_text",
    "picture_type",
    "picture_sha256",
)


def lock(session: Session) -> None:
    """Wait until no other transaction writes the log.

    Whoever will write the log takes this before any row lock, so that no two wait for each other.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def record(session: Session, entry: LogEntry, *, urgent: bool, by: Person | None, now: datetime) -> LogCase:
    """Put evidence into the log, open, with the next number.

    `urgent`: a threat or a safeguarding matter, which goes on top of everything (P23).
    """
    return record_all(session, [(entry, urgent)], by=by, now=now)[0]


def record_all(
    session: Session, found: Sequence[tuple[LogEntry, bool]], *, by: Person | None, now: datetime
) -> list[LogCase]:
    """Put several pieces of evidence into the log in this order, each with whether it is urgent.

    A rush of abuse is written in a handful of statements, however many entries it makes.
    """
    if not found:
        return []
    lock(session)
    number = session.scalar(sa.select(sa.func.max(LogEntry.number))) or 0
    for entry, _ in found:
        number += 1
        entry.number, entry.recorded_at, entry.recorded_by_id = number, now, by.id if by else None
        entry.picture_sha256 = hashlib.sha256(entry.picture).hexdigest() if entry.picture else ""
        session.add(entry)
    # The cases and the events point at the entries.
    session.flush()
    cases = [_case(entry, urgent=urgent, now=now) for entry, urgent in found]
    session.add_all(cases)
    told = [(entry.id, EventKind.RECORDED, {"evidence": evidence_hash(entry)}) for entry, _ in found]
    _append(session, told, by=by, now=now)
    return cases


def _case(entry: LogEntry, *, urgent: bool, now: datetime) -> LogCase:
    kinds = list(dict.fromkeys(str(reason["kind"]) for reason in entry.reasons))
    return LogCase(
        entry_id=entry.id,
        state=CaseState.OPEN,
        version=1,
        urgent=urgent,
        severity=entry.severity,
        recorded_at=now,
        platform=entry.platform,
        account_id=entry.account_id,
        author_id=entry.author_id,
        post_platform_id=entry.post_platform_id,
        kinds=listed(kinds),
        outcomes="",
        about_headteacher=False,
        referred_to_chair=False,
        referred=False,
    )


def append(
    session: Session,
    entry_id: UUID,
    kind: EventKind,
    *,
    by: Person | None,
    detail: Mapping[str, Any],
    now: datetime,
) -> LogEvent:
    """Add an event at the end of the chain. `by` None: the product itself."""
    lock(session)
    return _append(session, [(entry_id, kind, detail)], by=by, now=now)[0]


def _append(
    session: Session,
    told: Sequence[tuple[UUID, EventKind, Mapping[str, Any]]],
    *,
    by: Person | None,
    now: datetime,
) -> list[LogEvent]:
    """Add events at the end of the chain, which this transaction has locked."""
    last = session.execute(
        sa.select(LogEvent.seq, LogEvent.hash).order_by(LogEvent.seq.desc()).limit(1)
    ).first()
    seq, previous = (last.seq, last.hash) if last else (0, _FIRST)
    events = []
    for entry_id, kind, detail in told:
        seq += 1
        event = LogEvent(
            seq=seq,
            entry_id=entry_id,
            kind=kind,
            at=now.astimezone(UTC),
            by_id=by.id if by else None,
            # Through JSON once, so that what is hashed is what will be read back.
            detail=json.loads(json.dumps(dict(detail), default=str)),
            previous_hash=previous,
            hash="",
        )
        event.hash = previous = _event_hash(event)
        events.append(event)
    session.add_all(events)
    # The next event of this transaction must find these as the last.
    session.flush()
    return events


def verify(session: Session) -> int | None:
    """The number of the first event that was altered, removed or put in, or whose evidence was; else None."""
    previous, expected, recorded = _FIRST, 1, 0
    left: dict[UUID, list[list[Any]]] = {}
    rows = session.execute(
        sa.select(LogEvent, LogEntry)
        .outerjoin(LogEntry, LogEntry.id == LogEvent.entry_id)
        .options(undefer(LogEntry.picture))
        .order_by(LogEvent.seq)
        .execution_options(yield_per=500)
    )
    for event, entry in rows:
        if event.seq != expected or event.previous_hash != previous:
            return expected
        recorded += event.kind is EventKind.RECORDED
        if event.erased_at is not None:
            # What it was made from is gone; a later event vouches for what is left of it.
            left.setdefault(event.entry_id, []).append(_left(event))
        elif event.hash != _event_hash(event):
            return expected
        elif event.kind is EventKind.ERASED:
            if event.detail.get("left") != _digest(left.pop(event.entry_id, None)):
                return expected
        elif event.kind is EventKind.RECORDED and (
            entry is None or event.detail.get("evidence") != evidence_hash(entry) or not _picture_fits(entry)
        ):
            return expected
        previous, expected = event.hash, expected + 1
    if left or session.scalar(sa.select(sa.func.count()).select_from(LogEntry)) != recorded:
        return expected
    return None


def erase(session: Session, entry_id: UUID, *, by: Person | None, now: datetime) -> None:
    """Erase what an entry and its events say, and vouch in the chain for what is left of them (P34).

    The entry's number, its times and who of the school did what remain; so do the fingerprints,
    from which no text can be read back. `by` None: the retention rules.
    """
    lock(session)
    events = session.scalars(
        sa.select(LogEvent)
        .where(LogEvent.entry_id == entry_id, LogEvent.erased_at.is_(None), LogEvent.kind != EventKind.ERASED)
        .order_by(LogEvent.seq)
    ).all()
    digest = _digest([_left(event) for event in events])
    session.execute(
        sa.update(LogEvent)
        .where(LogEvent.seq.in_([event.seq for event in events]))
        .values(detail={}, erased_at=now)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        sa.update(LogEntry)
        # Erased once, it stays so: only what happened since is erased again.
        .where(LogEntry.id == entry_id, LogEntry.erased_at.is_(None))
        .values(
            **dict.fromkeys(_TEXTS, ""),
            text=ERASED,
            author_id=None,
            attachment_urls=[],
            scores={},
            reasons=[],
            posted_at=None,
            picture=None,
            erased_at=now,
        )
        .execution_options(synchronize_session=False)
    )
    _append(session, [(entry_id, EventKind.ERASED, {"left": digest})], by=by, now=now)
    session.expire_all()


def evidence_hash(entry: LogEntry) -> str:
    """SHA-256 of everything an entry says."""
    return _digest([[name, _plain(getattr(entry, name))] for name in _EVIDENCE])


def listed(values: list[str]) -> str:
    """Values as a column holds them, to be searched one by one: ",hide,block,"."""
    return f",{','.join(values)}," if values else ""


def unlisted(column: str) -> list[str]:
    """The values that `listed` put together."""
    return [value for value in column.split(",") if value]


def _left(event: LogEvent) -> list[Any]:
    """What stays of an event whose detail is erased."""
    return [
        event.seq,
        str(event.entry_id),
        str(event.kind),
        _plain(event.at),
        _plain(event.by_id),
        event.previous_hash,
        event.hash,
    ]


def _picture_fits(entry: LogEntry) -> bool:
    found = hashlib.sha256(entry.picture).hexdigest() if entry.picture else ""
    return found == entry.picture_sha256


def _event_hash(event: LogEvent) -> str:
    return _digest(
        [
            event.seq,
            str(event.entry_id),
            str(event.kind),
            _plain(event.at),
            _plain(event.by_id),
            event.detail,
            event.previous_hash,
        ]
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, UUID):
        return str(value)
    return value


def _digest(body: Any) -> str:
    text = json.dumps(body, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
