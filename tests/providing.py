"""A whole OpenID provider on this machine (oidc-provider-mock, by its own HTTP), and ways to make it err.

It knows registered clients, redirect addresses, one-time codes, nonces, keys and userinfo. It takes no notice
of PKCE, so that is checked in front of it here, as Google and Microsoft do (RFC 7636, 4.6).
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import flask
import oidc_provider_mock
import requests
from authlib import jose
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

Claims = dict[str, Any]


class RunningProvider:
    """The provider, and what a test does to it."""

    def __init__(self) -> None:
        self.app = oidc_provider_mock.app(require_client_registration=True, require_nonce=True)
        self.changed_document: dict[str, Any] = {}
        """What its discovery document says instead."""
        self.changed: Callable[[Claims], Claims] = lambda claims: claims
        """What its ID tokens say instead."""
        self.away = False
        self.asked: list[str] = []
        """Paths of the requests so far."""
        self._challenges: dict[str, str] = {}
        self._storage: Any = None
        self.app.before_request(self._before)
        self.app.after_request(self._after)
        self._server = make_server("localhost", 0, self.app, threaded=True)
        self.url = f"http://localhost:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def register(self, redirect: str) -> tuple[str, str]:
        """A client of its own for a test: its id and its secret."""
        made = requests.post(
            f"{self.url}/oauth2/clients",
            json={"redirect_uris": [redirect], "token_endpoint_auth_method": "client_secret_basic"},
            timeout=20,
        ).json()
        return made["client_id"], made["client_secret"]

    def account(self, subject: str, **claims: Any) -> None:
        """Somebody who has an account there."""
        answer = requests.put(f"{self.url}/users/{quote(subject)}", json=claims, timeout=20)
        assert answer.status_code == 204, answer.text

    def agree(self, address: str, subject: str) -> str:
        """Press “Authorize” on the page at this address as somebody: where the browser is led."""
        return self._press(address, {"sub": subject})

    def deny(self, address: str) -> str:
        return self._press(address, {"action": "deny"})

    def _press(self, address: str, data: dict[str, str]) -> str:
        answer = requests.post(address, data=data, allow_redirects=False, timeout=20)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def rotate(self) -> None:
        """Sign with another key from now on, and show that one alone."""
        self._storage.jwk = jose.RSAKey.generate_key(is_private=True)

    def signed(self, claims: Claims) -> str:
        key = RSAKey.import_key(self._storage.jwk.as_dict(is_private=True))
        return jwt.encode({"alg": "RS256", "kid": key.thumbprint()}, claims, key)

    def _before(self) -> Any:
        self._storage = flask.g.oidc_provider_mock_storage
        self.asked.append(flask.request.path)
        if self.away:
            return "away", 503
        if flask.request.path == "/oauth2/token":
            given = flask.request.form
            digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
            proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            if self._challenges.get(given.get("code", "")) != proof:
                return {"error": "invalid_grant"}, 400
        return None

    def _after(self, answer: flask.Response) -> flask.Response:
        path, given = flask.request.path, flask.request.args
        if path == "/.well-known/openid-configuration" and answer.status_code == 200:
            answer.set_data(json.dumps({**answer.get_json(), **self.changed_document}))
        elif path == "/oauth2/authorize" and answer.status_code == 302:
            code = parse_qs(urlsplit(answer.headers["Location"]).query).get("code", [""])[0]
            assert given["code_challenge_method"] == "S256" and given["nonce"]
            self._challenges[code] = given["code_challenge"]
        elif path == "/oauth2/token" and answer.status_code == 200:
            found = answer.get_json()
            body = found["id_token"].split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
            answer.set_data(json.dumps({**found, "id_token": self.signed(self.changed(claims))}))
        return answer


@contextmanager
def running() -> Iterator[RunningProvider]:
    """The provider, until the end."""
    made = RunningProvider()
    try:
        yield made
    finally:
        made.stop()
