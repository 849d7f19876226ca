"""The daily anchor: both chains are looked through, and how far they had come is mailed out (P17)."""

from __future__ import annotations

import structlog

from moderation import anchors, chain
from school import audit
from school.db import reading, transaction
from school.settings import settings
from worker.clock import now

log = structlog.get_logger(__name__)


def findings() -> list[str]:
    """What is wrong with trail, log and anchors, a sentence each; empty while all hold."""
    with reading() as session:
        found = (
            ("The trail was altered: the first entry that doesn't fit is", audit.examine(session)),
            ("The SLT log was altered: the first event that doesn't fit is", chain.examine(session)),
            ("The anchors don't fit the trail, at its entry", anchors.examine(session)),
        )
    return [f"{words} number {flaw.number}: {flaw.why}." for words, flaw in found if flaw is not None]


def anchor() -> None:
    """Make this day's anchor, unless there is one."""
    with reading() as session:
        if not anchors.is_due(session, now=now()):
            return
    flaws = findings()
    with transaction() as session:
        made = anchors.make(session, flaws=flaws, url=settings().effective_public_url, now=now())
    if made is not None:
        log.info("chain_anchored", trail=made.trail_count, log=made.log_count, sent=len(made.sent_to))
    if flaws:
        log.error("chain_altered", found=len(flaws))
