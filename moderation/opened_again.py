"""Who hears that a colleague opened an entry again which they had decided or dealt with."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import alerts
from moderation.models import EventKind, LogCase, LogEntry, LogEvent
from school.models import Person
from school.permissions import Action, may


def tell(session: Session, entry: LogEntry, case: LogCase, *, by: Person, url: str, now: datetime) -> None:
    """Tell everybody who decided the entry since it was last opened, but who opens it now.

    They may believe that it is done with. Whoever may no longer see it is not told.
    Call it before the log says that it is opened again.
    """
    opened = (
        sa.select(sa.func.max(LogEvent.seq))
        .where(LogEvent.entry_id == entry.id, LogEvent.kind == EventKind.REOPENED)
        .scalar_subquery()
    )
    decided = sa.select(LogEvent.by_id).where(
        LogEvent.entry_id == entry.id,
        LogEvent.kind == EventKind.DECIDED,
        LogEvent.seq > sa.func.coalesce(opened, 0),
        LogEvent.by_id != by.id,
    )
    query = sa.select(Person).where(Person.id.in_(decided), Person.active).order_by(Person.name, Person.id)
    told = [
        one
        for one in session.scalars(query)
        if may(one, Action.MODERATE) or (case.referred_to_chair and may(one, Action.SEE_REFERRALS))
    ]
    alerts.opened_again(session, entry, case, told, by=by, url=url, now=now)
