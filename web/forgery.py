"""The token that each form carries, so that no other site can send one (CSRF), masked anew for each answer.

Pages go out compressed, and their size tells whether what an attacker put into an address stands in them
already: letter by letter, over many answers, a token that were always the same could be guessed (BREACH).
"""

from __future__ import annotations

import base64
import binascii
import os

from flask import Flask, g
from flask_wtf.csrf import CSRFProtect, generate_csrf


class MaskedForms(CSRFProtect):  # type: ignore[misc]
    """The library's check, of tokens that look different in each answer."""

    def init_app(self, app: Flask) -> None:
        """Put the masked token into the templates in place of the library's."""
        super().init_app(app)
        app.context_processor(lambda: {"csrf_token": masked_token})
        app.jinja_env.globals["csrf_token"] = masked_token

    def _get_csrf_token(self) -> str | None:
        return unmasked(super()._get_csrf_token())


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
