"""Holds as people name them: by the address of a page, a number, or a person (P34)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from approvals import drafts
from approvals.models import Draft
from moderation import own_posts, sight
from moderation.models import Author, WatchedPost
from school import forms, holds
from school.errors import BadInput
from school.models import FormEntry, HoldOn, LegalHold, Person, Pupil, Role

BY_ADDRESS: Mapping[HoldOn, str] = {
    HoldOn.DRAFT: "A draft or post of the school",
    HoldOn.THREAD: "Everything written under a post",
    HoldOn.ENTRY: "An entry of the log",
    HoldOn.FORM: "A form that somebody filed",
}
WORDS: Mapping[HoldOn, str] = {
    **BY_ADDRESS,
    HoldOn.PERSON: "Somebody of the school",
    HoldOn.AUTHOR: "Somebody on a platform",
    HoldOn.PUPIL: "A pupil",
}

_NUMBERED = re.compile(
    r"(?:the )?(?:log )?(?:entry|entries)?\s*(?:no\b\.?|number|nr\.?|#)?\s*([0-9]{1,9})\.?", re.IGNORECASE
)
"""An entry of the log as people write it: 5, entry 5, Log entry no. 5, #5."""
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shown:
    """A hold with what it is on."""

    hold: LegalHold
    kind: str
    what: str
    address: str
    """The page of it; empty where it has none."""


def find(session: Session, on: str, which: str, *, by: Person) -> tuple[HoldOn, UUID]:
    """What a form names. Raises BadInput that says what it can be."""
    kind = next((one for one in BY_ADDRESS if one.value == on), None)
    if kind is None:
        raise BadInput("Choose what it is.", field="on")
    given, number = which.strip(), _ID.findall(which)
    numbered, found = _NUMBERED.fullmatch(given), None
    if kind is HoldOn.ENTRY and numbered:
        found = sight.entry_numbered(session, int(numbered[1]), by)
    elif kind is HoldOn.THREAD and given:
        found = own_posts.at(session, given)
    elif number:
        wanted = UUID(number[-1])
        if kind is HoldOn.ENTRY:
            found = wanted if sight.number_of(session, wanted, by) is not None else None
        elif kind is HoldOn.DRAFT:
            found = wanted if session.get(Draft, wanted) is not None else None
        elif kind is HoldOn.FORM:
            entry = session.get(FormEntry, wanted)
            found = entry.id if entry and not (entry.about_headteacher and _is_head(by)) else None
    if found is None:
        ways = {
            HoldOn.DRAFT: "copy the address of its page in Schoolgate",
            HoldOn.THREAD: "copy the post's address on the platform, from the page of its draft",
            HoldOn.ENTRY: "write its number, such as 12",
            HoldOn.FORM: "copy the address of its page in Schoolgate",
        }
        raise BadInput(f"“{given[:80]}” is nothing that Schoolgate has: {ways[kind]}.", field="which")
    return kind, found


def seen(session: Session, viewer: Person) -> list[Shown]:
    """The holds that a person may know of, those in force first."""
    shown = [_shown(session, hold, viewer) for hold in holds.every(session)]
    return [one for one in shown if one is not None]


def _is_head(person: Person) -> bool:
    return Role.HEADTEACHER in person.roles


def _shown(session: Session, hold: LegalHold, viewer: Person) -> Shown | None:
    kind, one = WORDS[hold.on], hold.object_id
    match hold.on:
        case HoldOn.PERSON | HoldOn.PUPIL | HoldOn.AUTHOR:
            table = {HoldOn.PERSON: Person, HoldOn.PUPIL: Pupil, HoldOn.AUTHOR: Author}[hold.on]
            found = session.get(table, one)
            name = getattr(found, "name", "") or getattr(found, "display_name", "")
            address = url_for("subjects.one", kind=hold.on.value, subject_id=one) if found else ""
            return Shown(hold, kind, name or "no longer kept", address)
        case HoldOn.DRAFT:
            draft = session.get(Draft, one)
            text = drafts.current_revision(session, draft).text if draft is not None else ""
            return Shown(
                hold,
                kind,
                (text or "no longer kept")[:80],
                url_for("drafts.one", draft_id=one) if text else "",
            )
        case HoldOn.THREAD:
            post = session.get(WatchedPost, one)
            return Shown(hold, kind, (post.text if post else "")[:80] or "a post", post.url if post else "")
        case HoldOn.ENTRY:
            number = sight.number_of(session, one, viewer)
            return None if number is None else Shown(hold, kind, f"Entry {number}", "")
        case HoldOn.FORM:
            entry = session.get(FormEntry, one)
            if entry is None or (entry.about_headteacher and _is_head(viewer)):
                return None
            opens = forms.may_see(session, entry, viewer)
            address = url_for("policy_forms.entry", entry_id=one) if opens else ""
            return Shown(hold, kind, forms.FORMS[entry.kind].filed_as, address)
