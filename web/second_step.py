"""The second step of signing in: a code from the app, or one from the paper."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address
from flask_security.utils import _get_post_login_redirect

from school import passkeys, second_factor, sign_ins
from school.db import now, reading, transaction
from school.errors import BadInput
from school.setup import current_school, sign_in_as_at_first
from web.access import public
from web.forms import Typed
from web.limits import limiter
from web.signin import device_token, open_for, waiting_token

pages = Blueprint("second_step", __name__)


def _show(typed: Typed) -> str:
    with reading() as session:
        school = current_school(session)
        waits = sign_ins.waiting(session, waiting_token(), now=now())
        how = waits[0].how if waits else "password"
        practised = waits[1] if waits and school is not None and school.practice else None
    return render_template(
        "security/second_step.html",
        practised=practised,
        how=how,
        typed=typed,
        next=request.values.get("next", ""),
        passkeys_here=passkeys.usable_at(request.host),
    )


@pages.get("/sign-in/code")
@public
def show() -> ResponseReturnValue:
    """The form for the code; without a right password before it, the sign-in page."""
    with reading() as session:
        if sign_ins.waiting(session, waiting_token(), now=now()) is None:
            return redirect(url_for("security.login"))
    return _show(Typed())


@pages.post("/sign-in/code")
@public
@limiter.limit("60 per 15 minutes", key_func=lambda: waiting_token() or get_remote_address())
def give() -> ResponseReturnValue:
    """Look at the code and let its owner in."""
    typed = Typed(request.form)
    try:
        # By itself, so that a wrong code is counted even though nothing else happens.
        with transaction() as session:
            found = sign_ins.waiting(session, waiting_token(), now=now())
            if found is None:
                return redirect(url_for("security.login"))
            sign_in, person = found
            device = sign_ins.known_device(session, device_token(), person.id, now=now())
            given = second_factor.check(session, person, typed["code"], device=device, now=now())
        if given is None:
            raise second_factor.refusal(device or person, now=now())
    except second_factor.TooManyCodes as error:
        answer = make_response(_show(typed.refuse(error)), 429)
        answer.headers["Retry-After"] = str(max(1, int(error.wait.total_seconds()) + 1))
        return answer
    except BadInput as error:
        return _show(typed.refuse(error)), 400
    if not open_for(person, sign_in.id, f"{sign_in.how} and {given.value}"):
        return redirect(url_for("security.login"))
    return redirect(_get_post_login_redirect())


@pages.post("/sign-in/as-at-first/<uuid:person_id>")
@public
@limiter.limit("30 per 15 minutes")
def as_at_first(person_id: UUID) -> ResponseReturnValue:
    """Let the practice school's buttons sign in as this person again; a real school has no such thing."""
    with transaction() as session:
        person = sign_in_as_at_first(session, person_id, now=now())
    flash(f"{person.name} signs in with the practice password and PIN again.", "success")
    return redirect(url_for("security.login"))
