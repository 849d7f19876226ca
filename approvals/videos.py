"""Videos: taken in piece by piece, prepared by a worker, read back piece by piece (P15, P28).

Nothing here ever holds a whole video: one may be hundreds of megabytes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from approvals.models import DraftRevision, VideoFile, VideoMove, VideoPart, VideoPiece, VideoState
from approvals.video_copy import Facts
from connectors.base import Video
from school import audit, secrets
from school.db import new_id, storable
from school.errors import BadInput, MoveNotAllowed, NotFound
from school.models import Person
from school.settings import settings

PIECE = 1024 * 1024
"""Bytes of one stored piece."""
FILENAME_MAX = 120
ATTEMPTS_MAX = 3
ARRIVING_MOST = timedelta(hours=2)
"""An upload that is older has broken off."""
NO_SUCH = "There is no such video."

S = VideoState
MOVES: Mapping[VideoState, frozenset[VideoState]] = {
    S.ARRIVING: frozenset({S.WAITING}),
    S.WAITING: frozenset({S.PREPARING, S.REFUSED}),
    # Once more after a worker was lost.
    S.PREPARING: frozenset({S.WAITING, S.READY, S.REFUSED}),
    # The key that its bytes were encrypted with is lost.
    S.READY: frozenset({S.REFUSED}),
    S.REFUSED: frozenset(),
}


def work_folder() -> Path:
    """Where a video lies while it is being prepared, and an upload while it comes in: in the home, since a
    machine's own folder may hold little. An upload has no name there, so that nothing of it is left when
    its process ends."""
    folder = settings().home / "work"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@dataclass(frozen=True, slots=True)
class VideoClaim:
    """A video that this worker alone prepares until its lease ends."""

    video_id: UUID
    lease_id: UUID
    filename: str
    size: int
    """Bytes of the original."""


class VideoClaimLost(MoveNotAllowed):
    """Another worker has taken the video over: this one must keep nothing more of it."""


# Taking one in


def begin(session: Session, video_id: UUID, filename: str, *, by: Person, now: datetime) -> VideoFile:
    """A video is coming in. Its pieces follow, then `arrived`."""
    video = VideoFile(
        id=video_id,
        uploaded_by_id=by.id,
        uploaded_at=now,
        filename=" ".join(storable(filename).split())[:FILENAME_MAX] or "video",
        state=S.ARRIVING,
    )
    session.add(video)
    return video


def keep_piece(session: Session, video_id: UUID, part: VideoPart, number: int, data: bytes) -> None:
    """Keep one piece, encrypted; all but the last of a part have exactly PIECE bytes."""
    session.add(VideoPiece(video_id=video_id, part=part, number=number, data=secrets.encrypt(data)))


def arrived(session: Session, video_id: UUID, size: int, *, by: Person, now: datetime) -> VideoFile:
    """All of it has come: from here on a worker looks for it."""
    video = _locked(session, video_id)
    video.original_bytes = size
    _move(session, video, S.WAITING, reason="It has arrived.", now=now)
    audit.record(session, by=by, action="video_added", object_kind="video", object_id=video.id, now=now)
    return video


def too_large(filename: str, size: int | None = None) -> BadInput:
    """What to tell whoever sends more than is taken."""
    most = settings().max_video_bytes // 1024 // 1024
    has = f"has {-(-size // 1024 // 1024)} MB" if size else "is too large"
    return BadInput(
        f"“{filename}” {has}: at most {most} MB are taken for a video. Save it smaller or "
        "shorter, and choose "
        "it again.",
        field="video",
    )


# Preparing


def waits(session: Session, *, now: datetime) -> bool:
    """Whether a video waits to be prepared, or was left by a worker that was lost."""
    return session.scalar(sa.select(VideoFile.id).where(_claimable(now)).limit(1)) is not None


def claim(session: Session, *, lease: timedelta, now: datetime) -> VideoClaim | None:
    """Take the video that waits longest for this worker; commit before the work. None: none waits.

    One that three workers were lost over is refused instead.
    """
    video = session.scalar(
        sa.select(VideoFile)
        .where(_claimable(now))
        .order_by(VideoFile.uploaded_at, VideoFile.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if video is None:
        return None
    if video.state is S.PREPARING:
        _move(session, video, S.WAITING, reason="The worker that had it was lost.", now=now)
    # What an earlier attempt left of the copy.
    session.execute(_pieces_of(video.id, VideoPart.COPY))
    _move(session, video, S.PREPARING, reason="Schoolgate began to prepare it.", now=now)
    if video.attempts >= ATTEMPTS_MAX:
        _refuse(
            session,
            video,
            f"“{video.filename}” could not be prepared, though it was tried {ATTEMPTS_MAX} "
            "times. Save it anew "
            "as MP4 and choose it again.",
            now=now,
        )
        return None
    video.attempts += 1
    video.lease_id, video.lease_until = new_id(), now + lease
    return VideoClaim(video.id, video.lease_id, video.filename, video.original_bytes)


def keep_lease(session: Session, claim: VideoClaim, *, lease: timedelta, now: datetime) -> None:
    """Prolong a claim. Raises VideoClaimLost when it was taken over."""
    kept = session.execute(
        sa.update(VideoFile)
        .where(
            VideoFile.id == claim.video_id,
            VideoFile.lease_id == claim.lease_id,
            VideoFile.state == S.PREPARING,
        )
        .values(lease_until=now + lease)
        .returning(VideoFile.id)
        .execution_options(synchronize_session=False)
    ).first()
    if kept is None:
        raise VideoClaimLost("Another worker has taken this video over.")


def record_ready(
    session: Session, claim: VideoClaim, facts: Facts, *, size: int, sha256: str, poster: bytes, now: datetime
) -> None:
    """The clean copy is stored: note what it is, and forget the original with its place and device (P28)."""
    video = _held(session, claim)
    video.seconds, video.width, video.height = facts.seconds, facts.width, facts.height
    video.copy_bytes, video.copy_sha256 = size, sha256
    video.poster = secrets.encrypt(poster)
    _finish(session, video, S.READY, reason="Its clean copy is made.", now=now)


def record_refused(session: Session, claim: VideoClaim, problem: str, *, now: datetime) -> None:
    """It can't be used: say why, and forget it."""
    _refuse(session, _held(session, claim), problem, now=now)


