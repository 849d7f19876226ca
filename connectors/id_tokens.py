"""Reading a provider's ID token: believed only if signed, for us, for this visit, in time, and of the school.

OpenID Connect Core 1.0, 3.1.3.7. Google: developers.google.com/identity/openid-connect/openid-connect, of the
ID token's claims `hd` and `email_verified`. Microsoft: learn.microsoft.com/entra/identity-platform, ID token
claims reference, of `tid`, `oid`, `idp`, `xms_edov`. Read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import BadSignatureError, ClaimError, ExpiredTokenError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from connectors.errors import ConnectorRefused
from connectors.untrusted import identifier, text
from school.provider import Kind, Provider

ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"})
"""Signed with a key of the provider's alone: never “none”, nor HS…, whose key is a text that both know."""
SKEW = timedelta(minutes=2)
"""How far the provider's clock may be from ours."""
_AGAIN = "Go back to the sign-in page and begin again."
_WRONG = {
    "nonce": "it belongs to another visit to its page",
    "aud": "it was made for another program than Schoolgate",
    "azp": "it was made for another program than Schoolgate",
    "iss": "it comes from somebody else",
}


class UnknownKey(ConnectorRefused):
    """Signed with a key that isn't known: the provider may have a new one."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a provider says of itself, looked at: its discovery document, and the keys it signs with."""

    document: Mapping[str, Any]
    keys: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads what comes back from one visit."""

    provider: Provider
    issuer: str
    """As the provider's own document writes it, to the letter."""
    nonce: str = field(repr=False)
    now: datetime

    def claims(self, token: str, known: Known, access: str) -> Mapping[str, Any]:
        """The token's claims, all of them checked. Raises UnknownKey, ConnectorRefused with the reason."""
        name = self.provider.name
        offered = known.document.get("id_token_signing_alg_values_supported", ["RS256"])
        registry = jws.JWSRegistry(algorithms=sorted(ALGORITHMS & set(offered)), strict_check_header=False)
        try:
            read = jwt.decode(token, KeySet.import_key_set(dict(known.keys)), registry=registry)  # type: ignore[arg-type]
            checked = CodeIDToken(
                read.claims,
                read.header,
                {
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self.provider.client_id},
                },
                {"nonce": self.nonce, "client_id": self.provider.client_id, "access_token": access},
            )
            checked.validate(now=int(self.now.timestamp()), leeway=int(SKEW.total_seconds()))
        except (InvalidKeyIdError, BadSignatureError):
            # The latter too, since a provider with one key need not number it.
            raise UnknownKey(f"{name} signed its answer with a key that it doesn't show. {_AGAIN}") from None
        except ExpiredTokenError:
            raise ConnectorRefused(
                f"{name}'s answer came too late, or its clock and this server's differ by more than "
                f"{SKEW.seconds // 60} minutes (`schoolgate doctor` tells the network manager). {_AGAIN}"
            ) from None
        except ClaimError as error:
            why = _WRONG.get(text(error.claim), f"its “{text(error.claim)[:40]}” doesn't fit")
            raise ConnectorRefused(f"{name}'s answer was not believed: {why}. {_AGAIN}") from None
        except (JoseError, ArithmeticError, RecursionError, ValueError, TypeError, KeyError):
            # “None”, a key of another kind, or no token at all.
            raise ConnectorRefused(
                f"{name}'s answer was not believed: it isn't signed as it must be. {_AGAIN}"
            ) from None
        self._of_the_school(checked)
        return dict(checked)

    def _of_the_school(self, claims: Mapping[str, Any]) -> None:
        """Google and Microsoft sign for everybody in the world: only the school's own accounts count."""
        name, domains = self.provider.name, self.provider.domains
        if self.provider.kind is Kind.GOOGLE and text(claims.get("hd")).lower() not in domains:
            raise ConnectorRefused(
                f"You were signed in to {name} with an account that isn't the school's. Choose your school "
                f"account there. {_AGAIN}"
            )
        if self.provider.kind is Kind.MICROSOFT:
            own = text(claims.get("tid")).lower() == self.provider.tenant
            # A guest's own organisation says what the guest's address is.
            guest = "idp" in claims and claims["idp"] != claims.get("iss")
            if not own or guest or not identifier(claims.get("oid")):
                raise ConnectorRefused(
                    f"You were signed in to {name} with an account that isn't the school's own (a guest's "
                    f"doesn't count). Choose your school account there. {_AGAIN}"
                )


def subject(provider: Provider, claims: Mapping[str, Any]) -> str:
    """The provider's id of the account: `sub`; Microsoft's is another for each app, its `oid` isn't."""
    return identifier(claims.get("oid" if provider.kind is Kind.MICROSOFT else "sub"))


def address(provider: Provider, claims: Mapping[str, Any]) -> str:
    """The account's own address in lower case, where the provider vouches for it; else empty.

    Microsoft doesn't vouch for `email`, which can be anybody's, unless it says so; nobody but the school can
    give an account a sign-in name of the school's domain, so that is what counts there.
    """
    if provider.kind is Kind.MICROSOFT:
        vouched = claims.get("xms_edov") in (True, 1, "1", "true", "True")
        found = text(claims.get("email" if vouched else "preferred_username"))
    else:
        found = text(claims.get("email")) if claims.get("email_verified") in (True, "true") else ""
    return found.strip().lower()


def usable(found: Mapping[str, Any]) -> bool:
    """Whether this is a set of public keys."""
    try:
        return bool(KeySet.import_key_set(dict(found)).keys)  # type: ignore[arg-type]
    except (JoseError, ValueError, TypeError, KeyError):
        return False
