"""The tasks: each looks into the database, claims, acts without a transaction open, and records.

Messages carry ids or nothing; losing one or getting it twice changes nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import wraps
from uuid import UUID

import structlog

from moderation import scoring
from school import heartbeats, mail
from school.db import now, reading, transaction
from worker import outgoing, rounds
from worker.app import app

log = structlog.get_logger(__name__)

MAILS_A_LOOK = 20


def one_at_a_time(work: Callable[[], None]) -> Callable[[], None]:
    """Within one process, a look that finds the former one still at work has nothing to do."""
    busy = threading.Lock()

    @wraps(work)
    def alone() -> None:
        if not busy.acquire(blocking=False):
            return
        try:
            work()
        finally:
            busy.release()

    return alone


_last_beats: dict[str, float] = {}


def alive(name: str) -> None:
    """Leave a sign of life of this kind of work, every few seconds at most."""
    last = _last_beats.get(name)
    if last is not None and time.monotonic() - last < 5.0:
        return
    _last_beats[name] = time.monotonic()
    with transaction() as session:
        heartbeats.beat(session, name, now=now())


@app.task(name="mail.look")
@one_at_a_time
def look_for_mail() -> None:
    """Send what is due in the outbox."""
    alive("mail")
    url = outgoing.smtp_url()
    if url is None:
        return
    for _ in range(MAILS_A_LOOK):
        with transaction() as session:
            claimed = mail.claim(session, now=now())
        if claimed is None:
            return
        delivery = mail.deliver(claimed, url)
        with transaction() as session:
            mail.record(session, claimed, delivery, now=now())
        log.info("mail_tried", mail_id=str(claimed.id), outcome=delivery.outcome.value)


@app.task(name="poll.look")
@one_at_a_time
def look_for_polls() -> None:
    """Have every account that is due polled, each by itself, so that none waits for another."""
    alive("poll")
    with reading() as session:
        waiting = rounds.due_accounts(session)
    for account_id in waiting:
        poll_account.apply_async((str(account_id),), expires=10)


@app.task(name="poll.account")
def poll_account(account_id: str) -> None:
    """Read one account; what came is scored at once."""
    report = rounds.poll(UUID(account_id))
    if report is not None and (report.new or report.edited or report.followers):
        look_for_scoring.apply_async(expires=5)


@app.task(name="classify.look")
@one_at_a_time
def look_for_scoring() -> None:
    """Score what has been fetched; what is flagged is in the SLT log afterwards."""
    alive("classify")
    with reading() as session:
        waiting = scoring.waiting(session)
    if waiting:
        rounds.score_waiting()
