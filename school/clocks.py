"""The clocks of the machines, compared with the database's: all of them read leases and planned times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school.db import insert_if_missing
from school.models import MachineClock

NOTICED = timedelta(seconds=10)
"""Less than this harms nothing: leases last minutes."""
_LATELY = timedelta(minutes=15)
_FORGOTTEN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Clock:
    """One machine's clock; `ahead` is negative where it is behind the database's."""

    machine: str
    ahead: timedelta

    @property
    def wrong(self) -> bool:
        """Whether it is so far off that it does harm."""
        return abs(self.ahead) > NOTICED

    @property
    def sentence(self) -> str:
        """Such as "The clock of worker-2 is 5 minutes ahead of the database's."."""
        seconds = round(abs(self.ahead).total_seconds())
        length = next(
            f"{seconds // size} {name}{'' if seconds // size == 1 else 's'}"
            for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
            if seconds >= 2 * size or size == 1
        )
        where = "ahead of" if self.ahead > timedelta(0) else "behind"
        return f"The clock of {self.machine} is {length} {where} the database's."


def database_time(session: Session, *, now: datetime) -> datetime:
    """What the database's own clock says; SQLite has none but this machine's, which is `now`."""
    if session.get_bind().dialect.name != "postgresql":
        return now
    told: datetime = session.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return told


def note(session: Session, machine: str, *, now: datetime) -> None:
    """Keep how far this machine's clock is from the database's; `now`: what this machine's says."""
    at = database_time(session, now=now)
    values = {"seen_at": at, "ahead_seconds": (now - at).total_seconds()}
    insert_if_missing(session, MachineClock, machine=machine[:200], **values)
    session.execute(sa.update(MachineClock).where(MachineClock.machine == machine[:200]).values(**values))
    session.execute(sa.delete(MachineClock).where(MachineClock.seen_at < at - _FORGOTTEN))


def lately(session: Session, *, now: datetime) -> Sequence[Clock]:
    """The clocks of the machines that worked within the last quarter of an hour, by name."""
    since = database_time(session, now=now) - _LATELY
    rows = session.scalars(
        sa.select(MachineClock).where(MachineClock.seen_at >= since).order_by(MachineClock.machine)
    )
    return [Clock(row.machine, timedelta(seconds=row.ahead_seconds)) for row in rows]
