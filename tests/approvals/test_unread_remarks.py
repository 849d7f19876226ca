"""What was said and decided about a draft stays to be read by the other side, and no longer."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from approvals import decisions, drafts, remarks, unread_remarks
from approvals.models import DecisionKind
from school.errors import NotFound
from school.models import Account, Person, Role
from tests.approvals import scenes

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
MINUTE = timedelta(minutes=1)


def test_a_question_and_its_answer_wait_for_the_other_side(
    session: Session,
    school_people: dict[Role, Person],
    teacher: Person,
    head: Person,
    x: Account,
    later: datetime,
    now: datetime,
) -> None:
    draft = drafts.save(session, None, scenes.content(x, at=later), by=teacher, now=now)
    session.commit()
    scenes.submit(session, draft, teacher, now)
    slt = school_people[Role.SLT]

    def waits(at: datetime) -> list[bool]:
        return [draft.id in unread_remarks.said(session, one, now=at) for one in (teacher, head, slt)]

    assert waits(now) == [False, False, False]
    remarks.say(session, draft.id, text="Which gate?", by=head, now=now + MINUTE)
    assert waits(now + MINUTE) == [True, False, False]
    # Answered is read, too; who asked nothing is told of no answer.
    remarks.say(session, draft.id, text="The main one.", by=teacher, now=now + 2 * MINUTE)
    assert waits(now + 2 * MINUTE) == [False, True, False]
    unread_remarks.read(session, draft.id, by=head, now=now + 3 * MINUTE)
    assert waits(now + 3 * MINUTE) == [False, False, False]
    remarks.say(session, draft.id, text="Thank you.", by=head, now=now + 4 * MINUTE)
    assert waits(now + 4 * MINUTE) == [True, False, False]
    with pytest.raises(NotFound):
        unread_remarks.read(session, draft.id, by=school_people[Role.MODERATOR], now=now + 4 * MINUTE)
    unread_remarks.read(session, draft.id, by=school_people[Role.DPO], now=now + 4 * MINUTE)
    assert waits(now + 4 * MINUTE) == [True, False, False], "who merely looks reads for nobody"
    assert waits(now + unread_remarks.SHOWN_FOR + 5 * MINUTE) == [False, False, False]
    unread_remarks.read(session, draft.id, by=teacher, now=now + 5 * MINUTE)
    assert waits(now + 5 * MINUTE) == [False, False, False]
    # A rejection is read once.
    proof = decisions.prove_signed_in(session, draft.id, by=head, revision_number=1)
    then = now + 6 * MINUTE
    decisions.decide(session, proof, decision=DecisionKind.REJECT, reason="Not now", now=then)
    session.flush()
    assert list(unread_remarks.rejected(session, teacher, now=then)) == [draft.id]
    assert unread_remarks.unread(session, draft, teacher, now=then)
    assert not unread_remarks.rejected(session, head, now=then)
    unread_remarks.read(session, draft.id, by=teacher, now=then + MINUTE)
    assert not unread_remarks.rejected(session, teacher, now=then + MINUTE)
