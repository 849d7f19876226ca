"""`schoolgate people …`: who may do what, given and taken by the headteacher (P1, P2)."""

from __future__ import annotations

from typing import Annotated

import sqlalchemy as sa
import typer
from sqlalchemy.orm import Session

from school import people, recovery, roles
from school.db import now, reading, transaction
from school.errors import BadInput
from school.models import Account, Person, Role
from school.permissions import SIGNED_ROLES
from web.naming import role_name
from worker.commands.networks import account_called
from worker.commands.schools import sign_up_link, where_it_begins
from worker.terminal import AsJson, answer, table

commands = typer.Typer(help="People, their roles, and whom the headteacher lets write for which account.")

By = Annotated[str, typer.Option("--by", help="E-mail address of the headteacher who decides this.")]
Why = Annotated[str, typer.Option("--reason", help="Why, for the record.")]
Who = Annotated[str, typer.Argument(metavar="EMAIL", help="The person's e-mail address.")]


def person_at(session: Session, email: str, *, field: str = "email") -> Person:
    """The person with that address. Raises BadInput."""
    found = people.find(session, email)
    if found is None:
        raise BadInput(
            f"Nobody here has the address “{email[:80]}”. See `schoolgate people list`.", field=field
        )
    return found


def role_called(name: str) -> Role:
    """A role by its name, with - or _ between words. Raises BadInput naming all roles."""
    wanted = name.strip().lower().replace("-", "_").replace(" ", "_")
    try:
        return Role(wanted)
    except ValueError:
        known = ", ".join(role.value for role in Role)
        raise BadInput(f"“{name[:40]}” is no role. The roles are: {known}.", field="role") from None


@commands.command("add")
def add(
    name: Annotated[str, typer.Option(help="The person's name.")],
    email: Annotated[str, typer.Option(help="The person's e-mail address.")],
    by: By,
    role: Annotated[
        list[str] | None, typer.Option(help="A role; may be given several times. None: staff.")
    ] = None,
    reason: Why = "New member of staff",
    as_json: AsJson = False,
) -> None:
    """Add a person and print the sign-up link with which they set password and PIN."""
    given = {role_called(item) for item in role or []}
    with transaction() as session:
        head = person_at(session, by, field="by")
        person, token = people.add(
            session, name=name, email=email, roles=given, by=head, reason=reason, now=now()
        )
        for one in sorted(given & SIGNED_ROLES):
            roles.tell_of_newcomer(
                session, person, one, called=role_name(one), by=head, reason=reason, now=now()
            )
        told = {"id": str(person.id), "email": person.email, "roles": sorted(person.roles)}
    link = sign_up_link(token)
    answer(
        {**told, "sign_up_link": link},
        [
            f"{told['email']} was added ({', '.join(told['roles'])}).",
            f"Their sign-up link, good for 7 days and for one use: {link}",
            *where_it_begins(),
        ],
        as_json=as_json,
    )


@commands.command("list")
def show(as_json: AsJson = False) -> None:
    """List everybody with their roles and the accounts they may write for."""
    with reading() as session:
        found = list(session.scalars(sa.select(Person).order_by(Person.name, Person.email)))
        rows = [
            {
                "id": str(person.id),
                "name": person.name,
                "email": person.email,
                "active": person.active,
                "signed_up": person.password is not None,
                "roles": sorted(person.roles),
                "may_write_for": [
                    f"{a.platform}:{a.handle}" for a in people.authorised_accounts(session, person)
                ],
            }
            for person in found
        ]
    shown = table("Name", "E-mail", "Roles", "May write for", "Signed up")
    for row in rows:
        shown.add_row(
            str(row["name"]),
            str(row["email"]),
            ", ".join(row["roles"]) if row["active"] else "shut out",  # type: ignore[arg-type]
            ", ".join(row["may_write_for"]),  # type: ignore[arg-type]
            "yes" if row["signed_up"] else "not yet",
        )
    answer({"people": rows}, shown, as_json=as_json)


@commands.command("grant")
def grant(who: Who, role: str, by: By, reason: Why, as_json: AsJson = False) -> None:
    """Give a person a role (P1: the headteacher alone)."""
    wanted = role_called(role)
    with transaction() as session:
        person = person_at(session, who)
        made = roles.give(
            session,
            person,
            wanted,
            called=role_name(wanted),
            by=person_at(session, by, field="by"),
            reason=reason,
            now=now(),
        )
        email = person.email
    done = (
        f"{email} is {wanted.value} now."
        if made
        else f"{email} is {wanted.value} already; nothing was changed."
    )
    answer({"email": email, "role": wanted.value, "changed": made is not None}, [done], as_json=as_json)


@commands.command("withdraw")
def withdraw(
    who: Who,
    by: By,
    reason: Why,
    role: Annotated[str | None, typer.Argument(help="The role to take away.")] = None,
    account: Annotated[
        str | None,
        typer.Option(help="Or: the account (HANDLE or PLATFORM:HANDLE) they may no longer write for."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take away a role, or the leave to write for an account. It counts at once."""
    if (role is None) == (account is None):
        raise BadInput("Say what to take away: either a role or --account HANDLE.", field="role")
    with transaction() as session:
        person, head = person_at(session, who), person_at(session, by, field="by")
        if role is not None:
            wanted = role_called(role)
            if wanted not in person.roles or wanted is Role.STAFF:
                raise BadInput(f"{person.email} has not the role {wanted.value}.", field="role")
            roles.take(session, person, wanted, called=role_name(wanted), by=head, reason=reason, now=now())
            said, what = f"{person.email} is no longer {wanted.value}.", {"role": wanted.value}
        else:
            chosen = account_called(session, account or "")
            people.withdraw_authorisation(session, person, chosen, by=head, reason=reason, now=now())
            said, what = (
                f"{person.email} may no longer write for {chosen.platform}:{chosen.handle}.",
                {"account": f"{chosen.platform}:{chosen.handle}"},
            )
        email = person.email
    answer({"email": email, **what}, [said], as_json=as_json)


@commands.command("authorise")
def authorise(
    who: Who,
    account: Annotated[str, typer.Option(help="The account: HANDLE or PLATFORM:HANDLE.")],
    by: By,
    reason: Why,
    as_json: AsJson = False,
) -> None:
    """Let a person write drafts for an account (P1: the headteacher alone)."""
    with transaction() as session:
        person = person_at(session, who)
        chosen: Account = account_called(session, account)
        made = people.authorise(
            session, person, chosen, by=person_at(session, by, field="by"), reason=reason, now=now()
        )
        email, name = person.email, f"{chosen.platform}:{chosen.handle}"
    done = f"{email} may write for {name} now." if made else f"{email} may write for {name} already."
    answer({"email": email, "account": name, "changed": made is not None}, [done], as_json=as_json)


@commands.command("recover")
def recover(who: Who, reason: Why, as_json: AsJson = False) -> None:
    """Print a link with which a person who lost password or second factor starts anew: the last resort.

    In the product two people vouch instead (page Sign-in). This is for when nobody else is left; the trail
    keeps it, and the person and the headteacher are told by e-mail.
    """
    with transaction() as session:
        person = person_at(session, who)
        token = recovery.by_server(session, person, reason=reason, now=now())
        email = person.email
    link = recovery.address(token)
    answer(
        {"email": email, "link": link},
        [f"{email} can choose a new password and PIN, once, within 24 hours: {link}"],
        as_json=as_json,
    )
