"""Freedom of information: search what was published and decided, and take it out redacted (P15)."""

from __future__ import annotations

from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from approvals import foi
from approvals.checks import account_name
from approvals.drafts import current_revisions
from approvals.models import Draft
from moderation.models import WatchedPost
from school import exports, people
from school.db import now, reading, transaction
from school.errors import BadInput
from school.models import Account
from school.permissions import Action
from web import disclosure, headline
from web.access import current_person, needs
from web.forms import Typed
from web.subjects import BEING_MADE

pages = Blueprint("foi", __name__)

PAGE_LENGTH = 50


def _show(typed: Typed, status: int = 200) -> ResponseReturnValue:
    page = max(request.args.get("page", 1, type=int), 1)
    with reading() as session:
        drafts: list[Draft] = []
        others: list[WatchedPost] = []
        count: int | None = None
        elsewhere = 0
        if typed.values and not typed.errors:
            try:
                search = foi.parse(typed.values)
                skip = min(page - 1, 10_000) * PAGE_LENGTH
                drafts, count = foi.found(session, search, limit=PAGE_LENGTH, skip=skip)
                others, elsewhere = disclosure.posts_elsewhere(session, search, limit=PAGE_LENGTH, skip=skip)
            except BadInput as error:
                typed.refuse(error)
                status = 400
        newest = current_revisions(session, drafts)
        summaries = {draft.id: newest[draft.id].text or "No words yet" for draft in drafts}
        following = urlencode(
            {name: typed[name] for name in ("words", "from", "to") if typed[name]} | {"page": page + 1}
        )
        html = render_template(
            "protection/foi.html",
            typed=typed,
            drafts=drafts,
            count=count,
            summaries=summaries,
            others=others,
            elsewhere=elsewhere,
            accounts={one.id: account_name(one) for one in session.scalars(sa.select(Account))},
            following=following if page * PAGE_LENGTH < max(count or 0, elsewhere) else "",
            standings=headline.of_many(session, drafts),
            names={one.id: one.name for one in people.everybody(session)},
        )
    return html, status


@pages.get("/data-protection/search")
@needs(Action.SEE_PROTECTION)
def show() -> ResponseReturnValue:
    """Search by words and days."""
    return _show(Typed(request.args))


@pages.post("/data-protection/search")
@needs(Action.PROTECT_DATA)
def export() -> ResponseReturnValue:
    """Have the file made of what the search finds."""
    typed = Typed(request.form)
    try:
        search = foi.parse(typed.values)
        with transaction() as session:
            exports.ask_for_foi(session, search.as_json(), by=current_person(session), now=now())
    except BadInput as error:
        return _show(typed.refuse(error), 400)
    flash(BEING_MADE, "success")
    return redirect(url_for("subjects.files"))
