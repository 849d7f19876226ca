"""Takes what a platform sent field by field: nothing in it is believed to be there or to have its type."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import SplitResult, urlsplit

_ZONE_WITHOUT_COLON = re.compile(r"([+-]\d{2})(\d{2})$")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_PLAIN = re.compile(r"[!-\[\]-~]+")
"""No blanks and no backslashes, which another reader of the address may take for the end of the name."""


def record(value: object) -> Mapping[str, object]:
    """The object that stands there, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def records(value: object) -> list[Mapping[str, object]]:
    """The objects of the list that stands there; whatever else is in it is left out."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def text(value: object) -> str:
    """The text that stands there, or "". Half characters and zero bytes, which no database takes,
    become U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", value) if isinstance(value, str) else ""


def identifier(value: object) -> str:
    """An id, which some answers give as a number, as text; "" if there is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(value).strip()


def count(value: object) -> int | None:
    """A number of things, or None, also for one that no table would take."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value < 2**31 else None


def flag(value: object, otherwise: bool) -> bool:
    """A yes or no; `otherwise` if it isn't said."""
    return value if isinstance(value, bool) else otherwise


def web_address(value: object) -> str:
    """An http(s) address, or "": it may become a link on a page, and `javascript:` must not."""
    address = text(value).strip()
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in {"http", "https"} and parts.netloc else ""


def plain_parts(address: str) -> SplitResult | None:
    """The parts of an address that every reader takes for the same, without user and password; else None."""
    if not _PLAIN.fullmatch(address):
        return None
    try:
        parts = urlsplit(address)
        named = parts.username is not None or parts.password is not None
        return None if named or parts.port == 0 else parts
    except ValueError:
        return None


def https_host(parts: SplitResult) -> str:
    """The server's name where it is asked by HTTPS at the usual port; else empty."""
    usual = parts.scheme == "https" and parts.port in {None, 443}
    return (parts.hostname or "").rstrip(".") if usual else ""


def media_type(headers: Mapping[str, str]) -> str:
    """What kind of thing an answer's headers say its body is: "text/html", without parameters."""
    return headers.get("Content-Type", "").partition(";")[0].strip().lower()


def when(value: object) -> datetime | None:
    """A time in any form that the platforms use, as aware UTC; None if there is none.

    X: 2021-01-06T18:40:40.000Z, with or without the fraction; Graph: 2021-07-21T21:05:14+0000
    or unix seconds.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(_ZONE_WITHOUT_COLON.sub(r"\1:\2", value.strip()))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def stand_in_id(*parts: str) -> str:
    """A stable id for a comment that came without one, so that it is still seen and kept.

    Nothing can be done to such a comment on the platform.
    """
    return "noid-" + hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def has_stand_in_id(platform_id: str) -> bool:
    """Whether an id is ours, since the platform gave none."""
    return platform_id.startswith("noid-")
