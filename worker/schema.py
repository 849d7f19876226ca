"""`make check`: do the migrations make exactly the tables that the code describes?"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic.util import CommandError

# All three rooms' tables must be known before models and migrations are compared.
import approvals.models  # noqa: F401
import moderation.models  # noqa: F401
from school import migrate
from worker.terminal import complain, write


def main() -> int:
    """Bring an empty database to the newest migration and compare; 1 when something differs."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'check.db'}"
        migrate.upgrade(url)
        try:
            migrate.check(url)
        except CommandError as error:
            complain(f"Models and migrations differ: {error}")
            return 1
    write("Models and migrations agree.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
