"""Times on pages: as people say them, exact on pointing at them, also inside sentences."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from school.db import now
from school.times import say
from web import saying

HERE = datetime(2027, 6, 3, 21, 30, tzinfo=UTC)
"""Half past ten in the evening in London."""


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (datetime(2027, 6, 3, 8, 40, tzinfo=UTC), "today, 9:40am"),
        (datetime(2027, 6, 3, 23, 10, tzinfo=UTC), "tomorrow, 12:10am"),
        (datetime(2027, 6, 2, 8, 40, tzinfo=UTC), "yesterday, 9:40am"),
        (datetime(2027, 6, 11, 14, 30, tzinfo=UTC), "Friday 11 June, 3:30pm"),
        (datetime(2026, 6, 11, 14, 30, tzinfo=UTC), "Thursday 11 June 2026, 3:30pm"),
    ],
)
def test_a_moment_is_said_as_on_that_day(moment: datetime, said: str) -> None:
    assert saying.near(moment, HERE) == said


def test_a_sentence_keeps_its_words_and_gains_exact_times() -> None:
    moment = datetime(2026, 1, 15, 9, 5, tzinfo=UTC)
    html = saying.timed(f"<b>Seen</b> up to {say(moment)}. On Monday 99 June 2026, 9:05am no.")
    assert html.startswith("&lt;b&gt;Seen&lt;/b&gt; up to <time datetime=")
    assert 'datetime="2026-01-15T09:05:00+00:00" title="Thursday 15 January 2026, 9:05am"' in html
    assert html.endswith("On Monday 99 June 2026, 9:05am no.") and html.count("<time") == 1
    today = saying.timed(f"It goes out on {say(now())} or never.")
    assert today.startswith("It goes out <time") and ">today, " in today, "nobody says on today"
    assert "09:05:00" in saying.say_time(moment) and saying.say_time(None) == "never"
