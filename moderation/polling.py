"""Reading an account: one worker at a time, page by page, resumable at any point.

    with transaction() as session:
        plan = polling.claim_poll(session, account_id, pace=pace, now=now())
    if plan is not None:
        report = polling.poll_account(plan, connector, transaction=transaction, clock=now)

Every page is committed with its cursor, and no transaction is open while the platform answers.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from connectors.base import Capability, CommentPage, Connector, Platform
from connectors.errors import ConnectorError, ConnectorRefused, ConnectorUnavailable, CredentialsDead, Gone
from moderation import actions, costs, follower_lists, ingest
from moderation.models import CommentStream, PollRecord, WatchedPost
from school import accounts
from school.errors import SchoolgateError
from school.models import Account, AccountState

Transaction = Callable[[], AbstractContextManager[Session]]
Clock = Callable[[], datetime]

MENTIONS = ""
"""The stream of what mentions the account, which connectors call None."""
_FOLLOWERS, _REQUESTS = "!followers", "!requests"
_PAGES_A_POLL = 200
"""Pages of one stream in one poll; the next poll goes on where this one stopped."""
_EXISTENCE_CHECKS = 100
_BACK_OFF_MAX = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class PollPace:
    """How often the slower parts of a poll are made, and how far back posts are watched."""

    interval: timedelta = timedelta(minutes=1)
    lease: timedelta = timedelta(minutes=5)
    watch_for: timedelta = timedelta(days=30)
    posts_every: timedelta = timedelta(minutes=15)
    conversations_every: timedelta = timedelta(minutes=5)
    """Where a platform has a stream of mentions as well, the posts' conversations are read only so often."""
    rescan_every: timedelta = timedelta(minutes=30)
    """Edits and deletions are noticed at this pace."""
    followers_every: timedelta = timedelta(minutes=15)
    followers_counted_every: timedelta = timedelta(days=1)
    """All followers are read at this pace, to see who left; in between only the newest."""
    prices: costs.Prices = costs.USUAL_PRICES

    @staticmethod
    def practice(interval: timedelta) -> PollPace:
        """Everything soon, so that people being trained see the effect of what they do."""
        return PollPace(
            interval=interval,
            posts_every=interval,
            conversations_every=interval,
            rescan_every=max(interval * 5, timedelta(seconds=10)),
            followers_every=interval * 2,
            followers_counted_every=max(interval * 5, timedelta(seconds=10)),
        )


@dataclass(frozen=True, slots=True)
class StreamPlace:
    """Where one stream's reading stands."""

    since: str | None = None
    cursor: str | None = None
    began_at: datetime | None = None
    seen_to: datetime | None = None


@dataclass(slots=True)
class PollPlan:
    """An account that this worker alone may poll now, with all that the poll needs to know."""

    account_id: UUID
    platform: Platform
    platform_id: str
    pace: PollPace
    began_at: datetime
    lease_until: datetime
    streams: dict[str, StreamPlace]
    posts: dict[str, datetime]
    """The watched posts' ids, newest first, and when each was written."""
    posts_due: bool
    rescan_due: bool
    followers_due: bool
    followers_count_due: bool
    followers_known: bool


@dataclass(slots=True)
class PollReport:
    """What a poll brought. `complete`: everything written before `began_at` has been read."""

    account_id: UUID
    began_at: datetime
    posts: int = 0
    new: int = 0
    edited: int = 0
    gone: int = 0
    followers: int = 0
    complete: bool = True
    problems: list[str] = field(default_factory=list)
    retry_after: float | None = None
    credentials_dead: str | None = None


class LeaseLost(SchoolgateError):
    """Another worker took the account over, since this one was too slow."""


def due(session: Session, *, now: datetime) -> list[UUID]:
    """The accounts that should be polled now, the longest waiting first."""
    query = (
        sa.select(Account.id)
        .where(
            Account.state == AccountState.ACTIVE,
            sa.or_(Account.next_poll_at.is_(None), Account.next_poll_at <= now),
            sa.or_(Account.poll_lease_until.is_(None), Account.poll_lease_until < now),
        )
        .order_by(sa.func.coalesce(Account.next_poll_at, Account.adopted_at))
    )
    return list(session.scalars(query))


