"""People: who they are, what they were granted, and who may post and approve (P1, P2, P12)."""

from __future__ import annotations

import secrets as random
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email
from sqlalchemy.orm import Session

from school import audit, lines, permissions, sign_ins, sign_up
from school.errors import BadInput, NotFound
from school.models.accounts import Account, AccountState
from school.models.people import Authorisation, Deputy, Person, Role, RoleGrant
from school.times import today

NAME_LENGTH_MAX = 200


def email_address(text: str, *, field: str = "email") -> str:
    """The address in lower case. Raises BadInput where it isn't one."""
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise BadInput(f"“{text[:80]}” is not an e-mail address: {error}", field=field) from None
    return found.normalized.lower()


def person_name(text: str, *, field: str = "name") -> str:
    """A person's name as typed, on one line and without what nobody sees. Raises BadInput."""
    name = lines.seen(text, keep=lines.JOINERS)
    if not name.strip(lines.JOINERS):
        raise BadInput("The name is empty: write the person's name.", field=field)
    if len(name) > NAME_LENGTH_MAX:
        raise BadInput(
            f"The name is {len(name)} characters long: at most {NAME_LENGTH_MAX} fit.", field=field
        )
    return name


def reason_text(text: str, *, field: str = "reason") -> str:
    """A reason, which the policy asks for. Raises BadInput when it is empty or over 2,000 characters."""
    reason = text.strip()
    if not reason:
        raise BadInput("The reason is empty: say why in a few words.", field=field)
    if len(reason) > 2000:
        raise BadInput(f"The reason is {len(reason)} characters long: at most 2,000 fit.", field=field)
    return reason


def add(
    session: Session,
    *,
    name: str,
    email: str,
    roles: Iterable[Role],
    by: Person | None,
    reason: str,
    now: datetime,
) -> tuple[Person, str]:
    """A new person with those roles, and the token of the link with which they sign up.

    `by` None: at set-up or by a command on the server. Raises BadInput for a name, address or
    reason that can't be taken, and for an address that somebody has already.
    """
    permissions.headteacher_only(by)
    address = email_address(email)
    if find(session, address) is not None:
        raise BadInput(f"“{address}” belongs to somebody already: change that person instead.", field="email")
    person = Person(
        name=person_name(name),
        email=address,
        created_at=now,
        fs_uniquifier=random.token_hex(32),
        active=True,
        pin_failures=0,
        login_count=0,
    )
    session.add(person)
    # The grants and the trail name the person by id.
    session.flush()
    audit.record(session, by=by, action="person_added", object_kind="person", object_id=person.id, now=now)
    for role in sorted(set(roles) - {Role.STAFF}):
        grant_role(session, person, role, by=by, reason=reason, now=now)
    return person, sign_up.invite(session, person, by=by, now=now)


def find(session: Session, email: str) -> Person | None:
    """The person with that address, whatever its case."""
    return session.scalar(sa.select(Person).where(Person.email == email.strip().lower()))


def get(session: Session, person_id: UUID) -> Person:
    """The person, or NotFound."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound("There is no such person.")
    return person


def grant_role(
    session: Session, person: Person, role: Role, *, by: Person | None, reason: str, now: datetime
) -> RoleGrant | None:
    """Give a role (P1: the headteacher alone); the person's sessions end. None when they have it already."""
    permissions.headteacher_only(by)
    why = reason_text(reason)
    # Not `person.roles`: somebody who was shut out has none in force, but keeps what was granted.
    has = any(grant.role is role and grant.withdrawn_at is None for grant in person.grants)
    if role is Role.STAFF or has:
        return None
    grant = RoleGrant(role=role, granted_at=now, granted_by_id=by.id if by else None, reason=why)
    person.grants.append(grant)
    sign_ins.end_for_new_role(session, person, by=by, now=now)
    audit.record(
        session,
        by=by,
        action="role_granted",
        object_kind="person",
        object_id=person.id,
        detail={"role": role.value, "reason": why},
        now=now,
    )
    return grant


def withdraw_role(
    session: Session, person: Person, role: Role, *, by: Person | None, reason: str, now: datetime
) -> None:
    """Take a role away; the person's sessions end. The last headteacher keeps theirs."""
    permissions.headteacher_only(by)
    why = reason_text(reason)
    if role is Role.HEADTEACHER and _only_headteacher(session, person):
        raise BadInput(
            f"{person.name} is the only headteacher: grant the role to the successor first.", field="role"
        )
    for grant in person.grants:
        if grant.role is role and grant.withdrawn_at is None:
            grant.withdrawn_at, grant.withdrawn_reason = now, why
            grant.withdrawn_by_id = by.id if by else None
            sign_ins.end_all(session, person, why=sign_ins.Ended.ROLE, by=by, now=now)
            audit.record(
                session,
                by=by,
                action="role_withdrawn",
                object_kind="person",
                object_id=person.id,
                detail={"role": role.value, "reason": why},
                now=now,
            )


def set_active(
    session: Session, person: Person, active: bool, *, by: Person | None, reason: str, now: datetime
) -> None:
    """Let a person in or shut them out; their sessions end. The last headteacher stays in."""
    permissions.headteacher_only(by)
    why = reason_text(reason)
    if not active and _only_headteacher(session, person):
        raise BadInput(f"{person.name} is the only headteacher and can't be shut out.", field="active")
    person.active = active
    sign_ins.end_all(session, person, why=sign_ins.Ended.SHUT_OUT, by=by, now=now)
    audit.record(
        session,
        by=by,
        action="person_let_in" if active else "person_shut_out",
        object_kind="person",
        object_id=person.id,
        detail={"reason": why},
        now=now,
    )


