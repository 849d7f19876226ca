"""The school's letters as templates with placeholders from a closed list (P20)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import own_words
from moderation.models import LetterTemplate
from school import audit
from school.db import new_id, storable
from school.errors import BadInput, NotFound
from school.models import Person
from school.permissions import Action, require

BODY_MAX = 6000
TEMPLATES_MAX = 30

PLACEHOLDERS: Mapping[str, str] = {
    "reader": "to whom the letter goes",
    "date": "the day on which it is issued",
    "school": "the school’s name",
    "platform": "where it was written, such as Facebook",
    "comment": "what was written, word for word",
    "comment_date": "the day on which it was written",
    "meeting_date": "the day of the meeting that was asked for on the entry",
    "signed_by": "who issues the letter",
    "role": "what they are at the school",
}
"""Everything that a template can leave open. Nothing else about an entry gets into a letter by itself."""

_BLANK = re.compile(r"\[write [^\[\]]*\]")


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it is in force."""

    key: str
    name: str
    body: str


def _default(key: str) -> Template:
    file = Path(__file__).parent / "data" / "letters" / f"{key}.txt"
    name, _, body = file.read_text(encoding="utf-8").partition("\n")
    return Template(key, name, body.strip())


DEFAULTS = tuple(_default(key) for key in ("warning", "meeting", "access", "referral"))
"""What a school begins with, to be adapted; one that the school changed stands in the database."""


REFERRAL = "referral"
"""The letter that passes a worry about a child on: to those who protect children, not to who wrote (P3)."""


def templates(session: Session) -> list[Template]:
    """The templates in force: those that the school wrote, and the first ones that it left as they were."""
    rows = list(session.scalars(sa.select(LetterTemplate).order_by(LetterTemplate.name)))
    known = {row.key: row for row in rows}
    found = [
        Template(one.key, known[one.key].name, known[one.key].body) if one.key in known else one
        for one in DEFAULTS
        if one.key not in known or known[one.key].retired_at is None
    ]
    first = {one.key for one in DEFAULTS}
    return found + [
        Template(row.key, row.name, row.body)
        for row in rows
        if row.key not in first and row.retired_at is None
    ]


def get(session: Session, key: str) -> Template:
    """One template. Raises NotFound."""
    for one in templates(session):
        if one.key == key:
            return one
    raise NotFound("There is no such template of a letter.")


def save(
    session: Session, key: str | None, *, name: str, body: str, by: Person, now: datetime
) -> LetterTemplate:
    """Change a template, or with `key` None make a new one.

    Raises BadInput that names the field, and every placeholder that there isn't; NotFound.
    """
    require(by, Action.SET_LETTERS)
    before = templates(session)
    if key is not None and key not in {one.key for one in before}:
        raise NotFound("There is no such template of a letter.")
    title = own_words.checked_name(name, key, before, one="a template", many="templates", most=TEMPLATES_MAX)
    words = storable(body.replace("\r\n", "\n").strip())
    check_body(words)
    row = session.scalar(sa.select(LetterTemplate).where(LetterTemplate.key == key)) if key else None
    if row is None:
        row = LetterTemplate(key=key or str(new_id()), name="", body="", changed_at=now, changed_by_id=by.id)
        session.add(row)
    row.name, row.body, row.changed_at, row.changed_by_id, row.retired_at = title, words, now, by.id, None
    _record(session, "letter_template_saved", row.key, by=by, now=now)
    return row


def retire(session: Session, key: str, *, by: Person, now: datetime) -> None:
    """No longer offer a template. Letters that were made from it stay. Raises NotFound."""
    require(by, Action.SET_LETTERS)
    found = get(session, key)
    row = session.scalar(sa.select(LetterTemplate).where(LetterTemplate.key == key))
    if row is None:
        row = LetterTemplate(key=key, name=found.name, body=found.body, changed_at=now, changed_by_id=by.id)
        session.add(row)
    row.retired_at, row.changed_at, row.changed_by_id = now, now, by.id
    _record(session, "letter_template_retired", key, by=by, now=now)


def check_body(body: str) -> None:
    """Raise BadInput for words that no letter can be made from."""
    if not body.strip():
        raise BadInput("The letter is empty: write what its reader will read.", field="body")
    if len(body) > BODY_MAX:
        raise BadInput(f"The letter has {len(body):,} characters: at most {BODY_MAX:,} fit.", field="body")
    own_words.check_places(body, PLACEHOLDERS)


def fill(body: str, values: Mapping[str, str]) -> str:
    """The words with each placeholder that has a value filled in; what stands in a value is never one."""
    return own_words.PLACE.sub(lambda found: values.get(found[1]) or found[0], body)


def left_open(body: str, values: Mapping[str, str]) -> list[str]:
    """The placeholders of a text that have no value."""
    return [name for name in own_words.places(body) if not values.get(name)]


def blanks(body: str) -> list[str]:
    """What a template leaves for a person to write, such as "[write it here]"."""
    return _BLANK.findall(body)


def _record(session: Session, action: str, key: str, *, by: Person, now: datetime) -> None:
    audit.record(session, by=by, action=action, object_kind="letter_template", object_id=key, now=now)
