"""The termly report, and what each account is for (P10)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from approvals.moves import move_publication
from approvals.states import Actor, PublicationState
from school import reporting
from school.db import now
from school.errors import BadInput
from school.models import Account, Person, Role
from school.times import middle, today
from tests.approvals import scenes
from tests.web.conftest import Browser
from web.report_paper import spread

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def figures(page: str) -> str:
    """The page's words without its tags, each run of spaces one space."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_p10_the_report_counts_posts_approvals_and_duties(
    head: Browser,
    session: Session,
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
) -> None:
    moment = now()
    account = make_account("x")
    teacher, headteacher = school_people[Role.STAFF], school_people[Role.HEADTEACHER]
    for number in range(2):
        _draft, [publication] = scenes.approved(
            session, teacher, headteacher, moment, account, text=f"Post {number}"
        )
        if number == 0:
            for state in (PublicationState.PUBLISHING, PublicationState.PUBLISHED):
                move_publication(
                    session, publication, state, actor=Actor.PRODUCT, by=None, reason="Out", now=moment
                )
            publication.published_at = moment
            session.commit()
    page = head.get("/reports")
    words = figures(page.text)
    assert page.status_code == 200
    assert "Approved 2" in words and "Rejected 0" in words
    assert "A reminder of an event 1" in words and "Published 1" in words and "Missed 0" in words
    assert "People at the school 10 Training in date today 9 Terms of use accepted 9" in words
    assert "Nobody has written down yet what this account is for." in words
    day = today(moment) - timedelta(days=400)
    earlier = head.get(f"/reports?from={day}&to={day}")
    assert "Approved 0" in figures(earlier.text) and "Published 0" in figures(earlier.text)


@SQLITE
def test_p10_only_the_headteacher_says_what_an_account_is_for(
    head: Browser, signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    address = f"/reports/purposes/{make_account('x').id}"
    lacking = head.post(address, "/reports", purpose="Tell parents <early>", measures=" ")
    assert lacking.status_code == 400 and "write a sentence" in lacking.text
    assert "Tell parents &lt;early&gt;" in lacking.text
    assert head.post(address, "/reports", purpose="Tell parents", measures="Fewer calls").status_code == 302
    chair = signed_in(Role.CHAIR)
    page = chair.get("/reports").text
    assert "Fewer calls" in page and "Change purpose" not in page
    assert chair.post(address, "/me", purpose="Mine", measures="Mine").status_code == 403
    assert signed_in(Role.MODERATOR).get("/reports").status_code == 403


@SQLITE
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2026-09-01&to=2026-08-01", "swap them"),
        ("from=2020-09-01&to=2026-08-01", "a year at most"),
        ("from=soon&to=2026-08-01", "can&#39;t be read"),
        ("from=2026-08-01", "can&#39;t be read"),
    ],
)
def test_days_that_cannot_be_are_said_beside_their_field(head: Browser, query: str, said: str) -> None:
    answer = head.get(f"/reports?{query}")
    assert answer.status_code == 400 and said in answer.text


def test_a_period_begins_and_ends_at_school_midnight() -> None:
    summer = reporting.period(date(2026, 6, 1), date(2026, 6, 30))
    assert summer.begins == datetime.fromisoformat("2026-05-31T23:00+00:00")
    assert summer.ends == datetime.fromisoformat("2026-06-30T23:00+00:00")
    assert reporting.term(date(2026, 11, 25)) == reporting.Period(date(2026, 9, 1), date(2026, 12, 31))
    assert reporting.term(date(2027, 2, 1)).first_day == date(2027, 1, 1)
    assert reporting.term(date(2027, 8, 31)).last_day == date(2027, 8, 31)
    with pytest.raises(BadInput):
        reporting.period(date(2026, 6, 2), date(2026, 6, 1))
    assert middle([]) is None and middle([timedelta(1), timedelta(3)]) == timedelta(2)


def test_p10_response_times_are_spread_over_steps() -> None:
    waits = [timedelta(minutes=2), timedelta(minutes=15), timedelta(hours=3), timedelta(days=9)]
    assert [count for _, count in spread(waits)] == [2, 0, 1, 0, 1]
