"""Who stands in for the headteacher, from when until when; they are told (P12)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit, mail, people, permissions
from school.errors import BadInput, MoveNotAllowed, NotFound
from school.models.people import Deputy, Person
from school.settings import settings
from school.times import say_date, today


def none_of_the_roles(session: Session, person: Person, *, by: Person) -> str:
    """Why a person with none of the roles that decide can't stand in, and who could."""
    others = [one.name for one in could(session, by=by) if one.id != person.id]
    instead = (
        f"These could: {', '.join(others)}."
        if others
        else "Nobody else could yet: give somebody one of those roles first."
    )
    return (
        f"{person.name} can’t be deputy: what is published is decided by the headteacher, the senior "
        f"leadership team or the chair of governors alone. {instead}"
    )


def name(
    session: Session, person: Person, *, first_day: date, last_day: date, by: Person, now: datetime
) -> Deputy:
    """Let a person approve in the headteacher's place from one day to another, both included; they are told.

    Raises BadInput for whoever has none of the roles that decide (P12), and for days that can't be.
    """
    permissions.headteacher_only(by)
    if not person.roles & people.DEPUTY_ROLES:
        raise BadInput(none_of_the_roles(session, person, by=by))
    if last_day < first_day:
        raise BadInput(
            f"The last day ({say_date(last_day)}) is before the first ({say_date(first_day)}): swap them.",
            field="last_day",
        )
    if last_day < today(now):
        raise BadInput(
            f"The last day ({say_date(last_day)}) is over already: choose a later one.", field="last_day"
        )
    deputy = Deputy(
        person_id=person.id, first_day=first_day, last_day=last_day, named_by_id=by.id, named_at=now
    )
    session.add(deputy)
    _note(session, deputy, "deputy_named", by=by, now=now)
    if person.id != by.id:
        days = _days(deputy)
        mail.queue_plain(
            session,
            to=person,
            subject=f"You stand in for {by.name} {days}",
            lines=[
                f"{by.name} has named you deputy {days}, both days included: posts that are handed in then "
                "come to you for a decision.",
                "You get an e-mail for each, and on the first of these days one about what waits already. "
                "The start page shows what waits, too.",
            ],
            link=settings().effective_public_url,
            purpose="deputy_named",
            now=now,
        )
    return deputy


def withdraw(session: Session, deputy_id: UUID, *, by: Person, now: datetime) -> Deputy:
    """End a deputy's dates at once; they are told where days were left.

    Raises NotFound, and MoveNotAllowed when they were ended already.
    """
    permissions.headteacher_only(by)
    deputy = session.get(Deputy, deputy_id, with_for_update=True)
    if deputy is None:
        raise NotFound("There is no such deputy.")
    if deputy.withdrawn_at is not None:
        raise MoveNotAllowed("This deputy was withdrawn already.")
    deputy.withdrawn_at = now
    _note(session, deputy, "deputy_withdrawn", by=by, now=now)
    person, away = session.get_one(Person, deputy.person_id), session.get_one(Person, deputy.named_by_id)
    if person.id != by.id and deputy.last_day >= today(now):
        mail.queue_plain(
            session,
            to=person,
            subject=f"You no longer stand in for {away.name} {_days(deputy)}",
            lines=[
                f"{by.name} has ended that you are deputy {_days(deputy)}.",
                "What you could decide as deputy alone is for others now; you need do nothing.",
            ],
            link=settings().effective_public_url,
            purpose="deputy_withdrawn",
            now=now,
        )
    return deputy


def _note(session: Session, deputy: Deputy, action: str, *, by: Person, now: datetime) -> None:
    audit.record(
        session,
        by=by,
        action=action,
        object_kind="person",
        object_id=deputy.person_id,
        detail={"first_day": deputy.first_day.isoformat(), "last_day": deputy.last_day.isoformat()},
        now=now,
    )


def _days(deputy: Deputy) -> str:
    first, last = deputy.first_day, deputy.last_day
    return f"on {say_date(first)}" if first == last else f"from {say_date(first)} to {say_date(last)}"


def in_force(session: Session, person: Person, *, now: datetime) -> tuple[Person, date] | None:
    """For whom a person stands in today, and to which day; None where they don't."""
    if person not in people.deputies(session, now=now):
        return None
    longest_first = _on(today(now)).where(Deputy.person_id == person.id).order_by(Deputy.last_day.desc())
    deputy = session.scalars(longest_first.limit(1)).one()
    return session.get_one(Person, deputy.named_by_id), deputy.last_day


def in_whose_place(session: Session, person: Person, *, now: datetime) -> str:
    """Why a deputy is asked for a decision today, as they are told; empty for everybody else."""
    found = in_force(session, person, now=now)
    if found is None or found[0].id == person.id:
        return ""
    away, until = found
    return f"You stand in for {away.name} until {say_date(until)}."


def for_whom_is_away(session: Session, person: Person, *, now: datetime) -> list[tuple[Person, date]]:
    """Who stands in for a person today, whom they named themselves, and to which day."""
    able = people.deputies(session, now=now)
    query = _on(today(now)).where(Deputy.named_by_id == person.id).order_by(Deputy.last_day)
    last = {one.person_id: one.last_day for one in session.scalars(query)}
    return [(one, last[one.id]) for one in able if one.id in last]


def on_own_post(
    session: Session, author: Person, asked: Collection[UUID], *, reader: Person | None = None, now: datetime
) -> str:
    """Who is away, and who is asked in place of a deputy who wrote a post; empty for other authors.

    `asked`: who is asked about it. `reader` reads of themselves as "you".
    """
    found = in_force(session, author, now=now)
    if found is None or found[0].id == author.id:
        return ""
    away, until = found
    mine, theirs = reader is not None and reader.id == author.id, reader is not None and reader.id == away.id
    said = (
        f"{'You are' if theirs else f'{away.name} is'} away until {say_date(until)}. "
        f"{'You stand' if mine else f'{author.name} stands'} in, but nobody decides on their own post"
    )
    if away.id not in asked:
        return f"{said}: so somebody else is asked."
    whom = "you are" if theirs else f"{away.name} is"
    return f"{said}, and there is nobody else who may: so {whom} asked all the same."


def _on(day: date) -> sa.Select[Deputy]:
    """Those whose days include this one and were not ended."""
    return sa.select(Deputy).where(
        Deputy.withdrawn_at.is_(None), Deputy.first_day <= day, Deputy.last_day >= day
    )


def named(session: Session, *, now: datetime) -> list[tuple[Person, Deputy]]:
    """Who stands in today or will, with the days, the soonest first; of those who may decide."""
    query = (
        sa.select(Person, Deputy)
        .join(Deputy, Deputy.person_id == Person.id)
        .where(Person.active, Deputy.withdrawn_at.is_(None), Deputy.last_day >= today(now))
        .order_by(Deputy.first_day, Deputy.last_day, Person.name)
    )
    return [(one, deputy) for one, deputy in session.execute(query) if one.roles & people.DEPUTY_ROLES]


def could(session: Session, *, by: Person) -> Sequence[Person]:
    """Who can be named deputy: all with a role that decides, but for whoever names them."""
    return [one for one in people.holders(session, *people.DEPUTY_ROLES) if one.id != by.id]
