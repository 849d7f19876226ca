"""Passing an entry on to the safeguarding lead, the chair of governors or the police (P3, P22)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import alerts, chain, referrals
from moderation.models import EventKind, LogCase, LogEntry, LogEvent, Referral, ReferTo
from moderation.outcomes import Outcome, in_words
from school import people
from school.models import Person, Role

BY_ITSELF = "A worry about a child is the safeguarding lead’s to judge, so this came to them by itself."
"""How the reason of a referral begins that nobody chose."""

TAKES_AWAY = frozenset({Outcome.HIDE, Outcome.DELETE})
"""Outcomes after which nobody reads the comment any more."""


@dataclass(frozen=True, slots=True)
class PassedOn:
    """One referral as it is to be written down."""

    to: ReferTo
    reason: str
    reference: str = ""
    about_headteacher: bool = False
    author_is_pupil: bool | None = None
    by_itself: bool = False
    """Nobody chose it: see `to_the_lead_as_well`."""


def pass_on(
    session: Session,
    entry: LogEntry,
    case: LogCase,
    passed: PassedOn,
    *,
    outcomes: Collection[Outcome],
    by: Person,
    url: str,
    now: datetime,
) -> int:
    """Write a referral down and tell who receives it; how many were told.

    `outcomes`: what is decided with it; passing on alone hides nothing.
    """
    police = passed.to is ReferTo.POLICE
    session.add(
        Referral(
            entry_id=entry.id,
            to=passed.to,
            reference=passed.reference,
            about_headteacher=passed.about_headteacher,
            author_is_pupil=passed.author_is_pupil if police else None,
            reason=passed.reason,
            referred_at=now,
            referred_by_id=by.id,
        )
    )
    case.referred = True
    if passed.to in referrals.ROLES:
        # Dealt with before, it waits for somebody once more.
        case.outcomes = chain.listed([one for one in chain.unlisted(case.outcomes) if one != Outcome.DEALT])
    case.referred_to_chair = case.referred_to_chair or passed.to is ReferTo.CHAIR
    case.about_headteacher = case.about_headteacher or passed.about_headteacher
    chain.append(
        session,
        entry.id,
        EventKind.REFERRED,
        by=by,
        detail={
            "to": passed.to,
            "reference": passed.reference,
            "about_headteacher": passed.about_headteacher,
            **({"author_is_pupil": passed.author_is_pupil} if police else {}),
            **({"by_itself": True} if passed.by_itself else {}),
        },
        now=now,
    )
    if passed.about_headteacher:
        alerts.recall(session, entry.id, people.holders(session, Role.HEADTEACHER), url=url, now=now)
    return alerts.referred(
        session,
        entry,
        passed.to,
        about_headteacher=case.about_headteacher,
        public=not TAKES_AWAY & set(outcomes) and referrals.to_be_seen(session, entry),
        by=by,
        url=url,
        now=now,
    )


def to_the_lead_as_well(
    session: Session,
    entry: LogEntry,
    case: LogCase,
    outcomes: Collection[Outcome],
    *,
    by: Person,
    reason: str,
    url: str,
    now: datetime,
) -> bool:
    """Refer an entry that somebody has just closed to the safeguarding lead too; whether that was done.

    A worry about a child is the lead's to judge (P3), so nobody else's decision takes it from their eyes. Not
    where the lead decided, or it was referred to them. Where nobody holds the role it waits for whoever gets
    it; of what concerns a headteacher who is the lead nobody is to be told but the chair (P3).
    """
    worry = entry.worrying or "safeguarding" in chain.unlisted(case.kinds)
    if not worry or Role.DSL in by.roles or _waits_for_the_lead(session, entry.id):
        return False
    leads = people.holders(session, Role.DSL)
    if case.about_headteacher and leads and all(Role.HEADTEACHER in one.roles for one in leads):
        return False
    why = f"{BY_ITSELF} Decided: {in_words(sorted(outcomes))}. {reason}"
    passed = PassedOn(ReferTo.DSL, why, by_itself=True)
    pass_on(session, entry, case, passed, outcomes=outcomes, by=by, url=url, now=now)
    # So it can't be undone, and stays urgent to look at until the lead has dealt with it.
    chosen = [*chain.unlisted(case.outcomes), Outcome.REFER.value]
    case.outcomes = chain.listed(list(dict.fromkeys(chosen)))
    session.flush()
    return True


def _waits_for_the_lead(session: Session, entry_id: UUID) -> bool:
    query = sa.select(LogCase.entry_id).where(LogCase.entry_id == entry_id, referrals.waiting([ReferTo.DSL]))
    return session.scalar(query) is not None


def came_by_itself(session: Session, entry_ids: Collection[UUID], *, at: datetime) -> int:
    """How many of these entries went to the lead as well when they were decided at this moment."""
    events = session.scalars(
        sa.select(LogEvent).where(
            LogEvent.entry_id.in_(entry_ids), LogEvent.kind == EventKind.REFERRED, LogEvent.at == at
        )
    )
    return sum(bool(event.detail.get("by_itself")) for event in events)


def said_by_itself(session: Session, count: int, *, many: bool) -> str:
    """For whoever decided: that so many of the entries, or the one, went to the safeguarding lead as well."""
    if not count:
        return ""
    which = f" {count} of them {'was' if count == 1 else 'were'} also" if many else " Also"
    if not people.holders(session, Role.DSL):
        return (
            f"{which} put aside for the safeguarding lead: a worry about a child is theirs to judge. Nobody "
            "holds that role, so nobody was told: ask the headteacher to name somebody."
        )
    return (
        f"{which} referred to the safeguarding lead: a worry about a child is theirs to judge. That can’t be "
        "undone: they have been told."
    )
