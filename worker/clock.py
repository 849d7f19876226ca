"""The time by which work is claimed and leases end: the database's, so that all machines agree on it.

On PostgreSQL alone; SQLite has no clock but this machine's. Between two looks at it the steady clock goes
on from there, so that nobody who sets this machine's clock changes what is due.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from school import clocks, db

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""The one that goes on while the machine sleeps, where there is one."""


@dataclass(frozen=True, slots=True)
class _Look:
    at: datetime
    steady: float


_looks: list[_Look] = []


def now() -> datetime:
    """The present moment, aware, by the database's clock as it was last seen."""
    # Taken once: another thread may look at the clock between the two uses.
    look = next(iter(_looks), None)
    if look is None:
        return db.now()
    return look.at + timedelta(seconds=time.clock_gettime(_STEADY) - look.steady)


def set_by(session: Session) -> None:
    """Look at the database's clock, where it has one of its own."""
    if session.get_bind().dialect.name != "postgresql":
        return
    before = time.clock_gettime(_STEADY)
    told = clocks.database_time(session, now=db.now())
    _looks[:] = [_Look(told, (before + time.clock_gettime(_STEADY)) / 2)]
