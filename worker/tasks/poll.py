"""The tasks that read: accounts, their credentials, how far posts came, and what is being connected."""

from __future__ import annotations

from uuid import UUID

from approvals import reach
from moderation import polling
from school import connecting, probes
from school.db import reading, transaction
from worker import consenting, probing, rounds
from worker.app import task
from worker.clock import now
from worker.tasks.classify import look_for_scoring
from worker.tasks.running import alive, at_most


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
    """Read one account; what came is scored at once, the first of it while the rest is still being read."""
    report = rounds.poll(UUID(account_id), first_kept=look_for_scoring.apply_async)
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


@task("poll.reach")
@at_most(1)
def look_for_reach() -> None:
    """Have the figures read of posts that are a day, a week or a month old (P10)."""
    with reading() as session:
        waiting = reach.due(session, now=now())
    for account_id in waiting:
        read_reach.apply_async((str(account_id),))


@task("poll.reach_account")
@at_most(1, each=True)
def read_reach(account_id: str) -> None:
    """Read the figures of some posts of one account; the next look takes what is left."""
    rounds.read_reach(UUID(account_id))


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
