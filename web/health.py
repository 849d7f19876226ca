"""Whether the product is alive and ready, for machines that ask."""

from __future__ import annotations

import structlog
from flask import Blueprint
from flask.typing import ResponseReturnValue

from school import readiness
from school.db import now
from web.access import public

log = structlog.get_logger(__name__)

pages = Blueprint("health", __name__)


@pages.get("/health/live")
@public
def live() -> ResponseReturnValue:
    """This process answers."""
    return {"status": "alive"}


@pages.get("/health/ready")
@public
def ready() -> ResponseReturnValue:
    """Whether everything is at work, each thing in words; 503 while something isn't."""
    found = readiness.findings(now=now())
    wrong = [finding.name for finding in found if not finding.ok]
    if wrong:
        log.warning("not_ready", wrong=wrong)
    answer = {finding.name: finding.words for finding in found}
    return {"status": "not ready" if wrong else "ready", **answer}, 503 if wrong else 200
