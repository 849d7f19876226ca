"""The tasks that keep a processor busy: scoring, and looking at pictures and videos."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from approvals import looks, videos
from moderation import carrying_words
from school.db import reading, transaction
from school.readiness import CLASSIFIER
from worker import classifier, filming, judging, looking, resealing
from worker.app import task
from worker.clock import now
from worker.tasks.running import alive, at_most, stopping

log = structlog.get_logger(__name__)

IN_A_ROW = 15.0
"""Seconds of scoring comments in a rush until some followers' profiles have their turn."""


@task("classify.look")
@at_most(1)
def look_for_scoring() -> None:
    """Score what has been fetched, until nothing waits; what is flagged is in the SLT log afterwards."""
    while _going_on():
        # Not in short runs: at the end of each the processor waits until its last batch is written.
        scored = judging.score_waiting(batches=1000, going_on=_for_a_while())
        # After the comments, and few at once: a threat must not wait for a thousand bios (P23).
        profiles = judging.score_profiles(batches=2)
        if not scored.total and not profiles:
            return


def _for_a_while() -> Callable[[], bool]:
    until = time.monotonic() + IN_A_ROW
    return lambda: time.monotonic() < until and _going_on()


def _going_on() -> bool:
    alive("classify")
    if model := classifier.loaded_model():
        alive(CLASSIFIER, detail=model)
    return not stopping()


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
