"""Posts on their way out right now, or waiting for somebody: each once, with all its accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from approvals import claims, schedule, takedowns
from approvals.models import DraftRevision, Publication
from approvals.standing import Standing, under_way
from approvals.takedowns import Stands
from school.models import Person


@dataclass(frozen=True, slots=True)
class Line:
    """How a post stands on those of its accounts on which it stands alike."""

    state: Stands
    standing: Standing
    publications: list[Publication]


@dataclass(frozen=True, slots=True)
class PostUnderWay:
    """One post."""

    draft_id: UUID
    words: str
    """Its first words."""
    planned_at: datetime
    lines: list[Line] = field(default_factory=list)


def posts(session: Session, *, by: Person, now: datetime) -> list[PostUnderWay]:
    """`standing.under_way`, put together by post; only what the person may see."""
    stopped = claims.stopped(session)
    found: dict[UUID, PostUnderWay] = {}
    for publication, standing in under_way(session, by=by, now=now):
        post = found.get(publication.draft_id)
        if post is None:
            revision = session.get_one(DraftRevision, publication.revision_id)
            words = schedule.summary(revision.text_for(publication.account_id)) or "(no text)"
            post = found[publication.draft_id] = PostUnderWay(
                publication.draft_id, words, publication.planned_at
            )
        state = takedowns.stands(publication, None, stopped=stopped)
        alike = next((one for one in post.lines if (one.state, one.standing) == (state, standing)), None)
        if alike is None:
            post.lines.append(Line(state, standing, [publication]))
        else:
            alike.publications.append(publication)
    return list(found.values())
