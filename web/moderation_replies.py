"""The answers that the school has ready: written by headteacher and SLT, used by all who moderate."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from moderation import replies
from moderation import words as moderation_words
from school.db import now, reading, transaction
from school.errors import BadInput
from school.permissions import Action
from web.access import current_person, needs
from web.forms import Typed

pages = Blueprint("replies", __name__)

NEW = "new"


@pages.context_processor
def _words() -> dict[str, object]:
    return {"said": moderation_words}


@pages.get("/moderation/replies")
@needs(Action.MODERATE)
def show() -> ResponseReturnValue:
    """Every saved answer with its versions."""
    return _list(Typed())


def _list(typed: Typed) -> str:
    with reading() as session:
        return render_template(
            "moderation/replies.html",
            replies=replies.offered(session),
            versions=replies.versions(session),
            placeholders=replies.PLACEHOLDERS,
            typed=typed,
        )


@pages.post("/moderation/replies/<key>")
@needs(Action.SET_REPLIES)
def save(key: str) -> ResponseReturnValue:
    """Save a new version; `new` makes an answer."""
    # The page has such a form for each answer: which one comes again?
    typed = Typed({**request.form.to_dict(), "form": key})
    try:
        with transaction() as session:
            replies.save(
                session,
                None if key == NEW else key,
                name=typed["name"],
                body=typed.raw("body"),
                by=current_person(session),
                now=now(),
            )
    except BadInput as error:
        return _list(typed.refuse(error)), 400
    flash("The answer is saved.", "success")
    return redirect(url_for("replies.show"))


@pages.post("/moderation/replies/<key>/retire")
@needs(Action.SET_REPLIES)
def retire(key: str) -> ResponseReturnValue:
    """No longer offer an answer."""
    with transaction() as session:
        replies.retire(session, key, by=current_person(session), now=now())
    flash("The answer is no longer offered. Its versions are kept.", "success")
    return redirect(url_for("replies.show"))
