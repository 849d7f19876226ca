"""How often somebody may try: rates of the pages where guessing would pay."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from school.settings import settings

limiter = Limiter(get_remote_address, default_limits=[], headers_enabled=False)
"""For pages to limit themselves: `@limiter.limit("10 per minute", methods=["POST"])`."""


def _failed(response: Response) -> bool:
    """A sign-in that worked redirects; one that didn't shows the form again."""
    return response.status_code == 200


def _address_typed() -> str:
    return "sign-in:" + request.form.get("email", "").strip().lower()[:320]


def install(app: Flask) -> None:
    """Count tries in memory, or in Redis where several processes serve pages."""
    broker = settings().broker_url
    app.config["RATELIMIT_STORAGE_URI"] = (
        broker if broker.startswith(("redis://", "rediss://")) else "memory://"
    )
    limiter.init_app(app)
    by_address = limiter.limit(
        "10 per 15 minutes", key_func=_address_typed, methods=["POST"], deduct_when=_failed
    )
    by_network = limiter.limit("60 per hour", methods=["POST"], deduct_when=_failed)
    # The view is a plain function; Flask's own type for it also allows coroutines, the limiter's doesn't.
    view: Any = app.view_functions["security.login"]
    app.view_functions["security.login"] = by_network(by_address(view))
