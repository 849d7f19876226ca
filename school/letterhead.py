"""The school's name and address as they stand at the top of letters, records and reports."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit
from school.errors import BadInput
from school.models.documents import Letterhead as LetterheadRow
from school.models.people import Person
from school.models.school import School
from school.paper import Letterhead
from school.permissions import Action, require

LINES_MAX = 8
LENGTH_MAX = 400


def current(session: Session) -> Letterhead:
    """The letterhead in force; before one was entered, the school's name and domain."""
    school = session.scalar(sa.select(School))
    row = newest(session)
    lines = f"{row.address}\n{row.contact}" if row else (school.domain if school else "")
    return Letterhead(
        school.name if school else "The school", tuple(line for line in lines.splitlines() if line.strip())
    )


def newest(session: Session) -> LetterheadRow | None:
    """What was entered last; None before anything was."""
    return session.scalar(sa.select(LetterheadRow).order_by(LetterheadRow.set_at.desc()).limit(1))


def change(session: Session, *, address: str, contact: str, by: Person, now: datetime) -> LetterheadRow:
    """Enter the address and how the school is reached. Raises BadInput, NotPermitted."""
    require(by, Action.SET_LETTERS)
    for field, words in (("address", address), ("contact", contact)):
        lines = [line.strip() for line in words.splitlines() if line.strip()]
        if field == "address" and not lines:
            raise BadInput("The address is empty: a letter needs one that can be answered to.", field=field)
        if len(lines) > LINES_MAX or len(words) > LENGTH_MAX:
            raise BadInput(
                f"This has {len(lines)} lines and {len(words)} characters: at most {LINES_MAX} lines and "
                f"{LENGTH_MAX} characters fit.",
                field=field,
            )
    row = LetterheadRow(address=_tidy(address), contact=_tidy(contact), set_at=now, set_by_id=by.id)
    session.add(row)
    # The trail names the row by its id.
    session.flush()
    audit.record(session, by=by, action="letterhead_set", object_kind="letterhead", object_id=row.id, now=now)
    return row


def _tidy(words: str) -> str:
    return "\n".join(line.strip() for line in words.splitlines() if line.strip())
