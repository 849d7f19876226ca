"""The wordings that a post may begin with: the headteacher and the SLT keep them (P13)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from approvals import post_templates
from approvals.models import Objective
from school import people
from school.db import now, reading, transaction
from school.errors import BadInput
from school.permissions import Action
from web.access import current_person, needs
from web.forms import Typed
from web.keeping import RESTORE, restores

pages = Blueprint("post_templates", __name__)


def _page(typed: Typed, wrong: UUID | None = None) -> str:
    """`wrong`: the template whose form holds what was typed; None: the form for a new one does."""
    with reading() as session:
        found = post_templates.listed(session)
        return render_template(
            "drafts/templates.html",
            templates=found,
            lacking=len(set(Objective) - {one.objective for one in found}),
            objectives=[(objective.value, objective.in_words) for objective in Objective],
            names={person.id: person.name for person in people.everybody(session)},
            typed=typed,
            wrong=wrong,
        )


@pages.get("/drafts/templates")
@needs(Action.SET_POST_TEMPLATES)
def show() -> ResponseReturnValue:
    """All of them."""
    return _page(Typed())


@pages.post("/drafts/templates")
@needs(Action.SET_POST_TEMPLATES)
@restores
def add() -> ResponseReturnValue:
    """Make one."""
    return _write(None)


@pages.post("/drafts/templates/<uuid:template_id>")
@needs(Action.SET_POST_TEMPLATES)
@restores
def change(template_id: UUID) -> ResponseReturnValue:
    """Change one."""
    return _write(template_id)


@pages.post("/drafts/templates/examples")
@needs(Action.SET_POST_TEMPLATES)
def examples() -> ResponseReturnValue:
    """Begin with one example for each objective that has no wording yet."""
    with transaction() as session:
        post_templates.write_examples(session, by=current_person(session), now=now())
    flash("There is a wording for every purpose now. Make them your own.", "success")
    return redirect(url_for("post_templates.show"))


@pages.post("/drafts/templates/<uuid:template_id>/take-away")
@needs(Action.SET_POST_TEMPLATES)
def take_away(template_id: UUID) -> ResponseReturnValue:
    """Take one away."""
    with transaction() as session:
        row = post_templates.take_away(session, template_id, by=current_person(session), now=now())
    flash(f"“{row.title}” is taken away.", "success")
    return redirect(url_for("post_templates.show"))


def _write(template_id: UUID | None) -> ResponseReturnValue:
    typed = Typed(request.form)
    if typed["do"] == RESTORE:
        return _page(typed, template_id)
    try:
        if typed["objective"] not in set(Objective):
            raise BadInput("Choose what such posts are for from the list.", field="objective")
        with transaction() as session:
            row = post_templates.write(
                session,
                template_id,
                objective=Objective(typed["objective"]),
                title=typed["title"],
                text=typed.raw("text"),
                by=current_person(session),
                now=now(),
            )
    except BadInput as error:
        return _page(typed.refuse(error), template_id), 400
    flash(f"“{row.title}” is saved.", "success")
    return redirect(url_for("post_templates.show"))
