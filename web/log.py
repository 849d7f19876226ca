"""The SLT log: searched, read and taken out (P17)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation import log, log_csv, log_filters, not_yet, referrals, sight, views
from moderation import words as moderation_words
from school import accounts, audit
from school.db import now, reading, transaction
from school.errors import BadInput
from school.models import Person
from school.permissions import Action
from school.times import today
from web.access import current_person, needs
from web.forms import Typed
from web.naming import platform_name

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
    with reading() as session:
        person = current_person(session)
        try:
            filters = log_filters.parse(session, request.args, viewer=person)
            page = log.page(session, viewer=person, filters=filters, after=request.args.get("after", ""))
        except BadInput as error:
            return _refused(session, person, typed.refuse(error))
        with transaction() as writing:
            used = [name for name in log_filters.FIELDS if request.args.get(name)]
            views.of_log(writing, searched_by=used, by=current_person(writing), now=now())
        kept = {name: value for name, value in request.args.items() if name != "after" and value}
        following = urlencode({**kept, "after": page.following}) if page.following else ""
        return render_template(
            "log/list.html",
            page=page,
            going=not_yet.going_now(session, {row.entry.id: row.acts for row in page.rows}, now=now()),
            typed=typed,
            following=following,
            **_choices(session, person),
        )


@pages.post("/log/export")
@needs(Action.EXPORT_LOG)
def export() -> ResponseReturnValue:
    """The entries that the filters leave, as one file; that it was taken is recorded."""
    typed = Typed(request.form)
    kind = typed["format"] or "csv"
    try:
        with transaction() as session:
            person = current_person(session)
            filters = log_filters.parse(session, request.form, viewer=person)
            if kind not in _FORMATS:
                raise BadInput(f"“{kind[:20]}” is no format here: choose CSV or JSON Lines.", field="")
            audit.record(
                session,
                by=person,
                action="log_exported",
                object_kind="log",
                object_id="all",
                detail={"format": kind, "from": filters.date_from, "to": filters.date_to},
                now=now(),
            )
    except BadInput as error:
        with reading() as session:
            return _refused(session, current_person(session), typed.refuse(error))

    def lines() -> Iterator[str]:
        with reading() as session:
            found = log.rows(session, viewer=current_person(session), filters=filters)
            if kind == "csv":
                # Spreadsheets take a file for UTF-8 only when it says so at its beginning.
                yield "\N{ZERO WIDTH NO-BREAK SPACE}"
                yield from log_csv.to_csv(found)
            else:
                yield from log.to_jsonl(found)

    answer = Response(stream_with_context(lines()), content_type=_FORMATS[kind])
    answer.headers["Content-Disposition"] = f"attachment; filename=schoolgate-log-{today(now())}.{kind}"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _refused(session: Session, person: Person, typed: Typed) -> ResponseReturnValue:
    """The search as it was typed, with what is wrong beside its field."""
    return render_template("log/list.html", page=None, typed=typed, **_choices(session, person)), 400


def _choices(session: Session, person: Person) -> dict[str, object]:
    names = moderation_words.PLATFORMS
    return {
        "only_referred_to_chair": sight.only_referred(person),
        "fields": log_filters.FIELDS,
        "platforms": [
            (name, names.get(name, name)) for name in log_filters.platforms(session, viewer=person)
        ],
        "accounts": [
            (str(one.id), f"{platform_name(one.platform)}: {one.handle}")
            for one in accounts.everything(session)
        ],
        "states": [(state.value, words) for state, (words, _) in moderation_words.STATES.items()],
        "outcomes": [(outcome.value, moderation_words.OUTCOMES[outcome]) for outcome in log_filters.OUTCOMES],
        "kinds": [(kind, moderation_words.KINDS[kind]) for kind in log_filters.KINDS],
        "referred": [
            (one, "to me, not dealt with yet" if referrals.received_by(person) else "not dealt with yet")
            for one in log_filters.REFERRED
        ],
        "origins": [("flagged", "flagged by the classifier"), ("manual", "entered by hand")],
        "persons": [(str(one.id), one.name) for one in log_filters.people(session, person)],
    }
