"""Reading an account: resumed after a kill, edits kept, deletions and gaps noticed, one worker at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from connectors.base import TAGGED, Capability, CommentKind, CommentPage
from connectors.errors import (
    ConnectorRefused,
    ConnectorUnavailable,
    CredentialsDead,
    Gone,
    NotAllowed,
    RateLimited,
)
from moderation import costs, coverage, polling
from moderation.models import (
    Comment,
    CommentGap,
    CommentState,
    CommentStream,
    CommentVersion,
    PollRecord,
    WatchedPost,
)
from school import accounts
from school.accounts import LedgerItem
from school.db import reading, transaction
from school.models import Account, AccountState, CallLedger
from tests.moderation.platform import WHEN, ScriptedPlatform, author, comment, post
from tests.moderation.scenes import PACE, Clock, poll, score


def test_a_poll_keeps_posts_comments_and_cost(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.show(comment(1), comment(2, "Well said", parent_platform_id="c-1"))
    report = poll(account_id, platform, clock)
    assert (report.posts, report.new, report.complete) == (1, 2, True)
    with reading() as session:
        kept = list(session.scalars(sa.select(Comment).order_by(Comment.platform_id)))
        assert [(c.text, c.parent_platform_id) for c in kept] == [
            ("Lovely assembly!", ""),
            ("Well said", "c-1"),
        ]
        assert session.scalar(sa.select(WatchedPost.text)) == "Sports day on Friday."
        assert session.scalar(sa.select(CallLedger.items)) == 3
        assert session.get_one(Account, account_id).poll_lease_until is None


def test_the_classifier_is_told_while_the_rest_is_still_being_read(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.pages["post-1"] = [
        CommentPage((), "1", None),
        CommentPage((comment(1),), "2", None),
        CommentPage((comment(2),), None, "end"),
    ]
    kept: list[int | None] = []

    def told() -> None:
        with reading() as session:
            kept.append(session.scalar(sa.select(sa.func.count()).select_from(Comment)))

    with transaction() as session:
        plan = polling.claim_poll(session, account_id, pace=PACE, now=clock())
    assert plan is not None
    report = polling.poll_account(plan, platform, transaction=transaction, clock=clock, first_kept=told)
    assert (report.new, kept) == (2, [1])


def test_the_same_comment_twice_is_one(account_id: UUID, platform: ScriptedPlatform, clock: Clock) -> None:
    platform.show(comment(1), comment(1))
    poll(account_id, platform, clock)
    assert poll(account_id, platform, clock).new == 0
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Comment)) == 1


def test_our_own_answers_are_kept_but_never_flagged(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.show(comment(1, "You idiot", author=author("School", platform_id="school")))
    poll(account_id, platform, clock)
    assert score(clock).flagged == 0
    with reading() as session:
        assert session.scalar(sa.select(Comment.state)) is CommentState.OURS


def test_a_comment_without_an_author_is_kept(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    nobody = author("", platform_id="", handle="", display_name="")
    platform.show(comment(1, author=nobody), comment(2, author=nobody))
    poll(account_id, platform, clock)
    with reading() as session:
        assert list(session.scalars(sa.select(Comment.author_id))) == [None, None]


def test_text_that_databases_cannot_hold_is_kept_readable(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.show(comment(1, "Odd\x00 and \ud800 idiot"))
    poll(account_id, platform, clock)
    assert poll(account_id, platform, clock).edited == 0
    assert score(clock).flagged == 1


class KilledError(BaseException):
    """The process dies."""


def test_a_kill_between_two_pages_loses_nothing(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.pages["post-1"] = [
        CommentPage((comment(1),), "1", None),
        CommentPage((comment(2),), "2", None),
        CommentPage((comment(3),), None, "end"),
    ]
    pages = 0

    @contextmanager
    def dies_at_third_page() -> Iterator[Session]:
        nonlocal pages
        with transaction() as session:
            yield session
        pages += platform.fetches[-1:] == [("post-1", None, "1")]
        if pages:
            raise KilledError

    clock.on(seconds=15)
    with transaction() as session:
        plan = polling.claim_poll(session, account_id, pace=PACE, now=clock())
    assert plan is not None
    with pytest.raises(KilledError):
        polling.poll_account(plan, platform, transaction=dies_at_third_page, clock=clock)
    with reading() as session:
        assert session.scalar(sa.select(CommentStream.cursor).where(CommentStream.name == "post-1")) == "2"
    with transaction() as session:
        assert polling.claim_poll(session, account_id, pace=PACE, now=clock()) is None
    clock.on(minutes=10)
    platform.fetches.clear()
    poll(account_id, platform, clock, polling.PollPace(rescan_every=timedelta(days=1)))
    assert platform.fetches[0] == ("post-1", None, "2")
    with reading() as session:
        assert set(session.scalars(sa.select(Comment.platform_id))) == {"c-1", "c-2", "c-3"}
        stream = session.scalars(sa.select(CommentStream).where(CommentStream.name == "post-1")).one()
        assert (stream.since, stream.cursor) == ("end", None)
        # What was written while the process was dead is not claimed as seen.
        assert stream.seen_to == plan.began_at


def test_a_cursor_that_the_platform_forgot_is_dropped(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.show(comment(1))
    with transaction() as session:
        session.add(WatchedPost(
            account_id=account_id, platform_id="post-1", text="", url="", created_at=clock(),
            first_seen_at=clock(), last_seen_at=clock(),
        ))  # fmt: skip
        session.add(
            CommentStream(account_id=account_id, name="post-1", since="s", cursor="7", began_at=clock())
        )
    platform.failing["fetch_comments"] = [ConnectorRefused("The cursor is unknown.")]
    assert poll(account_id, platform, clock).complete
    assert platform.fetches[:2] == [("post-1", "s", "7"), ("post-1", "s", None)]


def test_an_edit_keeps_the_earlier_text_and_is_scored_again(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.show(comment(1, "Nice"))
    poll(account_id, platform, clock)
    score(clock)
    platform.show(comment(1, "You idiot"))
    assert poll(account_id, platform, clock).edited == 1
    with reading() as session:
        found = session.scalars(sa.select(Comment)).one()
        assert (found.text, found.version, found.state) == ("You idiot", 2, CommentState.FETCHED)
        assert session.scalars(sa.select(CommentVersion.text)).all() == ["Nice"]
    assert score(clock).flagged == 1


def test_an_edit_with_a_new_id_is_the_same_comment(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    """X gives an edited post a new id."""
    platform.show(comment(1, "Nice"))
    poll(account_id, platform, clock)
    platform.show(comment(2, "Nicer", earlier_platform_ids=("c-1",)))
    assert poll(account_id, platform, clock).edited == 1
    platform.show(comment(1, "Nice"))
    assert poll(account_id, platform, clock).new == 0
    with reading() as session:
        assert [(c.platform_id, c.text) for c in session.scalars(sa.select(Comment))] == [("c-2", "Nicer")]


def test_a_deletion_is_noticed_and_undone_when_it_comes_back(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.show(comment(1), comment(2))
    poll(account_id, platform, clock)
    platform.show(comment(1))
    platform.deleted.add("c-2")
    assert poll(account_id, platform, clock).gone == 1
    with reading() as session:
        assert session.scalars(sa.select(Comment.platform_id).where(Comment.gone_at.is_not(None))).all() == [
            "c-2"
        ]
    platform.show(comment(1), comment(2))
    platform.deleted.clear()
    poll(account_id, platform, clock)
    with reading() as session:
        assert session.scalar(sa.select(Comment.gone_at).where(Comment.platform_id == "c-2")) is None


def test_an_incomplete_rescan_deletes_nothing(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.show(comment(1))
    poll(account_id, platform, clock)
    platform.show(complete=False)
    platform.deleted.add("c-1")
    assert poll(account_id, platform, clock).gone == 0


def test_a_gap_is_recorded_and_said(account_id: UUID, platform: ScriptedPlatform, clock: Clock) -> None:
    platform.show(comment(1))
    poll(account_id, platform, clock)
    with reading() as session:
        before = coverage.coverage(session, session.get_one(Account, account_id), now=clock())
    assert before.statement == "Every comment up to Thursday 3 June 2027, 9:41am has been seen."
    assert before.missing == ()
    platform.show(comment(2), complete=False)
    clock.on(hours=1)
    assert not poll(account_id, platform, clock).complete
    with reading() as session:
        gap = session.scalars(sa.select(CommentGap)).one()
        assert gap.since is not None and gap.since < gap.until
        after = coverage.coverage(session, session.get_one(Account, account_id), now=clock())
    assert "9:41am and Thursday 3 June 2027, 10:41am" in after.missing[0]


def test_before_the_first_reading_nothing_is_claimed(account_id: UUID, clock: Clock) -> None:
    with reading() as session:
        found = coverage.coverage(session, session.get_one(Account, account_id), now=clock())
    assert found.statement == "The comments have not been read completely yet."


def test_a_post_that_is_gone_is_left_alone(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.posts = [post("post-1"), post("post-2")]
    platform.show(comment(1, post="post-2"), post="post-2")
    platform.failing["fetch_comments post-1"] = [Gone("No such post.")] * 9
    platform.deleted = {"post-1"}
    poll(account_id, platform, clock, polling.PollPace())
    with reading() as session:
        gone = session.scalars(
            sa.select(WatchedPost.platform_id).where(WatchedPost.gone_at.is_not(None))
        ).all()
        assert len(gone) == 1


@pytest.mark.parametrize(
    ("error", "wait"),
    [(RateLimited("Wait.", retry_after=900.0), 900), (ConnectorUnavailable("Away."), 1)],
)
def test_an_unreachable_platform_is_asked_again_later(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock, error: ConnectorUnavailable, wait: int
) -> None:
    platform.failing["recent_posts"] = [error]
    assert not poll(account_id, platform, clock).complete
    with reading() as session:
        account = session.get_one(Account, account_id)
        assert account.next_poll_at is not None and account.next_poll_at >= clock() + timedelta(seconds=wait)
        limited = isinstance(error, RateLimited)
        assert (account.poll_failures, account.problem, account.state) == (
            0 if limited else 1,
            None if limited else error.detail,
            AccountState.ACTIVE,
        )
        assert account.pace_note is not None and ("goes on by itself" in account.pace_note) is limited
        assert polling.due(session, now=clock()) == []
    clock.on(minutes=20)
    assert poll(account_id, platform, clock).complete
    with reading() as session:
        assert session.get_one(Account, account_id).problem is None


def test_dead_credentials_stop_this_account_alone(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.failing["fetch_comments"] = [CredentialsDead("The token has expired.")]
    report = poll(account_id, platform, clock)
    assert report.credentials_dead == "The token has expired."
    with transaction() as session:
        assert session.get_one(Account, account_id).state is AccountState.NEEDS_CONNECTING
        assert polling.claim_poll(session, account_id, pace=PACE, now=clock.on(hours=1)) is None


def test_followers_that_may_not_be_read_do_not_stop_the_comments(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.show(comment(1))
    platform.failing["followers"] = [NotAllowed("Not on this tier.")]
    assert poll(account_id, platform, clock).complete


def test_what_the_connector_can_do_is_remembered(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    platform.capabilities = frozenset({Capability.FETCH_COMMENTS, Capability.HIDE})
    poll(account_id, platform, clock)
    with reading() as session:
        assert session.get_one(PollRecord, account_id).capabilities == ["fetch_comments", "hide"]


def test_one_worker_at_a_time(account_id: UUID, clock: Clock) -> None:
    found: list[polling.PollPlan | None] = []
    start = threading.Barrier(4)

    def take() -> None:
        start.wait()
        with transaction() as session:
            found.append(polling.claim_poll(session, account_id, pace=PACE, now=clock()))

    workers = [threading.Thread(target=take) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(plan is not None for plan in found) == 1


def test_a_worker_that_was_too_slow_stops(account_id: UUID, platform: ScriptedPlatform, clock: Clock) -> None:
    with transaction() as session:
        slow = polling.claim_poll(session, account_id, pace=PACE, now=clock())
    clock.on(minutes=10)
    with transaction() as session:
        quick = polling.claim_poll(session, account_id, pace=PACE, now=clock())
    assert slow is not None and quick is not None
    platform.show(comment(1))
    report = polling.poll_account(slow, platform, transaction=transaction, clock=clock)
    assert report.new == 0 and not report.complete
    with reading() as session:
        assert session.get_one(Account, account_id).poll_lease_until == quick.lease_until


def test_a_month_costs_what_was_read_and_what_was_done(account_id: UUID, clock: Clock) -> None:
    with transaction() as session:
        account = session.get_one(Account, account_id)
        calls = [
            LedgerItem("mentions", True, 900, 900_000),
            LedgerItem("followers", True, 10, 10_000),
            LedgerItem("publish", True, 1, 200_000),
            LedgerItem("reply", True, 1, 15_000),
        ]
        accounts.note_calls(session, account, calls, now=clock())
    with reading() as session:
        assert costs.this_month(session, account_id, now=clock()) == (0.91, 0.215)
        assert costs.this_month(session, account_id, now=clock() + timedelta(days=30)) == (0.0, 0.0)


def test_what_is_said_of_an_account_is_asked_of_either_database(
    account_id: UUID, platform: ScriptedPlatform, clock: Clock
) -> None:
    """Old posts, counts that differ and tags, in the words of the accounts page."""
    platform.elsewhere = [TAGGED]
    platform.show(comment(9, post="", kind=CommentKind.TAG), post=TAGGED)
    platform.posts = [post(), post("old", created_at=WHEN - timedelta(days=99))]
    platform.pages["post-1"] = [CommentPage((comment(1),), None, "w", total=4)]
    for _ in range(2):
        clock.on(minutes=40)
        poll(account_id, platform, clock, polling.PollPace())
    platform.deleted = {"old"}
    platform.posts = [post()]
    clock.on(days=2)
    assert poll(account_id, platform, clock, polling.PollPace()).complete
    with reading() as session:
        found = coverage.coverage(session, session.get_one(Account, account_id), now=clock())
        gone = session.scalars(
            sa.select(WatchedPost.platform_id).where(WatchedPost.gone_at.is_not(None))
        ).all()
    assert gone == ["old"] and found.missing == ()
    assert any("counts 4 comments" in remark for remark in found.remarks)
