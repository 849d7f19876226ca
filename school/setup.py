"""Making the school: a real, empty one, or the practice school that staff are trained on (P6)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import (
    accounts,
    audit,
    consent,
    keys,
    people,
    register,
    reporting,
    second_factor,
    secrets,
    sign_up,
    terms,
    training,
)
from school.errors import BadInput, NotFound
from school.models.consent import ConsentKind
from school.models.people import Person, Role
from school.models.rules import TermsAcceptance, TrainingRecord
from school.models.school import School
from school.times import today

PRACTICE_PASSWORD = "practice makes perfect"  # noqa: S105 - everybody's, told on the sign-in page
PRACTICE_PIN = "2580"
PRACTICE_DOMAIN = "larkfield.test"
PRACTICE_NAME = "Larkfield Primary School"

PRACTICE_PURPOSES = {
    "x": ("Reminders and closures, in a line.", "Fewer calls to the office on snow days and before trips."),
    "facebook": ("What a week at school is like.", "One post a week; more families at fairs and open days."),
    "instagram": ("The children's work, in pictures.", "A picture of each class every term."),
}
"""By platform: what the practice account is for, and how its success is judged (P10)."""

PRACTICE_PEOPLE: tuple[tuple[str, str, Role], ...] = (
    ("Margaret Oyelaran", "head", Role.HEADTEACHER),
    ("Daniel Whitcombe", "deputy", Role.SLT),
    ("Priya Raman", "moderator", Role.MODERATOR),
    ("Aoife Brennan", "dsl", Role.DSL),
    ("Tomasz Zielinski", "dpo", Role.DPO),
    ("Gareth Pugh", "network", Role.NETWORK_MANAGER),
    ("Leila Haddad", "marketing", Role.MARKETING_OFFICER),
    ("Winston Clarke", "chair", Role.CHAIR),
    ("Hannah Birtwistle", "teacher", Role.STAFF),
    ("Callum Reid", "newteacher", Role.STAFF),
)
"""Name, part of the address before the @, role. The last one is new: authorised for no account, not
trained yet, and without the terms accepted."""

_PRACTICE_PUPILS: tuple[tuple[str, str, str, bool], ...] = (
    ("Amelia Thornbury", "Year 4 Kestrels", "Joanne Thornbury", True),
    ("Yusuf Siddiqui", "Year 4 Kestrels", "Nadia Siddiqui", True),
    ("Oliver Penhaligon", "Year 4 Kestrels", "Mark Penhaligon", False),
    ("Zofia Nowicka", "Year 6 Eagles", "Marta Nowicka", True),
    ("Kofi Asamoah", "Year 6 Eagles", "Esther Asamoah", True),
    ("Ffion Llewellyn", "Year 6 Eagles", "Rhys Llewellyn", False),
    ("Noah Featherstone", "Reception Wrens", "Lucy Featherstone", True),
    ("Simran Dhaliwal", "Reception Wrens", "Harpreet Dhaliwal", True),
)
"""Name, class, parent, whether the parent gave consent to pictures."""

PRACTICE_LIST = """\
Name,Class,Images,Videos,Work,Given by
Amelia Thornbury,Year 4 Kestrels,yes,yes,yes,Joanne Thornbury
Oliver Penhaligon,Year 4 Kestrels,yes,no,yes,Mark Penhaligon
Kofi Asamoah,Year 6 Eagles,no,no,yes,Esther Asamoah
Rowan Tregear,Reception Wrens,yes,no,yes,Demelza Tregear
"""
"""A list of the office to practise with: a new pupil, more and fewer consents of others."""

_DOMAIN = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")


def current_school(session: Session) -> School | None:
    """The school of this installation; None before set-up."""
    return session.scalar(sa.select(School))


def set_up(
    session: Session, *, name: str, domain: str, headteacher_name: str, headteacher_email: str, now: datetime
) -> str:
    """Make a real, empty school with its headteacher; the token of the headteacher's sign-up link.

    Raises BadInput when there is a school already and for a name, domain or address that can't
    be taken; the headteacher's address must be the school's (P9).
    """
    existing = current_school(session)
    if existing is not None:
        kind = "practice school" if existing.practice else "school"
        raise BadInput(
            f"There is a {kind} here already ({existing.name}): use another SCHOOLGATE_HOME or database "
            "for a new one.",
            field="school",
        )
    school = _make(session, name=name, domain=domain, practice=False, now=now)
    address = people.email_address(headteacher_email, field="headteacher-email")
    if address.rpartition("@")[2] != school.domain:
        raise BadInput(
            f"“{address}” is not an address of the school: it must end in @{school.domain}.",
            field="headteacher-email",
        )
    _head, token = people.add(
        session,
        name=people.person_name(headteacher_name, field="headteacher-name"),
        email=address,
        roles={Role.HEADTEACHER},
        by=None,
        reason="Set-up",
        now=now,
    )
    return token


def set_up_practice(session: Session, *, now: datetime) -> School:
    """Make the practice school: somebody in every role, and pupils with and without consent."""
    school = _make(session, name=PRACTICE_NAME, domain=PRACTICE_DOMAIN, practice=True, now=now)
    first: Person | None = None
    for name, mailbox, role in PRACTICE_PEOPLE:
        person, token = people.add(
            session,
            name=name,
            email=f"{mailbox}@{PRACTICE_DOMAIN}",
            roles={role},
            by=None,
            reason="Practice school",
            now=now,
        )
        if first is None:
            sign_up.accept(session, token, password=PRACTICE_PASSWORD, pin=PRACTICE_PIN, now=now)
            first = person
        else:
            # Hashing is slow on purpose. All have the same password and PIN, which anybody may know.
            person.password, person.pin_hash, person.confirmed_at = first.password, first.pin_hash, now
        # `holders` reads roles from the database.
        session.flush()
        assert role in person.roles
    ready_practice(session, now=now)
    officer = people.holders(session, Role.DPO)[0]
    first_day = _start_of_school_year(today(now))
    for name, class_name, parent, given in _PRACTICE_PUPILS:
        pupil = consent.add_pupil(session, name=name, class_name=class_name, by=officer, now=now)
        if given:
            consent.record_consent(
                session,
                pupil,
                kind=ConsentKind.IMAGE,
                given_by=parent,
                first_day=first_day,
                last_day=date(first_day.year + 1, 8, 31),
                by=officer,
                now=now,
            )
    return school


def ready_practice(session: Session, *, now: datetime) -> None:
    """Let the practice school's people have been trained the day before, and accept the terms (P6, P7).

    The new teacher has neither. Nothing happens where somebody was trained before.
    """
    if session.scalar(sa.select(TrainingRecord.id).limit(1)) is not None:
        return
    version, day = terms.publish_first(session, now=now), today(now) - timedelta(days=1)
    for person in practice_people(session)[:-1]:
        session.add(
            TrainingRecord(
                person_id=person.id, held_on=day, valid_until=training.a_year_after(day),
                about="Practice school", recorded_at=now, recorded_by_id=None,
            )
        )  # fmt: skip
        if not terms.accepted_at(session, person):
            session.add(TermsAcceptance(person_id=person.id, terms_id=version.id, accepted_at=now))


def authorise_practice(session: Session, *, now: datetime) -> None:
    """Let the practice school's teacher, deputy and headteacher write for every practice account.

    The network manager is each account's second administrator, and what it is for is written down.
    """
    head = people.holders(session, Role.HEADTEACHER)[0]
    manager = people.find(session, f"network@{PRACTICE_DOMAIN}")
    known = reporting.purposes(session)
    for account in accounts.everything(session):
        if account.id not in known:
            purpose, measures = PRACTICE_PURPOSES[account.platform]
            reporting.set_purpose(session, account.id, purpose=purpose, measures=measures, by=head, now=now)
        if manager is not None and manager.active and manager not in register.owners(session, account.id):
            register.name_owner(session, account, manager, reason="Practice", by=head, now=now)
    for mailbox in ("teacher", "deputy", "head"):
        person = people.find(session, f"{mailbox}@{PRACTICE_DOMAIN}")
        if person is None:
            continue
        for account in accounts.everything(session):
            people.authorise(session, person, account, by=head, reason="Practice", now=now)


def practice_people(session: Session) -> list[Person]:
    """The practice school's people, in the order in which they are offered for sign-in."""
    addresses = [f"{mailbox}@{PRACTICE_DOMAIN}" for _name, mailbox, _role in PRACTICE_PEOPLE]
    found = [people.find(session, address) for address in addresses]
    return [person for person in found if person is not None]


