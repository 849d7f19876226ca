"""OpenID Connect, the network's part: what a provider says of itself, and of whom it sent back.

Authorization code with PKCE, state and nonce (OpenID Connect Core 1.0, section 3.1; RFC 7636), by Authlib
over the product's own transport: a hard time limit, no redirects, no secret in an error. Nothing is asked of
any host but the provider's own (`Provider.may_ask`).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client.oauth2_session import OAuth2ClientAuth
from authlib.oauth2.client import OAuth2Client

from connectors import id_tokens
from connectors.errors import ConnectorRefused, ConnectorUnavailable
from connectors.exchange import json_of
from connectors.id_tokens import Known
from connectors.transport import NoAnswer, Transport
from connectors.untrusted import identifier, record, text
from school.provider import Kind, Provider

SCOPE = "openid email profile"
_BEGIN_AGAIN = "Go back to the sign-in page and begin again."
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit to the provider's page: where to, and what is kept here until the answer comes."""

    address: str
    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


class _Client(OAuth2Client):  # type: ignore[misc]  # Authlib carries no types
    client_auth_class = OAuth2ClientAuth


def fetch(provider: Provider, *, timeout: float) -> Known:
    """The provider's discovery document and keys, fetched now.

    Raises ConnectorUnavailable where it can't be reached, ConnectorRefused where what it says doesn't fit:
    another issuer, no code flow, no PKCE, an algorithm without a public key, an address elsewhere.
    """
    document = _fitting(provider, _get(provider, provider.discovery, timeout=timeout))
    return Known(document, keys(provider, document, timeout=timeout))


def keys(provider: Provider, document: Mapping[str, Any], *, timeout: float) -> dict[str, Any]:
    """The keys that the provider signs with at this moment. Raises as `fetch` does."""
    found = _get(provider, text(document.get("jwks_uri")), timeout=timeout)
    if not id_tokens.usable(found):
        raise ConnectorRefused(f"{provider.name} shows no keys by which its answers could be checked.")
    return dict(found)


