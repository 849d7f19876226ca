"""The moderation queue: the worst first, one person per entry, everything needed to decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from moderation import assigning, author_history, authors, thread, unread
from moderation.author_history import AuthorHistory
from moderation.authors import AuthorRecord
from moderation.claimed import held_by_another
from moderation.models import (
    ActState,
    Author,
    CaseState,
    Comment,
    CommentVersion,
    EventKind,
    Follower,
    LogCase,
    LogEntry,
    LogEvent,
    Meeting,
    PlatformAct,
    Referral,
    WatchedPost,
)
from moderation.places import Place, place
from moderation.sight import comment_visible_to, visible_to
from school.errors import NotFound
from school.models import Account, Person
from school.times import say

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class QueueFilters:
    """What part of the queue to show; empty fields leave nothing out."""

    platform: str = ""
    kind: str = ""
    author_id: UUID | None = None
    account_id: UUID | None = None
    post_platform_id: str = ""
    referred: bool = False
    """Only what was referred, decided or not: what the DSL and the chair look for."""
    mine: bool = False
    """Only what a colleague gave to the viewer."""
    taken: bool = False
    """Only what the viewer has claimed, as long as the claim lasts."""


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One entry as the queue shows it."""

    entry: LogEntry
    case: LogCase
    comment: Comment | None
    account: Account | None
    author: AuthorRecord | None
    same_post: int
    """Open entries under the same post, this one included."""
    post_gone: bool
    """Our post above it is no longer on the platform."""
    claimed_by: str
    """Name of the other person who is deciding it now; empty where nobody is."""
    given_to: str = ""
    """Name of the colleague to whom somebody gave it; empty where nobody did."""
    noted: tuple[str, datetime] | None = None
    """Who noted something last on it while it was open, and when."""


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Some entries, and what to hand back for the next ones.

    `open` counts all open ones that the viewer may see, `found` those that the filters let through, `unread`
    the open ones that wait for their language alone: they are accused of nothing.
    """

    items: tuple[QueueItem, ...]
    following: str | None
    open: int
    found: int
    unread: int

    def by_author(self) -> list[list[QueueItem]]:
        """The items with each author's together and, among those, each post's; the worst group first.

        What is urgent is a group of its own: nothing else of the same author comes before another's threat.
        """
        groups: dict[object, list[QueueItem]] = {}
        for item in self.items:
            groups.setdefault((item.case.urgent, item.entry.author_id or item.entry.id), []).append(item)
        for members in groups.values():
            rank: dict[tuple[UUID | None, str], int] = {}
            for item in members:
                rank.setdefault(_post_key(item), len(rank))
            members.sort(key=lambda item: rank[_post_key(item)])
        return list(groups.values())

    def by_post(self) -> list[list[QueueItem]]:
        """The items with those under each post together; what is urgent apart, and first."""
        groups: dict[object, list[QueueItem]] = {}
        for item in self.items:
            key = _post_key(item) if item.entry.post_platform_id else item.entry.id
            groups.setdefault((item.case.urgent, key), []).append(item)
        return list(groups.values())


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Everything about one entry."""

    item: QueueItem
    events: tuple[tuple[LogEvent, str], ...]
    """Each with the name of who did it; empty for the product itself."""
    acts: tuple[PlatformAct, ...]
    referrals: tuple[Referral, ...]
    meetings: tuple[Meeting, ...]
    versions: tuple[CommentVersion, ...]
    post: WatchedPost | None
    answered: thread.Said | None
    """The comment that this one answers."""
    conversation: tuple[thread.Said, ...]
    """Comments under the same post around this one, each with its author's name."""
    author: Author | None
    history: tuple[Comment, ...]
    """The author's other comments, newest first."""
    past: AuthorHistory
    """Earlier entries and blocks of the author."""


def queue(
    session: Session,
    *,
    viewer: Person,
    filters: QueueFilters = QueueFilters(),
    after: str = "",
    limit: int = 50,
    now: datetime,
) -> QueuePage:
    """The open entries that the viewer may see, the worst first: threats and safeguarding on top (P23).

    `after`: the former page's `following`. Raises BadInput for one that isn't.
    """
    seen = visible_to(viewer)
    where = [seen, *_conditions(filters, viewer, now)]
    query = (
        sa.select(LogCase, LogEntry, Comment, Account)
        .join(LogEntry, LogEntry.id == LogCase.entry_id)
        .outerjoin(Comment, Comment.id == LogEntry.comment_id)
        .outerjoin(Account, Account.id == LogEntry.account_id)
        .where(*where)
        .order_by(LogCase.urgent.desc(), LogCase.severity.desc(), LogCase.recorded_at, LogCase.entry_id)
        .limit(limit + 1)
    )
    if after:
        query = query.where(_behind(after))
    rows = session.execute(query).all()
    shown = rows[:limit]
    # Each from an index alone: there may be tens of thousands.
    waiting = sa.select(sa.func.count()).select_from(LogCase).where(LogCase.state == CaseState.OPEN, seen)
    count = session.scalar(waiting) or 0
    strange = session.scalar(waiting.where(unread.only_that())) or 0
    items = _items(session, [(r[0], r[1], r[2], r[3]) for r in shown], viewer=viewer, now=now)
    found = count
    if filters != QueueFilters():
        found = session.scalar(sa.select(sa.func.count()).select_from(LogCase).where(*where)) or 0
    following = _place(shown[-1][0]) if len(rows) > limit else None
    return QueuePage(tuple(items), following, count, found, strange)


