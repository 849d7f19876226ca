"""Sign-in: Flask-Security over the school's own table of people.

The library needs a user class and a store that finds users. The school's rooms know no web
framework, so `SignedIn` wraps a `Person`, and `PeopleStore` reads people with the product's own
sessions: one short read for each request, and the write lock only where it is free. The library's cookie
says who; whether that still counts is said by the row of the sign-in, whose token is beside it
(`school.sign_ins`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from flask import Flask, Response, after_this_request, g, redirect, request, url_for
from flask import session as browser_session
from flask_login import user_logged_out
from flask_security import LoginForm, RoleMixin, Security, UserMixin, login_user, user_authenticated
from flask_security.datastore import UserDatastore
from flask_security.tf_plugin import TfPlugin
from flask_security.utils import set_request_attr
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from school import passkeys, second_factor, secrets, sign_ins, single_sign_on
from school.db import now, reading, transaction, transaction_unless_busy
from school.models import KnownDevice, Person, Role, SignIn
from school.people import authorised_accounts
from school.settings import settings
from school.setup import PRACTICE_PASSWORD, PRACTICE_PIN, current_school, practice_people
from web import forgery
from web.browsers import in_words
from web.doors import DEVICE_COOKIE
from web.naming import role_name

log = structlog.get_logger(__name__)

BY_ITSELF_COOKIE = "schoolgate_by_itself"
"""Set by a page that loads itself anew: nobody need be there."""
CODES_TO_SHOW = "recovery_codes"
"""Where the cookie holds, sealed, the recovery codes that were just made, until they are shown."""
_TOKEN = "sign_in"  # noqa: S105 - its name in the session
_WAITING = "sign_in_waiting"


class SchoolRole(RoleMixin):
    """A role, as the sign-in library wants to see it."""

    def __init__(self, role: Role) -> None:
        self.name = role.value
        self.description = role.value.replace("_", " ")


class SignedIn(UserMixin):
    """A person as the sign-in library sees one, and the sign-in by which they are here."""

    fs_uniquifier = ""  # the library checks the class for this name

    def __init__(
        self, person: Person, sign_in: SignIn | None = None, *, owes_second_factor: bool = False
    ) -> None:
        self.person = person
        self.sign_in = sign_in
        self.owes_second_factor = owes_second_factor
        """They must set one up first, and can do nothing else until then."""
        self.id = person.id  # type: ignore[assignment]  # the library says int and means any key
        self.email = person.email
        self.password = person.password
        self.active = person.active
        self.fs_uniquifier = person.fs_uniquifier
        self.confirmed_at = person.confirmed_at
        self.roles = [SchoolRole(role) for role in sorted(person.roles)]

    def verify_and_update_password(self, password: str) -> bool:
        """Whether this is the person's password. The hash is made and checked by `school.secrets` alone."""
        return self.password is not None and secrets.check_secret(password, self.password)


class PeopleStore(UserDatastore):
    """Finds people for the sign-in library. It changes nothing: `school.people` does."""

    def __init__(self) -> None:
        super().__init__(SignedIn, SchoolRole)

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> SignedIn | None:
        """The person with this `email`, `fs_uniquifier` or `id`; None if there is none."""
        [(name, value)] = kwargs.items()
        columns = {"email": Person.email, "fs_uniquifier": Person.fs_uniquifier, "id": Person.id}
        if name == "email":
            value = str(value).strip().lower()
        with reading() as session:
            person = session.scalar(sa.select(Person).where(columns[name] == value))
        return None if person is None else SignedIn(person)

    def find_role(self, role: str) -> SchoolRole | None:
        """The role of this name."""
        return SchoolRole(Role(role)) if role in set(Role) else None

    def commit(self) -> None:
        """Nothing to do: this store only reads."""


class SecondStep(TfPlugin):
    """What the library asks after a right password: whether there is a second step."""

    def tf_enter(
        self, user: UserMixin, remember_me: bool | None, primary_authn_via: str, next_loc: str | None
    ) -> BaseResponse | None:
        """Send whoever has a second factor to give it; None lets the others in."""
        assert isinstance(user, SignedIn)
        return second_step(user.person, "password", next_loc)


def second_step(person: Person, how: str, next_loc: str | None) -> BaseResponse | None:
    """Begin a sign-in that waits for its second factor; None for somebody who has none."""
    with reading() as session:
        if not second_factor.set_up_by(session, person.id):
            return None
    with transaction() as session:
        token = sign_ins.begin(
            session,
            session.get_one(Person, person.id),
            how=how,
            second_factor=False,
            waits=True,
            browser=_browser(),
            now=now(),
        )
    browser_session[_WAITING] = token
    return redirect(url_for("second_step.show", next=next_loc) if next_loc else url_for("second_step.show"))