def claim_poll(session: Session, account_id: UUID, *, pace: PollPace, now: datetime) -> PollPlan | None:
    """Take an account for one poll; None when another worker has it, or it is not in use."""
    lease_until = now + pace.lease
    taken = session.execute(
        sa.update(Account)
        .where(
            Account.id == account_id,
            Account.state == AccountState.ACTIVE,
            sa.or_(Account.poll_lease_until.is_(None), Account.poll_lease_until < now),
        )
        .values(poll_lease_until=lease_until)
        .returning(Account.platform, Account.platform_id)
    ).first()
    if taken is None:
        return None
    record = session.get(PollRecord, account_id) or PollRecord(
        account_id=account_id, capabilities=[], streams=[], followers_known=False
    )
    session.add(record)
    rows = session.scalars(sa.select(CommentStream).where(CommentStream.account_id == account_id))
    return PollPlan(
        account_id=account_id,
        platform=Platform(taken.platform),
        platform_id=taken.platform_id,
        pace=pace,
        began_at=now,
        lease_until=lease_until,
        streams={row.name: StreamPlace(row.since, row.cursor, row.began_at, row.seen_to) for row in rows},
        posts=_watched(session, account_id, since=now - pace.watch_for),
        posts_due=_is_due(record.posts_read_at, pace.posts_every, now),
        rescan_due=_is_due(record.rescanned_at, pace.rescan_every, now),
        followers_due=_is_due(record.followers_read_at, pace.followers_every, now),
        followers_count_due=_is_due(record.followers_counted_at, pace.followers_counted_every, now),
        followers_known=record.followers_known,
    )


def poll_account(
    plan: PollPlan, connector: Connector, *, transaction: Transaction, clock: Clock
) -> PollReport:
    """Read everything that is due and keep it; the account is free again at the end.

    What can't be read is named in the report and, per stream, in the database; only dead
    credentials and an unreachable platform end the poll early.
    """
    report = PollReport(plan.account_id, plan.began_at)
    poll = _Poll(plan, connector, transaction, clock, report)
    try:
        poll.everything()
    except CredentialsDead as error:
        report.complete, report.credentials_dead = False, error.detail
        report.problems.append(error.detail)
    except ConnectorError as error:
        report.complete = False
        report.problems.append(error.detail)
        if isinstance(error, ConnectorUnavailable):
            report.retry_after = error.retry_after
    except LeaseLost as error:
        report.complete = False
        report.problems.append(str(error))
        return report
    with transaction() as session:
        _finish(session, plan, report, connector, now=clock())
    return report


