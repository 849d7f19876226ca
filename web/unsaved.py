"""Keeping a draft while it is written: what the page's script sends, and going on with it later."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from approvals import drafts, unsaved
from school.db import now, transaction
from school.errors import NotPermitted
from school.models import Person
from school.permissions import Action
from web import begun_posts, draft_files, keeping
from web.access import current_person, needs

pages = Blueprint("unsaved", __name__)


@pages.url_value_preprocessor
def _room_for_texts(_endpoint: str | None, _values: dict[str, object] | None) -> None:
    if request.method == "POST":
        draft_files.allow_big_upload()


@pages.post("/drafts/unsaved")
@needs(Action.WRITE_DRAFTS)
def keep_new() -> ResponseReturnValue:
    """Keep what is written of a new draft."""
    return _keep(None)


@pages.post("/drafts/<uuid:draft_id>/unsaved")
@needs(Action.WRITE_DRAFTS)
def keep(draft_id: UUID) -> ResponseReturnValue:
    """Keep what is written of a draft."""
    return _keep(draft_id)


@pages.post("/drafts/unsaved/drop")
@needs(Action.WRITE_DRAFTS)
def drop_new() -> ResponseReturnValue:
    """Throw away what was kept of a new draft."""
    with transaction() as session:
        person = current_person(session)
        kept = begun_posts.asked_for(session, request.form.get("which", ""), person)
        if kept is not None:
            unsaved.drop(session, None, by=person, begins=unsaved.begins_with(kept.fields))
    if kept is not None:
        flash("It is thrown away.", "success")
    else:
        flash("It was saved or thrown away before, so nothing more is thrown away.", "info")
    return redirect(url_for("drafts.show" if request.form.get("back") == "drafts" else "drafts.new"))


@pages.post("/drafts/<uuid:draft_id>/unsaved/drop")
@needs(Action.WRITE_DRAFTS)
def drop(draft_id: UUID) -> ResponseReturnValue:
    """Throw away what was kept of a draft."""
    with transaction() as session:
        person = current_person(session)
        _check_own(session, draft_id, person)
        unsaved.drop(session, draft_id, by=person)
    flash("It is thrown away.", "success")
    if request.form.get("back") == "drafts":
        return redirect(url_for("drafts.show"))
    return redirect(url_for("drafts.edit", draft_id=draft_id))


def _keep(draft_id: UUID | None) -> ResponseReturnValue:
    fields = keeping.fields()
    with transaction() as session:
        person = current_person(session)
        _check_own(session, draft_id, person)
        begun_posts.keep(session, draft_id, fields, by=person)
    return "", 204


def _check_own(session: Session, draft_id: UUID | None, person: Person) -> None:
    if draft_id is not None and drafts.find(session, draft_id, by=person, now=now()).author_id != person.id:
        raise NotPermitted("Only the author can change a draft.")
