"""Data protection: periods, what will be erased, holds, the record of processing (P34)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from school import exports, holds, people, processing, retention
from school.db import now, reading, transaction
from school.errors import BadInput, NotFound
from school.models import HoldOn
from school.permissions import Action
from school.settings import settings
from school.setup import current_school
from web import record_holds
from web.access import current_person, needs
from web.forms import Typed
from web.retained import BY_KEY, RULES, kept, seen_by

pages = Blueprint("protection", __name__)

AHEAD_DAYS = retention.AHEAD.days


def _retention(typed: Typed, status: int = 200) -> ResponseReturnValue:
    with reading() as session:
        moment = now()
        seen = seen_by(current_person(session))
        standings = retention.standings(session, RULES, seen=seen, now=moment)
        page = render_template(
            "protection/retention.html",
            standings=standings,
            coming=[one for one in standings if one.soon or one.held_back],
            kept=kept(),
            ahead=AHEAD_DAYS,
            names={one.id: one.name for one in people.everybody(session)},
            typed=typed,
        )
    return page, status


@pages.get("/data-protection")
@needs(Action.SEE_PROTECTION)
def show() -> ResponseReturnValue:
    """What there is to do, and where."""
    with reading() as session:
        person = current_person(session)
        moment = now()
        seen = seen_by(current_person(session))
        return render_template(
            "protection/overview.html",
            soon=retention.coming(session, RULES, seen=seen, now=moment),
            holds=len([one for one in record_holds.seen(session, person) if one.hold.lifted_at is None]),
            files=len(exports.every(session)),
            ahead=AHEAD_DAYS,
        )


@pages.get("/data-protection/retention")
@needs(Action.SEE_PROTECTION)
def show_retention() -> ResponseReturnValue:
    """How long each kind of record is kept, and what will be erased in the next 30 days."""
    return _retention(Typed())


@pages.post("/data-protection/retention/<key>")
@needs(Action.PROTECT_DATA)
def set_retention(key: str) -> ResponseReturnValue:
    """Change how long one kind of record is kept."""
    rule = BY_KEY.get(key)
    if rule is None:
        raise NotFound("There is no such kind of record.")
    # The page has such a form for each kind: which one comes again?
    typed = Typed({**request.form.to_dict(), "key": key})
    try:
        with transaction() as session:
            retention.set_period(
                session,
                rule,
                days=typed["days"],
                reason=typed["reason"],
                by=current_person(session),
                now=now(),
            )
    except BadInput as error:
        return _retention(typed.refuse(error), 400)
    flash(f"“{rule.title}” are now kept for {int(typed['days'].replace(',', '')):,} days.", "success")
    return redirect(url_for("protection.show_retention") + f"#{key}")


def _holds(typed: Typed, status: int = 200) -> ResponseReturnValue:
    with reading() as session:
        page = render_template(
            "protection/holds.html",
            holds=record_holds.seen(session, current_person(session)),
            kinds=[(kind.value, words) for kind, words in record_holds.BY_ADDRESS.items()],
            names={one.id: one.name for one in people.everybody(session)},
            typed=typed,
        )
    return page, status


@pages.get("/data-protection/holds")
@needs(Action.SEE_PROTECTION)
def show_holds() -> ResponseReturnValue:
    """What is on hold and what was."""
    return _holds(Typed())


@pages.post("/data-protection/holds")
@needs(Action.PROTECT_DATA)
def place_hold() -> ResponseReturnValue:
    """Put a record on hold, by its kind and its number or address."""
    typed = Typed(request.form)
    try:
        with transaction() as session:
            person = current_person(session)
            on, object_id = record_holds.find(session, typed["on"], typed["which"], by=person)
            holds.place(session, on, object_id, reason=typed["reason"], by=person, now=now())
    except BadInput as error:
        return _holds(typed.refuse(error), 400)
    flash("It is on hold: nothing erases it until the hold is lifted.", "success")
    return redirect(url_for("protection.show_holds"))


@pages.post("/data-protection/holds/<uuid:hold_id>/lift")
@needs(Action.PROTECT_DATA)
def lift_hold(hold_id: UUID) -> ResponseReturnValue:
    """End a hold."""
    typed = Typed({**request.form.to_dict(), "hold": str(hold_id)})
    try:
        with transaction() as session:
            person = current_person(session)
            if hold_id not in {one.hold.id for one in record_holds.seen(session, person)}:
                raise NotFound("There is no such hold.")
            holds.lift(session, hold_id, reason=typed["lifted_reason"], by=person, now=now())
    except BadInput as error:
        return _holds(typed.refuse(BadInput(str(error), field="lifted_reason")), 400)
    flash("The hold is lifted.", "success")
    return redirect(url_for("protection.show_holds"))


@pages.get("/data-protection/record")
@needs(Action.SEE_PROTECTION)
def record() -> ResponseReturnValue:
    """The record of processing (UK GDPR, article 30), made from the rules and settings in force."""
    with reading() as session:
        moment = now()
        school = current_school(session)
        return render_template(
            "protection/record.html",
            school=school,
            officers=people.holders(session, *processing.OFFICERS),
            periods=retention.periods(session, [rule for rule in RULES if rule.people]),
            technical=[rule for rule in RULES if not rule.people],
            kept=kept(),
            settings=processing.measures(settings()),
            recipients=processing.recipients(session, settings()),
            made_at=moment,
        )


@pages.app_context_processor
def _on_hold() -> dict[str, object]:
    def hold_on(on: str, object_id: UUID) -> object:
        with reading() as session:
            return holds.of(session, HoldOn(on), object_id)

    return {"hold_on": hold_on}
