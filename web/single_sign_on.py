"""Signing in with the school's provider (Google, Microsoft or another): there, back, and in.

Going there is a link, not a form: the content policy lets no form lead to another host. Nothing is asked of
the provider here; a worker does that, as for connecting accounts, and the page waits for it.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets as random
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import structlog
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as browser_session
from flask.typing import ResponseReturnValue
from flask_security.utils import _get_post_login_redirect

from connectors import openid
from school import secrets, single_sign_on
from school.db import now, reading, transaction
from school.errors import BadInput, NotFound
from school.models import ProviderDocument, ProviderSignIn
from school.provider import CALLBACK, Provider
from school.single_sign_on import LIFETIME
from web.access import half_in, optional_person, public
from web.limits import limiter
from web.signin import open_from_provider, second_step

log = structlog.get_logger(__name__)

pages = Blueprint("single_sign_on", __name__)

_VISIT = "provider_visit"
"""Where the cookie holds, sealed, what was begun here and must fit the answer."""
_TRY = "provider_sign_in"
_TRIES = "300 per 15 minutes"
"""From one address, which may be that of the whole school on a Monday morning."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """What this browser took along to the provider's page."""

    state: str
    nonce: str
    verifier: str
    next: str


def _offered() -> tuple[Provider, ProviderDocument | None]:
    """The provider, and what it says of itself. Raises NotFound where none is set."""
    with reading() as session:
        provider = single_sign_on.offered(session)
        if provider is None:
            raise NotFound("There is nothing at this address.")
        return provider, single_sign_on.said_by(session, provider)


@pages.get("/sign-in/with")
@public
@limiter.limit(_TRIES)
def begin() -> ResponseReturnValue:
    """Lead to the provider's own page."""
    provider, said = _offered()
    back = request.args.get("next", "")[:2000]
    if optional_person() is not None or half_in() is not None:
        return redirect(_get_post_login_redirect())
    if said is None or said.fetched_at is None or not said.document:
        why = said.problem if said is not None and said.problem else f"{provider.name} was not reached yet."
        flash(f"{why} Sign in with your password, or try again in a minute.", "warning")
        return redirect(url_for("security.login", next=back or None))
    visit = openid.visit(provider, said.document)
    begun = _Begun(visit.state, visit.nonce, visit.verifier, back)
    browser_session[_VISIT] = secrets.encrypt(json.dumps(asdict(begun)).encode()).decode()
    return redirect(visit.address)


def _begun() -> _Begun | None:
    """What this browser began, if it wasn't too long ago."""
    sealed = str(browser_session.get(_VISIT, ""))
    try:
        opened = secrets.decrypt(sealed.encode(), at_most_seconds_old=int(LIFETIME.total_seconds()))
        return _Begun(**json.loads(opened))
    except (secrets.KeyMissing, ValueError, TypeError):
        return None


@pages.get(CALLBACK)
@public
@limiter.limit(_TRIES)
def answer() -> ResponseReturnValue:
    """The provider sends the person back, with a code or with a no."""
    provider, said = _offered()
    given, begun = request.args, _begun()
    if given.get("error"):
        # Nobody comes in by this, whoever sent it; some providers leave the one-time value out of it.
        return _sent_back(provider, given["error"], begun)
    if begun is None or not hmac.compare_digest(
        given.get("state", "").encode("utf-8", "replace"), begun.state.encode()
    ):
        raise BadInput(
            f"This answer of {provider.name} belongs to no sign-in that was begun in this browser within the "
            f"last {LIFETIME.seconds // 60} minutes, so nothing was done with it. Begin again on the sign-in "
            "page, and stay in one browser."
        )
    # For one answer; one that was made up by somebody else doesn't spoil the right one.
    browser_session.pop(_VISIT, None)
    issuer = said.document.get("issuer") if said is not None and said.document else None
    if given.get("iss", issuer) != issuer:
        # RFC 9207: another provider's answer.
        return _sent_back(provider, "another_issuer", begun)
    if not given.get("code"):
        return _sent_back(provider, "no_code", begun)
    browser = random.token_urlsafe(32)
    with transaction() as session:
        made = single_sign_on.returned(
            session,
            provider,
            state=begun.state,
            browser=browser,
            values={"code": given["code"][:4000], "nonce": begun.nonce, "verifier": begun.verifier},
            now=now(),
        )
    browser_session[_TRY] = {"id": str(made.id), "browser": browser, "next": begun.next}
    # On to a page whose address holds nothing of the answer.
    return redirect(url_for("single_sign_on.show"))


def _sent_back(provider: Provider, error: str, begun: _Begun | None) -> ResponseReturnValue:
    """To the sign-in page, with why it came to nothing."""
    log.warning("provider_sent_back", error=error if re.fullmatch("[a-z_]{1,40}", error) else "odd")
    problem = (
        f"On {provider.name}'s page you chose not to go on, so nobody was signed in."
        if error == "access_denied"
        else f"{provider.name} sent you back without saying who you are, so nobody was signed in."
    )
    flash(f"{problem} Try again, or use your password.", "warning")
    return redirect(url_for("security.login", next=begun.next if begun and begun.next else None))


def _tried() -> tuple[ProviderSignIn, dict[str, Any]]:
    """What this browser waits for. Raises NotFound where it waits for nothing."""
    kept: dict[str, Any] = browser_session.get(_TRY) or {}
    if not kept:
        raise NotFound("There is no such sign-in in this browser.")
    with reading() as session:
        return single_sign_on.get(session, UUID(kept["id"]), kept["browser"]), kept


@pages.get("/sign-in/with/moment")
@public
def show() -> ResponseReturnValue:
    """How far it has come: being asked, known, or refused with the reason."""
    try:
        found, kept = _tried()
    except NotFound:
        return redirect(url_for("security.login"))
    provider, _said = _offered()
    return render_template(
        "security/with_provider.html", sign_in=found, provider=provider.name, next=kept["next"]
    )


@pages.post("/sign-in/with/moment")
@public
@limiter.limit(_TRIES)
def go_on() -> ResponseReturnValue:
    """Let in whom the provider named; whoever owes a second factor gives it first, as after a password."""
    found, kept = _tried()
    provider, _said = _offered()
    with transaction() as session:
        person = single_sign_on.go_on(session, found.id, kept["browser"], now=now())
    browser_session.pop(_TRY, None)
    if not found.second_factor:
        led = second_step(person, provider.name, kept["next"] or None)
        if led is not None:
            return led
    how = f"{provider.name}, second factor there" if found.second_factor else provider.name
    open_from_provider(person, how, has_second_factor=found.second_factor)
    return redirect(_get_post_login_redirect())
