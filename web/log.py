"""The SLT log: searched, read and taken out (P17)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue

from moderation import log
from moderation.decisions import Outcome
from moderation.log import LogFilters
from moderation.models import CaseState, LogOrigin
from school import audit
from school.db import now, reading, transaction
from school.errors import BadInput
from school.permissions import Action
from school.times import today
from web import moderation_words
from web.access import current_person, needs
from web.forms import Typed

pages = Blueprint("log", __name__)

_FORMATS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson; charset=utf-8"}


@pages.context_processor
def _words() -> dict[str, object]:
    return {"said": moderation_words}


@pages.get("/log")
@needs(Action.SEE_LOG, Action.SEE_REFERRALS)
def show() -> ResponseReturnValue:
    """Entries that the person may see, newest first."""
    typed = Typed(request.args)
    try:
        filters = _filters(typed)
    except BadInput as error:
        typed.refuse(error)
        return render_template("log/list.html", page=None, typed=typed, **_choices()), 400
    with reading() as session:
        page = log.page(
            session, viewer=current_person(session), filters=filters, after=request.args.get("after", "")
        )
        kept = {name: value for name, value in request.args.items() if name != "after" and value}
        following = urlencode({**kept, "after": page.following}) if page.following else ""
        return render_template("log/list.html", page=page, typed=typed, following=following, **_choices())


@pages.post("/log/export")
@needs(Action.EXPORT_LOG)
def export() -> ResponseReturnValue:
    """The entries that the filters leave, as one file; that it was taken is recorded."""
    typed = Typed(request.form)
    filters = _filters(typed)
    kind = typed["format"] or "csv"
    if kind not in _FORMATS:
        raise BadInput("Choose CSV or JSON Lines.", field="format")
    with transaction() as session:
        person = current_person(session)
        audit.record(
            session,
            by=person,
            action="log_exported",
            object_kind="log",
            object_id="all",
            detail={"format": kind, "from": filters.date_from, "to": filters.date_to},
            now=now(),
        )

    def lines() -> Iterator[str]:
        with reading() as session:
            found = log.rows(session, viewer=current_person(session), filters=filters)
            if kind == "csv":
                # Spreadsheets take a file for UTF-8 only when it says so at its beginning.
                yield "\N{ZERO WIDTH NO-BREAK SPACE}"
                yield from log.to_csv(found)
            else:
                yield from log.to_jsonl(found)

    answer = Response(stream_with_context(lines()), content_type=_FORMATS[kind])
    answer.headers["Content-Disposition"] = f"attachment; filename=schoolgate-log-{today(now())}.{kind}"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _choices() -> dict[str, object]:
    return {
        "platforms": list(moderation_words.PLATFORMS.items()),
        "states": [(state.value, words) for state, (words, _) in moderation_words.STATES.items()],
        "outcomes": [
            (outcome.value, words)
            for outcome, words in moderation_words.OUTCOMES.items()
            if outcome not in {Outcome.NOTE, Outcome.REOPEN}
        ],
        "origins": [("flagged", "flagged by the classifier"), ("manual", "entered by hand")],
    }


def _filters(typed: Typed) -> LogFilters:
    state, origin = typed["state"], typed["origin"]
    if state and state not in set(CaseState):
        raise BadInput(f"There is no state “{state[:20]}”: choose one from the list.", field="state")
    if origin and origin not in set(LogOrigin):
        raise BadInput(f"There is no origin “{origin[:20]}”: choose one from the list.", field="origin")
    return LogFilters(
        date_from=_day(typed, "from"),
        date_to=_day(typed, "to"),
        platform=typed["platform"],
        state=CaseState(state) if state else None,
        outcome=typed["outcome"],
        kind=typed["kind"],
        origin=LogOrigin(origin) if origin else None,
        author=typed["author"],
        text=typed["text"],
    )


def _day(typed: Typed, name: str) -> date | None:
    if not typed[name]:
        return None
    try:
        return date.fromisoformat(typed[name])
    except ValueError:
        raise BadInput(
            f"The date “{typed[name][:40]}” can't be read. Write it as 2027-06-03.", field=name
        ) from None
