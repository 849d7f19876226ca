"""Who follows and who asks to, as the platform shows it: new ones, changed ones, those who left (P19)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from connectors.base import RemoteAuthor
from moderation import authors, hand_tasks
from moderation.models import (
    ActKind,
    ActState,
    Author,
    Follower,
    FollowerKind,
    FollowerMove,
    FollowerState,
    PlatformAct,
)
from moderation.moves import FOLLOWER_MOVES, check
from school.models import Person


@dataclass(frozen=True, slots=True)
class Noted:
    """The followers (rows) that a page of people belongs to, and how many are new to the vetting."""

    ids: frozenset[UUID] = frozenset()
    new: int = 0


def note_requests(
    session: Session, account_id: UUID, platform: str, people: Iterable[RemoteAuthor], *, now: datetime
) -> Noted:
    """Keep people who ask to follow; each waits for a decision."""
    return _note(session, account_id, platform, people, FollowerKind.REQUEST, baseline=False, now=now)


def note_followers(
    session: Session,
    account_id: UUID,
    platform: str,
    people: Iterable[RemoteAuthor],
    *,
    baseline: bool,
    now: datetime,
) -> Noted:
    """Keep followers. `baseline`: the first reading of the account, whose people were there already."""
    return _note(session, account_id, platform, people, FollowerKind.FOLLOWER, baseline=baseline, now=now)


def _note(
    session: Session,
    account_id: UUID,
    platform: str,
    people: Iterable[RemoteAuthor],
    kind: FollowerKind,
    *,
    baseline: bool,
    now: datetime,
) -> Noted:
    known = authors.note(session, platform, people, now=now)
    by_author = {author.id: author for author in known.values()}
    rows = {row.author_id: row for row in _rows(session, account_id, list(by_author))}
    fresh: list[Follower] = []
    new = 0
    for author_id, author in by_author.items():
        row = rows.get(author_id)
        if row is None:
            row = Follower(
                account_id=account_id,
                author_id=author_id,
                kind=kind,
                state=FollowerState.EARLIER if baseline else FollowerState.WAITING,
                version=1,
                first_seen_at=now,
                last_seen_at=now,
                waiting_since=now,
                why_waiting="" if baseline else "New.",
                name_vetted=author.display_name,
                bio_vetted=author.bio,
                scored=baseline,
                model_name="",
                scores={},
                reasons=[],
                severity=0.0,
            )
            rows[author_id] = row
            fresh.append(row)
            new += not baseline
        else:
            new += _seen_again(session, row, author, kind, now=now)
            row.last_seen_at = now
    session.add_all(fresh)
    # The moves point at the rows.
    session.flush()
    for row in fresh:
        _note_move(session, row, None, by=None, reason="First seen.", now=now)
    return Noted(frozenset(row.id for row in rows.values()), new)


def _rows(session: Session, account_id: UUID, author_ids: Sequence[UUID]) -> list[Follower]:
    found: list[Follower] = []
    for start in range(0, len(author_ids), 500):
        query = sa.select(Follower).where(
            Follower.account_id == account_id, Follower.author_id.in_(author_ids[start : start + 500])
        )
        found += session.scalars(query)
    return found


def _seen_again(
    session: Session, row: Follower, author: Author, kind: FollowerKind, *, now: datetime
) -> bool:
    """Whether somebody whom we know has to be vetted again."""
    if row.kind is FollowerKind.REQUEST and kind is FollowerKind.FOLLOWER:
        row.kind = kind
        if row.state is FollowerState.APPROVED:
            _tick(session, row, ActKind.ACCEPT_REQUEST, now=now)
    changed = author.display_name != row.name_vetted or author.bio != row.bio_vetted
    gone = row.state is FollowerState.LEFT or (
        row.state is FollowerState.DECLINED and kind is FollowerKind.FOLLOWER
    )
    if gone:
        row.kind = kind
        _wait(session, row, author, "Came back.", now=now)
        return True
    if changed and row.state in {FollowerState.EARLIER, FollowerState.APPROVED}:
        _wait(session, row, author, "Changed their name or bio.", now=now)
        return True
    if changed:
        _take_profile(row, author)
        row.scored = False
    return False


def _wait(session: Session, row: Follower, author: Author, why: str, *, now: datetime) -> None:
    move(session, row, FollowerState.WAITING, by=None, reason=why, now=now)
    row.waiting_since, row.why_waiting = now, why
    row.scored, row.decided_at, row.decided_by_id = False, None, None
    _take_profile(row, author)


def _take_profile(row: Follower, author: Author) -> None:
    row.name_vetted, row.bio_vetted = author.display_name, author.bio


def note_withdrawn_requests(
    session: Session, account_id: UUID, seen: Iterable[UUID], *, before: datetime, now: datetime
) -> int:
    """Requests that a complete reading, begun at `before`, did not show: withdrawn or answered."""
    return _note_missing(
        session, account_id, FollowerKind.REQUEST, seen, before=before, reason="No longer asks.", now=now
    )


def note_left(
    session: Session, account_id: UUID, seen: Iterable[UUID], *, before: datetime, now: datetime
) -> int:
    """Followers that a complete reading, begun at `before`, did not show; that ticks off hand tasks."""
    return _note_missing(
        session, account_id, FollowerKind.FOLLOWER, seen, before=before, reason="No longer follows.", now=now
    )


def _note_missing(
    session: Session,
    account_id: UUID,
    kind: FollowerKind,
    seen: Iterable[UUID],
    *,
    before: datetime,
    reason: str,
    now: datetime,
) -> int:
    shown = set(seen)
    query = sa.select(Follower).where(
        Follower.account_id == account_id,
        Follower.kind == kind,
        Follower.state != FollowerState.LEFT,
        Follower.first_seen_at < before,
    )
    missing = [row for row in session.scalars(query) if row.id not in shown]
    left = 0
    for row in missing:
        for act in (ActKind.REMOVE_FOLLOWER, ActKind.DECLINE_REQUEST):
            _tick(session, row, act, now=now)
        # An accepted request leaves the list of requests and comes back among the followers.
        if row.state is not FollowerState.APPROVED or kind is FollowerKind.FOLLOWER:
            move(session, row, FollowerState.LEFT, by=None, reason=reason, now=now)
            left += 1
    return left


def _tick(session: Session, row: Follower, kind: ActKind, *, now: datetime) -> None:
    query = sa.select(PlatformAct).where(
        PlatformAct.follower_id == row.id, PlatformAct.kind == kind, PlatformAct.state == ActState.BY_HAND
    )
    hand_tasks.tick_seen(session, list(session.scalars(query)), now=now)


def move(
    session: Session, row: Follower, to: FollowerState, *, by: Person | None, reason: str, now: datetime
) -> None:
    """Change a follower's state, with the row that says who did it and why. Raises MoveNotAllowed."""
    check(FOLLOWER_MOVES, row.state, to, "follower")
    old, row.state, row.version = row.state, to, row.version + 1
    _note_move(session, row, old, by=by, reason=reason, now=now)


def _note_move(
    session: Session,
    row: Follower,
    old: FollowerState | None,
    *,
    by: Person | None,
    reason: str,
    now: datetime,
) -> None:
    session.add(
        FollowerMove(
            follower_id=row.id, old=old, new=row.state, at=now, by_id=by.id if by else None, reason=reason
        )
    )