def get_case(session: Session, entry_id: UUID, *, viewer: Person | None) -> LogCase:
    """The case, or NotFound where there is none that the viewer may see."""
    found = session.scalar(sa.select(LogCase).where(LogCase.entry_id == entry_id, visible_to(viewer)))
    if found is None:
        raise NotFound("There is no such entry, or none that you may see.")
    return found


def entry_page(session: Session, entry_id: UUID, *, viewer: Person, now: datetime) -> EntryPage:
    """Everything about one entry. Raises NotFound where there is none that the viewer may see."""
    case = get_case(session, entry_id, viewer=viewer)
    entry = session.get_one(LogEntry, entry_id)
    comment = session.get(Comment, entry.comment_id) if entry.comment_id else None
    account = session.get(Account, entry.account_id) if entry.account_id else None
    item = _items(session, [(case, entry, comment, account)], viewer=viewer, now=now)[0]
    events = session.execute(
        sa.select(LogEvent, Person.name)
        .outerjoin(Person, Person.id == LogEvent.by_id)
        .where(LogEvent.entry_id == entry_id)
        .order_by(LogEvent.seq)
    )
    return EntryPage(
        item=item,
        events=tuple((event, name or "") for event, name in events),
        acts=acts_of(session, entry_id),
        referrals=_all(
            session, sa.select(Referral).where(Referral.entry_id == entry_id).order_by(Referral.id)
        ),
        meetings=_all(session, sa.select(Meeting).where(Meeting.entry_id == entry_id).order_by(Meeting.id)),
        versions=_versions(session, comment),
        post=session.scalar(
            sa.select(WatchedPost).where(
                WatchedPost.account_id == entry.account_id, WatchedPost.platform_id == entry.post_platform_id
            )
        ),
        answered=thread.answered(session, comment, viewer),
        conversation=thread.conversation(session, comment, viewer),
        author=session.get(Author, entry.author_id) if entry.author_id else None,
        history=_history(session, comment, viewer),
        past=author_history.history(session, entry.author_id, besides=entry_id, viewer=viewer),
    )


def acts_of(session: Session, entry_id: UUID) -> tuple[PlatformAct, ...]:
    """What was and is done on the platform about an entry, in its order."""
    query = sa.select(PlatformAct).where(PlatformAct.entry_id == entry_id)
    return _all(session, query.order_by(PlatformAct.id))


def picture(session: Session, entry_id: UUID, *, viewer: Person) -> tuple[bytes, str]:
    """The picture of an entry made by hand, and its type. Raises NotFound where there is none to be seen."""
    get_case(session, entry_id, viewer=viewer)
    row = session.execute(
        sa.select(LogEntry.picture, LogEntry.picture_type).where(LogEntry.id == entry_id)
    ).one()
    if not row.picture:
        raise NotFound("This entry has no picture.")
    return row.picture, row.picture_type


def following(session: Session, case: LogCase, *, viewer: Person) -> UUID | None:
    """The open entry that comes after this one in the queue; None where it is the last."""
    query = (
        sa.select(LogCase.entry_id)
        .where(LogCase.state == CaseState.OPEN, visible_to(viewer), _behind(_place(case)))
        .order_by(LogCase.urgent.desc(), LogCase.severity.desc(), LogCase.recorded_at, LogCase.entry_id)
    )
    return session.scalar(query.limit(1))


def came_urgent(session: Session, *, since: datetime, viewer: Person) -> UUID | None:
    """The worst urgent entry that came into the queue after a moment and is open; None where none did."""
    query = (
        sa.select(LogCase.entry_id)
        .where(
            LogCase.state == CaseState.OPEN,
            LogCase.urgent.is_(True),
            LogCase.recorded_at > since,
            visible_to(viewer),
        )
        .order_by(LogCase.severity.desc(), LogCase.recorded_at, LogCase.entry_id)
    )
    return session.scalar(query.limit(1))


