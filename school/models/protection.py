"""Data protection (P34): how long what is kept, what is held back from erasure, what was asked for."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import SEALED, Base, new_id


class RetentionPeriod(Base):
    """How long the school keeps one kind of record, where it chose otherwise than the default."""

    __tablename__ = "retention_periods"

    key: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    """Of a `school.retention.Rule`."""
    days: Mapped[int]
    reason: Mapped[str]
    set_at: Mapped[datetime]
    set_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))


class RetentionRound(Base):
    """When the records of one kind are next gone through; while one process does, no other begins."""

    __tablename__ = "retention_rounds"

    key: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    next_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """When the last round found nothing more to erase."""


class HoldOn(StrEnum):
    """What can be held back from erasure. Whatever belongs to it is held back with it."""

    PERSON = "person"
    """Somebody of the school."""
    AUTHOR = "author"
    """Somebody on a platform."""
    PUPIL = "pupil"
    DRAFT = "draft"
    """A post of the school, published or not."""
    THREAD = "thread"
    """Everything written under one post on a platform."""
    ENTRY = "entry"
    """An entry of the SLT log."""
    FORM = "form"


class LegalHold(Base):
    """A record that must not be erased, by whom and why, until somebody lifts the hold."""

    __tablename__ = "legal_holds"
    __table_args__ = (
        sa.Index(
            "uq_legal_holds_in_force",
            "on",
            "object_id",
            unique=True,
            sqlite_where=sa.text("lifted_at IS NULL"),
            postgresql_where=sa.text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    on: Mapped[HoldOn]
    object_id: Mapped[UUID]
    reason: Mapped[str]
    placed_at: Mapped[datetime]
    placed_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    lifted_at: Mapped[datetime | None]
    lifted_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    lifted_reason: Mapped[str | None]


class ExportState(StrEnum):
    """How far a file that was asked for has come."""

    WAITING = "waiting"
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"


class ExportOf(StrEnum):
    """What a file holds."""

    SUBJECT = "subject"
    """All that is held on one person (UK GDPR, article 15)."""
    FOI = "foi"
    """Posts, approvals and decisions found by words and dates (Freedom of Information Act 2000)."""


class DataExport(Base):
    """A file that was asked for: made by a worker, encrypted, fetched by whoever asked, then forgotten."""

    __tablename__ = "data_exports"
    __table_args__ = (sa.Index(None, "state", "lease_until"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    of: Mapped[ExportOf]
    subject_kind: Mapped[str] = mapped_column(sa.String(20))
    """A HoldOn of a person; empty for FOI."""
    subject_id: Mapped[UUID | None]
    search: Mapped[dict[str, Any]]
    """Of FOI: words and days; of one person: what was decided about names and what is held back."""
    state: Mapped[ExportState] = mapped_column(default=ExportState.WAITING)
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    lease_id: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime | None]
    fetched_at: Mapped[datetime | None]
    records: Mapped[int] = mapped_column(default=0)
    content: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True, info=SEALED)
    """The ZIP file, encrypted."""


class ErasureDecision(Base):
    """What was decided of one person's request to be erased, for one kind of record (article 17)."""

    __tablename__ = "erasure_decisions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject_kind: Mapped[str] = mapped_column(sa.String(20))
    subject_id: Mapped[UUID] = mapped_column(index=True)
    key: Mapped[str] = mapped_column(sa.String(40))
    """Kind of record: of a `school.retention.Rule`."""
    granted: Mapped[bool]
    reason: Mapped[str]
    erased: Mapped[int]
    held_back: Mapped[int]
    """By a hold in force."""
    decided_at: Mapped[datetime]
    decided_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
