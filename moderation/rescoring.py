"""Scoring recent comments again: a job that goes on where it stopped and gives way to new comments.

What is newly flagged comes into the log as “scored again”. Nothing that is in the log is taken out,
and no decision is undone: only a text that nobody decided on (the author changed it since) asks again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import alerts, chain, evidence, ingest, rules_news, thresholds
from moderation.classifier.flags import Reason, severity
from moderation.models import (
    CaseState,
    Comment,
    CommentScore,
    CommentState,
    EventKind,
    Follower,
    FollowerState,
    LogCase,
    LogEntry,
    RescoreJob,
    RescoreState,
)
from moderation.moves import RESCORE_MOVES, check, open_again
from moderation.scoring import Unscored
from moderation.thresholds import Rules, is_urgent, unread_language
from school import audit
from school.errors import BadInput, MoveNotAllowed, NotFound
from school.models import Person
from school.permissions import Action, require
from school.times import say

DAYS_MOST = 366
MAILED_MOST = 5
"""Urgent entries of one job that are mailed one by one; the others are counted in one mail at its end."""
_ATTEMPTS_MAX = 3
_SCORED = (CommentState.CLEAR, CommentState.FLAGGED)
KIND = "rescored"
"""The kind of the reason that says why an old comment is in the log only now."""


@dataclass(frozen=True, slots=True)
class RescoreBatch:
    """Some comments that this worker alone scores again until `until`."""

    job_id: UUID
    items: tuple[Unscored, ...]
    rules: Rules
    until: datetime
    place: tuple[datetime, UUID]
    """Time and id of the last of them."""

    @property
    def texts(self) -> list[str]:
        """What the classifier is to read, in the order in which the scores are expected."""
        return [self.rules.as_scored(item.text) for item in self.items]


def ask(session: Session, days: int, *, by: Person, url: str, now: datetime) -> RescoreJob:
    """Have the comments of so many days scored again, and the followers who wait.

    A job that runs under other rules, or over fewer days, makes way. `url`: the product's address,
    for mails. Raises BadInput, MoveNotAllowed where the same is being done already, NotPermitted.
    """
    require(by, Action.SET_THRESHOLDS)
    if not 1 <= days <= DAYS_MOST:
        raise BadInput(f"{days} days can't be done: choose 1 to {DAYS_MOST}.", field="days")
    # Two who ask at once: the second sees the first one's job.
    thresholds.lock(session)
    rules = thresholds.ensure_first(session, now=now)
    since = now - timedelta(days=days)
    running = session.scalar(
        sa.select(RescoreJob).where(RescoreJob.state == RescoreState.RUNNING).with_for_update()
    )
    if running is not None:
        if running.rules_version == rules.version and running.since <= since + timedelta(hours=1):
            raise MoveNotAllowed(
                f"These comments are being scored again already, since {say(running.asked_at)}. "
                "To begin anew, stop that first."
            )
        _move(running, RescoreState.STOPPED, now=now)
        _tell_of_the_rest(session, running, url=url, now=now)
        # The index allows one that runs.
        session.flush()
    job = RescoreJob(
        state=RescoreState.RUNNING,
        since=since,
        rules_version=rules.version,
        asked_at=now,
        asked_by_id=by.id,
        total=session.scalar(sa.select(sa.func.count()).where(*_wanted(since))) or 0,
        done=0,
        flagged=0,
        urgent=0,
        skipped=0,
        attempts=0,
    )
    session.add(job)
    session.execute(
        sa.update(Follower)
        .where(Follower.state == FollowerState.WAITING)
        .values(scored=False, scoring_until=None)
    )
    # The trail names the job.
    session.flush()
    audit.record(
        session,
        by=by,
        action="scoring_again_asked",
        object_kind="rescore_job",
        object_id=job.id,
        detail={"days": days, "comments": job.total, "rules_version": rules.version},
        now=now,
    )
    return job


def stop(session: Session, job_id: UUID, *, by: Person, url: str, now: datetime) -> RescoreJob:
    """End a job early; what it found stays. Raises NotFound, MoveNotAllowed, NotPermitted."""
    require(by, Action.SET_THRESHOLDS)
    job = session.get(RescoreJob, job_id, with_for_update=True)
    if job is None:
        raise NotFound("There is no such job.")
    _move(job, RescoreState.STOPPED, now=now)
    _tell_of_the_rest(session, job, url=url, now=now)
    audit.record(
        session,
        by=by,
        action="scoring_again_stopped",
        object_kind="rescore_job",
        object_id=job.id,
        detail={"done": job.done, "flagged": job.flagged},
        now=now,
    )
    return job


def newest(session: Session) -> RescoreJob | None:
    """The job that was asked for last."""
    return session.scalar(sa.select(RescoreJob).order_by(RescoreJob.asked_at.desc()).limit(1))


def outdated(session: Session, *, since: datetime) -> int:
    """How many comments written from then on were last judged by earlier rules, or by another model."""
    rules = thresholds.current(session).version
    model = session.scalar(sa.select(CommentScore.model_name).order_by(CommentScore.id.desc()).limit(1))
    judged = sa.select(CommentScore.id).where(
        CommentScore.comment_id == Comment.id,
        CommentScore.comment_version == Comment.version,
        CommentScore.rules_version == rules,
        CommentScore.model_name == (model or ""),
    )
    query = sa.select(sa.func.count()).select_from(Comment).where(*_wanted(since), ~judged.exists())
    return session.scalar(query) or 0


def waits(session: Session, *, now: datetime) -> bool:
    """Whether a job has something to do that nobody is doing."""
    return session.scalar(sa.select(RescoreJob.id).where(*_free(now)).limit(1)) is not None


def take(session: Session, limit: int, *, lease: timedelta, url: str, now: datetime) -> RescoreBatch | None:
    """The next comments of the job that runs, for this worker alone; None when there is nothing to do.

    A job without any left is done; `url`: the product's address, for the mail that it then may send.
    """
    job = session.scalar(
        sa.update(RescoreJob)
        .where(*_free(now))
        .values(lease_until=now + lease)
        .returning(RescoreJob)
        .execution_options(populate_existing=True)
    )
    if job is None:
        return None
    query = (
        sa.select(Comment)
        .where(*_wanted(job.since), Comment.fetched_at <= job.asked_at)
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        # What failed is tried alone, so that one text that the classifier fails on harms no other.
        .limit(1 if job.attempts else limit)
    )
    if job.place_at is not None and job.place_id is not None:
        query = query.where(
            sa.or_(
                Comment.created_at < job.place_at,
                sa.and_(Comment.created_at == job.place_at, Comment.id < job.place_id),
            )
        )
    found = list(session.scalars(query))
    if not found:
        _move(job, RescoreState.DONE, now=now)
        _tell_of_the_rest(session, job, url=url, now=now)
        return None
    return RescoreBatch(
        job.id,
        tuple(Unscored(comment.id, comment.version, comment.text) for comment in found),
        thresholds.rules(session),
        now + lease,
        (found[-1].created_at, found[-1].id),
    )


def give_back(session: Session, batch: RescoreBatch, *, now: datetime) -> None:
    """The classifier failed on this batch: it is tried again one by one, and then passed over."""
    job = _held(session, batch)
    if job is None:
        return
    job.lease_until = None
    job.attempts += 1
    if job.attempts > _ATTEMPTS_MAX and len(batch.items) == 1:
        job.place_at, job.place_id = batch.place
        job.attempts, job.done, job.skipped = 0, job.done + 1, job.skipped + 1


def record(
    session: Session,
    batch: RescoreBatch,
    scores: Sequence[Mapping[str, float]],
    *,
    model_name: str,
    url: str,
    now: datetime,
) -> int:
    """Keep the new scores; what is flagged now and was not before goes into the log. How many that were."""
    chain.lock(session)
    thresholds.ensure_first(session, now=now)
    job = _held(session, batch)
    if job is None:
        return 0
    comments = {
        comment.id: comment
        for comment in session.scalars(
            sa.select(Comment)
            .where(Comment.id.in_([item.comment_id for item in batch.items]), Comment.state.in_(_SCORED))
            .order_by(Comment.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    }
    new = 0
    for item, result in zip(batch.items, scores, strict=True):
        comment = comments.get(item.comment_id)
        if comment is None or comment.version != item.version:
            # Edited meanwhile: it is scored as a new text is.
            continue
        new += _judge(session, job, comment, result, batch.rules, model_name, url=url, now=now)
    job.place_at, job.place_id = batch.place
    job.done, job.flagged = job.done + len(batch.items), job.flagged + new
    job.attempts, job.lease_until = 0, None
    return new


def _judge(
    session: Session,
    job: RescoreJob,
    comment: Comment,
    scores: Mapping[str, float],
    rules: Rules,
    model_name: str,
    *,
    url: str,
    now: datetime,
) -> bool:
    """Keep one comment's new score; whether it made a new entry."""
    reasons = rules.reasons(comment.text, scores, model_name=model_name)
    other = unread_language(comment.text, model_name)
    kept = [asdict(reason) for reason in reasons]
    session.add(
        CommentScore(
            comment_id=comment.id,
            comment_version=comment.version,
            model_name=model_name,
            rules_version=rules.version,
            scores=dict(scores),
            reasons=kept,
            severity=severity(reasons),
            flagged=bool(reasons),
            language=other.code if other else "",
            scored_at=now,
        )
    )
    if not reasons:
        return False
    if comment.state is CommentState.CLEAR:
        ingest.move(comment, CommentState.FLAGGED)
    entry = session.scalar(sa.select(LogEntry).where(LogEntry.comment_id == comment.id))
    if entry is not None:
        _again(session, job, entry, comment, scores, reasons, kept, model_name, rules, url=url, now=now)
        return False
    why = {
        "kind": KIND,
        "label": "scored_again",
        "score": 0.0,
        "detail": f"scored again on {say(now)}, by version {rules.version} of the rules",
    }
    entry = evidence.copy(session, comment, scores, [*kept, why], severity(reasons), model_name, rules)
    case = chain.record(session, entry, urgent=is_urgent(reasons), by=None, now=now)
    if case.urgent:
        _urgent(session, job, entry, case, url=url, now=now)
    return True


