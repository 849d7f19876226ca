"""Memory that was freed and that the C library keeps for later: on a small machine others need it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import cast

_ARENAS = 2
_M_ARENA_MAX = -8
"""malloc.h of the GNU C library."""


def _of_library(name: str) -> Callable[..., int] | None:
    # Other systems' libraries have no such thing, and need none.
    return cast("Callable[..., int] | None", getattr(ctypes.CDLL(None), name, None))


def use_few_arenas() -> None:
    """Let all threads share two heaps, before there are any: each keeps megabytes that it freed."""
    if (choose := _of_library("mallopt")) is not None:
        choose(_M_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Return what is free to the machine: some milliseconds, for after work that took much."""
    if (trim := _of_library("malloc_trim")) is not None:
        trim(0)
