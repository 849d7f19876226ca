"""Writing the SLT log (P17): evidence once, then a hash-chained row for everything that follows."""

from __future__ import annotations

import json
import secrets as random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation.fingerprints import (
    AFTER_ERASING,
    EVIDENCE,
    digest,
    event_hash,
    evidence_hash,
    left,
    picture_hash,
)
from moderation.models import CameWith, CaseState, EventKind, LogCase, LogEntry, LogEvent
from school import secrets
from school.audit import ALTERED, NO_FOLLOWER, Flaw, as_written, missing, raw, readable
from school.audit import FIRST as _FIRST
from school.models import Person

FIRST_NUMBER, NUMBERS = 10_000, 90_000
"""The numbers that entries are given: of five digits, which can be said on the telephone."""
_TOGETHER = 500
# Any fixed number of our own: it puts the writers of the log in a row on PostgreSQL.
_LOCK = 0x5C40_03
_WORRY = "safeguarding"


def lock(session: Session) -> None:
    """Wait until no other transaction writes the log.

    Whoever will write the log takes this before any row lock, so that no two wait for each other.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def record(session: Session, entry: LogEntry, *, urgent: bool, by: Person | None, now: datetime) -> LogCase:
    """Put evidence into the log, open, with a number of its own.

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
    for (entry, _), number in zip(found, _free_numbers(session, len(found)), strict=True):
        entry.number, entry.recorded_at, entry.recorded_by_id = number, now, by.id if by else None
        entry.picture_sha256 = picture_hash(entry.picture)
        session.add(entry)
    # The cases and the events point at the entries.
    session.flush()
    cases = [_case(entry, urgent=urgent, now=now) for entry, urgent in found]
    session.add_all(cases)
    told = [(entry.id, EventKind.RECORDED, {"evidence": evidence_hash(entry)}) for entry, _ in found]
    _append(session, told, by=by, now=now)
    return cases


def _free_numbers(session: Session, many: int) -> list[int]:
    """Numbers that no entry has, in no order; this transaction has locked the log.

    By chance and not in one row: a gap in that, or a step that is longer than others, would tell the
    headteacher of an entry that is kept from them (P3). Which entries are there and in which order is for the
    chain to prove.
    """
    free: dict[int, None] = {}
    times = 1
    while len(free) < many:
        before = len(free)
        tried = [drawn(times) for _ in range(min(many - before, _TOGETHER))]
        taken = set(session.scalars(sa.select(LogEntry.number).where(LogEntry.number.in_(tried))))
        free |= dict.fromkeys(one for one in tried if one not in taken)
        # Where most are given already there is room in longer ones.
        times *= 10 if 2 * (len(free) - before) < len(tried) else 1
    return list(free)


def drawn(times: int) -> int:
    """A number by chance, from a source that nobody can guess; `times` ten: with a digit more, and so on."""
    return times * (FIRST_NUMBER + random.randbelow(NUMBERS)) + random.randbelow(times)


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
        event.hash = previous = event_hash(event)
        events.append(event)
    session.add_all(events)
    # The next event of this transaction must find these as the last.
    session.flush()
    return events


ALTERED_ERASED = "its content was erased, yet it says something again"
EVIDENCE_ALTERED = "the evidence that it vouches for was changed or removed"
_JSON = ("attachment_urls", "scores", "reasons")
_STORED = (
    sa.select(
        *LogEvent.__table__.c,
        raw(LogEvent.detail, "raw_detail"),
        *(
            column.label(f"of_entry_{column.name}")
            for column in LogEntry.__table__.c
            if column.name != "picture"
        ),
        *(raw(LogEntry.__table__.c[name], f"raw_{name}") for name in _JSON),
        LogEntry.picture.is_not(None).label("has_picture"),
    )
    .select_from(LogEvent)
    .outerjoin(
        LogEntry,
        sa.and_(LogEntry.id == LogEvent.entry_id, LogEvent.kind.in_((EventKind.RECORDED, EventKind.ERASED))),
    )
)
"""Every event, and beside those that vouch for an entry all of it but its picture."""


