"""People, their roles and authorisations, as the headteacher sets them (P1, P2)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as browser_session
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from school import accounts, addresses, gates, mail, people, register, roles, secrets, sign_up, standing_in
from school.db import now, reading, transaction
from school.errors import BadInput
from school.models import Account, Authorisation, Deputy, Person, Role
from school.permissions import SIGNED_ROLES, Action, may
from school.settings import settings
from school.setup import current_school
from school.times import parse_day, say_date, today
from web import second_look
from web.access import current_person, needs
from web.forms import Typed
from web.naming import ROLE_NAMES, platform_name, role_name

pages = Blueprint("people", __name__)

GIVEN_ROLES = [role for role in Role if role is not Role.STAFF]
"""Those that the headteacher gives; everybody is staff."""
LINK_SHOWN_FOR = timedelta(minutes=10)
"""So long the page of a sign-up link shows it again, in the browser that made it."""
_LINK = "sign_up_link"


def day(typed: Typed, name: str, called: str) -> date:
    """A date field; `called` as people read it. Raises BadInput for none and for what isn't a date."""
    return parse_day(typed[name], called, field=name)


def _list(typed: Typed) -> str:
    with reading() as session:
        standing = standing_in.named(session, now=now())
        return render_template(
            "people/list.html",
            people=people.everybody(session),
            could_stand_in=[
                one
                for one in standing_in.could(session, by=current_person(session))
                if one.id not in {person.id for person, _deputy in standing}
            ],
            standing=standing,
            today=today(now()),
            deputies={person.id for person in people.deputies(session, now=now())},
            roles=[(role, ROLE_NAMES[role]) for role in GIVEN_ROLES],
            typed=typed,
        )


@pages.get("/people")
@needs(Action.MANAGE_PEOPLE)
def show() -> ResponseReturnValue:
    """Everybody, and the form to add somebody."""
    return _list(Typed())


@pages.post("/people")
@needs(Action.MANAGE_PEOPLE)
def add() -> ResponseReturnValue:
    """Add somebody, and go on to their sign-up link."""
    typed = Typed(request.form)
    weighty = [role for role in GIVEN_ROLES if role in typed.all("roles") and role in SIGNED_ROLES]

    def work(session: Session, by: Person) -> tuple[Person, str]:
        _ask_about_domain(session, typed)
        made, token = people.add(
            session,
            name=typed["name"],
            email=typed["email"],
            roles=[Role(value) for value in typed.all("roles") if value in set(GIVEN_ROLES)],
            by=by,
            reason=typed["reason"],
            now=now(),
        )
        for role in weighty:
            roles.tell_of_newcomer(
                session, made, role, called=role_name(role), by=by, reason=typed["reason"], now=now()
            )
        return made, token

    question = second_look.Question(
        f"Add {typed['name']} with these roles?",
        "Sign, add and show the sign-up link",
        back=url_for("people.show"),
        says=second_look.of_headteachers(typed["name"]) if Role.HEADTEACHER in weighty else [],
        gains=weighty,
    )
    person, token = second_look.signed(
        typed, work, question, needed=bool(weighty), refused=lambda error: _list(typed.refuse(error))
    )
    return to_link(person, token)


def _ask_about_domain(session: Session, typed: Typed) -> None:
    """Raise BadInput for an address elsewhere until its tick says that it is meant, as a governor's is."""
    school, (name, _at, domain) = current_school(session), typed["email"].casefold().rpartition("@")
    # What is no address at all is refused as such.
    if school is None or not name or "." not in domain or typed["outside"] == "yes":
        return
    if domain != school.domain and not domain.endswith(f".{school.domain}"):
        raise BadInput(
            f"“{typed['email'][:80]}” doesn’t end in @{school.domain}: is it somebody’s own address? The "
            "school’s e-mails, with what parents wrote, would go there. Tick that it is meant, or change it.",
            field="outside",
        )


def to_link(person: Person, token: str) -> ResponseReturnValue:
    """Go on to the page of the link, so that reloading it doesn't add or invite once more.

    The token is stored nowhere: the browser brings it back, sealed.
    """
    sealed = secrets.encrypt(json.dumps([str(person.id), token]).encode())
    browser_session[_LINK] = sealed.decode()
    return redirect(url_for("people.link", person_id=person.id))


