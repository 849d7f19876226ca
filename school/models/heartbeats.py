"""Signs of life of the processes, so that the health pages can say which one is missing."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base


class Heartbeat(Base):
    """When a kind of work was last seen alive."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    """A queue ("publish", "poll" …), "scheduler", or "classifier"."""
    at: Mapped[datetime]
    detail: Mapped[str]
    """Of the classifier: the model's name. Never personal data."""


class MachineClock(Base):
    """How far the clock of a machine that works for the product was from the database's, when last seen."""

    __tablename__ = "machine_clocks"

    machine: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    """Its name on the network."""
    seen_at: Mapped[datetime]
    """By the database's clock."""
    ahead_seconds: Mapped[float]
    """Negative: behind."""
