"""Looking at pictures: an upload is to be looked at, a worker does it, the pages show what was found.

For faces, and for the text inside, each by itself, so that the faces needn't wait for the text. No page and
no task looks by itself; `approvals.seeing`, a process of its own, does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals.models import (
    Looked,
    LookState,
    MediaFile,
    MediaRendition,
    PictureLook,
    PictureWords,
    RenditionUse,
)
from approvals.models.media import opened
from school.errors import MoveNotAllowed

ATTEMPTS_MAX = 3
LONG = timedelta(minutes=10)
"""Whatever waits longer waits for a worker that isn't there."""

MOVES: Mapping[LookState, frozenset[LookState]] = {
    LookState.WAITING: frozenset({LookState.DONE, LookState.FAILED}),
    # Somebody asks for another look.
    LookState.DONE: frozenset({LookState.WAITING}),
    LookState.FAILED: frozenset({LookState.WAITING}),
}

KINDS: tuple[type[Looked], ...] = (PictureLook, PictureWords)
"""What is looked for, in this order: somebody waits at a page for the faces."""


@dataclass(frozen=True, slots=True)
class Look:
    """A picture that this worker alone looks at until `until`."""

    media_id: UUID
    kind: type[Looked]
    until: datetime
    data: bytes = field(repr=False)
    """A clean copy; smaller than the picture where a platform's limit asked for that."""


@dataclass(frozen=True, slots=True)
class Faces:
    """The faces in a copy of so many pixels."""

    width: int
    height: int
    faces: tuple[tuple[int, ...], ...]
    """Left, top, width and height of each, in pixels of that copy."""


@dataclass(frozen=True, slots=True)
class Words:
    """The text inside a picture, line by line."""

    lines: tuple[str, ...] = field(repr=False)


def waits(session: Session) -> bool:
    """Whether any picture waits to be looked at."""
    return any(
        session.scalar(sa.select(kind.media_id).where(kind.state == LookState.WAITING).limit(1)) is not None
        for kind in KINDS
    )


def standing(session: Session, *, now: datetime) -> tuple[int, int]:
    """How many looks have waited for long, and how many of the last week failed for good."""
    waiting = failed = 0
    for kind in KINDS:
        count = sa.select(sa.func.count()).select_from(kind)
        waiting += (
            session.scalar(count.where(kind.state == LookState.WAITING, kind.asked_at < now - LONG)) or 0
        )
        failed += (
            session.scalar(
                count.where(kind.state == LookState.FAILED, kind.finished_at > now - timedelta(days=7))
            )
            or 0
        )
    return waiting, failed


def take(session: Session, *, lease: timedelta, now: datetime) -> Look | None:
    """The picture that waits longest, for this worker alone; None when none does."""
    for kind in KINDS:
        row = session.scalar(
            sa.select(kind)
            .where(
                kind.state == LookState.WAITING, sa.or_(kind.lease_until.is_(None), kind.lease_until < now)
            )
            .order_by(kind.asked_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if row is not None:
            row.lease_until, row.attempts = now + lease, row.attempts + 1
            data = session.scalars(
                sa.select(MediaRendition.sealed).where(
                    MediaRendition.media_id == row.media_id, MediaRendition.use == RenditionUse.FACEBOOK
                )
            ).one()
            return Look(row.media_id, kind, row.lease_until, opened(data))
    return None


def record(session: Session, look: Look, seen: Faces | Words, *, now: datetime) -> bool:
    """Keep what was found; False where another worker has taken the picture meanwhile."""
    row = _held(session, look)
    if row is None:
        return False
    _move(row, LookState.DONE)
    row.finished_at, row.lease_until = now, None
    if isinstance(row, PictureLook) and isinstance(seen, Faces):
        media = session.get_one(MediaFile, look.media_id)
        by = (media.width / seen.width, media.height / seen.height) * 2
        row.faces = [
            [round(one * factor) for one, factor in zip(face, by, strict=True)] for face in seen.faces
        ]
    elif isinstance(row, PictureWords) and isinstance(seen, Words):
        row.lines = list(seen.lines)
    return True


def fail(session: Session, look: Look, *, now: datetime) -> None:
    """It could not be looked at: it is tried again, and then said."""
    row = _held(session, look)
    if row is None:
        return
    row.lease_until = now + timedelta(seconds=5)
    if row.attempts >= ATTEMPTS_MAX:
        _move(row, LookState.FAILED)
        row.finished_at, row.lease_until = now, None


def give_back(session: Session, look: Look) -> None:
    """Leave the picture to the next worker, as if it had not been taken."""
    row = _held(session, look)
    if row is not None:
        row.lease_until, row.attempts = None, row.attempts - 1


def ask(session: Session, media_id: UUID, *, now: datetime) -> None:
    """Have a picture looked at once more, or for the first time where it is older than the looking."""
    for kind in KINDS:
        row = session.get(kind, media_id, with_for_update=True, populate_existing=True)
        if row is None:
            session.add(fresh(kind, media_id, now=now))
        elif row.state is not LookState.WAITING:
            _move(row, LookState.WAITING)
            row.asked_at, row.attempts, row.lease_until, row.finished_at = now, 0, None, None


def fresh(kind: type[Looked], media_id: UUID, *, now: datetime) -> Looked:
    """A look that waits for a worker."""
    found: dict[str, list[str]] = {"faces": []} if kind is PictureLook else {"lines": []}
    return kind(media_id=media_id, state=LookState.WAITING, asked_at=now, **found)


def of(session: Session, media_ids: Sequence[UUID]) -> dict[UUID, PictureLook]:
    """What is known of the faces in each of these pictures, by the picture's id."""
    rows = session.scalars(sa.select(PictureLook).where(PictureLook.media_id.in_(set(media_ids))))
    return {row.media_id: row for row in rows}


def words_of(session: Session, media_ids: Sequence[UUID]) -> dict[UUID, PictureWords]:
    """What was read inside each of these pictures, by the picture's id."""
    rows = session.scalars(sa.select(PictureWords).where(PictureWords.media_id.in_(set(media_ids))))
    return {row.media_id: row for row in rows}


def _held(session: Session, look: Look) -> Looked | None:
    row = session.get(look.kind, look.media_id, with_for_update=True, populate_existing=True)
    if row is None or row.state is not LookState.WAITING or row.lease_until != look.until:
        return None
    return row


def _move(row: Looked, to: LookState) -> None:
    if to not in MOVES[row.state]:
        raise MoveNotAllowed(f"This picture's look is {row.state.value} and can't become {to.value}.")
    row.state = to
