"""What Schoolgate itself finds in a draft, for its author and its approver to see (P14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog
from sqlalchemy.orm import Session

from approvals import findings as noticed
from approvals.findings import Finding, Personal
from moderation import thresholds
from moderation.classifier import languages
from moderation.classifier.engine import load_engine
from moderation.classifier.flags import scores_count
from moderation.classifier.installed import folder_in_use
from moderation.classifier.languages import Found
from moderation.classifier.personal_data import find_personal_data
from moderation.words import begun
from school import letterhead
from school.db import reading
from school.errors import BadInput
from school.settings import settings

log = structlog.get_logger(__name__)

FLAGGED_FOR = frozenset({"toxicity", "threat", "safeguarding", "word"})
"""Kinds of reasons that tell a draft's author something; personal data and links are said apart."""


def findings(texts: list[str], link: str) -> list[Finding]:
    """By the classifier, and by the school's rules for comments and what finds data in them (P14)."""
    chosen = settings()
    with reading() as session:
        personal, rules = personal_in(session), thresholds.rules(session)
    # Here and not by the classifier's process: what is found goes into the submission that the approver is
    # mailed about, so the author would wait for a queue, or the approver decide without it. The shipped model
    # costs the pages 0.2 s at the first draft handed in and 75 MB from then on; most requests need neither.
    try:
        engine = load_engine(folder_in_use(chosen), threads=chosen.classifier_threads)
    except (BadInput, OSError, RuntimeError) as error:
        # The approver reads that the wording was not scored; the health page says why.
        log.warning("draft_not_scored", error=type(error).__name__)
        return noticed.findings(texts, link=link, score=None, personal=personal)

    reads = languages.read_by(engine.model_name)

    def score(whole: Sequence[str]) -> list[dict[str, float]]:
        found = engine.score([rules.as_scored(text) for text in whole])
        return [
            scores if scores_count(text, languages.unread(text, reads)) else {}
            for text, scores in zip(whole, found, strict=True)
        ]

    def unread(text: str) -> str:
        other = languages.unread(text, reads)
        return _unread_said(text, other) if other is not None else ""

    def flags(text: str, scores: Mapping[str, float]) -> list[str]:
        found = rules.reasons(text, scores, model_name=engine.model_name, names=())
        return [reason.detail for reason in found if reason.kind in FLAGGED_FOR]

    return noticed.findings(texts, link=link, score=score, flags=flags, unread=unread, personal=personal)


def _unread_said(text: str, other: Found) -> str:
    part = "Part of " if other.partly else ""
    tongue = f"{other.name}, which" if other.name else "a language that"
    return (
        f"{part}{begun(text)} seems to be in {tongue} the check for rude or hurtful wording can’t read. "
        "Has somebody who knows the language read it?"
    )


def personal_in(session: Session) -> Personal:
    """What finds ways to reach somebody in a text, other than what the school's letters say of it."""
    own = _plain(" ".join(letterhead.current(session).lines))

    def personal(text: str) -> list[str]:
        return [
            f"{found.said[0].upper()}{found.said[1:]} is in the text: {found.value}. Is everybody to know it?"
            for found in find_personal_data(text)
            if _plain(found.value) not in own
        ]

    return personal


def _plain(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
