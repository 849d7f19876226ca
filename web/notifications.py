"""How a person wants to be told of what: at once, once a day, or not by e-mail."""

from __future__ import annotations

from datetime import time

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from school import notices, people, push
from school.db import now, reading, transaction
from school.errors import BadInput
from school.models import Role
from school.notices import How, Kind, Wishes
from school.permissions import Action, may
from web import browsers
from web.access import current_person, signed_in
from web.forms import Typed

pages = Blueprint("notifications", __name__)

WAYS = {How.AT_ONCE: "at once", How.DIGEST: "in my daily digest", How.NONE: "not by e-mail"}


@pages.get("/me/notifications")
@signed_in
def show() -> ResponseReturnValue:
    """What the person chose."""
    return _show(Typed())


def _show(typed: Typed) -> str:
    with reading() as session:
        person = current_person(session)
        wishes = notices.of(session, person)
        kinds = notices.kinds_of(person)
        silenced = push.silenced(session, person)
        told = [(one, push.ABOUT[one].words, one.value not in silenced) for one in push.kinds_of(person)]
        subscriptions = push.of(session, person.id)
        also = (
            {Kind.DRAFTS: " Also what others decided in your place."}
            if Role.HEADTEACHER in person.roles
            else {}
        )
        may_decide = may(person, Action.APPROVE_DRAFTS) or person in people.deputies(session, now=now())
        # Chosen otherwise, and told at once all the same, since somebody must be.
        guard = (
            Kind.URGENT in kinds
            and wishes.of(Kind.URGENT) is not How.AT_ONCE
            and notices.in_force(session, person, Kind.URGENT) is How.AT_ONCE
        )
    return render_template(
        "me/notifications.html",
        kinds=kinds,
        about=notices.ABOUT,
        ways=WAYS,
        wishes=wishes,
        clock=_clock,
        guard=guard,
        also=also,
        told=told,
        subscriptions=subscriptions,
        may_decide=may_decide,
        one_by_one=person.asked_one_by_one,
        apple=browsers.apple(request.headers.get("User-Agent", "")),
        typed=typed,
    )


@pages.post("/me/notifications")
@signed_in
def choose() -> ResponseReturnValue:
    """Keep what the person chose."""
    typed = Typed(request.form)
    try:
        digest_at = _minute(typed, "digest_at")
        with transaction() as session:
            person = current_person(session)
            notices.choose(
                session,
                person,
                Wishes(
                    {kind: _way(typed, kind) for kind in notices.kinds_of(person)},
                    notices.DIGEST_AT if digest_at is None else digest_at,
                    _minute(typed, "quiet_from"),
                    _minute(typed, "quiet_to"),
                ),
            )
    except BadInput as error:
        return _show(typed.refuse(error)), 400
    flash("Saved.", "success")
    return redirect(url_for("notifications.show"))


@pages.post("/me/mails")
@signed_in
def choose_mails() -> ResponseReturnValue:
    """How the person is asked for decisions by e-mail."""
    with transaction() as session:
        current_person(session).asked_one_by_one = request.form.get("one_by_one") == "yes"
    flash("Kept.", "success")
    return redirect(url_for("notifications.show"))


def _way(typed: Typed, kind: Kind) -> How:
    if typed[kind.value] not in set(How):
        raise BadInput("Choose from the list how you want to be told.", field=kind.value)
    return How(typed[kind.value])


def _minute(typed: Typed, name: str) -> int | None:
    """A time of day in minutes after midnight; None where nothing was typed. Raises BadInput."""
    if not typed[name]:
        return None
    try:
        found = time.fromisoformat(typed[name])
    except ValueError:
        raise BadInput(
            f"The time “{typed[name][:40]}” can't be read. Write it as 16:00.", field=name
        ) from None
    return found.hour * 60 + found.minute


def _clock(minute: int | None) -> str:
    return "" if minute is None else f"{minute // 60:02}:{minute % 60:02}"
