"""After a restore: nothing that may have gone out since the backup goes out before it has been looked for."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import drafts, publishing, submissions
from approvals.models import Draft, DraftRevision, Publication
from approvals.moves import move_draft
from approvals.states import Actor, DraftState, PublicationState
from school.times import say


def settle(session: Session, *, made_at: datetime, now: datetime) -> dict[str, int]:
    """Set right what the backup of `made_at` can't know.

    What was scheduled is looked for on the account first (`approvals.reconciling`): found, it is
    adopted; not there, it goes out as planned. What a person was to decide on needs their word
    that they looked. A draft that waited for approval and whose time has come goes back to its
    author: it may have been approved and published.
    """
    since = f"Everything was restored from a backup of {say(made_at)}."
    scheduled = session.scalars(
        sa.select(Publication).where(Publication.state == PublicationState.SCHEDULED)
    ).all()
    for publication in scheduled:
        publishing.look_first(session, publication, since=made_at, why=since, now=now)
    for publication in session.scalars(
        sa.select(Publication).where(
            Publication.state.in_((PublicationState.HELD, PublicationState.FAILED)),
            Publication.unknown_since.is_(None),
        )
    ):
        publication.unknown_since = made_at
        said = f"{publication.problem or ''} {since} It may have been posted since then."
        publication.problem = said.strip()
    for publication in session.scalars(
        sa.select(Publication).where(Publication.state == PublicationState.PUBLISHING)
    ):
        # Whether its worker sent it after the backup, no mark in the backup tells.
        publication.lease_id = publication.lease_until = None
        publishing.mark_unknown(session, publication, since, now=now)
    returned = _give_back(session, since, now=now)
    return {"posts_to_look_for": len(scheduled), "drafts_given_back": returned}


def _give_back(session: Session, since: str, *, now: datetime) -> int:
    overdue = session.scalars(
        sa.select(Draft.id)
        .join(
            DraftRevision,
            sa.and_(DraftRevision.draft_id == Draft.id, DraftRevision.number == Draft.revision_number),
        )
        .where(Draft.state == DraftState.SUBMITTED, DraftRevision.planned_at <= now)
    ).all()
    for draft_id in overdue:
        draft = drafts.locked(session, draft_id)
        said = (
            f"{since} Whether this draft was approved and published since then isn't known: look at the "
            "accounts before you hand it in again."
        )
        submission = submissions.open_submission(session, draft)
        if submission is not None:
            submissions.end(session, submission, said, now=now)
        move_draft(session, draft, DraftState.DRAFT, actor=Actor.PRODUCT, by=None, reason=said, now=now)
    return len(overdue)
