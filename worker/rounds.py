"""The rounds that tasks and commands share: poll an account, score what waits, carry out what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from moderation import polling, scoring
from moderation.costs import Prices
from moderation.polling import PollPace, PollReport
from school import accounts
from school.db import now, reading, transaction
from school.errors import SchoolgateError
from school.models import Account
from school.settings import settings
from worker import classifier, endpoints

log = structlog.get_logger(__name__)

BATCH = 32
"""Comments scored at once: a small batch lets what was just written into the log soon."""


def pace_of(account: Account) -> PollPace:
    """How often an account is read: a practice account all the time, so that people see what happens."""
    chosen = settings()
    if account.practice:
        return PollPace.practice(timedelta(seconds=chosen.practice_poll_interval))
    return PollPace(
        interval=timedelta(seconds=chosen.poll_interval),
        watch_for=timedelta(days=chosen.watch_posts_for_days),
        lease=chosen.lease,
        prices=Prices(x_read=chosen.x_read_cost, x_post=chosen.x_post_cost),
    )


def due_accounts(session: Session) -> list[UUID]:
    """The accounts whose turn it is."""
    return polling.due(session, now=now())


def poll(account_id: UUID) -> PollReport | None:
    """Read one account now; None when another worker is at it, or it is not in use."""
    with reading() as session:
        account = accounts.get(session, account_id)
        sealed = account.credentials
        pace = pace_of(account)
    try:
        connector = endpoints.connector_of(account)
    except endpoints.PracticeAway as error:
        _wait(account_id, str(error))
        return None
    except SchoolgateError as error:
        # Nothing was asked of the platform: the credentials can't be read or used at all.
        _stop(account_id, sealed, str(error))
        return None
    with transaction() as session:
        plan = polling.claim_poll(session, account_id, pace=pace, now=now())
    if plan is None:
        return None
    report = polling.poll_account(plan, connector, transaction=transaction, clock=now)
    log.info(
        "polled",
        account_id=str(account_id),
        new=report.new,
        edited=report.edited,
        gone=report.gone,
        followers=report.followers,
        complete=report.complete,
        seconds=round((now() - report.began_at).total_seconds(), 2),
    )
    return report


def _wait(account_id: UUID, problem: str) -> None:
    with transaction() as session:
        account = accounts.get(session, account_id)
        account.next_poll_at = now() + timedelta(seconds=15)
        account.problem, account.problem_since = problem, account.problem_since or now()


def _stop(account_id: UUID, sealed: bytes, problem: str) -> None:
    with transaction() as session:
        account = accounts.get(session, account_id)
        if account.credentials == sealed:
            accounts.mark_dead(session, account, problem, now=now())


@dataclass(slots=True)
class Scored:
    """What a round of scoring came to."""

    clear: int = 0
    flagged: int = 0
    urgent: int = 0
    unreadable: int = 0
    """Handed to a person because the classifier failed on them."""


def score_waiting(*, batches: int = 50) -> Scored:
    """Score the comments that wait, newest first, at most that many batches; the SLT log gets what is flagged."""
    total = Scored()
    chosen = settings()
    for _ in range(batches):
        with transaction() as session:
            batch = scoring.take_unscored(session, BATCH, lease=chosen.lease, now=now())
        if not batch.items:
            break
        url = chosen.effective_public_url
        try:
            engine = classifier.engine()
            scores = engine.score(batch.texts)
        except Exception:
            with transaction() as session:
                total.unreadable += scoring.give_back(session, batch, now=now(), url=url)
            raise
        with transaction() as session:
            recorded = scoring.record_scores(
                session,
                batch,
                scores,
                model_name=engine.model_name,
                now=now(),
                url=url,
                hide_over=chosen.hide_threshold if chosen.hide_at_once else None,
            )
        total.clear += recorded.clear
        total.flagged += recorded.flagged
        total.urgent += recorded.urgent
        log.info("scored", clear=recorded.clear, flagged=recorded.flagged, urgent=recorded.urgent)
    return total