@pages.get("/people/<uuid:person_id>/link")
@needs(Action.MANAGE_PEOPLE)
def link(person_id: UUID) -> ResponseReturnValue:
    """The sign-up link that was just made in this browser; later, where to make another."""
    with reading() as session:
        somebody = people.get(session, person_id)
    token = _just_made(person_id)
    return render_template(
        "people/link.html",
        person=somebody,
        address=settings().effective_public_url + url_for("join.show", token=token) if token else "",
        lifetime=sign_up.LIFETIME,
        minutes=LINK_SHOWN_FOR // timedelta(minutes=1),
    )


def _just_made(person_id: UUID) -> str:
    """The token of the link that this browser made for somebody; empty where that is too long ago."""
    try:
        sealed = str(browser_session.get(_LINK, "")).encode()
        whose, token = json.loads(
            secrets.decrypt(sealed, at_most_seconds_old=int(LINK_SHOWN_FOR.total_seconds()))
        )
    except secrets.KeyMissing:
        return ""
    return str(token) if whose == str(person_id) else ""


def _authorisations(session: Session, person_id: UUID) -> list[tuple[Authorisation, Account]]:
    query = (
        sa.select(Authorisation, Account)
        .join(Account, Account.id == Authorisation.account_id)
        .where(Authorisation.person_id == person_id)
        .order_by(Authorisation.granted_at.desc())
    )
    return [(leave, account) for leave, account in session.execute(query)]


def _deputies(session: Session, person_id: UUID) -> list[Deputy]:
    query = sa.select(Deputy).where(Deputy.person_id == person_id).order_by(Deputy.first_day.desc())
    return list(session.scalars(query))


def one_page(person_id: UUID, typed: Typed) -> str:
    """The page of one person, with what was typed into one of its forms."""
    with reading() as session:
        person = people.get(session, person_id)
        leaves = _authorisations(session, person_id)
        in_force = {account.id for leave, account in leaves if leave.withdrawn_at is None}
        return render_template(
            "people/person.html",
            shown=person,
            undelivered=mail.undelivered_to(session, person, viewer=current_person(session)),
            grants=sorted(person.grants, key=lambda grant: grant.granted_at, reverse=True),
            leaves=leaves,
            free_accounts=[
                (account.id, f"{account.display_name} on {platform_name(account.platform)}")
                for account in accounts.everything(session)
                if account.id not in in_force
            ],
            free_roles=[(role, role_name(role)) for role in GIVEN_ROLES if role not in person.roles],
            deputies=_deputies(session, person_id),
            no_deputy=""
            if person.roles & people.DEPUTY_ROLES
            else standing_in.none_of_the_roles(session, person, by=current_person(session)),
            obstacles=gates.obstacles(session, person, now=now(), accounts=True)
            if may(person, Action.WRITE_DRAFTS)
            else [],
            owned=register.owned_by(session, person_id),
            successors=[
                ("nobody", "Nobody yet"),
                *(
                    (one.id, one.name)
                    for one in people.everybody(session)
                    if one.active and one.id != person_id
                ),
            ],
            names={one.id: one.name for one in people.everybody(session)},
            today=today(now()),
            typed=typed,
        )


@pages.get("/people/<uuid:person_id>")
@needs(Action.MANAGE_PEOPLE)
def person(person_id: UUID) -> ResponseReturnValue:
    """One person with everything granted and withdrawn, when and why."""
    return one_page(person_id, Typed())


@pages.post("/people/<uuid:person_id>/address")
@needs(Action.MANAGE_PEOPLE)
def change_address(person_id: UUID) -> ResponseReturnValue:
    """Give somebody another e-mail address; both addresses are told.

    The address is what a provider's sign-in is matched by first, so that of somebody whose roles need a
    PIN needs one too.
    """
    typed, (whom, weighty) = Typed(request.form), found(person_id)

    def work(session: Session, by: Person) -> Person:
        somebody = people.get(session, person_id)
        addresses.change(session, somebody, typed["email"], by=by, reason=typed["address_reason"], now=now())
        return somebody

    question = about(
        person_id,
        f"Change the e-mail address of {whom.name}?",
        "Sign and change the address",
        says=[
            f"{whom.name} signs in with {typed['email']} from then on, and e-mails go there.",
            "Both addresses are told.",
        ],
        gains=weighty,
    )
    somebody = second_look.signed(
        typed, work, question, needed=bool(weighty),
        refused=lambda error: one_page(person_id, typed.refuse(named(error, "address"))),
    )  # fmt: skip
    flash(f"E-mail to {somebody.name} goes to {somebody.email} from now on.", "success")
    return redirect(url_for("people.person", person_id=person_id))


