"""Terms of use, training, and the policy's yearly review (P6, P7, P32)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from school import gates, people, terms, training
from school.db import now, reading, transaction
from school.errors import BadInput, MoveNotAllowed
from school.gates import Obstacle
from school.models import Person
from school.permissions import Action
from school.settings import settings
from school.times import today
from web.access import current_person, needs, signed_in
from web.forms import Typed
from web.people import day

pages = Blueprint("terms", __name__)


def my_obstacles(*, asked: bool = False) -> list[Obstacle]:
    """What keeps the person signed in from handing in a post; for templates. Empty for who writes none.

    `asked`: they came to write, whether or not they are somebody who does.
    """
    with reading() as session:
        person = current_person(session)
        if not asked and not gates.writes(session, person):
            return []
        return gates.obstacles(session, person, now=now(), accounts=True)


def _terms(typed: Typed) -> str:
    with reading() as session:
        person = current_person(session)
        version = terms.current(session)
        return render_template(
            "terms/terms.html",
            version=version,
            accepted_at=terms.accepted_at(session, person),
            versions=terms.versions(session),
            not_yet=terms.not_yet_accepted(session),
            first_text=terms.first_text(),
            reviews=terms.reviews(session),
            names={one.id: one.name for one in people.everybody(session)},
            today=today(now()),
            next_on=training.a_year_after(today(now())),
            typed=typed,
        )


@pages.get("/terms")
@signed_in
def show_terms() -> ResponseReturnValue:
    """The terms in force, and whether the person has accepted them."""
    return _terms(Typed())


@pages.post("/terms/accept")
@signed_in
def accept_terms() -> ResponseReturnValue:
    """Accept the version that was read."""
    number = request.form.get("version", "")
    with transaction() as session:
        terms.accept(
            session, number=int(number) if number.isdecimal() else 0, by=current_person(session), now=now()
        )
    flash("Thank you. That you accept the terms is recorded.", "success")
    return redirect(url_for("terms.show_terms"))


@pages.post("/terms")
@needs(Action.SET_TERMS)
def publish_terms() -> ResponseReturnValue:
    """Publish a new version; everybody is asked to accept it."""
    typed = Typed(request.form)
    try:
        with transaction() as session:
            version = terms.publish(
                session,
                text=typed.raw("text"),
                what_changed=typed["what_changed"],
                based_on=int(typed["based_on"]) if typed["based_on"].isdecimal() else 0,
                by=current_person(session),
                url=settings().effective_public_url,
                now=now(),
            )
    except BadInput as error:
        return _terms(typed.refuse(error)), 400
    except MoveNotAllowed as error:
        with reading() as session:
            newest = terms.current(session)
        # Whoever publishes again has read the sentence.
        typed.values = MultiDict({**typed.values, "based_on": str(newest.number if newest else 0)})
        return _terms(typed.refuse(BadInput(str(error)))), 409
    flash(f"Version {version.number} is in force. Everybody is asked by e-mail to accept it.", "success")
    return redirect(url_for("terms.show_terms"))


@pages.post("/terms/review")
@needs(Action.SET_TERMS)
def record_review() -> ResponseReturnValue:
    """Enter that the policy was reviewed, and when it is due again."""
    typed = Typed(request.form)
    try:
        reviewed = day(typed, "reviewed_on", "the day it was reviewed")
        following = day(typed, "next_on", "the day of the next review")
        with transaction() as session:
            terms.record_review(
                session,
                reviewed_on=reviewed,
                next_on=following,
                note=typed["note"],
                by=current_person(session),
                now=now(),
            )
    except BadInput as error:
        return _terms(typed.refuse(error)), 400
    flash("The review is recorded. You get a reminder before the next one.", "success")
    return redirect(url_for("terms.show_terms"))


def _training(typed: Typed) -> str:
    with reading() as session:
        moment = now()
        soon = today(moment) + timedelta(days=30)
        return render_template(
            "terms/training.html",
            standings=training.standings(session, now=moment),
            soon=soon,
            refresh=training.last_refresh(session),
            names={one.id: one.name for one in people.everybody(session)},
            today=today(moment),
            typed=typed,
        )


@pages.get("/training")
@needs(Action.MANAGE_TRAINING)
def show_training() -> ResponseReturnValue:
    """Who is trained until when."""
    return _training(Typed())


@pages.post("/training")
@needs(Action.MANAGE_TRAINING)
def record_training() -> ResponseReturnValue:
    """Enter who was trained."""
    typed = Typed(request.form)
    try:
        held, until = day(typed, "held_on", "the day it was held"), _optional_day(typed, "valid_until")
        with transaction() as session:
            made = training.record(
                session,
                person_ids=_people(typed),
                held_on=held,
                valid_until=until,
                about=typed["about"],
                by=current_person(session),
                now=now(),
            )
    except BadInput as error:
        return _training(typed.refuse(error)), 400
    count = len(made)
    flash(f"The training of {count} {'person' if count == 1 else 'people'} is recorded.", "success")
    return redirect(url_for("terms.show_training"))


@pages.post("/training/refresh")
@needs(Action.MANAGE_TRAINING)
def refresh_training() -> ResponseReturnValue:
    """After an incident: everybody is due again."""
    typed = Typed(request.form)
    try:
        with transaction() as session:
            training.refresh_after_incident(
                session,
                reason=typed["reason"],
                by=current_person(session),
                url=settings().effective_public_url,
                now=now(),
            )
    except BadInput as error:
        return _training(typed.refuse(error)), 400
    flash("Everybody is due for training again, and is told by e-mail.", "success")
    return redirect(url_for("terms.show_training"))


def training_of(person: Person) -> Markup:
    """The part of a person's own page that says until when their training counts."""
    with reading() as session:
        return Markup(  # noqa: S704 - what the template escaped already  # nosec B704
            render_template(
                "terms/mine.html",
                standing=training.standing(session, person, now=now()),
                accepted_at=terms.accepted_at(session, person),
                version=terms.current(session),
            )
        )


def _people(typed: Typed) -> list[UUID]:
    try:
        return [UUID(value) for value in typed.all("people")]
    except ValueError:
        raise BadInput("Tick people from the list.", field="people") from None


def _optional_day(typed: Typed, name: str) -> date | None:
    return day(typed, name, "the day") if typed[name] else None
