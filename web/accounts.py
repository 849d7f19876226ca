"""The school's accounts on the platforms: how they are, what they cost, and the big stop button."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from approvals import stops
from moderation.words import platform
from school import accounts, closing, people, register
from school.db import now, reading, transaction
from school.errors import BadInput
from school.models import School
from school.permissions import Action, may
from school.setup import current_school
from web.access import current_person, needs
from web.account_health import health
from web.forms import Typed

pages = Blueprint("accounts", __name__)


def _show(typed: Typed) -> str:
    moment = now()
    with reading() as session:
        school = current_school(session)
        found = accounts.everything(session)
        return render_template(
            "accounts/list.html",
            accounts=[health(session, account, now=moment) for account in found],
            lacks={account.id: register.problems(session, account, now=moment) for account in found},
            closed=closing.closed_accounts(session),
            school=school,
            stopped_by=people.get(session, school.publishing_stopped_by).name
            if school and school.publishing_stopped_by
            else "",
            **_stop_posts(session, school),
            typed=typed,
        )


def _stop_posts(session: Session, school: School | None) -> dict[str, list[tuple[UUID, str]]]:
    """What waits and what goes out as planned once publishing is allowed again, for whoever may allow it."""
    if school is None or school.publishing_stopped_at is None:
        return {}
    if not may(current_person(session), Action.STOP_PUBLISHING):
        return {}
    due, to_come = stops.while_stopped(session, since=school.publishing_stopped_at, now=now())
    return {"came_due": due, "to_come": to_come}


@pages.get("/accounts")
@needs(Action.SEE_ACCOUNTS)
def show() -> ResponseReturnValue:
    """Every account with its state, its last reading and its cost."""
    return _show(Typed())


@pages.post("/accounts/<uuid:account_id>/pause")
@needs(Action.RUN_ACCOUNTS)
def pause(account_id: UUID) -> ResponseReturnValue:
    """Stop using one account: nothing is read and nothing published there."""
    return _set_paused(account_id, True)


@pages.post("/accounts/<uuid:account_id>/resume")
@needs(Action.RUN_ACCOUNTS)
def resume(account_id: UUID) -> ResponseReturnValue:
    """Use the account again."""
    return _set_paused(account_id, False)


@pages.post("/accounts/<uuid:account_id>/read")
@needs(Action.RUN_ACCOUNTS)
def read_now(account_id: UUID) -> ResponseReturnValue:
    """Have the account read now; the workers do it within seconds."""
    try:
        with transaction() as session:
            account = accounts.get(session, account_id)
            accounts.ask_to_read(session, account)
    except BadInput as error:
        return _show(Typed(request.form).refuse(error)), 400
    flash(f"{account.display_name} on {platform(account.platform)} is read now.", "success")
    return redirect(url_for("accounts.show"))


@pages.post("/accounts/<uuid:account_id>/budget")
@needs(Action.CONNECT_ACCOUNTS)
def set_budget(account_id: UUID) -> ResponseReturnValue:
    """Say what the account may cost in a month."""
    typed = Typed(request.form)
    try:
        with transaction() as session:
            account = accounts.get(session, account_id)
            accounts.set_budget(session, account, typed["budget"], by=current_person(session), now=now())
    except BadInput as error:
        return _show(typed.refuse(error)), 400
    flash(f"The monthly budget of {account.display_name} is changed.", "success")
    return redirect(url_for("accounts.show"))


def _set_paused(account_id: UUID, paused: bool) -> ResponseReturnValue:
    typed = Typed(request.form)
    try:
        reason = people.reason_text(typed["reason"], field=f"reason-{account_id}")
        with transaction() as session:
            account = accounts.get(session, account_id)
            accounts.set_paused(
                session, account, paused, by=current_person(session), reason=reason, now=now()
            )
    except BadInput as error:
        return _show(typed.refuse(error)), 400
    name = f"{account.display_name} on {platform(account.platform)}"
    flash(f"{name} is {'paused' if paused else 'in use again'}.", "success")
    return redirect(url_for("accounts.show"))


def _waits(number: int) -> str:
    if not number:
        return "Nothing came due meanwhile: all posts go out as planned."
    if number == 1:
        return "1 post came due meanwhile and waits for a person’s word: look at it in the calendar."
    return f"{number} posts came due meanwhile and wait for a person’s word: look at them in the calendar."


@pages.post("/accounts/stop")
@needs(Action.STOP_PUBLISHING)
def stop() -> ResponseReturnValue:
    """Stop all publishing at once."""
    typed = Typed(request.form)
    try:
        with transaction() as session:
            stops.stop(
                session, by=current_person(session), reason=typed["stop_reason"], now=now()
            )
    except BadInput as error:
        return _show(typed.refuse(BadInput(str(error), field="stop_reason"))), 400
    flash(
        "All publishing is stopped. Nothing goes out until somebody allows it again here. The senior "
        "leadership team and the authors of what is scheduled are told by e-mail.",
        "warning",
    )
    return redirect(url_for("accounts.show") + "#publishing")


@pages.post("/accounts/allow")
@needs(Action.STOP_PUBLISHING)
def allow() -> ResponseReturnValue:
    """Let the product publish again."""
    typed = Typed(request.form)
    try:
        with transaction() as session:
            held = stops.allow(
                session, by=current_person(session), reason=typed["stop_reason"], now=now()
            )
            waits = len(stops.by_draft(session, held))
    except BadInput as error:
        return _show(typed.refuse(BadInput(str(error), field="stop_reason"))), 400
    flash(f"Publishing goes on. {_waits(waits)}", "success")
    return redirect(url_for("accounts.show") + "#publishing")
