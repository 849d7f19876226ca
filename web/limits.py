"""How often somebody may try: rates of the pages where guessing would pay."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from school import people, secrets, sign_ins
from school.db import now, reading
from school.settings import settings
from web.doors import DEVICE_COOKIE

limiter = Limiter(get_remote_address, default_limits=[], headers_enabled=False)
"""For pages to limit themselves: `@limiter.limit("10 per minute", methods=["POST"])`."""


def _failed(response: Response) -> bool:
    """A sign-in that worked redirects; one that didn't shows the form again."""
    return response.status_code == 200


def _typed() -> str:
    return request.form.get("email", "").strip().lower()[:320]


def _from_own_browser() -> bool:
    """Whether the person whose address was typed has signed in with this browser before.

    What strangers try elsewhere must not keep them out there; and a class of pupils that guesses behind the
    school's one address must not keep the staff out.
    """
    token = request.cookies.get(DEVICE_COOKIE, "")[:100]
    if not token:
        return False
    with reading() as session:
        person = people.find(session, _typed())
        return person is not None and sign_ins.known_device(session, token, person.id, now=now()) is not None


def _person_and_place() -> str:
    """The address that was typed, with the browser that its owner knows, else with the network address."""
    own = secrets.token_hash(request.cookies.get(DEVICE_COOKIE, "")) if _from_own_browser() else ""
    return f"sign-in:{_typed()}:{own or get_remote_address()}"


def _person() -> str:
    return f"sign-in:{_typed()}"


def install(app: Flask) -> None:
    """Count tries in memory, or in Redis where several processes serve pages."""
    broker = settings().broker_url
    app.config["RATELIMIT_STORAGE_URI"] = (
        broker if broker.startswith(("redis://", "rediss://")) else "memory://"
    )
    limiter.init_app(app)
    by_place = limiter.limit(
        "10 per 15 minutes", key_func=_person_and_place, methods=["POST"], deduct_when=_failed
    )
    # From everywhere together; nobody alone gets so far that the owner must wait for it.
    by_person = limiter.limit(
        "100 per hour", key_func=_person, methods=["POST"], deduct_when=_failed, exempt_when=_from_own_browser
    )
    by_network = limiter.limit(
        "60 per hour", methods=["POST"], deduct_when=_failed, exempt_when=_from_own_browser
    )
    # The view is a plain function; Flask's own type for it also allows coroutines, the limiter's doesn't.
    view: Any = app.view_functions["security.login"]
    app.view_functions["security.login"] = by_network(by_person(by_place(view)))
