"""The slower parts of a poll: our own posts, edits and deletions, posts beyond the watched ones, counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from connectors.base import TAGGED, VISITOR_POSTS, CommentKind, Platform
from connectors.errors import (
    ConnectorRefused,
    ConnectorUnavailable,
    CredentialsDead,
    Gone,
    OutOfCredit,
    RateLimited,
)
from moderation import counting, ingest, own_posts
from moderation.models import PollRecord
from moderation.poll_comments import FAILURES_IN_A_ROW, PageLoop, confirm_post_gone
from moderation.poll_plan import Round

_EXISTENCE_CHECKS = 100
"""Comments and posts asked after by id in one poll."""
_ONE_BY_ONE = 25
"""The same where each takes a request of its own."""
_WHOLE_A_POLL = 60
_OLD_A_POLL = 2
_PAGES = 200
_SINCE_LAST_TIME = timedelta(hours=1)
"""Overlap between two readings of the newest posts."""


def read_posts(work: Round) -> None:
    """Our own posts: the newest, or now and then all, to see which are gone."""
    plan, pace = work.plan, work.plan.pace
    since = plan.began_at - pace.watch_for
    reach = since
    if plan.posts_listed_due:
        # X's search doesn't reach older posts, so there they are of no use, and not free.
        reach = since if plan.platform is Platform.X else plan.began_at - pace.old_for
    elif plan.platform is Platform.X and plan.posts_read_at is not None:
        reach = max(since, plan.posts_read_at - _SINCE_LAST_TIME)
    posts = work.connector.recent_posts(since=reach)
    with work.keeping() as session:
        new = own_posts.note(session, plan.account_id, posts, now=work.clock())
        work.report.posts = len(new)
        # What is read next must see the new ones.
        session.flush()
        plan.posts = own_posts.watched(session, plan.account_id, since=since)
        session.get_one(PollRecord, plan.account_id).posts_read_at = plan.began_at
        if plan.platform is Platform.X:
            counting.compare_with_kept(session, plan.account_id, posts, now=work.clock())
    if not plan.posts_listed_due:
        return
    with work.keeping() as session:
        missing = own_posts.missing_from(
            session, plan.account_id, {post.platform_id for post in posts}, since=reach, before=plan.began_at
        )
    for name in missing[:_ONE_BY_ONE]:
        confirm_post_gone(work, name, others_seen=bool(posts))
    with work.keeping() as session:
        session.get_one(PollRecord, plan.account_id).posts_listed_at = plan.began_at
        plan.posts = own_posts.watched(session, plan.account_id, since=since)


def rescan(work: Round) -> None:
    """Edits and deletions: posts read whole, or on X comments asked after by id."""
    plan = work.plan
    if plan.platform is Platform.X:
        _check_existence(work, tuple(CommentKind), _EXISTENCE_CHECKS)
    else:
        with work.keeping() as session:
            due = own_posts.longest_unread(
                session,
                plan.account_id,
                plan.posts,
                before=plan.began_at - plan.pace.rescan_every,
                limit=_WHOLE_A_POLL,
            )
        _read_whole(work, due)
        if not _unreadable(work, VISITOR_POSTS):
            _check_existence(work, (CommentKind.VISITOR_POST,), _ONE_BY_ONE)
        _check_tags(work)
    with work.keeping() as session:
        session.get_one(PollRecord, plan.account_id).rescanned_at = plan.began_at


def read_old_posts(work: Round) -> None:
    """A few posts beyond the watched ones, the newest first: people still comment there now and then.

    Each comes again after a day, or after a twentieth of its age if that is longer.
    """
    plan = work.plan
    with work.keeping() as session:
        due = own_posts.old_posts_due(
            session,
            plan.account_id,
            written_before=plan.began_at - plan.pace.watch_for,
            written_after=plan.began_at - plan.pace.old_for,
            rested=plan.pace.old_rested,
            now=plan.began_at,
            limit=_OLD_A_POLL,
        )
    _read_whole(work, due)
    with work.keeping() as session:
        session.get_one(PollRecord, plan.account_id).old_read_at = plan.began_at


def _read_whole(work: Round, names: Iterable[str]) -> None:
    failures = 0
    for name in names:
        try:
            seen, own, total, complete = _whole(work, name)
            failures = 0
        except Gone:
            confirm_post_gone(work, name)
            continue
        except (CredentialsDead, OutOfCredit, RateLimited):
            raise
        except ConnectorUnavailable as error:
            # As in reading: one post that always fails must not keep the others from being read.
            failures += 1
            work.problem(name, error, keep_place=True)
            if failures >= FAILURES_IN_A_ROW:
                raise
            continue
        except ConnectorRefused as error:
            work.problem(name, error)
            continue
        missing: list[str] = []
        if complete:
            with work.keeping() as session:
                missing = ingest.unseen_in(
                    session, work.plan.account_id, name, seen, before=work.plan.began_at
                )[:_EXISTENCE_CHECKS]
        gone = work.connector.vanished(missing) if missing else frozenset()
        with work.keeping() as session:
            now = work.clock()
            work.report.gone += ingest.note_gone(session, work.plan.account_id, gone, now=now)
            ingest.note_checked(session, work.plan.account_id, seen, now=now)
            own_posts.note_read_whole(session, work.plan.account_id, name, at=work.plan.began_at)
            if complete:
                counting.note_counts(
                    session, work.plan.account_id, name, shown=len(set(seen)) + own, counted=total, now=now
                )


def _whole(work: Round, name: str) -> tuple[list[str], int, int | None, bool]:
    """Read a stream from the beginning.

    The ids, how many more are our own, how many the platform counts, and whether those are all that
    there are.
    """
    seen: list[str] = []
    own, total = 0, None
    cursor: str | None = None
    loop = PageLoop()
    for _ in range(_PAGES):
        page = work.connector.fetch_comments(post_platform_id=name, since=None, cursor=cursor)
        with work.keeping() as session:
            stored = ingest.note_comments(
                session,
                work.plan.account_id,
                work.plan.platform,
                work.plan.platform_id,
                page.comments,
                now=work.clock(),
            )
        work.count(stored)
        seen += [comment.platform_id for comment in page.comments]
        own += page.own
        total = page.total if page.total is not None else total
        if page.cursor is None:
            return seen, own, total, page.complete
        loop.check(page)
        cursor = page.cursor
    return seen, own, total, False


def _unreadable(work: Round, stream: str) -> bool:
    """Whether a stream can't be read at the moment: what it holds then seems gone and need not be."""
    with work.keeping() as session:
        return ingest.stream_row(session, work.plan.account_id, stream).problem is not None


