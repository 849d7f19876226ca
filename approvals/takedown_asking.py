"""Asking those who may for a post to be taken down, and their answer that it stays (P12, P25).

The asking and the answer are remarks of the conversation beside the draft. It waits until the post is down
everywhere, or being taken down, or somebody says that it stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from approvals import approval_mail, drafts, remarks
from approvals.mail_subjects import known_by
from approvals.models import Draft, DraftRemark, Publication, Takedown
from approvals.models.composing import TAKEDOWN_ASKED, TAKEDOWN_STAYS
from approvals.sight import check_seen, may_see
from approvals.states import PublicationState
from school import people
from school.errors import MoveNotAllowed
from school.models import Person, Role
from school.permissions import Action, may, require

_SEEN = (
    sa.select(Publication.id)
    .where(
        Publication.draft_id == Draft.id,
        Publication.state == PublicationState.PUBLISHED,
        ~sa.select(Takedown.id).where(Takedown.publication_id == Publication.id).exists(),
    )
    .exists()
)
"""Whether a draft's post is out on an account, and nobody has it taken down there."""


def may_ask(session: Session, draft: Draft, *, by: Person, now: datetime) -> bool:
    """Whoever may see the draft and can't take its post down themselves, while there is something to."""
    if may(by, Action.HOLD_PUBLICATIONS) or not may_see(session, draft, by=by, now=now):
        return False
    return _out(session, draft) and waiting(session, draft) is None


def waiting(session: Session, draft: Draft) -> DraftRemark | None:
    """The asking that nobody has answered; None where there is none, or the post is taken down."""
    said = of(session, draft)
    return said[-1] if said and said[-1].takedown == TAKEDOWN_ASKED and _out(session, draft) else None


def answered(session: Session, draft: Draft) -> tuple[DraftRemark, DraftRemark] | None:
    """The last asking and the answer that the post stays; None where nothing was asked, or not answered."""
    said = of(session, draft)
    if len(said) < 2 or said[-1].takedown != TAKEDOWN_STAYS:
        return None
    return said[-2], said[-1]


def of(session: Session, draft: Draft) -> list[DraftRemark]:
    """Every asking that the post be taken down and every answer that it stays, oldest first."""
    query = (
        sa.select(DraftRemark)
        .where(DraftRemark.draft_id == draft.id, DraftRemark.takedown.is_not(None))
        .order_by(DraftRemark.at, DraftRemark.id)
    )
    return list(session.scalars(query))


def all_waiting(session: Session, person: Person) -> list[UUID]:
    """The drafts about which somebody asked so, oldest asking first, for those who can take a post down."""
    if not may(person, Action.HOLD_PUBLICATIONS):
        return []
    last = aliased(DraftRemark)
    newest = (
        sa.select(last.takedown)
        .where(last.draft_id == Draft.id, last.takedown.is_not(None))
        .order_by(last.at.desc(), last.id.desc())
        .limit(1)
        .correlate(Draft)
        .scalar_subquery()
    )
    query = (
        sa.select(Draft.id)
        .join(DraftRemark, DraftRemark.draft_id == Draft.id)
        .where(DraftRemark.takedown == TAKEDOWN_ASKED, newest == TAKEDOWN_ASKED, _SEEN)
        .group_by(Draft.id)
        .order_by(sa.func.max(DraftRemark.at))
    )
    return list(session.scalars(query))


def ask(session: Session, draft_id: UUID, *, reason: str, by: Person, now: datetime) -> DraftRemark:
    """Ask for a post to be taken down; those who decide get it by e-mail. Asked twice is once.

    Raises NotFound for who may not see the draft, MoveNotAllowed when it is not out or they can take it
    down themselves, BadInput without a reason.
    """
    draft = drafts.locked(session, draft_id)
    check_seen(session, draft, by=by, now=now)
    if (already := waiting(session, draft)) is not None:
        return already
    if may(by, Action.HOLD_PUBLICATIONS):
        raise MoveNotAllowed("You may take it down yourself: press “Take it down”.")
    if not _out(session, draft):
        raise MoveNotAllowed("This post is not to be seen, or is being taken down already.")
    remark = remarks.keep(session, draft, text=reason, field="why", by=by, takedown=TAKEDOWN_ASKED, now=now)
    revision = drafts.current_revision(session, draft)
    approval_mail.tell(
        session,
        _who_can(session, draft, by=by, now=now),
        draft_id=draft.id,
        subject=f"{by.name} asks for a post to be taken down: {known_by(session, revision)}",
        sentences=[
            f"The reason: {remark.text}",
            "It stays out until you take it down. On the draft's page you do that, or answer that it stays.",
        ],
        purpose="takedown_asked",
        now=now,
    )
    return remark


def stays(session: Session, draft_id: UUID, *, reason: str, by: Person, now: datetime) -> DraftRemark:
    """Answer that a post stays, with the reason; who asked and its author get it by e-mail.

    Raises NotPermitted, BadInput without a reason, MoveNotAllowed where nobody waits for an answer.
    """
    require(by, Action.HOLD_PUBLICATIONS)
    draft = drafts.locked(session, draft_id)
    check_seen(session, draft, by=by, now=now)
    asked = waiting(session, draft)
    if asked is None:
        raise MoveNotAllowed("Nobody waits for this answer: it was given already, or the post is taken down.")
    remark = remarks.keep(session, draft, text=reason, field="why", by=by, takedown=TAKEDOWN_STAYS, now=now)
    approval_mail.tell(
        session,
        [one for one in (asked.author, draft.author) if one.id != by.id],
        draft_id=draft.id,
        subject=f"The post stays: {known_by(session, drafts.current_revision(session, draft))}",
        sentences=[
            f"{by.name} was asked to take it down and answers that it stays: {remark.text}",
            "You can say more in the conversation on the draft's page.",
        ],
        purpose="takedown_refused",
        now=now,
    )
    return remark


def _out(session: Session, draft: Draft) -> bool:
    return session.scalar(sa.select(Draft.id).where(Draft.id == draft.id, _SEEN)) is not None


def _who_can(session: Session, draft: Draft, *, by: Person, now: datetime) -> Sequence[Person]:
    """Those who would be asked to approve it, as far as they can take it down; else all who can."""
    asked = people.approvers(session, author_id=draft.author_id, now=now)
    able = [one for one in asked if may(one, Action.HOLD_PUBLICATIONS)]
    return able or [one for one in people.holders(session, Role.HEADTEACHER, Role.SLT) if one.id != by.id]