@dataclass(slots=True)
class _Poll:
    """The parts of one poll."""

    plan: PollPlan
    connector: Connector
    transaction: Transaction
    clock: Clock
    report: PollReport

    def everything(self) -> None:
        if self.plan.posts_due:
            self._posts()
        if Capability.FETCH_COMMENTS in self.connector.capabilities:
            self._comments()
            if self.plan.rescan_due:
                self._rescan()
        if self.plan.followers_due:
            self._people()

    def _posts(self) -> None:
        since = self.plan.began_at - self.plan.pace.watch_for
        posts = self.connector.recent_posts(since=since)
        with self._keeping() as session:
            self.report.posts = len(ingest.note_posts(session, self.plan.account_id, posts, now=self.clock()))
            # _watched must see the new ones.
            session.flush()
            self.plan.posts = _watched(session, self.plan.account_id, since=since)
            session.get_one(PollRecord, self.plan.account_id).posts_read_at = self.plan.began_at

    def _comments(self) -> None:
        streams = [name or MENTIONS for name in self.connector.comment_streams(posts=self.plan.posts)]
        with self._keeping() as session:
            session.get_one(PollRecord, self.plan.account_id).streams = streams
        for name in streams:
            place = self.plan.streams.get(name, StreamPlace())
            slow = MENTIONS in streams and name != MENTIONS and place.cursor is None
            if slow and not _is_due(place.seen_to, self.plan.pace.conversations_every, self.plan.began_at):
                continue
            try:
                self._stream(name, place)
            except Gone:
                with self._keeping() as session:
                    ingest.note_post_gone(session, self.plan.account_id, name, now=self.clock())
            except CredentialsDead:
                raise
            except ConnectorRefused as error:
                self._problem(name, error)

    def _stream(self, name: str, place: StreamPlace) -> None:
        cursor, began_at = place.cursor, place.began_at or self.plan.began_at
        for _ in range(_PAGES_A_POLL):
            try:
                page = self.connector.fetch_comments(
                    post_platform_id=name or None, since=place.since, cursor=cursor
                )
            except ConnectorRefused as error:
                if cursor is None or cursor != place.cursor or isinstance(error, CredentialsDead | Gone):
                    raise
                # The cursor is from an earlier poll and the platform no longer knows it.
                cursor, began_at = None, self.plan.began_at
                continue
            if page.cursor is not None and page.cursor == cursor:
                raise ConnectorRefused("The platform gave the same page twice; this stream is begun again.")
            self._keep(name, page, began_at)
            if page.cursor is None:
                return
            cursor = page.cursor
        self.report.complete = False

    def _keep(self, name: str, page: CommentPage, began_at: datetime) -> None:
        with self._keeping() as session:
            stored = ingest.note_page(
                session,
                self.plan.account_id,
                self.plan.platform,
                self.plan.platform_id,
                name,
                page,
                began_at=began_at,
                now=self.clock(),
            )
        self.report.new += stored.new
        self.report.edited += stored.edited
        self.report.complete = self.report.complete and page.complete

    def _rescan(self) -> None:
        """Edits and deletions: posts read whole, or on X comments asked after by id."""
        checked: list[str] = []
        missing: list[str] = []
        if self.plan.platform is not Platform.X:
            for name in self.plan.posts:
                try:
                    seen, whole = self._whole(name)
                except Gone:
                    with self._keeping() as session:
                        ingest.note_post_gone(session, self.plan.account_id, name, now=self.clock())
                    continue
                except CredentialsDead:
                    raise
                except ConnectorRefused as error:
                    self._problem(name, error)
                    continue
                checked += seen
                if not whole:
                    continue
                with self.transaction() as session:
                    missing += ingest.unseen_in(
                        session, self.plan.account_id, name, seen, before=self.plan.began_at
                    )
        else:
            with self.transaction() as session:
                checked = ingest.longest_unchecked(
                    session,
                    self.plan.account_id,
                    written_after=self.plan.began_at - self.plan.pace.watch_for,
                    checked_before=self.plan.began_at - self.plan.pace.rescan_every,
                    limit=_EXISTENCE_CHECKS,
                )
            missing = checked
        gone = self.connector.vanished(missing) if missing else frozenset()
        now = self.clock()
        with self._keeping() as session:
            self.report.gone += ingest.note_gone(session, self.plan.account_id, gone, now=now)
            still = [platform_id for platform_id in checked if platform_id not in gone]
            ingest.note_checked(session, self.plan.account_id, still, now=now)
            session.get_one(PollRecord, self.plan.account_id).rescanned_at = self.plan.began_at

    def _whole(self, name: str) -> tuple[list[str], bool]:
        """Read a post's comments from the beginning; their ids, and whether those are all that there are."""
        seen: list[str] = []
        cursor: str | None = None
        while True:
            page = self.connector.fetch_comments(post_platform_id=name, since=None, cursor=cursor)
            with self._keeping() as session:
                stored = ingest.note_comments(
                    session,
                    self.plan.account_id,
                    self.plan.platform,
                    self.plan.platform_id,
                    page.comments,
                    now=self.clock(),
                )
            self.report.new += stored.new
            self.report.edited += stored.edited
            seen += [comment.platform_id for comment in page.comments]
            if page.cursor is None:
                return seen, page.complete
            if page.cursor == cursor:
                raise ConnectorRefused("The platform gave the same page twice; this stream is begun again.")
            cursor = page.cursor

    def _people(self) -> None:
        account_id, capabilities = self.plan.account_id, self.connector.capabilities
        for name, capability, read in (
            (_REQUESTS, Capability.LIST_FOLLOW_REQUESTS, self._requests),
            (_FOLLOWERS, Capability.LIST_FOLLOWERS, self._followers),
        ):
            if capability not in capabilities:
                continue
            try:
                read()
            except CredentialsDead:
                raise
            except ConnectorRefused as error:
                # The tier doesn't cover it, or nobody can ask: comments are read all the same.
                with self._keeping() as session:
                    ingest.note_problem(session, account_id, name, error.detail, now=self.clock())
        with self._keeping() as session:
            session.get_one(PollRecord, account_id).followers_read_at = self.plan.began_at

    def _requests(self) -> None:
        seen: set[UUID] = set()
        cursor: str | None = None
        while True:
            people, following = self.connector.follow_requests(cursor=cursor)
            with self._keeping() as session:
                noted = follower_lists.note_requests(
                    session, self.plan.account_id, self.plan.platform, people, now=self.clock()
                )
            seen |= noted.ids
            self.report.followers += noted.new
            if following is None or following == cursor:
                break
            cursor = following
        with self._keeping() as session:
            follower_lists.note_withdrawn_requests(
                session, self.plan.account_id, seen, before=self.plan.began_at, now=self.clock()
            )

    def _followers(self) -> None:
        """The first reading takes down who is there already; later ones stop where all are known."""
        counting = self.plan.followers_count_due or not self.plan.followers_known
        place = self.plan.streams.get(_FOLLOWERS, StreamPlace())
        # Only the first reading resumes: it alone may be long and has nobody to miss.
        cursor = place.cursor if not self.plan.followers_known else None
        seen: set[UUID] = set()
        while True:
            people, following = self.connector.followers(cursor=cursor)
            if following == cursor:
                following = None
            with self._keeping() as session:
                noted = follower_lists.note_followers(
                    session,
                    self.plan.account_id,
                    self.plan.platform,
                    people,
                    baseline=not self.plan.followers_known,
                    now=self.clock(),
                )
                row = ingest.stream_row(session, self.plan.account_id, _FOLLOWERS)
                row.cursor, row.problem, row.problem_since = following, None, None
            seen |= noted.ids
            self.report.followers += noted.new
            if following is None or (not counting and noted.new == 0):
                break
            cursor = following
        with self._keeping() as session:
            record = session.get_one(PollRecord, self.plan.account_id)
            record.followers_known = True
            if counting:
                record.followers_counted_at = self.plan.began_at
                if place.cursor is None:
                    follower_lists.note_left(
                        session, self.plan.account_id, seen, before=self.plan.began_at, now=self.clock()
                    )

    def _problem(self, name: str, error: ConnectorError) -> None:
        self.report.complete = False
        self.report.problems.append(error.detail)
        with self._keeping() as session:
            ingest.note_problem(session, self.plan.account_id, name, error.detail, now=self.clock())

    def _keeping(self) -> AbstractContextManager[Session]:
        return _Keeping(self.plan, self.transaction, self.clock)


