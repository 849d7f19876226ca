"""A person's own page: password, PIN, and what they may do."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from approvals.checks import account_name
from school import people, secrets, sign_up
from school.db import now, reading, transaction
from school.errors import BadInput
from web import abilities
from web.access import current_person, present, signed_in
from web.forms import Typed
from web.join import twice
from web.limits import limiter
from web.signin import go_on

pages = Blueprint("me", __name__)


def _show(typed: Typed) -> str:
    with reading() as session:
        person = current_person(session)
        return render_template(
            "me/me.html",
            person=person,
            accounts=[account_name(account) for account in people.authorised_accounts(session, person)],
            abilities=abilities.of_person(person),
            typed=typed,
        )


@pages.get("/me")
@signed_in
def show() -> ResponseReturnValue:
    """What the product knows of the person signed in."""
    return _show(Typed())


@pages.post("/me/password")
@signed_in
@limiter.limit("10 per 15 minutes")
def change_password() -> ResponseReturnValue:
    """A new password, against the present one; sessions elsewhere end."""
    typed = Typed(request.form)
    try:
        _check_present(typed)
        password = twice(typed, "password", "password")
        _me, sign_in = present()
        with transaction() as session:
            person = current_person(session)
            sign_up.set_password(session, person, password, by=person, now=now())
    except BadInput as error:
        return _show(typed.refuse(error)), 400
    go_on(person, sign_in)  # the change ended this sign-in too
    flash("Your password is changed. You are signed out everywhere else.", "success")
    return redirect(url_for("me.show"))


@pages.post("/me/pin")
@signed_in
@limiter.limit("10 per 15 minutes")
def change_pin() -> ResponseReturnValue:
    """A new PIN, against the current password."""
    typed = Typed(request.form)
    try:
        _check_present(typed)
        pin = twice(typed, "pin", "PIN")
        with transaction() as session:
            person = current_person(session)
            sign_up.set_pin(session, person, pin, by=person, now=now())
    except BadInput as error:
        return _show(typed.refuse(error)), 400
    flash("Your PIN is changed.", "success")
    return redirect(url_for("me.show"))


def _check_present(typed: Typed) -> None:
    field = "present" if "password" in typed.values else "present_for_pin"
    if not secrets.check_secret(typed.raw(field), current_person().password):
        raise BadInput("That is not your current password. Type it again.", field=field)
