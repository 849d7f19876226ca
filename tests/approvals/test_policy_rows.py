"""What a post is for, and what its author signs (P13, P14)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import drafts, publishing
from approvals.checks import DraftRefused
from approvals.models import Criterion, Objective, Publication
from approvals.states import DraftState
from school.models import Account, Person
from tests.approvals import scenes

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_p13_a_post_names_one_of_four_objectives(
    session: Session, teacher: Person, x: Account, now: datetime, later: datetime
) -> None:
    draft = drafts.save(
        session, None, scenes.content(x, at=later, objective=None), by=teacher, now=now
    )  # fmt: skip
    with pytest.raises(DraftRefused, match="What it is for is not chosen yet"):
        scenes.submit(session, draft, teacher, now)
    session.rollback()
    assert len(Objective) == 4
    for objective in Objective:
        draft = drafts.save(
            session, None, scenes.content(x, at=later, objective=objective), by=teacher, now=now
        )
        scenes.submit(session, draft, teacher, now)
        assert draft.state is DraftState.SUBMITTED


def test_p13_urgent_asks_for_speed_and_skips_no_approval(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime
) -> None:
    content = scenes.content(
        x, at=now + timedelta(minutes=5), objective=Objective.PARENTS, urgent=True, text="Closed: snow."
    )
    draft = drafts.save(session, None, content, by=teacher, now=now)
    scenes.submit(session, draft, teacher, now)
    [asked] = scenes.mails(session, "approval_request", head)
    assert "urgent" in str(asked["Subject"]).casefold()
    assert session.scalar(sa.select(sa.func.count()).select_from(Publication)) == 0
    assert publishing.due(session, now=now + timedelta(minutes=5)) == []
    scenes.approve(session, draft, head, now)
    assert len(publishing.due(session, now=now + timedelta(minutes=5))) == 1


@pytest.mark.parametrize("left_out", list(Criterion))
def test_p14_every_criterion_is_signed(
    session: Session, teacher: Person, x: Account, now: datetime, later: datetime, left_out: Criterion
) -> None:
    content = scenes.content(x, at=later, checklist=frozenset(Criterion) - {left_out})
    draft = drafts.save(session, None, content, by=teacher, now=now)
    with pytest.raises(DraftRefused, match="1 of the 7 points of the checklist is not signed"):
        scenes.submit(session, draft, teacher, now)
