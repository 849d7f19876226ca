"""Abuse that was seen elsewhere, put into the log by hand (P17)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from moderation import manual, noticed
from moderation import words as moderation_words
from school.db import now, transaction
from school.errors import BadInput
from school.permissions import Action
from school.settings import settings
from school.times import parse_local, today
from web.access import current_person, needs
from web.forms import Typed

pages = Blueprint("by_hand", __name__)

CHOOSE_AGAIN = (
    "Choose the picture again: it is not kept while the form has a mistake in it. Without a picture, tick so."
)


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
    chosen = bool(upload and upload.filename)
    try:
        if typed["picture_lost"] and not chosen and typed["without_picture"] != "yes":
            raise BadInput(CHOOSE_AGAIN, field="picture")
        day, moment = _seen(typed)
        found = manual.ManualEntry(
            platform=typed["platform"],
            text=typed.raw("text"),
            url=typed["url"],
            author=typed["author"],
            seen_at=moment,
            seen_on=day,
            urgent=typed["urgent"] == "yes",
            about_headteacher=typed["about_headteacher"] == "yes",
            picture=upload.read() if upload and chosen else None,
        )
        with transaction() as session:
            made = manual.record(
                session, found, by=current_person(session), url=settings().effective_public_url, now=now()
            )
    except BadInput as error:
        if error.field == "seen_at":
            error.field = "seen_day"
        typed.refuse(error)
        # A browser sends no file twice by itself, and an entry can't be given its picture afterwards.
        lost = chosen or bool(typed["picture_lost"])
        if chosen and error.field != "picture":
            typed.errors["picture"] = CHOOSE_AGAIN
        return render_template("moderation/by_hand.html", typed=typed, lost=lost), 400
    flash(f"Entry {made.number} is in the log.", "success")
    return redirect(url_for("moderation.entry", entry_id=made.id))


@pages.post("/moderation/comments/<uuid:comment_id>/log")
@needs(Action.MODERATE)
def put_into_log(comment_id: UUID) -> ResponseReturnValue:
    """Make an entry of a comment that the rules let by (P17)."""
    with transaction() as session:
        made = noticed.put_into_log(
            session,
            comment_id,
            urgent=request.form.get("urgent") == "yes",
            by=current_person(session),
            url=settings().effective_public_url,
            now=now(),
        )
        number, entry_id = made.number, made.id
    flash(f"It is in the log as entry {number}. Decide on it here.", "success")
    return redirect(url_for("moderation.entry", entry_id=entry_id))


def _seen(typed: Typed) -> tuple[date | None, datetime | None]:
    """When it was seen: the day alone, or the moment."""
    if not typed["seen_day"] and not typed["seen_time"]:
        return None, None
    moment = parse_local(typed["seen_day"], typed["seen_time"] or "12:00", field="seen_day")
    return (None, moment) if typed["seen_time"] else (today(moment), None)
