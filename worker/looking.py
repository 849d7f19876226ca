"""Looking at pictures in a process of its own, which gives its memory back when it ends."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import structlog

from approvals import looks
from approvals.models import PictureLook, PictureWords
from school.db import now, transaction
from school.errors import SchoolgateError
from school.settings import settings

log = structlog.get_logger(__name__)

SECONDS_MOST = 120.0
"""For one picture; it takes a few seconds."""


WHAT = {PictureLook: "faces", PictureWords: "words"}


class NotSeen(SchoolgateError):
    """The process that looks at a picture did not say what it saw."""


def look_at_one() -> bool:
    """Look at the picture that waits longest; whether there was one. The error of a failed one passes."""
    with transaction() as session:
        look = looks.take(session, lease=settings().lease, now=now())
    if look is None:
        return False
    what, began = WHAT[look.kind], time.monotonic()
    try:
        seen = see(look.data, what)
    except Exception:
        with transaction() as session:
            looks.fail(session, look, now=now())
        raise
    with transaction() as session:
        looks.record(session, look, seen, now=now())
    log.info(
        "picture_looked_at",
        media_id=str(look.media_id),
        what=what,
        found=len(seen.faces) if isinstance(seen, looks.Faces) else len(seen.lines),
        seconds=round(time.monotonic() - began, 1),
    )
    return True


def see(data: bytes, what: str) -> looks.Faces | looks.Words:
    """The faces or the words in a clean copy. Raises NotSeen with the last thing that the process said."""
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "approvals.seeing", what, str(settings().classifier_threads)],
            input=data,
            capture_output=True,
            timeout=SECONDS_MOST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotSeen(f"looking at a picture took longer than {SECONDS_MOST:.0f} seconds") from None
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise NotSeen(f"looking at a picture ended with {done.returncode}: {said[-1] if said else 'nothing'}")
    found = json.loads(done.stdout)
    if what == "words":
        return looks.Words(lines=tuple(found["lines"]))
    width, height = found["size"]
    return looks.Faces(width, height, faces=tuple((*map(int, face[:4]),) for face in found["faces"]))
