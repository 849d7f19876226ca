"""Letters to parents about an entry (P20), and the templates and letterhead that they are made with."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from moderation import letter_templates, letters, review
from moderation.letters import Draft
from moderation.models import LogEntry
from school import letterhead
from school.db import new_id, now, reading, transaction
from school.errors import BadInput
from school.permissions import Action
from school.settings import settings
from web.access import current_person, needs
from web.documents import pdf
from web.forms import Typed

pages = Blueprint("letters", __name__)

NEW = "new"


# Templates and letterhead


def _list(typed: Typed) -> str:
    with reading() as session:
        return render_template(
            "letters/templates.html",
            templates=letter_templates.templates(session),
            head=letterhead.newest(session),
            shown=letterhead.current(session),
            placeholders=letter_templates.PLACEHOLDERS,
            typed=typed,
        )


def _of(name: str) -> Typed:
    """What was typed into one of the page's many forms, with which of them it was."""
    return Typed({**request.form.to_dict(), "form": name})


@pages.get("/letters")
@needs(Action.SET_LETTERS)
def show() -> ResponseReturnValue:
    """The letterhead and every template."""
    return _list(Typed())


@pages.post("/letters/letterhead")
@needs(Action.SET_LETTERS)
def set_letterhead() -> ResponseReturnValue:
    """Enter the school's address."""
    typed = _of("letterhead")
    try:
        with transaction() as session:
            letterhead.change(
                session,
                address=typed["address"],
                contact=typed["contact"],
                by=current_person(session),
                now=now(),
            )
    except BadInput as error:
        return _list(typed.refuse(error)), 400
    flash("The letterhead is saved.", "success")
    return redirect(url_for("letters.show"))


@pages.post("/letters/templates/<key>")
@needs(Action.SET_LETTERS)
def save(key: str) -> ResponseReturnValue:
    """Save a template; `new` makes one."""
    typed = _of(key)
    try:
        with transaction() as session:
            letter_templates.save(
                session,
                None if key == NEW else key,
                name=typed["name"],
                body=typed.raw("body"),
                by=current_person(session),
                now=now(),
            )
    except BadInput as error:
        return _list(typed.refuse(error)), 400
    flash("The template is saved.", "success")
    return redirect(url_for("letters.show"))


@pages.post("/letters/templates/<key>/retire")
@needs(Action.SET_LETTERS)
def retire(key: str) -> ResponseReturnValue:
    """No longer offer a template."""
    with transaction() as session:
        letter_templates.retire(session, key, by=current_person(session), now=now())
    flash("The template is no longer offered. Letters that were made from it stay.", "success")
    return redirect(url_for("letters.show"))


# A letter


def _draft(typed: Typed) -> Draft:
    return Draft(
        template=typed["template"],
        reader=typed["reader"],
        address=typed.raw("address"),
        body=typed.raw("body"),
        names_checked=typed["names_checked"] == "yes",
    )


def _write(entry_id: UUID, typed: Typed) -> str:
    with reading() as session:
        person = current_person(session)
        filled = letters.fill(session, entry_id, _draft(typed), by=person, now=now())
        return render_template(
            "letters/write.html",
            entry=session.get_one(LogEntry, entry_id),
            filled=filled,
            placeholders=letter_templates.PLACEHOLDERS,
            address_known=letterhead.newest(session) is not None,
            typed=typed,
        )


@pages.get("/moderation/<uuid:entry_id>/letter")
@needs(Action.ISSUE_LETTERS)
def begin(entry_id: UUID) -> ResponseReturnValue:
    """Choose a template; with one chosen, the letter as it would be."""
    key = request.args.get("template", "")
    with reading() as session:
        review.get_case(session, entry_id, viewer=current_person(session))
        entry = session.get_one(LogEntry, entry_id)
        if not key:
            worry = any(reason.get("kind") == "safeguarding" for reason in entry.reasons)
            found = letter_templates.templates(session)
            if worry:
                found.sort(key=lambda one: one.key != letter_templates.REFERRAL)
            return render_template("letters/choose.html", entry=entry, templates=found, worry=worry)
        template = letter_templates.get(session, key)
    values = {
        "template": key,
        "letter": str(new_id()),
        # A worry about a child goes to those who protect children, never by itself to who wrote it.
        "reader": "" if key == letter_templates.REFERRAL else entry.author_name,
        "address": "",
        "body": template.body,
    }
    return _write(entry_id, Typed(values))


@pages.post("/moderation/<uuid:entry_id>/letter")
@needs(Action.ISSUE_LETTERS)
def send(entry_id: UUID) -> ResponseReturnValue:
    """Show the letter again as it was changed, or issue it."""
    typed = Typed(request.form)
    if typed["do"] != "issue":
        return _write(entry_id, typed)
    try:
        moment, letter_id = now(), typed.identifier("letter")
        with reading() as session:
            prepared = letters.prepare(
                session,
                letter_id,
                entry_id,
                _draft(typed),
                by=current_person(session),
                url=settings().effective_public_url,
                now=moment,
            )
        with transaction() as session:
            letters.keep(session, prepared, by=current_person(session), now=moment)
    except BadInput as error:
        return _write(entry_id, typed.refuse(error)), 400
    flash("The letter is issued: print it or attach it, and send it.", "success")
    return redirect(url_for("moderation.entry", entry_id=entry_id, _anchor="letters"))


@pages.get("/moderation/<uuid:entry_id>/letters/<uuid:letter_id>")
@needs(Action.ISSUE_LETTERS)
def file(entry_id: UUID, letter_id: UUID) -> ResponseReturnValue:
    """The PDF of a letter as it was issued."""
    with reading() as session:
        found = letters.get(session, entry_id, letter_id, viewer=current_person(session))
        return pdf(found.file, f"letter-{found.issued_at:%Y-%m-%d}")
