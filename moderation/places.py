"""Where the next page of a list begins, as its address says it: written here, and read as from anybody."""

from __future__ import annotations

import base64
import json
import math
from datetime import UTC, datetime
from uuid import UUID

from school.errors import BadInput


def place(*values: object) -> str:
    """These values, for an address. Read them with `Place`, in the same order."""
    body = json.dumps([one.isoformat() if isinstance(one, datetime) else one for one in values], default=str)
    return base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")


class Place:
    """What an address says. Whatever it is not raises BadInput, however odd it is."""

    def __init__(self, said: str, *, length: int) -> None:
        try:
            held = json.loads(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)))
        except (ValueError, RecursionError):
            raise _refusal() from None
        if not isinstance(held, list) or len(held) != length:
            raise _refusal()
        self._held = held

    def yes(self, at: int) -> bool:
        """Whether true stands at this place."""
        return bool(self._held[at])

    def number(self, at: int) -> float:
        """A finite number."""
        value = self._held[at]
        # A whole number may be larger than any float.
        if not isinstance(value, int | float) or abs(value) > 1e15 or math.isnan(value):
            raise _refusal()
        return float(value)

    def moment(self, at: int) -> datetime:
        """An aware time, in UTC."""
        try:
            found = datetime.fromisoformat(self._held[at])
            if found.tzinfo is not None:
                return found.astimezone(UTC)
        except (ValueError, TypeError, OverflowError):
            pass
        raise _refusal()

    def identifier(self, at: int) -> UUID:
        """An id."""
        try:
            return UUID(self._held[at])
        except (ValueError, TypeError, AttributeError):
            raise _refusal() from None


def _refusal() -> BadInput:
    return BadInput("This page's address is incomplete: start from the first page.", field="after")
