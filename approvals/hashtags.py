"""The hashtags that the school uses, from its own published posts."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals.models import DraftRevision, Publication, RevisionAccount
from approvals.states import PublicationState
from connectors import feeds
from connectors.base import Platform

LOOKED_BACK = timedelta(days=365)
POSTS_MOST = 300
"""The newest of that time; so many say enough and are read at once."""
HASHTAGS_MOST = 12


def used(session: Session, *, now: datetime) -> list[str]:
    """The hashtags of the school's published posts, most used first, as they are mostly written."""
    query = (
        sa.select(DraftRevision.text, RevisionAccount.own_text, DraftRevision.id)
        .join(Publication, Publication.revision_id == DraftRevision.id)
        .join(
            RevisionAccount,
            sa.and_(
                RevisionAccount.revision_id == DraftRevision.id,
                RevisionAccount.account_id == Publication.account_id,
            ),
        )
        .where(Publication.state == PublicationState.PUBLISHED, Publication.published_at >= now - LOOKED_BACK)
        .order_by(Publication.published_at.desc())
        .limit(POSTS_MOST)
    )
    # A post that went out on three accounts used its hashtag once.
    used = {
        (revision_id, words)
        for text, own, revision_id in session.execute(query)
        for kind, words in feeds.pieces(Platform.X, own if own is not None else text)
        if kind == "tag"
    }
    spelt = Counter(words for _revision, words in used)
    counted: Counter[str] = Counter()
    for words, number in spelt.items():
        counted[words.casefold()] += number
    best = sorted(counted, key=lambda folded: (-counted[folded], folded))[:HASHTAGS_MOST]
    return [
        max((words for words in spelt if words.casefold() == folded), key=lambda words: (spelt[words], words))
        for folded in best
    ]
