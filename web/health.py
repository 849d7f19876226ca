"""Whether the product is alive and ready, for machines that ask."""

from __future__ import annotations

import ipaddress

import sqlalchemy as sa
import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from approvals.models import Publication
from moderation.models import Comment, Follower, LogCase, PlatformAct
from school import readiness
from school.db import now, reading
from school.errors import NotPermitted
from school.models import Account, CallLedger, OutboxEmail
from school.permissions import Action
from web.access import allowed, public

log = structlog.get_logger(__name__)

pages = Blueprint("health", __name__)


@pages.get("/health/live")
@public
def live() -> ResponseReturnValue:
    """This process answers."""
    return {"status": "alive"}


@pages.get("/health/ready")
@public
def ready() -> ResponseReturnValue:
    """Whether everything is at work, each thing in words; 503 while something isn't."""
    found = readiness.findings(now=now())
    wrong = [finding.name for finding in found if not finding.ok]
    if wrong:
        log.warning("not_ready", wrong=wrong)
    answer = {finding.name: finding.words for finding in found}
    return {"status": "not ready" if wrong else "ready", **answer}, 503 if wrong else 200


GAUGES = (
    ("schoolgate_accounts", "Accounts by state", Account.state),
    ("schoolgate_mails", "Mails by state", OutboxEmail.state),
    ("schoolgate_publications", "Publications by state", Publication.state),
    ("schoolgate_comments", "Comments by state", Comment.state),
    ("schoolgate_log_cases", "Entries of the log by state of their case", LogCase.state),
    ("schoolgate_platform_acts", "Acts on the platforms by state", PlatformAct.state),
    ("schoolgate_followers", "Followers by state of their vetting", Follower.state),
)
"""Numbers of rows by state: name, what it is, column."""


@pages.get("/metrics")
@public
def metrics() -> ResponseReturnValue:
    """Counts in Prometheus' text format: for who asks from the school's own network, or may see health."""
    if not (_from_inside() or allowed(Action.SEE_HEALTH)):
        raise NotPermitted("The measurements are open to the school's own network, or after sign-in.")
    lines: list[str] = []
    with reading() as session:
        for name, what, column in GAUGES:
            lines += [f"# HELP {name} {what}.", f"# TYPE {name} gauge"]
            counts = session.execute(sa.select(column, sa.func.count()).group_by(column).order_by(column))
            lines += [f'{name}{{state="{state}"}} {count}' for state, count in counts]
        sums = session.execute(
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
        ("schoolgate_platform_calls_total", "Requests made to the platforms", 2),
        ("schoolgate_platform_failures_total", "Requests to the platforms that failed", 3),
        ("schoolgate_platform_cost_micro_usd_total", "Cost of requests in millionths of a US dollar", 4),
    ):
        lines += [f"# HELP {name} {what}.", f"# TYPE {name} counter"]
        lines += [f'{name}{{platform="{row[0]}",operation="{row[1]}"}} {row[position]}' for row in sums]
    return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _from_inside() -> bool:
    """Whether this came straight from a private address, not through a proxy from somewhere else."""
    if request.headers.get("X-Forwarded-For") or request.headers.get("Forwarded"):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_private
    except ValueError:
        return False
