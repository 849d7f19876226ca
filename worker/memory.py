"""Memory of a process: what was freed goes back to the machine, and what stays is not searched again."""

from __future__ import annotations

import ctypes
import gc
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


def loading() -> None:
    """Look for no garbage until `loaded`: modules leave next to none, and looking took a quarter as long."""
    gc.disable()


def loaded() -> None:
    """Look for garbage again after `loading`, if that was, though not among what is there now."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def keep_what_is_loaded() -> None:
    """Leave out of later searches for garbage what is there now, for when a process has loaded itself.

    Some 350,000 objects of modules, mappings and pages never become garbage; going through them held a page
    up by a fifth of a second now and then.
    """
    gc.collect()
    gc.freeze()
