"""A person's own posts on their way, and what is asked of somebody who is away: for the first page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from approvals import asking, claims, drafts, schedule
from approvals.posts_under_way import PostUnderWay
from approvals.states import DraftState
from school import standing_in
from school.db import now
from school.models import Person
from web import headline
from web.headline import Headline


class Mine(NamedTuple):
    """One of a person's own posts that waits for a decision or its time."""

    draft_id: UUID
    standing: Headline
    words: str
    planned_at: datetime | None
    told: str
    """What comes before its time."""


def mine(session: Session, person: Person, moving: Sequence[PostUnderWay]) -> tuple[list[Mine], int]:
    """The person's own posts on their way, the soonest of them, and how many more there are.

    Those that are told of as `moving` are left out.
    """
    elsewhere = {post.draft_id for post in moving}
    soonest, count = drafts.on_their_way(session, person)
    coming = [one for one in soonest if one[0].id not in elsewhere]
    standings = headline.of_many(session, [draft for draft, _revision in coming])
    approved = "was to be published" if claims.stopped(session) else "to be published"
    shown = [
        Mine(
            draft.id,
            standings[draft.id],
            schedule.summary(revision.text) or "(no text)",
            revision.planned_at,
            approved if draft.state is DraftState.APPROVED else "planned for",
        )
        for draft, revision in coming
    ]
    return shown, count - len(soonest)


def asked_all_the_same(
    session: Session, person: Person, away: Sequence[tuple[Person, date]]
) -> list[tuple[UUID, str]]:
    """The posts that are asked of somebody who is away, each with why: who stands in wrote them.

    `away`: who stands in for them, and until when (`standing_in.for_whom_is_away`).
    """
    if not away:
        return []
    return [
        (draft.id, standing_in.on_own_post(session, draft.author, [person.id], reader=person, now=now()))
        for draft in asking.asked_of(session, person, [deputy.id for deputy, _until in away])
    ]
