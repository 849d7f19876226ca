"""The tasks: each looks into the database, claims, acts without a transaction open, and records.

Messages carry ids or nothing; losing one or getting it twice changes nothing.
"""

from __future__ import annotations

import random
import secrets
import socket
import threading
import time
from collections.abc import Callable
from functools import wraps
from uuid import UUID

import structlog
from celery.worker import state as worker_state
from sqlalchemy.exc import InterfaceError, OperationalError

from approvals import approval_mail, asking, looks, publishing, reconciling, schedule, takedowns, videos
from moderation import actions, alerts, carrying_words, polling
from school import (
    clocks,
    connecting,
    db,
    digests,
    heartbeats,
    incidents,
    mail,
    notices,
    probes,
    reminders,
    retention,
)
from school.db import reading, transaction
from school.models import MailState
from school.readiness import CLASSIFIER
from school.settings import settings
from web.retained import RULES
from worker import (
    anchoring,
    classifier,
    clock,
    consenting,
    exporting,
    failures,
    filming,
    judging,
    looking,
    outgoing,
    probing,
    resealing,
    returned,
    rounds,
    watching,
)
from worker.app import task
from worker.clock import now

log = structlog.get_logger(__name__)

AT_ONCE_ON_AN_ACCOUNT = 3
"""Posts that one process sends to one account at the same time; other accounts have their own."""
NOT_ALL_THE_FIRST = 8


