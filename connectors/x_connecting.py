"""Asking an account on X for its keys: OAuth 1.0a with three legs: tweepy's Client signs with such keys.

OAuth 2.0 with PKCE would give a token that ends after two hours and a refresh token that counts once,
which tweepy can't renew; keys of OAuth 1.0a last until the school takes the app out (PLATFORMS.md
section 1). Source: docs.x.com, Obtaining Access Tokens using 3-legged OAuth flow, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode

from requests_oauthlib import OAuth1

from connectors.base import Credentials, Endpoints
from connectors.errors import ConnectorError, ConnectorRefused, ConnectorUnavailable
from connectors.exchange import json_of, retry_after_header
from connectors.transport import NoAnswer, Transport
from connectors.untrusted import record, records

_CALLBACK_NOT_APPROVED = 415


def request_token(key: str, secret: str, callback: str, endpoints: Endpoints) -> tuple[str, str]:
    """A request token and its secret, for one visit to X's own page.

    Raises ConnectorUnavailable (try again) and ConnectorRefused (tell a person what to do).
    """
    signer = OAuth1(key, client_secret=secret, callback_uri=callback)
    answer = _post("/oauth/request_token", signer, endpoints, callback=callback)
    if answer.get("oauth_callback_confirmed") != "true":
        raise ConnectorRefused(f"X did not take the address {callback} that it should lead back to.")
    return _needed(answer, "oauth_token"), _needed(answer, "oauth_token_secret")


def authorize_address(token: str, endpoints: Endpoints) -> str:
    """X's own page, where the account says yes or no."""
    return f"{endpoints.x_url}/oauth/authorize?{urlencode({'oauth_token': token})}"


def access_keys(
    key: str, secret: str, token: str, token_secret: str, verifier: str, endpoints: Endpoints
) -> Credentials:
    """The account's keys for the answer that X's page sent back. Raises as `request_token` does."""
    signer = OAuth1(
        key,
        client_secret=secret,
        resource_owner_key=token,
        resource_owner_secret=token_secret,
        verifier=verifier,
    )
    answer = _post("/oauth/access_token", signer, endpoints)
    return Credentials(
        {
            "consumer_key": key,
            "consumer_secret": secret,
            "access_token": _needed(answer, "oauth_token"),
            "access_token_secret": _needed(answer, "oauth_token_secret"),
        }
    )


def _post(path: str, signer: OAuth1, endpoints: Endpoints, *, callback: str = "") -> dict[str, str]:
    failure: ConnectorError | None = None
    try:
        response = Transport(timeout=endpoints.timeout).request(
            "POST", f"{endpoints.x_url}{path}", auth=signer
        )
    except NoAnswer as error:
        failure = ConnectorUnavailable(f"X can't be reached just now ({error.reason}).")
    # Raised outside the handler: what it caught knows the address and the headers.
    if failure is not None:
        raise failure
    status = response.status_code
    if status == 429 or status >= 500:
        raise ConnectorUnavailable(
            f"X could not be used just now (it answered {status}).",
            retry_after=retry_after_header(response.headers),
        )
    if status in {400, 401, 403}:
        raise ConnectorRefused(_refusal(response.content, callback=callback), code=str(status))
    if not 200 <= status < 300:
        raise ConnectorRefused(f"X gave no answer that could be used (it answered {status}).")
    found = parse_qs(response.content.decode("utf-8", "replace"))
    return {name: values[0] for name, values in found.items()}


def _refusal(body: bytes, *, callback: str) -> str:
    try:
        problems = records(record(json_of(body)).get("errors"))
    except ValueError:
        problems = []
    if callback and any(problem.get("code") == _CALLBACK_NOT_APPROVED for problem in problems):
        return (
            f"X does not lead back to {callback} yet: enter exactly that address among the app's callback "
            "addresses in X's developer portal."
        )
    if callback:
        return (
            "X does not know the app by the key and secret that were entered: copy both again from X's "
            "developer portal."
        )
    return "X did not take the answer of its own page: it was used already, or is too old."


def _needed(answer: Mapping[str, str], name: str) -> str:
    if not answer.get(name):
        raise ConnectorRefused("X gave an answer without the keys that it should hold.")
    return answer[name]
