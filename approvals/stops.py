"""All publishing is stopped, and allowed again: what waits then, and who is told (P12)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import claims, permits, publishing
from approvals.mail_subjects import known_by
from approvals.models import Draft, DraftRevision, Publication
from approvals.states import PublicationState
from school import mail, people, stopping
from school.models import Person, Role, School
from school.permissions import Action, may
from school.settings import settings
from school.times import say

NAMED_MOST = 12
"""Posts that a mail or the page names; of more it says how many."""


def stop(session: Session, *, by: Person, reason: str, now: datetime) -> None:
    """Stop all publishing, and tell who has to know, but not whoever stopped it.

    Raises as `school.stopping.stop_publishing`.
    """
    school = stopping.stop_publishing(session, by=by, reason=reason, now=now)
    held = session.scalars(_scheduled()).all()
    for person in _to_tell(session, held, by=by, now=now):
        lines = [
            f"{by.name} stopped all publishing on {say(now)}. Nothing goes out on any account until it is "
            "allowed again.",
            *_reason(person, school.publishing_stopped_why),
            *_yours(session, person, held, "Of your posts this is held", "Of your posts these are held"),
        ]
        if may(person, Action.STOP_PUBLISHING):
            lines.append(
                "You can allow it again under Accounts. What comes due until then does not go out by itself "
                "afterwards: somebody decides on each."
            )
        else:
            lines.append("You need do nothing. You get an e-mail when publishing is allowed again.")
        _mail(session, person, "All publishing is stopped", lines, "publishing_stopped", now=now)


def allow(session: Session, *, by: Person, reason: str, now: datetime) -> list[Publication]:
    """Allow publishing again, and hold for a person's word what came due meanwhile; says what waits so.

    Who has to know is told, but not whoever allowed it. Raises as `school.stopping.allow_publishing`.
    """
    since = session.scalar(sa.select(School.publishing_stopped_at)) or now
    due = session.scalars(_came_due(since, now).with_only_columns(Publication.id)).all()
    # The drafts before the trail, as whoever decides or edits takes the two: nobody waits for the other.
    waiting = [claims.locked(session, publication_id)[0] for publication_id in due]
    stopping.allow_publishing(session, by=by, reason=reason, now=now)
    for publication in waiting:
        if publication.state is PublicationState.SCHEDULED:
            publishing.hold(session, publication, permits.due_in_stop(publication), tell=False, now=now)
    # In a long stop some were held before, as too late.
    held = [publication for publication in waiting if publication.state is PublicationState.HELD]
    to_come = session.scalars(_scheduled()).all()
    for person in _to_tell(session, [*held, *to_come], by=by, now=now):
        lines = [f"{by.name} allowed publishing again on {say(now)}.", *_reason(person, reason)]
        if may(person, Action.HOLD_PUBLICATIONS):
            came = named(session, held)
            if came:
                lines.append(f"Came due meanwhile, and waits for your word or a colleague's: {came}.")
        else:
            lines += _yours(
                session, person, held,
                "This post of yours came due meanwhile, and a person decides whether it still goes out",
                "These posts of yours came due meanwhile, and a person decides whether they still go out",
            )  # fmt: skip
        lines += _yours(session, person, to_come, "This one goes out as planned", "These go out as planned")
        _mail(session, person, "Publishing is allowed again", lines, "publishing_allowed", now=now)
    return held


def while_stopped(
    session: Session, *, since: datetime, now: datetime
) -> tuple[list[tuple[UUID, str]], list[tuple[UUID, str]]]:
    """The posts that came due in a stop `since` then, and those to come: (draft, what it is known by).

    The first wait for a person's word, the others go out as planned if publishing is allowed in time.
    """
    came = session.scalars(_came_due(since, now))
    to_come = session.scalars(_scheduled().where(Publication.due_at > now).limit(NAMED_MOST))
    return by_draft(session, came), by_draft(session, to_come)


def by_draft(session: Session, publications: Iterable[Publication]) -> list[tuple[UUID, str]]:
    """Each post among these once, in their order, and what it is known by."""
    found: dict[UUID, UUID] = {}
    for one in publications:
        found.setdefault(one.draft_id, one.revision_id)
    return [
        (draft_id, known_by(session, session.get_one(DraftRevision, revision_id)))
        for draft_id, revision_id in found.items()
    ]


def named(session: Session, publications: Sequence[Publication]) -> str:
    """The posts by day, time and first words; empty for none."""
    posts = [words for _draft_id, words in by_draft(session, publications)]
    more = len(posts) - NAMED_MOST
    return "; ".join([*posts[:NAMED_MOST], *([f"and {more} more"] if more > 0 else [])])


def _came_due(since: datetime, now: datetime) -> sa.Select[Publication]:
    """What came due in a stop `since` then and waits: held already, or still to be."""
    held = sa.and_(Publication.state == PublicationState.HELD, Publication.due_at >= since)
    # What is held for another reason and due only later did not come due in the stop.
    query = sa.select(Publication).where(
        Publication.due_at <= now, sa.or_(held, Publication.state == PublicationState.SCHEDULED)
    )
    return query.order_by(Publication.due_at, Publication.id)


def _scheduled() -> sa.Select[Publication]:
    return (
        sa.select(Publication)
        .where(Publication.state == PublicationState.SCHEDULED)
        .order_by(Publication.due_at, Publication.id)
    )


def _to_tell(
    session: Session, publications: Iterable[Publication], *, by: Person, now: datetime
) -> list[Person]:
    """The headteacher, the leadership team, who stands in, and the authors of these posts; each once."""
    authors = sa.select(Draft.author_id).where(Draft.id.in_({one.draft_id for one in publications}))
    told = [
        *people.holders(session, Role.HEADTEACHER, Role.SLT),
        *people.deputies(session, now=now),
        *session.scalars(sa.select(Person).where(Person.id.in_(authors)).order_by(Person.name)),
    ]
    return list({one.id: one for one in told if one.active and one.id != by.id}.values())


def _reason(person: Person, reason: str | None) -> list[str]:
    """The reason, for those to whom the page under Accounts says it: it may concern somebody (P3, P34)."""
    return [f"The reason given: {reason}"] if reason and may(person, Action.SEE_ACCOUNTS) else []


def _yours(
    session: Session, person: Person, publications: Sequence[Publication], one: str, several: str
) -> list[str]:
    drafts = sa.select(Draft.id).where(
        Draft.author_id == person.id, Draft.id.in_({each.draft_id for each in publications})
    )
    mine = set(session.scalars(drafts))
    if not mine:
        return []
    said = named(session, [each for each in publications if each.draft_id in mine])
    return [f"{one if len(mine) == 1 else several}: {said}."]


def _mail(
    session: Session, person: Person, subject: str, lines: Sequence[str], purpose: str, *, now: datetime
) -> None:
    page = "/accounts#publishing" if may(person, Action.SEE_ACCOUNTS) else "/drafts"
    mail.queue_plain(
        session,
        to=person,
        subject=subject,
        lines=lines,
        link=f"{settings().effective_public_url}{page}",
        purpose=purpose,
        now=now,
    )
