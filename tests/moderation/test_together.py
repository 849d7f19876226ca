"""One decision on many entries, and how quickly decisions come (P23)."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from moderation import claims, log, review, speed, together
from moderation.decisions import Decision, Outcome
from moderation.models import (
    CaseState,
    EventKind,
    LogCase,
    LogEvent,
    PlatformAct,
    ReferTo,
    WatchedPost,
)
from moderation.review import QueueFilters
from school.db import reading, transaction
from school.errors import BadInput, NotPermitted
from school.models import Person, Role
from tests.moderation.platform import ScriptedPlatform, author, comment, post
from tests.moderation.scenes import URL, Clock, act, decide, flagged

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
pytestmark = pytest.mark.usefixtures("numbered_in_turn")


def all_at_once(
    entries: list[UUID], *outcomes: Outcome, by: Person, clock: Clock, seen: int = 1, **more: object
) -> together.Together:
    values: dict[str, object] = {"reason": "All of one kind", **more}
    with transaction() as session:
        return together.decide(
            session,
            [(entry_id, seen) for entry_id in entries],
            Decision(frozenset(outcomes), **values),  # type: ignore[arg-type]
            by=session.get_one(Person, by.id),
            url=URL,
            now=clock(),
        )


def states() -> list[CaseState]:
    with reading() as session:
        return list(session.scalars(sa.select(LogCase.state).order_by(LogCase.entry_id)))


@pytest.fixture
def four(account_id: UUID, platform: ScriptedPlatform, clock: Clock) -> list[UUID]:
    """Four open entries of one author."""
    return flagged(account_id, platform, clock, *(comment(n, f"idiot {n}") for n in range(4)))


def test_each_entry_has_its_own_row_and_act(
    four: list[UUID], platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    slt = school_people[Role.SLT]
    done = all_at_once(four, Outcome.HIDE, Outcome.BLOCK, by=slt, clock=clock)
    assert done.left == () and set(done.decided) == set(four)
    with reading() as session:
        events = session.scalars(sa.select(LogEvent).where(LogEvent.kind == EventKind.DECIDED)).all()
        assert {event.entry_id for event in events} == set(four)
        assert {event.detail["reason"] for event in events} == {"All of one kind"}
        acts = session.scalars(sa.select(PlatformAct.kind)).all()
        # The person is blocked once, each comment hidden by itself.
        assert sorted(acts) == ["block", "hide", "hide", "hide", "hide"]
        assert log.verify(session) is None
    act(platform, clock)
    assert sorted(platform.done) == [("block", "id-Troll Tim"), *(("hide", f"c-{n}") for n in range(4))]


@on_sqlite
def test_what_somebody_else_has_or_decided_is_left_and_named(
    four: list[UUID], clock: Clock, school_people: dict[Role, Person]
) -> None:
    slt, dsl = school_people[Role.SLT], school_people[Role.DSL]
    with transaction() as session:
        claims.claim(
            session, four[0], by=session.get_one(Person, dsl.id), lifetime=timedelta(minutes=10), now=clock()
        )
    decide(four[1], Outcome.DISMISS, by=dsl, clock=clock)
    done = all_at_once(four, Outcome.HIDE, by=slt, clock=clock)
    assert set(done.decided) == set(four[2:])
    assert [(one.number, dsl.name in one.why) for one in done.left] == [(1, True), (2, True)]
    with reading() as session:
        assert session.get_one(LogCase, four[1]).outcomes == ",dismiss,"


@on_sqlite
def test_what_fits_none_is_refused_and_nothing_is_done(
    four: list[UUID], clock: Clock, school_people: dict[Role, Person]
) -> None:
    slt = school_people[Role.SLT]
    with pytest.raises(BadInput, match="Nothing is chosen"):
        all_at_once(four, by=slt, clock=clock)
    with pytest.raises(BadInput, match="No entry is ticked"):
        all_at_once([], Outcome.HIDE, by=slt, clock=clock)
    with pytest.raises(BadInput, match="go together"):
        all_at_once(four, Outcome.HIDE, Outcome.DELETE, by=slt, clock=clock)
    with pytest.raises(BadInput, match="Choose from the list"):
        all_at_once(four, Outcome.REPLY, by=slt, clock=clock)
    with pytest.raises(BadInput, match="reason is empty"):
        all_at_once(four, Outcome.HIDE, by=slt, clock=clock, reason=" ")
    with pytest.raises(BadInput, match="to whom"):
        all_at_once(four, Outcome.REFER, by=slt, clock=clock)
    with pytest.raises(NotPermitted):
        all_at_once(four, Outcome.HIDE, by=school_people[Role.STAFF], clock=clock)
    assert states() == [CaseState.OPEN] * 4
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(PlatformAct)) == 0


@on_sqlite
def test_the_headteacher_cannot_reach_what_is_kept_from_them(
    four: list[UUID], clock: Clock, school_people: dict[Role, Person]
) -> None:
    """P3: nor learns its number."""
    decide(
        four[0],
        Outcome.REFER,
        by=school_people[Role.SLT],
        clock=clock,
        refer_to=ReferTo.CHAIR,
        about_headteacher=True,
    )
    done = all_at_once(four[:2], Outcome.DISMISS, by=school_people[Role.HEADTEACHER], clock=clock)
    assert done.decided == (four[1],) and [one.number for one in done.left] == [None]


def test_two_who_decide_the_same_many_at_once(
    four: list[UUID], clock: Clock, school_people: dict[Role, Person]
) -> None:
    """Every entry is decided once, by one of them."""
    start, done = threading.Barrier(2), []

    def work(role: Role, order: list[UUID]) -> None:
        start.wait()
        done.append(all_at_once(order, Outcome.HIDE, by=school_people[role], clock=clock))

    threads = [
        threading.Thread(target=work, args=(Role.SLT, four)),
        threading.Thread(target=work, args=(Role.DSL, four[::-1])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    decided = [entry_id for one in done for entry_id in one.decided]
    assert sorted(decided) == sorted(four)
    with reading() as session:
        count = sa.select(sa.func.count()).where(LogEvent.kind == EventKind.DECIDED)
        assert session.scalar(count) == 4
        assert log.verify(session) is None


@on_sqlite
def test_the_queue_is_grouped_by_author_or_by_post(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    platform.posts = [post("post-1"), post("post-2")]
    platform.show(comment(9, "idiot nine", post="post-2"), post="post-2")
    flagged(
        account_id, platform, clock, comment(1, "idiot one"), comment(2, "idiot two", author=author("Ann"))
    )
    with transaction() as session:
        gone = session.scalars(sa.select(WatchedPost).where(WatchedPost.platform_id == "post-2")).one()
        gone.gone_at = clock()
    with reading() as session:
        slt = session.get_one(Person, school_people[Role.SLT].id)
        page = review.queue(session, viewer=slt, now=clock())
        of_ann = review.queue(
            session,
            viewer=slt,
            filters=QueueFilters(author_id=page.items[1].entry.author_id),
            now=clock(),
        )
    assert sorted(len(group) for group in page.by_author()) == [1, 2]
    posts = [[item.entry.text for item in group] for group in page.by_post()]
    assert sorted(map(sorted, posts)) == [["idiot nine"], ["idiot one", "idiot two"]]
    assert {item.entry.text: item.post_gone for item in page.items} == {
        "idiot nine": True,
        "idiot one": False,
        "idiot two": False,
    }
    assert of_ann.items


@on_sqlite
def test_p23_time_to_decision_is_measured(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    """P23."""
    entries = flagged(
        account_id,
        platform,
        clock,
        comment(1, "I know where you live"),
        comment(2, "idiot"),
        comment(3, "idiot again"),
        comment(4, "and still an idiot"),
    )
    slt = school_people[Role.SLT]
    start = clock()
    for number, minutes in enumerate((2, 10, 60)):
        clock.at = start + timedelta(minutes=minutes)
        decide(entries[number], Outcome.DISMISS, by=slt, clock=clock)
    clock.at = start + timedelta(hours=5)
    with reading() as session:
        viewer = session.get_one(Person, slt.id)
        urgent, everything = speed.figures(session, viewer=viewer, now=clock())
        of_many = speed.figures(session, viewer=viewer, most=2, now=clock())
    # The urgent one is not among the latest two, and not forgotten either.
    assert [(one.decided, one.measured, speed.said(one.median)) for one in of_many] == [
        (1, 1, "2 minutes"),
        (3, 2, "35 minutes"),
    ]
    assert (urgent.decided, speed.said(urgent.median), urgent.open) == (1, "2 minutes", 0)
    assert (everything.decided, speed.said(everything.median)) == (3, "10 minutes")
    assert speed.said(everything.slowest) == "60 minutes" and speed.said(everything.waiting) == "5 hours"
    assert everything.oldest_number == 4 and urgent.oldest_id is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 seconds"), (1, "1 second"), (60, "1 minute"), (7200, "2 hours"), (200_000, "2 days")],
)
def test_lengths_are_said_in_words(seconds: int, words: str) -> None:
    assert speed.said(timedelta(seconds=seconds)) == words
    assert speed.said(None) == "–"
