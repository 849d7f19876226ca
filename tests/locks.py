"""Looking at who waits for whom in PostgreSQL."""

from __future__ import annotations

import time

import sqlalchemy as sa
from sqlalchemy.orm import Session


def until_somebody_waits(session: Session) -> None:
    """Come back once a transaction waits for what another one holds."""
    until = time.monotonic() + 60
    while not session.scalar(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
        assert time.monotonic() < until, "nobody waits"
        time.sleep(0.02)
