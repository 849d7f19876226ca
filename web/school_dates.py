"""Term dates, holidays and days without pupils: everybody looks, a few enter them."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from school import people, school_year
from school.db import now, reading, transaction
from school.errors import BadInput
from school.models import DatesKind
from school.permissions import Action
from school.times import parse_day, today
from web.access import current_person, needs, signed_in
from web.forms import Typed

pages = Blueprint("school_dates", __name__)


def _page(typed: Typed) -> str:
    with reading() as session:
        entered = school_year.entered(session)
        this_day = today(now())
        return render_template(
            "calendar/dates.html",
            entered=[one for one in entered if one.last_day >= this_day],
            past=[one for one in reversed(entered) if one.last_day < this_day],
            kinds=[(kind.value, kind.in_words) for kind in DatesKind],
            bank_holidays=school_year.bank_holidays(this_day, 8),
            names={person.id: person.name for person in people.everybody(session)},
            typed=typed,
        )


@pages.get("/calendar/school-dates")
@signed_in
def show() -> ResponseReturnValue:
    """What is entered."""
    return _page(Typed())


@pages.post("/calendar/school-dates")
@needs(Action.SET_SCHOOL_DATES)
def enter() -> ResponseReturnValue:
    """Enter a term, a holiday or some days without pupils."""
    typed = Typed(request.form)
    try:
        if typed["kind"] not in set(DatesKind):
            raise BadInput("Choose from the list what these days are.", field="kind")
        first = _day(typed, "first_day")
        with transaction() as session:
            row = school_year.enter(
                session,
                kind=DatesKind(typed["kind"]),
                name=typed["name"],
                first_day=first,
                last_day=_day(typed, "last_day") if typed["last_day"] else first,
                by=current_person(session),
                now=now(),
            )
    except BadInput as error:
        return _page(typed.refuse(error)), 400
    flash(f"“{row.name}” is entered.", "success")
    return redirect(url_for("school_dates.show"))


@pages.post("/calendar/school-dates/<uuid:dates_id>/take-off")
@needs(Action.SET_SCHOOL_DATES)
def take_off(dates_id: UUID) -> ResponseReturnValue:
    """Take days off again."""
    with transaction() as session:
        row = school_year.take_off(session, dates_id, by=current_person(session), now=now())
    flash(f"“{row.name}” is taken off.", "success")
    return redirect(url_for("school_dates.show"))


def _day(typed: Typed, field: str) -> date:
    found = parse_day(typed[field], "the first day", field=field)
    if not 2000 <= found.year <= 2099:
        raise BadInput(f"The date “{typed[field][:40]}” is out of range: check the year.", field=field)
    return found
