"""The calendar: what is planned and what was published, by month, by week and as a list."""

from __future__ import annotations

import calendar as months
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from approvals import planning, posts_under_way, schedule
from approvals.schedule import PlannedPost
from approvals.takedowns import ALL_WORDS
from school import people, school_year
from school.db import now, reading
from school.errors import BadInput
from school.permissions import Action, may
from school.school_year import DayIs
from school.times import LONDON, clock, say_date, today
from web.access import current_person, signed_in
from web.headline import BADGES

pages = Blueprint("calendar", __name__)

YEARS = (2000, 2100)
LISTED = timedelta(days=27)
"""A list has four weeks."""
LINES_MOST = 80
"""Posts in a list at once: a page stays light however many are planned."""
IN_CELL_MOST = {"month": 4, "week": 20, "list": 0}
"""Posts in one day's cell; how many more there are is said."""


@dataclass(frozen=True, slots=True)
class View:
    """Which days are shown, and how."""

    kind: str
    """"month", "week" or "list"."""
    first: date
    last: date
    title: str
    before: dict[str, str]
    """What the address of the time before it asks for."""
    after: dict[str, str]
    day: date
    """A day in it, for the other views."""


@pages.get("/calendar")
@signed_in
def show() -> ResponseReturnValue:
    """`?month=2027-06`, `?week=2027-06-07` or `?list=2027-06-07`; without any, this month."""
    moment = now()
    this_day = today(moment)
    view = _view(this_day)
    with reading() as session:
        person = current_person(session)
        entries = schedule.calendar(session, first=view.first, last=view.last, by=person, now=moment)
        by_day: dict[date, list[PlannedPost]] = {}
        for post in schedule.together(entries):
            by_day.setdefault(post.first.at.astimezone(LONDON).date(), []).append(post)
        listed, go_on_from = _lines(sorted(by_day), by_day)
        year = school_year.load(session)
        days = [view.first + timedelta(days=n) for n in range((view.last - view.first).days + 1)]
        return render_template(
            "calendar/show.html",
            view=view,
            weeks=[days[n : n + 7] for n in range(0, len(days), 7)],
            by_day=by_day,
            is_day={day: year.of(day) for day in days},
            in_cell_most=IN_CELL_MOST[view.kind],
            listed=listed,
            listed_days={day for day, _posts in listed},
            troubles=schedule.troubles(
                session, [post for _day, posts in listed for post in posts], now=moment
            ),
            go_on_from=go_on_from,
            clashes=planning.clashes([entry for entry in entries if entry.at >= moment]),
            gaps=[
                (monday, planning.day_to_come(year, monday, now=moment))
                for monday in planning.gaps(
                    entries, first=view.first, last=view.last, year=year, now=moment,
                    waiting=schedule.waiting_times(session, first=view.first, last=view.last, now=moment),
                )
            ],
            spans=_spans([year.of(day) for day in days]) if view.kind != "list" else [],
            sees_all=may(person, Action.SEE_ALL_DRAFTS),
            terms_known=year.known,
            this_day=this_day,
            clock=clock,
            under_way=posts_under_way.posts(session, by=person, now=moment),
            may_write=bool(people.authorised_accounts(session, person)),
            badges=BADGES,
            in_words=ALL_WORDS,
        )


def _spans(days: Sequence[DayIs]) -> list[tuple[date, date, str]]:
    """What the marked days are called, as first and last day: those that follow each other are one."""
    found: list[tuple[date, date, str]] = []
    for one in days:
        if (
            one.marked
            and found
            and found[-1][2] == one.marked
            and one.day - found[-1][1] == timedelta(days=1)
        ):
            found[-1] = (found[-1][0], one.day, one.marked)
        elif one.marked:
            found.append((one.day, one.day, one.marked))
    return found


def _view(this_day: date) -> View:
    if week := request.args.get("week", ""):
        day = _day(week, "week")
        first = day - timedelta(days=day.weekday())
        last = first + timedelta(days=6)
        return _spanning("week", first, last, timedelta(weeks=1), f"Week of {say_date(first)}")
    if begin := request.args.get("list", ""):
        first = _day(begin, "list")
        last = first + LISTED
        title = f"{say_date(first)} to {say_date(last)}"
        return _spanning("list", first, last, LISTED + timedelta(days=1), title)
    first = _month(request.args.get("month", ""), this_day)
    weeks = months.Calendar(firstweekday=0).monthdatescalendar(first.year, first.month)
    shown = this_day if (first.year, first.month) == (this_day.year, this_day.month) else first
    return View(
        "month",
        weeks[0][0],
        weeks[-1][-1],
        first.strftime("%B %Y"),
        {"month": (first - timedelta(days=1)).strftime("%Y-%m")},
        {"month": (first + timedelta(days=32)).strftime("%Y-%m")},
        shown,
    )


def _lines(
    days: list[date], by_day: dict[date, list[PlannedPost]]
) -> tuple[list[tuple[date, list[PlannedPost]]], date | None]:
    """The first posts of these days, whole days where they fit, and the day from which there are more."""
    found: list[tuple[date, list[PlannedPost]]] = []
    left = LINES_MOST
    for day in days:
        if len(by_day[day]) > left and found:
            return found, day
        found.append((day, by_day[day]))
        left -= len(by_day[day])
    return found, None


def _spanning(kind: str, first: date, last: date, step: timedelta, title: str) -> View:
    before, after = {kind: (first - step).isoformat()}, {kind: (first + step).isoformat()}
    return View(kind, first, last, title, before, after, first)


def _day(text: str, field: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if not YEARS[0] <= found.year <= YEARS[1]:
        raise BadInput(f"The day “{text[:20]}” can't be read. Write it as 2027-06-03.", field=field)
    return found


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
