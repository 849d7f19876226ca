"""Measurements for Prometheus: counts by state, ages of what waits, signs of life. Few series, no names."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.orm import Session

from approvals.models import Publication
from approvals.states import PublicationState
from moderation import costs
from moderation.models import (
    ActState,
    CaseState,
    Comment,
    CommentState,
    Follower,
    LogCase,
    LogEntry,
    PlatformAct,
)
from school import clocks, heartbeats, incidents
from school.db import now, reading
from school.errors import NotPermitted
from school.models import Account, AccountState, CallLedger, MailState, OutboxEmail
from school.permissions import Action
from school.settings import settings
from web.access import allowed, public

pages = Blueprint("metrics", __name__)

BY_STATE = (
    ("schoolgate_accounts", "Accounts by state", Account.state, AccountState),
    ("schoolgate_mails", "Mails by state", OutboxEmail.state, MailState),
    ("schoolgate_publications", "Publications by state", Publication.state, PublicationState),
    ("schoolgate_comments", "Comments by state", Comment.state, CommentState),
    ("schoolgate_log_cases", "Entries of the log by state of their case", LogCase.state, CaseState),
    ("schoolgate_platform_acts", "Acts on the platforms by state", PlatformAct.state, ActState),
    ("schoolgate_followers", "Followers by state of their vetting", Follower.state, None),
)
"""Numbers of rows by state: name, what it is, column, and the states that are shown with 0 too."""


_ABOUT_HEAD = sa.select(LogCase.entry_id).where(LogCase.about_headteacher)
KEPT: dict[Any, Any] = {
    LogCase: LogCase.about_headteacher,
    PlatformAct: PlatformAct.entry_id.in_(_ABOUT_HEAD),
    Comment: Comment.id.in_(sa.select(LogEntry.comment_id).where(LogEntry.id.in_(_ABOUT_HEAD))),
    OutboxEmail: OutboxEmail.confidential,
}
"""Rows that aren't counted, since they concern the headteacher."""


@pages.get("/metrics")
@public
def metrics() -> ResponseReturnValue:
    """Everything that is measured, in Prometheus' text format.

    For who asks from the school's own network, has the token (SCHOOLGATE_METRICS_TOKEN), or may see
    health. With a token set, the network alone is not enough.
    """
    if not (_has_token() or (_token() is None and _from_inside()) or allowed(Action.SEE_HEALTH)):
        raise NotPermitted("The measurements are open to the school's own network, or after sign-in.")
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Measured())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Measured(Collector):
    """What the database says at this moment."""

    def collect(self) -> Iterator[Metric]:
        moment = now()
        with reading() as session:
            for name, what, column, states in BY_STATE:
                yield _by_state(session, name, what, column, states)
            yield from _calls(session)
            yield _waiting(session, moment)
            yield _accounts(session, moment)
            yield _budgets(session, moment)
            yield from _work(session, moment)
            yield _plain(
                "schoolgate_urgent_cases_open",
                "Threats and worries about a child that nobody has decided on",
                session.scalar(
                    sa.select(sa.func.count()).where(
                        LogCase.state == CaseState.OPEN,
                        LogCase.urgent.is_(True),
                        LogCase.about_headteacher.is_(False),
                    )
                ),
            )
            yield _plain(
                "schoolgate_incidents_open", "Things that stay wrong", len(incidents.open_now(session))
            )


def _by_state(session: Session, name: str, what: str, column: Any, states: Any) -> Metric:
    family = GaugeMetricFamily(name, f"{what}.", labels=["state"])
    counts = {
        str(state): count
        for state, count in session.execute(sa.select(column, sa.func.count()).group_by(column))
    }
    # The headteacher reads these, too, and a number tells of an entry that is kept from them (P3).
    if column.class_ in KEPT:
        kept = sa.select(column, sa.func.count()).where(KEPT[column.class_]).group_by(column)
        for state, count in session.execute(kept):
            counts[str(state)] -= count
    for state in sorted({*counts, *(str(known) for known in states or ())}):
        family.add_metric([state], counts.get(state, 0))
    return family


def _calls(session: Session) -> Iterator[Metric]:
    rows = session.execute(
        sa.select(
            Account.platform,
            CallLedger.operation,
            sa.func.sum(CallLedger.calls),
            sa.func.sum(CallLedger.failures),
            sa.func.sum(CallLedger.cost_micro_usd),
        )
        .join(Account, Account.id == CallLedger.account_id)
        .group_by(Account.platform, CallLedger.operation)
        .order_by(Account.platform, CallLedger.operation)
    ).all()
    for name, what, position in (
        ("schoolgate_platform_calls", "Requests made to the platforms.", 2),
        ("schoolgate_platform_failures", "Requests to the platforms that failed.", 3),
        ("schoolgate_platform_cost_micro_usd", "Cost of requests in millionths of a US dollar.", 4),
    ):
        family = CounterMetricFamily(name, what, labels=["platform", "operation"])
        for row in rows:
            family.add_metric([row[0], row[1]], float(row[position]))
        yield family


