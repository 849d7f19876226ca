"""Telling a deputy that they stand in for the headteacher, and until when (P12)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import mail, people
from school.models.people import Deputy, Person
from school.settings import settings
from school.times import say_date, today


def name(
    session: Session, person: Person, *, first_day: date, last_day: date, by: Person, now: datetime
) -> Deputy:
    """`people.name_deputy`, and the deputy gets an e-mail. Raises as that does."""
    deputy = people.name_deputy(session, person, first_day=first_day, last_day=last_day, by=by, now=now)
    if person.id != by.id:
        days = (
            f"on {say_date(first_day)}"
            if first_day == last_day
            else f"from {say_date(first_day)} to {say_date(last_day)}"
        )
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


def in_force(session: Session, person: Person, *, now: datetime) -> tuple[Person, date] | None:
    """For whom a person stands in today, and to which day; None where they don't."""
    if person not in people.deputies(session, now=now):
        return None
    day = today(now)
    deputy = session.scalars(
        sa.select(Deputy)
        .where(
            Deputy.person_id == person.id,
            Deputy.withdrawn_at.is_(None),
            Deputy.first_day <= day,
            Deputy.last_day >= day,
        )
        .order_by(Deputy.last_day.desc())
        .limit(1)
    ).one()
    return session.get_one(Person, deputy.named_by_id), deputy.last_day


def could(session: Session, *, by: Person) -> Sequence[Person]:
    """Who can be named deputy: all with a role that decides, but for whoever names them."""
    return [one for one in people.holders(session, *people.DEPUTY_ROLES) if one.id != by.id]
