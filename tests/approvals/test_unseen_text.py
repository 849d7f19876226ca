"""Text that nobody sees or reads in order, and times that are slips of the pen, go no further."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from approvals import drafts
from school.errors import BadInput
from school.models import Account, Person
from tests.approvals import scenes

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("  \u200b\u2060 ", "is empty"),
        ("Fair on \u202eyadirF\u202c", "turn the order"),
        ("Fair \u2066on Friday\u2069", "turn the order"),
    ],
)
def test_it_cannot_be_handed_in(
    session: Session,
    teacher: Person,
    make_account: Callable[..., Account],
    now: datetime,
    later: datetime,
    text: str,
    says: str,
) -> None:
    draft = drafts.save(
        session, None, scenes.content(make_account("x"), at=later, text=text), by=teacher, now=now
    )
    with pytest.raises(BadInput, match=says):
        scenes.submit(session, draft, teacher, now)


def test_a_year_far_ahead_is_refused(
    session: Session, teacher: Person, make_account: Callable[..., Account], now: datetime, later: datetime
) -> None:
    content = scenes.content(make_account("x"), at=later + timedelta(days=3650))
    draft = drafts.save(session, None, content, by=teacher, now=now)
    with pytest.raises(BadInput, match="more than a year ahead"):
        scenes.submit(session, draft, teacher, now)
