"""What the form of a draft asks for while somebody writes: how the post will look on each platform."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from approvals import drafts, shown_faces
from school.db import now, reading, transaction
from school.errors import NotPermitted
from school.permissions import Action
from web import draft_files, draft_form, draft_offers
from web.access import current_person, needs

pages = Blueprint("composing", __name__)


@pages.url_value_preprocessor
def _room_for_texts(_endpoint: str | None, _values: dict[str, object] | None) -> None:
    if request.method == "POST":
        draft_files.allow_big_upload()


@pages.post("/drafts/look")
@needs(Action.WRITE_DRAFTS)
def look_new() -> ResponseReturnValue:
    """What is written of a new draft, as it would appear. Keeps nothing of it."""
    return _look(None)


@pages.post("/drafts/<uuid:draft_id>/look")
@needs(Action.WRITE_DRAFTS)
def look(draft_id: UUID) -> ResponseReturnValue:
    """What is written of a draft, as it would appear. Keeps nothing of it."""
    return _look(draft_id)


def _look(draft_id: UUID | None) -> ResponseReturnValue:
    form = draft_form.read()
    settled = bool(form.typed["settled"])
    # Whoever is in the middle of an address has not typed it yet.
    with transaction() if settled else reading() as session:
        person = current_person(session)
        draft = drafts.find(session, draft_id, by=person, now=now()) if draft_id is not None else None
        if draft is not None and draft.author_id != person.id:
            raise NotPermitted("Only the author can change a draft.")
        shown = draft_form.look(session, form, draft, person=person, ask_for_links=settled)
        faces = shown_faces.of(session, [picture.media_id for picture in shown.pictures])
        return jsonify(
            html=render_template("drafts/look.html", look=shown),
            about_day=draft_offers.about_day(session, form),
            links_wait=any(link.waits for link in shown.links),
            faces={str(media_id): one.sentence for media_id, one in faces.items()},
            faces_wait=any(one.waits for one in faces.values()),
            left={str(account.account_id): account.left for account in shown.accounts},
        )
