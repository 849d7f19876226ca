"""The part of a poll that reads comments: stream by stream, page by page, each page kept with its cursor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connectors.base import CommentPage, Platform, is_elsewhere
from connectors.errors import (
    ConnectorRefused,
    ConnectorUnavailable,
    CredentialsDead,
    Gone,
    NotAllowed,
    OutOfCredit,
    RateLimited,
)
from moderation import ingest, own_posts
from moderation.models import PollRecord
from moderation.poll_plan import MENTIONS, Round, StreamPlace

_PAGES_A_POLL = 200
"""Pages of one stream in one poll; the next poll goes on where this one stopped."""
_EMPTY_IN_A_ROW = 50
_REPEATED_IN_A_ROW = 2
FAILURES_IN_A_ROW = 3
"""Streams after which a platform counts as away; fewer may be one post's own trouble."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class PageLoop:
    """Notices a platform that leads round in a circle, by what the pages hold: cursors may differ."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._cursors: set[str] = set()
        self._repeated = 0
        self._empty = 0

    def check(self, page: CommentPage) -> None:
        """Raise ConnectorRefused where a page leads back, or nowhere for ever."""
        ids = {comment.platform_id for comment in page.comments}
        self._empty = 0 if ids else self._empty + 1
        self._repeated = self._repeated + 1 if ids and ids <= self._ids else 0 if ids else self._repeated
        self._ids |= ids
        again = page.cursor is not None and page.cursor in self._cursors
        if page.cursor is None:
            return
        self._cursors.add(page.cursor)
        if again or self._repeated >= _REPEATED_IN_A_ROW:
            raise ConnectorRefused(
                "The platform gave the same page twice; this stream is begun again.", code="loop"
            )
        if self._empty >= _EMPTY_IN_A_ROW:
            raise ConnectorRefused(
                "The platform gave one empty page after the other; this stream is begun again.", code="loop"
            )


def read_comments(work: Round) -> None:
    """Every stream that is due, the one longest unread first, so that a limit never starves the same ones."""
    plan = work.plan
    streams = [name or MENTIONS for name in work.connector.comment_streams(posts=plan.posts)]
    with work.keeping() as session:
        session.get_one(PollRecord, plan.account_id).streams = streams
    streams.sort(key=lambda name: (name != MENTIONS, _seen_to(work, name)))
    failures = 0
    for name in streams:
        place = plan.streams.get(name, StreamPlace())
        if place.cursor is None and not _is_due(work, name, place, streams):
            continue
        try:
            _stream(work, name, place)
            failures = 0
        except (CredentialsDead, OutOfCredit, RateLimited):
            raise
        except ConnectorUnavailable as error:
            # One post that always fails must not keep the others from being read.
            failures += 1
            work.problem(name, error, keep_place=True)
            if failures >= min(FAILURES_IN_A_ROW, len(streams)):
                raise
            work.report.retry_after = error.retry_after or work.report.retry_after
        except Gone as error:
            _gone(work, name, error)
        except ConnectorRefused as error:
            not_offered = isinstance(error, NotAllowed) and name != MENTIONS and MENTIONS in streams
            if is_elsewhere(name) or not_offered:
                # A permission that not everybody has, or a search that not every plan has: coverage
                # says so, and the rest is read all the same.
                work.remark(name, error)
            else:
                work.problem(name, error)


def _seen_to(work: Round, name: str) -> datetime:
    place = work.plan.streams.get(name)
    return (place.seen_to if place else None) or _LONG_AGO


def _is_due(work: Round, name: str, place: StreamPlace, streams: list[str]) -> bool:
    every = timedelta(0)
    if is_elsewhere(name):
        every = work.plan.pace.elsewhere_every
    elif MENTIONS in streams and name != MENTIONS:
        every = work.plan.pace.conversations_every
    return place.seen_to is None or place.seen_to + every <= work.plan.began_at


def _stream(work: Round, name: str, place: StreamPlace) -> None:
    cursor, began_at = place.cursor, place.began_at or work.plan.began_at
    loop = PageLoop()
    for _ in range(_PAGES_A_POLL):
        try:
            page = work.connector.fetch_comments(
                post_platform_id=name or None, since=place.since, cursor=cursor
            )
        except ConnectorRefused as error:
            final = isinstance(error, CredentialsDead | Gone | OutOfCredit)
            if cursor is None or cursor != place.cursor or final:
                raise
            # The cursor is from an earlier poll and the platform no longer knows it.
            cursor, began_at = None, work.plan.began_at
            continue
        if page.cursor is not None and page.cursor == cursor:
            raise ConnectorRefused("The platform gave the same page twice; this stream is begun again.")
        _keep(work, name, page, began_at)
        if page.cursor is None:
            return
        loop.check(page)
        cursor = page.cursor
    work.report.complete, work.report.more = False, True


def _keep(work: Round, name: str, page: CommentPage, began_at: datetime) -> None:
    plan = work.plan
    with work.keeping() as session:
        stored = ingest.note_page(
            session,
            plan.account_id,
            plan.platform,
            plan.platform_id,
            name,
            page,
            began_at=began_at,
            now=work.clock(),
        )
    work.count(stored)
    work.report.complete = work.report.complete and page.complete


def _gone(work: Round, name: str, error: Gone) -> None:
    """A stream isn't there: the post is deleted, or we may not see its comments, which is another thing."""
    if is_elsewhere(name) or name == MENTIONS:
        work.remark(name, error)
        return
    if confirm_post_gone(work, name):
        return
    work.problem(
        name, ConnectorRefused("The post is there, but its comments are not shown to us.", code=error.code)
    )


def confirm_post_gone(work: Round, name: str, *, others_seen: bool = False) -> bool:
    """Ask for a post itself, and note that it is gone if the platform has it no longer.

    The Graph says the same of what is gone and of what a token may not see. So a post counts as
    gone only while others of ours can be seen; `others_seen`: they were just listed.
    """
    if name not in work.connector.vanished([name]):
        return False
    known = [post for post in work.plan.posts if post != name]
    # The newest, the one in the middle and the oldest: several may have been deleted together.
    others = [] if others_seen else list(dict.fromkeys(known[i] for i in (0, len(known) // 2, -1) if known))
    if others and work.plan.platform is not Platform.X and work.connector.vanished(others) >= set(others):
        work.problem(
            name,
            ConnectorRefused(
                "None of the posts can be seen: either all are deleted, or the token lost a permission. "
                "Look at the account there; connecting it again helps in the second case."
            ),
        )
        return False
    with work.keeping() as session:
        work.report.gone += own_posts.note_gone(
            session,
            work.plan.account_id,
            name,
            with_comments=work.plan.platform is not Platform.X,
            now=work.clock(),
        )
    work.plan.posts.pop(name, None)
    return True
