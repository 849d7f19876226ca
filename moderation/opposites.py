"""Acts that undo each other: where nobody has done the first, there is nothing to be done for the second.

What a platform lets no program do stands as a person's task for hours. Whoever thinks again meanwhile would
leave two tasks behind, to block somebody and to unblock them, of which both are senseless.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from moderation.models import ActKind, ActState, Comment, PlatformAct, PlatformActMove

WITHDRAWN = "Taken back before anybody did it."
FAILED_BEFORE = "Taken back after it had failed."
NOTHING_TO_DO = "There is nothing to undo: nobody had done it."

OPPOSITE: Mapping[ActKind, ActKind] = {
    ActKind.HIDE: ActKind.UNHIDE,
    ActKind.UNHIDE: ActKind.HIDE,
    ActKind.BLOCK: ActKind.UNBLOCK,
    ActKind.UNBLOCK: ActKind.BLOCK,
    ActKind.MUTE: ActKind.UNMUTE,
    ActKind.UNMUTE: ActKind.MUTE,
}
_LIFTING = frozenset({ActKind.UNHIDE, ActKind.UNBLOCK, ActKind.UNMUTE})


def untried(session: Session, act: PlatformAct, *, offered: Collection[ActKind] | None) -> list[PlatformAct]:
    """The acts opposite to this one that nobody has tried, neither a person nor a worker; they are locked.

    `offered`: what the account's platform lets the product do, None where it isn't known. An act that it does
    offer is left to the worker, which does both in their order.
    """
    if act.kind not in OPPOSITE:
        return []
    waiting = sa.and_(PlatformAct.state == ActState.REQUESTED, PlatformAct.attempts == 0)
    states = [PlatformAct.state == ActState.BY_HAND]
    if offered is not None and OPPOSITE[act.kind] not in offered:
        states.append(waiting)
    found = session.scalars(
        sa.select(PlatformAct)
        .where(
            *_same_target(act),
            PlatformAct.kind == OPPOSITE[act.kind],
            *_no_second_try(),
            sa.or_(*states),
        )
        .order_by(PlatformAct.id)
        # Ticked off or taken by a worker at this moment: then it is read as it is afterwards.
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(found)


def failed(session: Session, act: PlatformAct) -> list[PlatformAct]:
    """The acts opposite to this one that failed, locked: nobody may have them tried again after it."""
    if act.kind not in OPPOSITE:
        return []
    found = session.scalars(
        sa.select(PlatformAct)
        .where(
            *_same_target(act),
            PlatformAct.kind == OPPOSITE[act.kind],
            PlatformAct.state == ActState.FAILED,
        )
        .order_by(PlatformAct.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(found)


def to_be_shown(session: Session, comment: Comment) -> bool:
    """Whether a comment is to be seen when everything that was asked for is done."""
    last = session.scalar(
        sa.select(PlatformAct.kind)
        .where(
            PlatformAct.comment_id == comment.id,
            PlatformAct.kind.in_((ActKind.HIDE, ActKind.UNHIDE)),
            PlatformAct.state.in_((ActState.REQUESTED, ActState.DOING, ActState.BY_HAND)),
        )
        .order_by(PlatformAct.id.desc())
        .limit(1)
    )
    return not comment.hidden if last is None else last is ActKind.UNHIDE


def asked_after(session: Session, row: PlatformAct) -> PlatformAct | None:
    """The opposite of an act that nobody could do, asked for while it was tried for the first time."""
    if row.kind not in OPPOSITE:
        return None
    tried = aliased(PlatformAct)
    return session.scalar(
        sa.select(PlatformAct)
        .where(
            *_same_target(row),
            PlatformAct.kind == OPPOSITE[row.kind],
            PlatformAct.state == ActState.REQUESTED,
            PlatformAct.attempts == 0,
            PlatformAct.id > row.id,
            # Of the act that was tried.
            sa.select(tried.id).where(tried.id == row.id, *_no_second_try(tried)).exists(),
        )
        .order_by(PlatformAct.id.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def asked_since(act: type[PlatformAct], states: Collection[ActState]) -> sa.ColumnElement[bool]:
    """Whether the opposite of an act was asked for after it and stands in one of these states."""
    later = aliased(PlatformAct)
    pairs = [sa.and_(act.kind == one, later.kind == other) for one, other in OPPOSITE.items()]
    return (
        sa.select(later.id)
        .where(
            later.account_id == act.account_id,
            later.target_platform_id == act.target_platform_id,
            later.id > act.id,
            later.state.in_(states),
            sa.or_(*pairs),
        )
        .exists()
    )


def _no_second_try(act: type[PlatformAct] = PlatformAct) -> list[sa.ColumnElement[bool]]:
    """That an act was tried once at most: an earlier try may have had an effect that nobody heard of.

    Whoever lets a failed act be tried again begins its count anew, so its moves are asked as well.
    """
    ended = sa.select(PlatformActMove.id).where(
        PlatformActMove.act_id == act.id,
        PlatformActMove.old == ActState.DOING,
        PlatformActMove.new.in_((ActState.REQUESTED, ActState.FAILED)),
    )
    return [act.attempts <= 1, ~ended.exists()]


def is_so(session: Session, act: PlatformAct) -> bool:
    """Whether what this act asks for is the case already, as far as everything that stands beside it tells.

    Somebody may have been blocked for something else before: then the block is to be lifted all the same.
    """
    if act.comment_id is not None:
        hidden = session.scalar(sa.select(Comment.hidden).where(Comment.id == act.comment_id))
        if hidden is not (act.kind is ActKind.HIDE):
            return False
    query = (
        sa.select(PlatformAct)
        .where(
            *_same_target(act),
            PlatformAct.kind.in_((act.kind, OPPOSITE[act.kind])),
            # What failed before it was withdrawn may have had an effect that nobody heard of.
            sa.or_(PlatformAct.state != ActState.WITHDRAWN, _had_failed()),
        )
        .order_by(PlatformAct.id.desc())
        .limit(1)
    )
    if act.id is not None:
        query = query.where(PlatformAct.id != act.id)
    before = session.scalar(query)
    if act.kind in _LIFTING:
        without_effect = {ActState.FAILED, ActState.WITHDRAWN}
        return before is None or (before.kind is act.kind and before.state not in without_effect)
    return before is not None and before.kind is act.kind and before.state is ActState.DONE


def _had_failed() -> sa.ColumnElement[bool]:
    moved = sa.select(PlatformActMove.id).where(
        PlatformActMove.act_id == PlatformAct.id, PlatformActMove.new == ActState.FAILED
    )
    return moved.exists()


def _same_target(act: PlatformAct) -> list[sa.ColumnElement[bool]]:
    same = [PlatformAct.account_id == act.account_id]
    if act.comment_id is not None:
        # An edit may have given the comment another id on its platform since.
        return [*same, PlatformAct.comment_id == act.comment_id]
    same.append(PlatformAct.target_platform_id == act.target_platform_id)
    if not act.target_platform_id:
        same += [PlatformAct.entry_id == act.entry_id, PlatformAct.follower_id == act.follower_id]
    return same
