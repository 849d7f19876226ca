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
NEW_MOST = 20
"""New posts of one person that are kept unsaved at once."""


def keep(
    session: Session, draft_id: UUID | None, fields: Sequence[tuple[str, str]], *, by: Person, now: datetime
) -> None:
    """Keep a form as it is now in place of what was kept of it before, under the same id.

    Several new posts are told apart by the id that each form begins with, its field `begins`. The caller
    has checked that the draft is the person's. Raises BadInput for more than any form holds, and for more
    new posts than are kept.
    """
    require(by, Action.WRITE_DRAFTS)
    if len(fields) > FIELDS_MAX or sum(len(name) + len(value) for name, value in fields) > CHARACTERS_MAX:
        raise BadInput(
            f"More than {CHARACTERS_MAX:,} characters can't be kept while they are written: save the draft."
        )
    # Two tabs may keep one form at once; what refers to a person, a sign-in say, goes on meanwhile.
    session.execute(sa.select(Person.id).where(Person.id == by.id).with_for_update(key_share=True))
    values = [list(field) for field in fields]
    before = found(session, draft_id, by=by) if draft_id is not None else _same_form(session, fields, by=by)
    if before is not None:
        again = (
            sa.update(UnsavedDraft)
            .where(UnsavedDraft.id == before.id)
            .values(fields=values, kept_at=now)
            .returning(UnsavedDraft.id)
        )
        if session.scalar(again) is not None:
            return
        # It was saved or thrown away in this moment.
    elif draft_id is None and len(of_new(session, by=by)) >= NEW_MOST:
        raise BadInput(
            f"You began {NEW_MOST} posts and saved none of them, so this one can't be kept while you write: "
            "save it now, or save the others or throw them away."
        )
    session.add(UnsavedDraft(person_id=by.id, draft_id=draft_id, fields=values, kept_at=now))


def found(session: Session, draft_id: UUID, *, by: Person) -> UnsavedDraft | None:
    """What the person last wrote of a draft and did not save."""
    return session.scalar(
        sa.select(UnsavedDraft).where(*_of(draft_id, by)).order_by(UnsavedDraft.kept_at.desc()).limit(1)
    )


def of_new(session: Session, *, by: Person) -> list[UnsavedDraft]:
    """The new posts that the person began and did not save, the last first."""
    return list(
        session.scalars(
            sa.select(UnsavedDraft)
            .where(*_of(None, by))
            .order_by(UnsavedDraft.kept_at.desc(), UnsavedDraft.id.desc())
        )
    )


def of_drafts(session: Session, *, by: Person) -> list[UnsavedDraft]:
    """What the person wrote of drafts that are saved, and did not save, the last first."""
    return list(
        session.scalars(
            sa.select(UnsavedDraft)
            .where(UnsavedDraft.person_id == by.id, UnsavedDraft.draft_id.is_not(None))
            .order_by(UnsavedDraft.kept_at.desc(), UnsavedDraft.id.desc())
        )
    )


def drop(session: Session, draft_id: UUID | None, *, by: Person, begins: str = "") -> None:
    """Forget it: it was saved, or isn't wanted. `begins`: which new post, where it is one."""
    if draft_id is not None:
        session.execute(sa.delete(UnsavedDraft).where(*_of(draft_id, by)))
        return
    for one in of_new(session, by=by):
        if begins_with(one.fields) == begins:
            session.delete(one)
    # What is kept next, or counted, must not meet it.
    session.flush()


def _same_form(session: Session, fields: Sequence[Sequence[str]], *, by: Person) -> UnsavedDraft | None:
    """What was kept before of the same form of a new post."""
    begins = begins_with(fields)
    return next((one for one in of_new(session, by=by) if begins_with(one.fields) == begins), None)


def begins_with(fields: Sequence[Sequence[str]]) -> str:
    """The id that a form of a new post begins with, as it came; empty where it has none."""
    return next((value for name, value in fields if name == "begins"), "")


def _of(draft_id: UUID | None, by: Person) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return UnsavedDraft.person_id == by.id, UnsavedDraft.draft_id.is_not_distinct_from(draft_id)
