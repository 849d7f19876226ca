"""What a request may do to the world decides what a missing answer means; and the ledger of requests."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto

from connectors.base import CallRecord
from connectors.errors import ConnectorError, ConnectorRefused, ConnectorUnavailable, OutcomeUnknown

LONGEST_WAIT = 7 * 24 * 3600.0

_ID = re.compile(r"[0-9A-Za-z_:.\-]{1,128}")
_CODE = re.compile(r"[^0-9A-Za-z_./-]")


class Effect(Enum):
    """What happens if a request is made twice."""

    READ = auto()
    REPEATABLE = auto()
    """A write that does no harm when it is repeated: hide, delete, block, upload."""
    ONCE = auto()
    """A write that would show twice: publish, reply."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request as the connector means it."""

    operation: str
    effect: Effect = Effect.READ
    names_object: bool = False
    """Whether "not found" is about the object asked for, rather than a wrong address."""
    may_be_partial: bool = False
    """Whether the things asked for that X can't show may be left out without an error."""
    patience: float = 1.0
    """How many of the usual time limits it may take (uploads)."""


class Ledger:
    """The requests made, in order, for the account's book of calls, items and cost."""

    def __init__(self) -> None:
        self._records: list[CallRecord] = []

    def add(self, record: CallRecord) -> None:
        self._records.append(record)

    def count_items(self, items: int) -> None:
        """Say how many items the last answer held."""
        if self._records:
            self._records[-1] = replace(self._records[-1], items=items)

    def take(self) -> list[CallRecord]:
        """All records so far, oldest first; the ledger is empty afterwards."""
        taken, self._records = self._records, []
        return taken


def unanswered(
    call: Call,
    platform: str,
    reason: str,
    *,
    sent: bool = True,
    code: str = "",
    retry_after: float | None = None,
) -> ConnectorError:
    """The error for an answer that never came or says nothing: PLATFORMS.md section 5."""
    if call.effect is Effect.ONCE and sent:
        return OutcomeUnknown(
            f"{platform} gave no clear answer ({reason}); it may have been posted.", code=code
        )
    return ConnectorUnavailable(
        f"{platform} could not be used just now ({reason}).", code=code, retry_after=retry_after
    )


def json_of(body: bytes) -> object:
    """A JSON body's value. Raises ValueError if it is not JSON, whatever is wrong with it."""
    try:
        return json.loads(body.decode("utf-8-sig", "replace"))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def required_id(value: str, what: str) -> str:
    """An id that may stand in an address. Raises ConnectorRefused for anything else, without a request."""
    if not _ID.fullmatch(value) or value in {".", ".."}:
        raise ConnectorRefused(f"This {what} has no id that the platform would know.", code="id")
    return value


def sendable(text: str) -> str:
    """Text that can be sent as it is. Raises ConnectorRefused for half characters, without a request."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ConnectorRefused(
            "The text holds a broken character that no platform takes; write it again.", code="text"
        ) from None
    return text


def shown_code(*parts: object) -> str:
    """A platform's own code, safe to show and to log: "190/463". Empty parts are left out."""
    return "/".join(_CODE.sub("", str(part))[:60] for part in parts if part not in (None, ""))


def number(value: object) -> float | None:
    """A header's or field's finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def moment(seconds: float | None) -> datetime | None:
    """Unix seconds as aware UTC, or None if there is no such time."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def server_time(headers: Mapping[str, str]) -> datetime:
    """The platform's clock, from its Date header, or ours: limits are told in the platform's time."""
    try:
        said = parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError, OverflowError):
        return datetime.now(UTC)
    return said if said.tzinfo else said.replace(tzinfo=UTC)


def retry_after_header(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header, given as a number or a date."""
    value = headers.get("retry-after", "")
    seconds = number(value)
    if seconds is None and value:
        try:
            until = parsedate_to_datetime(value)
        except (ValueError, TypeError, OverflowError):
            return None
        seconds = (until - server_time(headers)).total_seconds() if until.tzinfo else None
    return sensible_wait(seconds) if seconds is not None and seconds >= 0 else None


def sensible_wait(seconds: float) -> float:
    """Seconds between one and a week, whatever a header asks for."""
    return min(max(seconds, 1.0), LONGEST_WAIT)
