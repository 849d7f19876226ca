"""Illegal acts go to the police, and pupils aren't criminalised needlessly: the DSL decides (P22)."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa

from moderation.decisions import Outcome
from moderation.models import Referral, ReferTo
from school.db import reading
from school.errors import BadInput
from school.models import Person, Role
from tests.moderation.platform import ScriptedPlatform
from tests.moderation.scenes import Clock, decide, flagged

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_p22_of_a_possible_pupil_only_the_dsl_tells_the_police(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    entry_id = flagged(account_id, platform, clock)[0]
    police = {"refer_to": ReferTo.POLICE, "reference": "CAD 1234"}
    for role in (Role.HEADTEACHER, Role.SLT, Role.MODERATOR):
        for pupil, field in ((None, "author_is_pupil"), (True, "refer_to")):
            with pytest.raises(BadInput) as refused:
                decide(
                    entry_id,
                    Outcome.REFER,
                    by=school_people[role],
                    clock=clock,
                    author_is_pupil=pupil,
                    **police,
                )
            assert refused.value.field == field, role
    for role, pupil in ((Role.DSL, True), (Role.HEADTEACHER, False)):
        decide(entry_id, Outcome.REFER, by=school_people[role], clock=clock, author_is_pupil=pupil, **police)
    with reading() as session:
        found = session.execute(
            sa.select(Referral.to, Referral.reference, Referral.author_is_pupil).order_by(
                Referral.referred_at
            )
        ).all()
    assert [tuple(row) for row in found] == [
        (ReferTo.POLICE, "CAD 1234", True),
        (ReferTo.POLICE, "CAD 1234", False),
    ]