def visit(provider: Provider, document: Mapping[str, Any]) -> Visit:
    """A fresh visit to the provider's page. Asks nothing of the network."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    more: dict[str, str] = {}
    if provider.kind is not Kind.OTHER:
        # On the staff room's computer, whoever used it last is still signed in there.
        more["prompt"] = "select_account"
    if provider.kind is Kind.GOOGLE and provider.domains:
        # Only what Google's page offers; what comes back is checked by its `hd`.
        more["hd"] = next(iter(provider.domains)) if len(provider.domains) == 1 else "*"
    address, _state = _client(provider).create_authorization_url(
        document["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier, **more
    )
    return Visit(str(address), state, nonce, verifier)


def who(
    provider: Provider,
    known: Known,
    *,
    code: str,
    verifier: str,
    nonce: str,
    timeout: float,
    now: datetime,
) -> tuple[Mapping[str, Any], Known]:
    """What the provider says of whom it sent back with this code, checked; and what is known of it then.

    Its keys are fetched anew where it signed with one that isn't known yet. Raises ConnectorUnavailable only
    where the code was not used up: it can be tried again; ConnectorRefused for everything else.
    """
    given = _exchanged(provider, known.document, code, verifier, timeout=timeout)
    read = id_tokens.Reader(provider, text(known.document.get("issuer")), nonce, now)
    token, access = text(given.get("id_token")), text(given.get("access_token"))
    if not token:
        raise ConnectorRefused(f"{provider.name} did not say who you are (no ID token). {_BEGIN_AGAIN}")
    try:
        try:
            claims = read.claims(token, known, access)
        except id_tokens.UnknownKey:
            known = Known(known.document, keys(provider, known.document, timeout=timeout))
            claims = read.claims(token, known, access)
        if provider.kind is Kind.OTHER and "email" not in claims:
            claims = _completed(provider, known.document, claims, access, timeout=timeout)
    except ConnectorUnavailable as error:
        raise ConnectorRefused(f"{error.detail} {_BEGIN_AGAIN}") from None
    return claims, known


def _client(
    provider: Provider, document: Mapping[str, Any] | None = None, *, timeout: float = 1.0
) -> _Client:
    # In the header some take the secret as it is and some want it escaped; in the form all agree.
    by_form = "client_secret_post" in (document or {}).get("token_endpoint_auth_methods_supported", [])
    return _Client(
        Transport(timeout=timeout),
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        token_endpoint_auth_method="client_secret_post" if by_form else "client_secret_basic",
        scope=SCOPE,
        redirect_uri=provider.callback,
        code_challenge_method="S256",
    )


def _exchanged(
    provider: Provider, document: Mapping[str, Any], code: str, verifier: str, *, timeout: float
) -> Mapping[str, Any]:
    """What the provider gives for the code, which counts once there."""
    client, problem = _client(provider, document, timeout=timeout), ""
    try:
        return record(
            client.fetch_token(
                document["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=verifier
            )
        )
    except NoAnswer as error:
        if not error.sent:
            raise ConnectorUnavailable(_away(provider, error.reason)) from None
        problem = f"{provider.name} gave no answer ({error.reason})"
    except AuthlibBaseError as error:
        problem = _refusal(provider, text(error.error))
    except (requests.RequestException, ValueError, TypeError, ArithmeticError, RecursionError):
        # Authlib takes the time in an answer for a number, and Python's JSON any depth.
        problem = f"{provider.name} gave no answer that could be used"
    # Raised outside the handlers: what they caught may know the code.
    raise ConnectorRefused(f"{problem}. {_BEGIN_AGAIN}")


def _refusal(provider: Provider, error: str) -> str:
    if error in {"invalid_client", "unauthorized_client"}:
        return (
            f"{provider.name} does not know Schoolgate by the client id and secret in the settings: the "
            "network manager must copy both again (the secret may have run out there)"
        )
    if error == "invalid_grant":
        return f"{provider.name} did not take its own answer: it was used already, or is too old"
    return f"{provider.name} refused ({error[:40] or 'without a reason'})"


def _completed(
    provider: Provider,
    document: Mapping[str, Any],
    claims: Mapping[str, Any],
    access: str,
    *,
    timeout: float,
) -> Mapping[str, Any]:
    """The claims with the address, which some providers say only when they are asked for it apart.

    OpenID Connect Core 1.0, 5.3.2: what isn't said of the same subject counts for nothing.
    """
    address = text(document.get("userinfo_endpoint"))
    if not address or not access:
        return claims
    said = _get(provider, address, timeout=timeout, bearer=access)
    if identifier(said.get("sub")) != claims.get("sub"):
        raise ConnectorRefused(f"{provider.name} spoke of two different people. {_BEGIN_AGAIN}")
    return {**claims, "email": said.get("email"), "email_verified": said.get("email_verified")}


def _get(provider: Provider, address: str, *, timeout: float, bearer: str = "") -> Mapping[str, Any]:
    if not provider.may_ask(address):
        raise ConnectorRefused(
            f"{provider.name} names an address that isn't its own, so nothing was asked of it."
        )
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
    failure = ""
    try:
        answer = Transport(timeout=timeout).request("GET", address, headers=headers)
    except NoAnswer as error:
        failure = _away(provider, error.reason)
    # Raised outside the handler: what it caught may know the headers.
    if failure:
        raise ConnectorUnavailable(failure)
    if answer.status_code == 429 or answer.status_code >= 500:
        raise ConnectorUnavailable(_away(provider, f"it answered {answer.status_code}"))
    try:
        found = json_of(answer.content) if answer.status_code == 200 else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ConnectorRefused(
            f"{provider.name} did not answer as an OpenID provider does (status {answer.status_code})."
        )
    return found


def _away(provider: Provider, reason: str) -> str:
    return f"{provider.name} can't be reached just now ({reason})."


def _fitting(provider: Provider, document: Mapping[str, Any]) -> dict[str, Any]:
    """What is needed of the discovery document. Raises ConnectorRefused, naming what doesn't fit."""
    issuer = text(document.get("issuer"))
    problem = ""
    if issuer.rstrip("/") != provider.issuer.rstrip("/"):
        problem = f"it calls itself “{issuer[:100]}”, and the settings call it “{provider.issuer}”"
    for name in _NEEDED:
        address = text(document.get(name))
        if not problem and not provider.may_ask(address):
            problem = f"its {name} (“{address[:100]}”) is missing or isn't at the provider itself"
    if not problem and "code" not in _list(document, "response_types_supported", ["code"]):
        problem = "it offers no authorization code"
    if not problem and "S256" not in _list(document, "code_challenge_methods_supported", ["S256"]):
        problem = "it takes no PKCE (S256)"
    offered = _list(document, "id_token_signing_alg_values_supported", ["RS256"])
    if not problem and not id_tokens.ALGORITHMS & set(offered):
        problem = f"it signs with none of {', '.join(sorted(id_tokens.ALGORITHMS))}"
    if problem:
        raise ConnectorRefused(f"What {provider.name} says of itself doesn't fit: {problem}.")
    kept = ("issuer", *_NEEDED)
    more = ("id_token_signing_alg_values_supported", "token_endpoint_auth_methods_supported")
    userinfo = text(document.get("userinfo_endpoint"))
    return {
        **{name: text(document[name]) for name in kept},
        **{name: _list(document, name, []) for name in more if name in document},
        **({"userinfo_endpoint": userinfo} if provider.may_ask(userinfo) else {}),
    }


def _list(document: Mapping[str, Any], name: str, otherwise: list[str]) -> list[str]:
    found = document.get(name, otherwise)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
