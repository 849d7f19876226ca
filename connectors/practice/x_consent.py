"""The practice X's three legs of OAuth 1.0a: request token, the page where the account says yes, keys."""

from __future__ import annotations

import secrets
from html import escape
from urllib.parse import urlencode, urlsplit

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from connectors.base import Platform
from connectors.practice import consents, x_errors
from connectors.practice.consents import Consents
from connectors.practice.world import World
from connectors.practice.x_signature import SignatureCheck

_PERMISSIONS = (
    "See posts, followers and who you are",
    "Publish and delete posts for you",
    "Hide replies, mute people",
)


class XConsent:
    """Four views over one world."""

    def __init__(self, world: World, signature: SignatureCheck) -> None:
        self._world = world
        self._signature = signature
        self._consents = Consents(world)

    def request_token(self) -> Response:
        """POST /oauth/request_token, signed with the app's key alone."""
        signed = self._signature.signed(request)
        if signed is None or signed.resource_owner_key:
            raise x_errors.v1(401, 32, "Could not authenticate you.")
        callback = signed.redirect_uri or ""
        if urlsplit(callback).scheme not in {"http", "https"}:
            raise x_errors.v1(403, 415, "Callback URL not approved for this client application.")
        token, secret = secrets.token_urlsafe(20), secrets.token_urlsafe(24)
        self._consents.keep("x", token, secret=secret, callback=callback)
        return _form(oauth_token=token, oauth_token_secret=secret, oauth_callback_confirmed="true")

    def show(self) -> Response:
        """GET /oauth/authorize: the page with Allow and Cancel."""
        token = request.args.get("oauth_token", "")
        if self._consents.look("x", token) is None:
            return _gone()
        school = self._world.school(Platform.X)
        asked = "".join(f"<li>{escape(one)}</li>" for one in _PERMISSIONS)
        private = self._consents.private_person(Platform.X)
        body = (
            f"<p>Schoolgate asks to do this for the account:</p><ul>{asked}</ul>"
            '<form method="post" action="/oauth/authorize">'
            + consents.hidden(oauth_token=token)
            + consents.choices(f"{school.name} (@{school.handle})", f"@{private.handle}")
            + f"{consents.BUTTONS}</form>"
        )
        return Response(consents.page("Let Schoolgate use your account?", body, brand="X"))

    def decide(self) -> AnyResponse:
        """POST /oauth/authorize: back to where the app said, with a verifier or with a no."""
        token = request.form.get("oauth_token", "")
        found = self._consents.take("x", token)
        if found is None or found.values.get("verifier"):
            return _gone()
        callback = found.values["callback"]
        if request.form.get("do") != "allow":
            return redirect(_with(callback, denied=token))
        verifier = secrets.token_urlsafe(20)
        account = "private" if request.form.get("account") == "private" else "school"
        self._consents.keep("x", token, **{**found.values, "verifier": verifier, "account": account})
        return redirect(_with(callback, oauth_token=token, oauth_verifier=verifier))

    def access_token(self) -> Response:
        """POST /oauth/access_token, signed with the request token: the account's keys, once."""
        signed = self._signature.signed(request, self._request_secret)
        found = self._consents.look("x", str(signed.resource_owner_key)) if signed is not None else None
        given = str(signed.verifier or "") if signed is not None else ""
        if found is None or not given or not secrets.compare_digest(given, found.values.get("verifier", "")):
            raise x_errors.v1(401, 32, "Could not authenticate you.")
        self._consents.take("x", found.token)
        if found.values["account"] == "private":
            person = self._consents.private_person(Platform.X)
            token, secret = self._consents.private_keys(Platform.X)
        else:
            person = self._world.school(Platform.X)
            kept = self._world.secrets
            token, secret = kept.x_access_token, kept.x_access_token_secret
        return _form(
            oauth_token=token, oauth_token_secret=secret, user_id=person.id, screen_name=person.handle
        )

    def _request_secret(self, token: str) -> str | None:
        found = self._consents.look("x", token)
        return found.values["secret"] if found is not None else None


def _with(address: str, **values: str) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(values)}"


def _form(**values: str) -> Response:
    return Response(urlencode(values), content_type="text/html;charset=utf-8")


def _gone() -> Response:
    body = "<p>This page was used already, or is too old. Go back to where you came from and begin again.</p>"
    return Response(consents.page("Whoa there!", body, brand="X"), status=403)
