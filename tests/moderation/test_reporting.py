"""What the termly report counts of comments and flags, and for whom (P3, P10)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from moderation import reporting, trends
from moderation.decisions import Outcome
from moderation.models import LogCase, ReferTo
from school.db import reading
from school.models import Person, Role
from tests.moderation.platform import WHEN, ScriptedPlatform, comment
from tests.moderation.scenes import Clock, decide, flagged


def test_p10_flags_are_counted_and_p3_what_concerns_the_headteacher_not_for_them(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    slt = school_people[Role.SLT]
    entries = flagged(
        account_id,
        platform,
        clock,
        comment(1, "idiot one"),
        comment(2, "idiot two"),
        comment(3, "What a lovely fair"),
        comment(4, "Ring 07700 900123"),
    )
    clock.on(minutes=10)
    decide(entries[0], Outcome.HIDE, by=slt, clock=clock)
    clock.on(minutes=10)
    decide(entries[1], Outcome.REFER, by=slt, clock=clock, refer_to=ReferTo.CHAIR, about_headteacher=True)
    begins, ends = WHEN - timedelta(days=1), clock() + timedelta(days=1)
    with reading() as session:
        everything = reporting.flags(session, begins=begins, ends=ends, viewer=session.merge(slt, load=True))
        head = session.get_one(Person, school_people[Role.HEADTEACHER].id)
        theirs = reporting.flags(session, begins=begins, ends=ends, viewer=head)
        earlier = reporting.flags(session, begins=begins - timedelta(days=9), ends=begins, viewer=slt)
        limits = [timedelta(minutes=9), timedelta(minutes=19), timedelta.max]
        moved, seen = (
            trends.flags(session, begins=[begins, WHEN], ends=ends, limits=limits, viewer=viewer)
            for viewer in (slt, head)
        )
        ages = [
            trends.queue_age(session, viewer=slt, now=clock() + later)
            for later in (timedelta(0), timedelta(days=2), timedelta(days=4))
        ]
    found = everything[account_id]
    assert (found.comments, found.flagged, found.still_open) == (4, 3, 1)
    assert found.by_kind == {"toxicity": 2, "personal_data": 1}
    assert found.by_outcome == {"hide": 1, "refer": 1}
    assert found.median is not None and timedelta(minutes=10) <= found.median <= timedelta(minutes=25)
    assert theirs[account_id].flagged == 2 and "refer" not in theirs[account_id].by_outcome
    assert earlier == {}
    assert moved.by_kind == {"toxicity": [0, 2], "personal_data": [0, 1]}
    assert moved.by_account == {account_id: [0, 3]}
    assert moved.spread == [[0, 0, 0], [0, 1, 1]] and seen.spread == [[0, 0, 0], [0, 1, 0]]
    assert [age.others for age in ages] == [(1, 0, 0, 0, 0), (0, 0, 0, 1, 0), (0, 0, 0, 0, 1)]


def test_a_worry_about_a_child_that_reads_as_a_threat_too_counts_as_the_worry(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    """In the report and its charts: whoever counts worries about children looks for every one of them."""
    texts = "I will stab you", "I want to kill myself", "I want to kill myself, and I will stab you"
    *_, both = flagged(account_id, platform, clock, *(comment(n, text) for n, text in enumerate(texts)))
    begins, ends = WHEN - timedelta(days=1), clock() + timedelta(days=1)
    with reading() as session:
        assert session.get_one(LogCase, both).kinds == ",threat,safeguarding,", "the worst first"
        slt = session.get_one(Person, school_people[Role.SLT].id)
        found = reporting.flags(session, begins=begins, ends=ends, viewer=slt)[account_id]
        drawn = trends.flags(session, begins=[begins], ends=ends, limits=[timedelta.max], viewer=slt)
    assert found.by_kind == {"threat": 1, "safeguarding": 2}
    assert drawn.by_kind == {"threat": [1], "safeguarding": [2]}
