"""What was referred to the safeguarding lead or the chair of governors, until they say what they did (P3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from moderation import chain
from moderation.models import (
    ActKind,
    ActState,
    CaseState,
    Comment,
    EventKind,
    LogCase,
    LogEntry,
    LogEvent,
    PlatformAct,
    Referral,
    ReferTo,
)
from moderation.sight import visible_to
from school import audit
from school.errors import BadInput, MoveNotAllowed
from school.models import Person, Role, RoleGrant

ROLES: Mapping[ReferTo, Role] = {ReferTo.DSL: Role.DSL, ReferTo.CHAIR: Role.CHAIR}
"""Who deals with it. What goes to the police is dealt with outside the product."""


TAKEN = "Taken up by the safeguarding lead."
"""The reason of a referral that the lead made to themselves."""

RUNG = "The police were rung: "
"""How the note begins that says so."""

_MADE_MOST = 50


def received_by(person: Person) -> frozenset[ReferTo]:
    """As whom this person receives referrals; empty for most."""
    return frozenset(to for to, role in ROLES.items() if role in person.roles)


def waiting(to: Collection[ReferTo]) -> sa.ColumnElement[bool]:
    """The entries (rows of LogCase) referred to one of these who has decided nothing on them since.

    A decision counts that was made in that role, whoever holds it now; one that was opened again doesn't.
    """
    # What the lead took themselves was referred by nobody: opened again, it is open as every entry is.
    referred = Referral.reason != TAKEN
    conditions = [sa.and_(Referral.to == one, referred, ~_dealt_with(ROLES[one])) for one in to]
    entries = sa.select(Referral.entry_id).where(sa.or_(sa.false(), *conditions))
    return LogCase.entry_id.in_(entries)


def _dealt_with(role: Role) -> sa.ColumnElement[bool]:
    done, again = aliased(LogEvent), aliased(LogEvent)
    in_that_role = sa.select(RoleGrant.id).where(
        RoleGrant.person_id == done.by_id,
        RoleGrant.role == role,
        RoleGrant.granted_at <= done.at,
        sa.or_(RoleGrant.withdrawn_at.is_(None), RoleGrant.withdrawn_at > done.at),
    )
    opened_again = sa.select(again.seq).where(
        again.entry_id == done.entry_id, again.kind == EventKind.REOPENED, again.seq > done.seq
    )
    # Later, not at the same time: the decision to refer is no answer to it, even if the lead made it. What
    # the lead took and dealt with in one stands in the log in that order.
    taken = aliased(LogEvent)
    first_taken = sa.select(taken.seq).where(
        taken.entry_id == done.entry_id,
        taken.kind == EventKind.REFERRED,
        taken.at == done.at,
        taken.seq < done.seq,
    )
    decision = sa.select(done.seq).where(
        done.entry_id == Referral.entry_id,
        done.kind == EventKind.DECIDED,
        sa.or_(
            done.at > Referral.referred_at,
            sa.and_(done.at == Referral.referred_at, first_taken.exists()),
        ),
        in_that_role.exists(),
        ~opened_again.exists(),
    )
    return decision.exists()


_NOT_RUNG = (Referral.to == ReferTo.POLICE, Referral.reference == "")


def to_ring(
    session: Session, *, viewer: Person, entry_id: UUID | None = None
) -> list[tuple[Referral, int, str]]:
    """What was referred to the police and has no number of theirs yet; with the entry's and who referred it.

    The product rings nobody (P22), so each is a task for a person, whoever referred it first of all.
    """
    query = (
        sa.select(Referral, LogEntry.number, Person.name)
        .join(LogCase, LogCase.entry_id == Referral.entry_id)
        .join(LogEntry, LogEntry.id == Referral.entry_id)
        .join(Person, Person.id == Referral.referred_by_id)
        .where(*_NOT_RUNG, LogEntry.erased_at.is_(None), visible_to(viewer))
        .order_by(Referral.referred_at, Referral.id)
    )
    if entry_id is not None:
        query = query.where(Referral.entry_id == entry_id)
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def rung(session: Session, entry_id: UUID, reference: str, *, by: Person, now: datetime) -> None:
    """Note the police's number on what was referred to them without one.

    `by` may see the entry; the caller asks. Raises BadInput without a number, MoveNotAllowed where none
    is missing.
    """
    given = reference.strip()
    if not given or len(given) > 200:
        raise BadInput(
            "Write the number that the police gave you, of at most 200 characters, or “none given”.",
            field="reference",
        )
    chain.lock(session)
    done = session.scalars(
        sa.update(Referral)
        .where(Referral.entry_id == entry_id, *_NOT_RUNG)
        .values(reference=given)
        .returning(Referral.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not done:
        raise MoveNotAllowed("The police’s number is there already, or it wasn’t referred to them.")
    chain.append(session, entry_id, EventKind.NOTE, by=by, detail={"note": f"{RUNG}{given}"}, now=now)
    # Not the number, which leads to a person: the trail is kept for ever.
    audit.record(session, by=by, action="police_rung", object_kind="log_entry", object_id=entry_id, now=now)


def is_call(event: LogEvent) -> bool:
    """Whether an event of the log is that somebody rang the police."""
    return event.kind is EventKind.NOTE and str(event.detail.get("note", "")).startswith(RUNG)


def waits_for(session: Session, entry_id: UUID, person: Person) -> bool:
    """Whether this entry was referred to the person, who has not said yet what was done."""
    to = received_by(person)
    if not to:
        return False
    query = sa.select(LogCase.entry_id).where(LogCase.entry_id == entry_id, waiting(to), visible_to(person))
    return session.scalar(query) is not None


def count_waiting(session: Session, person: Person) -> tuple[int, int]:
    """How many entries wait for this person since they were referred to them: urgent ones, and others."""
    to = received_by(person)
    if not to:
        return 0, 0
    query = (
        sa.select(sa.func.count().filter(LogCase.urgent), sa.func.count().filter(~LogCase.urgent))
        .select_from(LogCase)
        .where(waiting(to), visible_to(person))
    )
    urgent, others = session.execute(query).one()
    return urgent, others


def to_deal_with(
    session: Session, found: Collection[tuple[LogCase, LogEntry]], person: Person
) -> frozenset[UUID]:
    """Which of these entries the person may say they dealt with: theirs to take, or referred to them."""
    to = received_by(person)
    if not to:
        return frozenset()
    ids = [case.entry_id for case, _ in found]
    query = sa.select(LogCase.entry_id).where(LogCase.entry_id.in_(ids), waiting(to), visible_to(person))
    taken = {case.entry_id for case, entry in found if may_take(case, entry, person)}
    return frozenset(taken | set(session.scalars(query)))


@dataclass(frozen=True, slots=True)
class Made:
    """A referral that somebody made, and what has become of it."""

    entry_id: UUID
    number: int
    to: ReferTo
    at: datetime
    waits: bool
    """Nobody has said yet what was done: of the police, whether they were rung."""
    by: str
    """Who dealt with it; empty where that isn't known or nobody has."""
    dealt_at: datetime | None
    reference: str
    """The police's number, or what somebody wrote in its place; nobody need have rung them for it."""


