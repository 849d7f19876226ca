"""What one poll is to do, what it found, and what its parts share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from connectors.base import Connector, Platform
from connectors.errors import ConnectorError, RateLimited
from moderation import ingest
from moderation.pacing import PollPace
from moderation.poll_lease import Clock, Lease

MENTIONS = ""
"""The stream of what mentions the account, which connectors call None."""


@dataclass(frozen=True, slots=True)
class StreamPlace:
    """Where one stream's reading stands."""

    since: str | None = None
    cursor: str | None = None
    began_at: datetime | None = None
    seen_to: datetime | None = None


@dataclass(slots=True)
class PollPlan:
    """An account that this worker alone may poll now, with all that the poll needs to know."""

    account_id: UUID
    platform: Platform
    platform_id: str
    pace: PollPace
    began_at: datetime
    lease_until: datetime
    streams: dict[str, StreamPlace]
    posts: dict[str, datetime]
    """The watched posts' ids, newest first, and when each was written."""
    posts_due: bool
    posts_listed_due: bool
    posts_read_at: datetime | None
    rescan_due: bool
    old_due: bool
    followers_due: bool
    followers_count_due: bool
    followers_known: bool


@dataclass(slots=True)
class PollReport:
    """What a poll brought. `complete`: everything written before `began_at` has been read."""

    account_id: UUID
    began_at: datetime
    posts: int = 0
    new: int = 0
    edited: int = 0
    gone: int = 0
    followers: int = 0
    complete: bool = True
    more: bool = False
    """There was more than one poll takes: the next one goes on at once."""
    problems: list[str] = field(default_factory=list)
    away: bool = False
    """The platform could not be used: it is asked again later and later."""
    retry_after: float | None = None
    limited: RateLimited | None = None
    out_of_credit: bool = False
    credentials_dead: str | None = None


@dataclass(slots=True)
class Round:
    """One poll under way: what its parts share."""

    plan: PollPlan
    connector: Connector
    lease: Lease
    clock: Clock
    report: PollReport
    first_kept: Callable[[], object] | None = None
    """Told once, when something new is kept: the classifier needn't wait for the rest."""

    def keeping(self) -> AbstractContextManager[Session]:
        """A transaction in which the account is still this worker's."""
        return self.lease.keeping()

    def count(self, stored: ingest.Stored) -> None:
        """Add what a page brought to the report; the page is committed."""
        if self.first_kept is not None and (stored.new or stored.edited):
            tell, self.first_kept = self.first_kept, None
            tell()
        self.report.new += stored.new
        self.report.edited += stored.edited

    def problem(self, stream: str, error: ConnectorError, *, keep_place: bool = False) -> None:
        """A stream could not be read: say so in the report and, for as long as it lasts, in the database."""
        self.report.complete = False
        self.report.problems.append(error.detail)
        self.remark(stream, error, keep_place=keep_place)

    def remark(self, stream: str, error: ConnectorError, *, keep_place: bool = False) -> None:
        """Keep why a stream can't be read, without calling the poll incomplete."""
        with self.keeping() as session:
            ingest.note_problem(
                session,
                self.plan.account_id,
                stream,
                error.detail,
                keep_place=keep_place,
                now=self.clock(),
            )
