"""The rounds that tasks and commands share: read an account, publish, act; `judging` has the classifier's.

Each claims in one transaction, talks to a platform or the classifier with none open, and records
in another. Whatever stops in between is found in the database by the next look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from approvals import claims, link_looks, publishing, reach, reconciling, takedowns, video_digest
from approvals.models import Publication, Takedown
from approvals.steps import DurableSteps
from connectors import push_service
from connectors.base import CallRecord, Connector, Platform, RemotePost
from moderation import actions, attempts, came_with, costs, own_posts, polling
from moderation.costs import Prices
from moderation.polling import PollPace, PollReport
from school import accounts, keys, mail, push
from school.db import reading, transaction
from school.errors import SchoolgateError
from school.models import Account, AccountState
from school.secrets import KeyMissing
from school.settings import settings
from school.setup import current_school
from worker import endpoints
from worker.clock import now

log = structlog.get_logger(__name__)

_AWAY_WAIT = timedelta(seconds=15)
_WITHIN_BUDGET = timedelta(days=1)
"""How long figures of posts wait where the month's money is short: a day on, it may be enough again."""


def prices(*, practice: bool) -> Prices:
    """What requests cost, by the settings; a practice account's cost nothing."""
    if practice:
        return Prices(0.0, 0.0)
    return Prices(x_read=settings().x_read_cost, x_post=settings().x_post_cost)


def pace_of(account: Account) -> PollPace:
    """How often an account is read: a practice account all the time, so that people see what happens."""
    chosen = settings()
    if account.practice:
        return PollPace.practice(timedelta(seconds=chosen.practice_poll_interval))
    interval, watch_for = timedelta(seconds=chosen.poll_interval), timedelta(days=chosen.watch_posts_for_days)
    if account.platform == Platform.X:
        pace = PollPace.paid(interval, watch_for, chosen.x_monthly_budget, prices(practice=False))
    else:
        pace = PollPace(interval=interval, watch_for=watch_for)
    return replace(pace, lease=chosen.lease, adaptive=chosen.poll_adapts)


def connector_of(account_id: UUID) -> tuple[Account, Connector] | None:
    """An account in use with its connector; None where nothing can be asked of it: it then says why."""
    with reading() as session:
        account = accounts.get(session, account_id)
        # Deferred, so it must be read while the session is open.
        sealed = account.credentials
    if account.state is not AccountState.ACTIVE:
        return None
    try:
        return account, endpoints.connector_of(account)
    except endpoints.PracticeAway as error:
        _wait(account_id, str(error))
    except KeyMissing as error:
        if not _key_is_right():
            # Nothing is wrong with the account: it goes on by itself when the key file is back.
            _wait(account_id, str(error))
        else:
            _dead(account_id, sealed, str(error))
    except SchoolgateError as error:
        # Nothing was asked of the platform: the credentials can't be used at all.
        _dead(account_id, sealed, str(error))
    return None


def _wait(account_id: UUID, problem: str) -> None:
    with transaction() as session:
        account = accounts.get(session, account_id)
        account.next_poll_at = now() + _AWAY_WAIT
        account.problem, account.problem_since = problem, account.problem_since or now()


def _dead(account_id: UUID, sealed: bytes, problem: str) -> None:
    with transaction() as session:
        account = accounts.get(session, account_id)
        # Connected anew meanwhile, it is not dead any more.
        if account.credentials == sealed:
            accounts.mark_dead(session, account, problem, now=now())


def _key_is_right() -> bool:
    try:
        with reading() as session:
            keys.check(session)
    except SchoolgateError:
        return False
    return True


def poll(account_id: UUID, *, first_kept: Callable[[], object] | None = None) -> PollReport | None:
    """Read one account now; None when another worker is at it, or it can't be asked.

    `first_kept`: told once, as soon as a new comment is kept.
    """
    found = connector_of(account_id)
    if found is None:
        return None
    account, connector = found
    with transaction() as session:
        plan = polling.claim_poll(session, account_id, pace=pace_of(account), now=now())
    if plan is None:
        return None
    report = polling.poll_account(plan, connector, transaction=transaction, clock=now, first_kept=first_kept)
    if report.new or report.edited or report.gone or report.followers or not report.complete:
        _say(account_id, report)
    return report