@pages.post("/people/<uuid:person_id>/authorisations")
@needs(Action.MANAGE_PEOPLE)
def authorise(person_id: UUID) -> ResponseReturnValue:
    """Let somebody write for an account (P1)."""
    typed = Typed(request.form)
    try:
        account_id = typed.identifier("account")
        with transaction() as session:
            somebody, account = people.get(session, person_id), accounts.get(session, account_id)
            people.authorise(
                session,
                somebody,
                account,
                by=current_person(session),
                reason=typed["account_reason"],
                now=now(),
            )
    except BadInput as error:
        return one_page(person_id, typed.refuse(named(error, "account"))), 400
    name = f"{account.display_name} on {platform_name(account.platform)}"
    flash(f"{somebody.name} may now write for {name}.", "success")
    return redirect(url_for("people.person", person_id=person_id))


@pages.post("/people/<uuid:person_id>/authorisations/withdraw")
@needs(Action.MANAGE_PEOPLE)
def withdraw_authorisation(person_id: UUID) -> ResponseReturnValue:
    """End somebody's leave to write for an account."""
    typed = Typed(request.form)
    try:
        account_id = typed.identifier("account")
        with transaction() as session:
            somebody, account = people.get(session, person_id), accounts.get(session, account_id)
            people.withdraw_authorisation(
                session, somebody, account, by=current_person(session), reason=typed["reason"], now=now()
            )
    except BadInput as error:
        return one_page(person_id, typed.refuse(BadInput(str(error)))), 400
    flash(f"{somebody.name} may no longer write for {account.display_name}.", "success")
    return redirect(url_for("people.person", person_id=person_id))


@pages.post("/people/<uuid:person_id>/deputy")
@needs(Action.MANAGE_PEOPLE)
def name_deputy(person_id: UUID) -> ResponseReturnValue:
    """Name a deputy for an absence."""
    typed = Typed(request.form)
    try:
        first, last = day(typed, "first_day", "the first day"), day(typed, "last_day", "the last day")
        with transaction() as session:
            somebody = people.get(session, person_id)
            standing_in.name(
                session, somebody, first_day=first, last_day=last, by=current_person(session), now=now()
            )
    except BadInput as error:
        return one_page(person_id, typed.refuse(error)), 400
    flash(f"{somebody.name} stands in from {say_date(first)} to {say_date(last)}.", "success")
    return redirect(url_for("people.person", person_id=person_id, _anchor="deputy"))


@pages.post("/people/<uuid:person_id>/deputy/<uuid:deputy_id>/withdraw")
@needs(Action.MANAGE_PEOPLE)
def withdraw_deputy(person_id: UUID, deputy_id: UUID) -> ResponseReturnValue:
    """End a deputy's dates at once."""
    with transaction() as session:
        deputy = standing_in.withdraw(session, deputy_id, by=current_person(session), now=now())
        name = people.get(session, deputy.person_id).name
    flash(f"{name} doesn’t stand in on those days any more.", "success")
    return redirect(url_for("people.person", person_id=person_id))


def found(person_id: UUID) -> tuple[Person, list[Role]]:
    """The person, and which of their roles are given and taken with a PIN, in the order of the table."""
    with reading() as session:
        somebody = people.get(session, person_id)
        weighty = roles.weighty(somebody)
    return somebody, [role for role in Role if role in weighty]


def about(
    person_id: UUID,
    title: str,
    button: str,
    *,
    says: Sequence[str] = (),
    gains: Sequence[Role] = (),
    loses: Sequence[Role] = (),
) -> second_look.Question:
    """What is signed about somebody, whose page one goes back to."""
    return second_look.Question(
        title, button, url_for("people.person", person_id=person_id), says, gains, loses
    )


def named(error: BadInput, form: str) -> BadInput:
    """Two forms of the page have a field `reason`: say which one is meant."""
    return BadInput(str(error), field=f"{form}_reason") if error.field == "reason" else error
