"""Connecting accounts through the platforms' own consent pages, and the school's apps there (P8, P11)."""

from __future__ import annotations

import secrets
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from connectors.base import Platform
from school import accounts, app_keys, connecting, people, register
from school.app_keys import Family
from school.connecting import AGAIN
from school.db import now, reading, transaction
from school.errors import BadInput, NotFound
from school.models import AccountState
from school.models.connections import AccountConnection, ConnectionState
from school.models.people import Role
from school.permissions import Action
from web.access import current_person, needs
from web.forms import Typed, identifier

pages = Blueprint("connecting", __name__)

_BROWSER = "connecting"


def _browser() -> str:
    """The secret of this browser session, by which it is known when the platform sends it back."""
    if _BROWSER not in session:
        session[_BROWSER] = secrets.token_urlsafe(32)
    return str(session[_BROWSER])


def _known_platform(name: str) -> Platform:
    try:
        return Platform(name)
    except ValueError:
        raise NotFound("There is no such platform.") from None


# The school's apps


def _apps(typed: Typed) -> str:
    with reading() as db:
        return render_template(
            "accounts/apps.html",
            families=list(Family),
            names=app_keys.NAMES,
            key_names=app_keys.KEY_NAMES,
            secret_names=app_keys.SECRET_NAMES,
            by_setting={family: app_keys.by_setting(family) is not None for family in Family},
            entered={family: app_keys.entered(db, family) for family in Family},
            people={one.id: one.name for one in people.everybody(db)},
            callbacks={family: app_keys.callback(family) for family in Family},
            typed=typed,
        )


@pages.get("/accounts/apps")
@needs(Action.CONNECT_ACCOUNTS)
def apps() -> ResponseReturnValue:
    """The school's apps at X and at Meta: whether their keys are entered, and the form to enter them."""
    return _apps(Typed())


@pages.post("/accounts/apps/<any(x, meta):name>")
@needs(Action.CONNECT_ACCOUNTS)
def enter_app(name: str) -> ResponseReturnValue:
    """Enter an app's key and secret; the secret is never shown again."""
    typed, family = Typed(request.form), Family(name)
    try:
        with transaction() as db:
            app_keys.enter(
                db,
                family,
                key=typed[f"key-{family}"],
                secret=typed.raw(f"secret-{family}"),
                by=current_person(db),
                now=now(),
            )
    except BadInput as error:
        return _apps(typed.refuse(error)), 400
    flash(f"The app for {app_keys.NAMES[family]} is entered. Its secret is kept encrypted.", "success")
    return redirect(url_for("connecting.apps"))


# Beginning


def _new(platform: Platform, typed: Typed) -> str:
    with reading() as db:
        person = current_person(db)
        here = [one for one in accounts.everything(db) if one.platform == platform.value]
        return render_template(
            "accounts/connect.html",
            platform=platform.value,
            forms=[
                (form.id, f"{form.fields['platform']}: {form.fields['department']}")
                for form in register.unused_forms(db)
            ],
            here=[one for one in here if one.state is not AccountState.CLOSED],
            head=Role.HEADTEACHER in person.roles,
            has_app=_has_app(platform),
            typed=typed,
        )


def _has_app(platform: Platform) -> bool:
    family = app_keys.family_of(platform)
    with reading() as db:
        return app_keys.by_setting(family) is not None or app_keys.entered(db, family) is not None


@pages.get("/accounts/connect/<any(x, facebook, instagram):name>")
@needs(Action.CONNECT_ACCOUNTS)
def new(name: str) -> ResponseReturnValue:
    """Connect a new account by its signed form, or one that the school had already."""
    return _new(_known_platform(name), _tried_before(name))


def _tried_before(name: str) -> Typed:
    """What was typed for the try that the address names, so that nobody types it twice."""
    if not (again := request.args.get("again", "")):
        return Typed()
    with reading() as db:
        tried = connecting.get(db, identifier(again))
        if tried.platform != name or tried.account_id is not None:
            return Typed()
        form = str(tried.form_id or "")
        return Typed({"handle": tried.handle, "email": tried.school_email, "why": tried.why, "form": form})


