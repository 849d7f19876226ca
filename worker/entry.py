"""What the `schoolgate` command runs first: a stop is heard even while the rest is being loaded."""

from __future__ import annotations

import gc
import os
import signal
import sys
from importlib import import_module

LASTING = {"run", "web", "worker", "scheduler"}
"""Commands that go on until they are stopped, so that being stopped is no failure."""
HEARD = (signal.SIGINT, signal.SIGTERM)


def main() -> None:
    """Load the command line and hand over to it."""
    lasting = bool(LASTING & set(sys.argv[1:2]))
    before = {number: signal.getsignal(number) for number in HEARD}
    for number in HEARD:
        # Nothing has been done yet, and libraries that are half loaded don't like exceptions.
        signal.signal(number, lambda *_: os._exit(0 if lasting else 1))
    # Takes seconds: Celery, Flask and what scores comments come with it.
    # Looking for garbage would take a quarter of them; `worker.cli` does so again once all is there.
    gc.disable()
    cli = import_module("worker.cli")
    if not lasting:
        for number in HEARD:
            signal.signal(number, before[number])
    cli.main()


if __name__ == "__main__":
    main()
