"""Comments that a person puts into the log, since no rule flagged them (P17)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import alerts, chain, evidence, ingest, thresholds
from moderation.manual import severity_of
from moderation.models import Comment, CommentScore, CommentState, LogCase, LogEntry
from moderation.sight import comment_visible_to
from school import audit
from school.errors import MoveNotAllowed, NotFound
from school.models import Person
from school.permissions import Action, require


def put_into_log(
    session: Session, comment_id: UUID, *, urgent: bool = False, by: Person, url: str, now: datetime
) -> LogEntry:
    """Make an open entry of a comment that the rules let by, with its evidence; twice is once.

    `urgent`: a threat or a worry about a child, which SLT and DSL are told of at once (P23). Raises
    NotFound where the person may not see the comment or it was erased, MoveNotAllowed while it is scored, or
    where it is urgent and in the log already as if it were not.
    """
    require(by, Action.MODERATE)
    # Before looking: two who press at once make one entry.
    chain.lock(session)
    comment = session.scalar(
        sa.select(Comment)
        .where(Comment.id == comment_id, Comment.erased_at.is_(None), comment_visible_to(by))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if comment is None or comment.state is CommentState.OURS:
        raise NotFound("There is no such comment, or what it said is erased.")
    there = session.scalar(sa.select(LogEntry).where(LogEntry.comment_id == comment.id))
    if there is not None:
        if urgent and not session.get_one(LogCase, there.id).urgent:
            raise MoveNotAllowed(
                f"It is in the log already as entry {there.number}, but not as urgent, so nobody was told at "
                "once. Refer it to the safeguarding lead on that entry’s page."
            )
        return there
    if comment.state is not CommentState.CLEAR:
        raise MoveNotAllowed("This comment is being looked at right now. Try again in a minute.")
    thresholds.ensure_first(session, now=now)
    score = session.scalar(
        sa.select(CommentScore)
        .where(CommentScore.comment_id == comment.id, CommentScore.comment_version == comment.version)
        .order_by(CommentScore.scored_at.desc())
        .limit(1)
    )
    why = {
        "kind": "safeguarding" if urgent else "reported",
        "label": "manual",
        "score": 1.0,
        "detail": "marked as urgent by a person" if urgent else "put into the log by a person",
    }
    ingest.move(comment, CommentState.FLAGGED)
    entry = evidence.copy(
        session,
        comment,
        score.scores if score else {},
        [why],
        severity_of(urgent=urgent),
        score.model_name if score else "",
        thresholds.rules(session),
    )
    case = chain.record(session, entry, urgent=urgent, by=by, now=now)
    audit.record(
        session,
        by=by,
        action="comment_put_into_log",
        object_kind="log_entry",
        object_id=entry.id,
        detail={"number": entry.number},
        now=now,
    )
    if urgent:
        alerts.urgent(session, [(entry, case)], url=url, now=now)
    return entry
