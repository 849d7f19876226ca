"""Taking back a decision that somebody made by mistake, while it can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import authors, decisions, not_yet, together
from moderation.chain import unlisted
from moderation.decisions import Decision, Outcome
from moderation.models import (
    ActKind,
    ActState,
    BlockedAuthor,
    CaseState,
    Comment,
    EventKind,
    LogCase,
    LogEntry,
    LogEvent,
    PlatformAct,
)
from moderation.outcomes import UNDOABLE
from moderation.sight import visible_to
from school.errors import MoveNotAllowed
from school.models import Person
from school.times import say

FOR = timedelta(minutes=10)
"""So long a decision can be taken back by who made it; afterwards, with a reason, on the entry's page."""

TAKEN_BACK = "Taken back by who"
"""How the reason of every undo begins, old ones of the log too."""
_WHY = f"{TAKEN_BACK}ever decided it, within ten minutes."


class AlreadyTakenBack(MoveNotAllowed):
    """The same person took the decision back already, in another tab say."""


@dataclass(frozen=True, slots=True)
class Undoable:
    """The decision that somebody made last, where it can be taken back."""

    entry_id: UUID
    number: int
    outcomes: str
    version: int
    together: int = 1
    """How many were decided with it in one press and can be taken back with it, this one included."""
    by_hand: frozenset[ActKind] = frozenset()
    """What of it stands as a task that nobody has done yet."""


def last(session: Session, by: Person, *, now: datetime) -> Undoable | None:
    """The person's newest decision of the last minutes, if nothing of it is final and nobody added to it."""
    return _last(session, by, [], now=now)


def of_entry(session: Session, entry_id: UUID, by: Person, *, now: datetime) -> Undoable | None:
    """The person's own decision on this entry, where it can be taken back, whatever they decided since."""
    return _last(session, by, [LogCase.entry_id == entry_id], now=now)


def _last(
    session: Session, by: Person, only: Sequence[sa.ColumnElement[bool]], *, now: datetime
) -> Undoable | None:
    rows = session.execute(
        sa.select(LogCase, LogEntry.number, _only_theirs(by))
        .join(LogEntry, LogEntry.id == LogCase.entry_id)
        .where(
            LogCase.state == CaseState.DECIDED,
            LogCase.decided_by_id == by.id,
            LogCase.decided_at > now - FOR,
            visible_to(by),
            *only,
        )
        .order_by(LogCase.decided_at.desc(), LogCase.entry_id.desc())
        .limit(together.MOST)
    ).all()
    # Of many decided in one press some may have gone to the safeguarding lead as well: the others go back.
    newest = [row for row in rows if row[0].decided_at == rows[0][0].decided_at]
    row = next((one for one in newest if one[2] and _undoable(one[0])), None)
    if row is None:
        return None
    with_it = _decided_with(session, row[0], by)
    tasks = not_yet.by_hand(session, not_yet.acts_about(session, [row[0].entry_id]))
    return Undoable(row[0].entry_id, row[1], row[0].outcomes, row[0].version, 1 + len(with_it), tasks)


def _undoable(case: LogCase) -> bool:
    return set(unlisted(case.outcomes)) <= {one.value for one in UNDOABLE}


def _decided_with(session: Session, case: LogCase, by: Person) -> list[LogCase]:
    """The other entries that this person decided in the same press, where nobody added to it."""
    found = session.scalars(
        sa.select(LogCase)
        .where(
            LogCase.entry_id != case.entry_id,
            LogCase.state == CaseState.DECIDED,
            LogCase.decided_by_id == by.id,
            # One decision on many entries has one moment for all of them.
            LogCase.decided_at == case.decided_at,
            _only_theirs(by),
            visible_to(by),
        )
        .order_by(LogCase.entry_id)
    )
    return [one for one in found if _undoable(one)]


def undo_together(session: Session, entry_id: UUID, *, seen: int, by: Person, url: str, now: datetime) -> int:
    """Take back one decision on many entries, made in one press; how many are open again.

    Each as `undo` does it. `seen`: the version of this entry. Raises MoveNotAllowed, NotFound.
    """
    case = decisions.get_locked(session, entry_id, by=by)
    with_it = [(one.entry_id, one.version) for one in _decided_with(session, case, by)]
    for one, version in [(entry_id, seen), *with_it]:
        undo(session, one, seen=version, by=by, url=url, now=now)
    return 1 + len(with_it)


def undo(session: Session, entry_id: UUID, *, seen: int, by: Person, url: str, now: datetime) -> LogCase:
    """Take a decision of one's own back: what was hidden is shown again, and the entry is open.

    A task by hand that nobody has done yet is withdrawn: then there is nothing to undo. All are rows of the
    log like every decision, and the platform is asked in the order in which it was decided. Raises
    MoveNotAllowed for a decision that is too old, final or somebody else's, NotFound.
    """
    case = decisions.get_locked(session, entry_id, by=by)
    chosen = set(unlisted(case.outcomes))
    if case.state is CaseState.OPEN and (when := _taken_back_by(session, entry_id, by)):
        raise AlreadyTakenBack(f"You took it back on {say(when)}: it is open again.")
    if case.state is not CaseState.DECIDED or case.decided_by_id != by.id or case.version != seen:
        raise MoveNotAllowed("This can't be taken back any more: somebody has gone on with the entry.")
    if case.decided_at is None or case.decided_at <= now - FOR:
        raise MoveNotAllowed("This was decided more than ten minutes ago: open it again, with a reason.")
    if not _undoable(case):
        raise MoveNotAllowed("What was decided can't be taken back: it has left the school already.")
    if not session.scalar(sa.select(_only_theirs(by)).where(LogCase.entry_id == entry_id)):
        raise MoveNotAllowed("Somebody else has decided more about this entry: open it again, with a reason.")
    opposite = set()
    if Outcome.HIDE in chosen and _hidden_by_this(session, case):
        opposite.add(Outcome.UNHIDE)
    # They may have been blocked before, for something else.
    if Outcome.BLOCK in chosen and _blocked_by_this(session, case):
        opposite.add(Outcome.UNBLOCK)
    entry = session.get_one(LogEntry, entry_id)
    done = decisions.take_back(session, entry, opposite, by=by, reason=_WHY, now=now)
    back = Decision(frozenset({Outcome.REOPEN}), _WHY, taken_back=True)
    case = decisions.decide(session, entry_id, back, seen=case.version, by=by, url=url, now=now)
    decisions.note_in_trail(session, entry, {*done, Outcome.REOPEN}, by=by, taken_back=True, now=now)
    return case


