"""An entry that is opened again: who is told, and what it waits for (P3)."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa

from moderation import referrals, undoing, words
from moderation.decisions import Outcome
from moderation.models import ActKind, Comment, LogCase, LogEntry, PlatformAct, ReferTo
from school.db import reading, transaction
from school.models import Person, Role
from school.notices import PURPOSES, Kind
from tests.moderation.platform import ScriptedPlatform, comment
from tests.moderation.scenes import URL, Clock, act, decide, flagged, poll, score
from tests.moderation.test_called import count, mails

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
People = dict[Role, Person]


@pytest.fixture
def entry_id(account_id: UUID, platform: ScriptedPlatform, clock: Clock) -> UUID:
    return flagged(account_id, platform, clock, comment(1, "my dad hits me every night"))[0]


def waits(entry_id: UUID, person: Person) -> bool:
    with reading() as session:
        return referrals.waits_for(session, entry_id, session.get_one(Person, person.id))


def test_p3_what_the_lead_took_themselves_was_referred_by_nobody(
    entry_id: UUID, clock: Clock, school_people: People
) -> None:
    """Opened again it is open, and no more; what a colleague referred waits for them again."""
    slt, dsl = school_people[Role.SLT], school_people[Role.DSL]
    decide(entry_id, Outcome.DEALT, by=dsl, clock=clock)
    decide(entry_id, Outcome.REOPEN, by=slt, clock=clock, reason="more came")
    assert not waits(entry_id, dsl)
    with reading() as session:
        case, entry = session.get_one(LogCase, entry_id), session.get_one(LogEntry, entry_id)
        assert words.still_visible(case, session.get_one(Comment, entry.comment_id)) == ""
        assert referrals.may_take(case, entry, session.get_one(Person, dsl.id))
    # The lead who dealt with it believes that it is done with.
    subject, text = mails("opened_again")[dsl.email]
    assert subject.startswith("Opened again: log entry ") and slt.name in text
    assert "more came" not in text and "hits" not in text
    decide(entry_id, Outcome.REFER, by=slt, clock=clock, refer_to=ReferTo.DSL)
    clock.on(minutes=1)
    decide(entry_id, Outcome.DEALT, by=dsl, clock=clock)
    decide(entry_id, Outcome.REOPEN, by=slt, clock=clock)
    assert waits(entry_id, dsl)


def test_whoever_decided_it_hears_that_a_colleague_opened_it_again_and_nobody_else(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    entry_id = flagged(account_id, platform, clock)[0]
    slt, moderator, head = (school_people[one] for one in (Role.SLT, Role.MODERATOR, Role.HEADTEACHER))
    assert PURPOSES["opened_again"] is Kind.HANDED_OVER
    # One's own decision, taken back or opened again, is no news.
    case = decide(entry_id, Outcome.DISMISS, by=slt, clock=clock)
    with transaction() as session:
        by = session.get_one(Person, slt.id)
        undoing.undo(session, entry_id, seen=case.version, by=by, url=URL, now=clock())
    decide(entry_id, Outcome.DISMISS, by=slt, clock=clock)
    decide(entry_id, Outcome.REOPEN, by=slt, clock=clock)
    assert count("opened_again") == 0
    # Of an earlier time, before it was opened, nobody is told again.
    decide(entry_id, Outcome.DISMISS, by=moderator, clock=clock)
    decide(entry_id, Outcome.REOPEN, by=head, clock=clock)
    assert set(mails("opened_again")) == {moderator.email}


def test_what_an_edit_opens_again_is_decided_anew(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    """Taking "No action" back undoes no hiding that was decided of the text before."""
    entry_id, slt = flagged(account_id, platform, clock)[0], school_people[Role.SLT]
    decide(entry_id, Outcome.HIDE, by=slt, clock=clock)
    act(platform, clock)
    clock.on(minutes=1)
    platform.show(comment(1, "I know where you live, idiot", hidden=True))
    poll(account_id, platform, clock)
    score(clock)
    case = decide(entry_id, Outcome.DISMISS, by=slt, clock=clock)
    assert case.outcomes == ",dismiss,"
    with transaction() as session:
        by = session.get_one(Person, slt.id)
        undoing.undo(session, entry_id, seen=case.version, by=by, url=URL, now=clock())
    act(platform, clock)
    with reading() as session:
        asked = session.scalars(sa.select(PlatformAct.kind).order_by(PlatformAct.id)).all()
        assert asked == [ActKind.HIDE]


def test_p3_what_is_referred_again_after_it_was_dealt_with_is_not_dealt_with(
    entry_id: UUID, clock: Clock, school_people: People
) -> None:
    slt, dsl = school_people[Role.SLT], school_people[Role.DSL]
    decide(entry_id, Outcome.REFER, by=slt, clock=clock, refer_to=ReferTo.DSL)
    clock.on(minutes=1)
    case = decide(entry_id, Outcome.DEALT, by=dsl, clock=clock)
    assert words.urgency(case) == ("was urgent", "secondary")
    clock.on(minutes=1)
    case = decide(entry_id, Outcome.REFER, by=slt, clock=clock, refer_to=ReferTo.DSL)
    assert waits(entry_id, dsl) and words.urgency(case) == ("urgent", "danger")
    clock.on(minutes=1)
    case = decide(entry_id, Outcome.DEALT, by=dsl, clock=clock)
    assert not waits(entry_id, dsl) and words.urgency(case) == ("was urgent", "secondary")
    # The police are rung; nobody waits for it here.
    case = decide(
        entry_id, Outcome.REFER, by=dsl, clock=clock, refer_to=ReferTo.POLICE, author_is_pupil=False
    )
    assert words.urgency(case) == ("was urgent", "secondary")
