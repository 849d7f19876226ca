"""Error pages: what went wrong and what to do, in plain words. No other place turns errors into pages."""

from __future__ import annotations

import time
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from flask import Flask, current_app, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded
from flask_security import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from approvals.decisions import AlreadyDecided, DraftChanged, DraftTakenBack, LinkUsed
from moderation.undoing import AlreadyTakenBack
from school import db
from school.consent_import import DealtWith
from school.errors import BadInput, LinkExpired, MoveNotAllowed, NotFound, NotPermitted, SchoolgateError
from school.permissions import Action
from web import keeping
from web.doors import MARK as ACCESS_MARK
from web.doors import PUBLIC
from web.forgery import from_elsewhere
from web.limits import limiter

log = structlog.get_logger(__name__)

STATUS: dict[type[SchoolgateError], HTTPStatus] = {
    BadInput: HTTPStatus.BAD_REQUEST,
    NotPermitted: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    MoveNotAllowed: HTTPStatus.CONFLICT,
    LinkExpired: HTTPStatus.GONE,
}

TITLES: dict[int, str] = {
    400: "That can't be taken",
    401: "You were signed out",
    403: "This isn't open to you",
    404: "Nothing is here",
    405: "That can't be done here",
    409: "Somebody was faster",
    410: "This link no longer works",
    413: "That file is too big",
    429: "Too many tries",
    500: "Something broke",
    503: "Not just now",
}

WORDS: dict[int, str] = {
    400: "The page got something that it can't use. Go back and check what you typed.",
    401: "That happened while you were writing. Nothing was saved yet, and nothing is lost.",
    403: "Your role doesn't open this page. If you need it, ask the headteacher.",
    404: "There is nothing at this address, or nothing that your role opens. Check it, or start from today's "
    "page; what your role is, the headteacher can tell.",
    405: "This address is for a button on a page, not for visiting. Start from today's page.",
    409: "This was changed or decided meanwhile. Look at it again.",
    410: "The link was used, is too old, or was replaced by a newer one.",
    413: "What you sent is bigger than this page takes. Choose a smaller file and try again.",
    429: "You tried too often in a short time. Wait some minutes, then try again.",
    500: "This is our fault, not yours. Nothing of what you did was half saved. Try again, and tell the "
    "network manager if it happens again.",
    503: "The database can't be used at the moment. Nothing was saved. Try again in a minute, and tell the "
    "network manager if it goes on.",
}


DISK_FULL = (
    "The server's disk is full, so nothing was saved. Tell the network manager to make room on it, then try "
    "again. Nothing is published or lost meanwhile, and all goes on by itself afterwards."
)


ELSEWHERE = (
    "Another site, or the browser's own error page, sent this form. Schoolgate can't tell whose it is, so "
    "nothing was saved. If you were signed in you still are: go on from the page itself."
)


@dataclass(frozen=True, slots=True)
class WayOn:
    """Where whoever meets an error goes on from."""

    address: str
    words: str
    needs: Action | None = None
    """Offered to whom this opens it; None: whoever got the error may see it."""
    back: WayOn | None = None
    """The list in which it stands."""


def page(
    status: int, message: str = "", heading: str = "", *, go_on: WayOn | None = None, form_gone: bool = False
) -> ResponseReturnValue:
    """The error page for an HTTP status, with its own sentence if there is one.

    `go_on`: the way to what it is about. What another site may have sent is not offered once more: that form
    would be this browser's own. `form_gone`: nor is what the form of this page brought, since nobody gets
    that form again; it is there to be copied.
    """
    return (
        render_template(
            "error.html",
            status=status,
            heading=heading or TITLES.get(status, TITLES[400] if status < 500 else TITLES[500]),
            message=message or WORDS.get(status, WORDS[400] if status < 500 else WORDS[500]),
            bare=status >= 500,
            nothing_here=status == HTTPStatus.NOT_FOUND,
            kept=keeping.kept(again=not form_gone and not from_elsewhere()),
            go_on=go_on,
            # Of what people do at the same time nobody need tell the network manager a number.
            says_code=not form_gone and status not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.CONFLICT},
        ),
        status,
    )


_HEADINGS: dict[type[SchoolgateError], str] = {
    LinkUsed: "This is decided already",
    AlreadyTakenBack: "This is done already",
    DealtWith: "This is done already",
}


