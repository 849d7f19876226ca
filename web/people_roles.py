"""Giving and taking a role, a new sign-up link, letting in and shutting out; the weighty with a PIN (P1)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from approvals import calendar_feed, drafts
from school import people, register, roles, sign_up
from school.db import now, reading
from school.errors import BadInput
from school.models import Account, Person, Role
from school.permissions import SIGNED_ROLES, Action
from web import second_look
from web.access import needs, present
from web.forms import Typed
from web.naming import platform_name, role_name
from web.people import about, found, named, one_page, to_link
from web.signin import go_on

pages = Blueprint("people_roles", __name__)


def _role(person_id: UUID, typed: Typed) -> Role:
    try:
        return Role(typed["role"])
    except ValueError:
        refused = typed.refuse(BadInput("Choose a role from the list.", field="role"))
        abort(make_response(one_page(person_id, refused), 400))


@pages.post("/people/<uuid:person_id>/roles")
@needs(Action.MANAGE_PEOPLE)
def give(person_id: UUID) -> ResponseReturnValue:
    """Give a role; the person signs in anew. Whoever gives themselves one goes on under a new sign-in."""
    typed, (me, here) = Typed(request.form), present()
    (somebody, _weighty), role = found(person_id), _role(person_id, typed)

    def work(session: Session, by: Person) -> None:
        whom = people.get(session, person_id)
        if role in roles.in_force(whom):
            raise BadInput(f"{whom.name} has the role already: {role_name(role)}.", field="role")
        roles.give(session, whom, role, called=role_name(role), by=by, reason=typed["role_reason"], now=now())

    question = about(
        person_id,
        f"Give {somebody.name} the role: {role_name(role)}?",
        "Sign and give the role",
        says=second_look.of_headteachers(somebody.name) if role is Role.HEADTEACHER else [],
        gains=[role],
    )
    second_look.signed(
        typed, work, question, needed=role in SIGNED_ROLES,
        refused=lambda error: one_page(person_id, typed.refuse(named(error, "role"))),
    )  # fmt: skip
    anew = " Where they were signed in, they sign in anew."
    if somebody.id == me.id:
        go_on(somebody, here, proved=False)
        anew = ""
    flash(f"{somebody.name} now has the role: {role_name(role)}.{anew}", "success")
    return redirect(url_for("people.person", person_id=person_id))


@pages.post("/people/<uuid:person_id>/roles/withdraw")
@needs(Action.MANAGE_PEOPLE)
def withdraw(person_id: UUID) -> ResponseReturnValue:
    """Take a role away; the person is signed out everywhere."""
    typed = Typed(request.form)
    (somebody, _weighty), role = found(person_id), _role(person_id, typed)

    def work(session: Session, by: Person) -> None:
        whom = people.get(session, person_id)
        roles.take(session, whom, role, called=role_name(role), by=by, reason=typed["reason"], now=now())

    question = about(
        person_id,
        f"Take the role from {somebody.name}: {role_name(role)}?",
        "Sign and take the role away",
        says=[f"{somebody.name} is signed out everywhere at once."],
        loses=[role],
    )
    second_look.signed(
        typed, work, question, needed=role in SIGNED_ROLES,
        refused=lambda error: one_page(person_id, typed.refuse(BadInput(str(error)))),
    )  # fmt: skip
    flash(f"{somebody.name} no longer has the role: {role_name(role)}.", "success")
    return redirect(url_for("people.person", person_id=person_id))


@pages.post("/people/<uuid:person_id>/link")
@needs(Action.MANAGE_PEOPLE)
def new_link(person_id: UUID) -> ResponseReturnValue:
    """A new sign-up link, for somebody who lost theirs before they used it.

    Whoever has it becomes that person, so it needs what giving their roles needs.
    """
    typed, (somebody, weighty) = Typed(request.form), found(person_id)

    def work(session: Session, by: Person) -> tuple[Person, str]:
        whom = people.get(session, person_id)
        return whom, sign_up.invite(session, whom, by=by, now=now())

    question = about(
        person_id,
        f"Make a new sign-up link for {somebody.name}?",
        "Sign and make the link",
        says=[f"Whoever opens the link first signs in as {somebody.name}. An earlier link stops working."],
        gains=weighty,
    )
    whom, token = second_look.signed(typed, work, question, needed=bool(weighty))
    return to_link(whom, token)


@pages.post("/people/<uuid:person_id>/active")
@needs(Action.MANAGE_PEOPLE)
def set_active(person_id: UUID) -> ResponseReturnValue:
    """Shut somebody out, or let them in again, whose roles count again then."""
    typed, (somebody, weighty) = Typed(request.form), found(person_id)
    active, held = typed["active"] == "yes", [role for role in Role if role in roles.in_force(somebody)]

    def work(session: Session, by: Person) -> list[Account]:
        whom, orphaned = people.get(session, person_id), []
        if not active:
            successors = _successors(session, person_id, typed)
            orphaned = register.hand_over(session, whom, successors, by=by, now=now())
            # Whoever has its address goes without it, also once the person is let in again.
            calendar_feed.end(session, of=whom, by=by, now=now())
        people.set_active(session, whom, active, by=by, reason=typed["reason"], now=now())
        for role in weighty:
            roles.tell_of_access(
                session, whom, role, called=role_name(role), by=by, reason=typed["reason"], now=now()
            )
        return orphaned

    def refused(error: BadInput) -> str:
        field = error.field if error.field.startswith("successor-") else ""
        return one_page(person_id, typed.refuse(BadInput(str(error), field=field)))

    question = about(
        person_id,
        f"Let {somebody.name} in again?" if active else f"Shut {somebody.name} out?",
        ("Sign and let in" if active else "Sign and shut out") if weighty else "Shut out",
        says=[] if active else _left_behind(somebody),
        gains=weighty if active else [],
        loses=[] if active else held,
    )
    orphaned = second_look.signed(
        typed, work, question, needed=bool(weighty), look=not active, refused=refused
    )
    flash(
        f"{somebody.name} may sign in again." if active else f"{somebody.name} can no longer sign in.",
        "success",
    )
    for account in orphaned:
        flash(
            f"Nobody took over @{account.handle} on {platform_name(account.platform)}. Name an administrator "
            "on the account’s page.",
            "warning",
        )
    return redirect(url_for("people.person", person_id=person_id))


def _left_behind(somebody: Person) -> list[str]:
    """What becomes of the rights and the posts of somebody who is shut out."""
    with reading() as session:
        count = drafts.unpublished_of(session, somebody)
    name = somebody.name
    said = [
        f"{name} is signed out everywhere at once. Roles, and what {name} may write for, count for nothing "
        f"until you let {name} in again; then they count as before."
    ]
    if count == 1:
        said.append(f"1 post of {name}’s is handed in or approved and not published: it does not go out.")
    elif count:
        said.append(
            f"{count} posts of {name}’s are handed in or approved and not published: they do not go out."
        )
    if count:
        said.append(
            "Where one still should, somebody else opens it under Drafts and presses “Write a new one like "
            "it”."
        )
    return said


def _successors(session: Session, person_id: UUID, typed: Typed) -> dict[UUID, Person | None]:
    """Who takes over each of the person's accounts; those for which nothing was chosen are left out."""
    chosen: dict[UUID, Person | None] = {}
    for account in register.owned_by(session, person_id):
        name = f"successor-{account.id}"
        if typed[name] == "nobody":
            chosen[account.id] = None
        elif typed[name]:
            chosen[account.id] = people.get(session, typed.identifier(name))
    return chosen
