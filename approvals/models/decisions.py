"""Submissions, the links that ask for a decision, and the decisions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from school.db import Base, new_id
from school.models import Person


class DecisionKind(StrEnum):
    """What an approver can decide."""

    APPROVE = "approve"
    CHANGES = "changes"
    REJECT = "reject"

    @property
    def in_words(self) -> str:
        return {"approve": "approved it", "changes": "asked for changes", "reject": "rejected it"}[self.value]


class Submission(Base):
    """One time that a revision was handed in for approval, and what the product found in it."""

    __tablename__ = "submissions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    draft_id: Mapped[UUID] = mapped_column(sa.ForeignKey("drafts.id"), index=True)
    revision_id: Mapped[UUID] = mapped_column(sa.ForeignKey("draft_revisions.id"))
    submitted_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    submitted_at: Mapped[datetime]
    findings: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    ended_at: Mapped[datetime | None]
    """Set when it was decided, withdrawn, edited or its time passed."""
    end_reason: Mapped[str | None]
    """A sentence for whoever opens an old link."""
    reminded_at: Mapped[datetime | None]
    """When those who were asked were asked once more."""
    widened_at: Mapped[datetime | None]
    """When everybody else who may decide was asked, since its time came near."""


class ApprovalRequest(Base):
    """A link for one approver and one revision. Only the hash of its token is here."""

    __tablename__ = "approval_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    submission_id: Mapped[UUID] = mapped_column(sa.ForeignKey("submissions.id"), index=True)
    draft_id: Mapped[UUID] = mapped_column(sa.ForeignKey("drafts.id"), index=True)
    revision_id: Mapped[UUID] = mapped_column(sa.ForeignKey("draft_revisions.id"))
    revision_hash: Mapped[str] = mapped_column(sa.String(64))
    approver_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    mail_due_at: Mapped[datetime | None] = mapped_column(index=True)
    """When its mail is to be written, with others for the same person; None: it was."""
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str | None]
    wrong_pins: Mapped[int] = mapped_column(default=0)
    """Wrong PINs typed on this link; after some it ends."""

    approver: Mapped[Person] = relationship(lazy="joined")


class ApprovalDecision(Base):
    """One decision: of exactly this revision, by this approver, at this time, for these accounts."""

    __tablename__ = "approval_decisions"
    __table_args__ = (sa.UniqueConstraint("submission_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    submission_id: Mapped[UUID] = mapped_column(sa.ForeignKey("submissions.id"))
    draft_id: Mapped[UUID] = mapped_column(sa.ForeignKey("drafts.id"), index=True)
    revision_id: Mapped[UUID] = mapped_column(sa.ForeignKey("draft_revisions.id"))
    revision_hash: Mapped[str] = mapped_column(sa.String(64))
    kind: Mapped[DecisionKind]
    reason: Mapped[str]
    approver_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
    decided_at: Mapped[datetime]
    how: Mapped[str] = mapped_column(sa.String(20))
    """"pin" or "sign-in"."""
    account_ids: Mapped[list[str]]
    voided_at: Mapped[datetime | None]
    """An edit or a withdrawal ended an approval."""
    void_reason: Mapped[str | None]

    approver: Mapped[Person] = relationship(lazy="joined")
