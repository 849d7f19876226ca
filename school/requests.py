"""One person's request to be erased, decided by the DPO for each kind of record (P34; UK GDPR article 17)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit
from school.errors import BadInput, NotFound
from school.models import Consent, ErasureDecision, HoldOn, Person, Pupil
from school.people import reason_text
from school.permissions import Action, require
from school.retention import Condition, Listed, Rule, Subject, held_on, lock
from school.spelling import plain_name

MOST = 1000
"""Records erased by one decision: more are erased by deciding once more."""
LISTED_MOST = 200
"""Records told one by one."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What is held of one kind on a person."""

    rule: Rule
    count: int
    held_back: int
    """Of those, what a hold keeps."""


def holdings(
    session: Session, rules: Sequence[Rule], subject: Subject, *, seen: Mapping[str, Condition]
) -> list[Holding]:
    """The kinds of record that can be erased, with how many there are on this person.

    `seen`: by a rule's key, which of its records whoever looks may know of.
    """
    found = []
    for rule in rules:
        if rule.of(subject) is None:
            continue
        more = _seen(rule, seen)
        count = len(held_on(session, rule, subject, *more))
        if count:
            held = len(held_on(session, rule, subject, rule.held(), *more))
            found.append(Holding(rule, count, held))
    return found


def _seen(rule: Rule, seen: Mapping[str, Condition]) -> list[Condition]:
    return [seen[rule.key]] if rule.key in seen else []


@dataclass(frozen=True, slots=True)
class Going:
    """What erasing one kind would take, to be looked at before it is gone for good."""

    rule: Rule
    count: int
    """All that is on no hold."""
    held_back: int
    listed: tuple[Listed, ...]
    """One by one; empty for a kind that goes all together."""


def going(
    session: Session, rule: Rule, subject: Subject, *, seen: Mapping[str, Condition], now: datetime
) -> Going:
    """What would be erased. Raises NotFound where nothing of the kind is held on them."""
    more = _seen(rule, seen)
    if not held_on(session, rule, subject, *more):
        raise NotFound(f"Nothing is held on them any more under “{rule.title}”.")
    free = held_on(session, rule, subject, sa.not_(rule.held()), *more)
    held = len(held_on(session, rule, subject, rule.held(), *more))
    listed = rule.listed(session, free[:LISTED_MOST], now) if rule.listed else []
    return Going(rule, len(free), held, tuple(listed))


def decide(
    session: Session,
    rule: Rule,
    subject: Subject,
    *,
    grant: bool,
    seen: Mapping[str, Condition],
    chosen: Collection[UUID] | None = None,
    reason: str,
    by: Person,
    now: datetime,
) -> ErasureDecision:
    """Erase what is held of one kind on a person, or refuse with the reason.

    `seen`: as for `holdings`; what whoever decides may not know of stays, and is not counted (P3).
    `chosen`: which records of the kind; None is all of them. What is on hold stays. The trail says who
    decided what of which kind and how many were erased; neither the person nor the reason. Raises
    NotFound where nothing of the kind is held on them, BadInput (field `chosen`) where none is chosen.
    """
    require(by, Action.PROTECT_DATA)
    why = reason_text(reason)
    lock(session)
    more = _seen(rule, seen)
    if not held_on(session, rule, subject, *more):
        raise NotFound(f"Nothing is held on them any more under “{rule.title}”.")
    held = len(held_on(session, rule, subject, rule.held(), *more))
    free = held_on(session, rule, subject, sa.not_(rule.held()), *more) if grant else []
    if chosen is not None and grant:
        free = [one for one in free if one in chosen]
        if not free:
            raise BadInput("Tick at least one record that is to be erased.", field="chosen")
    free = free[:MOST]
    was = rule.listed(session, free, now) if rule.listed else []
    if free:
        rule.erase(session, free, now)
    made = ErasureDecision(
        subject_kind=subject.kind.value,
        subject_id=subject.id,
        key=rule.key,
        granted=grant,
        reason=why,
        erased=len(free),
        held_back=held,
        decided_at=now,
        decided_by_id=by.id,
    )
    session.add(made)
    # The trail names the decision by id.
    session.flush()
    audit.record(
        session,
        by=by,
        action="erased_on_request" if grant else "erasure_refused",
        object_kind="erasure",
        object_id=made.id,
        detail={
            "kind": rule.key,
            "count": made.erased,
            "held_back": held,
            **(
                {"of_kinds": sorted({kind for one in was for kind in one.kinds})}
                if any(one.kinds for one in was)
                else {}
            ),
        },
        now=now,
    )
    return made


def erased_on_request(session: Session, at: datetime) -> bool:
    """Whether what was erased at that moment was erased on a person's request, and not after its period."""
    found = sa.select(ErasureDecision.id).where(
        ErasureDecision.granted.is_(True), ErasureDecision.decided_at == at
    )
    return session.scalar(found.limit(1)) is not None


def decisions(session: Session, subject: Subject) -> list[ErasureDecision]:
    """What was decided on a person's requests, the newest first."""
    return list(
        session.scalars(
            sa.select(ErasureDecision)
            .where(ErasureDecision.subject_id == subject.id)
            .order_by(ErasureDecision.decided_at.desc())
        )
    )


def people_named(session: Session, words: str, *, most: int = 20) -> list[Subject]:
    """Members of staff and pupils whose name, address or number has these words in it.

    Names are found however they are typed: without accents, in capitals, with any apostrophe.
    """
    wanted = plain_name(words)
    staff = session.execute(sa.select(Person.id, Person.name, Person.email).order_by(Person.name))
    pupils = session.execute(sa.select(Pupil.id, Pupil.name, Pupil.reference).order_by(Pupil.name))
    return [
        *[
            Subject(HoldOn.PERSON, one.id, one.name)
            for one in staff
            if wanted in plain_name(one.name) or wanted in one.email.casefold()
        ][:most],
        *[
            Subject(HoldOn.PUPIL, one.id, one.name)
            for one in pupils
            if wanted in plain_name(one.name) or words == one.reference
        ][:most],
    ]


@dataclass(frozen=True, slots=True)
class Giver:
    """Somebody, a parent mostly, named as who gave a consent; it stands in the pupil's record."""

    name: str
    pupil_id: UUID
    pupil: str


def givers_named(session: Session, words: str, *, most: int = 20) -> list[Giver]:
    """Who gave a consent for somebody else and has these words in their name, with each pupil it is for."""
    wanted = plain_name(words)
    rows = session.execute(
        sa.select(Consent.given_by, Pupil.id, Pupil.name)
        .join(Pupil, Pupil.id == Consent.pupil_id)
        .distinct()
        .order_by(Consent.given_by, Pupil.name, Pupil.id)
    )
    return [
        Giver(*row)
        for row in rows
        if wanted in plain_name(row[0]) and plain_name(row[0]) != plain_name(row[2])
    ][:most]


