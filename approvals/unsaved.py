"""Keeping what somebody writes while they write it, for when the browser or the machine goes away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals.models import UnsavedDraft
from school.errors import BadInput
from school.models import Person
from school.permissions import Action, require

FOR = timedelta(days=14)
"""How long it is kept unless the DPO says otherwise: whoever wanted it has come back by then."""
CHARACTERS_MAX = 500_000
FIELDS_MAX = 500


def keep(
    session: Session, draft_id: UUID | None, fields: Sequence[tuple[str, str]], *, by: Person, now: datetime
) -> None:
    """Keep a form as it is now in place of what was kept of it before.

    The caller has checked that the draft is the person's. Raises BadInput for more than any form holds.
    """
    require(by, Action.WRITE_DRAFTS)
    if len(fields) > FIELDS_MAX or sum(len(name) + len(value) for name, value in fields) > CHARACTERS_MAX:
        raise BadInput(
            f"More than {CHARACTERS_MAX:,} characters can't be kept while they are written: save the draft."
        )
    drop(session, draft_id, by=by)
    session.add(
        UnsavedDraft(
            person_id=by.id, draft_id=draft_id, fields=[list(field) for field in fields], kept_at=now
        )
    )


def found(session: Session, draft_id: UUID | None, *, by: Person) -> UnsavedDraft | None:
    """What the person last wrote of a draft, or of a new one, and did not save."""
    return session.scalar(
        sa.select(UnsavedDraft).where(*_of(draft_id, by)).order_by(UnsavedDraft.kept_at.desc()).limit(1)
    )


def drop(session: Session, draft_id: UUID | None, *, by: Person) -> None:
    """Forget it: it was saved, or isn't wanted."""
    session.execute(sa.delete(UnsavedDraft).where(*_of(draft_id, by)))


def _of(draft_id: UUID | None, by: Person) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return UnsavedDraft.person_id == by.id, UnsavedDraft.draft_id.is_not_distinct_from(draft_id)
