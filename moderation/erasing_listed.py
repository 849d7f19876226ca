"""Comments and entries of the log as the DPO sees them before they are erased on request (P34)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import words
from moderation.chain import unlisted
from moderation.models import Author, Comment, LogCase, LogEntry
from moderation.thresholds import URGENT_KINDS
from school.retention import Listed
from school.times import say

RECENT = timedelta(days=183)
"""A complaint, the police or a court may still ask for an entry that was decided within it."""


def entries(session: Session, ids: Sequence[UUID], now: datetime) -> list[Listed]:
    """Entries by number, kinds and day, with why one should rather stay; the newest first.

    What kind an entry about the headteacher was is not told to the trail, which they read (P3).
    """
    rows = session.execute(
        sa.select(LogEntry.id, LogEntry.number, LogCase)
        .join(LogCase, LogCase.entry_id == LogEntry.id)
        .where(LogEntry.id.in_(ids))
        .order_by(LogEntry.recorded_at.desc(), LogEntry.id.desc())
    )
    found = []
    for row in rows:
        case: LogCase = row.LogCase
        kinds = [kind for kind in unlisted(case.kinds) if kind != "rescored"]
        said = ", ".join(words.KINDS.get(kind, kind) for kind in kinds)
        decided = f", decided {say(case.decided_at)}" if case.decided_at else ""
        found.append(
            Listed(
                id=row.id,
                what=f"Entry {row.number}: {said}{decided}",
                warnings=_warnings(case, kinds, now),
                kinds=() if case.about_headteacher else tuple(kinds),
            )
        )
    return found


def comments(session: Session, ids: Sequence[UUID], now: datetime) -> list[Listed]:
    """Comments by platform, author, day and first words, the newest first: which ones a PIN is given for."""
    rows = session.execute(
        sa.select(Comment.id, Comment.text, Comment.created_at, Author)
        .join(Author, Author.id == Comment.author_id)
        .where(Comment.id.in_(ids))
        .order_by(Comment.created_at.desc(), Comment.id)
    )
    return [
        Listed(
            id=row.id,
            what=f"{words.PLATFORMS[row.Author.platform]}, {row.Author.display_name or row.Author.handle}, "
            f"{say(row.created_at)}: {words.begun(row.text)}",
        )
        for row in rows
    ]


def _warnings(case: LogCase, kinds: Sequence[str], now: datetime) -> tuple[str, ...]:
    found = []
    if case.urgent or URGENT_KINDS & set(kinds):
        found.append("a threat or a worry about a child: the police or the safeguarding lead may need it")
    if case.referred:
        found.append("it was referred: whoever has it now may ask the school for the evidence")
    if case.decided_at and now - case.decided_at < RECENT:
        found.append("it was decided less than six months ago: a complaint about it may still come")
    return tuple(found)
