"""One decision on many entries: of one author, or under one post. Each is its own row in the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import chain, decisions
from moderation.decisions import Decision, Outcome
from moderation.models import LogEntry
from school.errors import BadInput, MoveNotAllowed, NotFound
from school.models import Person
from school.people import reason_text
from school.permissions import Action, require

MOST = 100
"""Entries that one page shows and one decision may concern."""

POSSIBLE = (
    Outcome.HIDE,
    Outcome.DELETE,
    Outcome.BLOCK,
    Outcome.MUTE,
    Outcome.REFER,
    Outcome.READ,
    Outcome.DISMISS,
)
"""What can be decided of many at once: an answer or a meeting is for one comment."""


@dataclass(frozen=True, slots=True)
class Left:
    """An entry that was not decided, and why."""

    entry_id: UUID
    number: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Together:
    """What became of a decision on many entries."""

    decided: tuple[UUID, ...]
    left: tuple[Left, ...]


def decide(
    session: Session,
    entries: Sequence[tuple[UUID, int]],
    decision: Decision,
    *,
    by: Person,
    url: str,
    now: datetime,
) -> Together:
    """Decide on each of these entries (id, version seen) as if it were decided alone.

    One that somebody decided, claimed or changed meanwhile is left out and named. Raises BadInput
    where nothing is chosen or the decision fits none of them, NotPermitted.
    """
    require(by, Action.MODERATE)
    if not entries:
        raise BadInput("No entry is ticked: tick those that you decide on.", field="entries")
    if len(entries) > MOST:
        raise BadInput(f"{len(entries)} entries are too many: decide on {MOST} at a time.", field="entries")
    if not decision.outcomes:
        raise BadInput("Nothing is chosen: say what is to be done.", field="outcomes")
    if not decision.outcomes <= set(POSSIBLE):
        raise BadInput("Choose from the list what is to be done.", field="outcomes")
    reason_text(decision.reason)
    chain.lock(session)
    decided: list[UUID] = []
    left: list[Left] = []
    unfit: BadInput | None = None
    for entry_id, seen in dict(entries).items():
        try:
            with session.begin_nested():
                decisions.decide(session, entry_id, decision, seen=seen, by=by, url=url, now=now)
            decided.append(entry_id)
        except BadInput as error:
            unfit = error
            left.append(Left(entry_id, _number(session, entry_id), str(error)))
        except MoveNotAllowed as error:
            left.append(Left(entry_id, _number(session, entry_id), str(error)))
        except NotFound as error:
            # Its number would tell that it is there.
            left.append(Left(entry_id, None, str(error)))
    if unfit is not None and not decided:
        raise unfit
    return Together(tuple(decided), tuple(left))


def _number(session: Session, entry_id: UUID) -> int | None:
    return session.scalar(sa.select(LogEntry.number).where(LogEntry.id == entry_id))
