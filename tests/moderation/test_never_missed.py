"""Comments are never missed: circles, empty pages, stubborn posts, old posts, counts that differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from connectors.base import TAGGED, CommentKind, CommentPage
from connectors.errors import ConnectorUnavailable, Gone, NotAllowed, OutOfCredit, RateLimited, Span
from moderation import attempts, coverage, polling
from moderation.decisions import Outcome
from moderation.models import (
    ActKind,
    ActState,
    Comment,
    CommentStream,
    EventKind,
    LogEvent,
    PlatformAct,
    WatchedPost,
)
from moderation.poll_plan import MENTIONS
from school.db import reading, transaction
from school.models import Account, Person, Role
from tests.moderation.platform import WHEN, ScriptedPlatform, comment, post
from tests.moderation.scenes import PACE, Clock, act, decide, flagged, poll

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def ids() -> set[str]:
    with reading() as session:
        return set(session.scalars(sa.select(Comment.platform_id)))


def stream(name: str = "post-1") -> CommentStream:
    with reading() as session:
        return session.scalars(sa.select(CommentStream).where(CommentStream.name == name)).one()


@pytest.mark.parametrize(
    "pages",
    [
        # Back to an earlier cursor.
        [CommentPage((comment(1),), "1", None), CommentPage((comment(2),), "0", None)],
        # Always another cursor, always the same comments.
        [CommentPage((comment(1),), str(number + 1), None) for number in range(20)],
        # Nothing, for ever.
        [CommentPage((), str(number + 1), None) for number in range(100)],
    ],
)
def test_a_circle_is_noticed_and_said(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, pages: list[CommentPage]
) -> None:
    platform.pages["post-1"] = pages
    report = poll(account_id, platform, clock, polling.PollPace())
    assert not report.complete and len(platform.fetches) < 120
    assert "begun again" in str(stream().problem) and stream().seen_to is None
    platform.show(comment(1), comment(2))
    assert poll(account_id, platform, clock).complete
    assert stream().problem is None and stream().seen_to is not None


def test_an_empty_page_in_the_middle_ends_nothing(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.pages["post-1"] = [
        CommentPage((comment(1),), "1", None),
        CommentPage((), "2", None),
        CommentPage((), "3", None),
        CommentPage((comment(2), comment(1)), "4", None),
        CommentPage((comment(3),), None, "w"),
    ]
    assert poll(account_id, platform, clock).complete
    assert ids() == {"c-1", "c-2", "c-3"}


def test_a_post_that_always_fails_keeps_no_other_from_being_read(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.posts = [post(f"post-{number}") for number in range(1, 4)]
    for number in (1, 2, 3):
        platform.show(comment(number, post=f"post-{number}"), post=f"post-{number}")
    platform.failing["fetch_comments post-2"] = [ConnectorUnavailable("It answered 500.")] * 9
    report = poll(account_id, platform, clock, polling.PollPace(rescan_every=timedelta(days=9)))
    assert not report.complete and not report.away
    assert ids() == {"c-1", "c-3"}
    assert stream("post-2").problem == "It answered 500."
    platform.failing.clear()
    poll(account_id, platform, clock)
    assert ids() == {"c-1", "c-2", "c-3"} and stream("post-2").problem is None


def test_a_platform_that_is_away_is_not_asked_for_every_post(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.posts = [post(f"post-{number}") for number in range(30)]
    platform.failing["fetch_comments"] = [ConnectorUnavailable("No connection.")] * 99
    report = poll(account_id, platform, clock)
    assert report.away and len(platform.fetches) == 3


def test_what_a_permission_hides_does_not_stop_the_comments(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.elsewhere = [TAGGED]
    platform.show(comment(1))
    platform.show(comment(2, post="", kind=CommentKind.TAG), post=TAGGED)
    platform.failing[f"fetch_comments {TAGGED}"] = [NotAllowed("A permission is missing.")]
    assert poll(account_id, platform, clock, polling.PollPace()).complete
    assert ids() == {"c-1"} and stream(TAGGED).problem == "A permission is missing."
    poll(account_id, platform, clock)
    assert ids() == {"c-1", "c-2"} and stream(TAGGED).problem is None
    with reading() as session:
        assert session.scalar(sa.select(Comment.kind).where(Comment.platform_id == "c-2")) == CommentKind.TAG


def test_a_tag_that_was_taken_off_is_gone_but_an_empty_list_says_nothing(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.elsewhere = [TAGGED]
    both = [comment(number, post="", kind=CommentKind.TAG) for number in (1, 2)]
    platform.show(*both, post=TAGGED)
    poll(account_id, platform, clock)
    clock.on(minutes=20)
    platform.show(post=TAGGED)
    assert poll(account_id, platform, clock).gone == 0
    clock.on(minutes=20)
    platform.show(both[0], post=TAGGED)
    assert poll(account_id, platform, clock).gone == 1


def test_a_late_comment_under_an_old_post_is_found(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    """Beyond the watched ones, newest first, a few at a time."""
    old = [post(f"old-{days}", created_at=WHEN - timedelta(days=days)) for days in (40, 90, 400, 2000)]
    platform.posts = [post(), *old]
    for one in old:
        platform.show(comment(one.platform_id, "You idiot", post=one.platform_id), post=one.platform_id)
    pace = polling.PollPace()
    poll(account_id, platform, clock, pace)
    assert ids() == {"c-old-40", "c-old-90"}
    clock.on(minutes=15)
    poll(account_id, platform, clock, pace)
    assert ids() == {"c-old-40", "c-old-90", "c-old-400"}, "what is older than three years is left alone"
    late = comment("late", "You idiot", post="old-40")
    platform.show(comment("old-40", "You idiot", post="old-40"), late, post="old-40")
    for _ in range(4):
        clock.on(minutes=15)
        poll(account_id, platform, clock, pace)
    assert "c-late" not in ids(), "it was looked through within the day"
    clock.on(days=3)
    poll(account_id, platform, clock, pace)
    assert "c-late" in ids()


def test_a_lasting_difference_from_the_platforms_own_count_is_written_down(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    def show(total: int) -> None:
        platform.pages["post-1"] = [CommentPage((comment(1), comment(2)), None, "w", own=1, total=total)]
        clock.on(minutes=1)
        poll(account_id, platform, clock)

    def kept() -> tuple[int | None, int | None, bool]:
        with reading() as session:
            row = session.scalars(sa.select(WatchedPost)).one()
            return row.comment_count, row.shown_count, row.short_since is not None

    show(3)
    assert kept() == (3, 3, False)
    show(5)
    assert kept() == (5, 3, True)
    show(3)
    assert kept() == (3, 3, False)


def test_a_post_of_ours_that_is_gone_takes_comments_and_tasks_with_it(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, school_people: dict[Role, Person]
) -> None:
    platform.capabilities = frozenset(platform.capabilities - {attempts.NEEDS[ActKind.DELETE]})
    (entry_id,) = flagged(account_id, platform, clock)
    decide(entry_id, Outcome.DELETE, by=school_people[Role.SLT], clock=clock)
    act(platform, clock)
    platform.posts = []
    platform.deleted = {"post-1"}
    clock.on(minutes=1)
    assert poll(account_id, platform, clock).gone == 1
    with reading() as session:
        assert session.scalars(sa.select(WatchedPost.gone_at)).one() is not None
        assert session.scalars(sa.select(Comment.gone_at)).one() is not None
        task = session.scalars(sa.select(PlatformAct)).one()
        assert (task.state, task.answer) == (ActState.DONE, "Seen on the platform.")
        event = session.scalars(sa.select(LogEvent).where(LogEvent.kind == EventKind.GONE)).one()
        assert event.detail == {"what": "post_and_comment"}


def test_a_post_whose_comments_may_not_be_seen_is_not_called_gone(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    """Graph's code 100/33 says both."""
    platform.failing["fetch_comments"] = [Gone("No such object.")]
    report = poll(account_id, platform, clock, polling.PollPace(rescan_every=timedelta(days=9)))
    assert not report.complete and "not shown to us" in report.problems[0]
    with reading() as session:
        assert session.scalars(sa.select(WatchedPost.gone_at)).one() is None


