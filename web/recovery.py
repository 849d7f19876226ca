"""Letting somebody in again: the two who vouch, and the link that works once (P11)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from school import people, pins, recovery
from school.db import now, reading, transaction
from school.errors import BadInput
from school.permissions import Action
from web import sign_in_upkeep
from web.access import current_person, needs, public, signed_in
from web.forms import Typed
from web.join import twice
from web.limits import limiter

pages = Blueprint("recovery", __name__)


def able_to_vouch() -> int:
    """How many people can vouch for others now; for templates."""
    with reading() as session:
        return recovery.able_to_vouch(session)


@pages.post("/sign-ins/recover")
@needs(Action.RECOVER_PEOPLE)
@limiter.limit("30 per 15 minutes")
def ask() -> ResponseReturnValue:
    """Ask, as the first of two, that somebody be let in again."""
    typed = Typed(request.form)
    try:
        people.reason_text(typed["recovery_reason"], field="recovery_reason")
        person_id = typed.identifier("person")
        _check_pin(typed, "pin")
        with transaction() as session:
            person = people.get(session, person_id)
            recovery.ask(
                session, person, by=current_person(session), reason=typed["recovery_reason"], now=now()
            )
            seconds = recovery.may_confirm(session, person, but=current_person(session))
    except BadInput as error:
        return sign_in_upkeep.page(typed.refuse(error)), 400
    names = ", ".join(one.name for one in seconds)
    told = f" These may, and have an e-mail about it: {names}." if names else ""
    flash(f"Asked for {person.name}. Now a second person must confirm it on this page.{told}", "success")
    return redirect(url_for("sign_ins.show"))


@pages.post("/sign-ins/recover/<uuid:recovery_id>/confirm")
@needs(Action.RECOVER_PEOPLE)
@limiter.limit("30 per 15 minutes")
def confirm(recovery_id: UUID) -> ResponseReturnValue:
    """Confirm as the second of two; the link goes to the person by e-mail."""
    typed, field = Typed(request.form), f"pin-{recovery_id}"
    try:
        _check_pin(typed, field)
        with transaction() as session:
            found = recovery.confirm(session, recovery_id, by=current_person(session), now=now())
            name = people.get(session, found.person_id).name
    except BadInput as error:
        return sign_in_upkeep.page(typed.refuse(BadInput(str(error), field=field))), 400
    flash(f"Confirmed. {name} gets a link by e-mail, which works once within 24 hours.", "success")
    return redirect(url_for("sign_ins.show"))


@pages.post("/sign-ins/recover/<uuid:recovery_id>/stop")
@signed_in
def stop(recovery_id: UUID) -> ResponseReturnValue:
    """Stop it: for whoever may vouch, and for the person concerned."""
    with transaction() as session:
        by = current_person(session)
        found = recovery.stop(session, recovery_id, by=by, now=now())
    flash("Stopped. Nothing was changed.", "success")
    return redirect(url_for("second_factor.show" if found.person_id == by.id else "sign_ins.show"))


@pages.get("/recover/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """Who the link is for, and the form."""
    return _show(token, Typed())


@pages.post("/recover/<token>")
@public
@limiter.limit("20 per minute")
def use(token: str) -> ResponseReturnValue:
    """Set a new password and PIN; the link is used up."""
    typed = Typed(request.form)
    try:
        password, pin = twice(typed, "password", "password"), twice(typed, "pin", "PIN")
        with transaction() as session:
            recovery.use(session, token, password=password, pin=pin, now=now())
    except BadInput as error:
        return _show(token, typed.refuse(error)), 400
    flash("Your password and PIN are set. Sign in with them now.", "success")
    return redirect(url_for("security.login"))


def _show(token: str, typed: Typed) -> str:
    with reading() as session:
        person = recovery.look(session, token, now=now())
        return render_template("join/recover.html", person=person, typed=typed, token=token)


def _check_pin(typed: Typed, field: str) -> None:
    """Raise BadInput unless the PIN of whoever vouches is right; a wrong one counts."""
    # By itself, so that a wrong PIN is counted even though nothing else happens.
    with transaction() as session:
        person = current_person(session)
        right = pins.check(session, person, typed[field], now=now())
    if not right:
        raise pins.refusal(person, now=now())
