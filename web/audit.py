"""The audit trail, newest first, for headteacher, DPO and chair."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from approvals.checks import account_name
from moderation import sight
from school import audit, forms
from school.db import reading
from school.models import Account, AuditEntry
from school.people import everybody
from school.permissions import Action
from web.access import current_person, needs
from web.naming import act_words
from web.retained import seen_by

pages = Blueprint("audit", __name__)

PAGE_LENGTH = 100
_HOW_MANY = frozenset({"count", "held_back", "of_kinds"})
"""What a line about an erasure says of how many records there were, and of which."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the trail, as people read it."""

    entry: AuditEntry
    what: str
    who: str
    about: str
    """A name where the thing has one, else what kind of thing it is."""
    draft_id: str
    """Of the draft that it belongs to; empty where it belongs to none."""
    details: list[tuple[str, str]]


def _line(entry: AuditEntry, names: Mapping[str, str], uncounted: Collection[str]) -> Line:
    details = dict(entry.detail)
    if (details.get("kind") if entry.object_kind == "erasure" else entry.object_id) in uncounted:
        details = {key: value for key, value in details.items() if key not in _HOW_MANY}
    draft_id = str(details.pop("draft", "")) or (entry.object_id if entry.object_kind == "draft" else "")
    what = act_words(entry.action)
    if ": " in what:
        # The heading says it already.
        details.pop("new", None)
    return Line(
        entry=entry,
        what=what,
        who=names.get(str(entry.actor_id), "Schoolgate itself"),
        about=names.get(entry.object_id) or entry.object_kind.replace("_", " "),
        draft_id=draft_id,
        details=[
            ("before" if key == "old" else key.replace("_", " "), _value(value, names))
            for key, value in details.items()
            if value not in (None, "", [], {})
        ],
    )


def _value(value: object, names: Mapping[str, str]) -> str:
    if isinstance(value, list):
        return ", ".join(_value(one, names) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return names.get(str(value)) or str(value).replace("_", " ")


@pages.get("/audit")
@needs(Action.SEE_AUDIT)
def show() -> ResponseReturnValue:
    """A page of the trail, and whether its chain of hashes holds."""
    before = request.args.get("before", type=int)
    query = sa.select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(PAGE_LENGTH)
    if before is not None:
        # SQLite's whole numbers end at 2^63; nothing in the trail is near it.
        query = query.where(AuditEntry.seq < max(min(before, 2**62), 0))
    with reading() as session:
        person = current_person(session)
        # What happened before somebody referred it, too: that it is no longer told of must not be told (P3).
        kept = [*sight.kept_from(session, person), *forms.kept_from(session, person)]
        query = query.where(AuditEntry.object_id.not_in([str(one) for one in kept]))
        entries = list(session.scalars(query))
        names = {str(person.id): person.name for person in everybody(session)}
        names |= {str(one.id): account_name(one) for one in session.scalars(sa.select(Account))}
        return render_template(
            "audit/list.html",
            # Whoever may not know of all records of a kind could subtract those that they know of (P3).
            lines=[_line(entry, names, seen_by(person)) for entry in entries],
            broken=audit.examine(session) if before is None else None,
            checked=before is None,
            older=entries[-1].seq if len(entries) == PAGE_LENGTH else None,
        )
