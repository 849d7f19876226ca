"""Who is asking, and whether they may: the only place where a page meets the permission table (P2)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import structlog
from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from sqlalchemy.orm import Session

from school.errors import NotPermitted
from school.models import Person, SignIn
from school.permissions import Action, may
from web import errors, keeping
from web.doors import MARK, PUBLIC, SIGNED_IN
from web.signin import SignedIn

log = structlog.get_logger(__name__)

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]


def optional_person() -> Person | None:
    """Who is signed in, detached from any session; None for a visitor.

    Whoever must set up a second factor first is a visitor too, on all pages but those for that.
    """
    user = current_user._get_current_object()
    return user.person if isinstance(user, SignedIn) and not user.owes_second_factor else None


def half_in() -> SignedIn | None:
    """Who is signed in and must set up a second factor before anything else; None for all others."""
    user = current_user._get_current_object()
    return user if isinstance(user, SignedIn) and user.owes_second_factor else None


def present() -> tuple[Person, SignIn]:
    """Who is here and their sign-in, on the pages for setting up a second factor. Raises NotPermitted."""
    user = current_user._get_current_object()
    if not isinstance(user, SignedIn) or user.sign_in is None:
        raise NotPermitted("Sign in first.")
    return user.person, user.sign_in


def current_person(session: Session | None = None) -> Person:
    """Who is signed in; with a session, that person's row in it as it is now.

    Raises NotPermitted for a visitor, and where the person was made inactive meanwhile.
    """
    person = optional_person()
    if person is None:
        raise NotPermitted("Sign in first.")
    if session is None:
        return person
    fresh = session.get(Person, person.id)
    if fresh is None or not fresh.active:
        raise NotPermitted("Your account was closed. Ask the headteacher.")
    return fresh


def allowed(action: Action) -> bool:
    """Whether the person signed in may do this; False for a visitor. Templates call it `may`."""
    person = optional_person()
    return person is not None and may(person, action)


def sign_in_first() -> ResponseReturnValue:
    """Send a visitor to the sign-in page, and back here afterwards if they only wanted to look.

    Whoever was writing when the session ended gets what they wrote.
    """
    if half_in() is not None:
        return redirect(url_for("second_factor.show"))
    if request.method in {"GET", "HEAD"}:
        back = request.full_path if request.query_string else request.path
        return redirect(url_for("security.login", next=back))
    if keeping.kept() is not None:
        return errors.page(401)
    return redirect(url_for("security.login"))


def needs(*actions: Action) -> Callable[[View[P]], View[P]]:
    """Let in whoever may do at least one of the actions; to others it looks as if nothing were there.

    A visitor gets the sign-in page.
    """

    def wrap(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            person = optional_person()
            if person is None:
                return sign_in_first()
            if not any(may(person, action) for action in actions):
                log.info("door_closed", endpoint=request.endpoint, person=str(person.id))
                return errors.page(404)
            return view(*args, **kwargs)

        setattr(guarded, MARK, actions)
        return guarded

    return wrap


def signed_in(view: View[P]) -> View[P]:
    """Let in everybody who is signed in; the view itself checks what more there is to check."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if optional_person() is None:
            return sign_in_first()
        return view(*args, **kwargs)

    setattr(guarded, MARK, SIGNED_IN)
    return guarded


def signed_in_or_owing(view: View[P]) -> View[P]:
    """As `signed_in`, and also for those who must set up a second factor before they can do anything else."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if optional_person() is None and half_in() is None:
            return sign_in_first()
        return view(*args, **kwargs)

    setattr(guarded, MARK, SIGNED_IN)
    return guarded


def public(view: View[P]) -> View[P]:
    """Anybody may open this page, signed in or not."""
    setattr(view, MARK, PUBLIC)
    return view
