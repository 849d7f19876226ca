"""Moving and repeating posts, what stands out in a calendar, and each person's calendar feed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from icalendar import Calendar
from sqlalchemy.orm import Session

from approvals import calendar_feed, content, drafts, planning, schedule, series, throwing_away
from approvals.drafts import EditConflict
from approvals.models import CalendarFeed, Criterion, Draft, Publication
from approvals.planning import Rhythm
from approvals.states import DraftState, PublicationState
from school import school_year
from school.errors import BadInput, MoveNotAllowed, NotFound, NotPermitted
from school.models import Account, DatesKind, Person, Role
from school.times import LONDON, today
from tests.approvals import scenes

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def enter_terms(session: Session, head: Person, now: datetime, *terms: tuple[date, date]) -> None:
    for first, last in terms:
        school_year.enter(
            session, kind=DatesKind.TERM, name="Term", first_day=first, last_day=last, by=head, now=now
        )


def test_p12_a_moved_post_needs_a_new_approval(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    draft, [publication] = scenes.approved(session, teacher, head, now, x)
    to = (now + timedelta(days=3)).astimezone(LONDON).date().isoformat()

    def move(by: Person, **more: object) -> Draft:
        asked = {"day": to, "clock": "11:30", "based_on": 1, **more}
        return planning.move(session, draft.id, by=by, now=now, **asked)  # type: ignore[arg-type]

    with pytest.raises(NotPermitted):
        move(head)
    with pytest.raises(BadInput, match="both"):
        move(teacher, clock=" ")
    before = drafts.current_revision(session, draft)
    moved = drafts.current_revision(session, move(teacher))
    assert (draft.state, publication.state) == (DraftState.DRAFT, PublicationState.CANCELLED)
    assert moved.planned_local == f"{to}T11:30"
    assert (moved.text, moved.checklist, moved.device) == (before.text, before.checklist, before.device)
    with pytest.raises(EditConflict):
        move(teacher, clock="12:00")


def test_p12_a_repeated_post_is_a_draft_for_each_time_and_approved_by_nobody(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    first = today(now) + timedelta(days=7 - now.astimezone(LONDON).weekday())
    enter_terms(
        session,
        head,
        now,
        (first - timedelta(days=14), first + timedelta(days=11)),
        (first + timedelta(days=28), first + timedelta(days=60)),
    )
    draft, _publications = scenes.approved(
        session, teacher, head, now, x, at=datetime(first.year, first.month, first.day, 9, 40, tzinfo=LONDON)
    )
    series = uuid4()

    def repeat(rhythm: Rhythm, days: int) -> list[Draft]:
        return planning.repeat(
            session,
            draft.id,
            rhythm=rhythm,
            until=first + timedelta(days=days),
            series=series,
            by=teacher,
            now=now,
        )

    made = repeat(Rhythm.TERM_WEEKS, 35)
    # The second and third week after it are holidays; a bank holiday would be left out, too.
    wanted = [first + timedelta(days=days) for days in (7, 28, 35)]
    wanted = [day for day in wanted if not school_year.bank_holiday(day)]
    planned = [drafts.current_revision(session, one).planned_local for one in made]
    assert planned == [f"{day}T09:40" for day in wanted]
    assert {one.state for one in made} == {DraftState.DRAFT}
    assert all(drafts.current_revision(session, one).checklist == [] for one in made)
    assert session.query(Publication).count() == 1 and draft.state is DraftState.APPROVED
    # Sent twice.
    assert [one.id for one in repeat(Rhythm.TERM_WEEKS, 35)] == [one.id for one in made]
    assert len(drafts.in_series(session, draft)) == len(made) + 1
    # What isn't wanted is thrown away with the rest of its series, but never what may have been out.
    with pytest.raises(NotPermitted):
        throwing_away.throw_away(session, made[0].id, others=True, by=head, now=now)
    with pytest.raises(MoveNotAllowed, match="approved: take it back first"):
        throwing_away.throw_away(session, draft.id, others=True, by=teacher, now=now)
    drafts.withdraw(session, draft.id, reason="", by=teacher, now=now)
    [publication] = session.query(Publication)
    publication.unknown_since = now
    with pytest.raises(MoveNotAllowed, match="may have been seen"):
        throwing_away.throw_away(session, draft.id, others=True, by=teacher, now=now)
    publication.unknown_since = None
    assert throwing_away.possible(session, draft)
    for gone in (len(made), 0):
        assert len(throwing_away.throw_away(session, made[0].id, others=True, by=teacher, now=now)) == gone, (
            "twice is once"
        )
    assert drafts.listed(session, by=teacher, mine=True, now=now)[0] == [draft]
    assert (
        drafts.with_author(session, teacher)[drafts.Of.WRITING] == (1, 1)
        and len(drafts.in_series(session, draft)) == 1
    )
    assert drafts.moves(session, made[0])[-1].reason == "Its author threw it away."
    assert not drafts.editable(session, made[0])
    with pytest.raises(MoveNotAllowed, match="thrown away"):
        scenes.submit(session, made[0], teacher, now)
    for days in (6, 7 * 80):
        with pytest.raises(BadInput, match=r"last day|ahead"):
            repeat(Rhythm.WEEKLY, days)


def test_p12_the_others_of_a_series_get_a_new_wording_only_while_they_are_written(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    at = (now + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
    said = scenes.content(x, at=at, text="Merry Christmas")
    first = drafts.save(session, None, said, by=teacher, now=now)
    handed_in, worded, signed, plain = planning.repeat(
        session,
        first.id,
        rhythm=Rhythm.WEEKLY,
        until=at.date() + timedelta(days=28),
        series=uuid4(),
        by=teacher,
        now=now,
    )

    def change(draft: Draft, **more: object) -> None:
        newest = drafts.current_revision(session, draft)
        typed = replace(content.of_revision(newest), based_on=newest.number, **more)  # type: ignore[arg-type]
        drafts.save(session, draft.id, typed, by=teacher, now=now)

    assert series.with_old_wording(session, first) == [], "nothing was changed yet"
    change(handed_in, checklist=frozenset(Criterion))
    scenes.submit(session, handed_in, teacher, now)
    change(worded, text="A happy new year")
    change(signed, checklist=frozenset(Criterion))
    change(first, text="Merry Christmas to everybody")
    with pytest.raises(NotPermitted):
        series.reword(session, first.id, seen=2, by=head, now=now)
    with pytest.raises(MoveNotAllowed, match="changed meanwhile"):
        series.reword(session, first.id, seen=1, by=teacher, now=now)
    assert {one.id for one in series.with_old_wording(session, first)} == {signed.id, plain.id}
    changed = series.reword(session, first.id, seen=2, by=teacher, now=now)
    assert {one.id for one in changed} == {signed.id, plain.id}
    texts = {one.id: drafts.current_revision(session, one).text for one in (handed_in, worded)}
    assert texts == {handed_in.id: "Merry Christmas", worded.id: "A happy new year"}
    assert handed_in.state is DraftState.SUBMITTED and handed_in.revision_number == 2
    for one in (signed, plain):
        newest = drafts.current_revision(session, one)
        assert newest.text == "Merry Christmas to everybody" and not newest.checklist, "to be signed anew"
        assert one.state is DraftState.DRAFT and newest.planned_at > first.created_at + timedelta(days=7)
    assert series.reword(session, first.id, seen=2, by=teacher, now=now) == [], "twice is once"
    # Nobody is to take over what was refused or isn't wanted.
    change(first, text="Merry Christmas to all")
    assert series.with_old_wording(session, first)
    first.state = DraftState.REJECTED
    assert series.with_old_wording(session, first) == []
    first.state, first.thrown_away_at = DraftState.DRAFT, now
    assert series.with_old_wording(session, first) == []


def test_gaps_and_clashes_stand_out(
    session: Session,
    teacher: Person,
    head: Person,
    school_people: dict[Role, Person],
    x: Account,
    facebook: Account,
    now: datetime,
) -> None:
    monday = today(now) + timedelta(days=7 - now.astimezone(LONDON).weekday())
    enter_terms(session, head, now, (monday, monday + timedelta(days=18)))
    noon = datetime(monday.year, monday.month, monday.day, 12, tzinfo=LONDON)
    for minutes, accounts in ((0, (x, facebook)), (59, (x, facebook)), (119, (x,)), (120, (facebook,))):
        drafts.save(
            session,
            None,
            scenes.content(*accounts, at=noon + timedelta(minutes=minutes)),
            by=teacher,
            now=now,
        )
    last = monday + timedelta(days=27)
    entries = schedule.calendar(session, first=monday, last=last, by=teacher, now=now)
    both = [(clash.one.at, clash.other.at, len(set(clash.accounts))) for clash in planning.clashes(entries)]
    assert both == [(noon, noon + timedelta(minutes=59), 2)]
    year = school_year.load(session)
    assert planning.gaps(entries, first=monday, last=last, year=year, now=now) == [
        monday + timedelta(days=7),
        monday + timedelta(days=14),
    ]
    # A week in which a post waits that somebody may not see is not said to be empty.
    outsider = school_people[Role.NETWORK_MANAGER]
    seen = schedule.calendar(session, first=monday, last=last, by=outsider, now=now)
    assert seen == [], "nothing of it is approved"
    waiting = schedule.waiting_times(session, first=monday, last=last, now=now)
    for shown in (entries, seen):
        assert planning.gaps(shown, first=monday, last=last, year=year, now=now, waiting=waiting) == [
            monday + timedelta(days=7),
            monday + timedelta(days=14),
        ]
    # Once its time has passed, it comes out no more: the week is empty as it is for who sees the post missed.
    late = noon + timedelta(hours=2)
    assert schedule.waiting_times(session, first=monday, last=last, now=late) == []
    # A post of that week can still be planned for its next school day; on a Saturday for none.
    thursday_before, wednesday = (
        noon + timedelta(days=7) - timedelta(days=4),
        noon + timedelta(days=9),
    )
    second = monday + timedelta(days=7)
    assert planning.day_to_come(year, second, now=thursday_before) == second
    assert planning.day_to_come(year, second, now=wednesday) == second + timedelta(days=3)
    friday, saturday = noon + timedelta(days=11), noon + timedelta(days=12)
    assert planning.day_to_come(year, second, now=friday) == second + timedelta(days=4)
    over = planning.gaps(entries, first=monday, last=last, year=year, now=saturday)
    assert over == [monday + timedelta(days=14)], "its school days are over"


def test_of_several_plans_the_calendar_shows_the_newest_and_of_a_draft_only_what_was_missed(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    draft, [publication] = scenes.approved(session, teacher, head, now, x)

    def kept(state: PublicationState, **before: int) -> None:
        at = publication.planned_at - timedelta(**before)
        more = {"planned_at": at, "due_at": at, "next_try_at": at, "decision_id": publication.decision_id}
        of = {"draft_id": draft.id, "revision_id": publication.revision_id, "account_id": x.id}
        counts = {"attempts": 0, "looks": 0}
        session.add(Publication(**of, **more, **counts, state=state, reference=uuid4().hex))
        session.commit()

    def shown() -> list[object]:
        day = today(now)
        week = {"first": day - timedelta(days=1), "last": day + timedelta(days=6)}
        return [entry.state for entry in schedule.calendar(session, **week, by=teacher, now=now)]

    kept(PublicationState.CANCELLED, minutes=2)
    assert shown() == [PublicationState.SCHEDULED]
    session.execute(sa.update(Publication).values(state=PublicationState.CANCELLED))
    session.execute(sa.update(Draft).values(state=DraftState.DRAFT))
    session.commit()
    session.expire_all()
    assert shown() == [DraftState.DRAFT]
    kept(PublicationState.MISSED, minutes=5)
    assert shown() == [PublicationState.MISSED]


def test_a_calendar_feed_shows_what_its_person_may_see_and_nothing_of_the_wording(
    session: Session,
    school_people: dict[Role, Person],
    teacher: Person,
    head: Person,
    x: Account,
    now: datetime,
) -> None:
    """P27: no pupil's name leaves the product by it. The file is read by a program for such files."""
    scenes.approved(session, teacher, head, now, x, text="Well done, Tobias!")
    drafts.save(session, None, scenes.content(x, at=now + timedelta(days=2)), by=teacher, now=now)
    tokens = {person.id: calendar_feed.renew(session, by=person, now=now) for person in (teacher, head)}
    stored = set(session.scalars(sa.select(CalendarFeed.token_hash)))
    assert len(stored) == 2 and not stored & set(tokens.values())
    technician = school_people[Role.NETWORK_MANAGER]
    tokens[technician.id] = calendar_feed.renew(session, by=technician, now=now)
    read = {who: calendar_feed.of_token(session, token, now=now) for who, token in tokens.items()}
    assert b"Tobias" not in b"".join(read.values())
    statuses = {
        who: [str(event["STATUS"]) for event in Calendar.from_ical(body).walk("VEVENT")]
        for who, body in read.items()
    }
    assert statuses[teacher.id] == statuses[head.id] == ["CONFIRMED", "TENTATIVE"]
    assert statuses[technician.id] == ["CONFIRMED"]
    assert all(len(line) <= 75 for line in read[head.id].split(b"\r\n"))
    newer = calendar_feed.renew(session, by=head, now=now)
    calendar_feed.end(session, of=teacher, by=teacher, now=now)
    technician.active = False
    session.flush()
    for dead in tokens.values():
        with pytest.raises(NotFound):
            calendar_feed.of_token(session, dead, now=now)
    assert calendar_feed.of_token(session, newer, now=now) == read[head.id]
