"""What people do on the platforms themselves since no program can, or what failed: tasks to tick off."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import actions, chain
from moderation.models import ActKind, ActState, Comment, PlatformAct
from moderation.moves import ACT_MOVES, check
from school.errors import MoveNotAllowed
from school.models import Account, AccountState, Person

_CLOSED = "The account was closed, so Schoolgate can't reach it. Do it there, then tick it off."


def tick_off(session: Session, act_id: UUID, *, by: Person, now: datetime) -> PlatformAct:
    """A person did it on the platform themselves. Raises NotFound, MoveNotAllowed."""
    chain.lock(session)
    row = actions.for_update(session, act_id)
    if row.state is ActState.WITHDRAWN:
        raise MoveNotAllowed(
            "This need not be done any more: it was taken back before you ticked it off. If you have done it "
            "on the platform, undo it there."
        )
    check(ACT_MOVES, row.state, ActState.DONE, "task")
    actions.took_effect(session, row, gone=False, now=now)
    actions.finish(session, row, ActState.DONE, by=by, answer="Done by hand.", now=now)
    return row


def try_again(session: Session, act_id: UUID, *, by: Person, now: datetime) -> PlatformAct:
    """Try once more what failed. Raises NotFound, MoveNotAllowed.

    For an answer whose fate is unknown this is the person's word that it isn't there.
    """
    row = actions.for_update(session, act_id)
    actions.move(session, row, ActState.REQUESTED, by=by, answer=row.answer, now=now)
    row.next_try_at, row.attempts, row.sent_at, row.finished_at = now, 0, None, None
    return row


def tick_what_shows(session: Session, account_id: UUID, *, now: datetime) -> int:
    """Tick off the hand tasks on comments whose effect the platform shows by now; how many."""
    seen_done = sa.or_(
        sa.and_(PlatformAct.kind == ActKind.HIDE, sa.or_(Comment.hidden, Comment.gone_at.is_not(None))),
        sa.and_(PlatformAct.kind == ActKind.UNHIDE, ~Comment.hidden),
        sa.and_(PlatformAct.kind == ActKind.DELETE, Comment.gone_at.is_not(None)),
    )
    query = (
        sa.select(PlatformAct)
        .join(Comment, Comment.id == PlatformAct.comment_id)
        .where(PlatformAct.account_id == account_id, PlatformAct.state == ActState.BY_HAND, seen_done)
    )
    return tick_seen(session, list(session.scalars(query)), now=now)


def tick_seen(session: Session, rows: list[PlatformAct], *, now: datetime) -> int:
    """Tick off hand tasks whose effect was seen on the platform; how many."""
    if not rows:
        return 0
    chain.lock(session)
    # One of them may have been ticked off or taken back at this moment.
    waiting = (
        sa.select(PlatformAct)
        .where(PlatformAct.id.in_([row.id for row in rows]), PlatformAct.state == ActState.BY_HAND)
        .order_by(PlatformAct.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = list(session.scalars(waiting))
    for row in found:
        actions.finish(session, row, ActState.DONE, by=None, answer="Seen on the platform.", now=now)
    return len(found)


def follower_tasks(session: Session) -> list[PlatformAct]:
    """What people have to do about followers on the platforms, or what failed, oldest first."""
    query = (
        sa.select(PlatformAct)
        .where(
            PlatformAct.state.in_((ActState.BY_HAND, ActState.FAILED)), PlatformAct.follower_id.is_not(None)
        )
        .order_by(PlatformAct.requested_at, PlatformAct.id)
        .limit(500)
    )
    return list(session.scalars(query))


def hand_over_closed(session: Session, *, now: datetime) -> int:
    """What is to be done on an account that was closed is a person's task; how many there were."""
    waiting = (
        sa.select(PlatformAct)
        .join(Account, Account.id == PlatformAct.account_id)
        .where(PlatformAct.state == ActState.REQUESTED, Account.state == AccountState.CLOSED)
    )
    if session.scalar(waiting.with_only_columns(PlatformAct.id).limit(1)) is None:
        return 0
    chain.lock(session)
    found = list(session.scalars(waiting.with_for_update(of=PlatformAct)))
    for row in found:
        actions.finish(session, row, ActState.BY_HAND, by=None, answer=_CLOSED, now=now)
    return len(found)
