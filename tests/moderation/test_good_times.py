"""When the school's posts were answered more than usual; nothing is said on few posts."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from moderation.good_times import POSTS_LEAST, judged
from school.times import LONDON


def test_good_times_are_measured_against_each_accounts_own_average() -> None:
    lively, quiet = uuid4(), uuid4()
    thursday = datetime(2027, 6, 3, 17, 30, tzinfo=LONDON)
    posts = [(lively, thursday - timedelta(days=7 * n, hours=8), 50) for n in range(10)]
    posts += [(quiet, thursday - timedelta(days=7 * n + 1), 1) for n in range(6)]
    posts += [(quiet, thursday - timedelta(days=7 * n), 4) for n in range(4)]
    # Two posts are no pattern, however often they were answered.
    posts += [(quiet, thursday - timedelta(days=7 * n + 3), 9) for n in range(2)]
    told = judged(posts)
    assert told.enough and told.posts == len(posts)
    assert [(one.weekday, one.hour, one.posts) for one in told.times] == [(3, 17, 4)]
    few = judged(posts[: POSTS_LEAST - 1])
    assert not few.enough and few.times == ()