def _say(account_id: UUID, report: PollReport) -> None:
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


def act(claim: attempts.ActClaim) -> None:
    """Carry out one claimed act on a platform and record what came of it."""
    found = connector_of(claim.account_id)
    calls: list[CallRecord] = []
    practice = found is not None and found[0].practice
    if found is None:
        outcome = attempts.ActOutcome(attempts.Result.LATER, "The account can't be used at the moment.")
    else:
        outcome = attempts.act(claim, found[1])
        calls = found[1].calls()
    with transaction() as session:
        actions.record_action(
            session, claim, outcome, calls=calls, prices=prices(practice=practice), now=now()
        )
    log.info("acted", act_id=str(claim.id), kind=claim.kind.value, result=outcome.result.value)


def fetch_picture() -> bool:
    """Fetch one picture of a comment that somebody asked for; whether one was due."""
    with transaction() as session:
        claim = came_with.claim(session, lease=settings().lease, now=now())
    if claim is None:
        return False
    found = came_with.Fetched(problem="The practice platforms aren’t running.", again=True)
    with suppress(endpoints.PracticeAway):
        own = endpoints.pictures_at(claim.platform, practice=claim.practice)
        found = came_with.fetch(claim, own=own, timeout=settings().platform_timeout)
    with transaction() as session:
        came_with.record(session, claim, found, now=now())
    log.info("picture_fetched", picture_id=str(claim.id), kept=bool(found.data))
    return True


def notify_one() -> bool:
    """Send what is due to one browser, as one notice; whether anything was."""
    with transaction() as session:
        claim = push.claim(session, lease=settings().lease, now=now())
        school = current_school(session)
    if claim is None or school is None:
        return False
    sending = push_service.send(claim, sender=mail.sender(school.domain), timeout=settings().platform_timeout)
    with transaction() as session:
        push.record(session, claim, sending, now=now())
    log.info("browser_told", subscription_id=str(claim.subscription_id), outcome=sending.outcome.value)
    return True


def look_at_link() -> bool:
    """Look at what stands behind one link of a draft; whether one was due."""
    with transaction() as session:
        claim = link_looks.claim(session, lease=settings().lease, now=now())
    if claim is None:
        return False
    found = link_looks.look(claim)
    with transaction() as session:
        link_looks.record(session, claim, found, now=now())
    log.info("link_looked_at", look_id=str(claim.id), state=found.state.value, again=found.again)
    return True


def publish(publication_id: UUID) -> publishing.OutcomeKind | None:
    """Put one due publication out, once; how it ended, or None where it wasn't this worker's to send."""
    account_id = _begin(publication_id)
    with reading() as session:
        video_digest.prepare(session, video_digest.of_publication(session, publication_id))
    # Made before the claim: whoever can't send must not take it. While the account can't be used,
    # the publication waits for it there.
    found = connector_of(account_id)
    with transaction() as session:
        claimed = publishing.claim(session, publication_id, now=now())
    if claimed is None:
        return None
    if found is None:
        outcome = publishing.Outcome(
            publishing.OutcomeKind.LATER, detail="The account can't be used at the moment."
        )
        calls: list[CallRecord] = []
    else:
        sent = claims.with_video(claimed, reading)
        outcome = publishing.send(sent, found[1], DurableSteps(transaction, claimed, now))
        calls = found[1].calls()
    # By itself: what the platform said must not be lost with anything that goes wrong below.
    with transaction() as session:
        publishing.record(session, claimed, outcome, now=now())
    with transaction() as session:
        _watch(session, account_id, outcome.post)
        _note_calls(session, account_id, calls, link=bool(claimed.content.link))
    log.info("published_or_not", publication_id=str(publication_id), outcome=outcome.kind.value)
    return outcome.kind


