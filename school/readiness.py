"""Whether the product does all of its work, in words: for `/health/ready` and `schoolgate doctor` alike.

The words name no folder, host or person: `/health/ready` answers whoever asks.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from school import heartbeats, migrate
from school.db import reading
from school.settings import settings
from school.times import say

DISK_LOW = 1024**3
"""Bytes below which there is no room for a day of pictures, logs and the database's own files."""
GOOD = "ok"
CLASSIFIER = "classifier"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that must be right. `words`: "ok", or what is wrong and since when."""

    name: str
    words: str
    error: Exception | None = None
    """What the database said, for whoever may see it."""

    @property
    def ok(self) -> bool:
        """Whether it is right."""
        return self.words == GOOD


def findings(*, now: datetime) -> list[Finding]:
    """Database, its tables, the disk, every kind of background work, the classifier; in that order.

    Opens short sessions of its own, since the database itself is what it asks about.
    """
    try:
        tables = (
            GOOD
            if migrate.is_current(settings().effective_database_url)
            else "has the tables of another version: start this version's web pages or `schoolgate run` once"
        )
    except (SQLAlchemyError, OSError) as error:
        return [Finding("database", "can't be used at the moment", error), disk()]
    found = [Finding("database", GOOD), Finding("migrations", tables), disk()]
    if tables == GOOD:
        try:
            found += _work(now)
        except (SQLAlchemyError, OSError) as error:
            found[0] = Finding("database", "can't be used at the moment", error)
    return found


def disk() -> Finding:
    """Whether there is room under the home folder."""
    try:
        free = shutil.disk_usage(settings().home).free
    except OSError as error:
        return Finding("disk", "the home folder can't be looked at", error)
    return Finding("disk", GOOD if free > DISK_LOW else f"almost full: {free / 1e6:.0f} MB left")


def _work(now: datetime) -> list[Finding]:
    with reading() as session:
        seen = heartbeats.latest(session)
    found = []
    for name in (*heartbeats.EXPECTED, CLASSIFIER):
        beat = seen.get(name)
        if beat is None:
            words = "not loaded yet" if name == CLASSIFIER else "no sign of life yet"
        elif now - beat.at > heartbeats.STALE_AFTER:
            words = f"no sign of life since {say(beat.at)}"
        else:
            words = GOOD
        found.append(Finding(name, words))
    return found
