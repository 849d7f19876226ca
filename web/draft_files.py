"""The files that a draft's form brings: each is kept as soon as it is here, whatever else is wrong."""

from __future__ import annotations

import hashlib
import tempfile
from typing import IO, Any, cast
from uuid import UUID, uuid5

from flask import request
from sqlalchemy.exc import IntegrityError
from typing_extensions import Buffer
from werkzeug.datastructures import FileStorage
from werkzeug.formparser import FormDataParser

from approvals import pictures, videos
from school.db import now, reading, transaction
from school.errors import BadInput
from school.settings import settings
from web import video_upload
from web.access import current_person, optional_person
from web.draft_form import DraftForm

PICTURES_AT_ONCE = 10
FILES_OF_FORMS = UUID("8d0f7a52-1a3c-4b57-9a51-8f1f6c0f3c11")
"""What the ids of files that forms bring are made from, with the form and the file itself."""
UPLOAD_MOST = 1024 * 1024 * 1024
"""Bytes of one request; as many as the web server takes at all."""


def allow_big_upload() -> None:
    """Let this request carry several pictures, so that one too big is refused by name and no text is lost."""
    request.max_content_length = UPLOAD_MOST
    request.form_data_parser_class = _CappedParser
    # A text of 100,000 characters for each account must reach the room, which says what is wrong with it.
    request.max_form_memory_size = 8 * 1024 * 1024


class _CappedFile(tempfile.SpooledTemporaryFile[bytes]):
    """An upload of which no more is kept than is needed to say that it is too big."""

    most = 0
    """Bytes that may be taken."""

    def write(self, data: Buffer) -> int:
        """Keep what there is room for; the rest counts as written."""
        chunk = bytes(data)
        room = self.most + 1 - self.tell()
        if room > 0:
            super().write(chunk[:room])
        return len(chunk)


class _CappedParser(FormDataParser):
    def __init__(self, stream_factory: object = None, **more: Any) -> None:
        super().__init__(stream_factory=_capped, **more)


def _capped(
    total_content_length: int | None,
    content_type: str | None,
    filename: str | None,
    content_length: int | None = None,
) -> IO[bytes]:
    # Pictures say that they are; whatever else comes may be a video. A visitor's files are nobody's.
    chosen = settings()
    file = _CappedFile(max_size=video_upload.IN_MEMORY, dir=str(videos.work_folder()))
    if optional_person() is not None:
        pictured = (content_type or "").startswith("image/")
        file.most = chosen.max_upload_bytes if pictured else chosen.max_video_bytes
    return cast("IO[bytes]", file)


def keep_new_pictures(form: DraftForm, draft_id: UUID | None) -> None:
    """Take in the files of this request, each by itself: what is wrong with one is said of it.

    A form sent twice keeps each file once.
    """
    files = [file for file in request.files.getlist("new_pictures") if file.filename]
    for place, file in enumerate(files):
        if place >= PICTURES_AT_ONCE:
            form.refuse(BadInput(f"Only {PICTURES_AT_ONCE} pictures are taken at once.", field="pictures"))
            break
        try:
            media_id = _kept(form, draft_id, file)
        except BadInput as error:
            form.refuse(error)
            continue
        if media_id not in form.media_ids:
            form.media_ids.append(media_id)
            form.added.append(file.filename or "")


def _whose(form: DraftForm, draft_id: UUID | None, file: FileStorage) -> str:
    """The same file of the same form, which no other form shares: found again where it is sent again."""
    return f"{current_person().id} {draft_id or form.begins} {form.based_on} {file.filename!a}"


def _kept(form: DraftForm, draft_id: UUID | None, file: FileStorage) -> UUID:
    data = _bytes_of(file)
    with reading() as session:
        media_id = uuid5(FILES_OF_FORMS, f"{_whose(form, draft_id, file)} {hashlib.sha256(data).hexdigest()}")
        if pictures.is_kept(session, media_id):
            return media_id
    prepared = pictures.prepare(data, file.filename or "")
    try:
        with transaction() as session:
            pictures.keep(
                session,
                prepared,
                alt_text="",
                source="",
                licence="",
                by=current_person(session),
                now=now(),
                under=media_id,
            )
    except IntegrityError:
        with reading() as session:
            if not pictures.is_kept(session, media_id):
                raise
    return media_id


def keep_new_video(form: DraftForm, draft_id: UUID | None) -> None:
    """Take in the video of this request, in place of the one before; what is wrong with it is said.

    A form sent twice keeps it once.
    """
    file = request.files.get("new_video")
    if file is None or not file.filename:
        return
    try:
        form.video_id = video_upload.keep(file, _whose(form, draft_id, file))
    except BadInput as error:
        form.refuse(error)


def _bytes_of(file: FileStorage) -> bytes:
    # One byte more than allowed is enough to be told apart; the rest of a huge file stays on the disk.
    return file.stream.read(settings().max_upload_bytes + 1)
