"""What a provider says counts only if it is signed, for us, for this visit, in time, of the school's own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from connectors import id_tokens, openid
from connectors.errors import ConnectorRefused
from connectors.id_tokens import Known, Reader
from school import db
from school.provider import Kind, Provider

NOW = db.now()
ISSUER = "https://login.test/school"
TENANT = "8a7c6b5d-1234-4cde-9f01-23456789abcd"
SECRET = "a-secret-of-the-school-that-is-long-enough"

Claims = dict[str, Any]
OURS = "the provider's"


@lru_cache
def key(whose: str) -> RSAKey:
    return RSAKey.generate_key(2048)


def provider(kind: Kind = Kind.OTHER, **more: Any) -> Provider:
    values: dict[str, Any] = {
        "kind": kind,
        "name": "Login",
        "issuer": ISSUER,
        "client_id": "ours",
        "client_secret": SECRET,
        "domains": frozenset({"larkfield.test"}),
        "callback": "https://social.larkfield.test/sign-in/with/answer",
        "tenant": TENANT if kind is Kind.MICROSOFT else "",
    }
    return Provider(**{**values, **more})


def good(**more: Any) -> Claims:
    moment = int(NOW.timestamp())
    times = {"iat": moment, "exp": moment + 3600}
    return {"iss": ISSUER, "aud": "ours", "sub": "1", "nonce": "this-visit", **times, **more}


def without(name: str) -> Claims:
    return {known: value for known, value in good().items() if known != name}


def signed(claims: Claims, by: str = OURS, alg: str = "RS256") -> str:
    return jwt.encode({"alg": alg, "kid": key(by).thumbprint()}, claims, key(by), algorithms=[alg])


def read(token: str, of: Provider | None = None, access: str = "") -> dict[str, Any]:
    whose = of or provider()
    shown = KeySet([RSAKey.import_key(key(OURS).as_dict(private=False))]).as_dict()
    known = Known({"id_token_signing_alg_values_supported": ["RS256", "none", "HS256"]}, shown)
    return dict(Reader(whose, whose.issuer, "this-visit", NOW).claims(token, known, access))


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(header: Claims, secret: bytes = b"") -> str:
    """A token as no library would make it; without a secret it is unsigned."""
    body = ".".join(base64url(json.dumps(part).encode()) for part in (header, good()))
    proof = hmac.digest(secret, body.encode(), hashlib.sha256) if secret else b""
    return f"{body}.{base64url(proof)}"


FORGED: dict[str, tuple[str, Callable[[], str]]] = {
    "alg none": ("as it must be", lambda: by_hand({"alg": "none"})),
    "none in front of a signature": (
        "as it must be", lambda: by_hand({"alg": "none"}) + signed(good()).rpartition(".")[2],
    ),
    "signed with the client's secret": ("as it must be", lambda: by_hand({"alg": "HS256"}, SECRET.encode())),
    "signed with the public key as if it were a secret": (
        "as it must be",
        lambda: by_hand({"alg": "HS256", "kid": key(OURS).thumbprint()}, key(OURS).as_pem(private=False)),
    ),
    "an algorithm that isn't offered": ("as it must be", lambda: signed(good(), alg="PS256")),
    "signed by somebody else": ("a key that it doesn't show", lambda: signed(good(), "somebody's")),
    "by somebody else under the provider's number": (
        "a key that it doesn't show",
        lambda: jwt.encode({"alg": "RS256", "kid": key(OURS).thumbprint()}, good(), key("somebody's")),
    ),
    "another visit": ("another visit", lambda: signed(good(nonce="former-visit"))),
    "no nonce": ("another visit", lambda: signed(without("nonce"))),
    "for another client": ("another program", lambda: signed(good(aud="theirs"))),
    "for nobody": ("another program", lambda: signed(without("aud"))),
    "for another client too": ("another program", lambda: signed(good(aud=["ours", "theirs"]))),
    "by leave of another": ("another program", lambda: signed(good(aud=["ours", "theirs"], azp="theirs"))),
    "from somebody else": ("somebody else", lambda: signed(good(iss="https://login.test/other"))),
    "issuer with a slash": ("somebody else", lambda: signed(good(iss=f"{ISSUER}/"))),
    "over": ("too late, or its clock", lambda: signed(good(exp=int(NOW.timestamp()) - 121))),
    "not yet": ("“iat”", lambda: signed(good(iat=int(NOW.timestamp()) + 125))),
    "never over": ("“exp”", lambda: signed(good(exp=True))),
    "no end": ("“exp”", lambda: signed(without("exp"))),
    "nobody": ("“sub”", lambda: signed(without("sub"))),
    "no token": ("as it must be", lambda: "nothing"),
    "empty": ("as it must be", lambda: ""),
    "deep": ("as it must be", lambda: f"{base64url(b'[' * 20000)}.e30.x"),
    "odd": ("as it must be", lambda: "é.è.ê"),
}  # fmt: skip
"""What may come instead of a good token, with the reason that is given for not believing it."""


@pytest.mark.parametrize("what", list(FORGED))
def test_a_token_that_is_not_the_providers_for_us_and_this_visit_is_not_believed(what: str) -> None:
    reason, token = FORGED[what]
    with pytest.raises(ConnectorRefused, match=reason) as refused:
        read(token())
    assert refused.value.detail.endswith("Go back to the sign-in page and begin again.")


def test_clocks_may_differ_by_two_minutes_and_the_access_token_must_be_the_tokens_own() -> None:
    assert read(signed(good()))["sub"] == "1"
    moment = int(NOW.timestamp())
    assert read(signed(good(exp=moment - 110, iat=moment - 3600)))
    assert read(signed(good(iat=moment + 110, exp=moment + 3600)))
    assert read(signed(good(aud=["ours", "theirs"], azp="ours")))
    with pytest.raises(ConnectorRefused, match="at_hash"):
        read(signed(good(at_hash="AAAAAAAAAAAAAAAAAAAAAA")), access="of-somebody-else")


def test_google_and_microsoft_sign_for_the_whole_world_and_only_the_schools_accounts_count() -> None:
    google = provider(Kind.GOOGLE)
    whole = good(hd="larkfield.test", email="Head@larkfield.test", email_verified=True)
    assert id_tokens.address(google, read(signed(whole), google)) == "head@larkfield.test"
    for hd in ({}, {"hd": ""}, {"hd": "elsewhere.test"}, {"hd": ["larkfield.test"]}):
        private = {name: value for name, value in whole.items() if name != "hd"} | hd
        with pytest.raises(ConnectorRefused, match="isn't the school's"):
            read(signed(private), google)
    assert id_tokens.address(google, {**whole, "email_verified": False}) == ""

    microsoft = provider(Kind.MICROSOFT)
    own = good(
        tid=TENANT,
        oid="o-1",
        sub="of-this-app",
        preferred_username="Head@larkfield.test",
        email="x@evil.test",
    )
    claims = read(signed(own), microsoft)
    assert id_tokens.subject(microsoft, claims) == "o-1"
    assert id_tokens.address(microsoft, claims) == "head@larkfield.test", "an e-mail there can be anybody's"
    assert id_tokens.address(microsoft, {**claims, "xms_edov": True}) == "x@evil.test"
    other = "00000000-1234-4cde-9f01-23456789abcd"
    for change in ({"tid": other}, {"tid": None}, {"oid": ""}, {"idp": "https://sts.windows.net/other/"}):
        with pytest.raises(ConnectorRefused, match="isn't the school's own"):
            read(signed({**own, **change}), microsoft)


def test_only_the_providers_own_host_is_ever_asked() -> None:
    mine = provider(issuer="https://login.test/school")
    assert mine.may_ask("https://login.test/token") and mine.may_ask("https://login.test:443/token")
    for address in (
        "http://login.test/token", "https://login.test:8443/token", "https://login.test.evil.test/token",
        "https://login.test@evil.test/token", "https://evil.test/token", "file:///etc/passwd",
        "https://169.254.169.254/", "http://localhost/", "", "https://[broken",
    ):  # fmt: skip
        assert not mine.may_ask(address), address
        with pytest.raises(ConnectorRefused, match="isn't its own"):
            openid.keys(mine, {"jwks_uri": address}, timeout=1)
    google = provider(Kind.GOOGLE, issuer="https://accounts.google.com")
    assert google.may_ask("https://oauth2.googleapis.com/token")
    assert not google.may_ask("https://evil.googleapis.com/token")
    assert not mine.may_ask("https://oauth2.googleapis.com/token")


def test_the_word_of_the_provider_on_a_second_factor_counts_as_the_school_chose() -> None:
    mfa, strong, plain = {"amr": ["pwd", "mfa"]}, {"acr": "phr"}, {"amr": ["pwd"], "acr": "1"}
    here, said, there = (provider(second_factor=how) for how in ("here", "said", "there"))
    assert [here.trusts_second_factor(one) for one in (mfa, strong, plain)] == [False] * 3
    assert [said.trusts_second_factor(one) for one in (mfa, strong, plain)] == [True, True, False]
    for odd in ("mfa", None, [["mfa"]], {"mfa": 1}):
        assert not said.trusts_second_factor({"amr": odd, "acr": odd})
    assert there.trusts_second_factor({})
