"""Where each platform is for each account. Practice and real never meet: decided here alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from connectors.base import Connector, Credentials, Endpoints, Platform
from connectors.registry import connector_for
from school import accounts
from school.errors import SchoolgateError
from school.models import Account
from school.settings import settings


class PracticeAway(SchoolgateError):
    """The practice platforms aren't running, so nothing can be asked of a practice account."""


@dataclass(frozen=True, slots=True)
class PracticeUrls:
    """Where the practice platforms listen."""

    x_url: str
    graph_url: str


_in_this_process: list[PracticeUrls] = []


def practice_folder() -> Path:
    """Where the practice platforms keep their world, and the note of where they listen."""
    return settings().home / "practice"


def practice_at(urls: PracticeUrls | None) -> None:
    """Tell this process where the practice platforms listen; None: they stopped."""
    _in_this_process[:] = [urls] if urls is not None else []


def practice_urls() -> PracticeUrls | None:
    """Where the practice platforms listen, in this process or, by their note, in another; None if nowhere."""
    if _in_this_process:
        return _in_this_process[0]
    try:
        note = json.loads((practice_folder() / "ports.json").read_text(encoding="utf-8"))
        return PracticeUrls(x_url=str(note["x_url"]), graph_url=str(note["graph_url"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


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
    x_url, graph_url = real.x_url, real.graph_url
    if practice and not elsewhere(platform):
        urls = practice_urls()
        if urls is None:
            raise PracticeAway("The practice platforms aren't running: start them with `schoolgate run`.")
        x_url, graph_url = urls.x_url, urls.graph_url
    graph_url = (chosen.graph_url or graph_url).rstrip("/")
    return Endpoints(
        x_url=(chosen.x_url or x_url).rstrip("/"),
        graph_url=graph_url,
        # Whatever stands in for the Graph shows the login dialog as well.
        dialog_url=real.dialog_url if graph_url == real.graph_url else graph_url,
        graph_version=chosen.graph_version,
        graph_token_in=chosen.graph_token_in,
        timeout=chosen.platform_timeout,
        x_follow_requests=chosen.x_follow_requests,
        ask_for_figures=chosen.ask_for_reach,
    )


def pictures_at(platform: Platform, *, practice: bool) -> str:
    """Where the pictures of comments are: of a practice account or a stand-in its own server alone.

    Empty: on the platform's picture servers. Raises PracticeAway.
    """
    if not practice and not elsewhere(platform):
        return ""
    found = endpoints_for(platform, practice=practice)
    return found.x_url if platform is Platform.X else found.graph_url


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
