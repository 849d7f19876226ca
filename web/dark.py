"""The dark colours for browsers without scripts, which follow the device's own setting.

With scripts, theme.js says in the page which of the two it is, and everything else hangs on that. Without
them nobody can say it, so the same rules are served once more, as rules of the page itself.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, current_app
from flask.typing import ResponseReturnValue

from web.access import public

pages = Blueprint("dark", __name__)

_RULE = re.compile(r"([^{}]*\[data-bs-theme=\"?dark\"?\][^{}]*)\{([^{}]*)\}")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SAID = re.compile(r"\[data-bs-theme=\"?dark\"?\]")
_OURS = ("schoolgate.css", "moderation.css", "composing.css", "charts.css")


@pages.get("/dark.css")
@public
def colours() -> ResponseReturnValue:
    """Asked for by pages without scripts on a device that is set to dark."""
    ours, theirs = current_app.static_folder, current_app.blueprints["bootstrap"].static_folder
    sheets = [f"{theirs}/css/bootstrap.min.css", *(f"{ours}/{name}" for name in _OURS)]
    answer = Response(_dark(tuple(sheets)), mimetype="text/css")
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


@cache
def _dark(sheets: tuple[str, ...]) -> str:
    """The rules of these style sheets that hold for dark alone, as rules that hold."""
    return "\n".join(
        f"{_SAID.sub(':root', selectors.strip())}{{{said.strip()}}}"
        for sheet in sheets
        for selectors, said in _RULE.findall(_COMMENT.sub("", Path(sheet).read_text(encoding="utf-8")))
    )