def _waiting(session: Session, moment: datetime) -> Metric:
    """How long the oldest piece of each kind of work has been due."""
    family = GaugeMetricFamily(
        "schoolgate_oldest_due_seconds",
        "Age of the oldest piece of work that is due and not done, by kind; 0 when nothing is due.",
        labels=["work"],
    )
    for work, column, due in (
        ("publish", Publication.next_try_at, Publication.state == PublicationState.SCHEDULED),
        ("find", Publication.unknown_since, Publication.state == PublicationState.UNKNOWN),
        ("actions", PlatformAct.next_try_at, PlatformAct.state == ActState.REQUESTED),
        ("mail", OutboxEmail.created_at, OutboxEmail.state == MailState.QUEUED),
        ("classify", Comment.fetched_at, Comment.state == CommentState.FETCHED),
        ("poll", Account.next_poll_at, Account.state == AccountState.ACTIVE),
    ):
        # Counted with it: for min() alone, SQLite reads every row of the table.
        first = sa.select(sa.func.min(column), sa.func.count()).where(due, column <= moment)
        oldest, _ = session.execute(first).one()
        family.add_metric([work], (moment - oldest).total_seconds() if oldest is not None else 0)
    return family


def _accounts(session: Session, moment: datetime) -> Metric:
    family = GaugeMetricFamily(
        "schoolgate_account_last_poll_age_seconds",
        "Seconds since the account was last read to the end; absent before the first time.",
        labels=["platform", "account"],
    )
    query = sa.select(Account).where(Account.state != AccountState.CLOSED).order_by(Account.platform)
    for account in session.scalars(query):
        if account.last_polled_at is not None:
            age = (moment - account.last_polled_at).total_seconds()
            family.add_metric([account.platform, account.handle], age)
    return family


def _budgets(session: Session, moment: datetime) -> Metric:
    family = GaugeMetricFamily(
        "schoolgate_account_month_cost_micro_usd",
        "Cost of an account's requests this month in millionths of a US dollar.",
        labels=["platform", "account"],
    )
    query = sa.select(Account).where(Account.state != AccountState.CLOSED).order_by(Account.platform)
    for account in session.scalars(query):
        read, acted = costs.this_month(session, account.id, now=moment)
        family.add_metric([account.platform, account.handle], round((read + acted) * 1_000_000))
    return family


def _work(session: Session, moment: datetime) -> Iterator[Metric]:
    seen = heartbeats.latest(session)
    family = GaugeMetricFamily(
        "schoolgate_work_last_seen_seconds",
        "Seconds since this kind of work gave a sign of life.",
        labels=["work"],
    )
    for name in heartbeats.EXPECTED:
        if name in seen:
            family.add_metric([name], (moment - seen[name].at).total_seconds())
    yield family
    family = GaugeMetricFamily(
        "schoolgate_machine_clock_ahead_seconds",
        "How far the clock of a machine that works is ahead of the database's; negative: behind.",
        labels=["machine"],
    )
    for clock in clocks.lately(session, now=moment):
        family.add_metric([clock.machine], clock.ahead.total_seconds())
    yield family
    batch = heartbeats.last_batch(session)
    if batch is not None:
        yield _plain(
            "schoolgate_classifier_batch_seconds", "Time that the last batch of comments took.", batch[0]
        )
        yield _plain("schoolgate_classifier_batch_comments", "Comments in that batch.", batch[1])


def _plain(name: str, what: str, value: float | None) -> Metric:
    family = GaugeMetricFamily(name, f"{what.rstrip('.')}.")
    family.add_metric([], value or 0)
    return family


def _token() -> str | None:
    token = settings().metrics_token
    return token.get_secret_value() if token is not None and token.get_secret_value() else None


def _has_token() -> bool:
    token, given = _token(), request.authorization
    if token is None or given is None or given.type != "bearer" or given.token is None:
        return False
    return hmac.compare_digest(given.token.encode(), token.encode())


def _from_inside() -> bool:
    """Whether this came straight from a private address, not through a proxy from somewhere else."""
    if request.headers.get("X-Forwarded-For") or request.headers.get("Forwarded"):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_private
    except ValueError:
        return False
