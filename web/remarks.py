"""The conversation beside a draft: sending a remark."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from approvals import remarks, unread_remarks
from school.db import now, transaction
from school.errors import BadInput
from web import draft_page
from web.access import current_person, signed_in
from web.forms import Typed
from web.keeping import RESTORE, restores

pages = Blueprint("remarks", __name__)


@pages.post("/drafts/<uuid:draft_id>/read")
@signed_in
def read(draft_id: UUID) -> ResponseReturnValue:
    """Note that the person has read what was said and decided: pressed, or by the page's script."""
    with transaction() as session:
        unread_remarks.read(session, draft_id, by=current_person(session), now=now())
    return redirect(url_for("drafts.one", draft_id=draft_id, _anchor="conversation"))


@pages.post("/drafts/<uuid:draft_id>/remarks")
@signed_in
@restores
def say(draft_id: UUID) -> ResponseReturnValue:
    """Say something about a draft; whether the person may is checked with it."""
    typed = Typed(request.form)
    if typed["do"] == RESTORE:
        return draft_page.page(draft_id, typed)
    try:
        with transaction() as session:
            remarks.say(session, draft_id, text=typed.raw("remark"), by=current_person(session), now=now())
    except BadInput as error:
        return draft_page.page(draft_id, typed.refuse(error)), 400
    flash("It is sent.", "success")
    return redirect(url_for("drafts.one", draft_id=draft_id, _anchor="conversation"))
