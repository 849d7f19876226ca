"""How a person signs in: the second factor, and where they are signed in. Their own page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import segno
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as browser_session
from flask.typing import ResponseReturnValue
from flask_security.utils import logout_user
from markupsafe import Markup

from school import authenticator_codes, passkeys, provider_links, recovery, second_factor, secrets, sign_ins
from school.db import now, reading, transaction
from school.errors import BadInput, MoveNotAllowed
from school.models import Person
from web.access import half_in, present, signed_in, signed_in_or_owing
from web.forms import Typed
from web.limits import limiter
from web.signin import CODES_TO_SHOW, device_token, keep_proved

pages = Blueprint("second_factor", __name__)

SEED_OFFERED_FOR = 60 * 60
"""Seconds that a QR code on an open page can still be used, and the codes that are drawn with the page."""
CODES_SHOWN_FOR = 10 * 60
"""Seconds that the page with new recovery codes can be loaded again: as long as a proof counts."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a page holds ready for one person, sealed in its form: sent twice, it is still the same."""

    seed: str
    codes: Sequence[str]
    at: datetime


@pages.get("/me/sign-in")
@signed_in_or_owing
def show() -> ResponseReturnValue:
    """What the person signs in with, and where they are signed in."""
    person, here = present()
    with reading() as session:
        return render_template(
            "me/sign_in.html",
            offered=_seal(person, ""),
            person=person,
            here=here,
            owes=half_in() is not None,
            demanded=second_factor.demanded(session, person),
            app=second_factor.authenticator(session, person.id),
            codes_left=second_factor.codes_left(session, person.id),
            codes=second_factor.CODES,
            passkeys=passkeys.of(session, person.id),
            passkeys_here=passkeys.usable_at(request.host),
            no_passkeys=passkeys.why_not(request.host),
            recoveries=[one for one in recovery.open_ones(session, now=now()) if one.person_id == person.id],
            links=provider_links.history(session, person.id),
            sign_ins=sign_ins.open_of(session, person.id, now=now()),
        )


@pages.get("/me/sign-in/app")
@signed_in_or_owing
def app() -> ResponseReturnValue:
    """The QR code of a fresh seed, which counts once its first code is typed."""
    return proof_first() or _offer(Typed(), authenticator_codes.new_seed())


@pages.post("/me/sign-in/app")
@signed_in_or_owing
@limiter.limit("30 per 15 minutes")
def enrol() -> ResponseReturnValue:
    """Use the app from now on, and show the recovery codes. The same page sent twice sets up once."""
    first = proof_first()
    if first:
        return first
    typed, (person, here) = Typed(request.form), present()
    offer = _opened(typed.raw("secret_seed"), person)
    try:
        with transaction() as session:
            fresh = session.get_one(Person, person.id)
            second_factor.enrol(
                session, fresh, offer.seed, typed["code"], codes=offer.codes, offered_at=offer.at, now=now()
            )
            token = sign_ins.prove(session, here.id, second_factor=True, now=now())
            sign_ins.end_others(session, fresh, but=here.id, now=now())
    except second_factor.AlreadySetUp:
        return show_codes(offer.codes, "Your second factor is set up.")
    except BadInput as error:
        return _offer(typed.refuse(error), offer.seed), 400
    keep_proved(token)
    return show_codes(offer.codes, "Your second factor is set up.")


@pages.get("/me/sign-in/codes")
@signed_in
def codes() -> ResponseReturnValue:
    """The recovery codes that were made a moment ago."""
    first = proof_first()
    if first:
        return first
    person, _here = present()
    sealed = str(browser_session.get(CODES_TO_SHOW, ""))
    try:
        made, whose, said = json.loads(secrets.decrypt(sealed.encode(), at_most_seconds_old=CODES_SHOWN_FOR))
    except (secrets.KeyMissing, ValueError):
        made, whose, said = [], "", ""
    with reading() as session:
        if whose != str(person.id) or not second_factor.are_current(session, person.id, made):
            browser_session.pop(CODES_TO_SHOW, None)
            flash(
                "Your recovery codes were shown when they were made, and are not shown again. "
                "If you don't have them, make new ones here.",
                "warning",
            )
            return redirect(url_for("second_factor.show"))
    return render_template("me/codes.html", codes=made, said=said)


@pages.post("/me/sign-in/codes")
@signed_in
def new_codes() -> ResponseReturnValue:
    """Ten new recovery codes in place of the former ones. The same page sent twice makes them once."""
    first = proof_first()
    if first:
        return first
    person, _here = present()
    offer = _opened(Typed(request.form).raw("secret_codes"), person)
    with transaction() as session:
        if not second_factor.set_up_by(session, person.id):
            raise MoveNotAllowed("Recovery codes stand in for a second factor: set that up first.")
        second_factor.new_codes(
            session,
            session.get_one(Person, person.id),
            codes=offer.codes,
            offered_at=offer.at,
            now=now(),
        )
    return show_codes(offer.codes, "These are your new recovery codes. The former ones count no more.")


