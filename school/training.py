"""Training: who is trained until when, and "refresh after incident" (P6)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit, mail, people
from school.errors import BadInput
from school.models.people import Person
from school.models.rules import TrainingRecord, TrainingRefresh
from school.people import reason_text
from school.permissions import Action, require
from school.times import say_date, today


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one person stands."""

    person: Person
    last: TrainingRecord | None
    """The record that counts the longest, whether or not it still counts."""
    in_date: bool
    refresh_due: bool
    """A record would still count, had not a refresh been called since."""


def a_year_after(day: date) -> date:
    """The same day a year later: 28 February for a leap day."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def record(
    session: Session,
    *,
    person_ids: Collection[UUID],
    held_on: date,
    valid_until: date | None,
    about: str,
    by: Person,
    now: datetime,
) -> list[TrainingRecord]:
    """Enter that these people were trained on a day; `valid_until` None: for a year.

    Raises BadInput for nobody, a day to come, and an end before the training or more than a year after
    it; NotFound for somebody who doesn't exist.
    """
    require(by, Action.MANAGE_TRAINING)
    if not person_ids:
        raise BadInput("Nobody is chosen: tick who was trained.", field="people")
    if held_on > today(now):
        raise BadInput(
            f"The training ({say_date(held_on)}) is in the future: enter it when it has been held.",
            field="held_on",
        )
    end = valid_until or a_year_after(held_on)
    if end < held_on:
        raise BadInput(
            f"The last day ({say_date(end)}) is before the training ({say_date(held_on)}): swap them.",
            field="valid_until",
        )
    if end > a_year_after(held_on):
        raise BadInput(
            f"Training counts for a year at most: until {say_date(a_year_after(held_on))}.",
            field="valid_until",
        )
    what = reason_text(about, field="about")
    made = []
    for person_id in dict.fromkeys(person_ids):
        person = people.get(session, person_id)
        entry = TrainingRecord(
            person_id=person.id, held_on=held_on, valid_until=end, about=what, recorded_at=now,
            recorded_by_id=by.id,
        )  # fmt: skip
        session.add(entry)
        made.append(entry)
        audit.record(
            session,
            by=by,
            action="training_recorded",
            object_kind="person",
            object_id=person.id,
            detail={"held_on": held_on.isoformat(), "valid_until": end.isoformat()},
            now=now,
        )
    return made


def refresh_after_incident(
    session: Session, *, reason: str, by: Person, url: str, now: datetime
) -> TrainingRefresh:
    """Mark everybody as due for training again, and tell them by mail (P6).

    The mail does not carry the reason: it may name somebody.
    """
    require(by, Action.MANAGE_TRAINING)
    refresh = TrainingRefresh(called_at=now, called_by_id=by.id, reason=reason_text(reason))
    session.add(refresh)
    # The trail names the refresh by id.
    session.flush()
    audit.record(
        session,
        by=by,
        action="training_refresh_called",
        object_kind="training_refresh",
        object_id=refresh.id,
        now=now,
    )
    for person in people.everybody(session):
        if person.active:
            mail.queue_plain(
                session,
                to=person,
                subject="Training on social media is due again",
                lines=[
                    f"After an incident {by.name} asks everybody to be trained again.",
                    "Until your training is recorded you can write drafts, but not hand them in.",
                    "The senior leadership team tells you when and how.",
                ],
                link=f"{url}/me",
                purpose="training_refresh",
                now=now,
            )
    return refresh


def last_refresh(session: Session) -> TrainingRefresh | None:
    """The newest refresh, if ever one was called."""
    return session.scalar(sa.select(TrainingRefresh).order_by(TrainingRefresh.called_at.desc()).limit(1))


def records(session: Session, person: Person) -> list[TrainingRecord]:
    """The person's training, the newest first."""
    query = sa.select(TrainingRecord).where(TrainingRecord.person_id == person.id)
    return list(
        session.scalars(query.order_by(TrainingRecord.held_on.desc(), TrainingRecord.recorded_at.desc()))
    )


def standing(session: Session, person: Person, *, now: datetime) -> Standing:
    """Where the person stands today."""
    return _standing(person, records(session, person), last_refresh(session), on=today(now))


def standings(session: Session, *, now: datetime) -> list[Standing]:
    """Where every active person stands, by name."""
    by_person: dict[UUID, list[TrainingRecord]] = {}
    for entry in session.scalars(sa.select(TrainingRecord)):
        by_person.setdefault(entry.person_id, []).append(entry)
    refresh, on = last_refresh(session), today(now)
    return [
        _standing(person, by_person.get(person.id, []), refresh, on=on)
        for person in people.everybody(session)
        if person.active
    ]


def _standing(
    person: Person, entries: list[TrainingRecord], refresh: TrainingRefresh | None, *, on: date
) -> Standing:
    last = max(entries, key=lambda entry: (entry.valid_until, entry.recorded_at), default=None)
    current = [entry for entry in entries if entry.held_on <= on <= entry.valid_until]
    counting = [entry for entry in current if refresh is None or _after(entry, refresh)]
    if counting:
        last = max(counting, key=lambda entry: (entry.valid_until, entry.recorded_at))
    return Standing(person, last, bool(counting), bool(current) and not counting)


def _after(entry: TrainingRecord, refresh: TrainingRefresh) -> bool:
    """Whether the training was held for the refresh: a course of last month entered today is not."""
    return entry.recorded_at >= refresh.called_at and entry.held_on >= today(refresh.called_at)