class _Checked:
    """How far a walk along the chain has come, and what it has still to hear of."""

    def __init__(self) -> None:
        self.previous, self.expected, self.recorded = _FIRST, 1, 0
        self.left: dict[UUID, list[tuple[list[Any], datetime]]] = {}
        """By entry: what is left of events whose detail was erased, and when it was."""
        self.erased_at: dict[UUID, datetime] = {}

    def trouble_with(self, session: Session, event: Any) -> Flaw | None:
        """What is wrong with the next event or with the evidence that it vouches for; None: nothing."""
        if event.seq != self.expected:
            return missing(self.expected, event.seq)
        if event.previous_hash != self.previous:
            return Flaw(self.expected, NO_FOLLOWER)
        self.recorded += event.kind is EventKind.RECORDED
        if event.erased_at is not None:
            # What it was made from is gone; a later event vouches for what is left of it.
            self.left.setdefault(event.entry_id, []).append((left(event), event.erased_at))
            return None if event.raw_detail == "{}" else Flaw(self.expected, ALTERED_ERASED)
        if event.hash != event_hash(event) or not as_written(event.raw_detail, event.detail):
            return Flaw(self.expected, ALTERED)
        whole = True
        if event.kind is EventKind.ERASED:
            former = self.left.pop(event.entry_id, [])
            first = self.erased_at.setdefault(event.entry_id, event.at)
            whole = event.detail.get("left") == digest([what for what, _ in former])
            whole = whole and all(at == event.at for _, at in former)
            whole = whole and event.of_entry_erased_at == first and _is_erased(event)
        elif event.kind is EventKind.RECORDED:
            whole = event.of_entry_erased_at is None and event.detail.get("evidence") == _hash_of_entry(event)
            whole = whole and _picture_fits(session, event)
        elif event.kind is EventKind.ISSUED and event.detail.get("kind") == "picture":
            whole = _kept_picture_fits(session, event)
        return None if whole else Flaw(self.expected, EVIDENCE_ALTERED)


def _is_erased(event: Any) -> bool:
    empty = all(_entry(event, name) == value for name, value in AFTER_ERASING.items() if name != "picture")
    # Events of earlier versions don't vouch for the rest.
    fits = event.detail.get("entry") in (None, _hash_of_entry(event))
    return empty and fits and not event.has_picture


def _hash_of_entry(event: Any) -> str:
    if not all(as_written(event._mapping[f"raw_{name}"], _entry(event, name)) for name in _JSON):
        return ""
    return evidence_hash({name: _entry(event, name) for name in EVIDENCE})


def _entry(event: Any, name: str) -> Any:
    return event._mapping[f"of_entry_{name}"]


def _picture_fits(session: Session, event: Any) -> bool:
    picture = None
    if event.has_picture:
        picture = session.scalar(sa.select(LogEntry.picture).where(LogEntry.id == event.entry_id))
    return bool(picture_hash(picture) == _entry(event, "picture_sha256"))


def _kept_picture_fits(session: Session, event: Any) -> bool:
    row = session.execute(
        sa.select(CameWith.sealed, CameWith.sha256).where(
            CameWith.entry_id == event.entry_id, CameWith.place == event.detail.get("place")
        )
    ).first()
    if row is None or row.sealed is None or row.sha256 != event.detail.get("sha256"):
        return False
    try:
        return bool(picture_hash(secrets.decrypt(row.sealed)) == row.sha256)
    except secrets.KeyMissing:
        # That the key is lost is said elsewhere, and is no sign that somebody changed anything.
        return True


def verify(session: Session) -> int | None:
    """The number of the first event that was altered, removed or put in, or whose evidence was; else None."""
    flaw = examine(session)
    return flaw.number if flaw else None


def examine(session: Session) -> Flaw | None:
    """The first event that no longer holds, and how that shows; None when all of the chain does."""
    checked = _Checked()
    for event in readable(session, LogEvent.__table__.c.seq, _STORED):
        if isinstance(event, Flaw):
            return event if event.number == checked.expected else missing(checked.expected, event.number)
        if flaw := checked.trouble_with(session, event):
            return flaw
        checked.previous, checked.expected = event.hash, checked.expected + 1
    if checked.left:
        first = min(what[0] for events in checked.left.values() for what, _ in events)
        return Flaw(first, "its content was taken away, and no event says that it was erased")
    if session.scalar(sa.select(sa.func.count()).select_from(LogEntry)) != checked.recorded:
        return Flaw(checked.expected, "it is missing, or evidence was put in that no event tells of")
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
    vouched = {"left": digest([left(event) for event in events])}
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
        .values(**AFTER_ERASING, erased_at=now)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    vouched["entry"] = evidence_hash(session.get_one(LogEntry, entry_id))
    _append(session, [(entry_id, EventKind.ERASED, vouched)], by=by, now=now)
    session.expire_all()


def listed(values: list[str]) -> str:
    """Values as a column holds them, to be searched one by one: ",hide,block,"."""
    return f",{','.join(values)}," if values else ""


def unlisted(column: str) -> list[str]:
    """The values that `listed` put together."""
    return [value for value in column.split(",") if value]


def main_kind(kinds: str) -> str:
    """The kind as which an entry counts where each counts once: the worst, but a worry about a child always.

    A child who writes of dying scores as a threat, too; whoever counts such worries looks for all of them.
    """
    each = unlisted(kinds)
    return _WORRY if _WORRY in each else next(iter(each), "reported")