def _again(
    session: Session,
    job: RescoreJob,
    entry: LogEntry,
    comment: Comment,
    scores: Mapping[str, float],
    reasons: Sequence[Reason],
    kept: list[dict[str, Any]],
    model_name: str,
    rules: Rules,
    *,
    url: str,
    now: datetime,
) -> None:
    """A comment that is in the log already: a decision stands, unless the text is a later one."""
    case = session.get_one(LogCase, entry.id, with_for_update=True)
    kinds = chain.unlisted(case.kinds)
    more = [kind for kind in dict.fromkeys(reason.kind for reason in reasons) if kind not in kinds]
    undecided = (
        case.state is CaseState.DECIDED
        and case.decided_at is not None
        and comment.version > (entry.comment_version or 0)
        and comment.fetched_at > case.decided_at
    )
    if case.state is CaseState.DECIDED and not undecided:
        return
    if not more and not undecided:
        return
    chain.append(
        session,
        entry.id,
        EventKind.SCORED_AGAIN,
        by=None,
        detail={
            "version": comment.version,
            "scores": dict(scores),
            "reasons": kept,
            "severity": severity(reasons),
            "model": model_name,
            "rules_version": rules.version,
        },
        now=now,
    )
    urgent_before = case.urgent
    case.severity = max(case.severity, severity(reasons))
    case.urgent = case.urgent or is_urgent(reasons)
    case.kinds = chain.listed([*more, *kinds] if is_urgent(reasons) else [*kinds, *more])
    case.version += 1
    if undecided:
        open_again(case)
        why = "Scored again: the text that the author wrote after the decision is flagged now."
        chain.append(session, entry.id, EventKind.REOPENED, by=None, detail={"why": why}, now=now)
    if is_urgent(reasons) and (undecided or not urgent_before):
        _urgent(session, job, entry, case, url=url, now=now)


