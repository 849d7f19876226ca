"""One notice on its way to a browser, and how an attempt to send it ended. No tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Outcome(StrEnum):
    """What the push service said."""

    SENT = "sent"
    GONE = "gone"
    """There is no such browser any more."""
    LATER = "later"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Sending:
    """How one attempt ended."""

    outcome: Outcome
    problem: str = ""
    retry_after: float | None = None
    """Seconds that the push service asked to wait."""


@dataclass(frozen=True, slots=True)
class ClaimedPush:
    """The notices for one browser that this worker alone may send now, as one."""

    subscription_id: UUID
    ids: tuple[UUID, ...]
    lease_until: datetime
    text: str
    topic: str
    """Its most urgent kind."""
    urgent: bool
    endpoint: str = field(repr=False)
    p256dh: bytes = field(repr=False)
    auth: bytes = field(repr=False)
    private_key: bytes = field(repr=False)
