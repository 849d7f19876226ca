"""Looking at pictures in a process of its own, which gives its memory back when it ends."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable

import structlog

from approvals import late_names, looks
from approvals.models import PictureLook, PictureWords
from school.db import transaction
from school.errors import SchoolgateError
from school.settings import settings
from worker.clock import now

log = structlog.get_logger(__name__)

SECONDS_MOST = 240.0
"""For one picture; it takes a few seconds where nothing else wants the processor."""
GLANCE = 0.5
"""Seconds between two questions whether this worker is to stop."""

WHAT = {PictureLook: "faces", PictureWords: "words"}


class NotSeen(SchoolgateError):
    """The process that looks at a picture did not say what it saw."""


class Stopped(SchoolgateError):
    """This worker was told to stop before the process had looked."""


def look_at_one(stopping: Callable[[], bool] = lambda: False) -> bool:
    """Look at the picture that waits longest; whether there was one. The error of a failed one passes.

    Told to stop, it lets go of the picture, as if it had never taken it.
    """
    with transaction() as session:
        look = looks.take(session, lease=settings().lease, now=now())
    if look is None:
        return False
    what, began = WHAT[look.kind], time.monotonic()
    try:
        seen = see(look.data, what, stopping)
    except Stopped:
        with transaction() as session:
            looks.give_back(session, look)
        return False
    except Exception:
        with transaction() as session:
            looks.fail(session, look, now=now())
        raise
    with transaction() as session:
        if looks.record(session, look, seen, now=now()) and isinstance(seen, looks.Words) and seen.lines:
            # In the same transaction: a name that is known is never one that nobody was told of.
            session.flush()
            late_names.tell(session, look.media_id, now=now())
    log.info(
        "picture_looked_at",
        media_id=str(look.media_id),
        what=what,
        found=len(seen.faces) if isinstance(seen, looks.Faces) else len(seen.lines),
        seconds=round(time.monotonic() - began, 1),
    )
    return True


def see(data: bytes, what: str, stopping: Callable[[], bool]) -> looks.Faces | looks.Words:
    """The faces or the words in a clean copy.

    Raises NotSeen with the last thing that the process said, Stopped where this worker is to stop.
    """
    command = [sys.executable, "-m", "approvals.seeing", what, str(settings().classifier_threads)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as child:  # noqa: S603 - our own  # nosec B603
        try:
            said, complaint = _answer(child, data, stopping)
        finally:
            # Nothing once it has ended.
            child.kill()
    if child.returncode != 0:
        lines = complaint.decode(errors="replace").strip().splitlines()
        raise NotSeen(
            f"looking at a picture ended with {child.returncode}: {lines[-1] if lines else 'nothing said'}"
        )
    found = json.loads(said)
    if what == "words":
        return looks.Words(lines=tuple(found["lines"]))
    width, height = found["size"]
    return looks.Faces(width, height, faces=tuple((*map(int, face[:4]),) for face in found["faces"]))


def _answer(child: subprocess.Popen[bytes], data: bytes, stopping: Callable[[], bool]) -> tuple[bytes, bytes]:
    until = time.monotonic() + SECONDS_MOST
    given: bytes | None = data
    while True:
        try:
            return child.communicate(given, timeout=GLANCE)
        except subprocess.TimeoutExpired:
            # What is left of it goes on being sent.
            given = None
            if stopping():
                raise Stopped("this worker is to stop") from None
            if time.monotonic() > until:
                raise NotSeen(f"looking at a picture took longer than {SECONDS_MOST:.0f} seconds") from None
