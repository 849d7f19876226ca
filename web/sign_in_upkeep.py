"""Who is signed in, signing somebody out, and who waits to be let in again (P5)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from school import people, provider_links, recovery, second_factor, sign_ins
from school.db import now, reading, transaction
from school.errors import BadInput
from school.permissions import Action
from web.access import current_person, needs
from web.forms import Typed

pages = Blueprint("sign_ins", __name__)


def page(typed: Typed) -> str:
    """The page, with what was typed into one of its forms."""
    me = current_person()
    with reading() as session:
        waiting = [
            (one, person)
            for one in recovery.open_ones(session, now=now())
            if recovery.may_vouch(me, person := people.get(session, one.person_id))
        ]
        everybody = [person for person in people.everybody(session) if person.active]
        return render_template(
            "people/sign_ins.html",
            people=everybody,
            numbers=sign_ins.numbers(session, now=now()),
            with_one=second_factor.with_one(session),
            must={person.id for person in everybody if second_factor.demanded(session, person)},
            for_whom=[
                (person.id, person.name)
                for person in everybody
                if person.password is not None and recovery.may_vouch(me, person)
            ],
            waiting=waiting,
            seconds={
                one.id: [
                    each.name
                    for each in recovery.may_confirm(
                        session, person, but=people.get(session, one.asked_by_id)
                    )
                ]
                for one, person in waiting
                if one.asked_by_id is not None
            },
            names={person.id: person.name for person in people.everybody(session)},
            me=me,
            linked=provider_links.everybodys(session),
            shown_since=now() - provider_links.SHOWN_FOR,
            typed=typed,
        )


@pages.get("/sign-ins")
@needs(Action.END_SIGN_INS, Action.RECOVER_PEOPLE)
def show() -> ResponseReturnValue:
    """Everybody who may sign in: where they are signed in, and whether they have a second factor."""
    return page(Typed())


@pages.post("/sign-ins/<uuid:person_id>/end")
@needs(Action.END_SIGN_INS)
def end(person_id: UUID) -> ResponseReturnValue:
    """Sign somebody out everywhere."""
    typed = Typed(request.form)
    try:
        with transaction() as session:
            person = people.get(session, person_id)
            count = sign_ins.end_for(
                session, person, by=current_person(session), reason=typed[f"reason-{person_id}"], now=now()
            )
    except BadInput as error:
        return page(typed.refuse(BadInput(str(error), field=f"reason-{person_id}"))), 400
    flash(f"{person.name} is signed out in {count} browser{'' if count == 1 else 's'}.", "success")
    return redirect(url_for("sign_ins.show"))


@pages.post("/sign-ins/links/<uuid:identity_id>/unlink")
@needs(Action.END_SIGN_INS)
def unlink(identity_id: UUID) -> ResponseReturnValue:
    """Let somebody's account at the provider in no more, until it is matched anew."""
    typed, field = Typed(request.form), f"reason-{identity_id}"
    try:
        with transaction() as session:
            person = provider_links.unlink(
                session, identity_id, by=current_person(session), reason=typed[field], now=now()
            )
    except BadInput as error:
        return page(typed.refuse(BadInput(str(error), field=field))), 400
    flash(f"{person.name}'s account is unlinked, and they are signed out everywhere.", "success")
    return redirect(url_for("sign_ins.show"))
