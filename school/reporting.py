"""The school's own part of the termly report: purposes, costs, consent, training (P6, P7, P10, P25)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session

from school import accounts, audit, school_year, terms, training
from school.errors import BadInput
from school.models.accounts import CallLedger
from school.models.consent import Consent
from school.models.people import Person
from school.models.purposes import AccountPurpose
from school.models.school_year import DatesKind
from school.permissions import Action, require
from school.times import midnight, say_date, today

WORDS_MAX = 2000
LONGEST = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Period:
    """The days that a report is about, both included."""

    first_day: date
    last_day: date

    @property
    def begins(self) -> datetime:
        """Midnight in school time, as UTC."""
        return midnight(self.first_day)

    @property
    def ends(self) -> datetime:
        """Midnight after the last day; the first moment that is no longer in it."""
        return midnight(self.last_day + timedelta(days=1))

    def still_to_come(self, now: datetime) -> str:
        """A sentence where some of these days are not over, so that nobody takes the figures for final."""
        if now >= self.ends:
            return ""
        if now < self.begins:
            return "These days are still to come, so there is nothing to show yet."
        return f"These days are not over: what follows is how things stood on {say_date(today(now))}."


@dataclass(frozen=True, slots=True)
class Coverage:
    """How things stand with the school's own duties, today and in the period."""

    people: int
    trained: int
    accepted_terms: int
    gave: int
    """Pupils for whom a consent was recorded: each once, for however many kinds and platforms."""
    withdrew: int


def this_term(session: Session, day: date) -> Period:
    """The term that a day is in by the school's own dates; in holidays the one before, up to that day.

    Roughly, where the school has entered none that is near enough.
    """
    begun = [
        one
        for one in school_year.entered(session)
        if one.kind is DatesKind.TERM and one.first_day <= day <= one.last_day + school_year.GAP_MOST
    ]
    if not begun:
        return term(day)
    newest = max(begun, key=lambda one: one.first_day)
    return Period(newest.first_day, max(newest.last_day, day))


def term(day: date) -> Period:
    """The term that a day is in, roughly: a school's own dates differ."""
    if day.month >= 9:
        return Period(date(day.year, 9, 1), date(day.year, 12, 31))
    if day.month <= 3:
        return Period(date(day.year, 1, 1), date(day.year, 3, 31))
    return Period(date(day.year, 4, 1), date(day.year, 8, 31))


def period(first_day: date, last_day: date) -> Period:
    """A period of somebody's choice. Raises BadInput when it is the wrong way round or over a year."""
    if last_day < first_day:
        raise BadInput(
            f"The last day ({say_date(last_day)}) is before the first ({say_date(first_day)}): swap them.",
            field="last_day",
        )
    if last_day - first_day > LONGEST:
        raise BadInput("A report covers a year at most: choose days that are nearer.", field="last_day")
    return Period(first_day, last_day)


@dataclass(frozen=True, slots=True)
class Step:
    """A day, week or month of a period, as a chart has one column for it."""

    label: str
    begins: datetime


def steps(when: Period, *, until: datetime) -> list[Step]:
    """The days of a month or less, the weeks of up to 30, or the months; none that begins after `until`."""
    days = (when.last_day - when.first_day).days + 1
    found: list[Step] = []
    day = when.first_day
    while day <= when.last_day:
        if days <= 31:
            label, following = f"{day.day} {day:%b}", day + timedelta(days=1)
        elif days <= 210:
            label = f"week of {day.day} {day:%b}"
            # Weeks begin on Mondays; the first may be shorter.
            following = day + timedelta(days=7 - day.weekday())
        else:
            label, following = f"{day:%b %Y}", (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        begins = Period(day, day).begins
        if found and begins > until:
            break
        found.append(Step(label, begins))
        day = following
    return found


def purposes(session: Session) -> dict[UUID, AccountPurpose]:
    """What each account is for, by its id."""
    return {found.account_id: found for found in session.scalars(sa.select(AccountPurpose))}


def set_purpose(
    session: Session, account_id: UUID, *, purpose: str, measures: str, by: Person, now: datetime
) -> AccountPurpose:
    """Say what an account is for and how its success is judged (P10). Raises BadInput, NotFound."""
    require(by, Action.SET_PURPOSES)
    account = accounts.get(session, account_id)
    for field, words in (("purpose", purpose), ("measures", measures)):
        if not words.strip():
            raise BadInput("This is empty: write a sentence or two.", field=field)
        if len(words) > WORDS_MAX:
            raise BadInput(f"This has {len(words):,} characters: at most {WORDS_MAX:,} fit.", field=field)
    found = session.get(AccountPurpose, account.id, with_for_update=True)
    if found is None:
        found = AccountPurpose(account_id=account.id, purpose="", measures="", set_at=now, set_by_id=by.id)
        session.add(found)
    found.purpose, found.measures, found.set_at, found.set_by_id = (
        purpose.strip(),
        measures.strip(),
        now,
        by.id,
    )
    audit.record(session, by=by, action="purpose_set", object_kind="account", object_id=account.id, now=now)
    return found


def costs(session: Session, when: Period) -> dict[UUID, tuple[int, float]]:
    """By account: how often its platform was asked in the period, and what that cost in US dollars."""
    query = (
        sa.select(
            CallLedger.account_id, sa.func.sum(CallLedger.calls), sa.func.sum(CallLedger.cost_micro_usd)
        )
        .where(CallLedger.hour >= when.begins, CallLedger.hour < when.ends)
        .group_by(CallLedger.account_id)
    )
    return {
        account_id: (int(calls or 0), int(micro or 0) / 1_000_000)
        for account_id, calls, micro in session.execute(query)
    }


def costs_over_time(
    session: Session, *, begins: Sequence[datetime], ends: datetime
) -> dict[UUID, list[float]]:
    """By account, what its platform cost in US dollars from each of `begins` to the next."""
    found: dict[UUID, list[float]] = {}
    query = (
        sa.select(CallLedger.account_id, CallLedger.hour, sa.func.sum(CallLedger.cost_micro_usd))
        .where(CallLedger.hour >= begins[0], CallLedger.hour < ends, CallLedger.cost_micro_usd > 0)
        .group_by(CallLedger.account_id, CallLedger.hour)
    )
    for account_id, hour, micro in session.execute(query):
        costs = found.setdefault(account_id, [0.0] * len(begins))
        costs[bisect_right(begins, hour) - 1] += int(micro or 0) / 1_000_000
    return found


def coverage(session: Session, when: Period, *, now: datetime) -> Coverage:
    """Training and terms as they stand now, consents as they moved in the period."""
    standings = training.standings(session, now=now)
    not_yet = {person.id for person in terms.not_yet_accepted(session)}
    known = terms.current(session) is not None
    return Coverage(
        people=len(standings),
        trained=sum(one.in_date for one in standings),
        accepted_terms=sum(known and one.person.id not in not_yet for one in standings),
        gave=_pupils(session, Consent.recorded_at, when),
        withdrew=_pupils(session, Consent.withdrawn_at, when),
    )


def _pupils(session: Session, column: Mapped[datetime] | Mapped[datetime | None], when: Period) -> int:
    query = sa.select(sa.func.count(sa.distinct(Consent.pupil_id)))
    return session.scalar(query.where(column >= when.begins, column < when.ends)) or 0