def urgent_among(session: Session, entry_ids: Sequence[UUID], *, viewer: Person) -> int:
    """How many of these entries are urgent and open, of those that the viewer may see."""
    query = sa.select(sa.func.count()).select_from(LogCase)
    where = (
        LogCase.entry_id.in_(entry_ids[:500]),
        LogCase.urgent.is_(True),
        LogCase.state == CaseState.OPEN,
        visible_to(viewer),
    )
    return session.scalar(query.where(*where)) or 0


def decided_of(session: Session, entry_ids: Sequence[UUID], *, viewer: Person) -> list[tuple[UUID, str]]:
    """Of these entries the decided ones that the viewer may see: each with a sentence of who decided it."""
    rows = session.execute(
        sa.select(LogCase, LogEntry.number, Person)
        .join(LogEntry, LogEntry.id == LogCase.entry_id)
        .join(Person, Person.id == LogCase.decided_by_id)
        .where(LogCase.entry_id.in_(entry_ids), LogCase.state == CaseState.DECIDED, visible_to(viewer))
        .order_by(LogCase.decided_at, LogCase.entry_id)
    )
    found = []
    for case, number, who in rows:
        name = "You" if who.id == viewer.id else who.name
        when = f" on {say(case.decided_at)}" if case.decided_at else ""
        found.append((case.entry_id, f"Entry {number} is no longer among them: {name} decided it{when}."))
    return found


def tasks(session: Session, *, viewer: Person) -> list[PlatformAct]:
    """What people have to do on the platforms, or decide again since it failed, oldest first."""
    query = (
        sa.select(PlatformAct)
        .join(LogCase, LogCase.entry_id == PlatformAct.entry_id)
        .where(PlatformAct.state.in_((ActState.BY_HAND, ActState.FAILED)), visible_to(viewer))
        .order_by(PlatformAct.requested_at, PlatformAct.id)
        .limit(500)
    )
    return list(session.scalars(query))


def _conditions(filters: QueueFilters, viewer: Person, now: datetime) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if filters.referred:
        found.append(LogCase.referred.is_(True))
    else:
        found.append(LogCase.state == CaseState.OPEN)
    if filters.mine:
        found.append(assigning.given_to(viewer))
    if filters.taken:
        found.append(assigning.taken_by(viewer, now=now))
    if filters.platform:
        found.append(LogCase.platform == filters.platform)
    if filters.kind:
        found.append(LogCase.kinds.contains(f",{filters.kind},", autoescape=True))
    if filters.author_id is not None:
        found.append(LogCase.author_id == filters.author_id)
    if filters.account_id is not None:
        found.append(LogCase.account_id == filters.account_id)
    if filters.post_platform_id:
        found.append(LogCase.post_platform_id == filters.post_platform_id)
    return found


def _place(case: LogCase) -> str:
    return place(case.urgent, case.severity, case.recorded_at, case.entry_id)


def _behind(after: str) -> sa.ColumnElement[bool]:
    begins = Place(after, length=4)
    urgent, severity, at, entry_id = begins.yes(0), begins.number(1), begins.moment(2), begins.identifier(3)
    rest = sa.or_(
        LogCase.severity < severity,
        sa.and_(
            LogCase.severity == severity,
            sa.or_(LogCase.recorded_at > at, sa.and_(LogCase.recorded_at == at, LogCase.entry_id > entry_id)),
        ),
    )
    if urgent:
        return sa.or_(LogCase.urgent.is_(False), sa.and_(LogCase.urgent.is_(True), rest))
    return sa.and_(LogCase.urgent.is_(False), rest)


def _items(
    session: Session,
    rows: Sequence[tuple[LogCase, LogEntry, Comment | None, Account | None]],
    *,
    viewer: Person,
    now: datetime,
) -> list[QueueItem]:
    known = authors.records(session, [case.author_id for case, *_ in rows if case.author_id], viewer=viewer)
    posts = {(case.account_id, case.post_platform_id) for case, *_ in rows if case.post_platform_id}
    counts: dict[tuple[UUID | None, str], int] = {}
    if posts:
        for row in session.execute(
            sa.select(LogCase.account_id, LogCase.post_platform_id, sa.func.count().label("open"))
            .where(
                LogCase.state == CaseState.OPEN,
                visible_to(viewer),
                LogCase.account_id.in_({account for account, _ in posts}),
                LogCase.post_platform_id.in_({post for _, post in posts}),
            )
            .group_by(LogCase.account_id, LogCase.post_platform_id)
        ):
            counts[row.account_id, row.post_platform_id] = row.open
    gone = _gone_posts(session, posts)
    held = {case.claimed_by_id for case, *_ in rows if held_by_another(case, viewer, now=now)}
    named = sa.select(Person.id, Person.name).where(Person.id.in_(held))
    names = {row.id: row.name for row in session.execute(named)} if held else {}
    given = assigning.in_force(session, [case.entry_id for case, *_ in rows])
    noted = _noted(session, [case.entry_id for case, *_ in rows])
    return [
        QueueItem(
            entry=entry,
            case=case,
            comment=comment,
            account=account,
            author=known.get(case.author_id) if case.author_id else None,
            same_post=counts.get((case.account_id, case.post_platform_id), 0),
            post_gone=(case.account_id, case.post_platform_id) in gone,
            claimed_by=names.get(case.claimed_by_id, "")
            if case.claimed_by_id and held_by_another(case, viewer, now=now)
            else "",
            given_to=_given_to(given.get(case.entry_id), viewer),
            noted=noted.get(case.entry_id) if case.state is CaseState.OPEN else None,
        )
        for case, entry, comment, account in rows
    ]