def waiting_token() -> str:
    """Of the sign-in in this browser that waits for its second factor; empty where none does."""
    return str(browser_session.get(_WAITING, ""))


def device_token() -> str:
    """What this browser is known by; empty before the first sign-in in it."""
    return request.cookies.get(DEVICE_COOKIE, "")[:100]


def open_for(person: Person, sign_in_id: UUID, how: str) -> bool:
    """Let somebody in whose second factor was right; whether nobody was faster with the same sign-in."""
    device = device_token() or secrets.new_token()
    moment = now()
    with transaction() as session:
        fresh = session.get_one(Person, person.id)
        token = sign_ins.complete(
            session,
            session.get_one(SignIn, sign_in_id),
            how=how,
            device=sign_ins.remember_device(session, device, fresh, now=moment),
            now=moment,
        )
        if token is None:
            return False
        _count(fresh, moment)
    browser_session.pop(_WAITING, None)
    browser_session[_TOKEN] = token
    login_user(SignedIn(fresh), authn_via=[OPENED])
    _keep_device(device)
    return True


def go_on(person: Person, former: SignIn, *, proved: bool = True) -> None:
    """Sign the person in again in this browser, where their change has just ended every sign-in.

    `proved`: they showed for that change that it is them.
    """
    with transaction() as session:
        token = sign_ins.begin(
            session,
            session.get_one(Person, person.id),
            how=former.how,
            second_factor=former.second_factor,
            waits=False,
            browser=former.browser,
            device=session.get(KnownDevice, former.known_device_id) if former.known_device_id else None,
            proved=proved,
            now=now(),
        )
    browser_session[_TOKEN] = token
    login_user(SignedIn(person), authn_via=[OPENED])


def keep_proved(token: str) -> None:
    """Have this browser's cookie hold the token that its sign-in has since the person proved who they are."""
    browser_session[_TOKEN] = token


OPENED = "second step"
"""Given to the library for a sign-in whose row is there already."""


def _note_sign_in(_app: Flask, *, user: SignedIn, authn_via: Sequence[str] = (), **_more: Any) -> None:
    """Make the row of a sign-in, and keep when it was, for the people page."""
    browser_session.permanent = True
    # Whoever planted or kept this browser's cookie from before knows no token of what follows.
    forgery.renew()
    if OPENED not in authn_via:
        _open(user.person, ", ".join(authn_via) or "password", has_second_factor=False)


def open_at_once(person: Person, how: str) -> None:
    """Let somebody in by what is two factors in one."""
    _open(person, how, has_second_factor=True)
    login_user(SignedIn(person), authn_via=[OPENED])


def open_from_provider(person: Person, how: str, *, has_second_factor: bool) -> None:
    """Let somebody in whom the school's provider named.

    They proved nothing here: whoever sits at a computer where somebody is signed in at the provider must not
    get further than that by changing how they sign in.
    """
    _open(person, how, has_second_factor=has_second_factor, proved=False)
    login_user(SignedIn(person), authn_via=[OPENED])


def _open(person: Person, how: str, *, has_second_factor: bool, proved: bool = True) -> None:
    device, moment = device_token() or secrets.new_token(), now()
    with transaction() as session:
        fresh = session.get_one(Person, person.id)
        browser_session[_TOKEN] = sign_ins.begin(
            session,
            fresh,
            how=how,
            second_factor=has_second_factor,
            waits=False,
            browser=_browser(),
            device=sign_ins.remember_device(session, device, fresh, now=moment),
            proved=proved,
            now=moment,
        )
        _count(fresh, moment)
    browser_session.pop(_WAITING, None)
    _keep_device(device)


def _count(person: Person, moment: datetime) -> None:
    person.last_login_at = person.current_login_at
    person.current_login_at = moment
    person.login_count += 1


def _note_sign_out(_app: Flask, **_more: Any) -> None:
    browser_session.pop(CODES_TO_SHOW, None)
    token = browser_session.pop(_TOKEN, None)
    if token:
        with transaction() as session:
            sign_ins.sign_out(session, str(token), now=now())


def _browser() -> str:
    return in_words(request.headers.get("User-Agent", ""))


def _keep_device(token: str) -> None:
    @after_this_request
    def keep(answer: Response) -> Response:
        answer.set_cookie(
            DEVICE_COOKIE,
            token,
            max_age=sign_ins.DEVICE_KNOWN_FOR,
            httponly=True,
            samesite="Lax",
            secure=settings().effective_public_url.startswith("https://"),
        )
        return answer


