"""Passkeys: adding and removing one's own, and signing in with one."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security.utils import _get_post_login_redirect

from school import passkeys, sign_ins
from school.db import now, transaction
from school.errors import BadInput
from school.models import Person
from web.access import half_in, present, public, signed_in, signed_in_or_owing
from web.forms import Typed
from web.limits import limiter
from web.second_factors import proof_first, show_codes
from web.signin import keep_proved, open_at_once

pages = Blueprint("passkeys", __name__)


def _json(text: str) -> Response:
    return Response(text, mimetype="application/json")


@pages.post("/sign-in/passkey/question")
@public
@limiter.limit("120 per 15 minutes")
def ask() -> ResponseReturnValue:
    """What the browser has a passkey sign; the page's script asks for it."""
    with transaction() as session:
        return _json(passkeys.ask(session, now=now()))


@pages.post("/sign-in/passkey")
@public
@limiter.limit("120 per 15 minutes")
def sign_in() -> ResponseReturnValue:
    """Let in whose passkey has signed."""
    typed = Typed(request.form)
    try:
        with transaction() as session:
            person = passkeys.check(session, typed.raw("answer"), now=now())
    except BadInput as error:
        flash(str(error), "error")
        return redirect(url_for("security.login"))
    open_at_once(person, "passkey")
    return redirect(_get_post_login_redirect())


@pages.get("/me/sign-in/passkey")
@signed_in_or_owing
def new() -> ResponseReturnValue:
    """The form that adds a passkey."""
    return proof_first() or _new(Typed())


@pages.post("/me/sign-in/passkey/question")
@signed_in_or_owing
@limiter.limit("60 per 15 minutes")
def offer() -> ResponseReturnValue:
    """What the browser is asked in order to make a passkey; the page's script asks for it."""
    person, here = present()
    if not sign_ins.proved_lately(here, now=now()):
        return _json("{}"), 403
    with transaction() as session:
        return _json(passkeys.offer(session, session.get_one(Person, person.id), now=now()))


@pages.post("/me/sign-in/passkey")
@signed_in_or_owing
@limiter.limit("60 per 15 minutes")
def add() -> ResponseReturnValue:
    """Keep the passkey that the browser has made."""
    first = proof_first()
    if first:
        return first
    typed, (person, here) = Typed(request.form), present()
    try:
        with transaction() as session:
            fresh = session.get_one(Person, person.id)
            codes = passkeys.add(session, fresh, typed.raw("answer"), typed["name"], now=now())
            token = sign_ins.prove(session, here.id, second_factor=True, now=now())
    except BadInput as error:
        return _new(typed.refuse(error)), 400
    keep_proved(token)
    if codes:
        return show_codes(codes, "Your passkey is added.")
    flash("Your passkey is added.", "success")
    return redirect(url_for("second_factor.show"))


@pages.post("/me/sign-in/passkey/<uuid:passkey_id>/rename")
@signed_in
def rename(passkey_id: UUID) -> ResponseReturnValue:
    """Call a passkey something else."""
    typed, (person, _here) = Typed(request.form), present()
    try:
        with transaction() as session:
            passkeys.rename(session, session.get_one(Person, person.id), passkey_id, typed["name"])
    except BadInput as error:
        flash(str(error), "error")
    return redirect(url_for("second_factor.show"))


@pages.post("/me/sign-in/passkey/<uuid:passkey_id>/remove")
@signed_in
def remove(passkey_id: UUID) -> ResponseReturnValue:
    """Take a passkey away."""
    first = proof_first()
    if first:
        return first
    person, _here = present()
    with transaction() as session:
        key = passkeys.remove(session, session.get_one(Person, person.id), passkey_id, now=now())
    flash(f"“{key.name}” lets nobody in any more.", "success")
    return redirect(url_for("second_factor.show"))


def _new(typed: Typed) -> str:
    return render_template(
        "me/passkey.html", typed=typed, owes=half_in() is not None, here=passkeys.usable_at(request.host)
    )