def block_stands(session: Session, entry_id: UUID) -> bool:
    """Whether an entry's author, whom a decision on it blocked, is on the block list all the same."""
    case = session.get_one(LogCase, entry_id)
    if case.author_id is None or not _blocks_of(session, case):
        return False
    return authors.records(session, [case.author_id], viewer=None)[case.author_id].blocked


def _taken_back_by(session: Session, entry_id: UUID, by: Person) -> datetime | None:
    """When this person opened the entry again, if nothing was decided on it since."""
    last_of_all = session.scalar(
        sa.select(LogEvent)
        .where(
            LogEvent.entry_id == entry_id,
            LogEvent.kind.in_((EventKind.DECIDED, EventKind.REOPENED, EventKind.EDITED)),
        )
        .order_by(LogEvent.seq.desc())
        .limit(1)
    )
    if last_of_all is None or last_of_all.kind is not EventKind.REOPENED or last_of_all.by_id != by.id:
        return None
    return last_of_all.at


def _only_theirs(by: Person) -> sa.ColumnElement[bool]:
    """Whether nobody else decided anything about an entry (a row of LogCase) since it was decided."""
    others = sa.select(LogEvent.seq).where(
        LogEvent.entry_id == LogCase.entry_id,
        LogEvent.kind == EventKind.DECIDED,
        LogEvent.at >= LogCase.decided_at,
        LogEvent.by_id != by.id,
    )
    return ~others.correlate(LogCase).exists()


def _hidden_by_this(session: Session, case: LogCase) -> bool:
    """Whether the comment was to be seen before: what had been hidden already stays hidden."""
    at_once = sa.select(LogEvent.seq).where(
        LogEvent.entry_id == case.entry_id, LogEvent.kind == EventKind.HIDDEN_AT_ONCE
    )
    if session.scalar(at_once.limit(1)) is not None:
        return False
    hidden = session.scalar(
        sa.select(Comment.hidden)
        .join(LogEntry, LogEntry.comment_id == Comment.id)
        .where(LogEntry.id == case.entry_id)
    )
    waiting = sa.select(PlatformAct.id).where(
        PlatformAct.entry_id == case.entry_id,
        PlatformAct.kind == ActKind.HIDE,
        PlatformAct.state.not_in((ActState.DONE, ActState.WITHDRAWN)),
    )
    return not (hidden and session.scalar(waiting.limit(1)) is not None)


def _blocked_by_this(session: Session, case: LogCase) -> bool:
    """Whether they were put on the block list by it, and no other entry's decision since still says so.

    Where one does, the block stands by that one from now on: taken back as well, it lifts it.
    """
    block = session.scalar(
        sa.select(BlockedAuthor).where(
            BlockedAuthor.author_id == case.author_id,
            BlockedAuthor.lifted_at.is_(None),
            BlockedAuthor.blocked_by_id == case.decided_by_id,
            # Whoever hid it first and blocked them a minute later takes both back.
            BlockedAuthor.blocked_at >= case.decided_at,
        )
    )
    # Blocked as a follower meanwhile: then that stands.
    if block is None or not any(one.at == block.blocked_at for one in _blocks_of(session, case)):
        return False
    other = _blocked_again(session, case, block)
    if other is None:
        return True
    if other.by_id is not None and (other.at, other.by_id) != (block.blocked_at, block.blocked_by_id):
        reason = str(other.detail.get("reason", ""))
        authors.rest_on(session, block.author_id, by_id=other.by_id, reason=reason, decided_at=other.at)
    return False


def _blocks_of(session: Session, case: LogCase) -> list[LogEvent]:
    """The decisions on this entry to block its author."""
    events = session.scalars(
        sa.select(LogEvent).where(LogEvent.entry_id == case.entry_id, LogEvent.kind == EventKind.DECIDED)
    )
    return [one for one in events if Outcome.BLOCK.value in one.detail.get("outcomes", ())]


def _blocked_again(session: Session, case: LogCase, block: BlockedAuthor) -> LogEvent | None:
    """The first decision on another entry to block them that was made under this block and still stands."""
    found = session.scalars(
        sa.select(LogEvent)
        .join(LogCase, LogCase.entry_id == LogEvent.entry_id)
        .where(
            LogCase.author_id == case.author_id,
            LogCase.entry_id != case.entry_id,
            LogCase.state == CaseState.DECIDED,
            LogCase.outcomes.contains(f",{Outcome.BLOCK.value},"),
            LogEvent.kind == EventKind.DECIDED,
            # Of an earlier block, lifted since, the old decisions say nothing.
            LogEvent.at >= block.blocked_at,
        )
        .order_by(LogEvent.seq)
    )
    return next((one for one in found if Outcome.BLOCK.value in one.detail.get("outcomes", ())), None)
