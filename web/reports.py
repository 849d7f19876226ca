"""The termly report for governors, and what each account is for (P10)."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

import approvals.reporting as posting
from approvals.models import DecisionKind, Objective
from moderation import reporting as moderating
from moderation.models import FollowerState
from moderation.speed import said
from moderation.words import KINDS, OUTCOMES
from school import accounts, reporting
from school.db import now, reading, transaction
from school.errors import BadInput
from school.permissions import Action
from school.times import middle, today
from web.access import current_person, needs
from web.forms import Typed
from web.people import day

pages = Blueprint("reports", __name__)

VETTED = (FollowerState.APPROVED, FollowerState.DECLINED, FollowerState.REMOVED, FollowerState.WAITING)


def _report(typed: Typed, status: int = 200) -> ResponseReturnValue:
    moment = now()
    when = reporting.term(today(moment))
    dates = Typed(request.args)
    try:
        if dates["from"] or dates["to"]:
            when = reporting.period(day(dates, "from"), day(dates, "to"))
    except BadInput as error:
        field = {"last_day": "to"}.get(error.field, error.field)
        dates.refuse(BadInput(str(error), field=field))
        status = 400
    with reading() as session:
        person = current_person(session)
        flags = moderating.flags(session, begins=when.begins, ends=when.ends, viewer=person)
        removed = posting.takedown_times(session, begins=when.begins, ends=when.ends)
        page = render_template(
            "reports/report.html",
            when=when,
            made_at=moment,
            dates=dates,
            accounts=accounts.everything(session),
            purposes=reporting.purposes(session),
            posts=posting.posts(session, begins=when.begins, ends=when.ends),
            no_posts=posting.Posts(),
            objectives=list(Objective),
            approvals=posting.approvals(session, begins=when.begins, ends=when.ends),
            decision_kinds=list(DecisionKind),
            flags=flags,
            no_flags=moderating.Flags(),
            all_kinds=sum((one.by_kind for one in flags.values()), Counter()),
            all_outcomes=sum((one.by_outcome for one in flags.values()), Counter()),
            kinds=KINDS,
            outcomes=OUTCOMES,
            vetting=moderating.vetting(session, begins=when.begins, ends=when.ends),
            vetted=VETTED,
            costs=reporting.costs(session, when),
            coverage=reporting.coverage(session, when, now=moment),
            removed=len(removed),
            removed_median=middle(removed),
            said=said,
            typed=typed,
        )
    return page, status


@pages.get("/reports")
@needs(Action.SEE_REPORTS)
def show() -> ResponseReturnValue:
    """The report of this term, or of the days chosen."""
    return _report(Typed())


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
