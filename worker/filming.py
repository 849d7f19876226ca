"""Preparing videos: the original out of the database, ffmpeg over it, the clean copy in again."""

from __future__ import annotations

import hashlib
import shutil
import time
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp

import structlog

from approvals import video_copy, videos
from approvals.models import VideoPart
from approvals.video_copy import Facts
from approvals.videos import VideoClaim
from school.db import reading, transaction
from school.errors import BadInput
from school.settings import settings
from worker.clock import now
from worker.locks import FileLock

log = structlog.get_logger(__name__)

LEASE_MOST = timedelta(minutes=2)
"""Prolonged every few seconds: a video of a worker that was lost doesn't wait longer."""
_LOCK = "lock"


def sweep() -> int:
    """Remove what workers that were killed left in the folder; how many there were.

    What a worker is at is locked, and the lock goes with its process.
    """
    swept = 0
    for folder in videos.work_folder().glob("video-*"):
        lock = FileLock(folder / _LOCK)
        if lock.take():
            shutil.rmtree(folder, ignore_errors=True)
            lock.free()
            swept += 1
    if swept:
        log.info("videos_left_behind_removed", count=swept)
    return swept


def prepare_one() -> bool:
    """Prepare the video that waits longest; whether there was one. The error of a failed one passes."""
    with transaction() as session:
        claim = videos.claim(session, lease=_lease(), now=now())
    if claim is None:
        return False
    began = time.monotonic()
    folder = Path(mkdtemp(prefix="video-", dir=videos.work_folder()))
    lock = FileLock(folder / _LOCK)
    lock.take()
    try:
        _prepare(claim, folder)
    except BadInput as error:
        with transaction() as session:
            videos.record_refused(session, claim, str(error), now=now())
        log.info("video_refused", video_id=str(claim.video_id))
    except videos.VideoClaimLost:
        log.warning("video_taken_over", video_id=str(claim.video_id))
    except Exception:
        with transaction() as session:
            videos.give_back(session, claim, now=now())
        raise
    else:
        log.info("video_prepared", video_id=str(claim.video_id), seconds=round(time.monotonic() - began, 1))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.free()
    return True


def _prepare(claim: VideoClaim, folder: Path) -> None:
    source = folder / "original"
    with source.open("xb") as file:
        start = 0
        while True:
            # A session for each piece: none stays open while the disk is slow.
            with reading() as session:
                piece = videos.read(session, claim.video_id, VideoPart.ORIGINAL, start, videos.PIECE)
            if not piece:
                break
            file.write(piece)
            start += len(piece)
    facts = video_copy.look(source, claim.filename)
    copy, made, still = video_copy.make(source, facts, claim.filename, folder, beat=lambda: _beat(claim))
    _keep(claim, copy, made, still.read_bytes())


def _keep(claim: VideoClaim, copy: Path, made: Facts, poster: bytes) -> None:
    digest, size = hashlib.sha256(), 0
    with copy.open("rb") as file:
        number = 0
        while piece := file.read(videos.PIECE):
            with transaction() as session:
                videos.keep_lease(session, claim, lease=_lease(), now=now())
                videos.keep_piece(session, claim.video_id, VideoPart.COPY, number, piece)
            digest.update(piece)
            number, size = number + 1, size + len(piece)
    with transaction() as session:
        videos.record_ready(
            session, claim, made, size=size, sha256=digest.hexdigest(), poster=poster, now=now()
        )


def _beat(claim: VideoClaim) -> None:
    with transaction() as session:
        videos.keep_lease(session, claim, lease=_lease(), now=now())


def _lease() -> timedelta:
    return min(settings().lease, LEASE_MOST)
