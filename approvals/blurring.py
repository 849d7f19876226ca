"""Blurring: somebody chooses places of a draft's picture, and the draft gets the copy without them (P28).

The copy is made from the uploaded picture each time, so that a choice can be changed. It is a picture of
its own in a new version of the draft: whatever was approved before no longer holds (P12). The uploaded
picture stays in the store, under its retention rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from io import BytesIO
from uuid import UUID

import sqlalchemy as sa
from PIL import Image
from sqlalchemy.orm import Session, undefer

from approvals import drafts, pictures
from approvals.content import DraftContent, of_revision
from approvals.models import (
    BlurChoice,
    CropChoice,
    Draft,
    DraftRevision,
    MediaFile,
    RenditionUse,
)
from approvals.painting import Place, painted
from approvals.pictures import PreparedPicture
from school import audit, secrets
from school.errors import BadInput, NotFound
from school.models import Person

PLACES_MAX = 120
"""More than any class has; they fit into the address of a page."""
SIDE_MIN = 8
"""Pixels; anything smaller is a slip of the hand."""


@dataclass(frozen=True, slots=True)
class Source:
    """A picture as it was uploaded, to make a blurred copy from."""

    media_id: UUID
    filename: str
    width: int
    height: int
    sealed: bytes | None = field(repr=False)
    """The original, encrypted; None where it was erased or its key is lost."""
    copy: bytes = field(repr=False)
    """The large clean copy."""


def source_id(session: Session, media_id: UUID) -> UUID:
    """The uploaded picture that a draft's picture is or was made from. Raises NotFound where it is gone."""
    choice = session.get(BlurChoice, media_id)
    if choice is None:
        return media_id
    if choice.source_id is None:
        raise NotFound("The picture that this copy was made from is erased: its blurring can't be changed.")
    return choice.source_id


def chosen(session: Session, media_id: UUID) -> tuple[Place, ...]:
    """The places that are blurred in a picture of a draft; none in one that was uploaded."""
    choice = session.get(BlurChoice, media_id)
    return tuple(Place(*place) for place in choice.places) if choice else ()


def blurred_meanwhile(
    session: Session, media_ids: Sequence[UUID], revision: DraftRevision
) -> dict[UUID, UUID]:
    """Those of these pictures in whose place the version has a copy with as much or more blurred; the copy.

    A form opened before knows nothing of it, and would bring the picture back as it was (P28).
    """
    there = {picture.media_id for picture in revision.pictures}
    query = sa.select(BlurChoice).where(BlurChoice.media_id.in_({*there, *media_ids}))
    choices = {choice.media_id: choice for choice in session.scalars(query)}

    def uploaded(media_id: UUID) -> UUID | None:
        """What it was made from, by blurring, cutting or both; None where that is erased."""
        own = choices.get(media_id)
        base = own.source_id if own is not None else media_id
        part = session.get(CropChoice, base) if base is not None else None
        return part.source_id if part is not None else base

    copies = {uploaded(choice.media_id): choice for choice in choices.values() if choice.media_id in there}
    copies.pop(None, None)
    found = {}
    for media_id in media_ids:
        own, copy = choices.get(media_id), copies.get(uploaded(media_id))
        if media_id in there or copy is None or copy.media_id in media_ids:
            continue
        if len(copy.places) >= (len(own.places) if own is not None else 1):
            found[media_id] = copy.media_id
    return found


def source(session: Session, media_id: UUID) -> Source:
    """Everything that a blurred copy of an uploaded picture is made from."""
    media = session.get_one(
        MediaFile, media_id, options=[undefer(MediaFile.original)], populate_existing=True
    )
    usable = media.original_erased_at is None and media.original_lost_at is None
    return Source(
        media.id,
        media.filename,
        media.width,
        media.height,
        media.original if usable else None,
        pictures.rendition(session, media_id, RenditionUse.FACEBOOK).data,
    )


def checked(places: Sequence[Place], width: int, height: int) -> tuple[Place, ...]:
    """The places cut to the picture. Raises BadInput for more than a picture can have, or outside it."""
    if len(places) > PLACES_MAX:
        raise BadInput(f"{len(places)} places are chosen: at most {PLACES_MAX} can be blurred in a picture.")
    for place in places:
        if min(place.width, place.height) < SIDE_MIN:
            raise BadInput(
                f"A place of {place.width} × {place.height} pixels is too small: give it at least "
                f"{SIDE_MIN} each way."
            )
        if not (-place.width < place.left < width and -place.height < place.top < height):
            raise BadInput(
                f"A place at {place.left}, {place.top} lies outside the picture of {width} × {height} pixels."
            )
    return tuple(place.within(width, height) for place in places)


