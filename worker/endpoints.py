"""Where each platform is for each account. Practice and real never meet: decided here alone."""

from __future__ import annotations

from connectors.base import Connector, Credentials, Endpoints, Platform
from connectors.registry import connector_for
from school import accounts
from school.errors import SchoolgateError
from school.models import Account
from school.settings import settings


class PracticeAway(SchoolgateError):
    """The practice platforms aren't running, so nothing can be asked of a practice account."""


_practice: dict[str, str] = {}


def practice_at(x_url: str, graph_url: str) -> None:
    """Tell this process where the practice platforms listen."""
    _practice.update(x_url=x_url, graph_url=graph_url)


def elsewhere(platform: Platform) -> bool:
    """Whether the settings send this platform's requests to a server of somebody's choice."""
    chosen = settings()
    return bool(chosen.x_url if platform is Platform.X else chosen.graph_url)


def endpoints_for(platform: Platform, *, practice: bool) -> Endpoints:
    """Where requests for a practice or a real account go.

    The settings come first; else a real account's go to the platform itself, and a practice
    account's to the practice platforms. Raises PracticeAway where those aren't running.
    """
    chosen = settings()
    real = Endpoints()
    if practice and not elsewhere(platform) and not _practice:
        raise PracticeAway("The practice platforms aren't running: start them with `schoolgate run`.")
    fallback = _practice if practice else {"x_url": real.x_url, "graph_url": real.graph_url}
    return Endpoints(
        x_url=(chosen.x_url or fallback.get("x_url", "")).rstrip("/"),
        graph_url=(chosen.graph_url or fallback.get("graph_url", "")).rstrip("/"),
        graph_version=chosen.graph_version,
        graph_token_in=chosen.graph_token_in,
        timeout=chosen.platform_timeout,
        x_follow_requests=chosen.x_follow_requests,
    )


def connector_of(account: Account) -> Connector:
    """The connector of an account, its credentials decrypted.

    Raises school.secrets.KeyMissing, PracticeAway, and BadInput for credentials that can't be used.
    """
    platform = Platform(account.platform)
    return connector_for(
        platform,
        Credentials(accounts.credentials_of(account)),
        account.platform_id,
        endpoints_for(platform, practice=account.practice),
    )
