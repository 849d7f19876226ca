"""From fetched to clear or flagged: the classifier's turn, and the SLT log entry that a flag makes.

with transaction() as session:
    batch = scoring.take_unscored(session, 64, lease=lease, now=now())
scores = engine.score(batch.texts)             # no transaction is open meanwhile
with transaction() as session:
    scoring.record_scores(session, batch, scores, model_name=engine.model_name, now=now(), …)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from moderation import actions, alerts, chain, evidence, opposites, thresholds
from moderation.classifier.flags import Reason, severity
from moderation.models import (
    ActKind,
    CaseState,
    Comment,
    CommentScore,
    CommentState,
    EventKind,
    LogCase,
    LogEntry,
)
from moderation.moves import COMMENT_MOVES, check, open_again
from moderation.thresholds import Rules, is_urgent, unread_language
from school.db import new_id

log = structlog.get_logger(__name__)

_ATTEMPTS_MAX = 4
_FIRST_WAIT = timedelta(seconds=5)
NOT_SCORED = "not_scored"
"""The reason of a comment that the classifier could not read: a person does."""


@dataclass(frozen=True, slots=True)
class Unscored:
    """One version of a comment that is to be scored."""

    comment_id: UUID
    version: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ScoringBatch:
    """Comments that this worker alone may score until `until`, with the rules to judge them by."""

    items: tuple[Unscored, ...]
    rules: Rules
    until: datetime

    @property
    def texts(self) -> list[str]:
        """What the classifier is to read, in the order in which the scores are expected."""
        return [self.rules.as_scored(item.text) for item in self.items]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a batch."""

    clear: int = 0
    flagged: int = 0
    urgent: int = 0
    stale: int = 0
    """Changed or scored by another worker meanwhile."""


def waiting(session: Session) -> bool:
    """Whether a comment has not been scored yet."""
    query = sa.select(Comment.id).where(Comment.state == CommentState.FETCHED).limit(1)
    return session.scalar(query) is not None


