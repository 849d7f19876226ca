"""Answers that the school has ready: in its own tone, by headteacher and SLT, with every version kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from connectors.posting import platform_name
from moderation import own_words
from moderation.models import LogEntry, SavedReply
from school import audit
from school.db import new_id, storable
from school.errors import BadInput, NotFound
from school.models import Person, School
from school.permissions import Action, require

BODY_MAX = 1000
REPLIES_MAX = 40

PLACEHOLDERS: Mapping[str, str] = {
    "author": "the name of who wrote the comment, as the platform shows it",
    "school": "the school’s name",
    "platform": "where it was written, such as Facebook",
}
"""Everything that an answer can leave open; filled in when somebody inserts it."""
_PLACE = re.compile(r"(,?\s*)" + own_words.PLACE.pattern)
"""With the comma and blank before it, so that “Thank you, {author}.” stays a sentence without it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it is offered now. `number` 0: one that the product begins with."""

    key: str
    name: str
    body: str
    number: int = 0


DEFAULTS = (
    Reply(
        "reminder",
        "Please keep to our rules",
        "Please keep to our school’s rules for comments. We may remove comments like this one, and block "
        "people who go on. If you are worried about something, please talk to the school office.",
    ),
    Reply(
        "talk",
        "Let us talk",
        "Thank you for telling us, {author}. We would like to put this right with you, and can’t do it here: "
        "please call or write to the school office, and somebody will come back to you.",
    ),
    Reply(
        "details",
        "No names or details, please",
        "To keep our children safe, we don’t name pupils, parents or staff here, or share their details. "
        "Please take your comment down, and contact the school office instead.",
    ),
    Reply(
        "facts",
        "What is right",
        "Thank you for your comment, {author}. That isn’t quite how it is: what is planned is on our "
        "website, and the school office is glad to answer questions.",
    ),
)
"""What a school begins with, to be adapted to its own tone. The comment can still be seen above each of them:
what is hidden or deleted can't be answered."""


def offered(session: Session) -> list[Reply]:
    """The answers that can be inserted: those that the product began with first, the others by name."""
    newest = _newest(session)
    found = {one.key: one for one in DEFAULTS if one.key not in newest}
    found |= {
        row.key: Reply(row.key, row.name, row.body, row.number) for row in newest.values() if row.offered
    }
    first = [one.key for one in DEFAULTS]
    return sorted(
        found.values(),
        key=lambda one: (first.index(one.key) if one.key in first else len(first), one.name.casefold()),
    )


def get(session: Session, key: str) -> Reply:
    """One answer. Raises NotFound for one that is not offered."""
    for one in offered(session):
        if one.key == key:
            return one
    raise NotFound("There is no such saved answer.")


def versions(session: Session) -> dict[str, list[tuple[SavedReply, str]]]:
    """Every version that the school saved, by key and newest first, each with who saved it."""
    found: dict[str, list[tuple[SavedReply, str]]] = {}
    rows = session.execute(
        sa.select(SavedReply, Person.name)
        .join(Person, Person.id == SavedReply.saved_by_id)
        .order_by(SavedReply.key, SavedReply.number.desc())
    )
    for row, name in rows:
        found.setdefault(row.key, []).append((row, name))
    return found


def save(session: Session, key: str | None, *, name: str, body: str, by: Person, now: datetime) -> SavedReply:
    """A new version of an answer, or with `key` None a new answer. Raises BadInput, NotFound."""
    require(by, Action.SET_REPLIES)
    before = offered(session)
    if key is not None and key not in {one.key for one in before}:
        raise NotFound("There is no such saved answer.")
    title = own_words.checked_name(name, key, before, one="an answer", many="answers", most=REPLIES_MAX)
    words = storable(body.replace("\r\n", "\n").strip())
    if not words or len(words) > BODY_MAX:
        raise BadInput(f"The answer has {len(words):,} characters: 1 to {BODY_MAX:,} fit.", field="body")
    own_words.check_places(words, PLACEHOLDERS)
    return _add(session, key or str(new_id()), title, words, True, by=by, now=now)


def retire(session: Session, key: str, *, by: Person, now: datetime) -> None:
    """No longer offer an answer. Its versions stay. Raises NotFound."""
    require(by, Action.SET_REPLIES)
    found = get(session, key)
    _add(session, key, found.name, found.body, False, by=by, now=now)


def filled(session: Session, entry: LogEntry) -> list[tuple[Reply, str]]:
    """The answers that can be inserted, each with what is known of the entry filled in."""
    values = _values(session, entry)
    return [(one, _fill(one, values)) for one in offered(session)]


def fill(session: Session, reply: Reply, entry: LogEntry) -> str:
    """The answer with what is known of the entry filled in; a name that isn't known is left out."""
    return _fill(reply, _values(session, entry))


def _values(session: Session, entry: LogEntry) -> dict[str, str]:
    return {
        "author": entry.author_name or (f"@{entry.author_handle}" if entry.author_handle else ""),
        "school": session.scalar(sa.select(School.name)) or "",
        "platform": platform_name(entry.platform),
    }


def _fill(reply: Reply, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda found: _in_place(found, values), reply.body).strip()


def _in_place(found: re.Match[str], values: Mapping[str, str]) -> str:
    value = values.get(found[2])
    if value is None:
        return found[0]
    return found[1] + value if value else ""


def left_open(text: str) -> list[str]:
    """The placeholders that a text still has, as they stand in it: it can't be published so."""
    return [f"{{{one}}}" for one in own_words.places(text) if one in PLACEHOLDERS]


def _newest(session: Session) -> dict[str, SavedReply]:
    rows = session.scalars(sa.select(SavedReply).order_by(SavedReply.key, SavedReply.number))
    return {row.key: row for row in rows}


def _add(
    session: Session, key: str, name: str, body: str, offered: bool, *, by: Person, now: datetime
) -> SavedReply:
    last = session.scalar(sa.select(sa.func.max(SavedReply.number)).where(SavedReply.key == key)) or 0
    row = SavedReply(
        key=key, number=last + 1, name=name, body=body, offered=offered, saved_at=now, saved_by_id=by.id
    )
    session.add(row)
    action = "saved_reply_saved" if offered else "saved_reply_retired"
    audit.record(
        session,
        by=by,
        action=action,
        object_kind="saved_reply",
        object_id=key,
        detail={"version": last + 1},
        now=now,
    )
    return row
