"""The policy's forms: file one, see what became of it, answer those that wait (P8, P30, P31)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from school import form_readers, form_turns, forms, people
from school.db import now, reading, transaction
from school.errors import BadInput, NotFound
from school.forms import FormRefused
from school.models.forms import FormKind, FormState
from school.settings import settings
from school.times import today
from school.wording import and_last
from web.access import current_person, signed_in
from web.forms import Typed
from web.naming import role_name

pages = Blueprint("policy_forms", __name__)


@pages.get("/forms")
@signed_in
def show() -> ResponseReturnValue:
    """Every form that can be filed, and those that the person filed or may see."""
    with reading() as session:
        person = current_person(session)
        waiting = forms.waiting_for(session, person)
        return render_template(
            "forms/list.html",
            forms=forms.FORMS,
            waiting=waiting,
            others=[one for one in forms.visible(session, person) if one not in waiting],
            names={one.id: one.name for one in people.everybody(session)},
            in_words=forms.IN_WORDS,
        )


def _kind(name: str) -> FormKind:
    try:
        return FormKind(name)
    except ValueError:
        raise NotFound("There is no such form.") from None


BY_LAW = "and the data protection officer only if somebody in it asks for what is held on them"
"""Who reads a report about the headteacher besides: the school must answer whoever it names (P34)."""


def _past_head() -> str:
    """Who will read a report about the headteacher that the person files (P3)."""
    with reading() as session:
        turn = form_turns.past_head(session, filed_by=current_person(session).id)
    if not turn.people or turn.own:
        return (
            "Then nobody but you can read it, for there is nobody here yet whom it can go to: take it to the "
            "chair of governors or the local authority yourself."
        )
    role = role_name(turn.role)
    names = and_last([person.name for person in turn.people])
    return f"Then you and the {role[0].lower()}{role[1:]} ({names}) alone can read it, {BY_LAW}."


def _blank(kind: FormKind, typed: Typed) -> str:
    return render_template(
        "forms/new.html",
        kind=kind,
        form=forms.FORMS[kind],
        past_head=_past_head() if kind is FormKind.INAPPROPRIATE_CONTENT else "",
        today=today(now()),
        typed=typed,
    )


@pages.get("/forms/<name>")
@signed_in
def new(name: str) -> ResponseReturnValue:
    """One form, empty."""
    return _blank(_kind(name), Typed())


@pages.post("/forms/<name>")
@signed_in
def file(name: str) -> ResponseReturnValue:
    """File it; what is missing is said beside each field, and nothing typed is lost."""
    kind, typed = _kind(name), Typed(request.form)
    try:
        with transaction() as session:
            entry = forms.file(
                session,
                kind,
                {field.name: typed.raw(field.name) for field in forms.FORMS[kind].fields},
                about_headteacher=bool(typed["about_headteacher"]),
                by=current_person(session),
                url=settings().effective_public_url,
                now=now(),
            )
    except FormRefused as error:
        typed.errors.update(error.problems)
        return _blank(kind, typed), 400
    flash("It is filed. You get an e-mail when something becomes of it.", "success")
    return redirect(url_for("policy_forms.entry", entry_id=entry.id))


def _entry(entry_id: UUID, typed: Typed) -> str:
    with reading() as session:
        person = current_person(session)
        found = forms.find(session, entry_id, by=person)
        return render_template(
            "forms/entry.html",
            entry=found,
            form=forms.FORMS[found.kind],
            moves=forms.open_moves(session, found, person),
            by_law=BY_LAW,
            readers=and_last([one.name for one in form_readers.readers(session, found)]),
            undelivered=[one.name for one in form_readers.undelivered(session, found, viewer=person)],
            turns=[(role_name(turn.role), turn) for turn in forms.turns(session, found)],
            names={one.id: one.name for one in people.everybody(session)},
            in_words=forms.IN_WORDS,
            day_of=date.fromisoformat,
            typed=typed,
        )


@pages.get("/forms/entries/<uuid:entry_id>")
@signed_in
def entry(entry_id: UUID) -> ResponseReturnValue:
    """One filed form with all its steps."""
    return _entry(entry_id, Typed())


@pages.post("/forms/entries/<uuid:entry_id>")
@signed_in
def answer(entry_id: UUID) -> ResponseReturnValue:
    """Sign, decide, or write down what was done; whether the person may is checked with the step."""
    typed = Typed(request.form)
    try:
        if typed["to"] not in set(FormState):
            raise BadInput("Choose what is to be done.", field="words")
        with transaction() as session:
            forms.answer(
                session,
                entry_id,
                FormState(typed["to"]),
                words=typed["words"],
                by=current_person(session),
                url=settings().effective_public_url,
                now=now(),
            )
    except BadInput as error:
        return _entry(entry_id, typed.refuse(error)), 400
    flash("Done. It is recorded with your name and the time.", "success")
    return redirect(url_for("policy_forms.entry", entry_id=entry_id))
