"""What the form of a post offers: wordings to begin with, hashtags, good times, and what a day is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from approvals import hashtags, odd_times, post_templates
from approvals.models import Objective
from moderation import good_times
from school import school_year
from school.errors import BadInput, NotFound
from school.times import parse_local
from web.draft_form import DraftForm
from web.forms import identifier

TEMPLATE = "template-"
"""What a button says that puts a template's wording into the form; its id follows."""
HASHTAG = "hashtag-"
"""What a button says that puts a hashtag behind the text; it follows."""
WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


def of(session: Session, form: DraftForm, *, now: datetime) -> Mapping[str, Any]:
    """Everything that the form's page offers, by the names that its template uses."""
    return {
        "templates": post_templates.listed(session),
        "hashtags": hashtags.used(session, now=now),
        **answered_most(session, now=now),
        "about_day": about_day(session, form),
    }


def answered_most(session: Session, *, now: datetime) -> Mapping[str, Any]:
    """When the school's posts were answered most, by the names that `reports/good_times.html` uses."""
    history = good_times.of_school(session, now=now)
    return {
        "good_times": [
            (f"{WEEKDAYS[one.weekday]} from {_hour(one.hour)} to {_hour(one.hour + 1)}", one)
            for one in history.times
        ],
        "good_times_rest_on": history,
    }


def about_day(session: Session, form: DraftForm) -> str:
    """What should be known of the day and the time that are chosen; empty for ordinary ones."""
    return about_time(session, form.typed["planned_date"], form.typed["planned_time"])


def about_time(session: Session, day: str, clock: str) -> str:
    """The same of a date and a time as they are typed; of what can't be read nothing is said."""
    found = []
    with suppress(ValueError):
        found.append(school_year.load(session).of(date.fromisoformat(day)).warning)
    with suppress(BadInput):
        found.append(odd_times.at_night(parse_local(day, clock, field="planned_time")))
    return " ".join(said for said in found if said)


def take(session: Session, form: DraftForm, wanted: str) -> bool:
    """Do what one of those buttons asks for; whether it was one. Nothing typed is replaced."""
    if wanted.startswith(HASHTAG):
        words = wanted.removeprefix(HASHTAG)[:101]
        text = form.typed.raw("text").rstrip()
        form.typed.values["text"] = f"{text} {words}" if text else words
        return True
    if not wanted.startswith(TEMPLATE):
        return False
    try:
        template = post_templates.find(session, identifier(wanted.removeprefix(TEMPLATE)))
    except NotFound as error:
        form.refuse(BadInput(str(error)))
        return True
    text = form.typed.raw("text").strip()
    form.typed.values["text"] = f"{text}\n\n{template.text}" if text else template.text
    with suppress(ValueError):
        Objective(form.typed["objective"])
        return True
    form.typed.values["objective"] = template.objective.value
    return True


def _hour(hour: int) -> str:
    return f"{hour % 12 or 12}{'am' if hour % 24 < 12 else 'pm'}"