def give_back(session: Session, claim: VideoClaim, *, now: datetime) -> None:
    """Something went wrong on our side: the next look takes it up again, a few times."""
    video = _held(session, claim)
    video.lease_id = video.lease_until = None
    _move(session, video, S.WAITING, reason="Preparing it failed; it is tried again.", now=now)


def mark_lost(session: Session, rows: Collection[UUID], *, now: datetime) -> int:
    """No key at hand opens these rows of videos and of their pieces: say so of the videos; how many.

    Nothing is deleted, should the key turn up again; but the videos must be added anew.
    """
    of_pieces = sa.select(VideoPiece.video_id).where(VideoPiece.id.in_(rows))
    lost = session.scalars(
        sa.select(VideoFile)
        .where(
            sa.or_(VideoFile.id.in_(rows), VideoFile.id.in_(of_pieces)),
            VideoFile.state.in_((S.WAITING, S.PREPARING, S.READY)),
        )
        .with_for_update()
    ).all()
    for video in lost:
        video.problem = (
            f"“{video.filename}” can't be read any more: the secret key that it was encrypted with is lost. "
            "Add it again."
        )
        video.finished_at, video.lease_id, video.lease_until = now, None, None
        _move(session, video, S.REFUSED, reason="Its secret key is lost.", now=now)
    return len(lost)


def sweep(session: Session, *, now: datetime) -> int:
    """Forget uploads that broke off; how many."""
    broken = list(
        session.scalars(
            sa.select(VideoFile.id).where(
                VideoFile.state == S.ARRIVING, VideoFile.uploaded_at < now - ARRIVING_MOST
            )
        )
    )
    for table, column in ((VideoPiece, VideoPiece.video_id), (VideoFile, VideoFile.id)):
        session.execute(
            sa.delete(table).where(column.in_(broken)).execution_options(synchronize_session=False)
        )
    return len(broken)


def _refuse(session: Session, video: VideoFile, problem: str, *, now: datetime) -> None:
    session.execute(_pieces_of(video.id, VideoPart.COPY))
    video.problem = problem
    _finish(session, video, S.REFUSED, reason="It can't be used.", now=now)


