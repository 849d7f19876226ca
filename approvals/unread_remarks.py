"""What was said or decided about a draft and not read yet by the other side.

A draft keeps up to when its author, and up to when those who decide, have read its conversation.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import drafts
from approvals.models import ApprovalDecision, Draft, DraftRemark
from approvals.sight import check_seen
from approvals.states import DraftState
from school import people
from school.models import Person

SHOWN_FOR = timedelta(days=14)
"""Nobody is reminded for longer of what they haven't read."""


def said(session: Session, person: Person, *, now: datetime) -> list[UUID]:
    """The drafts in which the other side said something last that the person hasn't read, newest first.

    For an author what was asked about their drafts; for whoever decides what an author answered where they
    had said or decided something before.
    """
    newest = (DraftRemark.at.desc(), DraftRemark.id.desc())
    here = (DraftRemark.draft_id == Draft.id, DraftRemark.takedown.is_(None))
    last_at = sa.select(DraftRemark.at).where(*here).order_by(*newest).limit(1).scalar_subquery()
    last_by = sa.select(DraftRemark.author_id).where(*here).order_by(*newest).limit(1).scalar_subquery()
    # Few drafts are talked about at a time: only of those is it looked for who said what last.
    talked_about = sa.select(DraftRemark.draft_id).where(DraftRemark.at >= now - SHOWN_FOR)
    query = (
        sa.select(Draft)
        .where(
            Draft.id.in_(talked_about),
            Draft.thrown_away_at.is_(None),
            last_at >= now - SHOWN_FOR,
            last_by != person.id,
        )
        .order_by(last_at.desc(), Draft.id)
    )
    mine = query.where(
        Draft.author_id == person.id, sa.or_(Draft.author_read_at.is_(None), last_at > Draft.author_read_at)
    )
    spoke = sa.select(DraftRemark.id).where(
        DraftRemark.draft_id == Draft.id, DraftRemark.author_id == person.id
    )
    decided = sa.select(ApprovalDecision.id).where(
        ApprovalDecision.draft_id == Draft.id, ApprovalDecision.approver_id == person.id
    )
    answered = query.where(
        Draft.author_id == last_by,
        sa.or_(spoke.exists(), decided.exists()),
        sa.or_(Draft.deciders_read_at.is_(None), last_at > Draft.deciders_read_at),
    )
    to_decide = [
        draft
        for draft in session.scalars(answered)
        if people.may_approve(session, person, author_id=draft.author_id, now=now)
    ]
    return [draft.id for draft in [*session.scalars(mine), *to_decide]]


def rejected(session: Session, author: Person, *, now: datetime) -> Sequence[UUID]:
    """The author's drafts that were rejected and whose reason they haven't read, the last first."""
    query = (
        sa.select(Draft.id)
        .join(ApprovalDecision, ApprovalDecision.draft_id == Draft.id)
        .where(
            Draft.author_id == author.id,
            Draft.state == DraftState.REJECTED,
            Draft.thrown_away_at.is_(None),
        )
        .group_by(Draft.id)
        .having(
            sa.func.max(ApprovalDecision.decided_at) >= now - SHOWN_FOR,
            sa.or_(
                Draft.author_read_at.is_(None),
                sa.func.max(ApprovalDecision.decided_at) > Draft.author_read_at,
            ),
        )
        .order_by(sa.func.max(ApprovalDecision.decided_at).desc())
    )
    return session.scalars(query).all()


def unread(session: Session, draft: Draft, person: Person, *, now: datetime) -> bool:
    """Whether the person has something to read on a draft's page."""
    return draft.id in said(session, person, now=now) or draft.id in rejected(session, person, now=now)


def read(session: Session, draft_id: UUID, *, by: Person, now: datetime) -> Draft:
    """Note that the person has read what was said and decided. Raises NotFound for who may not see it.

    Of whoever may merely look nothing is kept: it is the author's and the deciders' conversation.
    """
    draft = drafts.locked(session, draft_id)
    check_seen(session, draft, by=by, now=now)
    if draft.author_id == by.id:
        draft.author_read_at = now
    elif people.may_approve(session, by, author_id=draft.author_id, now=now):
        draft.deciders_read_at = now
    return draft