def sign_in_as_at_first(session: Session, person_id: UUID, *, now: datetime) -> Person:
    """Give one of the practice school's people the password and PIN back that everybody there may know.

    A second factor of theirs goes too. Raises NotFound in a real school, and for anybody else.
    """
    school = current_school(session)
    whose = practice_people(session) if school is not None and school.practice else []
    found = next((one for one in whose if one.id == person_id and one.active), None)
    if found is None:
        raise NotFound("There is no such practice person.")
    sign_up.set_password(session, found, PRACTICE_PASSWORD, by=None, now=now)
    sign_up.set_pin(session, found, PRACTICE_PIN, by=None, now=now)
    second_factor.forget(session, found)
    return found


def _make(session: Session, *, name: str, domain: str, practice: bool, now: datetime) -> School:
    clean = domain.strip().lower().removeprefix("@")
    if not _DOMAIN.fullmatch(clean):
        raise BadInput(
            f"“{domain[:80]}” is not a domain: write the part of the school's e-mail addresses after the @, "
            "for example larkfield.sch.uk",
            field="domain",
        )
    school = School(
        name=people.person_name(name, field="school"),
        domain=clean,
        practice=practice,
        created_at=now,
        singleton=1,
    )
    session.add(school)
    # Mail and the trail read the school from here on.
    session.flush()
    secrets.make_key_if_none()
    keys.vouch(session)
    audit.record(
        session,
        by=None,
        action="school_set_up",
        object_kind="school",
        object_id=school.id,
        detail={"practice": practice},
        now=now,
    )
    terms.publish_first(session, now=now)
    return school


def _start_of_school_year(day: date) -> date:
    return date(day.year if day.month >= 9 else day.year - 1, 9, 1)