def _only_headteacher(session: Session, person: Person) -> bool:
    """Whether nobody else heads the school; until this transaction ends, nobody changes who does.

    Two who take the role from each other come one after the other: else nobody would be left who gives it.
    """
    audit.lock(session)
    return holders(session, Role.HEADTEACHER) == [person]


def authorise(
    session: Session, person: Person, account: Account, *, by: Person, reason: str, now: datetime
) -> Authorisation | None:
    """Let a person write drafts for an account (P1). None when they may already."""
    permissions.headteacher_only(by)
    why = reason_text(reason)
    if _authorisation(session, person, account.id) is not None:
        return None
    leave = Authorisation(
        person_id=person.id, account_id=account.id, granted_at=now, granted_by_id=by.id, reason=why
    )
    session.add(leave)
    audit.record(
        session,
        by=by,
        action="authorised",
        object_kind="person",
        object_id=person.id,
        detail={"account": str(account.id), "reason": why},
        now=now,
    )
    return leave


def withdraw_authorisation(
    session: Session, person: Person, account: Account, *, by: Person, reason: str, now: datetime
) -> None:
    """End a person's leave to write for an account. Nothing happens where there is none."""
    permissions.headteacher_only(by)
    why = reason_text(reason)
    leave = _authorisation(session, person, account.id)
    if leave is None:
        return
    leave.withdrawn_at, leave.withdrawn_by_id, leave.withdrawn_reason = now, by.id, why
    audit.record(
        session,
        by=by,
        action="authorisation_withdrawn",
        object_kind="person",
        object_id=person.id,
        detail={"account": str(account.id), "reason": why},
        now=now,
    )


def may_post(session: Session, person: Person, account_id: UUID) -> bool:
    """Whether the headteacher's leave for that account is in force (P1)."""
    return person.active and _authorisation(session, person, account_id) is not None


def authorised_accounts(session: Session, person: Person) -> list[Account]:
    """The accounts that the person may write for, by platform and handle."""
    if not person.active:
        return []
    query = (
        sa.select(Account)
        .join(Authorisation, Authorisation.account_id == Account.id)
        .where(
            Authorisation.person_id == person.id,
            Authorisation.withdrawn_at.is_(None),
            Account.state != AccountState.CLOSED,
        )
        .order_by(Account.platform, Account.handle)
    )
    return list(session.scalars(query))


def holders(session: Session, *roles: Role) -> list[Person]:
    """The active people with one of these roles, by name."""
    query = (
        sa.select(Person)
        .where(
            Person.active,
            Person.id.in_(
                sa.select(RoleGrant.person_id).where(
                    RoleGrant.role.in_(roles), RoleGrant.withdrawn_at.is_(None)
                )
            ),
        )
        .order_by(Person.name, Person.id)
    )
    return list(session.scalars(query))


def everybody(session: Session) -> list[Person]:
    """All people, by name."""
    return list(session.scalars(sa.select(Person).order_by(Person.name, Person.id)))


ALWAYS_DECIDE = frozenset({Role.HEADTEACHER, Role.SLT})
"""Who may decide on each draft but their own, on any day (P12)."""
DEPUTY_ROLES = ALWAYS_DECIDE | {Role.CHAIR}
"""Whoever stands in for the headteacher has one of these: P12 lets nobody else decide."""


def deputies(session: Session, *, now: datetime) -> list[Person]:
    """The deputies whose dates include today, and who have a role that decides (P12)."""
    day = today(now)
    query = (
        sa.select(Person)
        .join(Deputy, Deputy.person_id == Person.id)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(
            Person.active,
            RoleGrant.role.in_(DEPUTY_ROLES),
            RoleGrant.withdrawn_at.is_(None),
            Deputy.withdrawn_at.is_(None),
            Deputy.first_day <= day,
            Deputy.last_day >= day,
        )
        .order_by(Person.name, Person.id)
        .distinct()
    )
    return list(session.scalars(query))


def _named_deputies(session: Session, *, now: datetime) -> set[UUID]:
    """Who named a deputy for today, and so is away."""
    able = {one.id for one in deputies(session, now=now)}
    day = today(now)
    query = sa.select(Deputy.named_by_id).where(
        Deputy.person_id.in_(able),
        Deputy.withdrawn_at.is_(None),
        Deputy.first_day <= day,
        Deputy.last_day >= day,
    )
    return set(session.scalars(query))


def may_approve(session: Session, person: Person, *, author_id: UUID, now: datetime) -> bool:
    """Whether the person may decide on that author's draft (P12): never their own."""
    if not person.active or person.id == author_id:
        return False
    if person.roles & ALWAYS_DECIDE:
        return True
    if person in deputies(session, now=now):
        return True
    author = session.get(Person, author_id)
    return Role.CHAIR in person.roles and author is not None and Role.HEADTEACHER in author.roles


def approvers(session: Session, *, author_id: UUID, now: datetime) -> list[Person]:
    """Who is asked to decide: deputies in force, else headteachers, else SLT, else the chair.

    A headteacher who is away is asked last: about a deputy's own post others come first.
    """
    away = _named_deputies(session, now=now)
    heads = holders(session, Role.HEADTEACHER)
    groups: Sequence[list[Person]] = (
        deputies(session, now=now),
        [one for one in heads if one.id not in away],
        holders(session, Role.SLT),
        [one for one in heads if one.id in away],
        holders(session, Role.CHAIR),
    )
    for group in groups:
        asked = [person for person in group if may_approve(session, person, author_id=author_id, now=now)]
        if asked:
            return asked
    return []


def _authorisation(session: Session, person: Person, account_id: UUID) -> Authorisation | None:
    return session.scalar(
        sa.select(Authorisation).where(
            Authorisation.person_id == person.id,
            Authorisation.account_id == account_id,
            Authorisation.withdrawn_at.is_(None),
        )
    )
