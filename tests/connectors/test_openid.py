"""What a provider says of itself must fit before anything is asked of it; against a whole one."""

from __future__ import annotations

import pytest

from connectors import openid
from connectors.errors import ConnectorRefused, ConnectorUnavailable
from connectors.id_tokens import Known
from school import db
from school.provider import Kind, Provider
from tests.connectors.scripted import Reply, Scripted
from tests.providing import running

CHANGED: tuple[tuple[dict[str, object], str], ...] = (
    ({"issuer": "https://evil.test"}, "it calls itself “https://evil.test”"),
    ({"token_endpoint": "http://169.254.169.254/latest"}, "its token_endpoint"),
    ({"jwks_uri": "https://evil.test/keys"}, "its jwks_uri"),
    ({"jwks_uri": None}, "its jwks_uri"),
    ({"authorization_endpoint": "javascript:alert(1)"}, "its authorization_endpoint"),
    ({"response_types_supported": ["id_token"]}, "no authorization code"),
    ({"code_challenge_methods_supported": ["plain"]}, "no PKCE"),
    ({"id_token_signing_alg_values_supported": ["HS256", "none"]}, "it signs with none of"),
)


ODD = (
    b"", b"\xff", b'"x"', b"[]", b"{}", b"[" * 200_000, b'{"a":' * 100_000, b'{"id_token": 7}',
    b'{"error": [1]}',
    b'{"expires_in": "soon"}', b'{"expires_in": [1]}', b'{"expires_in": 1e999}',
    b'{"expires_at": {"a": 1}}',
)  # fmt: skip
"""What may come for a code in place of a token."""


def of(issuer: str) -> Provider:
    return Provider(
        kind=Kind.OTHER,
        name="Login",
        issuer=issuer,
        client_id="ours",
        client_secret="secret",
        domains=frozenset(),
        callback="http://localhost/",
    )


def test_a_provider_whose_document_does_not_fit_is_refused_with_what_does_not() -> None:
    with running() as made:
        whose = of(made.url)
        for changed, words in CHANGED:
            made.changed_document = changed
            with pytest.raises(ConnectorRefused, match=words):
                openid.fetch(whose, timeout=20)
        # Left out where it is elsewhere: it isn't needed.
        made.changed_document = {
            "userinfo_endpoint": "https://evil.test/",
            "code_challenge_methods_supported": ["S256"],
        }
        known = openid.fetch(whose, timeout=20)
        assert "userinfo_endpoint" not in known.document and known.keys["keys"]
        made.away = True
        with pytest.raises(ConnectorUnavailable, match="it answered 503"):
            openid.fetch(whose, timeout=20)
    with pytest.raises(ConnectorUnavailable, match="no connection"):
        openid.fetch(whose, timeout=20)


def test_whatever_comes_in_place_of_a_token_whoever_waits_is_told_to_begin_again(server: Scripted) -> None:
    """The code is used up then: no other error, after which it would be tried once more in vain."""
    known = Known({"issuer": server.url, "token_endpoint": f"{server.url}/token"}, {"keys": []})
    for body in ODD:
        for status in (200, 400, 503):
            server.answers(Reply(status, body, {"content-type": "application/json"}))
            with pytest.raises(ConnectorRefused, match="begin again"):
                openid.who(of(server.url), known, code="c", verifier="v", nonce="n", timeout=20, now=db.now())
