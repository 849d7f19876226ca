"""Comments in languages that the model can't read: how many there were, and of how many nobody was asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import chain
from moderation.classifier.flags import LANGUAGE
from moderation.models import Comment, CommentScore, CommentState, LogCase

# As the index has it, so that the database uses that.
_SOME = CommentScore.language != sa.literal_column("''")
ALONE = f",{LANGUAGE},"
"""The kinds of an entry that is in the log for its language and for nothing else."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Of a time, the comments that the model could not read."""

    comments: int
    unasked: int
    """Of them, those that no person was asked about, since the school wants it so."""

    @property
    def sentence(self) -> str:
        """What there is to say of them; empty where there were none."""
        if not self.comments:
            return ""
        are = "1 comment is in a language"
        if self.comments > 1:
            are = f"{self.comments} comments are in languages"
        asked = "people are asked to read them"
        if self.unasked:
            left = "it" if self.comments == 1 else f"{self.unasked} of them"
            asked = f"nobody was asked to read {left}, as What is flagged is set"
        elif self.comments == 1:
            asked = "a person is asked to read it"
        return f"{are} that the classifier can't read: {asked}."


def since(session: Session, begins: datetime, *, account_id: UUID | None = None) -> Unread:
    """What was scored from then on, on one account or on all."""
    query = (
        sa.select(
            sa.func.count(sa.distinct(Comment.id)),
            sa.func.count(sa.distinct(Comment.id)).filter(Comment.state == CommentState.CLEAR),
        )
        .select_from(CommentScore)
        .join(
            Comment,
            sa.and_(Comment.id == CommentScore.comment_id, Comment.version == CommentScore.comment_version),
        )
        .where(_SOME, CommentScore.scored_at >= begins, Comment.erased_at.is_(None))
    )
    if account_id is not None:
        query = query.where(Comment.account_id == account_id)
    comments, unasked = session.execute(query).one()
    return Unread(comments, unasked)


def among(case: LogCase) -> bool:
    """Whether an entry is in the log for its language, be it beside other reasons."""
    return LANGUAGE in chain.unlisted(case.kinds)


def only(case: LogCase) -> bool:
    """Whether an entry is in the log for its language and for nothing else: it is accused of nothing."""
    return case.kinds == ALONE


def only_that() -> sa.ColumnElement[bool]:
    """Entries that are in the log for their language alone."""
    # Written out when it is asked, so that the index of just these is used.
    return LogCase.kinds == sa.bindparam(None, ALONE, literal_execute=True)