@pages.post("/accounts/connect/<any(x, facebook, instagram):name>")
@needs(Action.CONNECT_ACCOUNTS)
def begin_new(name: str) -> ResponseReturnValue:
    """Begin to connect an account that is not here yet."""
    typed, platform = Typed(request.form), _known_platform(name)
    try:
        form_id = typed.identifier("form") if typed["form"] else None
        with transaction() as db:
            made = connecting.start(
                db,
                platform=platform.value,
                account=None,
                form_id=form_id,
                why=typed["why"],
                handle=typed["handle"],
                school_email=typed["email"],
                browser=_browser(),
                by=current_person(db),
                now=now(),
            )
    except BadInput as error:
        return _new(platform, typed.refuse(error)), 400
    return redirect(url_for("connecting.show", connection_id=made.id))


@pages.post("/accounts/<uuid:account_id>/connect")
@needs(Action.CONNECT_ACCOUNTS)
def begin(account_id: UUID) -> ResponseReturnValue:
    """Begin to connect an account again; everything that waits goes on once it is connected."""
    with transaction() as db:
        account = accounts.get(db, account_id)
        made = connecting.start(
            db,
            platform=account.platform,
            account=account,
            browser=_browser(),
            by=current_person(db),
            now=now(),
        )
    return redirect(url_for("connecting.show", connection_id=made.id))


@pages.get("/accounts/connections/<uuid:connection_id>")
@needs(Action.CONNECT_ACCOUNTS)
def show(connection_id: UUID) -> ResponseReturnValue:
    """How far it has come, and the way on to the platform's own page."""
    with reading() as db:
        person = current_person(db)
        found = connecting.get(db, connection_id)
        return render_template(
            "accounts/connection.html",
            connection=found,
            address=connecting.address(db, found, by=person, browser=_browser()),
            waits=found.state in {ConnectionState.ASKED, ConnectionState.RETURNED},
            began=people.get(db, found.asked_by_id).name,
        )


# Coming back


def _back(made: AccountConnection) -> ResponseReturnValue:
    # On to a page whose address holds nothing of the answer.
    return redirect(url_for("connecting.show", connection_id=made.id))


def _answer(token: str, problem: str, **answer: str) -> ResponseReturnValue:
    with transaction() as db:
        by, browser = current_person(db), _browser()
        if problem:
            made = connecting.declined(db, token, problem=problem, by=by, browser=browser, now=now())
        else:
            made = connecting.returned(db, token, answer=answer, by=by, browser=browser, now=now())
    return _back(made)


@pages.get("/accounts/connected/x")
@needs(Action.CONNECT_ACCOUNTS)
def from_x() -> ResponseReturnValue:
    """X sends the person back with a verifier, or with a no. Its request token is the one-time value."""
    given = request.args
    if "denied" in given:
        no = f"On X's page you chose Cancel, so nothing was connected. {AGAIN}"
        return _answer(given["denied"], no)
    verifier = given.get("oauth_verifier", "")
    lacks = "" if verifier else f"X sent you back without an answer, so nothing was connected. {AGAIN}"
    return _answer(given.get("oauth_token", ""), lacks, verifier=verifier)


@pages.get("/accounts/connected/facebook")
@needs(Action.CONNECT_ACCOUNTS)
def from_facebook() -> ResponseReturnValue:
    """Facebook sends the person back with a code, or with a no; for Instagram too."""
    given = request.args
    code, problem = given.get("code", ""), ""
    if given.get("error_reason") == "user_denied" or given.get("error") == "access_denied":
        problem = f"On Facebook's page you chose Cancel, so nothing was connected. {AGAIN}"
    elif not code:
        problem = f"Facebook sent you back without an answer, so nothing was connected. {AGAIN}"
    return _answer(given.get("state", ""), problem, code=code)
