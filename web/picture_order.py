"""The order of a post's pictures: each can be put one place earlier or later in the form."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from web.draft_form import DraftForm

EARLIER = "earlier-"
"""What a button says that puts a picture one place earlier; the picture's id follows."""
LATER = "later-"
"""The same for one place later."""


def take(form: DraftForm, wanted: str) -> bool:
    """Do what one of those buttons asks for; whether it was one.

    The first can't go earlier, nor the last later: a button of an older page then changes nothing.
    """
    by = -1 if wanted.startswith(EARLIER) else 1 if wanted.startswith(LATER) else 0
    if not by:
        return False
    with suppress(ValueError):
        moved = UUID(wanted.partition("-")[2])
        place = form.media_ids.index(moved)
        other = place + by
        if 0 <= other < len(form.media_ids):
            form.media_ids[place], form.media_ids[other] = form.media_ids[other], moved
            form.moved = moved
    return True
