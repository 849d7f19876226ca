"""The charts beside the termly report: what people would rather look at than read (P10, P17, P23)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

import approvals.reporting as posting
from approvals import reach_report
from approvals.models import Objective
from moderation import trends
from moderation.words import KINDS, URGENT
from school import accounts, reporting
from school.db import now, reading
from school.models import Person
from school.permissions import Action, may
from school.reporting import Period
from web.access import current_person, needs
from web.draft_offers import answered_most
from web.drawing import COLOURS, SCALE, Chart, Part, chart, colour_of_kind
from web.forms import Typed
from web.naming import platform_name
from web.report_paper import STEPS
from web.reports import shown_period

pages = Blueprint("charts", __name__)


@pages.get("/reports/charts")
@needs(Action.SEE_REPORTS, Action.SEE_FIGURES)
def show() -> ResponseReturnValue:
    """The charts of this term, or of the days chosen."""
    dates, moment = Typed(request.args), now()
    when, status = shown_period(dates, moment)
    with reading() as session:
        person = current_person(session)
        drawn = _of_posts(session, when, moment)
        if may(person, Action.SEE_REPORTS):
            drawn = [*_of_comments(session, person, when, moment), *drawn, *_of_costs(session, when, moment)]
        times = answered_most(session, now=moment)
    page = render_template(
        "reports/charts.html", charts=drawn, when=when, dates=dates, made_at=moment, **times
    )
    return page, status


def _steps(when: Period, moment: datetime) -> tuple[list[str], list[datetime]]:
    steps = reporting.steps(when, until=moment)
    return [step.label for step in steps], [step.begins for step in steps]


def _names(session: Session) -> dict[UUID, str]:
    return {
        account.id: f"{account.handle} on {platform_name(account.platform)}"
        for account in accounts.everything(session)
    }


def _of_posts(session: Session, when: Period, moment: datetime) -> list[Chart]:
    """How the school's own posts did."""
    labels, begins = _steps(when, moment)
    posts = posting.posts_over_time(session, begins=begins, ends=when.ends)
    views = reach_report.views_over_time(session, begins=begins, ends=when.ends)
    found = (
        chart(
            "posts",
            "Posts published through Schoolgate, on each account by itself, by what they were for",
            labels,
            _by_objective(posts, labels),
        ),
        chart(
            "views",
            "How often the posts of these days have been seen so far, where the platform says it",
            labels,
            _by_objective(views, labels),
            of="for ",
        ),
    )
    return [one for one in found if one is not None]


def _of_costs(session: Session, when: Period, moment: datetime) -> list[Chart]:
    labels, begins = _steps(when, moment)
    costs = reporting.costs_over_time(session, begins=begins, ends=when.ends)
    drawn = chart(
        "costs", "What the platforms cost", labels, _by_account(costs, _names(session)), unit="$", of="for "
    )
    return [] if drawn is None else [drawn]


def _of_comments(session: Session, person: Person, when: Period, moment: datetime) -> list[Chart]:
    """What was flagged and how soon it was decided, as far as the person may know of it."""
    labels, begins = _steps(when, moment)
    flags = trends.flags(
        session, begins=begins, ends=when.ends, limits=[most for most, _ in STEPS], viewer=person
    )
    age = trends.queue_age(session, viewer=person, now=moment)
    found = (
        chart(
            "kinds",
            "What was flagged, by kind",
            labels,
            [
                Part(KINDS.get(kind, kind), colour_of_kind(kind), tuple(flags.by_kind[kind]))
                for kind in dict.fromkeys([*KINDS, *flags.by_kind])
                if kind in flags.by_kind
            ],
        ),
        chart(
            "accounts",
            "What was flagged, by account",
            labels,
            _by_account(flags.by_account, _names(session)),
            of="on ",
        ),
        chart(
            "response",
            "How soon it was decided, by when it came",
            labels,
            [
                Part(words, SCALE + place, tuple(counts[place] for counts in flags.spread))
                for place, (_, words) in enumerate(STEPS)
            ],
        ),
        chart(
            "age",
            "How long comments wait that nobody has decided on yet",
            [words for _, words in trends.AGES],
            [
                Part(f"urgent: {URGENT}", 0, age.urgent),
                Part("other comments", 2, age.others),
            ],
            at="waiting ",
        ),
    )
    return [one for one in found if one is not None]


def _by_objective(values: Mapping[Objective, Sequence[float]], labels: Sequence[str]) -> list[Part]:
    return [
        Part(
            "reminders of events"
            if one is Objective.REMINDER
            else one.in_words[0].lower() + one.in_words[1:],
            place,
            tuple(values.get(one, [0] * len(labels))),
        )
        for place, one in enumerate(Objective)
    ]


def _by_account(values: Mapping[Any, Sequence[float]], names: Mapping[UUID, str]) -> list[Part]:
    known: list[tuple[UUID | None, str]] = [*names.items(), (None, "seen elsewhere")]
    return [
        Part(name, place % COLOURS, tuple(values[account_id]))
        for place, (account_id, name) in enumerate(known)
        if account_id in values
    ]
