"""Checks the OAuth 1.0a signature of a request to the practice X."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Request
from oauthlib.oauth1 import RequestValidator, SignatureOnlyEndpoint

from connectors.practice.world import World


class _Keys(RequestValidator):  # type: ignore[misc]
    """Knows one application, the school's account, and whatever other tokens it is told of."""

    enforce_ssl = False
    client_key_length = 5, 64
    nonce_length = 1, 128

    def __init__(self, world: World, others: Callable[[str], str | None]) -> None:
        super().__init__()
        self._secrets = world.secrets
        self._others = others

    @property
    def dummy_client(self) -> str:
        return "nobody"

    def validate_client_key(self, client_key: str, request: object) -> bool:
        return client_key == self._secrets.x_consumer_key

    def get_client_secret(self, client_key: str, request: object) -> str:
        return self._secrets.x_consumer_secret if client_key == self._secrets.x_consumer_key else "none"

    def get_access_token_secret(self, client_key: str, token: str, request: object) -> str:
        if token == self._secrets.x_access_token:
            return self._secrets.x_access_token_secret
        return self._others(token) or "none"

    def validate_timestamp_and_nonce(
        self,
        client_key: str,
        timestamp: str,
        nonce: str,
        request: object,
        request_token: str | None = None,
        access_token: str | None = None,
    ) -> bool:
        return True

    def check_nonce(self, nonce: str) -> bool:
        return 1 <= len(nonce) <= 128

    def check_client_key(self, client_key: str) -> bool:
        return 5 <= len(client_key) <= 64


class SignatureCheck:
    """Whether a request was signed with the app's consumer key, and whose token."""

    def __init__(self, world: World) -> None:
        self._world = world

    def signed(self, request: Request, others: Callable[[str], str | None] = lambda _token: None) -> Any:
        """The request as oauthlib read it, for a right HMAC-SHA1 signature; None for every other.

        `others` gives the secret of a token that isn't the school's.
        """
        if not request.headers.get("Authorization", "").startswith("OAuth "):
            return None
        url = f"{request.scheme}://{request.host}{request.environ.get('RAW_URI', request.full_path)}"
        form = request.mimetype == "application/x-www-form-urlencoded"
        valid, signed = SignatureOnlyEndpoint(_Keys(self._world, others)).validate_request(
            url,
            http_method=request.method,
            body=request.get_data(as_text=True) if form else None,
            headers={
                "Authorization": request.headers["Authorization"],
                "Content-Type": request.content_type or "",
            },
        )
        return signed if valid else None

    def token(self, request: Request, others: Callable[[str], str | None]) -> str:
        """Whose token signed the request; empty where none did, or none that counts."""
        signed = self.signed(request, others)
        token = str(signed.resource_owner_key or "") if signed is not None else ""
        return token if token == self._world.secrets.x_access_token or others(token) else ""
