"""The tasks about posts: putting them out, once; finding what is unsure; taking down; missed times."""

from __future__ import annotations

import random
from uuid import UUID

import structlog

from approvals import publishing, reconciling, schedule, takedowns
from school.db import reading, transaction
from worker import rounds
from worker.app import task
from worker.clock import now
from worker.tasks.running import alive, at_most, stopping

log = structlog.get_logger(__name__)

AT_ONCE_ON_AN_ACCOUNT = 3
"""Posts that one process sends to one account at the same time; other accounts have their own."""
NOT_ALL_THE_FIRST = 8


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
        chosen = random.choice(untried[:NOT_ALL_THE_FIRST])  # noqa: S311 - no secret
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