def make(given: Source, places: Sequence[Place], part: Place | None = None) -> PreparedPicture:
    """The blurred copy, or a part of it, from the best there is. Seconds of work: no transaction open."""
    image, kind, lossless = _opened(given)
    by_x, by_y = image.width / given.width, image.height / given.height
    made = painted(image, [place.scaled(by_x, by_y) for place in places]) if places else image
    if part is not None:
        cut = part.scaled(by_x, by_y).within(image.width, image.height)
        made = made.crop((cut.left, cut.top, cut.left + cut.width, cut.top + cut.height))
    return pictures.prepared(
        made,
        given.filename,
        original=b"",
        original_type=kind,
        lossless=lossless,
    )


def _opened(given: Source) -> tuple[Image.Image, str, bool]:
    if given.sealed is not None:
        try:
            return pictures.cleaned(secrets.decrypt(given.sealed), given.filename)
        except secrets.KeyMissing:
            # Its key went since somebody last looked; the clean copy may have another.
            pass
    return pictures.cleaned(given.copy, given.filename)


def sample(copy: bytes, given: tuple[int, int], places: Sequence[Place]) -> bytes:
    """How a small copy of a picture of that size would look with the places blurred, as JPEG."""
    with Image.open(BytesIO(copy)) as opened:
        image = opened.convert("RGB")
    by_x, by_y = image.width / given[0], image.height / given[1]
    out = BytesIO()
    painted(image, [place.scaled(by_x, by_y) for place in places]).save(out, "JPEG", quality=85)
    return out.getvalue()


def choose(
    session: Session,
    draft_id: UUID,
    media_id: UUID,
    made: PreparedPicture | None,
    places: Sequence[Place],
    *,
    becomes: UUID,
    based_on: int,
    by: Person,
    now: datetime,
) -> Draft:
    """Put a blurred copy in a picture's place, as a new version of the draft.

    `made` by `make` from the uploaded picture with these places; None with no place: the uploaded
    picture comes back. `becomes`: the id of the copy; sent twice, it is made once. Raises what
    `approvals.drafts.save` raises.
    """
    draft = drafts.find(session, draft_id, by=by, now=now)
    revision = drafts.current_revision(session, draft)
    in_it = {picture.media_id for picture in revision.pictures}
    if becomes in in_it:
        return draft
    uploaded = source_id(session, media_id)
    if made is None:
        becomes = uploaded
    else:
        keep(session, made, uploaded, places, becomes=becomes, by=by, now=now)
    saved = drafts.save(
        session, draft_id, replace(content_of(revision, media_id, becomes), based_on=based_on), by=by, now=now
    )
    audit.record(
        session,
        by=by,
        action="picture_blurred" if made else "picture_unblurred",
        object_kind="media",
        object_id=becomes,
        detail={"draft": draft_id, "instead_of": media_id, "places": len(places)},
        now=now,
    )
    return saved


def keep(
    session: Session,
    made: PreparedPicture,
    uploaded: UUID,
    places: Sequence[Place],
    *,
    becomes: UUID,
    by: Person,
    now: datetime,
) -> None:
    """Keep a blurred copy of a picture, under the id `becomes`, with what was chosen."""
    shown = session.get_one(MediaFile, uploaded)
    pictures.keep_copy(session, made, shown, under=becomes, with_faces=False, by=by, now=now)
    session.add(
        BlurChoice(
            media_id=becomes,
            source_id=uploaded,
            chosen_by_id=by.id,
            chosen_at=now,
            places=[[place.left, place.top, place.width, place.height, place.face] for place in places],
            faces_found=0,
            faces_blurred=0,
        )
    )
    # The draft's new version names the copy by id.
    session.flush()


def content_of(revision: DraftRevision, old: UUID, new: UUID) -> DraftContent:
    """All that a version says, with one picture in another's place."""
    said = of_revision(revision)
    return replace(
        said,
        pictures=tuple(
            replace(picture, media_id=new) if picture.media_id == old else picture
            for picture in said.pictures
        ),
    )
