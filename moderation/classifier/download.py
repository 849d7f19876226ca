"""Brings one large file from a web server: goes on where it broke off, and never fills the disk for good."""

from __future__ import annotations

import errno
import re
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import requests
from requests.exceptions import ChunkedEncodingError as _Cut

from school.errors import SchoolgateError

Progress = Callable[[int, int | None], None]
"""Told how many bytes are there, and how many it will be (None where the server doesn't say)."""

LIMIT_BYTES = 4 * 2**30
"""No model that is fetched is larger; a server that sends more is not the one that we meant."""
KEPT_FREE_BYTES = 200 * 2**20
"""What a download leaves free, so that the product itself can go on writing."""
PAUSES = (1.0, 4.0, 10.0)
"""Seconds before each further try after one that brought nothing."""
_BLOCK = 2**16
"""Bytes written at once; a cut loses what of a block had come."""
_TIMEOUTS = (15.0, 60.0)


class FetchFailed(SchoolgateError):
    """A model that could not be fetched or put to use; nothing changed. The sentence says what to do."""


class _Broken(Exception):
    """A try that broke off; the next goes on from there."""


def download(
    url: str,
    part: Path,
    *,
    progress: Progress,
    pauses: Sequence[float] = PAUSES,
    limit: int = LIMIT_BYTES,
) -> None:
    """Bring the file at `url` to `part`, from where an earlier call broke off.

    What came stays in `part` when the connection breaks for good, so that the next call goes on; it is
    removed when the disk is full, since the product needs the room. Raises FetchFailed.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    left = list(pauses)
    while True:
        before = _size(part)
        try:
            _go_on(url, part, progress=progress, limit=limit)
        except (_Broken, _Cut, requests.ConnectionError, requests.Timeout) as error:
            there = _size(part)
            if there > before:
                left = list(pauses)
            if not left:
                said = str(error) if isinstance(error, _Broken) else "the server can't be reached"
                if not there:
                    raise FetchFailed(
                        f"{url} can't be fetched: {said}. Try again later, or give the file with --file."
                    ) from None
                raise FetchFailed(
                    f"The download broke off after {_mb(there)}: {said}. "
                    "Run the command again, it goes on from there; or give the file with --file."
                ) from None
            time.sleep(left.pop(0))
        except requests.RequestException as error:
            raise FetchFailed(f"{url} can't be fetched ({type(error).__name__}). Try --file.") from None
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            part.unlink(missing_ok=True)
            raise FetchFailed(
                f"The disk of {part.parent} is full. What had come was removed again; make room and run the "
                "command again."
            ) from None
        else:
            return


def room_for(folder: Path, size: int) -> None:
    """Check that so many bytes fit beside what the product needs free. Raises FetchFailed."""
    free = shutil.disk_usage(folder).free
    if free < size + KEPT_FREE_BYTES:
        raise FetchFailed(
            f"{_mb(size)} are needed in {folder} and {_mb(KEPT_FREE_BYTES)} must stay free, but only "
            f"{_mb(free)} are. The disk is too full: make room and run the command again."
        )


def _go_on(url: str, part: Path, *, progress: Progress, limit: int) -> None:
    there = _size(part)
    headers = {"Accept-Encoding": "identity"}
    if there:
        headers["Range"] = f"bytes={there}-"
    with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUTS) as answer:
        total: int | None
        match answer.status_code:
            case 200:
                there, length = 0, answer.headers.get("Content-Length", "")
                total = int(length) if length.isdigit() else None
            case 206:
                span = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.headers.get("Content-Range", ""))
                if span is None or int(span[1]) != there:
                    part.unlink()
                    raise _Broken("the server sent another part of the file")
                total = int(span[2])
            case 416:
                # We have more than the server does: what is there is of another file.
                part.unlink()
                raise _Broken("the server has no more of the file")
            case code if code == 429 or code >= 500:
                raise _Broken(f"the server answered {code}")
            case code:
                raise FetchFailed(f"{url} can't be fetched: the server answered {code}. Try --file.")
        if (total or 0) > limit:
            raise FetchFailed(f"{url} is {_mb(total or 0)} large: that is no model. Nothing was fetched.")
        room_for(part.parent, (total or 0) - there)
        progress(there, total)
        with part.open("ab" if there else "wb") as opened:
            for block in answer.iter_content(_BLOCK):
                there += len(block)
                if there > limit:
                    raise FetchFailed(f"{url} sends more than {_mb(limit)}: that is no model.")
                opened.write(block)
                opened.flush()
                progress(there, total)
        if total is not None and there < total:
            raise _Broken("the connection was cut")


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