def _check_existence(work: Round, kinds: tuple[CommentKind, ...], limit: int) -> None:
    plan = work.plan
    with work.keeping() as session:
        checked = ingest.longest_unchecked(
            session,
            plan.account_id,
            kinds=kinds,
            written_after=plan.began_at - plan.pace.watch_for,
            checked_before=plan.began_at - plan.pace.rescan_every,
            limit=limit,
        )
    gone = work.connector.vanished(checked) if checked else frozenset()
    with work.keeping() as session:
        now = work.clock()
        work.report.gone += ingest.note_gone(session, plan.account_id, gone, now=now)
        ingest.note_checked(session, plan.account_id, [one for one in checked if one not in gone], now=now)


def _check_tags(work: Round) -> None:
    """Posts that tagged us and no longer do. Asking for them by id is not offered: they are others' own."""
    plan = work.plan
    with work.keeping() as session:
        due = ingest.longest_unchecked(
            session,
            plan.account_id,
            kinds=(CommentKind.TAG,),
            written_after=plan.began_at - plan.pace.watch_for,
            checked_before=plan.began_at - max(plan.pace.rescan_every, ingest.CHECKED_EVERY),
            limit=1,
        )
    if not due:
        return
    try:
        seen, _own, _total, complete = _whole(work, TAGGED)
    except (CredentialsDead, OutOfCredit):
        raise
    except ConnectorRefused as error:
        work.remark(TAGGED, error)
        return
    with work.keeping() as session:
        now = work.clock()
        ingest.note_checked(session, plan.account_id, seen, now=now)
        # An empty list is what a lost permission looks like: nothing is concluded from it.
        if complete and seen:
            missing = ingest.unseen_tags(session, plan.account_id, seen, before=plan.began_at)
            work.report.gone += ingest.note_gone(session, plan.account_id, missing, now=now)
