"""The school's devices that may be used for pictures: the network manager keeps the list (P29)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from school import devices, people
from school.db import now, reading, transaction
from school.errors import BadInput
from school.permissions import Action
from web.access import current_person, needs
from web.forms import Typed

pages = Blueprint("devices", __name__)


def _page(typed: Typed) -> str:
    with reading() as session:
        return render_template(
            "devices/list.html",
            approved=devices.approved(session),
            ended=devices.ended(session),
            names={person.id: person.name for person in people.everybody(session)},
            typed=typed,
        )


@pages.get("/devices")
@needs(Action.APPROVE_DEVICES)
def show() -> ResponseReturnValue:
    """The list."""
    return _page(Typed())


@pages.post("/devices")
@needs(Action.APPROVE_DEVICES)
def approve() -> ResponseReturnValue:
    """Put a device on it."""
    typed = Typed(request.form)
    try:
        with transaction() as session:
            device = devices.approve(session, name=typed["name"], by=current_person(session), now=now())
    except BadInput as error:
        return _page(typed.refuse(error)), 400
    flash(f"“{device.name}” may be used for pictures.", "success")
    return redirect(url_for("devices.show"))


@pages.post("/devices/<uuid:device_id>/end")
@needs(Action.APPROVE_DEVICES)
def end(device_id: UUID) -> ResponseReturnValue:
    """Take a device off it."""
    typed = Typed(request.form)
    try:
        with transaction() as session:
            device = devices.end(
                session, device_id, reason=typed["reason"], by=current_person(session), now=now()
            )
    except BadInput as error:
        return _page(typed.refuse(BadInput(str(error)))), 400
    flash(f"“{device.name}” may not be used any more.", "success")
    return redirect(url_for("devices.show"))
