"""The SLT log (P17): evidence that is never changed, and a chain of everything that followed."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from moderation.classifier.flags import LOCATES_PUPIL
from school.db import Base, new_id


class LogOrigin(StrEnum):
    """How an entry came into the log."""

    FLAGGED = "flagged"
    MANUAL = "manual"


class CaseState(StrEnum):
    """Whether somebody still has to decide."""

    OPEN = "open"
    DECIDED = "decided"


class EventKind(StrEnum):
    """What can happen to an entry."""

    RECORDED = "recorded"
    HIDDEN_AT_ONCE = "hidden_at_once"
    DECIDED = "decided"
    NOTE = "note"
    REFERRED = "referred"
    REOPENED = "reopened"
    EDITED = "edited"
    """The author changed the text; the event holds the new one."""
    GONE = "gone"
    """The platform no longer has the comment."""
    SCORED_AGAIN = "scored_again"
    """Newer rules or a newer model find more in it than before."""
    ACT = "act"
    """What became of an act on the platform."""
    ISSUED = "issued"
    """A file about it was made: an evidence pack or a letter; the event holds its hash."""
    ERASED = "erased"
    """Its content was erased (P34). The event vouches for what is left of the entry's earlier events."""


class ReferTo(StrEnum):
    """To whom a person refers an entry."""

    DSL = "dsl"
    CHAIR = "chair"
    POLICE = "police"


class LogEntry(Base):
    """The evidence as first seen. Triggers in the database refuse to change or delete it."""

    __tablename__ = "log_entries"
    __table_args__ = (
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("comment_id"),
        sa.Index(None, "recorded_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[int]
    """What people call the entry: by chance, so that a gap tells nothing (P3). Early ones are 1, 2, 3 …"""
    origin: Mapped[LogOrigin]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    """None: the product itself."""
    comment_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("comments.id"))
    comment_version: Mapped[int | None]
    comment_platform_id: Mapped[str] = mapped_column(sa.String(200))
    account_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    platform: Mapped[str] = mapped_column(sa.String(40))
    """A platform of the product, or whatever a manual entry names."""
    author_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("authors.id"))
    author_platform_id: Mapped[str] = mapped_column(sa.String(200))
    author_handle: Mapped[str]
    author_name: Mapped[str]
    author_url: Mapped[str]
    text: Mapped[str]
    url: Mapped[str]
    attachment_urls: Mapped[list[str]]
    post_platform_id: Mapped[str] = mapped_column(sa.String(200))
    post_text: Mapped[str]
    posted_at: Mapped[datetime | None]
    model_name: Mapped[str] = mapped_column(sa.String(200))
    rules_version: Mapped[int | None]
    scores: Mapped[dict[str, Any]]
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    """Each as a dict of `classifier.flags.Reason`."""
    severity: Mapped[float]
    picture: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True)
    """Of a manual entry: a screenshot."""
    picture_type: Mapped[str] = mapped_column(sa.String(40))
    picture_sha256: Mapped[str] = mapped_column(sa.String(64))
    erased_at: Mapped[datetime | None]
    """When its content was erased: the one change that the triggers let through."""

    @property
    def nobody(self) -> str:
        """What stands in place of an author's name that isn't known."""
        if self.origin is LogOrigin.MANUAL:
            return "author not given"
        return "somebody whom the platform does not name"

    @property
    def worrying(self) -> bool:
        """Whether the safeguarding lead should know of it first: a worry, or where a pupil is found."""
        return any(
            reason.get("kind") == "safeguarding" or reason.get("label") == LOCATES_PUPIL
            for reason in self.reasons
        )

    @property
    def marked_urgent(self) -> bool:
        """Whether a person alone calls it urgent: a threat or a worry, nobody was asked which."""
        urgent = [one for one in self.reasons if one.get("kind") in {"safeguarding", "threat"}]
        return bool(urgent) and all(one.get("label") == "manual" for one in urgent)

    @property
    def threatening(self) -> bool:
        """Whether it reads as a threat."""
        return any(reason.get("kind") == "threat" for reason in self.reasons)


