"""Counts requests the way the platforms do, so that their rate headers tell the truth."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one limit stands after a request."""

    limit: int
    remaining: int
    reset: int
    """Unix seconds at which the window ends."""
    exceeded: bool


class RateWindows:
    """Fixed windows of 15 minutes per name, as X counts them."""

    def __init__(self, seconds: int = 900) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[int, int]] = {}

    def count(self, name: str, limit: int) -> Standing:
        """Counts one request against this limit."""
        now = int(time.time())
        with self._lock:
            end, used = self._windows.get(name, (0, 0))
            if now >= end:
                end, used = now + self._seconds, 0
            exceeded = used >= limit
            used += not exceeded
            self._windows[name] = (end, used)
        return Standing(limit, max(limit - used, 0), end, exceeded)


class CallMeter:
    """How much of the day's calls an account has used, in percent, as Graph's usage header tells."""

    def __init__(self, per_day: int = 240_000) -> None:
        self._per_day = per_day
        self._lock = threading.Lock()
        self._calls: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=per_day))

    def count(self, name: str) -> int:
        """Counts one call; the percentage used of the last hour's share."""
        now = time.monotonic()
        with self._lock:
            calls = self._calls[name]
            calls.append(now)
            while calls and calls[0] < now - 3600:
                calls.popleft()
            return min(100 * len(calls) * 24 // self._per_day, 100)
