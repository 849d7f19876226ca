"""Wordings that a post may begin with, the school's own, for each of the four objectives (P13)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals.content import tidy
from approvals.models import Objective, PostTemplate
from school import audit
from school.errors import BadInput, NotFound
from school.models import Person
from school.permissions import Action, require

TITLE_MAX = 80
TEXT_MAX = 2000
EXAMPLES = (
    (
        Objective.REMINDER,
        "Event",
        "[What] is on [day, date] at [time] in [place]. [Who] is welcome. [What to bring or wear.]",
    ),
    (
        Objective.SCHOOL_NEWS,
        "Good news",
        "We are proud of [class or team]: [what was achieved]. Thank you to [who helped]!",
    ),
    (
        Objective.PEOPLE_NEWS,
        "Well done",
        "Well done to [class] for [what they did]. They worked on it for [how long]. [What comes next.]",
    ),
    (
        Objective.PARENTS,
        "School is closed",
        "[School] is closed on [day, date] because of [reason]. Children stay at home; [how they learn]. "
        "The next news comes by [time] on [our website].",
    ),
)
"""For a school that has none yet."""


def listed(session: Session) -> list[PostTemplate]:
    """All of them, by objective as the form names them, then by title."""
    order = list(Objective)
    found = session.scalars(sa.select(PostTemplate))
    return sorted(found, key=lambda one: (order.index(one.objective), one.title.casefold()))


def find(session: Session, template_id: UUID) -> PostTemplate:
    """One of them. Raises NotFound where it was taken away."""
    row = session.get(PostTemplate, template_id)
    if row is None:
        raise NotFound("This template was taken away. Choose another.")
    return row


def write(
    session: Session,
    template_id: UUID | None,
    *,
    objective: Objective,
    title: str,
    text: str,
    by: Person,
    now: datetime,
) -> PostTemplate:
    """Make a template (`template_id` None) or change one. Raises BadInput that names the field."""
    require(by, Action.SET_POST_TEMPLATES)
    name, words = " ".join(tidy(title).split()), tidy(text)
    for field, said, most in (("title", name, TITLE_MAX), ("text", words, TEXT_MAX)):
        if not said:
            raise BadInput(f"The {field} is empty.", field=field)
        if len(said) > most:
            raise BadInput(f"The {field} has {len(said):,} characters: at most {most:,} fit.", field=field)
    for other in listed(session):
        if (
            other.id != template_id
            and other.objective is objective
            and other.title.casefold() == name.casefold()
        ):
            raise BadInput(f"There is a template “{other.title}” for this already.", field="title")
    row = find(session, template_id) if template_id is not None else PostTemplate()
    row.objective, row.title, row.text = objective, name, words
    row.changed_at, row.changed_by_id = now, by.id
    session.add(row)
    # The trail names it by id.
    session.flush()
    _trail(session, "post_template_written", row, by=by, now=now)
    return row


def write_examples(session: Session, *, by: Person, now: datetime) -> None:
    """Begin with one example for each objective that has no template yet."""
    require(by, Action.SET_POST_TEMPLATES)
    have = {one.objective for one in listed(session)}
    for objective, title, text in EXAMPLES:
        if objective not in have:
            write(session, None, objective=objective, title=title, text=text, by=by, now=now)


def take_away(session: Session, template_id: UUID, *, by: Person, now: datetime) -> PostTemplate:
    """Take a template away; posts that began with it stay as they are."""
    require(by, Action.SET_POST_TEMPLATES)
    row = find(session, template_id)
    session.delete(row)
    _trail(session, "post_template_taken_away", row, by=by, now=now)
    return row


def _trail(session: Session, action: str, row: PostTemplate, *, by: Person, now: datetime) -> None:
    audit.record(
        session,
        by=by,
        action=action,
        object_kind="post_template",
        object_id=row.id,
        detail={"objective": row.objective, "title": row.title},
        now=now,
    )
