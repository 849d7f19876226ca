"""Taking a video in from a form: to the disk as it comes, then piece by piece into the store."""

from __future__ import annotations

import hashlib
from uuid import UUID, uuid5

from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import FileStorage

from approvals import video_copy, videos
from approvals.models import VideoFile, VideoPart
from school.db import now, transaction
from school.settings import settings
from web.access import current_person

FILES_OF_FORMS = UUID("0a3f1e5c-62a1-4c1f-9d0e-6a6f1b7c2d54")
IN_MEMORY = 500_000
"""Bytes of an upload up to which the disk isn't asked."""


def keep(file: FileStorage, whose: str) -> UUID:
    """Keep a video that a form brought; a worker prepares it. Its id, the same where it comes again.

    `whose`: what tells the form apart from all others. Raises BadInput, naming the file, for one
    that is empty, too large or no video.
    """
    name = file.filename or "video"
    stream = file.stream
    head = stream.read(video_copy.SIGN_BYTES)
    if video_copy.reader_for(head) is None:
        raise video_copy.not_a_video(name)
    stream.seek(0, 2)
    size = stream.tell()
    if size > settings().max_video_bytes:
        raise videos.too_large(name)
    stream.seek(0)
    digest = hashlib.sha256()
    while piece := stream.read(videos.PIECE):
        digest.update(piece)
    video_id = uuid5(FILES_OF_FORMS, f"video {whose} {digest.hexdigest()}")
    stream.seek(0)
    try:
        with transaction() as session:
            if session.get(VideoFile, video_id) is not None:
                return video_id
            videos.begin(session, video_id, name, by=current_person(session), now=now())
    except IntegrityError:
        # The same form was sent twice at once: the other sending keeps it.
        return video_id
    number = 0
    while piece := stream.read(videos.PIECE):
        # Each by itself: nobody waits for hundreds of megabytes to be written.
        with transaction() as session:
            videos.keep_piece(session, video_id, VideoPart.ORIGINAL, number, piece)
        number += 1
    with transaction() as session:
        videos.arrived(session, video_id, size, by=current_person(session), now=now())
    return video_id
