"""What binds whoever posts: terms of use, training, and the policy's yearly review (P6, P7, P32)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from school.db import Base, new_id


class TermsVersion(Base):
    """One version of the terms of use; the highest number is in force. None is ever changed."""

    __tablename__ = "terms_versions"
    __table_args__ = (sa.UniqueConstraint("number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[int]
    text: Mapped[str]
    what_changed: Mapped[str]
    published_at: Mapped[datetime]
    published_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    """None: at set-up."""


class TermsAcceptance(Base):
    """One person's word to keep one version of the terms (P7)."""

    __tablename__ = "terms_acceptances"
    __table_args__ = (sa.UniqueConstraint("person_id", "terms_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    terms_id: Mapped[UUID] = mapped_column(sa.ForeignKey("terms_versions.id"))
    accepted_at: Mapped[datetime]


class TrainingRecord(Base):
    """One person's training in the platforms and the school's rules (P6)."""

    __tablename__ = "training_records"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"), index=True)
    held_on: Mapped[date]
    valid_until: Mapped[date]
    """The last day on which it counts."""
    about: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    """None: at set-up."""


class TrainingRefresh(Base):
    """After an incident everybody is trained again: what was recorded before counts no more (P6)."""

    __tablename__ = "training_refreshes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    called_at: Mapped[datetime]
    called_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    reason: Mapped[str]


class PolicyReview(Base):
    """A review of the school's social media policy, and when the next one is due (P32)."""

    __tablename__ = "policy_reviews"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    reviewed_on: Mapped[date]
    next_on: Mapped[date]
    note: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))


class Reminder(Base):
    """A reminder that went out, so that none goes out twice."""

    __tablename__ = "reminders"
    __table_args__ = (sa.UniqueConstraint("person_id", "kind", "due_on", "days_before"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    kind: Mapped[str] = mapped_column(sa.String(40))
    due_on: Mapped[date]
    days_before: Mapped[int]
    queued_at: Mapped[datetime]
