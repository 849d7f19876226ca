"""What an entry of the log and its events are known by (P17): hashes of everything that they say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from moderation.models import LogEntry, LogEvent

EVIDENCE = (
    "number",
    "origin",
    "recorded_at",
    "recorded_by_id",
    "comment_id",
    "comment_version",
    "comment_platform_id",
    "account_id",
    "platform",
    "author_id",
    "author_platform_id",
    "author_handle",
    "author_name",
    "author_url",
    "text",
    "url",
    "attachment_urls",
    "post_platform_id",
    "post_text",
    "posted_at",
    "model_name",
    "rules_version",
    "scores",
    "reasons",
    "severity",
    "picture_type",
    "picture_sha256",
)

ERASED = "[erased: no longer kept]"
"""What stands in place of a text that was erased (P34)."""
_TEXTS = (
    "comment_platform_id",
    "author_platform_id",
    "author_handle",
    "author_name",
    "author_url",
    "url",
    "post_platform_id",
    "post_text",
    "picture_type",
    "picture_sha256",
)

AFTER_ERASING: dict[str, Any] = {
    **dict.fromkeys(_TEXTS, ""),
    "text": ERASED,
    "author_id": None,
    "attachment_urls": [],
    "scores": {},
    "reasons": [],
    "posted_at": None,
    "picture": None,
}
"""What an entry says when its content was erased."""


def evidence_hash(entry: LogEntry | Mapping[str, Any]) -> str:
    """SHA-256 of everything an entry says."""
    said = entry if isinstance(entry, Mapping) else {name: getattr(entry, name) for name in EVIDENCE}
    return digest([[name, _plain(said[name])] for name in EVIDENCE])


def left(event: LogEvent | Any) -> list[Any]:
    """What stays of an event whose detail is erased."""
    return [
        event.seq,
        str(event.entry_id),
        str(event.kind),
        _plain(event.at),
        _plain(event.by_id),
        event.previous_hash,
        event.hash,
    ]


def picture_hash(picture: bytes | None) -> str:
    """SHA-256 of an entry's picture; empty where it has none."""
    return "" if picture is None else hashlib.sha256(picture).hexdigest()


def event_hash(event: LogEvent | Any) -> str:
    """SHA-256 of everything an event, or a row with its columns, says and what came before it."""
    return digest(
        [
            event.seq,
            str(event.entry_id),
            str(event.kind),
            _plain(event.at),
            _plain(event.by_id),
            event.detail,
            event.previous_hash,
        ]
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, UUID):
        return str(value)
    return value


def digest(body: Any) -> str:
    """SHA-256 of anything that JSON can hold."""
    text = json.dumps(body, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