@pages.post("/me/sign-in/remove")
@signed_in
def remove() -> ResponseReturnValue:
    """Go without a second factor, for those who may."""
    first = proof_first()
    if first:
        return first
    person, _here = present()
    with transaction() as session:
        fresh = session.get_one(Person, person.id)
        second_factor.remove(session, fresh, now=now())
    flash("Your authenticator app is removed.", "success")
    return redirect(url_for("second_factor.show"))


@pages.post("/me/sign-in/<uuid:sign_in_id>/end")
@signed_in
def end(sign_in_id: UUID) -> ResponseReturnValue:
    """Sign out in one browser."""
    person, here = present()
    with transaction() as session:
        sign_ins.end_one(session, sign_in_id, by=session.get_one(Person, person.id), now=now())
    if sign_in_id == here.id:
        logout_user()
        return redirect(url_for("security.login"))
    flash("You are signed out there.", "success")
    return redirect(url_for("second_factor.show"))


@pages.post("/me/sign-in/end-others")
@signed_in
def end_others() -> ResponseReturnValue:
    """Sign out everywhere but here."""
    person, here = present()
    with transaction() as session:
        count = sign_ins.end_others(session, session.get_one(Person, person.id), but=here.id, now=now())
    flash(
        f"You are signed out in {count} other browser{'' if count == 1 else 's'}."
        if count
        else "You are signed in nowhere else.",
        "success",
    )
    return redirect(url_for("second_factor.show"))


@pages.get("/me/prove")
@signed_in_or_owing
def ask_proof() -> ResponseReturnValue:
    """Ask whether it is still them, before they change what they sign in with."""
    return _ask_proof(Typed())


@pages.post("/me/prove")
@signed_in_or_owing
@limiter.limit("20 per 15 minutes")
def prove() -> ResponseReturnValue:
    """Take the password, and the second factor of whoever has one."""
    typed, (person, here) = Typed(request.form), present()
    try:
        if not secrets.check_secret(typed.raw("present"), person.password):
            raise BadInput("That is not your current password. Type it again.", field="present")
        # By itself, so that a wrong code is counted even though nothing else happens.
        with transaction() as session:
            has = second_factor.set_up_by(session, person.id)
            fresh = session.get_one(Person, person.id)
            device = sign_ins.known_device(session, device_token(), person.id, now=now())
            right = not has or second_factor.check(session, fresh, typed["code"], device=device, now=now())
            token = sign_ins.prove(session, here.id, second_factor=has, now=now()) if right else None
        if token is None:
            raise second_factor.refusal(device or fresh, now=now())
    except BadInput as error:
        return _ask_proof(typed.refuse(error)), 400
    keep_proved(token)
    back = typed["back"]
    return redirect(url_for(back if back in _BACK else "second_factor.show"))


_BACK = {"second_factor.app", "second_factor.show", "passkeys.new"}


def _ask_proof(typed: Typed) -> str:
    person, _here = present()
    with reading() as session:
        has = second_factor.set_up_by(session, person.id)
    return render_template(
        "me/prove.html", typed=typed, has=has, back=request.values.get("back", "second_factor.show")
    )


def proof_first() -> ResponseReturnValue | None:
    """Somebody else may sit at the computer that a person left: whoever changes this shows who they are."""
    _person, here = present()
    if sign_ins.proved_lately(here, now=now()):
        return None
    back = request.endpoint if request.method == "GET" else "second_factor.show"
    return redirect(url_for("second_factor.ask_proof", back=back))


def _offer(typed: Typed, seed: str) -> str:
    person, _here = present()
    with reading() as session:
        address = second_factor.address(session, person, seed)
        replaces = second_factor.authenticator(session, person.id) is not None
    drawn = segno.make(address, micro=False, error="m").svg_inline(omitsize=True, border=4, light="#fff")
    return render_template(
        "me/app.html",
        typed=typed,
        drawing=Markup(drawn),  # noqa: S704 - lines and numbers that segno made, none of anybody's text  # nosec B704
        letters=" ".join(seed[at : at + 4] for at in range(0, len(seed), 4)),
        address=address,
        sealed=_seal(person, seed),
        owes=half_in() is not None,
        replaces=replaces,
    )


def _seal(person: Person, seed: str) -> str:
    """A fresh offer to this person, for a hidden field."""
    return _sealed([seed, second_factor.draw_codes(), now().isoformat(), str(person.id)])


def _sealed(held: Sequence[object]) -> str:
    return secrets.encrypt(json.dumps(held).encode()).decode()


def _opened(sealed: str, person: Person) -> Offer:
    """What this page offered this person. Raises BadInput for any other."""
    try:
        seed, drawn, at, whose = json.loads(
            secrets.decrypt(sealed.encode(), at_most_seconds_old=SEED_OFFERED_FOR)
        )
    except (secrets.KeyMissing, ValueError):
        whose = None
    if whose != str(person.id):
        raise BadInput("This page was open too long. Load it again, and go on with what it shows then.")
    return Offer(seed, drawn, datetime.fromisoformat(at))


def show_codes(made: Sequence[str], said: str) -> ResponseReturnValue:
    """Lead to the page with the recovery codes, which can be loaded again without making others.

    They are stored only hashed; their plain text waits sealed in this browser's own cookie.
    """
    person, _here = present()
    browser_session[CODES_TO_SHOW] = _sealed([list(made), str(person.id), said])
    return redirect(url_for("second_factor.codes"))
