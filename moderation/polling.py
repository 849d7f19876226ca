"""Reading an account: one worker at a time, page by page, resumable at any point.

    with transaction() as session:
        plan = polling.claim_poll(session, account_id, pace=pace, now=now())
    if plan is not None:
        report = polling.poll_account(plan, connector, transaction=transaction, clock=now)

Every page is committed with its cursor, and no transaction is open while the platform answers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from connectors.base import CallRecord, Capability, Connector, Platform
from connectors.errors import (
    ConnectorError,
    ConnectorUnavailable,
    CredentialsDead,
    OutOfCredit,
    RateLimited,
    Span,
)
from connectors.posting import NAMES
from moderation import costs, hand_tasks, own_posts, pacing, poll_comments, poll_people, poll_rescan
from moderation.models import CommentStream, PollRecord
from moderation.pacing import PollPace, Spending
from moderation.poll_lease import Clock, Lease, LeaseLost, Transaction
from moderation.poll_plan import PollPlan, PollReport, Round, StreamPlace
from school import accounts
from school.models import Account, AccountState
from school.times import say

_BACK_OFF_MAX = timedelta(minutes=30)
_CREDIT_WAIT = timedelta(hours=6)
"""Somebody may have bought credit meanwhile."""


def due(session: Session, *, now: datetime) -> list[UUID]:
    """The accounts that should be polled now, the longest waiting first."""
    query = (
        sa.select(Account.id)
        .where(
            Account.state == AccountState.ACTIVE,
            sa.or_(Account.next_poll_at.is_(None), Account.next_poll_at <= now),
            sa.or_(Account.poll_lease_until.is_(None), Account.poll_lease_until < now),
        )
        .order_by(sa.func.coalesce(Account.next_poll_at, Account.adopted_at))
    )
    return list(session.scalars(query))


def claim_poll(session: Session, account_id: UUID, *, pace: PollPace, now: datetime) -> PollPlan | None:
    """Take an account for one poll; None when another worker has it, or it is not in use."""
    lease_until = now + pace.lease
    taken = session.execute(
        sa.update(Account)
        .where(
            Account.id == account_id,
            Account.state == AccountState.ACTIVE,
            sa.or_(Account.poll_lease_until.is_(None), Account.poll_lease_until < now),
        )
        .values(poll_lease_until=lease_until)
        .returning(Account.platform, Account.platform_id)
    ).first()
    if taken is None:
        return None
    record = session.get(PollRecord, account_id) or PollRecord(
        account_id=account_id, capabilities=[], streams=[], followers_known=False
    )
    session.add(record)
    spent = spending_of(session, account_id, pace, now=now)
    if spent is not None:
        pace = pace.slower(spent.factor)
    rows = session.scalars(sa.select(CommentStream).where(CommentStream.account_id == account_id))
    return PollPlan(
        account_id=account_id,
        platform=Platform(taken.platform),
        platform_id=taken.platform_id,
        pace=pace,
        began_at=now,
        lease_until=lease_until,
        streams={row.name: StreamPlace(row.since, row.cursor, row.began_at, row.seen_to) for row in rows},
        posts=own_posts.watched(session, account_id, since=now - pace.watch_for),
        posts_due=_is_due(record.posts_read_at, pace.posts_every, now),
        posts_listed_due=_is_due(record.posts_listed_at, pace.posts_listed_every, now),
        posts_read_at=record.posts_read_at,
        rescan_due=_is_due(record.rescanned_at, pace.rescan_every, now),
        old_due=_is_due(record.old_read_at, pace.old_every, now),
        followers_due=_is_due(record.followers_read_at, pace.followers_every, now),
        followers_count_due=_is_due(record.followers_counted_at, pace.followers_counted_every, now),
        followers_known=record.followers_known,
    )


def poll_account(
    plan: PollPlan,
    connector: Connector,
    *,
    transaction: Transaction,
    clock: Clock,
    first_kept: Callable[[], object] | None = None,
) -> PollReport:
    """Read everything that is due and keep it; the account is free again at the end.

    `first_kept`: told once, as soon as a new comment is kept.

    What can't be read is named in the report and, per stream, in the database; only dead
    credentials, a used-up limit and an unreachable platform end the poll early.
    """
    report = PollReport(plan.account_id, plan.began_at)
    lease = Lease(plan.account_id, plan.lease_until, plan.pace.lease, transaction, clock)
    work = Round(plan, connector, lease, clock, report, first_kept)
    try:
        _everything(work)
    except LeaseLost as error:
        report.complete = False
        report.problems.append(str(error))
        return report
    except ConnectorError as error:
        _ended_early(report, error)
    with transaction() as session:
        _finish(session, work, now=clock())
    return report


def _everything(work: Round) -> None:
    plan = work.plan
    if plan.posts_due or plan.posts_listed_due:
        poll_rescan.read_posts(work)
    if Capability.FETCH_COMMENTS in work.connector.capabilities:
        poll_comments.read_comments(work)
        if plan.rescan_due:
            poll_rescan.rescan(work)
        if plan.old_due and plan.platform is not Platform.X:
            poll_rescan.read_old_posts(work)
    if plan.followers_due:
        poll_people.read_people(work)


def _ended_early(report: PollReport, error: ConnectorError) -> None:
    report.complete = False
    report.problems.append(error.detail)
    match error:
        case CredentialsDead():
            report.credentials_dead = error.detail
        case OutOfCredit():
            report.out_of_credit = True
        case RateLimited():
            report.limited = error
        case ConnectorUnavailable():
            report.away, report.retry_after = True, error.retry_after


def _finish(session: Session, work: Round, *, now: datetime) -> None:
    plan, report = work.plan, work.report
    # FOR NO KEY UPDATE: rows that point at the account may be written meanwhile. Locks are taken in
    # the order account, ledger, log everywhere.
    account = session.get_one(Account, plan.account_id, with_for_update={"key_share": True})
    calls = work.connector.calls()
    accounts.note_calls(session, account, costs.ledger_items(plan.platform, calls, plan.pace.prices), now=now)
    if account.poll_lease_until != work.lease.until:
        return
    account.poll_lease_until = None
    record = session.get_one(PollRecord, plan.account_id)
    record.capabilities = sorted(capability.value for capability in work.connector.capabilities)
    hand_tasks.tick_what_shows(session, plan.account_id, now=now)
    if report.credentials_dead is not None:
        accounts.mark_dead(session, account, report.credentials_dead, now=now)
        account.pace_note = None
        return
    if report.complete:
        account.last_polled_at = now
    _say_how_it_is(account, report, now=now)
    _when_next(session, account, work, calls, now=now)


def _say_how_it_is(account: Account, report: PollReport, *, now: datetime) -> None:
    """The account's problem, if any: a limit that passes by itself within the hour is none."""
    problem = report.problems[-1] if report.problems else None
    if report.limited is not None and report.limited.span is Span.WINDOW:
        problem = None
    if report.complete or report.more:
        problem = None
    if problem is None:
        account.problem = account.problem_since = None
        return
    if account.problem is None:
        account.problem_since = now
    account.problem = problem


