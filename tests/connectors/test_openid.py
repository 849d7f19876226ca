"""What a provider says of itself must fit before anything is asked of it; against a whole one."""

from __future__ import annotations

import pytest

from connectors import openid
from connectors.errors import ConnectorRefused, ConnectorUnavailable
from school.provider import Kind, Provider
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


def test_a_provider_whose_document_does_not_fit_is_refused_with_what_does_not() -> None:
    with running() as made:
        whose = Provider(
            kind=Kind.OTHER,
            name="Login",
            issuer=made.url,
            client_id="ours",
            client_secret="secret",
            domains=frozenset(),
            callback="http://localhost/",
        )
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