def _urgent(
    session: Session, job: RescoreJob, entry: LogEntry, case: LogCase, *, url: str, now: datetime
) -> None:
    # A number that the headteacher reads would tell of what is kept from them (P3): it is mailed by itself.
    if not case.about_headteacher:
        job.urgent += 1
    if case.about_headteacher or job.urgent <= MAILED_MOST:
        alerts.urgent(session, [(entry, case)], url=url, now=now)


def _tell_of_the_rest(session: Session, job: RescoreJob, *, url: str, now: datetime) -> None:
    if job.urgent > MAILED_MOST:
        rules_news.scored_again(session, job.urgent - MAILED_MOST, url=url, now=now)


def _wanted(since: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    # What was erased has no words left to judge, and no scores.
    return (
        Comment.state.in_(_SCORED),
        Comment.created_at >= since,
        Comment.gone_at.is_(None),
        Comment.erased_at.is_(None),
    )


def _free(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        RescoreJob.state == RescoreState.RUNNING,
        sa.or_(RescoreJob.lease_until.is_(None), RescoreJob.lease_until < now),
    )


def _held(session: Session, batch: RescoreBatch) -> RescoreJob | None:
    """The job, where it still runs and this worker still has it."""
    job = session.get(RescoreJob, batch.job_id, with_for_update=True, populate_existing=True)
    if job is None or job.state is not RescoreState.RUNNING or job.lease_until != batch.until:
        return None
    return job


def _move(job: RescoreJob, to: RescoreState, *, now: datetime) -> None:
    check(RESCORE_MOVES, job.state, to, "job")
    job.state, job.finished_at, job.lease_until = to, now, None
