"""Failures of background work: each kind in full once a minute, since looks are made every second."""

from __future__ import annotations

import threading
import time

import structlog

log = structlog.get_logger(__name__)

QUIET_FOR = 60.0
"""Seconds in which the same failure is only counted."""

_lock = threading.Lock()
_noted: dict[tuple[str, str], tuple[float, int]] = {}


def note(work: str, error: Exception) -> None:
    """Log a failure with its traceback, unless the same was logged just before; then count it."""
    kind = (work, type(error).__name__)
    with _lock:
        since, unsaid = _noted.get(kind, (0.0, 0))
        if since and time.monotonic() - since < QUIET_FOR:
            _noted[kind] = since, unsaid + 1
            return
        _noted[kind] = time.monotonic(), 0
    log.error("work_failed", work=work, error=type(error).__name__, not_logged_before=unsaid, exc_info=error)
