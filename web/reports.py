"""The termly report for governors, and what each account is for (P10)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

import approvals.reporting as posting
from approvals import reach_report
from approvals.models import DecisionKind, Objective
from moderation import reporting as moderating
from moderation.speed import said
from moderation.words import KINDS, OUTCOMES, URGENT
from school import accounts, documents, letterhead, reporting
from school.db import now, reading, transaction
from school.errors import BadInput
from school.models import DocumentKind, Person
from school.permissions import Action, may
from school.reporting import Period
from school.times import today
from web import report_paper
from web.access import current_person, needs
from web.documents import pdf
from web.forms import Typed
from web.people import day

pages = Blueprint("reports", __name__)


def _figures(session: Session, person: Person, when: Period, moment: datetime) -> dict[str, Any]:
    """What page and PDF alike show of a period, as far as the person may see it."""
    if not may(person, Action.SEE_REPORTS):
        return {"whole": False, "flags": {}} | _posts(session, when, moment)
    flags = moderating.flags(session, begins=when.begins, ends=when.ends, viewer=person)
    removals = posting.takedown_times(session, begins=when.begins, ends=when.ends)
    return {
        **_posts(session, when, moment),
        "whole": True,
        "approvals": posting.approvals(session, begins=when.begins, ends=when.ends),
        "flags": flags,
        "no_flags": moderating.Flags(),
        "all_kinds": sum((one.by_kind for one in flags.values()), Counter()),
        "all_outcomes": sum((one.by_outcome for one in flags.values()), Counter()),
        "vetting": moderating.vetting(session, begins=when.begins, ends=when.ends),
        "costs": reporting.costs(session, when),
        "coverage": reporting.coverage(session, when, now=moment),
        "removals": removals,
    }


def _posts(session: Session, when: Period, moment: datetime) -> dict[str, Any]:
    """What tells how the school's own posts did: also for whoever sees no more of a report (P10)."""
    return {
        "when": when,
        "accounts": accounts.everything(session),
        "purposes": reporting.purposes(session),
        "posts": posting.posts(session, begins=when.begins, ends=when.ends),
        "no_posts": posting.Posts(),
        "reach": reach_report.reach(session, begins=when.begins, ends=when.ends, now=moment),
    }


def chosen_period(dates: Typed, moment: datetime) -> Period:
    """The days that were asked for; this term where none were. Raises BadInput by the form's own names."""
    if not dates["from"] and not dates["to"]:
        with reading() as session:
            return reporting.this_term(session, today(moment))
    try:
        return reporting.period(day(dates, "from", "the first day"), day(dates, "to", "the last day"))
    except BadInput as error:
        raise BadInput(str(error), field={"last_day": "to"}.get(error.field, error.field)) from None


def shown_period(dates: Typed, moment: datetime) -> tuple[Period, int]:
    """The days asked for, and the page's status; this term where they can't be, as `dates` then says."""
    try:
        return chosen_period(dates, moment), 200
    except BadInput as error:
        dates.refuse(error)
        return chosen_period(Typed(), moment), 400


def _report(typed: Typed, status: int = 200, dates: Typed | None = None) -> ResponseReturnValue:
    moment = now()
    dates = dates or Typed(request.args)
    when, of_dates = shown_period(dates, moment)
    status = max(status, of_dates)
    with reading() as session:
        figures = _figures(session, current_person(session), when, moment)
        page = render_template(
            "reports/report.html",
            **figures,
            made_at=moment,
            dates=dates,
            objectives=list(Objective),
            decision_kinds=list(DecisionKind),
            kinds=KINDS,
            outcomes=OUTCOMES,
            urgent=URGENT,
            vetted_rows=report_paper.vetted,
            spread=report_paper.spread,
            covered=report_paper.covered,
            consents=report_paper.consents,
            totals=report_paper.totals(figures["flags"].values()),
            all_waits=[wait for one in figures["flags"].values() for wait in one.waits],
            said=said,
            typed=typed,
        )
    return page, status


@pages.get("/reports")
@needs(Action.SEE_REPORTS, Action.SEE_FIGURES)
def show() -> ResponseReturnValue:
    """The report of this term, or of the days chosen."""
    return _report(Typed())


@pages.post("/reports/pdf")
@needs(Action.SEE_REPORTS)
def as_pdf() -> ResponseReturnValue:
    """The same as a PDF, whose hash is kept."""
    dates, moment = Typed(request.form), now()
    try:
        when = chosen_period(dates, moment)
    except BadInput:
        return _report(Typed(), dates=dates)
    with reading() as session:
        person = current_person(session)
        data = report_paper.draw(
            _figures(session, person, when, moment),
            head=letterhead.current(session),
            maker=person.name,
            now=moment,
        )
    with transaction() as session:
        documents.record(
            session,
            DocumentKind.REPORT,
            data,
            object_kind="report",
            object_id=f"{when.first_day}/{when.last_day}",
            by=current_person(session),
            now=moment,
        )
    return pdf(data, f"social-media-report-{when.first_day}-{when.last_day}")


@pages.post("/reports/purposes/<uuid:account_id>")
@needs(Action.SET_PURPOSES)
def set_purpose(account_id: UUID) -> ResponseReturnValue:
    """Say what an account is for."""
    # The page has such a form for each account: which one comes again?
    typed = Typed({**request.form.to_dict(), "account": str(account_id)})
    try:
        with transaction() as session:
            reporting.set_purpose(
                session,
                account_id,
                purpose=typed["purpose"],
                measures=typed["measures"],
                by=current_person(session),
                now=now(),
            )
    except BadInput as error:
        return _report(typed.refuse(error), 400)
    flash("The purpose is recorded.", "success")
    return redirect(url_for("reports.show"))
