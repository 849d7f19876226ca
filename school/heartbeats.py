"""Signs of life: each kind of background work leaves one every few seconds."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school.models.heartbeats import Heartbeat

EXPECTED = ("scheduler", "publish", "actions", "poll", "mail", "classify")
"""What must be alive for the product to do all of its work; `classifier` follows once its model is loaded."""
STALE_AFTER = timedelta(seconds=60)


def beat(session: Session, name: str, *, detail: str = "", now: datetime) -> None:
    """Note that this kind of work is alive."""
    values = {"at": now, "detail": detail}
    changed = session.execute(
        sa.update(Heartbeat).where(Heartbeat.name == name).values(**values).returning(Heartbeat.name)
    ).first()
    if changed is None:
        session.add(Heartbeat(name=name, **values))


def latest(session: Session) -> dict[str, Heartbeat]:
    """The last sign of life of each kind of work that ever gave one."""
    return {row.name: row for row in session.scalars(sa.select(Heartbeat).order_by(Heartbeat.name))}
