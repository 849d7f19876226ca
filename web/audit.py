"""The audit trail, newest first, for headteacher, DPO and chair."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from moderation.sight import may_count_all
from school import audit
from school.db import reading
from school.errors import BadInput
from school.models import AuditEntry
from school.people import everybody
from school.permissions import Action
from web import trail
from web.access import current_person, needs
from web.forms import Typed
from web.naming import act_words
from web.retained import seen_by
from web.trail_words import DETAIL_NAMES, DETAIL_WORDS, GROUPS, PHRASES, REST, SEEN, THINGS

pages = Blueprint("audit", __name__)

FIELDS = ("about", "who", "what", "from", "to")
_HOW_MANY = frozenset({"count", "held_back", "of_kinds"})
"""What a line about an erasure says of how many records there were, and of which."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the trail, as people read it."""

    entry: AuditEntry
    who: str
    before: str
    """What they did, up to what they did it to."""
    about: str
    """A name where the thing has one, else what kind of thing it is; empty where the words need none."""
    after: str
    draft_id: str
    """Of the draft that it belongs to; empty where it belongs to none."""
    details: list[tuple[str, str]]


def _line(entry: AuditEntry, names: Mapping[str, str], uncounted: Collection[str]) -> Line:
    details = dict(entry.detail)
    if (details.get("kind") if entry.object_kind == "erasure" else entry.object_id) in uncounted:
        details = {key: value for key, value in details.items() if key not in _HOW_MANY}
    draft_id = str(details.pop("draft", "")) or (entry.object_id if entry.object_kind == "draft" else "")
    if details.get("seen") in SEEN:
        details["seen"] = SEEN[details["seen"]]
    said = PHRASES.get(entry.action + ("_back" if details.pop("taken_back", False) else ""))
    if said is None:
        said = f"· {act_words(entry.action)}: {{}}"
    else:
        # The words say it already.
        details.pop("new", None)
    before, about, after = said.partition("{}")
    return Line(
        entry=entry,
        who=names.get(str(entry.actor_id), "Schoolgate itself"),
        before=before,
        about=(
            names.get(entry.object_id) or THINGS.get(entry.object_kind, entry.object_kind.replace("_", " "))
        )
        if about
        else "",
        after=after,
        draft_id=draft_id,
        details=[
            (
                DETAIL_NAMES.get(key, key.replace("_", " ")),
                _value(value, DETAIL_WORDS.get((entry.object_kind, key), {}), names),
            )
            for key, value in details.items()
            # Nothing was version 0: that is what a draft has before its first.
            if value not in (None, "", [], {}) and (key, value) != ("revision", 0)
        ],
    )


def _value(value: object, words: Mapping[str, str], names: Mapping[str, str]) -> str:
    """`words`: what the values of this detail are called, where it is one of a list; things go by `names`."""
    if isinstance(value, list):
        return ", ".join(_value(one, words, names) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return words.get(str(value)) or names.get(str(value)) or str(value).replace("_", " ")


@pages.get("/audit")
@needs(Action.SEE_AUDIT)
def show() -> ResponseReturnValue:
    """The lines of the trail that somebody asks for; on its first page whether its chain of hashes holds."""
    typed = Typed(request.args)
    asked, status = trail.Wanted(), 200
    try:
        asked = trail.wanted(typed)
    except BadInput as error:
        typed.refuse(error)
        status = 400
    filtered = {name: typed[name] for name in FIELDS if typed[name]}
    with reading() as session:
        person = current_person(session)
        before = trail.number_before(typed["before"], person)
        entries = [] if status == 400 else trail.lines(session, asked, viewer=person, before=before)
        shown = entries[: trail.PAGE_LENGTH]
        names = trail.names(session, shown, person)
        checked = before is None and not filtered
        older = {}
        if len(entries) > len(shown):
            older = {**filtered, "before": trail.mark_before(shown[-1].seq, person)}
        page = render_template(
            "audit/list.html",
            # Whoever may not know of all records of a kind could subtract those that they know of (P3).
            lines=[_line(entry, names, seen_by(person)) for entry in shown],
            broken=audit.examine(session) if checked else None,
            checked=checked,
            numbered=may_count_all(person),
            older=urlencode(older),
            newest=urlencode(filtered) if before is not None else None,
            typed=typed,
            hidden=trail.hidden_names(person),
            filtered=bool(filtered),
            people=[("schoolgate", "Schoolgate itself"), *((str(p.id), p.name) for p in everybody(session))],
            groups=[
                *((key, words) for key, (words, _kinds) in GROUPS.items()),
                (REST, "The school and its settings"),
            ],
        )
    return page, status
