"""School time is London wall time, and never guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from school.errors import BadInput
from school.times import parse_local, say, say_date, say_full_date


def test_summer_and_winter() -> None:
    assert parse_local("2027-06-03", "15:30", field="t").astimezone(UTC) == datetime(
        2027, 6, 3, 14, 30, tzinfo=UTC
    )
    assert parse_local("2027-01-03", "15:30", field="t").astimezone(UTC) == datetime(
        2027, 1, 3, 15, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("day", "clock", "reason"),
    [
        ("2027-03-28", "01:30", "does not exist"),
        ("2027-10-31", "01:30", "happens twice"),
        ("2027-02-30", "10:00", "date"),
        ("tomorrow", "10:00", "date"),
        ("2027-06-03", "25:00", "time"),
        ("2027-06-03", "", "time"),
        ("", "10:00", "Choose a date"),
        ("2027-06-03", "10:00+05:00", "zone"),
    ],
)
def test_times_that_mean_nothing_or_two_things_are_refused(day: str, clock: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason) as error:
        parse_local(day, clock, field="planned")
    assert error.value.field == "planned"


@pytest.mark.parametrize("clock", ["00:59", "02:00"])
def test_the_hours_beside_the_changes_are_taken(clock: str) -> None:
    assert parse_local("2027-03-28", clock, field="t").strftime("%H:%M") == clock
    assert parse_local("2027-10-31", clock, field="t").strftime("%H:%M") == clock


def test_say() -> None:
    assert say(datetime(2027, 6, 3, 8, 40, tzinfo=UTC)) == "Thursday 3 June 2027, 9:40am"
    assert say(datetime(2027, 1, 1, 0, 5, tzinfo=UTC)) == "Friday 1 January 2027, 12:05am"
    assert say_date(date(2027, 6, 3)) == "3 June 2027"
    assert say_full_date(date(2027, 6, 3)) == "Thursday 3 June 2027"


def test_dates_are_put_into_words_in_one_place() -> None:
    root = Path(__file__).parents[2]
    rooms = ("school", "connectors", "moderation", "approvals", "web", "worker")
    by_hand = [
        str(path.relative_to(root))
        for room in rooms
        for path in (root / room).rglob("*.py")
        if ":%B %Y}" in path.read_text("utf-8") and path.name != "times.py"
    ]
    assert by_hand == [], "use say_date or say_full_date of school/times.py"