class LogCase(Base):
    """Where an entry stands now: what the queue and the log are searched by. Rebuildable from the events."""

    __tablename__ = "log_cases"
    __table_args__ = (
        sa.Index(
            "ix_log_cases_urgent",
            "state",
            "recorded_at",
            sqlite_where=sa.text("urgent IS 1"),
            postgresql_where=sa.text("urgent IS true"),
        ),
        # As the log is sorted; holds all that the figures above the queue are counted from.
        sa.Index(
            "ix_log_cases_newest_first", "state", "recorded_at", "entry_id", "version", "about_headteacher"
        ),
        # The latest decisions, with all that the figures above the queue tell of each.
        sa.Index(
            "ix_log_cases_latest_decided", "decided_at", "state", "about_headteacher", "urgent", "recorded_at"
        ),
        sa.Index(
            "ix_log_cases_language_alone",
            "state",
            "about_headteacher",
            sqlite_where=sa.text("kinds = ',language,'"),
            postgresql_where=sa.text("kinds = ',language,'"),
        ),
        sa.Index(None, "platform"),
        sa.Index(None, "author_id", "state"),
        sa.Index(None, "account_id", "post_platform_id"),
        sa.Index(None, "recorded_at", "entry_id"),
    )

    entry_id: Mapped[UUID] = mapped_column(sa.ForeignKey("log_entries.id"), primary_key=True)
    state: Mapped[CaseState] = mapped_column(default=CaseState.OPEN)
    version: Mapped[int] = mapped_column(default=1)
    """One more at every move: a page that shows an older one may not decide."""
    urgent: Mapped[bool]
    """Threats and safeguarding: on top of everything (P23)."""
    severity: Mapped[float]
    recorded_at: Mapped[datetime]
    platform: Mapped[str] = mapped_column(sa.String(40))
    account_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    author_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("authors.id"))
    post_platform_id: Mapped[str] = mapped_column(sa.String(200))
    kinds: Mapped[str] = mapped_column(sa.String(200))
    """Kinds of reasons, worst first, between commas: ",threat,toxicity,"."""
    claimed_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    claimed_until: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    outcomes: Mapped[str] = mapped_column(sa.String(200), default="")
    """Outcomes of the decision in force, between commas."""
    about_headteacher: Mapped[bool] = mapped_column(default=False)
    """The headteacher may not see it (P3)."""
    referred_to_chair: Mapped[bool] = mapped_column(default=False)
    referred: Mapped[bool] = mapped_column(default=False)


# As the queue is sorted: many entries weigh the same.
sa.Index(
    "ix_log_cases_worst_first",
    LogCase.state,
    LogCase.urgent.desc(),
    LogCase.severity.desc(),
    LogCase.recorded_at,
    LogCase.entry_id,
)


class LogEvent(Base):
    """One thing that happened to an entry. Append-only, each chained to the one before by its hash."""

    __tablename__ = "log_events"
    __table_args__ = (
        sa.Index(None, "entry_id", "seq"),
        # Without the product's own: they are most, and would make it look as if everybody had done a lot.
        sa.Index(
            "ix_log_events_by_people",
            "by_id",
            "entry_id",
            sqlite_where=sa.text("by_id IS NOT NULL"),
            postgresql_where=sa.text("by_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_log_events_at_by_people",
            "at",
            sqlite_where=sa.text("by_id IS NOT NULL"),
            postgresql_where=sa.text("by_id IS NOT NULL"),
        ),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[UUID] = mapped_column(sa.ForeignKey("log_entries.id"))
    kind: Mapped[EventKind]
    at: Mapped[datetime]
    by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("people.id"))
    detail: Mapped[dict[str, Any]]
    previous_hash: Mapped[str] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    erased_at: Mapped[datetime | None]
    """When `detail` was erased: the hash is of what it was."""


class Referral(Base):
    """An entry passed on to the DSL, the chair of governors or the police (P3, P22)."""

    __tablename__ = "referrals"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    entry_id: Mapped[UUID] = mapped_column(sa.ForeignKey("log_entries.id"), index=True)
    to: Mapped[ReferTo]
    reference: Mapped[str]
    """The police's crime or incident number, say; may be empty."""
    about_headteacher: Mapped[bool]
    author_is_pupil: Mapped[bool | None]
    """Of one to the police: whether the author may be a pupil; None where nobody was asked (P22)."""
    reason: Mapped[str]
    referred_at: Mapped[datetime]
    referred_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))


class Meeting(Base):
    """A parent in breach is asked to a meeting (P20)."""

    __tablename__ = "meetings"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    entry_id: Mapped[UUID] = mapped_column(sa.ForeignKey("log_entries.id"), index=True)
    on: Mapped[date]
    reason: Mapped[str]
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[UUID] = mapped_column(sa.ForeignKey("people.id"))
