"""A person's posts as a calendar file (RFC 5545) that their own calendar program reads."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import sqlalchemy as sa
from icalendar import Calendar, Event
from sqlalchemy.orm import Session

from approvals import schedule
from approvals.models import CalendarFeed
from approvals.models.takedowns import TakedownState
from approvals.states import NOT_COMING, DraftState, PublicationState
from approvals.takedowns import ALL_WORDS, Stands
from school import audit, secrets
from school.db import insert_if_missing
from school.errors import NotFound
from school.models import Person
from school.settings import settings
from school.times import today

BACK = timedelta(days=60)
AHEAD = timedelta(days=400)
LENGTH = timedelta(minutes=15)
"""A post takes no time; calendars need a length to draw something."""
_SURE = {DraftState.APPROVED, PublicationState.SCHEDULED, PublicationState.PUBLISHED}


def made_at(session: Session, person: Person) -> datetime | None:
    """Since when the person has a feed; None without one."""
    feed = session.get(CalendarFeed, person.id)
    return feed.made_at if feed is not None else None


def renew(session: Session, *, by: Person, now: datetime) -> str:
    """A new secret for the person's feed, to be shown once; the one before is dead from now on."""
    token = secrets.new_token()
    hashed = secrets.token_hash(token)
    insert_if_missing(session, CalendarFeed, person_id=by.id, token_hash=hashed, made_at=now)
    session.execute(
        sa.update(CalendarFeed)
        .where(CalendarFeed.person_id == by.id)
        .values(token_hash=hashed, made_at=now)
        .execution_options(synchronize_session=False)
    )
    _trail(session, "calendar_feed_made", of=by, by=by, now=now)
    return token


def end(session: Session, *, of: Person, by: Person, now: datetime) -> None:
    """End the person's feed, where they have one."""
    feed = session.get(CalendarFeed, of.id)
    if feed is not None:
        session.delete(feed)
        _trail(session, "calendar_feed_ended", of=of, by=by, now=now)


def of_token(session: Session, token: str, *, now: datetime) -> bytes:
    """The calendar file of whoever's secret it is, as they may see the calendar now.

    Raises NotFound for a secret that isn't in force, or whose person isn't active any more.
    """
    person = session.scalar(
        sa.select(Person)
        .join(CalendarFeed, CalendarFeed.person_id == Person.id)
        .where(CalendarFeed.token_hash == secrets.token_hash(token), Person.active.is_(True))
    )
    if person is None:
        raise NotFound("This calendar address isn't in force. Make a new one under Calendar.")
    return _file(session, person, now=now)


def _file(session: Session, person: Person, *, now: datetime) -> bytes:
    """Without a post's text: whoever finds the file must not find a pupil's name in it."""
    site = urlsplit(settings().effective_public_url).hostname or "schoolgate"
    made = Calendar()
    made.add("prodid", "-//Schoolgate//Posts//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", "School posts")
    first, last = today(now - BACK), today(now + AHEAD)
    for entry in schedule.calendar(session, first=first, last=last, by=person, now=now):
        event = Event()
        event.add("uid", f"{entry.draft_id}.{entry.account_id}@{site}")
        event.add("dtstamp", now.replace(microsecond=0))
        event.add("dtstart", entry.at)
        event.add("dtend", entry.at + LENGTH)
        event.add("summary", f"{entry.account}: {ALL_WORDS[entry.state]}")
        purpose = f"{entry.objective}. " if entry.objective else ""
        event.add("description", f"{purpose}By {entry.author_name}.")
        event.add("url", f"{settings().effective_public_url}/drafts/{entry.draft_id}")
        event.add("status", _status(entry.state))
        event.add("transp", "TRANSPARENT")
        made.add_component(event)
    written: bytes = made.to_ical()
    return written


def _status(state: Stands) -> str:
    if state in NOT_COMING or state is TakedownState.DONE:
        return "CANCELLED"
    return "CONFIRMED" if state in _SURE else "TENTATIVE"


def _trail(session: Session, action: str, *, of: Person, by: Person, now: datetime) -> None:
    audit.record(session, by=by, action=action, object_kind="person", object_id=of.id, now=now)
