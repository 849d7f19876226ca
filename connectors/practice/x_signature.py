"""Checks the OAuth 1.0a signature of a request to the practice X."""

from __future__ import annotations

from flask import Request
from oauthlib.oauth1 import RequestValidator, SignatureOnlyEndpoint

from connectors.practice.records import Secrets


class _Keys(RequestValidator):  # type: ignore[misc]
    """Knows one application and one user: the school's."""

    enforce_ssl = False
    client_key_length = 5, 64
    nonce_length = 1, 128

    def __init__(self, secrets: Secrets) -> None:
        super().__init__()
        self._secrets = secrets

    @property
    def dummy_client(self) -> str:
        return "nobody"

    def validate_client_key(self, client_key: str, request: object) -> bool:
        return client_key == self._secrets.x_consumer_key

    def get_client_secret(self, client_key: str, request: object) -> str:
        return self._secrets.x_consumer_secret if client_key == self._secrets.x_consumer_key else "none"

    def get_access_token_secret(self, client_key: str, token: str, request: object) -> str:
        return self._secrets.x_access_token_secret if token == self._secrets.x_access_token else "none"

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
    """Whether a request was signed with the school's consumer key and token."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._endpoint = SignatureOnlyEndpoint(_Keys(secrets))

    def passes(self, request: Request) -> bool:
        """True only for a right HMAC-SHA1 signature with the school's own token."""
        if not request.headers.get("Authorization", "").startswith("OAuth "):
            return False
        url = f"{request.scheme}://{request.host}{request.environ.get('RAW_URI', request.full_path)}"
        form = request.mimetype == "application/x-www-form-urlencoded"
        valid, signed = self._endpoint.validate_request(
            url,
            http_method=request.method,
            body=request.get_data(as_text=True) if form else None,
            headers={
                "Authorization": request.headers["Authorization"],
                "Content-Type": request.content_type or "",
            },
        )
        return bool(valid) and signed.resource_owner_key == self._secrets.x_access_token
