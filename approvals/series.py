"""A repeated post and its repetitions: one wording for all that are still being written (P12, P14)."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import content, drafts
from approvals.models import Draft, DraftRevision, Submission
from approvals.states import DraftState
from school.errors import MoveNotAllowed, NotPermitted
from school.models import Person


def with_old_wording(session: Session, draft: Draft) -> list[Draft]:
    """The other drafts of a series that say what this one said before it was changed.

    Only those that are being written and were never handed in. What somebody worded by itself stays, and
    nothing is to take over what was rejected or thrown away.
    """
    if draft.series_id is None or draft.state is DraftState.REJECTED or draft.thrown_away_at is not None:
        return []
    said = list(
        session.scalars(
            sa.select(DraftRevision)
            .where(DraftRevision.draft_id == draft.id)
            .order_by(DraftRevision.number)
            .options(*drafts.WITHOUT_MEDIA)
        )
    )
    before = {_wording(one) for one in said} - {_wording(said[-1])}
    if not before:
        return []
    handed_in = sa.select(Submission.id).where(Submission.draft_id == Draft.id).exists()
    others = session.scalars(
        sa.select(Draft)
        .where(
            Draft.series_id == draft.series_id,
            Draft.id != draft.id,
            Draft.author_id == draft.author_id,
            Draft.state == DraftState.DRAFT,
            Draft.thrown_away_at.is_(None),
            sa.not_(handed_in),
        )
        .order_by(Draft.id)
    ).all()
    newest = drafts.current_revisions(session, others)
    return [one for one in others if _wording(newest[one.id]) in before]


def reword(session: Session, draft_id: UUID, *, seen: int, by: Person, now: datetime) -> list[Draft]:
    """Give those others the wording of this one, each as a new version to be signed. Says which.

    `seen`: the version whose wording is meant. Raises NotPermitted for anybody but the author,
    MoveNotAllowed where there is a newer version, and what `drafts.save` raises: then none is changed.
    """
    draft = drafts.find(session, draft_id, by=by, now=now)
    if draft.author_id != by.id:
        raise NotPermitted("Only the author of a post changes its series.")
    # In the order of ids, so that two who do the same at once wait for each other in turn.
    locked = {one.id for one in (draft, *with_old_wording(session, draft))}
    for one_id in sorted(locked):
        drafts.locked(session, one_id)
    if seen != draft.revision_number:
        raise MoveNotAllowed(
            "This draft was changed meanwhile. Look at it once more, then change the others."
        )
    said = content.of_revision(drafts.current_revision(session, draft))
    changed = []
    # Once more, now that nobody hands one in or words it anew meanwhile: that is not to be lost.
    for one in with_old_wording(session, draft):
        if one.id not in locked:
            continue
        theirs = content.of_revision(drafts.current_revision(session, one))
        new = replace(
            theirs,
            text=said.text,
            link=said.link,
            own_texts={key: text for key, text in said.own_texts.items() if key in theirs.account_ids},
            checklist=frozenset(),
            based_on=one.revision_number,
        )
        drafts.save(session, one.id, new, by=by, now=now)
        changed.append(one)
    return changed


def _wording(revision: DraftRevision) -> Hashable:
    own = {(entry.account_id, entry.own_text) for entry in revision.accounts if entry.own_text is not None}
    return revision.text, revision.link, frozenset(own)
