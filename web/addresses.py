"""Where a link to a platform leads: in a practice school, to what plays the platform here."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import url_for

from connectors.base import Platform
from web.practice import running

HOSTS = {
    "x.com": Platform.X,
    "twitter.com": Platform.X,
    "facebook.com": Platform.FACEBOOK,
    "instagram.com": Platform.INSTAGRAM,
}
PEOPLE = frozenset(
    {"block", "unblock", "mute", "unmute", "accept_request", "decline_request", "remove_follower"}
)
"""Acts that are about a person, not about what they wrote."""


def on_platform(url: str, part: str = "", platform_id: str = "") -> str:
    """The address to open for something on a platform; empty where there is none that a browser opens.

    `part` and `platform_id`: what it is ("post", "comment", "person" or what is to be done with it)
    and the platform's id of it. The real platforms know nothing of a practice school.
    """
    if not url.startswith(("https://", "http://")):
        return ""
    platform = HOSTS.get((urlsplit(url).hostname or "").removeprefix("www."))
    if running() is None or platform is None:
        return url
    if part == "person" or part in PEOPLE:
        return url_for("practice.behind", name=platform.value, _anchor=f"person-{platform_id}")
    return url_for(
        "practice.platform",
        name=platform.value,
        _anchor=f"{'post' if part == 'post' else 'comment'}-{platform_id}",
    )
