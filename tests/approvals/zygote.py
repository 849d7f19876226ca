"""A process that has everything loaded and makes workers of itself: each can be killed for good.

Started by `tests.approvals.test_killed_publishers`. Reads one JSON line for each worker wanted, and
writes its process id, then how it ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any
from uuid import UUID

from approvals import publishing
from approvals.steps import DurableSteps
from connectors import transport
from connectors.base import STEP_POSTING
from school.settings import settings
from worker import endpoints, rounds

UPLOADS = ("x-media-", "facebook-photo-", "instagram-container")


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def doomed(moment: str) -> None:
    """Have this process killed at a moment that can't be hit from outside."""
    put, read = DurableSteps.put, transport.Transport.body_of
    sending = False

    def putting(self: DurableSteps, key: str, value: str) -> None:
        nonlocal sending
        marks = key == STEP_POSTING and bool(value)
        if moment == "before the mark" and marks:
            kill()
        put(self, key, value)
        sending = marks
        if moment == "before the request" and marks:
            kill()
        if moment == "after an upload" and key.startswith(UPLOADS):
            kill()

    def reading(session: transport.Transport, response: Any) -> bytes:
        if moment == "before the answer" and sending:
            # The platform has taken the post, and its answer is on the way.
            kill()
        return read(session, response)

    DurableSteps.put = putting  # type: ignore[method-assign]
    transport.Transport.body_of = reading  # type: ignore[method-assign]
    if moment == "after the answer":
        publishing.record = lambda *_arguments, **_more: kill()  # type: ignore[assignment]


def work(wanted: dict[str, Any]) -> None:
    os.environ.update(wanted["environment"])
    settings.cache_clear()
    endpoints.practice_at(endpoints.PracticeUrls(wanted["x_url"], wanted["graph_url"]))
    doomed(wanted["moment"])
    rounds.publish(UUID(wanted["publication"]))


# What is read of this process by lines must not be mixed with what its workers tell.
answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        work(json.loads(line))
        os._exit(0)
    print(child, file=answers, flush=True)
    _pid, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), file=answers, flush=True)
