"""The sign-up link: somebody sets their password and PIN, once (P11)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from school import sign_up
from school.db import now, reading, transaction
from school.errors import BadInput
from web.access import public
from web.forms import Typed
from web.limits import limiter

pages = Blueprint("join", __name__)


def twice(typed: Typed, name: str, what: str) -> str:
    """A secret that is typed twice. Raises BadInput where the two differ."""
    if typed.raw(name) != typed.raw(f"{name}_again"):
        raise BadInput(f"The two {what}s are not the same. Type the same one twice.", field=f"{name}_again")
    return typed.raw(name)


def _show(token: str, typed: Typed) -> str:
    with reading() as session:
        person = sign_up.invited(session, token, now=now())
        return render_template("join/join.html", person=person, typed=typed, token=token)


@pages.get("/join/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """Who the link is for, and the form."""
    return _show(token, Typed())


@pages.post("/join/<token>")
@public
@limiter.limit("20 per minute")
def accept(token: str) -> ResponseReturnValue:
    """Set password and PIN; the link is used up."""
    typed = Typed(request.form)
    try:
        password, pin = twice(typed, "password", "password"), twice(typed, "pin", "PIN")
        with transaction() as session:
            sign_up.accept(session, token, password=password, pin=pin, now=now())
    except BadInput as error:
        return _show(token, typed.refuse(error)), 400
    flash("Your password and PIN are set. Sign in with them now.", "success")
    return redirect(url_for("security.login"))