def _given_to(given: tuple[UUID, str] | None, viewer: Person) -> str:
    if given is None:
        return ""
    return "you" if given[0] == viewer.id else given[1]


def _noted(session: Session, entry_ids: Sequence[UUID]) -> dict[UUID, tuple[str, datetime]]:
    """Who noted something last on each of these entries, and when; one query for all."""
    rows = session.execute(
        sa.select(LogEvent.entry_id, Person.name, LogEvent.at)
        .join(Person, Person.id == LogEvent.by_id)
        .where(LogEvent.entry_id.in_(entry_ids), LogEvent.kind == EventKind.NOTE)
        .order_by(LogEvent.seq)
    )
    return {row.entry_id: (row.name, row.at) for row in rows}


def _gone_posts(session: Session, posts: set[tuple[UUID | None, str]]) -> frozenset[tuple[UUID | None, str]]:
    """Those of these posts of ours that the platform no longer has."""
    if not posts:
        return frozenset()
    rows = session.execute(
        sa.select(WatchedPost.account_id, WatchedPost.platform_id).where(
            WatchedPost.platform_id.in_({post for _, post in posts}), WatchedPost.gone_at.is_not(None)
        )
    )
    return frozenset((row.account_id, row.platform_id) for row in rows) & posts


def referred_by(session: Session, referrals: Sequence[Referral]) -> dict[UUID, str]:
    """The names of those who referred."""
    query = sa.select(Person.id, Person.name).where(Person.id.in_({one.referred_by_id for one in referrals}))
    return {row.id: row.name for row in session.execute(query)}


def whom(session: Session, acts: Sequence[PlatformAct]) -> dict[UUID, tuple[str, str, str]]:
    """About whom each of these acts is: name, handle and platform, by act; names may be empty."""
    ids = [act.id for act in acts]
    named = {
        row[0]: (row[1] or "", row[2] or "", row[3])
        for row in session.execute(
            sa.select(PlatformAct.id, LogEntry.author_name, LogEntry.author_handle, LogEntry.platform)
            .join(LogEntry, LogEntry.id == PlatformAct.entry_id)
            .where(PlatformAct.id.in_(ids))
        )
    }
    followers = session.execute(
        sa.select(PlatformAct.id, Author.display_name, Author.handle, Author.platform)
        .join(Follower, Follower.id == PlatformAct.follower_id)
        .join(Author, Author.id == Follower.author_id)
        .where(PlatformAct.id.in_(ids))
    )
    return named | {row[0]: (row[1] or "", row[2] or "", row[3]) for row in followers}


def tasks_under_gone_posts(session: Session, acts: Sequence[PlatformAct]) -> frozenset[UUID]:
    """Those of these tasks whose comment stands under a post of ours that is gone."""
    rows = session.execute(
        sa.select(PlatformAct.id)
        .join(Comment, Comment.id == PlatformAct.comment_id)
        .join(
            WatchedPost,
            sa.and_(
                WatchedPost.account_id == Comment.account_id,
                WatchedPost.platform_id == Comment.post_platform_id,
            ),
        )
        .where(PlatformAct.id.in_([act.id for act in acts]), WatchedPost.gone_at.is_not(None))
    )
    return frozenset(row.id for row in rows)


def _post_key(item: QueueItem) -> tuple[UUID | None, str]:
    return item.entry.account_id, item.entry.post_platform_id


def _versions(session: Session, comment: Comment | None) -> tuple[CommentVersion, ...]:
    if comment is None:
        return ()
    query = (
        sa.select(CommentVersion)
        .where(CommentVersion.comment_id == comment.id)
        .order_by(CommentVersion.number)
    )
    return tuple(session.scalars(query))


def _history(session: Session, comment: Comment | None, viewer: Person) -> tuple[Comment, ...]:
    if comment is None or comment.author_id is None:
        return ()
    query = (
        sa.select(Comment)
        .where(Comment.author_id == comment.author_id, Comment.id != comment.id, comment_visible_to(viewer))
        .order_by(Comment.created_at.desc())
        .limit(20)
    )
    return tuple(session.scalars(query))


def _all(session: Session, query: sa.Select[T]) -> tuple[T, ...]:
    return tuple(session.scalars(query))
