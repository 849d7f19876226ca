"""A school in which everything is there, and hostile.

A row in every table, in every state, and hostile text in every column that people or platforms fill.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from school import secrets
from school.db import Base, SafeText, UtcDateTime, new_id
from school.models import Person
from tests.approvals.scenes import picture_bytes
from tests.web.inert import MARKER

HOSTILE = (
    f"{MARKER}t'\"></textarea></title></script></style>--></option></select></svg>"
    f"<{MARKER}x {MARKER}a=1 onerror=alert('{MARKER}')><script>/*{MARKER}*/alert(1)</script>"
    f"<img src=https://{MARKER}.test/ onerror={MARKER}> {MARKER}a=\"{MARKER}\" onfocus='{MARKER}' autofocus "
    f"{{{{7*7}}}}{MARKER}{{%raw%}}${{7*7}}{MARKER}#{{7*7}}{MARKER}<%=7*7%>{MARKER} "
    "%(name)s %s {0} {name} [a](javascript:1) '; DROP TABLE people; -- \\\\ "
    "\u202egnp.exe\u202c \u2066isolated \U0001f469\u200d\U0001f469\u200d\U0001f466 Z\u0351\u036b\u0343 "
    "\ufffe\ufdd0 \r\nBcc: all@elsewhere.test\r\n\r\n\u2028\u2029\x0b\x0c\x1b[31m\x7f"
)
"""Text that gets out of every place that it could be put into: attributes, elements, comments, headers."""
LEADING = f"javascript:alert('{MARKER}')//\"><{MARKER}x {MARKER}a=1>"
"""An address that runs, and gets out of an attribute."""
FORMULA = f'=HYPERLINK("https://{MARKER}.test","{MARKER}")'
"""For the first column of a row of a table."""

ADDRESSES = frozenset({"url", "author_url", "target_url", "post_url", "link"})
FORMULAS = frozenset({"handle", "author_handle", "reference", "class_name"})
KEPT: Mapping[str, str] = {
    "people.password": "a hash",
    "people.pin_hash": "a hash",
    "people.tf_primary_method": "not used",
    "people.tf_totp_secret": "not used",
    "school.domain": "checked when it is set",
    "accounts.school_email": "checked when it is set",
    "account_connections.school_email": "checked when it is set",
    "app_keys.key": "typed by who holds the app, and checked",
    "account_probes.kind": "what kind of app a platform names: compared, never shown",
    "comment_streams.since": "a platform's mark, sent back to it alone",
    "comment_streams.cursor": "a platform's mark, sent back to it alone",
    "publication_steps.value": "a platform's mark, sent back to it alone",
    "outbox_emails.to_address": "checked when it is set",
    "heartbeats.detail": "written by the product",
}
"""Text columns that stay as they are, with the reason."""
ALSO = (
    "authors.platform_id",
    "pupils.reference",
    "passkeys.name",
    "log_entries.author_platform_id",
    "platform_acts.result_platform_id",
    "platform_acts.target_platform_id",
    "sign_ins.browser",
)
"""Columns of bounded text that come from outside."""

PICTURE = picture_bytes(64, 48)
SET: Mapping[str, Any] = {
    "platform": "facebook",
    "subject_kind": "person",
    "mime_type": "image/jpeg",
    "original_type": "JPEG",
    "picture_type": "image/jpeg",
    "exact_kind": None,
    "object_kind": "draft",
    "family": "meta",
    "planned_local": "2026-11-20T09:40",
    "pupils_appear": "seen",
    "number": 1,
    "position": 0,
    "stream": "comments",
    "key": "made",
    "how": "link",
    "operation": "read",
    "checklist": [],
    "places": [],
    "scores": {"toxicity": 0.9},
    "reasons": [{"kind": "toxicity", "label": "insult", "score": 0.9, "detail": "abusive words here"}],
    "detail": {"reason": "Against the rules", "note": "A note of it", "reply": "Thank you for this"},
    "fields": {},
    "heartbeats.detail": "",
    "attachment_urls": ["https://pbs.twimg.com/media/a.jpg"],
    "lines": [{"text": "words in it", "left": 0, "top": 0, "width": 9, "height": 9}],
    "thresholds": {},
    "capabilities": [],
    "permissions": [],
    "streams": [],
    "search": {},
    "findings": [],
    "crop_choices.place": [0, 0, 40, 40],
    "log_entries.picture": PICTURE,
    "came_with.place": 1,
    "came_with.sha256": hashlib.sha256(PICTURE).hexdigest(),
    "account_connections.finished_at": datetime(2026, 11, 1, tzinfo=UTC),
    "account_connections.problem": "A newer try was begun.",
}
"""What a column of this name holds where any text won't do."""
UNDECIDED = 3
"""Place of the submission that waits for a decision: its picture has a preview, and its video is ready."""
FOREVER = ("expires_at", "valid_until", "until", "last_day", "lease_until", "next_try_at")


def fill(session: Session, now: datetime) -> list[str]:
    """Put rows into every empty table, one for each state that it knows; the tables that took none.

    The first rows of all tables belong together, as do the second ones, and so on.
    """
    count = itertools.count(1)
    left = []
    for table in Base.metadata.sorted_tables:
        if _filled(session, table):
            continue
        states = [column for column in table.c if isinstance(column.type, sa.Enum)]
        known: list[Any] = list(states[0].type.enum_class) if states else []  # type: ignore[union-attr,arg-type]
        for place in range(max(len(known), *(_rows_above(session, column) for column in table.c))):
            row = {column.name: _value(session, column, now, place, next(count)) for column in table.c}
            if known:
                row[states[0].name] = known[place % len(known)]
            if table.name == "approval_decisions" and place == UNDECIDED:
                continue
            with contextlib.suppress(IntegrityError), session.begin_nested():
                session.execute(table.insert().values(row))
        if not _filled(session, table):
            left.append(table.name)
    return left


