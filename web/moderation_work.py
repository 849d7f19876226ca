"""How people work in the queue: by keyboard, with pauses, and what they did today."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from moderation import assigning, day, habits, referrals, review
from moderation import words as moderation_words
from school.db import now, reading, transaction
from school.errors import BadInput
from school.permissions import Action
from school.settings import settings
from web.access import current_person, needs
from web.forms import Typed, whole_number

pages = Blueprint("work", __name__)


_REFERRED_FOR = timedelta(days=30)
"""So long somebody is shown what has become of what they referred."""


@pages.context_processor
def _words() -> dict[str, object]:
    return {"said": moderation_words}


@pages.get("/moderation/done")
@needs(Action.MODERATE)
def done() -> ResponseReturnValue:
    """What the person did today, and the team."""
    with reading() as session:
        person = current_person(session)
        found = day.so_far(session, viewer=person, now=now())
        made = referrals.made_by(session, person, since=now() - _REFERRED_FOR)
    return render_template("moderation/done.html", day=found, referred=made)


@pages.get("/moderation/keys")
@needs(Action.MODERATE, Action.SEE_REFERRALS)
def keys() -> ResponseReturnValue:
    """What each key does, to be read or printed, and the person's own settings."""
    return _keys(Typed())


def _keys(typed: Typed) -> str:
    with reading() as session:
        person = current_person(session)
        found = habits.of(session, person, now=now())
    return render_template(
        "moderation/keys.html", habits=found, choices=habits.CHOICES, person=person, typed=typed
    )


@pages.post("/moderation/keys")
@needs(Action.MODERATE, Action.SEE_REFERRALS)
def choose() -> ResponseReturnValue:
    """Switch single keys on or off, and choose when a pause is offered."""
    typed = Typed(request.form)
    after = whole_number(typed["pause_after"])
    try:
        with transaction() as session:
            habits.choose(
                session,
                current_person(session),
                single_keys=typed["single_keys"] == "yes",
                pause_after=-1 if after is None else after,
            )
    except BadInput as error:
        return _keys(typed.refuse(error)), 400
    flash("Saved.", "success")
    return redirect(url_for("work.keys"))


@pages.post("/moderation/shown")
@needs(Action.MODERATE, Action.SEE_REFERRALS)
def shown() -> ResponseReturnValue:
    """A text was uncovered; whether a pause is to be offered now."""
    with transaction() as session:
        found = habits.shown(session, current_person(session), now=now())
    return jsonify(pause=found.tired, seen=found.seen)


@pages.post("/moderation/<uuid:entry_id>/assign")
@needs(Action.MODERATE)
def assign(entry_id: UUID) -> ResponseReturnValue:
    """Give an entry to a colleague."""
    typed = Typed(request.form)
    try:
        with transaction() as session:
            person = current_person(session)
            # Before anything is said of what was sent: an entry that they may not see is none.
            review.get_case(session, entry_id, viewer=person)
            to = assigning.assign(
                session,
                entry_id,
                to_id=typed.identifier("to"),
                by=person,
                url=settings().effective_public_url,
                now=now(),
            )
    except BadInput as error:
        flash(str(error), "error")
        return redirect(url_for("moderation.entry", entry_id=entry_id))
    flash(f"Given to {to.name}, who is told by e-mail.", "success")
    return redirect(url_for("moderation.queue"))


@pages.post("/moderation/<uuid:entry_id>/police")
@needs(Action.REFER)
def police(entry_id: UUID) -> ResponseReturnValue:
    """Note the number that the police gave, which ends the task to ring them (P22)."""
    typed = Typed(request.form)
    try:
        with transaction() as session:
            person = current_person(session)
            review.get_case(session, entry_id, viewer=person)
            referrals.rung(session, entry_id, typed["reference"], by=person, now=now())
    except BadInput as error:
        flash(str(error), "error")
    else:
        flash("The police’s number is noted.", "success")
    if typed["back"] == "tasks":
        return redirect(url_for("moderation.tasks"))
    return redirect(url_for("moderation.entry", entry_id=entry_id))


@pages.post("/moderation/hand-over")
@needs(Action.MODERATE)
def hand_over() -> ResponseReturnValue:
    """Give everything that one has taken or was given to a colleague, for a pause."""
    typed = Typed(request.form)
    try:
        with transaction() as session:
            person = current_person(session)
            done = assigning.hand_over(
                session,
                to_id=typed.identifier("to"),
                by=person,
                url=settings().effective_public_url,
                now=now(),
            )
            habits.rested(session, person, now=now())
    except BadInput as error:
        flash(str(error), "error")
        return redirect(url_for("moderation.queue"))
    kept = f" {done.stay} can’t be handed over and stay with you." if done.stay else ""
    if done.given:
        many = "1 entry is" if done.given == 1 else f"{done.given} entries are"
        flash(f"{many} handed over to {done.to.name}.{kept} Have a good break.", "success")
    else:
        flash(
            f"You had taken no entry, so there was nothing to hand over.{kept} Have a good break.", "success"
        )
    return redirect(url_for("today.show"))


@pages.post("/moderation/rested")
@needs(Action.MODERATE, Action.SEE_REFERRALS)
def rested() -> ResponseReturnValue:
    """Go on after the offer of a pause."""
    with transaction() as session:
        habits.rested(session, current_person(session), now=now())
    return redirect(url_for("moderation.queue"))
