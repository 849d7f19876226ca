"""Scoring recent comments again, after thresholds, words or the model changed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base, new_id


class RescoreState(StrEnum):
    """How far a job has come."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    """By a person, or since the rules changed and another job began."""


class RescoreJob(Base):
    """One pass over the comments of some days, newest first. It goes on where it stopped."""

    __tablename__ = "rescore_jobs"
    __table_args__ = (
        sa.Index(
            "uq_rescore_jobs_running",
            "state",
            unique=True,
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    state: Mapped[RescoreState]
    since: Mapped[datetime]
    """Comments written from then on are scored again."""
    rules_version: Mapped[int] = mapped_column(sa.ForeignKey("flagging_rules.version"))
    """The rules in force when it was asked for; each batch is judged by those in force then."""
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    total: Mapped[int]
    """Comments to go through, counted at the start."""
    done: Mapped[int] = mapped_column(default=0)
    flagged: Mapped[int] = mapped_column(default=0)
    """New entries in the log."""
    urgent: Mapped[int] = mapped_column(default=0)
    """Threats and safeguarding among what it brought up."""
    skipped: Mapped[int] = mapped_column(default=0)
    """Comments that the classifier failed on: they keep what they had."""
    place_at: Mapped[datetime | None]
    """Time and id of the last comment done."""
    place_id: Mapped[UUID | None]
    attempts: Mapped[int] = mapped_column(default=0)
    """Failures in a row at this place."""
    lease_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