def at_most(count: int, *, each: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Within one process, no more than so many of this kind at once: stuck ones must leave room for others.

    `each`: so many for each value of the first argument. What fails is logged and left to the next
    look, which finds it in the database.
    """

    def limit(work: Callable[..., None]) -> Callable[..., None]:
        rooms: dict[str, threading.BoundedSemaphore] = {}
        opening = threading.Lock()

        @wraps(work)
        def limited(*arguments: str) -> None:
            with opening:
                room = rooms.setdefault(arguments[0] if each else "", threading.BoundedSemaphore(count))
            if not room.acquire(blocking=False):
                return
            # Every line of this run carries the same id, and none of the one before it in this thread.
            structlog.contextvars.clear_contextvars()
            structlog.contextvars.bind_contextvars(work=work.__name__, run=secrets.token_hex(4))
            try:
                work(*arguments)
            except Exception as error:  # noqa: BLE001 - whatever it is, the looks must go on
                failures.note(work.__name__, error)
            finally:
                room.release()

        return limited

    return limit


_last_beats: dict[str, float] = {}


def _for_the_first_time_in(seconds: float, name: str) -> bool:
    last = _last_beats.get(name)
    if last is not None and time.monotonic() - last < seconds:
        return False
    _last_beats[name] = time.monotonic()
    return True


def alive(name: str, *, detail: str = "") -> None:
    """Leave a sign of life of this kind of work and of this machine's clock, every few seconds at most."""
    if not _for_the_first_time_in(5.0, name):
        return
    with transaction() as session:
        if _for_the_first_time_in(60.0, "clock"):
            clocks.note(session, socket.gethostname(), now=db.now())
            clock.set_by(session)
        heartbeats.beat(session, name, detail=detail, now=now())
        # Every look was sent by the scheduler.
        heartbeats.beat(session, "scheduler", now=now())


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
        asking.remind(session, now=now())
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


@task("poll.look")
@at_most(1)
def look_for_polls() -> None:
    """Have every account that is due polled, each by itself, so that none waits for another."""
    alive("poll")
    with reading() as session:
        waiting = polling.due(session, now=now())
    for account_id in waiting:
        poll_account.apply_async((str(account_id),))


@task("poll.account")
@at_most(6)
def poll_account(account_id: str) -> None:
    """Read one account; what came is scored at once."""
    report = rounds.poll(UUID(account_id))
    if report is not None and (report.new or report.edited or report.followers):
        look_for_scoring.apply_async()


@task("poll.probe")
@at_most(1)
def look_for_probes() -> None:
    """Have the credentials of every account looked at once a day, before anything fails by them."""
    with reading() as session:
        waiting = probes.due(session, now=now())
    for account_id in waiting:
        probe_account.apply_async((str(account_id),))


@task("poll.probe_account")
@at_most(4)
def probe_account(account_id: str) -> None:
    """Look at one account's credentials."""
    probing.probe(UUID(account_id))


@task("poll.connect")
@at_most(1)
def look_for_connections() -> None:
    """Do the next step of each account that somebody is connecting in the browser."""
    with reading() as session:
        waiting, old = connecting.due(session, now=now()), connecting.too_old(session, now=now())
    for connection_id in old:
        with transaction() as session:
            connecting.expire(session, connection_id, now=now())
    for connection_id in waiting:
        connect_account.apply_async((str(connection_id),))


@task("poll.connect_account")
@at_most(4)
def connect_account(connection_id: str) -> None:
    """Ask a platform for its consent page, or exchange its answer for an account's keys."""
    consenting.step(UUID(connection_id))


@task("classify.look")
@at_most(1)
def look_for_scoring() -> None:
    """Score what has been fetched, until nothing waits; what is flagged is in the SLT log afterwards."""
    while not stopping():
        alive("classify")
        if model := classifier.loaded_model():
            alive(CLASSIFIER, detail=model)
        scored = judging.score_waiting(batches=8)
        # After the comments, and few at once: a threat must not wait for a thousand bios (P23).
        profiles = judging.score_profiles(batches=2)
        if not scored.total and not profiles:
            return


def stopping() -> bool:
    """Whether this worker was told to stop: long work then ends after its present piece."""
    return worker_state.should_stop is not None or worker_state.should_terminate is not None


@task("classify.again")
@at_most(1)
def look_for_scoring_again() -> None:
    """Score recent comments again, where somebody asked for it and no new comment waits."""
    judging.score_again()


@task("classify.words")
@at_most(1)
def look_for_words() -> None:
    """Say which words carried a score, where somebody is waiting at a page for it."""
    with reading() as session:
        waiting = carrying_words.waits(session)
    if waiting:
        judging.say_which_words()


@task("classify.pictures")
@at_most(1)
def look_at_pictures() -> None:
    """Look at pictures that were added: for faces, then for names in the text inside them (P27, P28)."""
    with reading() as session:
        waiting = looks.waits(session)
    while waiting and not stopping():
        waiting = looking.look_at_one(stopping)


@task("actions.look")
@at_most(4)
def look_for_acts() -> None:
    """Carry out one act that is due. Others that are due are begun beside it, not after it."""
    alive("actions")
    with transaction() as session:
        actions.hand_over_closed(session, now=now())
        claimed = actions.claim_action(session, lease=settings().lease, now=now())
    if claimed is not None:
        look_for_acts.apply_async()
        rounds.act(claimed)


@task("actions.pictures")
@at_most(1)
def look_for_comment_pictures() -> None:
    """Fetch the pictures of comments that people asked to be kept as evidence (P22)."""
    while not stopping() and rounds.fetch_picture():
        pass


@task("publish.look")
@at_most(1)
def look_for_publications() -> None:
    """Have every publication that is due published, and looked for where its outcome is unknown."""
    alive("publish")
    with reading() as session:
        due = publishing.accounts_due(session, now=now())
        unsure = reconciling.due_looks(session, now=now())
    for account_id in due:
        for _ in range(AT_ONCE_ON_AN_ACCOUNT):
            publish_for_account.apply_async((str(account_id),))
    for publication_id in unsure:
        look_for_one.apply_async((str(publication_id),))


@task("publish.account")
@at_most(AT_ONCE_ON_AN_ACCOUNT, each=True)
def publish_for_account(account_id: str) -> None:
    """Put out what is due on one account, one after the other, until nothing is or the platform says wait."""
    tried: set[UUID] = set()
    while not stopping():
        with reading() as session:
            due = publishing.due(session, now=now(), account_id=UUID(account_id))
        untried = [publication_id for publication_id in due if publication_id not in tried]
        if not untried:
            return
        # Others do the same beside this one: not all reach for the first.
        chosen = random.choice(untried[:NOT_ALL_THE_FIRST])
        tried.add(chosen)
        if rounds.publish(chosen) is publishing.OutcomeKind.LATER:
            return


@task("publish.find")
@at_most(2)
def look_for_one(publication_id: str) -> None:
    """Look for one publication of unknown outcome among the account's own posts."""
    rounds.look_for_post(UUID(publication_id))


@task("publish.takedowns")
@at_most(1)
def look_for_takedowns() -> None:
    """Have posts removed that have to go: those of pupils whose consent was withdrawn, and others (P25)."""
    with transaction() as session:
        opened = takedowns.open_for_withdrawn_consent(session, now=now())
        takedowns.hand_over_closed(session, now=now())
        due = takedowns.due(session, now=now())
    if opened:
        log.info("takedowns_opened", count=len(opened))
    for takedown_id in due:
        take_down_one.apply_async((str(takedown_id),))


@task("publish.take_down")
@at_most(2)
def take_down_one(takedown_id: str) -> None:
    """Have one post removed."""
    rounds.take_down(UUID(takedown_id))


@task("publish.sweep")
@at_most(1)
def sweep_drafts() -> None:
    """Drafts whose time came without a decision are missed, and people are told (P12)."""
    with reading() as session:
        waiting = schedule.unapproved(session, now=now())
    if waiting:
        with transaction() as session:
            missed = schedule.miss_unapproved(session, now=now())
        log.info("drafts_missed", count=missed)


@task("classify.videos")
@at_most(1)
def look_for_videos() -> None:
    """Prepare videos that were added, one after the other, beside the scoring and after it (P23, P28)."""
    with reading() as session:
        waiting = videos.waits(session, now=now())
    while waiting and not stopping():
        waiting = filming.prepare_one()


@task("classify.sweep_videos")
@at_most(1)
def sweep_videos() -> None:
    """Remove what broken uploads and killed workers left of videos."""
    filming.sweep()
    with transaction() as session:
        swept = videos.sweep(session, now=now())
    if swept:
        log.info("broken_uploads_removed", count=swept)


@task("classify.seal_pictures")
@at_most(1)
def seal_pictures() -> None:
    """Encrypt the pictures that a former version or an older backup left as they are, in mails too."""
    resealing.seal_pictures(stopping)


@task("actions.exports")
@at_most(1)
def make_exports() -> None:
    """Make the files with people's data that were asked for (P34, P15)."""
    while not stopping() and exporting.make_one():
        pass


@task("actions.erase")
@at_most(1)
def erase_what_is_over() -> None:
    """Once a day, erase what is kept for no longer (P34), some hundred records in each transaction."""
    with reading() as session:
        due = retention.any_due(session, RULES, now=now())
    while due and not stopping():
        with transaction() as session:
            rule = retention.claim(session, RULES, now=now())
        if rule is None:
            return
        erased = retention.BATCH
        while erased == retention.BATCH and not stopping():
            with transaction() as session:
                erased = retention.erase_batch(session, rule, now=now())
            if erased:
                log.info("erased", rule=rule.key, count=erased)
