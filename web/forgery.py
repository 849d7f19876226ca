"""What keeps other sites' forms out (CSRF): where a form comes from, and the token that each of ours carries.

The token is a sign-in's own: one from before it is worth nothing after it. It is masked anew for each answer:
pages go out compressed, and their size tells whether what an attacker put into an address stands in them
already: letter by letter, over many answers, a token that were always the same could be guessed (BREACH).
"""

from __future__ import annotations

import base64
import binascii
import os
from urllib.parse import SplitResult, urlsplit

from flask import Flask, current_app, g, request
from flask import session as browser_session
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf

from school.settings import settings
from web import keeping

_PORTS = {"http": 80, "https": 443}
_LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})


class MaskedForms(CSRFProtect):  # type: ignore[misc]
    """The library's check, of tokens that look different in each answer; and of where a form comes from."""

    def init_app(self, app: Flask) -> None:
        """Put the masked token into the templates in place of the library's."""
        super().init_app(app)
        app.context_processor(lambda: {"csrf_token": masked_token})
        app.jinja_env.globals["csrf_token"] = masked_token

    def protect(self, apply_exemptions: bool = False) -> None:
        """Refuse what another site sent, whatever token it has, and what has no token of this sign-in.

        To show a form again as it was, which does nothing else, it is enough that this site asks: whoever was
        signed out while writing signs in in another tab, and the page that they left has the former token.
        """
        if request.endpoint and request.method not in _LOOKING and came_from_here() is False:
            raise CSRFError("Another site sent this form.")
        try:
            super().protect(apply_exemptions)
        except CSRFError:
            if not (came_from_here() and keeping.only_restores()):
                raise

    def _get_csrf_token(self) -> str | None:
        return unmasked(super()._get_csrf_token())


def came_from_here() -> bool | None:
    """Whether the browser says that a page of this site sent this; None where it says nothing about it.

    Sec-Fetch-Site (W3C, Fetch Metadata) goes to addresses by TLS and to this machine alone, `Origin` (WHATWG
    Fetch, 3.1) with every form that is sent, as “null” by whoever wants to hide it; Referer where it is let.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site in {"same-origin", "same-site", "cross-site"}:
        return site == "same-origin"
    said = request.headers.get("Origin") or request.headers.get("Referer")
    return _is_here(said) if said else None


def from_elsewhere() -> bool:
    """Whether another site may have had the browser send this.

    The session's cookie doesn't come with that; an answer that set one would put an empty session in place of
    the one in which somebody may be signed in.
    """
    if request.method in _LOOKING:
        return False
    here = came_from_here()
    return not here and (here is False or current_app.config["SESSION_COOKIE_NAME"] not in request.cookies)


def _is_here(address: str) -> bool:
    try:
        said = _place(urlsplit(address))
        ours = [urlsplit(f"{request.scheme}://{request.host}"), urlsplit(settings().effective_public_url)]
        # A page that came without TLS, which anybody on the way can write, is not one of those with it.
        return any(
            said == _place(one) and not (one.scheme == "https" and address.startswith("http:"))
            for one in ours
        )
    except ValueError:
        return False


def _place(address: SplitResult) -> tuple[str | None, int | None]:
    """Host and port, None for the scheme's own: a proxy may take TLS off on the way."""
    port = address.port
    return address.hostname, None if port == _PORTS.get(address.scheme) else port


def renew() -> None:
    """Give this browser's forms another token: somebody signs in. (Signing out, the library does that.)"""
    name = current_app.config["WTF_CSRF_FIELD_NAME"]
    browser_session.pop(name, None)
    g.pop(name, None)
    g.pop("masked_csrf_token", None)


def masked_token() -> str:
    """The token for the forms of this answer: random bytes, then the token crossed with them."""
    if "masked_csrf_token" not in g:
        plain = generate_csrf().encode()
        pad = os.urandom(len(plain))
        g.masked_csrf_token = base64.urlsafe_b64encode(pad + _crossed(pad, plain)).decode()
    token: str = g.masked_csrf_token
    return token


def unmasked(sent: str | None) -> str | None:
    """The token that was sent, as the library made it; one that was never masked stays as it is."""
    # The library's own has dots, which the alphabet of the masked ones lacks.
    if not sent or "." in sent:
        return sent
    try:
        both = base64.b64decode(sent, altchars=b"-_", validate=True)
        return _crossed(both[: len(both) // 2], both[len(both) // 2 :]).decode("ascii")
    except (binascii.Error, ValueError):
        return None


def _crossed(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=False))
