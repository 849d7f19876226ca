"""The tasks about mail: what goes out, what came back, and what is to be said to whom."""

from __future__ import annotations

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from approvals import approval_mail, asking, asking_again
from moderation import alerts
from school import digests, incidents, mail, notices, reminders
from school.db import reading, transaction
from school.models import MailState
from school.settings import settings
from worker import anchoring, outgoing, returned, rounds, watching
from worker.app import task
from worker.clock import now
from worker.tasks.running import alive, at_most, stopping

log = structlog.get_logger(__name__)


@task("mail.look")
@at_most(1)
def look_for_mail() -> None:
    """Send what is due in the outbox, and put into it what was gathered for it."""
    alive("mail")
    with reading() as session:
        gathered = alerts.waiting(session)
    if gathered:
        with transaction() as session:
            alerts.send_gathered(session, url=settings().effective_public_url, now=now())
    url = outgoing.smtp_url()
    if url is None:
        return
    _record_mails()
    while not stopping():
        # A mail server that answers nothing takes half a minute for each.
        alive("mail")
        with transaction() as session:
            claimed = mail.claim(session, now=now())
        if claimed is None:
            return
        _answered.append((claimed, mail.deliver(claimed, url)))
        _record_mails()


_answered: list[tuple[mail.ClaimedMail, mail.Delivery]] = []
"""What the mail server said and the database doesn't have yet. Where that can't be written (its disk is
full, it is gone), it is tried again before any other mail, so that none goes out twice for it."""


def _record_mails() -> None:
    while _answered:
        claimed, delivery = _answered.pop()
        try:
            with transaction() as session:
                row = mail.record(session, claimed, delivery, now=now())
                if row.state is MailState.FAILED:
                    approval_mail.tell_author_of_failed(session, row, now=now())
        except (OperationalError, InterfaceError):
            _answered.append((claimed, delivery))
            raise
        log.info("mail_tried", mail_id=str(claimed.id), outcome=delivery.outcome.value)


@task("mail.push")
@at_most(2)
def look_for_notices() -> None:
    """Send the notices that are due to people's browsers, one after the other."""
    while not stopping() and rounds.notify_one():
        pass


@task("mail.returned")
@at_most(1)
def look_for_returned() -> None:
    """Find out which of our mails came back, where the school has a mailbox for that."""
    returned.look()


@task("mail.watch")
@at_most(1)
def watch_for_troubles() -> None:
    """Tell the right people what stays wrong, once, and once more when it is over."""
    chosen = settings()
    with transaction() as session:
        moment = now()
        told = incidents.note(
            session, watching.troubles(session, now=moment), url=chosen.effective_public_url, now=moment
        )
    for incident in told:
        log.warning("incident", key=incident.key, over=incident.over_at is not None)


@task("mail.remind")
@at_most(1)
def remind() -> None:
    """Queue the reminders that are due: training that runs out, the policy's review (P6, P32)."""
    with transaction() as session:
        queued = reminders.due_now(session, url=settings().effective_public_url, now=now())
    if queued:
        log.info("reminders_queued", count=queued)


@task("mail.anchor")
@at_most(1)
def anchor_the_chains() -> None:
    """Once a day, mail out how far trail and log have come, so that nobody can make them anew (P17)."""
    anchoring.anchor()


@task("mail.asks")
@at_most(1)
def ask_for_decisions() -> None:
    """Ask once more, or others, before a planned time passes; write the mails that tell of several (P12)."""
    with transaction() as session:
        asking_again.remind(session, now=now())
        asking_again.ask_deputies(session, now=now())
        asking_again.ask_others(session, now=now())
        asking.mail_due(session, now=now())


@task("mail.digests")
@at_most(1)
def send_digests() -> None:
    """Put the digests that are due into the outbox, each in a transaction of its own."""
    with reading() as session:
        waiting = notices.due(session, now=now())
    for person_id in waiting:
        with transaction() as session:
            digests.send(session, person_id, url=settings().effective_public_url, now=now())
    if waiting:
        log.info("digests_queued", count=len(waiting))
