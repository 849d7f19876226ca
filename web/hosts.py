"""Names by which the pages may be asked for: none but the school's own, so that no other site can pose as it.

A page elsewhere may have its own name lead to this machine for a moment (DNS rebinding); what it then reads
here would be its to keep. Such a name has a dot in it and is nobody's here.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue
from flask_security import current_user

from school.settings import is_loopback, settings
from web.errors import page

_FOR_PROBES = frozenset({"health.live", "health.ready", "metrics.metrics"})
"""Asked by machines, by whatever name those know this one; they tell nothing of anybody."""
_FROM_X = "connecting.from_x"
"""Where X sends a browser back to."""


def install(app: Flask) -> None:
    """Refuse whatever is asked for by another name, before anything else is looked at."""
    app.before_request(_check)


def is_ours(host: str) -> bool:
    """Whether a Host header names this product: the public address, an IP address, a name of this network."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    if name == urlsplit(settings().effective_public_url).hostname:
        return True
    if "." not in name and ":" not in name:
        # "localhost", or what a machine or a container is called; nobody outside can own one.
        return bool(name)
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name.endswith(".localhost")
    return True


def _check() -> ResponseReturnValue | None:
    if request.endpoint in _FOR_PROBES:
        return None
    if is_ours(request.host):
        return _by_name() if request.endpoint == _FROM_X and not current_user.is_authenticated else None
    return page(
        400,
        "The pages aren’t to be had by this name. Open them at the address that the school gave you. For "
        "whoever runs the server: SCHOOLGATE_PUBLIC_URL says which name is theirs.",
        "Not by this name",
    )


def _by_name() -> ResponseReturnValue | None:
    """On to this machine's name: X leads back to its number, where nobody who began is signed in."""
    asked, public = urlsplit(request.url), urlsplit(settings().effective_public_url)
    name = asked.hostname or ""
    if public.hostname != "localhost" or name == "localhost" or not is_loopback(name):
        return None
    return redirect(public._replace(path=asked.path, query=asked.query).geturl())