def test_when_no_post_can_be_seen_none_is_called_gone(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    """A token that lost a permission sees nothing, and the Graph calls that "gone" too."""
    names = [f"post-{number}" for number in range(5)]
    platform.posts = [post(name) for name in names]
    for number, name in enumerate(names):
        platform.show(comment(number, post=name), post=name)
    poll(account_id, platform, clock)
    platform.deleted = {*names, *(f"c-{number}" for number in range(5))}
    platform.failing = {f"fetch_comments {name}": [Gone("No such object.")] * 9 for name in names}
    report = poll(account_id, platform, clock, polling.PollPace())
    assert report.gone == 0 and not report.complete and "lost a permission" in report.problems[0]
    found = told(account_id, clock)
    assert any(sentence.startswith("The comments under 5 posts can't be read") for sentence in found.missing)
    platform.deleted = {"post-1", "c-1"}
    platform.failing = {"fetch_comments post-1": [Gone("No such object.")] * 9}
    assert poll(account_id, platform, clock, polling.PollPace()).gone == 1


def test_a_plan_without_search_still_reads_the_mentions(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.elsewhere = [MENTIONS]
    platform.show(comment(1, post="", kind=CommentKind.MENTION), post="")
    platform.failing["fetch_comments post-1"] = [NotAllowed("X's plan has no search.")]
    assert poll(account_id, platform, clock, polling.PollPace(rescan_every=timedelta(days=9))).complete
    assert ids() == {"c-1"}
    found = told(account_id, clock)
    assert "can't be read: X's plan has no search." in found.missing[0] and "Apart from" in found.statement


def state(account_id: UUID) -> Account:
    with reading() as session:
        return session.get_one(Account, account_id)


def test_a_month_whose_budget_is_spent_is_over_for_reading(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    pace = replace(PACE, budget=0.01, prices=polling.PollPace().prices)
    platform.platform = polling.Platform.X
    with transaction() as session:
        session.get_one(Account, account_id).platform = "x"
    poll(account_id, platform, clock, pace)
    assert state(account_id).problem is None
    for _ in range(3):
        poll(account_id, platform, clock, pace)
    account = state(account_id)
    assert account.problem is not None and "Thursday 1 July 2027, 12:00am" in account.problem
    assert account.next_poll_at is not None and account.next_poll_at > clock() + timedelta(days=27)
    with transaction() as session:
        session.get_one(Account, account_id).monthly_budget_micro_usd = 50_000_000
    assert poll(account_id, platform, clock, pace).complete and state(account_id).problem is None


@pytest.mark.parametrize(
    ("error", "hours", "problem"),
    [
        (RateLimited("The window's.", retry_after=600.0), 1 / 6, False),
        (RateLimited("The day's.", retry_after=7200.0, span=Span.DAY), 2, True),
        (OutOfCredit("X wants money."), 6, True),
    ],
)
def test_each_limit_waits_its_own_time_and_is_said(
    account_id: UUID,
    platform: ScriptedPlatform,
    clock: Clock,
    error: RateLimited | OutOfCredit,
    hours: float,
    problem: bool,
) -> None:
    platform.failing["fetch_comments"] = [error]
    poll(account_id, platform, clock)
    account = state(account_id)
    assert account.next_poll_at == clock() + timedelta(hours=hours)
    assert (account.problem == error.detail) is problem and account.pace_note
    assert account.poll_failures == 0
    clock.on(hours=7)
    assert poll(account_id, platform, clock).complete
    assert (state(account_id).problem, state(account_id).pace_note) == (None, None)


def test_more_than_one_poll_takes_goes_on_at_once(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.pages["post-1"] = [
        CommentPage((comment(number),), str(number + 1) if number < 249 else None, None)
        for number in range(250)
    ]
    report = poll(account_id, platform, clock, polling.PollPace(rescan_every=timedelta(days=9)))
    assert report.more and state(account_id).problem is None
    assert state(account_id).next_poll_at == clock()
    poll(account_id, platform, clock, polling.PollPace())
    assert len(ids()) == 250


def told(account_id: UUID, clock: Clock) -> coverage.Coverage:
    with reading() as session:
        return coverage.coverage(session, session.get_one(Account, account_id), now=clock())


def test_what_the_platform_does_not_show_is_a_remark_and_no_alarm(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.elsewhere = [TAGGED]
    platform.failing[f"fetch_comments {TAGGED}"] = [NotAllowed("A permission is missing.")]
    platform.posts = [post(), post("old", created_at=WHEN - timedelta(days=99))]
    platform.pages["post-1"] = [CommentPage((comment(1),), None, "w", total=4)]
    poll(account_id, platform, clock, polling.PollPace())
    clock.on(minutes=40)
    platform.failing[f"fetch_comments {TAGGED}"] = [NotAllowed("A permission is missing.")]
    poll(account_id, platform, clock, polling.PollPace())
    found = told(account_id, clock)
    assert found.statement == "Every comment up to Thursday 3 June 2027, 10:21am has been seen."
    assert found.missing == ()
    said = " ".join(found.remarks)
    assert "What tags the account can't be read: A permission is missing." in said
    assert "Facebook counts 4 comments under the post of Thursday 3 June 2027, 9:40am and shows 1" in said
    assert "1 older post is looked through in turn for late comments; each was last read" in said
    assert found.told()["seen_to"] == found.seen_to


@pytest.mark.parametrize("name", list(polling.Platform))
def test_every_platform_says_what_it_does_not_show(
    make_account: Callable[..., Account], clock: Clock, name: polling.Platform
) -> None:
    account = make_account(name.value)
    assert told(account.id, clock).remarks == coverage.BLIND_SPOTS[name]


def test_a_platforms_allowance_is_left_for_publishing_and_hiding(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    """The Graph says in a header of each answer how much is left, in per cent."""
    platform.left = 5
    poll(account_id, platform, clock, polling.PollPace())
    account = state(account_id)
    assert account.next_poll_at == clock() + timedelta(minutes=10)
    assert "95 % of what Facebook allows" in str(account.pace_note) and account.problem is None
    platform.left = 80
    clock.on(minutes=10)
    poll(account_id, platform, clock, polling.PollPace())
    assert state(account_id).next_poll_at == clock() + timedelta(minutes=1)


def test_on_x_the_count_is_held_against_what_was_kept(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.platform = polling.Platform.X
    with transaction() as session:
        session.get_one(Account, account_id).platform = "x"
    platform.posts = [post(comment_count=3)]
    platform.show(comment(1), comment(2))
    for _ in range(3):
        clock.on(hours=2)
        poll(account_id, platform, clock)
    assert any("X counts 3 comments" in one and "shows 2" in one for one in told(account_id, clock).remarks)
    platform.posts = [post(comment_count=2)]
    clock.on(hours=2)
    poll(account_id, platform, clock)
    assert told(account_id, clock).remarks == coverage.BLIND_SPOTS["x"]


@pytest.mark.parametrize("kind", [CommentKind.VISITOR_POST, CommentKind.TAG])
@pytest.mark.parametrize("outcome", [Outcome.HIDE, Outcome.DELETE])
def test_what_others_post_is_dealt_with_by_hand(
    account_id: UUID,
    platform: ScriptedPlatform,
    clock: Clock,
    school_people: dict[Role, Person],
    kind: CommentKind,
    outcome: Outcome,
) -> None:
    """The Graph answers "no such object" to whoever tries to hide them: that must not count as done."""
    theirs = comment(1, "You idiot", post="", kind=kind)
    (entry_id,) = flagged(account_id, platform, clock, theirs)
    platform.failing["set_hidden"] = platform.failing["delete_comment"] = [Gone("No such object.")]
    decide(entry_id, outcome, by=school_people[Role.SLT], clock=clock)
    [task] = act(platform, clock)
    assert (task.state, platform.done) == (ActState.BY_HAND, [])
    with reading() as session:
        assert session.scalars(sa.select(Comment.gone_at)).one() is None
