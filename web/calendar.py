"""The calendar: what is planned and what was published, by month and as a list."""

from __future__ import annotations

import calendar as months
from datetime import date, datetime, timedelta

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from approvals import schedule
from approvals.standing import under_way
from approvals.states import IN_WORDS
from school import people
from school.db import now, reading
from school.errors import BadInput
from school.times import LONDON, clock, today
from web.access import current_person, signed_in
from web.draft_page import BADGES

pages = Blueprint("calendar", __name__)

YEARS = (2000, 2100)


@pages.get("/calendar")
@signed_in
def show() -> ResponseReturnValue:
    """One month: a table of weeks, and the same as a list. `?month=2027-06`."""
    moment = now()
    first = _month(request.args.get("month", ""), today(moment))
    weeks = months.Calendar(firstweekday=0).monthdatescalendar(first.year, first.month)
    with reading() as session:
        person = current_person(session)
        entries = schedule.calendar(session, first=weeks[0][0], last=weeks[-1][-1], by=person, now=moment)
        by_day: dict[date, list[schedule.CalendarEntry]] = {}
        for entry in entries:
            by_day.setdefault(entry.at.astimezone(LONDON).date(), []).append(entry)
        return render_template(
            "calendar/month.html",
            first=first,
            weeks=weeks,
            by_day=by_day,
            days=[day for day in sorted(by_day) if day.month == first.month],
            before=(first - timedelta(days=1)).strftime("%Y-%m"),
            after=(first + timedelta(days=32)).strftime("%Y-%m"),
            this_day=today(moment),
            clock=clock,
            under_way=under_way(session, by=person, now=moment),
            may_write=bool(people.authorised_accounts(session, person)),
            badges=BADGES,
            in_words=IN_WORDS,
        )


def _month(text: str, otherwise: date) -> date:
    if not text:
        return otherwise.replace(day=1)
    try:
        found = datetime.strptime(text, "%Y-%m").replace(tzinfo=LONDON).date()
    except ValueError:
        found = date.min
    if not YEARS[0] <= found.year <= YEARS[1]:
        raise BadInput(f"The month “{text[:20]}” can't be read. Write it as 2027-06.", field="month")
    return found
