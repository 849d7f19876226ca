"""Fetching a picture that came with somebody's comment, from the platform's own picture servers alone."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from connectors.base import Platform
from connectors.errors import ConnectorRefused, ConnectorUnavailable, Gone
from connectors.transport import NoAnswer, Transport
from connectors.untrusted import https_host, media_type, plain_parts

HOSTS: Mapping[Platform, tuple[str, ...]] = {
    Platform.X: (".twimg.com",),
    Platform.FACEBOOK: (".fbcdn.net", ".fbsbx.com"),
    Platform.INSTAGRAM: (".cdninstagram.com", ".fbcdn.net"),
}
"""What the names of each platform's picture servers end with, as their answers give them."""
_TYPES = {"image/jpeg", "image/png", "image/webp", "image/gif"}
_EXPIRED = {401, 403, 404, 410}


def on_platform(address: str, platform: Platform, *, own: str = "") -> bool:
    """Whether an address is on the platform's picture servers, and so may be asked for.

    `own`: the address of a practice platform, which then is the only one. The address came with a
    stranger's comment, so nothing else in the school's network or outside may be reached by it. Other names
    can't stand for these: the servers prove theirs by TLS.
    """
    parts = plain_parts(address)
    if parts is None:
        return False
    if own:
        here = urlsplit(own)
        return bool(here.hostname) and _origin(parts) == _origin(here)
    return https_host(parts).endswith(HOSTS[platform])


def picture(address: str, platform: Platform, *, own: str = "", timeout: float) -> bytes:
    """The bytes at an address, at most 8 MB within `timeout` seconds, without any of the school's keys.

    They are as untrusted as the comment: not even a picture for sure. Redirects are not followed. Raises
    ConnectorRefused (also for another address than `on_platform` lets through), Gone where the platform
    gives it no more, ConnectorUnavailable (try again).
    """
    if not on_platform(address, platform, own=own):
        raise ConnectorRefused(
            "The address is not on the platform’s own picture servers, so it isn’t fetched."
        )
    try:
        answer = Transport(timeout=timeout).get(address, headers={"Accept": ", ".join(sorted(_TYPES))})
    except NoAnswer as error:
        if error.reason == "the answer was too large":
            raise ConnectorRefused("The picture has more than 8 MB.") from None
        raise ConnectorUnavailable(f"The picture server gave none: {error.reason}.") from None
    if answer.status_code in _EXPIRED:
        raise Gone("The platform gives the picture no more: its address holds for some days only.")
    if answer.status_code == 429 or answer.status_code >= 500:
        raise ConnectorUnavailable(f"The picture server answered with status {answer.status_code}.")
    if answer.status_code != 200:
        raise ConnectorRefused(f"The picture server answered with status {answer.status_code}.")
    if media_type(answer.headers) not in _TYPES:
        raise ConnectorRefused("What stands there is no picture: perhaps a video or a page.")
    return answer.content


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port
