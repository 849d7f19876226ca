"""`python -m approvals.filming SECONDS WORKER ARGUMENT…`: becomes ffmpeg, with limits that it can't lift.

WORKER: the process that started this, without which nothing is to be done.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

import imageio_ffmpeg

NICE = 10
"""Comments are scored first: a threat must not wait for a film (P23)."""
MEMORY_MOST = 3 * 1024**3
"""Addresses, which ffmpeg takes many more of than it uses."""
FILE_MOST = 1024**3
_PARENT_DIES = 1
"""PR_SET_PDEATHSIG."""


def main() -> None:
    """Limit this process, then replace it by ffmpeg."""
    seconds, worker = int(sys.argv[1]), int(sys.argv[2])
    program = imageio_ffmpeg.get_ffmpeg_exe()
    os.nice(NICE)
    if sys.platform == "linux":
        # A worker that is killed must not leave it behind.
        ctypes.CDLL(None).prctl(_PARENT_DIES, signal.SIGKILL)
        # Nor one that was killed before this knew how to end with it.
        if os.getppid() != worker:
            sys.exit("The worker that asked for this has ended.")
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MOST, MEMORY_MOST))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds * 4, seconds * 4))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_MOST, FILE_MOST))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.execve(program, [program, *sys.argv[3:]], {"PATH": os.defpath, "LC_ALL": "C"})  # noqa: S606 - no shell is wanted  # nosec B606


if __name__ == "__main__":
    main()
