"""`python -m school.alive NAME…`: is this kind of work alive? For a container's health check.

It imports little and asks the database once, so that it can be run every minute.
"""

from __future__ import annotations

import sys
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from school import heartbeats
from school.db import now, reading

NAMES = (*heartbeats.EXPECTED, "classifier")


def main(names: list[str]) -> int:
    """0 when each of these gave a sign of life lately, 1 when not, 2 for a name that there isn't."""
    unknown = sorted(set(names) - set(NAMES))
    if unknown or not names:
        sys.stderr.write(f"Give one or more of: {', '.join(NAMES)}.\n")
        return 2
    try:
        with reading() as session:
            seen = heartbeats.latest(session)
    except (SQLAlchemyError, OSError) as error:
        sys.stderr.write(f"The database can't be asked ({type(error).__name__}).\n")
        return 1
    moment = now()
    silent = [name for name in names if name not in seen or moment - seen[name].at > _patience(name)]
    if silent:
        sys.stderr.write(f"No sign of life of: {', '.join(silent)}.\n")
    return 1 if silent else 0


def _patience(name: str) -> timedelta:
    # The classifier leaves a sign once, when its model is loaded; the others every few seconds.
    return timedelta.max if name == "classifier" else heartbeats.STALE_AFTER


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