def look_for_post(publication_id: UUID) -> None:
    """Find out once whether a publication of unknown outcome is on the platform."""
    account_id = _begin(publication_id)
    found = connector_of(account_id)
    with transaction() as session:
        claimed = reconciling.claim_look(session, publication_id, now=now())
    if claimed is None:
        return
    # Without a connector too: what was lost on an account that can't be read must not stay as it was.
    look = (
        reconciling.reconcile(claimed, found[1], DurableSteps(transaction, claimed, now))
        if found is not None
        else reconciling.Look(reconciling.LookKind.FAILED, detail="The account can't be used at the moment.")
    )
    calls = found[1].calls() if found is not None else []
    with transaction() as session:
        reconciling.record_look(session, claimed, look, now=now())
    with transaction() as session:
        _watch(session, account_id, look.post)
        _note_calls(session, account_id, calls, link=False)


def take_down(takedown_id: UUID) -> None:
    """Have one published post removed from its platform, and record what came of it (P25)."""
    with reading() as session:
        account_id = session.get_one(Takedown, takedown_id).publication.account_id
    found = connector_of(account_id)
    if found is None:
        return
    with transaction() as session:
        claimed = takedowns.claim(session, takedown_id, now=now())
    if claimed is None:
        return
    outcome = takedowns.act(claimed, found[1])
    calls = found[1].calls()
    with transaction() as session:
        takedowns.record(session, claimed, outcome, now=now())
        _note_calls(session, account_id, calls, link=False)
    log.info("takedown_tried", takedown_id=str(takedown_id), result=outcome.result.value)


def read_reach(account_id: UUID) -> int | None:
    """Ask a platform how far some posts of an account came; how many, or None where none was to be asked for.

    Figures are the last thing that an account's money and allowance are for: where the budget is
    spent faster than the month goes, or more than half of the allowance is used, they wait.
    """
    found = connector_of(account_id)
    if found is None:
        return None
    account, connector = found
    with transaction() as session:
        claimed = reach.claim(session, account_id, lease=settings().lease, now=now())
        spent = polling.spending_of(session, account_id, pace_of(account), now=now())
    if claimed is None:
        return None
    if spent is not None and (spent.exhausted or spent.factor > 1):
        outcome = reach.ReachOutcome(problem=spent.sentence, wait=_WITHIN_BUDGET)
    else:
        outcome = reach.read(claimed, connector)
    calls = connector.calls()
    with transaction() as session:
        kept = reach.record(session, claimed, outcome, now=now())
        if account.platform != Platform.X:
            reach.spare(session, account_id, [call.remaining for call in calls], now=now())
        _note_calls(session, account_id, calls, link=False)
    log.info(
        "reach_read",
        account_id=str(account_id),
        posts=kept,
        there=None if outcome.figures is None else len(outcome.figures),
    )
    return kept


def _watch(session: Session, account_id: UUID, post: RemotePost | None) -> None:
    """Read the comments under a new post from the next poll on: the first hour brings the most."""
    if post is not None:
        own_posts.note(session, account_id, [post], now=now())


def _begin(publication_id: UUID) -> UUID:
    """The account of a publication; from here on every line of the log names its draft."""
    with reading() as session:
        publication = session.get_one(Publication, publication_id)
    structlog.contextvars.bind_contextvars(draft_id=str(publication.draft_id))
    return publication.account_id


def _note_calls(session: Session, account_id: UUID, calls: Iterable[CallRecord], *, link: bool) -> None:
    """Put what publishing asked of a platform into the account's book; X charges more for a link."""
    account = accounts.get(session, account_id)
    made = list(calls)
    items = costs.ledger_items(account.platform, made, prices(practice=account.practice))
    if account.platform == Platform.X and not account.practice:
        dollars = settings().x_link_post_cost if link else settings().x_post_cost
        items = [
            replace(item, cost_micro_usd=round(dollars * 1_000_000))
            if call.operation == "publish" and item.ok
            else item
            for call, item in zip(made, items, strict=True)
        ]
    accounts.note_calls(session, account, items, now=now())
