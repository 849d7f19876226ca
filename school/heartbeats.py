"""Signs of life: each kind of background work leaves one every few seconds."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school.db import insert_if_missing
from school.models.heartbeats import Heartbeat

EXPECTED = ("scheduler", "publish", "actions", "poll", "mail", "classify")
"""What must be alive for the product to do all of its work; `classifier` follows once its model is loaded."""
_BATCH = "classifier-batch"
STALE_AFTER = timedelta(seconds=60)


def beat(session: Session, name: str, *, detail: str = "", now: datetime) -> None:
    """Note that this kind of work is alive."""
    values = {"at": now, "detail": detail}
    again = sa.update(Heartbeat).where(Heartbeat.name == name).values(**values).returning(Heartbeat.name)
    if session.execute(again).first() is None:
        insert_if_missing(session, Heartbeat, name=name, **values)


def latest(session: Session) -> dict[str, Heartbeat]:
    """The last sign of life of each kind of work that ever gave one."""
    return {row.name: row for row in session.scalars(sa.select(Heartbeat).order_by(Heartbeat.name))}


def missing(session: Session, *, now: datetime) -> list[str]:
    """The kinds of work that should be alive and gave no sign lately."""
    seen = latest(session)
    return [name for name in EXPECTED if name not in seen or now - seen[name].at > STALE_AFTER]


def note_batch(session: Session, *, seconds: float, comments: int, now: datetime) -> None:
    """Keep how long the classifier took for its last batch: other processes show it."""
    beat(session, _BATCH, detail=f"{seconds:.3f} {comments}", now=now)


def last_batch(session: Session) -> tuple[float, int] | None:
    """Seconds and number of comments of the classifier's last batch; None before the first."""
    row = session.get(Heartbeat, _BATCH)
    if row is None:
        return None
    seconds, _, comments = row.detail.partition(" ")
    return float(seconds), int(comments)
