"""Who may see a draft. To everybody else it is as if there were none."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from approvals.models import Draft
from school import people
from school.errors import NotFound
from school.models import Person
from school.permissions import Action, may

NO_SUCH = "There is no such draft, or you may not see it."


def may_see(session: Session, draft: Draft, *, by: Person, now: datetime) -> bool:
    """Whether the draft is the person's own, or theirs to see by role or as a deputy."""
    return (
        draft.author_id == by.id
        or may(by, Action.SEE_ALL_DRAFTS)
        or people.may_approve(session, by, author_id=draft.author_id, now=now)
    )


def check_seen(session: Session, draft: Draft, *, by: Person, now: datetime) -> None:
    """Raise NotFound, as for a draft that doesn't exist, unless the person may see it."""
    if not may_see(session, draft, by=by, now=now):
        raise NotFound(NO_SUCH)
