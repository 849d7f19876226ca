"""Telling the right people what stays wrong: one mail when it begins to last, one when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import mail, people
from school.db import new_id
from school.models.incidents import Incident
from school.models.people import Person, Role
from school.times import say

OVER_AFTER = timedelta(minutes=5)
"""How long something must be well before it counts as over: what comes and goes is one incident."""
_LOCK = 0x5C40_03


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong at the moment. The sentences name no person and no text."""

    key: str
    sentence: str
    advice: str
    since: datetime
    tell: frozenset[Role]
    patience: timedelta
    """How long it may last before anybody is told."""
    by_mail: bool = True


def note(session: Session, found: Sequence[Trouble], *, url: str, now: datetime) -> list[Incident]:
    """Keep book of what is wrong now; the incidents that began or ended with this look.

    `url` begins the link in the mails.
    """
    if session.get_bind().dialect.name == "postgresql":
        # Two schedulers have two workers look at once: nobody must be told twice.
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    running = {incident.key: incident for incident in open_now(session)}
    changed = []
    for trouble in found:
        incident = running.pop(trouble.key, None)
        if incident is not None:
            incident.seen_at, incident.sentence, incident.advice = now, trouble.sentence, trouble.advice
        elif now - trouble.since >= trouble.patience:
            changed.append(_begin(session, trouble, url=url, now=now))
    for incident in running.values():
        if now - incident.seen_at >= OVER_AFTER:
            changed.append(_end(session, incident, url=url, now=now))
    return changed


def open_now(session: Session) -> list[Incident]:
    """What stays wrong at the moment, oldest first."""
    return list(
        session.scalars(sa.select(Incident).where(Incident.over_at.is_(None)).order_by(Incident.began_at))
    )


def lately_over(session: Session, *, since: datetime) -> list[Incident]:
    """What was wrong and is over since then, newest first."""
    query = sa.select(Incident).where(Incident.over_at >= since).order_by(Incident.over_at.desc()).limit(50)
    return list(session.scalars(query))


def _begin(session: Session, trouble: Trouble, *, url: str, now: datetime) -> Incident:
    told = people.holders(session, *trouble.tell) if trouble.by_mail else []
    incident = Incident(
        id=new_id(),
        key=trouble.key,
        sentence=trouble.sentence,
        advice=trouble.advice,
        began_at=trouble.since,
        seen_at=now,
        told=[str(person.id) for person in told],
    )
    session.add(incident)
    lines = [
        f"Since {say(trouble.since)}: {trouble.sentence}",
        trouble.advice,
        "You get one more e-mail when it is over, and none in between.",
    ]
    for person in told:
        _send(session, person, f"Needs attention: {trouble.sentence}", lines, url=url, now=now)
    return incident


def _end(session: Session, incident: Incident, *, url: str, now: datetime) -> Incident:
    incident.over_at = incident.seen_at
    lines = [
        f"It is over: {incident.sentence}",
        f"It lasted from {say(incident.began_at)} to {say(incident.over_at)}. Nothing is left for you to do.",
    ]
    for person in (session.get(Person, UUID(person_id)) for person_id in incident.told):
        if person is not None and person.active:
            _send(session, person, f"Over: {incident.sentence}", lines, url=url, now=now)
    return incident


def _send(
    session: Session, to: Person, subject: str, lines: Sequence[str], *, url: str, now: datetime
) -> None:
    address = f"{url}/troubles"
    mail.queue(
        session,
        to=to,
        subject=subject,
        text="\n\n".join([*lines, address]),
        html="".join(f"<p>{escape(line)}</p>" for line in lines)
        + f'<p><a href="{escape(address)}">{escape(address)}</a></p>',
        purpose="incident",
        now=now,
    )
