"""A worry about a child stays the safeguarding lead's to judge, whoever else decides on it (P3)."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa

from moderation import judged, log, referrals, together, undoing, words
from moderation.decisions import Decision, Outcome
from moderation.models import CaseState, EventKind, LogCase, LogEvent, Referral, ReferTo
from school import people
from school.db import reading, transaction
from school.errors import MoveNotAllowed
from school.models import Person, Role
from tests.moderation.platform import ScriptedPlatform, comment
from tests.moderation.scenes import URL, Clock, decide, flagged
from tests.moderation.test_called import gather, mails

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
People = dict[Role, Person]
WORRY = "my dad hits me every night"


@pytest.fixture
def entry_id(account_id: UUID, platform: ScriptedPlatform, clock: Clock) -> UUID:
    return flagged(account_id, platform, clock, comment(1, WORRY))[0]


def passed_on(entry_id: UUID) -> list[ReferTo]:
    with reading() as session:
        query = sa.select(Referral.to).where(Referral.entry_id == entry_id).order_by(Referral.referred_at)
        return list(session.scalars(query))


def waits(entry_id: UUID, person: Person) -> bool:
    with reading() as session:
        return referrals.waits_for(session, entry_id, session.get_one(Person, person.id))


@pytest.mark.parametrize("outcomes", [(Outcome.HIDE,), (Outcome.HIDE, Outcome.BLOCK), (Outcome.DISMISS,)])
def test_p3_a_worry_that_somebody_else_closes_goes_to_the_lead_as_well(
    outcomes: tuple[Outcome, ...], entry_id: UUID, clock: Clock, school_people: People
) -> None:
    slt, dsl = school_people[Role.SLT], school_people[Role.DSL]
    case = decide(entry_id, *outcomes, by=slt, clock=clock, reason="seen it")
    assert case.state is CaseState.DECIDED and case.referred
    assert passed_on(entry_id) == [ReferTo.DSL] and waits(entry_id, dsl)
    with reading() as session:
        kinds = sa.select(LogEvent.kind).where(LogEvent.entry_id == entry_id).order_by(LogEvent.seq)
        assert list(session.scalars(kinds))[-2:] == [EventKind.DECIDED, EventKind.REFERRED]
        assert log.verify(session) is None
        # What one calls harmless and another has still to judge says nothing of the classifier.
        one = next(judged.decided(session, viewer=None))
        assert one.abusive is (None if Outcome.DISMISS in outcomes else True)
    assert mails("referral")[dsl.email][0] == "Urgent: a worry about a child was referred to you"
    gather(clock.on(minutes=2))
    assert dsl.email not in mails("urgent_decided")
    # It has left the school's leadership: neither offered to be undone, nor undone.
    with reading() as session:
        assert undoing.last(session, session.get_one(Person, slt.id), now=clock()) is None
    with transaction() as session, pytest.raises(MoveNotAllowed, match="can't be taken back"):
        by = session.get_one(Person, slt.id)
        undoing.undo(session, entry_id, seen=case.version, by=by, url=URL, now=clock())
    decide(entry_id, Outcome.DEALT, by=dsl, clock=clock)
    assert not waits(entry_id, dsl)


def test_p3_the_leads_own_decision_or_a_referral_to_them_is_enough(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    """And of what is no worry nothing is passed on."""
    texts = (WORRY, WORRY + " and cry", "I will stab you", "You idiot", WORRY + ", help")
    entries = flagged(account_id, platform, clock, *(comment(n, text) for n, text in enumerate(texts)))
    slt, dsl = school_people[Role.SLT], school_people[Role.DSL]
    with reading() as session:
        found = {session.get_one(LogCase, one).kinds: one for one in entries}
        worries = [one for one in entries if "safeguarding" in session.get_one(LogCase, one).kinds]
    others = [one for one in entries if one not in worries]
    assert len(worries) == 3, found
    decide(worries[0], Outcome.HIDE, by=dsl, clock=clock)
    assert passed_on(worries[0]) == []
    decide(worries[1], Outcome.HIDE, Outcome.REFER, by=slt, clock=clock, refer_to=ReferTo.DSL)
    assert passed_on(worries[1]) == [ReferTo.DSL]
    decide(worries[2], Outcome.NOTE, by=slt, clock=clock)
    assert passed_on(worries[2]) == []
    for one in others:
        decide(one, Outcome.HIDE, by=slt, clock=clock)
        assert passed_on(one) == []
    # Opened again after the lead judged it: then it is theirs to judge again.
    decide(worries[0], Outcome.REOPEN, by=slt, clock=clock)
    decide(worries[0], Outcome.DISMISS, by=slt, clock=clock)
    assert waits(worries[0], dsl)


def test_p3_of_many_decided_together_the_worries_go_to_the_lead_and_the_rest_can_be_undone(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    texts = ("You idiot", WORRY, "idiot again")
    entries = flagged(account_id, platform, clock, *(comment(n, text) for n, text in enumerate(texts)))
    slt = school_people[Role.SLT]
    clock.on(minutes=1)
    with transaction() as session:
        by = session.get_one(Person, slt.id)
        seen = [(one, session.get_one(LogCase, one).version) for one in entries]
        wanted = Decision(frozenset({Outcome.HIDE}), "Abuse")
        done = together.decide(session, seen, wanted, by=by, url=URL, now=clock())
    assert len(done.decided) == 3
    assert [passed_on(one) for one in entries].count([ReferTo.DSL]) == 1
    with reading() as session:
        found = undoing.last(session, session.get_one(Person, slt.id), now=clock())
    assert found is not None and found.together == 2
    with transaction() as session:
        by = session.get_one(Person, slt.id)
        undone = undoing.undo_together(
            session, found.entry_id, seen=found.version, by=by, url=URL, now=clock()
        )
    assert undone == 2
    with reading() as session:
        states = [session.get_one(LogCase, one).state for one in entries]
    assert states.count(CaseState.DECIDED) == 1


def test_p3_a_worry_about_a_headteacher_who_is_the_lead_goes_to_the_chair_alone(
    entry_id: UUID, clock: Clock, school_people: People
) -> None:
    head = school_people[Role.HEADTEACHER]
    _only_lead(head, school_people, clock)
    chair = {"refer_to": ReferTo.CHAIR, "about_headteacher": True}
    decide(entry_id, Outcome.REFER, by=school_people[Role.SLT], clock=clock, **chair)
    assert passed_on(entry_id) == [ReferTo.CHAIR] and head.email not in mails("referral")


def test_p3_a_worry_about_the_headteacher_reaches_the_lead_beside_the_chair(
    entry_id: UUID, clock: Clock, school_people: People
) -> None:
    chair = {"refer_to": ReferTo.CHAIR, "about_headteacher": True}
    decide(entry_id, Outcome.REFER, by=school_people[Role.SLT], clock=clock, **chair)
    assert set(passed_on(entry_id)) == {ReferTo.CHAIR, ReferTo.DSL}
    assert waits(entry_id, school_people[Role.DSL])
    assert set(mails("referral")) == {school_people[one].email for one in (Role.DSL, Role.CHAIR)}


def test_p3_where_nobody_is_lead_the_decision_stands_and_waits_for_whoever_will_be(
    entry_id: UUID, clock: Clock, school_people: People
) -> None:
    _only_lead(None, school_people, clock)
    case = decide(entry_id, Outcome.HIDE, by=school_people[Role.SLT], clock=clock)
    assert case.state is CaseState.DECIDED and passed_on(entry_id) == [ReferTo.DSL]
    assert mails("referral") == {}


def _only_lead(lead: Person | None, school_people: People, clock: Clock) -> None:
    with transaction() as session:
        head = session.get_one(Person, school_people[Role.HEADTEACHER].id)
        if lead is not None:
            who = session.get_one(Person, lead.id)
            people.grant_role(session, who, Role.DSL, by=head, reason="For the test", now=clock())
        dsl = session.get_one(Person, school_people[Role.DSL].id)
        people.withdraw_role(session, dsl, Role.DSL, by=head, reason="For the test", now=clock())


def test_p22_of_a_worry_for_the_police_the_log_says_both_to_whom_it_went(
    entry_id: UUID, clock: Clock, school_people: People
) -> None:
    """In one line each: who chose the police, and that the lead has it by itself."""
    more = {"refer_to": ReferTo.POLICE, "author_is_pupil": False}
    decide(entry_id, Outcome.REFER, by=school_people[Role.SLT], clock=clock, **more)
    assert passed_on(entry_id) == [ReferTo.POLICE, ReferTo.DSL]
    with reading() as session:
        query = sa.select(LogEvent).where(LogEvent.entry_id == entry_id).order_by(LogEvent.seq)
        lines = list(words.told(session.scalars(query)).values())
    assert lines[-2:] == [
        "Referred to the police",
        "Also referred to the safeguarding lead: a worry about a child is theirs to judge",
    ]