def take_unscored(session: Session, limit: int, *, lease: timedelta, now: datetime) -> ScoringBatch:
    """Take up to `limit` comments for scoring; an empty batch when none is left.

    Newest first, since a threat written now must not wait for last month's praise (P23), but a
    quarter of each batch are the oldest, so that a long rush leaves nobody behind. What was taken
    before and never recorded, because a worker died or the classifier failed on it, comes before
    all others and alone: it has waited, and one text that the classifier fails on harms no other.
    """
    free = sa.and_(
        Comment.state == CommentState.FETCHED,
        sa.or_(Comment.scoring_until.is_(None), Comment.scoring_until < now),
    )
    query = sa.select(Comment.id, Comment.version, Comment.text).where(free).with_for_update(skip_locked=True)
    again = query.where(Comment.scoring_attempts > 0)
    found = session.execute(again.order_by(Comment.scoring_attempts, Comment.created_at).limit(1)).all()
    if not found:
        fresh = query.where(Comment.scoring_attempts == 0)
        newest = max(1, limit - limit // 4)
        found = session.execute(fresh.order_by(Comment.created_at.desc(), Comment.id).limit(newest)).all()
        if limit // 4 and len(found) == newest:
            known = {row.id for row in found}
            oldest = session.execute(fresh.order_by(Comment.created_at, Comment.id.desc()).limit(limit // 4))
            found = [*found, *(row for row in oldest if row.id not in known)]
    if not found:
        # Asked every second: the names of everybody at the school are not read for nothing.
        return ScoringBatch((), Rules(0, {}, ()), now + lease)
    session.execute(
        sa.update(Comment)
        .where(Comment.id.in_([row.id for row in found]))
        .values(scoring_until=now + lease, scoring_attempts=Comment.scoring_attempts + 1)
        .execution_options(synchronize_session=False)
    )
    return ScoringBatch(
        tuple(Unscored(row.id, row.version, row.text) for row in found),
        thresholds.rules(session),
        now + lease,
    )


def put_back(session: Session, batch: ScoringBatch) -> None:
    """A batch that nobody has tried to score yet: others may have it at once, and it counts as no attempt."""
    session.execute(
        sa.update(Comment)
        .where(
            Comment.id.in_([item.comment_id for item in batch.items]),
            Comment.state == CommentState.FETCHED,
            Comment.scoring_until == batch.until,
        )
        .values(scoring_until=None, scoring_attempts=Comment.scoring_attempts - 1)
        .execution_options(synchronize_session=False)
    )


def give_back(session: Session, batch: ScoringBatch, *, now: datetime, url: str) -> int:
    """The classifier failed on this batch: let it be tried again, and hand to a person what failed too often.

    Returns how many went into the log for a person to read, since no comment may go unseen.
    """
    chain.lock(session)
    thresholds.ensure_first(session, now=now)
    rules = batch.rules
    unread = Reason("length", NOT_SCORED, 1.0, "The classifier could not read this: please read it yourself.")
    handed = []
    for comment in _comments(session, batch):
        if comment.scoring_attempts < _ATTEMPTS_MAX:
            comment.scoring_until = now + _FIRST_WAIT * 3 ** (comment.scoring_attempts - 1)
            continue
        # Threats, names and the school's words are found without the classifier.
        found = rules.reasons(comment.text, {})
        handed.append(_Judged(comment, {}, (*found, unread), "none"))
    _judge(session, handed, rules, now=now, hide_over=None, url=url)
    return len(handed)


def record_scores(
    session: Session,
    batch: ScoringBatch,
    scores: Sequence[Mapping[str, float]],
    *,
    model_name: str,
    now: datetime,
    url: str,
    hide_over: float | None = None,
) -> Recorded:
    """Keep the scores; what the rules flag goes into the SLT log with its evidence (P17).

    `url`: the product's address, for the links in the mails that threats and safeguarding send at
    once (P23). `hide_over`: hide at once from this score on (the setting), None never; the
    machine deletes nothing.
    """
    rules = batch.rules
    # Judged before the lock is taken: the patterns take longer than all the writing.
    reasons = [
        tuple(rules.reasons(item.text, result, model_name=model_name))
        for item, result in zip(batch.items, scores, strict=True)
    ]
    chain.lock(session)
    thresholds.ensure_first(session, now=now)
    by_id = {comment.id: comment for comment in _comments(session, batch)}
    judged = [
        _Judged(comment, result, found, model_name)
        for item, result, found in zip(batch.items, scores, reasons, strict=True)
        if (comment := by_id.get(item.comment_id)) is not None and comment.version == item.version
    ]
    log.info(
        "comments_scored",
        clear=[str(one.comment.id) for one in judged if not one.reasons],
        flagged=[str(one.comment.id) for one in judged if one.reasons],
    )
    _judge(session, judged, rules, now=now, hide_over=hide_over, url=url)
    flagged = [one.reasons for one in judged if one.reasons]
    return Recorded(
        clear=len(judged) - len(flagged),
        flagged=len(flagged),
        urgent=sum(is_urgent(found) for found in flagged),
        stale=len(batch.items) - len(judged),
    )


def _comments(session: Session, batch: ScoringBatch) -> list[Comment]:
    query = (
        sa.select(Comment)
        .where(
            Comment.id.in_([item.comment_id for item in batch.items]), Comment.state == CommentState.FETCHED
        )
        .order_by(Comment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query))


@dataclass(frozen=True, slots=True)
class _Judged:
    """What was found out about one comment."""

    comment: Comment
    scores: Mapping[str, float]
    reasons: Sequence[Reason]
    model_name: str

    @property
    def kept(self) -> list[dict[str, Any]]:
        """The reasons as the database keeps them."""
        return [asdict(reason) for reason in self.reasons]


def _judge(
    session: Session,
    judged: Sequence[_Judged],
    rules: Rules,
    *,
    now: datetime,
    hide_over: float | None,
    url: str,
) -> None:
    """Keep these comments' scores and move them on: a few statements for all of them together."""
    if not judged:
        return
    entries = {
        entry.comment_id: entry
        for entry in session.scalars(
            sa.select(LogEntry).where(LogEntry.comment_id.in_([one.comment.id for one in judged]))
        )
    }
    for to in (CommentState.CLEAR, CommentState.FLAGGED):
        _move_on(
            session, [one.comment for one in judged if bool(one.reasons) == (to == CommentState.FLAGGED)], to
        )
    session.execute(sa.insert(CommentScore), [_score(one, rules, now) for one in judged])
    alarming = [
        (known, case)
        for one in judged
        if (known := entries.get(one.comment.id)) is not None
        and (case := _edited(session, known, one, rules, now=now)) is not None
    ]
    fresh = [one for one in judged if one.reasons and one.comment.id not in entries]
    around = evidence.around(session, [one.comment for one in fresh])
    made = [
        evidence.entry(
            one.comment,
            around[one.comment.id],
            one.scores,
            one.kept,
            severity(one.reasons),
            one.model_name,
            rules,
        )
        for one in fresh
    ]
    urgent = [is_urgent(one.reasons) for one in fresh]
    cases = chain.record_all(session, list(zip(made, urgent, strict=True)), by=None, now=now)
    alarming += [(entry, case) for entry, case in zip(made, cases, strict=True) if case.urgent]
    alerts.urgent(session, alarming, url=url, now=now)
    entries |= {entry.comment_id: entry for entry in made}
    for entry in made:
        log.info("entry_made", comment_id=str(entry.comment_id), entry_id=str(entry.id))
    if hide_over is None:
        return
    for one in judged:
        # By what flagged it: of a comment that the model can't read, its number says nothing.
        top = max((reason.score for reason in one.reasons if reason.label in rules.thresholds), default=0.0)
        if top >= hide_over:
            _hide_at_once(session, entries[one.comment.id], one.comment, top, now)


def _move_on(session: Session, comments: Sequence[Comment], to: CommentState) -> None:
    """From fetched by way of scored to this state, in one statement; the caller has locked them."""
    for comment in comments:
        check(COMMENT_MOVES, comment.state, CommentState.SCORED, "comment")
        check(COMMENT_MOVES, CommentState.SCORED, to, "comment")
    if comments:
        session.execute(
            sa.update(Comment)
            .where(Comment.id.in_([comment.id for comment in comments]))
            .values(state=to, scoring_until=None)
            .execution_options(synchronize_session=False)
        )
        for comment in comments:
            set_committed_value(comment, "state", to)
            set_committed_value(comment, "scoring_until", None)


def _score(one: _Judged, rules: Rules, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "comment_id": one.comment.id,
        "comment_version": one.comment.version,
        "model_name": one.model_name,
        "rules_version": rules.version,
        "scores": dict(one.scores),
        "reasons": one.kept,
        "severity": severity(one.reasons),
        "flagged": bool(one.reasons),
        "language": other.code if (other := unread_language(one.comment.text, one.model_name)) else "",
        "scored_at": now,
    }


def _edited(
    session: Session, entry: LogEntry, one: _Judged, rules: Rules, *, now: datetime
) -> LogCase | None:
    """A comment that is in the log was edited: the new text is added, and an abusive one opens it again.

    Its case, where SLT and DSL must be told of it at once.
    """
    reasons, weight = one.reasons, severity(one.reasons)
    case = session.get_one(LogCase, entry.id, with_for_update=True)
    chain.append(
        session,
        entry.id,
        EventKind.EDITED,
        by=None,
        detail={
            "version": one.comment.version,
            "text": one.comment.text,
            "scores": dict(one.scores),
            "reasons": one.kept,
            "severity": weight,
            "model": one.model_name,
            "rules_version": rules.version,
        },
        now=now,
    )
    case.version += 1
    if not reasons:
        return None
    urgent_before, reopened = case.urgent, case.state is CaseState.DECIDED
    case.severity = max(case.severity, weight)
    case.urgent = case.urgent or is_urgent(reasons)
    case.kinds = chain.listed(list(dict.fromkeys([*chain.unlisted(case.kinds), *(r.kind for r in reasons)])))
    if reopened:
        open_again(case)
        chain.append(
            session,
            entry.id,
            EventKind.REOPENED,
            by=None,
            detail={"why": "The author changed the text."},
            now=now,
        )
    return case if is_urgent(reasons) and (reopened or not urgent_before) else None


def _hide_at_once(session: Session, entry: LogEntry, comment: Comment, score: float, now: datetime) -> None:
    if not opposites.to_be_shown(session, comment):
        return
    act = actions.request_on_comment(session, ActKind.HIDE, entry, comment, by=None, text="", now=now)
    chain.append(
        session,
        entry.id,
        EventKind.HIDDEN_AT_ONCE,
        by=None,
        detail={"act": act.id if act else None, "score": round(score, 4)},
        now=now,
    )