def _load(uniquifier: str) -> SignedIn | None:
    """Who this request's cookie stands for; nobody once its sign-in has ended."""
    token = browser_session.get(_TOKEN)
    if not token or not uniquifier:
        return None
    moment = now()
    with reading() as session:
        found = sign_ins.find(session, str(token), str(uniquifier), now=moment)
        if found is None:
            return None
        sign_in, person = found
        lacks = not sign_in.second_factor
        if lacks and second_factor.set_up_by(session, person.id):
            # Begun with the password alone, before the second factor was set up in another browser.
            return None
        owes = lacks and second_factor.demanded(session, person)
    if moment - sign_in.seen_at > sign_ins.SEEN_EVERY and _somebody_is_there():
        g.sign_in_seen = sign_in.id
    set_request_attr("fs_authn_via", "session")
    return SignedIn(person, sign_in, owes_second_factor=owes)


def _somebody_is_there() -> bool:
    """Not so where an open page asks for news, or loads itself anew, while its reader may be away."""
    return not asks_by_itself() and BY_ITSELF_COOKIE not in request.cookies


def asks_by_itself() -> bool:
    """Whether a page's script asks for news with this."""
    return request.method == "GET" and request.headers.get("Accept") == "application/json"


def _note_seen(answer: Response) -> Response:
    sign_in_id = g.pop("sign_in_seen", None)
    if sign_in_id is not None:
        try:
            with transaction_unless_busy() as session:
                sign_ins.seen(session, sign_in_id, now=now())
        except OperationalError as error:
            # Looking at a page waits for no writer: the next request notes it.
            log.debug("sign_in_seen_later", error=type(error.orig).__name__)
    return answer


def _practice_box() -> dict[str, Any]:
    """For a practice school, who there is to sign in as; nothing at all for a real one."""
    with reading() as session:
        school = current_school(session)
        if school is None or not school.practice:
            return {}
        return {
            "practice_people": [
                {
                    "id": person.id,
                    "name": person.name,
                    "email": person.email,
                    "what": ", ".join(
                        role_name(role) for role in sorted(person.roles) if role is not Role.STAFF
                    )
                    or _staff(session, person),
                }
                for person in practice_people(session)
                if person.active
            ],
            "practice_password": PRACTICE_PASSWORD,
            "practice_pin": PRACTICE_PIN,
        }


def _provider_button() -> dict[str, Any]:
    """Whom else the sign-in page offers to sign in with, as people call it; nothing where none is set."""
    with reading() as session:
        provider = single_sign_on.offered(session)
    return {"provider": provider.name} if provider is not None else {}


def _staff(session: Session, person: Person) -> str:
    return (
        "Teacher who may write posts"
        if authorised_accounts(session, person)
        else "Teacher without leave to write posts"
    )


def install(app: Flask) -> Security:
    """Give the app its sign-in and sign-out pages."""
    app.config.update(
        SECURITY_CACHE_CONTROL=None,  # every page says so itself, in web.app
        SECURITY_LOGIN_URL="/sign-in",
        SECURITY_LOGOUT_URL="/sign-out",
        SECURITY_LOGIN_USER_TEMPLATE="security/sign_in.html",
        SECURITY_LOGOUT_CSRF=True,
        SECURITY_POST_LOGOUT_VIEW="/sign-in",
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 - the kind of hash
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SINGLE_HASH={"argon2"},
        SECURITY_PASSWORD_NORMALIZE_FORM=None,  # the hash is school.secrets's business, bytes as typed
        SECURITY_EMAIL_VALIDATOR_ARGS={"test_environment": True},  # the practice school is at larkfield.test
        SECURITY_API_ENABLED_METHODS=["session"],
        SECURITY_FLASH_MESSAGES=False,
        SECURITY_STATIC_FOLDER=None,
        SECURITY_FRESHNESS=timedelta(minutes=-1),  # no page of the library that asks for the password again
        SECURITY_CLI_USERS_NAME=False,
        SECURITY_CLI_ROLES_NAME=False,
    )
    security = Security(app, PeopleStore(), login_form=LoginForm)
    security.two_factor_plugins = SecondStep()
    security.login_context_processor(_practice_box)
    security.login_context_processor(_provider_button)
    security.login_context_processor(lambda: {"passkeys_here": passkeys.usable_at(request.host)})
    app.login_manager.user_loader(_load)  # type: ignore[attr-defined]
    user_authenticated.connect(_note_sign_in, app)
    user_logged_out.connect(_note_sign_out, app)
    app.after_request(_note_seen)
    return security
