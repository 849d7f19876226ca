"""How each person wants to be told of what: at once, once a day, or not by e-mail.

What somebody must decide or know in any case (an approval, a referral, a wrong PIN) is not among the kinds
and always goes at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import people
from school.db import insert_if_missing
from school.errors import BadInput
from school.models.notices import HeldNotice, NoticeChoice, NoticeTimes
from school.models.people import Person, Role
from school.models.school import School
from school.times import LONDON, today

DIGEST_AT = 16 * 60
"""When the digest of whoever has not chosen otherwise goes: after school."""
_DAY = 24 * 60
_LINK = re.compile(r"https?://\S+")


class How(StrEnum):
    """How somebody is told."""

    AT_ONCE = "at_once"
    DIGEST = "digest"
    NONE = "none"


class Kind(StrEnum):
    """What somebody is told of."""

    URGENT = "urgent"
    HANDED_OVER = "handed_over"
    DRAFTS = "drafts"
    ACCOUNTS = "accounts"
    DUTIES = "duties"


@dataclass(frozen=True, slots=True)
class About:
    """A kind: its words, whom it concerns, and what can be chosen."""

    words: str
    hint: str
    roles: frozenset[Role]
    ways: tuple[How, ...]
    digest: str = ""
    """What a digest says in place of the subject, which could tell more than its reader may know by then."""


_ALL = (How.AT_ONCE, How.DIGEST, How.NONE)
_TOLD = (How.AT_ONCE, How.DIGEST)
GUARDS = frozenset({Role.SLT, Role.DSL})
"""Somebody of these is always told at once of threats (P23)."""

ABOUT: Mapping[Kind, About] = {
    Kind.URGENT: About(
        "Threats and worries about a child",
        "Quiet hours don’t hold these back. At least one of the leadership team and the safeguarding leads "
        "is always told at once.",
        frozenset({Role.HEADTEACHER, Role.SLT, Role.DSL}),
        _ALL,
        "A threat or a worry about a child",
    ),
    Kind.HANDED_OVER: About(
        "Entries that a colleague gives to you, or opens again after you",
        "They are on your first page, too.",
        frozenset({Role.HEADTEACHER, Role.SLT, Role.DSL, Role.MODERATOR}),
        _ALL,
        "A colleague gave you an entry",
    ),
    Kind.DRAFTS: About(
        "What became of your posts",
        "Approved, sent back, stopped, missed.",
        frozenset(Role),
        _ALL,
    ),
    Kind.ACCOUNTS: About(
        "The school’s accounts, and Schoolgate itself",
        "A platform’s keys that end, things that stay wrong.",
        frozenset({Role.HEADTEACHER, Role.NETWORK_MANAGER, Role.SLT}),
        _TOLD,
    ),
    Kind.DUTIES: About(
        "Training, terms and reviews",
        "Reminders before something runs out.",
        frozenset(Role),
        _TOLD,
    ),
}

PURPOSES: Mapping[str, Kind] = {
    "urgent_comment": Kind.URGENT,
    "urgent_decided": Kind.URGENT,
    "handed_over": Kind.HANDED_OVER,
    "opened_again": Kind.HANDED_OVER,
    "decision": Kind.DRAFTS,
    "decisions": Kind.DRAFTS,
    "decided_in_place": Kind.DRAFTS,
    "missed": Kind.DRAFTS,
    "stopped": Kind.DRAFTS,
    "account_dead": Kind.ACCOUNTS,
    "account_warning": Kind.ACCOUNTS,
    "incident": Kind.ACCOUNTS,
    "account_closed": Kind.ACCOUNTS,
    "training_refresh": Kind.DUTIES,
    "new_terms": Kind.DUTIES,
    "training_reminder": Kind.DUTIES,
    "policy_review_reminder": Kind.DUTIES,
    "review_reminder": Kind.DUTIES,
    "administrators_reminder": Kind.DUTIES,
}
"""Which mails are of which kind, by `OutboxEmail.purpose`; all others always go at once."""

_IN_DIGEST: Mapping[str, str] = {
    "urgent_decided": "How something urgent was decided",
    "opened_again": "A colleague opened an entry again that you had decided",
}
"""What a digest says of mails of these purposes, where that is not what it says of their kind."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """Everything that a person chose."""

    how: Mapping[Kind, How] = field(default_factory=dict)
    digest_at: int = DIGEST_AT
    quiet_from: int | None = None
    quiet_to: int | None = None

    def of(self, kind: Kind) -> How:
        """How they want to be told of a kind."""
        return self.how.get(kind, How.AT_ONCE)


def kinds_of(person: Person) -> list[Kind]:
    """The kinds that a person with these roles can be told of."""
    return [kind for kind, about in ABOUT.items() if about.roles & person.roles]


def of(session: Session, person: Person) -> Wishes:
    """What a person chose, or what everybody begins with."""
    rows = session.scalars(sa.select(NoticeChoice).where(NoticeChoice.person_id == person.id))
    chosen = {Kind(row.kind): How(row.how) for row in rows if row.kind in set(Kind) and row.how in set(How)}
    times = session.get(NoticeTimes, person.id)
    if times is None:
        return Wishes(chosen)
    return Wishes(chosen, times.digest_at, times.quiet_from, times.quiet_to)


def choose(session: Session, person: Person, wishes: Wishes) -> None:
    """Keep what a person chose. Raises BadInput that names the field.

    The last of SLT and safeguarding leads who is told at once of threats can't switch that off.
    """
    for kind in kinds_of(person):
        if wishes.of(kind) not in ABOUT[kind].ways:
            raise BadInput("Choose from the list how you want to be told.", field=kind.value)
    for name in ("digest_at", "quiet_from", "quiet_to"):
        value = getattr(wishes, name)
        if value is not None and not 0 <= value < _DAY:
            raise BadInput("Choose a time of day, such as 16:00.", field=name)
    if (wishes.quiet_from is None) != (wishes.quiet_to is None):
        missing = "quiet_from" if wishes.quiet_from is None else "quiet_to"
        raise BadInput("Quiet hours need a beginning and an end: give both, or neither.", field=missing)
    if wishes.quiet_from is not None and wishes.quiet_from == wishes.quiet_to:
        raise BadInput("Quiet hours that begin as they end would last all day.", field="quiet_to")
    # Two who switch it off at the same moment come one after the other.
    session.scalar(sa.select(School.id).with_for_update())
    if wishes.of(Kind.URGENT) is not How.AT_ONCE and _is_last_guard(session, person):
        raise BadInput(
            "You are the last of the leadership team and the safeguarding leads who is told of threats at "
            "once: somebody else must choose “at once” first.",
            field=Kind.URGENT.value,
        )
    for kind in kinds_of(person):
        how = wishes.of(kind).value
        insert_if_missing(session, NoticeChoice, person_id=person.id, kind=kind.value, how=how)
        session.execute(
            sa.update(NoticeChoice)
            .where(NoticeChoice.person_id == person.id, NoticeChoice.kind == kind.value)
            .values(how=how)
        )
    insert_if_missing(session, NoticeTimes, person_id=person.id, digest_at=DIGEST_AT)
    session.execute(
        sa.update(NoticeTimes)
        .where(NoticeTimes.person_id == person.id)
        .values(digest_at=wishes.digest_at, quiet_from=wishes.quiet_from, quiet_to=wishes.quiet_to)
    )


def in_force(session: Session, person: Person, kind: Kind) -> How:
    """How a person is told now: of threats at once, whatever they chose, where nobody else would be.

    Looked at each time, so that it holds whoever leaves or loses a role meanwhile.
    """
    chosen = session.scalar(
        sa.select(NoticeChoice.how).where(
            NoticeChoice.person_id == person.id, NoticeChoice.kind == kind.value
        )
    )
    how = How(chosen) if chosen in set(How) else How.AT_ONCE
    if kind is Kind.URGENT and how is not How.AT_ONCE and _is_last_guard(session, person):
        return How.AT_ONCE
    return how


def _is_last_guard(session: Session, person: Person) -> bool:
    """Whether, without this person, nobody of SLT and DSL would be told of threats at once.

    A headteacher among them doesn't count: what concerns the headteacher is not told to them (P3).
    """
    guards = people.holders(session, *GUARDS)
    counting = [one for one in guards if Role.HEADTEACHER not in one.roles] or guards
    if person not in counting:
        return False
    silent = set(
        session.scalars(
            sa.select(NoticeChoice.person_id).where(
                NoticeChoice.kind == Kind.URGENT.value, NoticeChoice.how != How.AT_ONCE.value
            )
        )
    )
    return all(one.id in silent for one in counting if one.id != person.id)


def not_before(session: Session, person: Person, kind: Kind, *, now: datetime) -> datetime:
    """When a mail of this kind may go: now, or when the person's quiet hours end."""
    times = session.get(NoticeTimes, person.id)
    if kind is Kind.URGENT or times is None or times.quiet_from is None or times.quiet_to is None:
        return now
    local = now.astimezone(LONDON)
    minute = local.hour * 60 + local.minute
    begins, ends = times.quiet_from, times.quiet_to
    quiet = begins <= minute < ends if begins < ends else minute >= begins or minute < ends
    return _next(ends, now) if quiet else now


