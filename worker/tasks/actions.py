"""The tasks for what people decided on comments, asked about data or links, single sign-on and erasing."""

from __future__ import annotations

from uuid import UUID

import structlog

from approvals import link_looks
from moderation import actions, hand_tasks
from school import retention, single_sign_on
from school.db import reading, transaction
from school.settings import settings
from web.retained import RULES
from worker import exporting, recognising, rounds
from worker.app import task
from worker.clock import now
from worker.tasks.running import alive, at_most, stopping

log = structlog.get_logger(__name__)


@task("actions.look")
@at_most(4)
def look_for_acts() -> None:
    """Carry out one act that is due. Others that are due are begun beside it, not after it."""
    alive("actions")
    with transaction() as session:
        hand_tasks.hand_over_closed(session, now=now())
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


@task("actions.links")
@at_most(2)
def look_for_links() -> None:
    """Look at what stands behind the links of drafts, where somebody writes or decides on one (P14)."""
    while not stopping() and rounds.look_at_link():
        pass


@task("actions.links_again")
@at_most(1)
def ask_for_links_again() -> None:
    """Have the links looked at again each day of the drafts that wait for a decision."""
    with transaction() as session:
        link_looks.ask_for_waiting(session, now=now())


@task("actions.exports")
@at_most(1)
def make_exports() -> None:
    """Make the files with people's data that were asked for (P34, P15)."""
    while not stopping() and exporting.make_one():
        pass


@task("actions.sign_ins")
@at_most(1)
def look_for_sign_ins() -> None:
    """Have the provider asked about everybody whom it has just sent back."""
    with reading() as session:
        waiting = single_sign_on.due(session, now=now())
        old = single_sign_on.something_to_tidy(session, now=now())
    if old:
        with transaction() as session:
            single_sign_on.tidy(session, now=now())
    for sign_in_id in waiting:
        recognise.apply_async((str(sign_in_id),))


@task("actions.sign_in")
@at_most(4)
def recognise(sign_in_id: str) -> None:
    """Ask the provider who somebody is."""
    recognising.step(UUID(sign_in_id))


@task("actions.provider")
@at_most(1)
def look_at_the_provider() -> None:
    """Fetch what the provider says of itself, once an hour and each minute while it can't be reached."""
    recognising.refresh()


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
