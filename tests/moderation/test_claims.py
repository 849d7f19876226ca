"""Who decides an entry for some minutes, and that nothing urgent waits for them (P23)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from moderation import claims
from moderation.decisions import Outcome
from moderation.models import LogCase
from school.db import transaction
from school.errors import MoveNotAllowed, NotFound
from school.models import Person, Role
from tests.moderation.platform import ScriptedPlatform, comment
from tests.moderation.scenes import Clock, decide, flagged

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
People = dict[Role, Person]
TEN = timedelta(minutes=10)


def take_over(entry_id: UUID, holder: Person, *, by: Person, clock: Clock) -> LogCase:
    with transaction() as session:
        person = session.get_one(Person, by.id)
        return claims.take_over(session, entry_id, holder_id=holder.id, by=person, lifetime=TEN, now=clock())


def claim(entry_id: UUID, *, by: Person, clock: Clock) -> None:
    with transaction() as session:
        claims.claim(session, entry_id, by=session.get_one(Person, by.id), lifetime=TEN, now=clock())


def test_p23_what_is_urgent_is_taken_over_from_whoever_is_deciding_it(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    texts = ("You idiot", "I will stab you")
    entries = flagged(account_id, platform, clock, *(comment(n, text) for n, text in enumerate(texts)))
    with transaction() as session:
        calm, threat = sorted(entries, key=lambda one: session.get_one(LogCase, one).urgent)
    slt, dsl, moderator = (school_people[role] for role in (Role.SLT, Role.DSL, Role.MODERATOR))
    claim(threat, by=slt, clock=clock)
    assert take_over(threat, slt, by=dsl, clock=clock).claimed_by_id == dsl.id
    with pytest.raises(MoveNotAllowed, match=f"{dsl.name} is deciding"):
        decide(threat, Outcome.HIDE, by=slt, clock=clock)
    # Only from whom the page named, and what is not urgent as long as it is claimed from nobody.
    with pytest.raises(MoveNotAllowed, match=f"{dsl.name} is deciding"):
        take_over(threat, slt, by=moderator, clock=clock)
    claim(calm, by=slt, clock=clock)
    with pytest.raises(MoveNotAllowed, match=f"{slt.name} is deciding"):
        take_over(calm, slt, by=dsl, clock=clock)
    decide(threat, Outcome.HIDE, by=dsl, clock=clock)
    with pytest.raises(MoveNotAllowed, match="decided already"):
        take_over(threat, dsl, by=slt, clock=clock)


def test_p3_nobody_takes_over_what_is_kept_from_them(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: People
) -> None:
    entry_id = flagged(account_id, platform, clock, comment(1, "I will stab you"))[0]
    slt = school_people[Role.SLT]
    with transaction() as session:
        session.get_one(LogCase, entry_id).about_headteacher = True
    claim(entry_id, by=slt, clock=clock)
    with pytest.raises(NotFound):
        take_over(entry_id, slt, by=school_people[Role.HEADTEACHER], clock=clock)
