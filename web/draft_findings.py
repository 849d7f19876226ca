"""What Schoolgate itself finds in a draft, for its author and its approver to see (P14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog

from approvals import checks
from approvals.checks import Finding
from moderation import thresholds
from moderation.classifier.engine import load_engine
from moderation.classifier.installed import folder_in_use
from school.db import reading
from school.errors import BadInput
from school.settings import settings

log = structlog.get_logger(__name__)

FLAGGED_FOR = frozenset({"toxicity", "threat", "safeguarding", "word"})
"""Kinds of reasons that tell a draft's author something; personal data and links are said apart."""


def findings(texts: list[str], link: str) -> list[Finding]:
    """By the classifier, and by the thresholds and words that the school has for comments (P14)."""
    chosen = settings()
    # Here and not by the classifier's process: what is found goes into the submission that the approver is
    # mailed about, so the author would wait for a queue, or the approver decide without it. The shipped model
    # costs the pages 0.2 s at the first draft handed in and 75 MB from then on; most requests need neither.
    try:
        engine = load_engine(folder_in_use(chosen), threads=chosen.classifier_threads)
    except (BadInput, OSError, RuntimeError) as error:
        # The approver reads that the wording was not scored; the health page says why.
        log.warning("draft_not_scored", error=type(error).__name__)
        return checks.findings(texts, link=link, score=None)
    with reading() as session:
        rules = thresholds.rules(session)

    def score(whole: Sequence[str]) -> list[dict[str, float]]:
        return engine.score([rules.as_scored(text) for text in whole])

    def flags(text: str, scores: Mapping[str, float]) -> list[str]:
        found = rules.reasons(text, scores, names=())
        return [reason.detail for reason in found if reason.kind in FLAGGED_FOR]

    return checks.findings(texts, link=link, score=score, flags=flags)
