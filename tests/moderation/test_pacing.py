"""How often an account is read, by the hour, by its budget, by its platform's allowance."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from moderation.pacing import PollPace, at_this_hour, spared, spending
from school.times import LONDON


def london(day: int, hour: int, minute: int = 0, month: int = 6) -> datetime:
    return datetime(2027, month, day, hour, minute, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("moment", "minutes"),
    [
        (london(3, 9), 1),  # a Thursday in term
        (london(3, 17, 59), 1),
        (london(3, 18), 2),
        (london(3, 6, 30), 2),
        (london(3, 22), 10),
        (london(4, 5, 59), 10),
        (london(5, 12), 5),  # Saturday
        (london(6, 23), 10),
        # In winter and summer alike it is the school's clock that counts.
        (london(15, 7, month=1), 1),
        (london(15, 7, month=7), 1),
    ],
)
def test_school_hours_are_read_often_and_nights_seldom(moment: datetime, minutes: int) -> None:
    wait, why = at_this_hour(PollPace(), last_post=None, now=moment)
    assert wait == timedelta(minutes=minutes)
    assert bool(why) is (minutes > 1)


def test_after_a_post_it_is_read_often_even_at_night() -> None:
    night = london(5, 23)
    assert at_this_hour(PollPace(), last_post=night - timedelta(minutes=90), now=night)[1] == ""
    assert at_this_hour(PollPace(), last_post=night - timedelta(hours=3), now=night)[1] != ""


def test_practice_is_always_quick_and_free() -> None:
    pace = PollPace.practice(timedelta(seconds=2))
    assert at_this_hour(pace, last_post=None, now=london(5, 3)) == (timedelta(seconds=2), "")
    assert (pace.budget, pace.prices.x_read) == (None, 0.0)


@pytest.mark.parametrize(
    ("read", "acted", "factor", "exhausted"),
    [
        (0.0, 0.0, 1, False),
        (11.0, 0.0, 1, False),  # half of the month, half of the 22.50 for reading
        (14.0, 0.0, 2, False),
        (17.0, 0.0, 4, False),
        (20.0, 0.0, 8, False),
        (22.5, 0.0, 8, True),
        (22.5, 7.5, 8, True),
        # Publishing has taken more than its reserve: what is left is less.
        (11.0, 19.0, 8, True),
        (5.0, 19.0, 1, False),
    ],
)
def test_reading_never_spends_what_publishing_needs(
    read: float, acted: float, factor: int, exhausted: bool
) -> None:
    found = spending(30.0, read, acted, now=london(16, 0))
    assert (found.factor, found.exhausted) == (factor, exhausted)
    assert found.until == london(1, 0, month=7)
    assert bool(found.sentence) is (factor > 1)


def test_a_month_begins_without_a_standstill() -> None:
    assert not spending(30.0, 0.0, 0.0, now=london(1, 0)).exhausted
    assert spending(30.0, 0.5, 0.0, now=london(1, 0, 5)).factor == 1
    assert spending(0.0, 0.0, 0.0, now=london(16, 0)).exhausted


@pytest.mark.parametrize(("used", "minutes"), [(0, 1), (74, 1), (75, 2), (90, 10), (100, 10)])
def test_a_platforms_allowance_is_left_for_acting(used: int, minutes: int) -> None:
    wait, why = spared(used, timedelta(minutes=1), "Facebook")
    assert wait == timedelta(minutes=minutes)
    assert bool(why) is (minutes > 1)