def _way_on(error: SchoolgateError) -> WayOn | None:
    """The thing that it is about, or its list.

    An act refuses a move only of what the person may see. What isn't there and what is kept from them lead to
    the same list.
    """
    room, told = (request.endpoint or "").partition(".")[0], request.view_args or {}
    moderation = room in {"moderation", "work"}
    if isinstance(error, DealtWith):
        return WayOn(url_for("consent.show"), "The consent register")
    queue = WayOn(url_for("moderation.queue"), "The moderation queue", Action.MODERATE)
    followers = WayOn(url_for("followers.queue"), "The list of followers", Action.VET_FOLLOWERS)
    if isinstance(error, MoveNotAllowed):
        if moderation and "entry_id" in told:
            address = url_for("moderation.entry", entry_id=told["entry_id"])
            return WayOn(address, "Look at the entry", back=queue)
        if request.endpoint == "moderation.act":
            return WayOn(url_for("moderation.tasks"), "To do by hand", Action.MODERATE)
        if room == "followers" and "follower_id" in told:
            address = url_for("followers.one", follower_id=told["follower_id"])
            return WayOn(address, "Look at the follower", back=followers)
    if isinstance(error, NotFound):
        if moderation:
            return queue
        if room == "followers":
            return followers
    return None


def _known(error: SchoolgateError) -> ResponseReturnValue:
    if isinstance(error, AlreadyDecided | DraftChanged):
        draft_id = (request.view_args or {}).get("draft_id")
        if isinstance(error, DraftChanged):
            back = isinstance(error, DraftTakenBack)
            heading = "The post was taken back" if back else "The post has changed"
        else:
            heading = "You have decided this already" if error.own else ""
        return page(
            HTTPStatus.CONFLICT,
            f"{error} What you sent now was not counted.",
            heading,
            go_on=WayOn(url_for("drafts.one", draft_id=draft_id), "Look at the draft") if draft_id else None,
            form_gone=True,
        )
    heading = next((words for kind, words in _HEADINGS.items() if isinstance(error, kind)), "")
    for kind, status in STATUS.items():
        if isinstance(error, kind):
            gone = status is HTTPStatus.GONE
            return page(status, str(error), heading, go_on=_way_on(error), form_gone=gone)
    log.error("page_failed", endpoint=request.endpoint, error=type(error).__name__)
    return page(500)


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    if error.code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and request.max_content_length:
        most = request.max_content_length // 1024 // 1024
        return page(
            error.code,
            f"What you sent is larger than the {most} MB that this page takes at once. Go back and choose "
            "fewer or smaller files.",
        )
    if isinstance(error, RateLimitExceeded) and (limit := limiter.current_limit) is not None:
        seconds = max(1, int(limit.reset_at - time.time()))
        minutes = seconds // 60 + 1
        when = f"in {minutes} minute{'s' if minutes > 1 else ''}"
        answer = make_response(page(error.code, f"You tried too often in a short time. Try again {when}."))
        answer.headers["Retry-After"] = str(seconds)
        return answer
    return page(error.code)


def _forged(error: CSRFError) -> ResponseReturnValue:
    log.warning("csrf_refused", endpoint=request.endpoint)
    if from_elsewhere():
        return page(400, ELSEWHERE, "This was sent from elsewhere")
    known = keeping.kept()
    if known is not None and not current_user.is_authenticated and not _for_everybody():
        return page(401)
    todo = (
        "Go on below."
        if known is not None and known.again
        else "Go back, load it again and repeat your step."
    )
    return page(400, f"This page was open too long, or cookies are blocked. Nothing was saved. {todo}")


def _for_everybody() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, ACCESS_MARK, None) == PUBLIC


def _database(error: OperationalError) -> ResponseReturnValue:
    full = db.disk_is_full(error)
    log.error("database_failed", endpoint=request.endpoint, error=type(error.orig).__name__, disk_full=full)
    return page(503, DISK_FULL if full else "")


def _unknown(error: Exception) -> ResponseReturnValue:
    # The traceback goes without the error's own text: that may hold what somebody typed.
    trace: list[str] = []
    here = error.__traceback__
    while here is not None:
        trace.append(f"{here.tb_frame.f_code.co_filename}:{here.tb_lineno}")
        here = here.tb_next
    log.error("page_failed", endpoint=request.endpoint, error=type(error).__name__, trace=trace[-8:])
    return page(500)


def install(app: Flask) -> None:
    """Make every error a page."""
    app.register_error_handler(SchoolgateError, _known)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(Exception, _unknown)
