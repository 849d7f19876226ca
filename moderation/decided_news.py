"""What a mail says of how something urgent was decided: what was only passed on still waits (P3, P23)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import referrals
from moderation.chain import unlisted
from moderation.models import LogCase, LogEntry, ReferTo
from moderation.outcomes import Outcome, in_words
from school.models import Person
from school.times import say
from school.wording import and_last

_LED_BY = {ReferTo.DSL: "the safeguarding lead", ReferTo.CHAIR: "the chair of governors"}


def waits_with(session: Session, entry_ids: Collection[UUID]) -> dict[UUID, tuple[ReferTo, ...]]:
    """With whom these entries wait, referred and not dealt with; those that do."""
    found: dict[UUID, tuple[ReferTo, ...]] = {}
    for to in _LED_BY:
        query = sa.select(LogCase.entry_id).where(LogCase.entry_id.in_(entry_ids), referrals.waiting([to]))
        for entry_id in session.scalars(query):
            found[entry_id] = (*found.get(entry_id, ()), to)
    return found


def subject(found: Sequence[LogEntry], waits: Collection[UUID], to: Collection[ReferTo]) -> str:
    """The subject of a mail about these. `waits`: those not dealt with; `to`: with whom the first waits."""
    if len(found) == 1:
        number = found[0].number
        if not waits:
            return f"Decided: log entry {number}, which was urgent"
        return f"Referred to {_names(to)}, not dealt with yet: log entry {number}"
    if all(one.id in waits for one in found):
        return f"Referred, not dealt with yet: {len(found)} urgent log entries"
    return f"Decided{' or referred' if waits else ''}: {len(found)} log entries that were urgent"


def how(session: Session, case: LogCase, to: Collection[ReferTo]) -> str:
    """How an entry was decided, by whom and when. `to`: with whom it waits, referred and not dealt with."""
    who = session.get(Person, case.decided_by_id) if case.decided_by_id else None
    name = who.name if who else "somebody"
    when = f", {say(case.decided_at)}" if case.decided_at else ""
    chosen = unlisted(case.outcomes)
    if not to:
        return f"{in_words(chosen)}, decided by {name}{when}."
    done = in_words(one for one in chosen if one != Outcome.REFER)
    return f"{f'{done}, and ' if done else ''}referred to {_names(to)}: {name}{when}. Not dealt with yet."


def _names(to: Collection[ReferTo]) -> str:
    return and_last([_LED_BY[one] for one in to])