def _when_next(
    session: Session, account: Account, work: Round, calls: list[CallRecord], *, now: datetime
) -> None:
    plan, report, pace = work.plan, work.report, work.plan.pace
    wait, why = pacing.at_this_hour(pace, last_post=own_posts.latest(session, plan.account_id), now=now)
    if pace.adaptive and plan.platform is not Platform.X:
        left = [call.remaining for call in calls if call.remaining is not None]
        wait, spared = pacing.spared(100 - min(left, default=100), wait, NAMES[plan.platform])
        why = spared or why
    spent = spending_of(session, plan.account_id, pace, now=now)
    if spent is not None:
        wait, why = wait * spent.factor, spent.sentence or why
    account.poll_failures = account.poll_failures + 1 if report.away else 0
    if report.more:
        wait, why = timedelta(0), ""
    elif report.limited is not None:
        wait = timedelta(seconds=report.limited.retry_after or 0)
        why = f"{report.limited.detail} Reading goes on by itself {say(now + wait)}."
    elif report.out_of_credit:
        wait = _CREDIT_WAIT
        why = "It is asked again every six hours. Once there is credit, press “Read now”."
    elif report.away:
        backing_off = min(pace.interval * 2 ** min(account.poll_failures - 1, 8), _BACK_OFF_MAX)
        wait = max(backing_off, timedelta(seconds=report.retry_after or 0))
        why = "The platform could not be reached: it is asked again after longer and longer breaks."
    elif spent is not None and spent.exhausted:
        wait = spent.until - now
        account.problem, account.problem_since = spent.sentence, account.problem_since or now
    account.next_poll_at, account.pace_note = now + wait, why or None


def spending_of(session: Session, account_id: UUID, pace: PollPace, *, now: datetime) -> Spending | None:
    """How the account's budget of this month stands; None where it costs nothing."""
    if pace.budget is None:
        return None
    account = session.get_one(Account, account_id)
    own = account.monthly_budget_micro_usd
    read, acted = costs.this_month(session, account_id, now=now)
    return pacing.spending(pace.budget if own is None else own / 1_000_000, read, acted, now=now)


def _is_due(last: datetime | None, every: timedelta, now: datetime) -> bool:
    return last is None or last + every <= now


__all__ = [
    "LeaseLost",
    "PollPace",
    "PollPlan",
    "PollReport",
    "claim_poll",
    "due",
    "poll_account",
    "spending_of",
]
