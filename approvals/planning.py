"""Planning: moving a post to another time, repeating it, and what stands out in a calendar (P12)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from approvals import content, drafts, planned
from approvals.models import Draft
from approvals.schedule import CalendarEntry
from approvals.states import NOT_COMING
from school import people, school_year
from school.errors import BadInput, NotPermitted
from school.models import Person
from school.permissions import Action, may
from school.school_year import SchoolYear
from school.times import LONDON, today

CLASH = timedelta(hours=1)
"""Two posts of one account closer together take attention from each other."""
REPEATS_MOST = 60


class Rhythm(StrEnum):
    """How often a post is repeated."""

    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    TERM_WEEKS = "term_weeks"

    @property
    def in_words(self) -> str:
        return {
            "weekly": "Every week",
            "fortnightly": "Every two weeks",
            "term_weeks": "Every week in term, when pupils are at school that day",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Clash:
    """Two posts that come out within an hour of each other on the same accounts."""

    one: CalendarEntry
    other: CalendarEntry
    accounts: tuple[str, ...]
    """The names of the accounts that both come out on."""


def move(
    session: Session, draft_id: UUID, *, day: str, clock: str, based_on: int, by: Person, now: datetime
) -> Draft:
    """Plan a draft for another time, as a new version: an approval that it had is void (P12).

    Raises what `approvals.drafts.save` raises, BadInput without a date and a time to come.
    """
    draft = drafts.find(session, draft_id, by=by, now=now)
    if not day.strip() or not clock.strip():
        raise BadInput("Give both a date and a time.", field="planned_time")
    if wrong := planned.problem(*planned.kept(day, clock), now=now):
        raise BadInput(wrong, field="planned_time")
    said = content.of_revision(drafts.current_revision(session, draft))
    moved = replace(said, planned_date=day, planned_time=clock, based_on=based_on)
    return drafts.save(session, draft_id, moved, by=by, now=now)


def dates(first: date, rhythm: Rhythm, *, until: date, year: SchoolYear) -> list[date]:
    """The days on which a post of `first` is repeated up to `until`, without `first` itself."""
    step = timedelta(weeks=2 if rhythm is Rhythm.FORTNIGHTLY else 1)
    found: list[date] = []
    day = first + step
    while day <= until and len(found) <= REPEATS_MOST:
        if rhythm is not Rhythm.TERM_WEEKS or year.of(day).school_day:
            found.append(day)
        day += step
    return found


def left_out(first: date, rhythm: Rhythm, *, until: date, year: SchoolYear) -> list[tuple[str, list[date]]]:
    """The days between those of `dates` on which a post is not repeated, by why: no pupils are at school."""
    if rhythm is not Rhythm.TERM_WEEKS or not year.known:
        return []
    taken = set(dates(first, rhythm, until=until, year=year))
    found: dict[str, list[date]] = {}
    for day in dates(first, Rhythm.WEEKLY, until=until, year=year):
        if day not in taken:
            found.setdefault(year.of(day).marked or "no term is entered", []).append(day)
    return list(found.items())


def why_not(year: SchoolYear, day: date) -> str:
    """What speaks against a post on that day, in a few words; empty for an ordinary one.

    At Christmas every school is closed, also where nobody has entered the terms yet.
    """
    christmas = (day.month, day.day) >= (12, 22) or (day.month, day.day) <= (1, 2)
    return year.of(day).name or ("the Christmas holidays" if christmas and not year.known else "")


def repeat(
    session: Session,
    draft_id: UUID,
    *,
    rhythm: Rhythm,
    until: date,
    series: UUID,
    by: Person,
    now: datetime,
) -> list[Draft]:
    """Begin a draft for each repetition of a post. None is handed in: each needs its own approval (P12).

    The checklist is to be signed for each (P14). `series`: an id that the form brings; sent twice,
    nothing is begun twice. Raises BadInput naming what is wrong, and what `drafts.save` raises.
    """
    draft = drafts.find(session, draft_id, by=by, now=now)
    if draft.author_id != by.id:
        raise NotPermitted("Only the author of a post repeats it.")
    revision = drafts.current_revision(session, draft)
    if revision.planned_at is None:
        raise BadInput("The post has no date and time yet: plan it first, then repeat it.")
    year = school_year.load(session)
    if rhythm is Rhythm.TERM_WEEKS and not year.known:
        raise BadInput(no_term_dates(session, by=by), field="rhythm")
    local = revision.planned_at.astimezone(LONDON)
    days = [day for day in dates(local.date(), rhythm, until=until, year=year) if day > today(now)]
    if not days:
        raise BadInput("There is no such day up to then: choose a later last day.", field="until")
    if len(days) > REPEATS_MOST:
        raise BadInput(f"That is more than {REPEATS_MOST} posts: choose an earlier last day.", field="until")
    for day in days:
        if wrong := planned.problem(*planned.kept(day.isoformat(), f"{local:%H:%M}"), now=now):
            raise BadInput(wrong, field="until")
    said = replace(
        content.of_revision(revision), checklist=frozenset(), planned_time=f"{local:%H:%M}", based_on=0
    )
    made: list[Draft] = []
    for day in days:
        one = drafts.save(
            session,
            None,
            replace(said, planned_date=day.isoformat()),
            by=by,
            now=now,
            begin_as=uuid5(series, day.isoformat()),
        )
        one.series_id = draft.series_id or series
        made.append(one)
    draft.series_id = draft.series_id or series
    return made


def no_term_dates(session: Session, *, by: Person) -> str:
    """What to tell whoever wants something for each week in term while nobody has entered the terms."""
    said = "No term dates are entered, so Schoolgate doesn’t know which weeks are in term."
    if may(by, Action.SET_SCHOOL_DATES):
        return f"{said} Enter them, or choose another rhythm."
    able = [one.name for one in people.everybody(session) if one.active and may(one, Action.SET_SCHOOL_DATES)]
    who = " or ".join([", ".join(able[:-1]), able[-1]] if len(able) > 1 else able) or "the headteacher"
    return f"{said} Choose another rhythm, or ask {who} to enter them."


def clashes(entries: Sequence[CalendarEntry]) -> list[Clash]:
    """Which of these posts come out within an hour of another on the same account: each pair once."""
    coming = [entry for entry in entries if entry.state not in NOT_COMING]
    found: dict[tuple[UUID, UUID], Clash] = {}
    last: dict[UUID, CalendarEntry] = {}
    for entry in sorted(coming, key=lambda one: one.at):
        before = last.get(entry.account_id)
        if before is not None and entry.at - before.at < CLASH and before.draft_id != entry.draft_id:
            pair = (before.draft_id, entry.draft_id)
            known = found[pair].accounts if pair in found else ()
            found[pair] = Clash(before, entry, (*known, entry.account))
        last[entry.account_id] = entry
    return list(found.values())


def day_to_come(year: SchoolYear, monday: date, *, now: datetime) -> date:
    """A day of a week on which a post can still be planned: its next school day, today last of all."""
    days = [monday + timedelta(days=n) for n in range(7)]
    school_days = [day for day in days if year.of(day).school_day and day >= today(now)]
    return next((day for day in school_days if day > today(now)), school_days[0] if school_days else days[-1])


def gaps(
    entries: Sequence[CalendarEntry],
    *,
    first: date,
    last: date,
    year: SchoolYear,
    now: datetime,
    waiting: Collection[datetime] = (),
) -> list[date]:
    """The Mondays of those weeks of term, this one and later, for which no post is planned or out.

    A week whose school days are over is none any more. `waiting`: for when posts are planned that `entries`
    may lack (`schedule.waiting_times`), since they wait and not everybody sees them.
    """
    planned = [*waiting, *(entry.at for entry in entries if entry.state not in NOT_COMING)]
    busy = {day - timedelta(days=day.weekday()) for day in (at.astimezone(LONDON).date() for at in planned)}
    monday = max(first, today(now))
    monday -= timedelta(days=monday.weekday())
    found: list[date] = []
    while monday <= last:
        left = max(monday, today(now))
        if monday not in busy and year.in_term(left, monday + timedelta(days=6)):
            found.append(monday)
        monday += timedelta(weeks=1)
    return found