def hold(
    session: Session,
    person: Person,
    kind: Kind,
    *,
    purpose: str,
    subject: str,
    text: str,
    confidential: bool,
    now: datetime,
) -> None:
    """Keep something for the person's next digest.

    A line with its subject and first link; a line for each link, where the kind has words of its own.
    """
    insert_if_missing(session, NoticeTimes, person_id=person.id, digest_at=DIGEST_AT)
    times = session.get_one(NoticeTimes, person.id)
    if times.next_digest_at is None:
        times.next_digest_at = _next(times.digest_at, now)
    words, links = _IN_DIGEST.get(purpose, ABOUT[kind].digest), _LINK.findall(text) or [""]
    for link in links if words else links[:1]:
        session.add(
            HeldNotice(
                person_id=person.id,
                kind=kind.value,
                words=words or subject,
                link=link,
                confidential=confidential,
                held_at=now,
            )
        )


def forget(session: Session, told: Sequence[Person], link_part: str) -> None:
    """Leave out of these people's next digest what leads to a thing that they may no longer know of (P3)."""
    session.execute(
        sa.delete(HeldNotice).where(
            HeldNotice.person_id.in_([person.id for person in told]),
            HeldNotice.link.contains(link_part, autoescape=True),
        )
    )


def due(session: Session, *, now: datetime) -> list[UUID]:
    """Whose digest is due."""
    query = sa.select(NoticeTimes.person_id).where(_is_due(now))
    return list(session.scalars(query.order_by(NoticeTimes.next_digest_at).limit(200)))


