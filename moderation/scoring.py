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
from sqlalchemy.orm import Session

from moderation import actions, alerts, chain, thresholds
from moderation.classifier.flags import Reason, severity
from moderation.ingest import move
from moderation.models import (
    ActKind,
    Author,
    CaseState,
    Comment,
    CommentScore,
    CommentState,
    EventKind,
    LogCase,
    LogEntry,
    LogOrigin,
    WatchedPost,
)
from moderation.moves import CASE_MOVES, check
from moderation.thresholds import URGENT_KINDS, Rules
from school.models import Account

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


def waiting(session: Session) -> int:
    """How many comments have not been scored yet."""
    return session.scalar(sa.select(sa.func.count()).where(Comment.state == CommentState.FETCHED)) or 0


def take_unscored(session: Session, limit: int, *, lease: timedelta, now: datetime) -> ScoringBatch:
    """Take up to `limit` comments for scoring; an empty batch when none is left.

    Newest first, since a threat written now must not wait for last month's praise (P23), but a
    quarter of each batch are the oldest, so that a long rush leaves nobody behind.
    """
    free = sa.and_(
        Comment.state == CommentState.FETCHED,
        sa.or_(Comment.scoring_until.is_(None), Comment.scoring_until < now),
    )
    query = sa.select(Comment).where(free).with_for_update(skip_locked=True)
    fresh = query.where(Comment.scoring_attempts == 0)
    newest = max(1, limit - limit // 4)
    found = list(session.scalars(fresh.order_by(Comment.created_at.desc(), Comment.id).limit(newest)))
    if limit // 4 and len(found) == newest:
        known = {comment.id for comment in found}
        oldest = session.scalars(fresh.order_by(Comment.created_at, Comment.id.desc()).limit(limit // 4))
        found += [comment for comment in oldest if comment.id not in known]
    if not found:
        # What was tried before goes alone, so that one text that the classifier fails on harms no other.
        found = list(session.scalars(query.order_by(Comment.scoring_attempts, Comment.created_at).limit(1)))
    for comment in found:
        comment.scoring_until = now + lease
        comment.scoring_attempts += 1
    return ScoringBatch(
        tuple(Unscored(comment.id, comment.version, comment.text) for comment in found),
        thresholds.rules(session),
        now + lease,
    )


def give_back(session: Session, batch: ScoringBatch, *, now: datetime, url: str) -> int:
    """The classifier failed on this batch: let it be tried again, and hand to a person what failed too often.

    Returns how many went into the log for a person to read, since no comment may go unseen.
    """
    chain.lock(session)
    thresholds.ensure_first(session, now=now)
    handed, rules = 0, batch.rules
    for comment in _comments(session, batch):
        if comment.scoring_attempts < _ATTEMPTS_MAX:
            comment.scoring_until = now + _FIRST_WAIT * 3 ** (comment.scoring_attempts - 1)
            continue
        # Threats, names and the school's words are found without the classifier.
        found = rules.reasons(comment.text, {})
        unread = Reason(
            "length", NOT_SCORED, 1.0, "The classifier could not read this: please read it yourself."
        )
        _judge(session, comment, {}, [*found, unread], "none", rules, now=now, hide_over=None, url=url)
        handed += 1
    return handed


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
    chain.lock(session)
    thresholds.ensure_first(session, now=now)
    by_id = {comment.id: comment for comment in _comments(session, batch)}
    clear = flagged = urgent = 0
    for item, result in zip(batch.items, scores, strict=True):
        comment = by_id.get(item.comment_id)
        if comment is None or comment.version != item.version:
            continue
        rules = batch.rules
        reasons = rules.reasons(item.text, result)
        if _judge(
            session, comment, result, reasons, model_name, rules, now=now, hide_over=hide_over, url=url
        ):
            flagged += 1
            urgent += is_urgent(reasons)
        else:
            clear += 1
    return Recorded(clear, flagged, urgent, len(batch.items) - clear - flagged)


def is_urgent(reasons: Sequence[Reason]) -> bool:
    """Whether SLT and DSL must know at once (P23)."""
    return any(reason.kind in URGENT_KINDS for reason in reasons)


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


def _judge(
    session: Session,
    comment: Comment,
    scores: Mapping[str, float],
    reasons: Sequence[Reason],
    model_name: str,
    rules: Rules,
    *,
    now: datetime,
    hide_over: float | None,
    url: str,
) -> bool:
    """Keep one comment's score and move it on; whether it was flagged."""
    weight = severity(reasons)
    kept = [asdict(reason) for reason in reasons]
    session.add(
        CommentScore(
            comment_id=comment.id,
            comment_version=comment.version,
            model_name=model_name,
            rules_version=rules.version,
            scores=dict(scores),
            reasons=kept,
            severity=weight,
            flagged=bool(reasons),
            scored_at=now,
        )
    )
    comment.scoring_until = None
    move(comment, CommentState.SCORED)
    move(comment, CommentState.FLAGGED if reasons else CommentState.CLEAR)
    entry = session.scalar(sa.select(LogEntry).where(LogEntry.comment_id == comment.id))
    if entry is not None:
        _edited(session, entry, comment, scores, kept, weight, reasons, model_name, rules, now=now, url=url)
    elif reasons:
        entry = evidence(session, comment, scores, kept, weight, model_name, rules)
        case = chain.record(session, entry, urgent=is_urgent(reasons), by=None, now=now)
        if case.urgent:
            alerts.urgent(session, entry, case, url=url, now=now)
    top = max((scores.get(label, 0.0) for label in rules.thresholds), default=0.0)
    if reasons and entry is not None and hide_over is not None and top >= hide_over:
        _hide_at_once(session, entry, comment, top, now)
    return bool(reasons)


def evidence(
    session: Session,
    comment: Comment,
    scores: Mapping[str, float],
    reasons: list[dict[str, Any]],
    weight: float,
    model_name: str,
    rules: Rules,
) -> LogEntry:
    """The evidence, copied, so that nothing that happens on the platform later can take it away."""
    author = session.get(Author, comment.author_id) if comment.author_id else None
    account = session.get_one(Account, comment.account_id)
    post = session.scalar(
        sa.select(WatchedPost).where(
            WatchedPost.account_id == comment.account_id, WatchedPost.platform_id == comment.post_platform_id
        )
    )
    return LogEntry(
        origin=LogOrigin.FLAGGED,
        comment_id=comment.id,
        comment_version=comment.version,
        comment_platform_id=comment.platform_id,
        account_id=comment.account_id,
        platform=account.platform,
        author_id=comment.author_id,
        author_platform_id=author.platform_id if author else "",
        author_handle=author.handle if author else "",
        author_name=author.display_name if author else "",
        author_url=author.url if author else "",
        text=comment.text,
        # Instagram gives comments no address of their own.
        url=comment.url or (post.url if post else ""),
        attachment_urls=list(comment.attachment_urls),
        post_platform_id=comment.post_platform_id,
        post_text=post.text if post else "",
        posted_at=comment.created_at,
        model_name=model_name,
        rules_version=rules.version,
        scores=dict(scores),
        reasons=reasons,
        severity=weight,
        picture_type="",
    )


def _edited(
    session: Session,
    entry: LogEntry,
    comment: Comment,
    scores: Mapping[str, float],
    kept: list[dict[str, Any]],
    weight: float,
    reasons: Sequence[Reason],
    model_name: str,
    rules: Rules,
    *,
    now: datetime,
    url: str,
) -> None:
    """A comment that is in the log was edited: the new text is added, and an abusive one opens it again."""
    case = session.get_one(LogCase, entry.id, with_for_update=True)
    chain.append(
        session,
        entry.id,
        EventKind.EDITED,
        by=None,
        detail={
            "version": comment.version,
            "text": comment.text,
            "scores": dict(scores),
            "reasons": kept,
            "severity": weight,
            "model": model_name,
            "rules_version": rules.version,
        },
        now=now,
    )
    case.version += 1
    if not reasons:
        return
    urgent_before, reopened = case.urgent, case.state is CaseState.DECIDED
    case.severity = max(case.severity, weight)
    case.urgent = case.urgent or is_urgent(reasons)
    case.kinds = chain.listed(list(dict.fromkeys([*chain.unlisted(case.kinds), *(r.kind for r in reasons)])))
    if reopened:
        check(CASE_MOVES, case.state, CaseState.OPEN, "entry")
        case.state, case.claimed_by_id, case.claimed_until = CaseState.OPEN, None, None
        chain.append(
            session,
            entry.id,
            EventKind.REOPENED,
            by=None,
            detail={"why": "The author changed the text."},
            now=now,
        )
    if is_urgent(reasons) and (reopened or not urgent_before):
        alerts.urgent(session, entry, case, url=url, now=now)


def _hide_at_once(session: Session, entry: LogEntry, comment: Comment, score: float, now: datetime) -> None:
    if comment.hidden:
        return
    act = actions.request_on_comment(session, ActKind.HIDE, entry, comment, by=None, text="", now=now)
    chain.append(
        session,
        entry.id,
        EventKind.HIDDEN_AT_ONCE,
        by=None,
        detail={"act": act.id, "score": round(score, 4)},
        now=now,
    )
