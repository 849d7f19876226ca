"""Pictures that came with a comment: asked for one by one, shown covered, kept as evidence (P17, P22)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from moderation import came_with
from moderation import words as moderation_words
from school.db import now, reading, transaction
from school.errors import BadInput
from school.permissions import Action
from web.access import current_person, needs
from web.forms import Typed
from web.moderation_entry import entry_with, leave_a_line

pages = Blueprint("came_with", __name__)


@pages.context_processor
def _words() -> dict[str, object]:
    return {"said": moderation_words}


@pages.post("/moderation/<uuid:entry_id>/came-with/<int:place>")
@needs(Action.KEEP_PICTURES)
def ask(entry_id: UUID, place: int) -> ResponseReturnValue:
    """Have a picture fetched; a worker does it."""
    typed = Typed(request.form)
    try:
        with transaction() as session:
            came_with.ask(
                session,
                entry_id,
                place,
                no_indecent_picture=bool(typed["no_indecent_picture"]),
                by=current_person(session),
                now=now(),
            )
    except BadInput as error:
        return entry_with(entry_id, typed.refuse(BadInput(str(error)))), 400
    flash("The picture is being fetched: it is on this page in a moment.", "success")
    return redirect(url_for("moderation.entry", entry_id=entry_id, _anchor="evidence"))


@pages.get("/moderation/<uuid:entry_id>/came-with/<int:place>")
@needs(Action.MAKE_EVIDENCE)
def show(entry_id: UUID, place: int) -> ResponseReturnValue:
    """A picture that was kept."""
    leave_a_line(entry_id, "picture")
    with reading() as session:
        data = came_with.data(session, entry_id, place, viewer=current_person(session))
    answer = Response(data, mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Disposition"] = "inline; filename=evidence.jpg"
    return answer