class _Keeping(AbstractContextManager[Session]):
    """A transaction that first makes sure that the account is still ours, and keeps it so."""

    def __init__(self, plan: PollPlan, transaction: Transaction, clock: Clock) -> None:
        self._plan = plan
        self._inner = transaction()
        self._until = clock() + plan.pace.lease

    def __enter__(self) -> Session:
        session = self._inner.__enter__()
        try:
            _renew(session, self._plan, self._until)
        except BaseException as error:
            if not self._inner.__exit__(type(error), error, error.__traceback__):
                raise
        return session

    def __exit__(self, *details: object) -> bool | None:
        done = self._inner.__exit__(*details)  # type: ignore[arg-type]
        if details[0] is None:
            self._plan.lease_until = self._until
        return done


def _renew(session: Session, plan: PollPlan, until: datetime) -> None:
    kept = session.execute(
        sa.update(Account)
        .where(Account.id == plan.account_id, Account.poll_lease_until == plan.lease_until)
        .values(poll_lease_until=until)
        .returning(Account.id)
    ).first()
    if kept is None:
        raise LeaseLost("Another worker has taken over this account's poll.")


def _finish(
    session: Session, plan: PollPlan, report: PollReport, connector: Connector, *, now: datetime
) -> None:
    # FOR NO KEY UPDATE: rows that point at the account may be written meanwhile. Locks are taken in
    # the order account, ledger, log everywhere.
    account = session.get_one(Account, plan.account_id, with_for_update={"key_share": True})
    accounts.note_calls(
        session, account, costs.ledger_items(plan.platform, connector.calls(), plan.pace.prices), now=now
    )
    if account.poll_lease_until != plan.lease_until:
        return
    account.poll_lease_until = None
    record = session.get_one(PollRecord, plan.account_id)
    record.capabilities = sorted(capability.value for capability in connector.capabilities)
    actions.tick_what_shows(session, plan.account_id, now=now)
    if report.credentials_dead is not None:
        accounts.mark_dead(session, account, report.credentials_dead, now=now)
    if report.complete:
        account.last_polled_at, account.poll_failures = now, 0
        account.problem, account.problem_since = None, None
        account.next_poll_at = now + plan.pace.interval
        return
    account.poll_failures += 1
    if account.problem is None:
        account.problem_since = now
    account.problem = report.problems[-1] if report.problems else account.problem
    wait = min(plan.pace.interval * 2 ** min(account.poll_failures - 1, 8), _BACK_OFF_MAX)
    account.next_poll_at = now + max(wait, timedelta(seconds=report.retry_after or 0))


def _watched(session: Session, account_id: UUID, *, since: datetime) -> dict[str, datetime]:
    query = (
        sa.select(WatchedPost.platform_id, WatchedPost.created_at)
        .where(
            WatchedPost.account_id == account_id,
            WatchedPost.created_at >= since,
            WatchedPost.gone_at.is_(None),
        )
        .order_by(WatchedPost.created_at.desc())
    )
    return {row.platform_id: row.created_at for row in session.execute(query)}


def _is_due(last: datetime | None, every: timedelta, now: datetime) -> bool:
    return last is None or last + every <= now
