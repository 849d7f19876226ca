"""What may be an allegation against the headteacher, before anybody has said so (P3).

A concern about the headteacher goes past the headteacher to the chair of governors. Whether a comment is one
is a person's judgement: this only keeps the headteacher from being the first who is called about it, and has
the others asked. It marks nothing and hides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation.classifier.normalise import readings, well_formed
from moderation.classifier.personal_data import names_anybody_of
from moderation.models import Comment, EventKind, LogEntry, LogEvent
from school import people
from school.models import Person, Role

_ALLEGATIONS = frozenset({"by_staff", "disclosure", "contact", "meeting", "manual"})
"""Worries about what somebody did, by their labels: of self-harm nobody is accused."""

_DID = (
    "has|had|did|is|was|hit|hits|grabbed|pushed|shoved|shouted|screamed|slapped|smacked|shook|locked|touched|"
    "dragged|pulled|threw|hurt|kicked|pinned|held|made|left|keeps|bullied|bullies|frightened|ignored"
)
_TITLE = re.compile(
    r"\b(?:head ?-?teachers?|head ?-?masters?|head ?-?mistress(?:es)?|principal|"
    r"head of (?:the |your )?school|"
    rf"(?<!\bon )(?<!\bin )(?<!\bto )(?:the|your) head (?:{_DID}))\b"
)
_ONLY_TOLD = re.compile(
    r"\b(?:told|tell|telling|tells|spoke (?:to|with)|speak(?:ing)? (?:to|with)|informed?|inform(?:ing)?|"
    r"report(?:ed|ing)?(?: \w+)? to|ask(?:ed|ing)?|e-?mail(?:ed)?|rang|ring|wrote to|complain(?:ed)? to|"
    r"went to|going to|thank(?:s|ed)?(?: you)?(?: to)?)(?: (?:the|our|your|my|his|her|a))?\s*$"
)
"""Before the headteacher's title: they were told of it, and aren't who did it."""
_BEFORE = 80
"""Characters in which that stands."""
_SURNAME_LEAST = 4
_DEED = re.compile(
    r"\b(?:she|he|they|who|(?:mrs?|ms|miss|dr)\.? [\w'’-]+|head ?-?teacher|headmistress|headmaster|head),?"
    r"(?: (?!should|deserve|need|will\b|would|must|going|gonna|want|be\b)[\w'’-]+,?){0,5}"
    r" (?:hit|slapped|smacked|grabbed|pushed|shoved|shouted|screamed|shook|locked|dragged|pulled|threw|"
    r"kicked|pinned|bullied|frightened|touched)\b"
)
"""Somebody did something to somebody. The model takes the telling of it for a threat, too."""


def may_be_about(session: Session, entries: Iterable[LogEntry]) -> frozenset[UUID]:
    """Those of these entries that read as an allegation in which the headteacher is named or meant.

    Judged by the text as first seen and as it stands now, with every reason that was found in either.
    """
    readable = [one for one in entries if one.erased_at is None]
    names = tuple(person.name for person in people.holders(session, Role.HEADTEACHER))
    if not readable or not names:
        return frozenset()
    ids = [one.id for one in readable]
    later: dict[UUID, list[Mapping[str, Any]]] = {}
    for start in range(0, len(ids), 500):
        for entry_id, detail in session.execute(
            sa.select(LogEvent.entry_id, LogEvent.detail).where(
                LogEvent.entry_id.in_(ids[start : start + 500]),
                LogEvent.kind.in_((EventKind.EDITED, EventKind.SCORED_AGAIN)),
            )
        ):
            later.setdefault(entry_id, []).append(detail)
    found = set()
    for entry in readable:
        reasons = [*entry.reasons, *(one for detail in later.get(entry.id, ()) for one in _reasons(detail))]
        # A threat in so many words is one, whoever is named; by its score alone it may be a parent's account.
        scored = not any(one.get("kind") == "threat" and one.get("label") != "threat" for one in reasons)
        worry = any(one.get("kind") == "safeguarding" and one.get("label") in _ALLEGATIONS for one in reasons)
        told = scored and any(one.get("kind") == "threat" for one in reasons)
        if not worry and not told:
            continue
        texts = {entry.text, *(str(detail.get("text", "")) for detail in later.get(entry.id, ()))}
        if entry.comment_id is not None and (comment := session.get(Comment, entry.comment_id)):
            texts.add(comment.text)
        if any(means_head(text, names) and (worry or tells(text)) for text in texts if text):
            found.add(entry.id)
    return frozenset(found)


def _reasons(detail: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return detail.get("reasons") or ()


def tells(text: str) -> bool:
    """Whether a text tells of somebody who did something to somebody."""
    return any(_DEED.search(" ".join(reading.lower().split())) for reading in readings(well_formed(text)))


def means_head(text: str, names: tuple[str, ...]) -> bool:
    """Whether a text names one of these headteachers, or speaks of the headteacher as who did something."""
    read = well_formed(text)
    if names_anybody_of(read, names):
        return True
    for reading in readings(read):
        small = " ".join(reading.lower().split())
        if any(_surname(name, small) for name in names):
            return True
        for match in _TITLE.finditer(small):
            if not _ONLY_TOLD.search(small[max(0, match.start() - _BEFORE) : match.start()]):
                return True
    return False


def _surname(name: str, small: str) -> bool:
    family = name.split()[-1].lower() if name.split() else ""
    return len(family) >= _SURNAME_LEAST and bool(re.search(rf"\b{re.escape(family)}\b", small))


def first_called(entry_id: UUID, may_know: Sequence[Person], suspects: Collection[UUID]) -> list[Person]:
    """Whom to call about an entry first: past the headteacher, where it may be about their conduct.

    The headteacher is called all the same where there is nobody else, so that it never goes unseen. One of
    the others is always told at once (`school.notices.in_force`).
    """
    others = [person for person in may_know if Role.HEADTEACHER not in person.roles]
    return others if entry_id in suspects and others else list(may_know)