def a_token(table: str, place: int) -> str:
    """The secret of a link, of which the row holds the hash."""
    return f"token-of-{table}-{place}".ljust(43, "x")


def _filled(session: Session, table: sa.Table) -> bool:
    return bool(session.scalar(sa.select(sa.func.count()).select_from(table)))


def _rows_above(session: Session, column: sa.Column[Any]) -> int:
    """How many rows a table is to have because of what this column points to."""
    tables = {key.column.table.name for key in column.foreign_keys} - {"people", "accounts"}
    return max([1, *(len(_keys(session, key.column)) for key in column.foreign_keys if tables)])


def _keys(session: Session, column: sa.Column[Any]) -> list[Any]:
    return list(session.scalars(sa.select(column).order_by(column).limit(8)))


def _person(session: Session, column: sa.Column[Any]) -> Any:
    """Who writes isn't who decides; whoever has a second factor is neither."""
    mailbox = "head"
    if column.name in {"author_id", "uploaded_by_id", "made_by_id", "person_id", "filed_by_id"}:
        mailbox = "teacher"
    if column.table.name in {"authenticators", "passkeys", "recoveries", "recovery_codes", "known_devices"}:
        mailbox = "newteacher"
    return session.scalar(sa.select(Person.id).where(Person.email.startswith(f"{mailbox}@")))


def _value(session: Session, column: sa.Column[Any], now: datetime, place: int, count: int) -> Any:
    if column.foreign_keys:
        [key] = column.foreign_keys
        if key.column.table.name == "people":
            ends = re.search("withdrawn|ended|lifted|closed|discarded|done|retired|claimed", column.name)
            return None if ends and column.nullable else _person(session, column)
        found = _keys(session, key.column)
        return found[place % len(found)] if found else None
    if column.name == "token_hash":
        return secrets.token_hash(a_token(column.table.name, place))
    if column.name in {"content_hash", "revision_hash"}:
        return f"{place:064}"
    for name in (f"{column.table.name}.{column.name}", column.name):
        if name in SET:
            return SET[name]
    kind = column.type
    if isinstance(kind, UtcDateTime):
        return _moment(column, now)
    if isinstance(kind, sa.Date):
        day = now.date() + timedelta(days=30 if column.name in FOREVER else -1)
        return None if column.nullable else day
    if isinstance(kind, sa.Enum):
        return None if column.nullable else next(iter(kind.enum_class))  # type: ignore[arg-type]
    if isinstance(kind, sa.Uuid):
        return new_id() if column.primary_key or not column.nullable else None
    if isinstance(kind, sa.LargeBinary):
        if column.table.name == "authenticators":
            # What an app was given, as letters: anything else in it would be a fault of this school's alone.
            return secrets.encrypt(b"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
        return secrets.encrypt(PICTURE) if column.info.get("sealed") else PICTURE
    if isinstance(kind, sa.JSON):
        return []
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.Integer | sa.Float):
        return count if column.primary_key else (None if column.nullable else 1)
    length = getattr(kind, "length", None) or 40
    return None if column.nullable else f"made {count}"[:length]


def _moment(column: sa.Column[Any], now: datetime) -> datetime | None:
    if column.nullable:
        return None
    return now + timedelta(hours=6) if column.name in FOREVER else now - timedelta(hours=1)


def spoil(session: Session) -> list[str]:
    """Write what is hostile into every text column that isn't in KEPT; their names.

    The triggers that keep the log and the trail from being altered are taken off first.
    """
    for name in session.scalars(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
        session.execute(sa.text(f'DROP TRIGGER "{name}"'))
    spoilt = []
    for table in Base.metadata.sorted_tables:
        for column in table.c:
            name = f"{table.name}.{column.name}"
            free = isinstance(column.type, SafeText) and name not in KEPT
            if not (free or name in ALSO) or column.unique:
                continue
            what = HOSTILE
            if column.name in ADDRESSES:
                what = LEADING
            elif column.name in FORMULAS:
                what = FORMULA
            length = getattr(column.type, "length", None)
            rows = session.execute(sa.select(*table.primary_key.columns)).all()
            for number, key in enumerate(rows):
                # A number at the end: some are to differ from row to row.
                text = f"{what[: (length or 5000) - 6]}{number}"
                mine = [part == value for part, value in zip(table.primary_key.columns, key, strict=True)]
                session.execute(table.update().where(*mine).values({column.name: text}))
            if rows:
                spoilt.append(name)
    _spoil_json(session)
    return spoilt


def _spoil_json(session: Session) -> None:
    """Also what stands in lists and tables within a column: what somebody typed has a space in it."""
    for table in Base.metadata.sorted_tables:
        for column in table.c:
            if not isinstance(column.type, sa.JSON):
                continue
            for *key, held in session.execute(sa.select(*table.primary_key.columns, column)).all():
                mine = [part == value for part, value in zip(table.primary_key.columns, key, strict=True)]
                changed = _spoilt(held, column.name)
                if changed != held:
                    session.execute(table.update().where(*mine).values({column.name: changed}))


def _spoilt(held: Any, name: str) -> Any:
    if isinstance(held, dict):
        return {key: _spoilt(value, str(key)) for key, value in held.items()}
    if isinstance(held, list):
        return [_spoilt(value, name) for value in held]
    if isinstance(held, str) and name not in {"places", "checklist"} and _typed(held):
        return LEADING if name.endswith("url") or held.startswith("http") else HOSTILE
    return held


def _typed(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return " " in text.strip() or text.startswith("http")
    return False
