"""Abuse that was seen elsewhere, put into the log by hand (P17)."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from moderation import manual
from moderation import words as moderation_words
from school.db import now, transaction
from school.errors import BadInput
from school.permissions import Action
from school.settings import settings
from school.times import parse_local
from web.access import current_person, needs
from web.forms import Typed

pages = Blueprint("by_hand", __name__)


@pages.context_processor
def _words() -> dict[str, object]:
    return {"said": moderation_words}


@pages.get("/moderation/by-hand")
@needs(Action.MODERATE)
def show() -> ResponseReturnValue:
    """The form for abuse that was seen elsewhere."""
    return render_template("moderation/by_hand.html", typed=Typed())


@pages.post("/moderation/by-hand")
@needs(Action.MODERATE)
def record() -> ResponseReturnValue:
    """Put what somebody saw into the log (P17)."""
    typed = Typed(request.form)
    upload = request.files.get("picture")
    try:
        found = manual.ManualEntry(
            platform=typed["platform"],
            text=typed.raw("text"),
            url=typed["url"],
            author=typed["author"],
            seen_at=_seen_at(typed),
            urgent=typed["urgent"] == "yes",
            about_headteacher=typed["about_headteacher"] == "yes",
            picture=upload.read() if upload and upload.filename else None,
        )
        with transaction() as session:
            made = manual.record(
                session, found, by=current_person(session), url=settings().effective_public_url, now=now()
            )
    except BadInput as error:
        if error.field == "seen_at":
            error.field = "seen_day"
        return render_template("moderation/by_hand.html", typed=typed.refuse(error)), 400
    flash(f"Entry {made.number} is in the log.", "success")
    return redirect(url_for("moderation.entry", entry_id=made.id))


def _seen_at(typed: Typed) -> datetime | None:
    if not typed["seen_day"] and not typed["seen_time"]:
        return None
    return parse_local(typed["seen_day"], typed["seen_time"] or "12:00", field="seen_day")