def _finish(session: Session, video: VideoFile, to: VideoState, *, reason: str, now: datetime) -> None:
    session.execute(_pieces_of(video.id, VideoPart.ORIGINAL))
    video.finished_at, video.lease_id, video.lease_until = now, None, None
    _move(session, video, to, reason=reason, now=now)


def _claimable(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(
        VideoFile.state == S.WAITING,
        sa.and_(VideoFile.state == S.PREPARING, VideoFile.lease_until < now),
    )


def _pieces_of(video_id: UUID, part: VideoPart) -> sa.Delete:
    return (
        sa.delete(VideoPiece)
        .where(VideoPiece.video_id == video_id, VideoPiece.part == part)
        .execution_options(synchronize_session=False)
    )


def _locked(session: Session, video_id: UUID) -> VideoFile:
    video = session.get(VideoFile, video_id, with_for_update=True, populate_existing=True)
    if video is None:
        raise NotFound(NO_SUCH)
    return video


def _held(session: Session, claim: VideoClaim) -> VideoFile:
    video = _locked(session, claim.video_id)
    if video.lease_id != claim.lease_id or video.state is not S.PREPARING:
        raise VideoClaimLost("Another worker has taken this video over.")
    return video


def _move(session: Session, video: VideoFile, to: VideoState, *, reason: str, now: datetime) -> None:
    if to not in MOVES[video.state]:
        raise MoveNotAllowed(f"This video is {video.state.value} and can't become {to.value}.")
    session.add(VideoMove(video_id=video.id, old=video.state, new=to, reason=reason, at=now))
    video.state = to


# Reading


def find(session: Session, video_id: UUID) -> VideoFile:
    """The video's record, or NotFound."""
    video = session.get(VideoFile, video_id)
    if video is None:
        raise NotFound(NO_SUCH)
    return video


def ready(session: Session, video_id: UUID) -> VideoFile:
    """The record of a video whose clean copy is there, or NotFound."""
    video = find(session, video_id)
    if video.state is not S.READY:
        raise NotFound("This video is not prepared yet." if video.problem is None else video.problem)
    return video


def poster(session: Session, video_id: UUID) -> bytes:
    """A still of a prepared video, JPEG. Raises NotFound, KeyMissing."""
    ready(session, video_id)
    sealed = session.get_one(
        VideoFile, video_id, options=[undefer(VideoFile.poster)], populate_existing=True
    ).poster
    assert sealed is not None
    return secrets.decrypt(sealed)


def read(session: Session, video_id: UUID, part: VideoPart, start: int, most: int) -> bytes:
    """At most so many bytes from there on; fewer only at the end. Raises KeyMissing."""
    found = bytearray()
    while len(found) < most:
        number, skip = divmod(start + len(found), PIECE)
        sealed = session.scalar(
            sa.select(VideoPiece.data).where(
                VideoPiece.video_id == video_id, VideoPiece.part == part, VideoPiece.number == number
            )
        )
        if sealed is None:
            break
        data = secrets.decrypt(sealed)[skip : skip + most - len(found)]
        if not data:
            break
        found += data
    return bytes(found)


def pieces(session: Session, video_id: UUID, part: VideoPart) -> Iterator[bytes]:
    """All bytes of a part, piece by piece. Raises KeyMissing."""
    start = 0
    while piece := read(session, video_id, part, start, PIECE):
        yield piece
        start += len(piece)


def to_publish(session: Session, revision: DraftRevision) -> Video | None:
    """A revision's video as connectors know it, without its bytes: `claims.with_video` gives those."""
    shown = revision.video
    if shown is None or shown.video.state is not S.READY:
        return None
    video = shown.video
    assert video.copy_bytes is not None and video.copy_sha256 is not None
    assert video.seconds is not None and video.width is not None and video.height is not None
    return Video(
        size=video.copy_bytes,
        sha256=video.copy_sha256,
        seconds=video.seconds,
        width=video.width,
        height=video.height,
        read=_unreadable,
    )


def _unreadable(_start: int, _most: int) -> bytes:
    raise NotFound("Whoever only looks for a post doesn't read its video.")
