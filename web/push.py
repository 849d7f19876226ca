"""Notices in the person's own browsers: turning them on here, of what, and off again."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, current_app, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from connectors import push_service
from school import push
from school.db import now, transaction
from school.errors import BadInput
from web import browsers
from web.access import current_person, public, signed_in
from web.limits import limiter

pages = Blueprint("push", __name__)


@pages.get("/push-worker.js")
@public
def worker() -> ResponseReturnValue:
    """What shows notices while no page is open; at the root, so that a notice can open any page."""
    answer = current_app.send_static_file("push-worker.js")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@pages.post("/me/notifications/push/key")
@signed_in
def key() -> ResponseReturnValue:
    """The school's public key, which a browser wants to be told."""
    with transaction() as session:
        current_person(session)
        return jsonify(key=push.public_key(session))


@pages.post("/me/notifications/push")
@signed_in
@limiter.limit("60 per hour")
def add() -> ResponseReturnValue:
    """Keep what this browser said, so that it can be written to."""
    said = request.form.get("subscription", "")
    try:
        allowed = push_service.known(push.endpoint_of(said))
        with transaction() as session:
            push.subscribe(
                session,
                current_person(session),
                said,
                browser=browsers.in_words(request.headers.get("User-Agent", "")),
                allowed=allowed,
                now=now(),
            )
        flash("This browser shows notices now.", "success")
    except BadInput as error:
        flash(str(error), "danger")
    return redirect(url_for("notifications.show", _anchor="browsers"))


@pages.post("/me/notifications/push/kinds")
@signed_in
def choose() -> ResponseReturnValue:
    """Of what the person wants notices."""
    with transaction() as session:
        push.choose(session, current_person(session), request.form.getlist("kind"))
    flash("Saved.", "success")
    return redirect(url_for("notifications.show", _anchor="browsers"))


@pages.post("/me/notifications/push/<uuid:subscription_id>/remove")
@signed_in
def remove(subscription_id: UUID) -> ResponseReturnValue:
    """Send no more notices to one of the person's browsers."""
    with transaction() as session:
        push.remove(session, subscription_id, by=current_person(session), now=now())
    flash("That browser gets no more notices.", "success")
    return redirect(url_for("notifications.show", _anchor="browsers"))
