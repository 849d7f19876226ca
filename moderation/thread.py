"""What stands around a comment: what it answers, and who wrote before and after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation.models import Author, Comment, LogEntry
from moderation.sight import comment_visible_to
from school.models import Person

_AROUND = 12
"""Comments of the conversation shown beside an entry."""

Said = tuple[Comment, str]
"""A comment with its author's name; empty where the platform doesn't say."""


def answered(session: Session, comment: Comment | None, viewer: Person) -> Said | None:
    """The comment that this one answers; None where it stands directly under the post."""
    if comment is None or comment.parent_platform_id in {"", comment.post_platform_id}:
        return None
    row = session.execute(
        _said(viewer).where(
            Comment.account_id == comment.account_id, Comment.platform_id == comment.parent_platform_id
        )
    ).first()
    return (row[0], row[1] or "") if row else None


def conversation(session: Session, comment: Comment | None, viewer: Person) -> tuple[Said, ...]:
    """Comments under the same post around this one, in their order, itself among them."""
    if comment is None or not comment.post_platform_id:
        return ()
    around = _said(viewer).where(
        Comment.account_id == comment.account_id, Comment.post_platform_id == comment.post_platform_id
    )
    before = session.execute(
        around.where(Comment.created_at <= comment.created_at)
        .order_by(Comment.created_at.desc())
        .limit(_AROUND)
    ).all()
    later = session.execute(
        around.where(Comment.created_at > comment.created_at).order_by(Comment.created_at).limit(_AROUND // 2)
    ).all()
    return tuple((row[0], row[1] or "") for row in [*reversed(before), *later])


@dataclass(frozen=True, slots=True)
class Shared:
    """What of a thread may go to somebody outside, beside the comment itself (P22)."""

    answered: Said | None
    """What it answers; None where it answers nothing, or an entry of the log about somebody else."""
    answers_an_entry: bool
    rest: tuple[Said, ...]
    """The comments around it, itself among them; empty unless they were asked for."""
    unasked: int
    """Comments of other people under the post that are left out since nobody asked for them."""
    entries: int
    """Comments of other people that are left out since they are entries of the log of their own."""


def shared(
    session: Session,
    comment: Comment | None,
    answered: Said | None,
    around: Sequence[Said],
    viewer: Person,
    *,
    whole: bool,
) -> Shared:
    """What goes out with a comment. `whole`: with other people's comments around it.

    What other people wrote that is in the log itself, such as a child's disclosure or an address, never
    goes out: it belongs to another matter and another family.
    """
    if comment is None or not comment.post_platform_id:
        return Shared(answered, False, (), 0, 0)
    in_log = sa.select(LogEntry.id).where(LogEntry.comment_id == Comment.id).exists()
    others = sa.select(Comment.id, in_log.label("in_log")).where(
        Comment.account_id == comment.account_id,
        Comment.post_platform_id == comment.post_platform_id,
        Comment.id != comment.id,
        comment_visible_to(viewer),
    )
    if comment.author_id is not None:
        others = others.where(Comment.author_id.is_distinct_from(comment.author_id))
    found = {row.id: bool(row.in_log) for row in session.execute(others)}
    entries = {one for one, is_entry in found.items() if is_entry}
    kept = answered is not None and answered[0].id in entries
    printed = set() if answered is None or kept else {answered[0].id}
    rest = tuple(one for one in around if one[0].id not in entries) if whole else ()
    printed |= {one.id for one, _ in rest}
    return Shared(
        answered=None if kept else answered,
        answers_an_entry=kept,
        rest=rest,
        unasked=len([one for one in found if one not in entries and one not in printed]),
        entries=len(entries),
    )


def _said(viewer: Person) -> sa.Select[Comment, str]:
    return (
        sa.select(Comment, Author.display_name)
        .outerjoin(Author, Author.id == Comment.author_id)
        .where(comment_visible_to(viewer))
    )