def take(session: Session, person_id: UUID, *, now: datetime) -> list[HeldNotice]:
    """What a person's digest says, for this transaction alone; taken away from what is held."""
    claimed = session.execute(
        sa.update(NoticeTimes)
        .where(NoticeTimes.person_id == person_id, _is_due(now))
        .values(next_digest_at=None)
    )
    if not claimed.rowcount:  # type: ignore[attr-defined]
        return []
    rows = list(
        session.scalars(
            sa.select(HeldNotice).where(HeldNotice.person_id == person_id).order_by(HeldNotice.id)
        )
    )
    session.execute(sa.delete(HeldNotice).where(HeldNotice.id.in_([row.id for row in rows])))
    return rows


def _is_due(now: datetime) -> sa.ColumnElement[bool]:
    """Its time has come; or it has none, since something was held just while the last digest was taken."""
    left_over = sa.exists().where(
        HeldNotice.person_id == NoticeTimes.person_id, HeldNotice.held_at <= now - timedelta(days=1)
    )
    return sa.or_(NoticeTimes.next_digest_at <= now, sa.and_(NoticeTimes.next_digest_at.is_(None), left_over))


def _next(minute: int, now: datetime) -> datetime:
    """The next moment at which the clock of the school shows this time."""
    day = today(now)
    for later in range(3):
        moment = datetime.combine(day + timedelta(days=later), time(minute // 60, minute % 60), LONDON)
        if moment > now:
            return moment
    raise AssertionError("a day has no such time")
