"""The school's provider of single sign-on (Google Workspace, Microsoft 365 or another), as the settings say.

Nothing here asks it anything: `connectors.openid` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from school.settings import domains_in, settings

CALLBACK = "/sign-in/with/answer"
"""Where the provider leads back to; the school enters it there, behind the public address."""

_GOOGLE = "https://accounts.google.com"
_MICROSOFT = "https://login.microsoftonline.com"
_HOSTS_OF_GOOGLE = frozenset({"accounts.google.com", "oauth2.googleapis.com", "www.googleapis.com"})
"""Google's discovery document names these three for what is asked of it here (read 2026-11)."""

_METHODS = frozenset({"mfa", "ngcmfa"})
"""In `amr`: several factors were used (RFC 8176; Microsoft's Windows Hello calls it ngcmfa)."""
_CLASSES = frozenset({"phr", "phrh", "https://refeds.org/profile/mfa"})
"""In `acr`: no page elsewhere can get hold of it (OpenID EAP ACR Values), or several factors (REFEDS)."""


class Kind(StrEnum):
    """Whose rules its answers follow."""

    GOOGLE = "google"
    MICROSOFT = "microsoft"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Provider:
    """Where the school's people sign in elsewhere, and what of its word counts."""

    kind: Kind
    name: str
    """As people call it, on the button and in sentences."""
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    domains: frozenset[str]
    """The school's e-mail domains, in lower case; only their addresses are matched."""
    callback: str
    tenant: str = ""
    second_factor: str = "here"
    """As SCHOOLGATE_SIGN_IN_SECOND_FACTOR."""

    @property
    def discovery(self) -> str:
        """Address of its discovery document (OpenID Connect Discovery 1.0, section 4)."""
        return f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"

    def may_ask(self, address: str) -> bool:
        """Whether what the provider names is at the provider: by https, on the issuer's own host and port.

        On this machine itself by http too. So no document can send the product to somebody else, or into
        the school's network.
        """
        try:
            there, mine = urlsplit(address), urlsplit(self.issuer)
            if there.username is not None or there.scheme != mine.scheme:
                return False
            if self.kind is Kind.GOOGLE and self.issuer == _GOOGLE:
                return there.hostname in _HOSTS_OF_GOOGLE and there.port in {None, 443}
            usual = 443 if mine.scheme == "https" else 80
            return (there.hostname, there.port or usual) == (mine.hostname, mine.port or usual)
        except ValueError:
            return False

    def trusts_second_factor(self, claims: Mapping[str, object]) -> bool:
        """Whether a sign-in with this answer counts as one with a second factor, by the school's setting."""
        if self.second_factor != "said":
            return self.second_factor == "there"
        methods = claims.get("amr")
        used = {one for one in methods if isinstance(one, str)} if isinstance(methods, list) else set()
        level = claims.get("acr")
        return bool(used & _METHODS) or (isinstance(level, str) and level in _CLASSES)


def chosen(domain: str = "") -> Provider | None:
    """The provider of the settings; None where none is set. `domain`: the school's own, if none is set."""
    found = settings()
    if not found.sign_in_with or found.sign_in_client_secret is None:
        return None
    known = {
        "google": (Kind.GOOGLE, "Google", _GOOGLE),
        "microsoft": (Kind.MICROSOFT, "Microsoft", f"{_MICROSOFT}/{found.sign_in_tenant.lower()}/v2.0"),
    }
    other = (Kind.OTHER, urlsplit(found.sign_in_with).hostname or "", found.sign_in_with)
    kind, name, issuer = known.get(found.sign_in_with, other)
    return Provider(
        kind=kind,
        name=found.sign_in_name or name,
        issuer=issuer,
        client_id=found.sign_in_client_id,
        client_secret=found.sign_in_client_secret.get_secret_value(),
        domains=domains_in(found.sign_in_domains) or domains_in(domain),
        callback=f"{found.effective_public_url}{CALLBACK}",
        tenant=found.sign_in_tenant.lower(),
        second_factor=found.sign_in_second_factor,
    )