def made_by(session: Session, person: Person, *, since: datetime) -> list[Made]:
    """What a person referred since then, newest first, as far as they may still see the entry (P3)."""
    rows = session.execute(
        sa.select(Referral, LogEntry.number)
        .join(LogCase, LogCase.entry_id == Referral.entry_id)
        .join(LogEntry, LogEntry.id == Referral.entry_id)
        .where(
            Referral.referred_by_id == person.id,
            Referral.referred_at >= since,
            Referral.reason != TAKEN,
            # The police's number went with the rest: nothing tells any more whether they were rung.
            LogEntry.erased_at.is_(None),
            visible_to(person),
        )
        .order_by(Referral.referred_at.desc(), Referral.id.desc())
        .limit(_MADE_MOST)
    ).all()
    entries = {referral.entry_id for referral, _ in rows}
    still = {
        to: set(
            session.scalars(
                sa.select(LogCase.entry_id).where(LogCase.entry_id.in_(entries), waiting((to,)))
            )
        )
        for to in ROLES
    }
    decided = session.execute(
        sa.select(LogEvent.entry_id, LogEvent.at, Person.name, RoleGrant.role)
        .join(Person, Person.id == LogEvent.by_id)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(
            LogEvent.entry_id.in_(entries),
            LogEvent.kind == EventKind.DECIDED,
            RoleGrant.role.in_(ROLES.values()),
            RoleGrant.granted_at <= LogEvent.at,
            sa.or_(RoleGrant.withdrawn_at.is_(None), RoleGrant.withdrawn_at > LogEvent.at),
        )
        .order_by(LogEvent.seq)
    ).all()
    found = []
    for referral, number in rows:
        role = ROLES.get(referral.to)
        waits = referral.reference == "" if role is None else referral.entry_id in still[referral.to]
        answer = next(
            (
                one
                for one in reversed(decided)
                if one.entry_id == referral.entry_id and one.role == role and one.at > referral.referred_at
            ),
            None,
        )
        by, at = (answer.name, answer.at) if answer is not None and not waits else ("", None)
        found.append(
            Made(
                referral.entry_id,
                number,
                referral.to,
                referral.referred_at,
                waits,
                by,
                at,
                referral.reference,
            )
        )
    return found


def may_take(case: LogCase, entry: LogEntry, person: Person) -> bool:
    """Whether the safeguarding lead may deal with an entry that nobody referred to them.

    A worry about a child or a threat that they meet in the queue is theirs already. The person may see the
    entry; the caller asks.
    """
    theirs = case.urgent or entry.worrying or entry.threatening
    return Role.DSL in person.roles and case.state is CaseState.OPEN and theirs


def take(session: Session, case: LogCase, *, by: Person, now: datetime) -> None:
    """Note that the safeguarding lead took an entry to deal with it; comes before their decision in the log.

    It is a referral to themselves, of which nobody is told: from now on it is kept as every referral is, back
    from who wrote it as well (P3, P34).
    """
    session.add(
        Referral(
            entry_id=case.entry_id,
            to=ReferTo.DSL,
            reference="",
            about_headteacher=False,
            author_is_pupil=None,
            reason=TAKEN,
            referred_at=now,
            referred_by_id=by.id,
        )
    )
    case.referred = True
    detail = {"to": ReferTo.DSL, "reference": "", "about_headteacher": False, "taken": True}
    chain.append(session, case.entry_id, EventKind.REFERRED, by=by, detail=detail, now=now)


def to_be_seen(session: Session, entry: LogEntry) -> bool:
    """Whether everybody can read the comment, and nobody has asked for it to go."""
    comment = session.get(Comment, entry.comment_id) if entry.comment_id else None
    if comment is None or comment.hidden or comment.gone_at is not None:
        return False
    going = sa.select(PlatformAct.id).where(
        PlatformAct.entry_id == entry.id,
        PlatformAct.kind.in_((ActKind.HIDE, ActKind.DELETE)),
        PlatformAct.state.in_((ActState.REQUESTED, ActState.DOING)),
    )
    return session.scalar(going.limit(1)) is None
