"""What is said first of a draft that was sent back and is being changed (P12)."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from approvals.models import Draft
from approvals.states import DraftState
from approvals.takedowns import ALL_WORDS
from web.headline import BADGES, NEXT, Headline

SENT_BACK = Headline(
    ALL_WORDS[DraftState.CHANGES_REQUESTED],
    BADGES[DraftState.CHANGES_REQUESTED],
    NEXT[DraftState.CHANGES_REQUESTED],
)
"""Something is to do until it is handed in again, though changing it makes it a draft in work."""


def instead(standing: Headline, draft: Draft, being_changed: Collection[UUID]) -> Headline:
    """`standing`, unless the draft is one of `being_changed` (by `approvals.drafts.being_changed`)."""
    return standing if draft.id not in being_changed else SENT_BACK
