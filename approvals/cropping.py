"""Cutting a part out of a draft's picture; the part takes its place in a new version (P12, P28).

What is blurred stays blurred: the places are painted anew in the part. Cutting again begins with the
whole picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from approvals import blurring, drafts, pictures
from approvals.blurring import Source
from approvals.models import CropChoice, Draft, MediaFile
from approvals.painting import Place
from approvals.pictures import PreparedPicture
from school import audit
from school.errors import BadInput, NotFound
from school.models import Person

SIDE_MIN = 200
"""Pixels; anything smaller looks poor on every platform."""
RATIOS: Mapping[str, tuple[str, Fraction]] = {
    "1x1": ("Square, 1:1 (all three)", Fraction(1)),
    "4x5": ("Upright, 4:5 (Instagram, Facebook)", Fraction(4, 5)),
    "16x9": ("Wide, 16:9 (X, Facebook)", Fraction(16, 9)),
    "191x100": ("Widest, 1.91:1 (Instagram, links)", Fraction(191, 100)),
}
"""Width over height that the platforms show uncut, by the key of a button."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A draft's picture with what it came from."""

    uploaded: MediaFile
    place: Place
    """What is shown of it now."""
    blurred: tuple[Place, ...]
    """The places that are blurred, in pixels of the whole."""


@dataclass(frozen=True, slots=True)
class Made:
    """What comes of cutting: the part (None: the whole picture again), and it with places blurred."""

    part: PreparedPicture | None
    covered: PreparedPicture | None
    blurred: tuple[Place, ...]


def whole(session: Session, media_id: UUID) -> Whole:
    """The uploaded picture that a draft's picture is a part of. Raises NotFound where it is erased."""
    base = blurring.source_id(session, media_id)
    choice = session.get(CropChoice, base)
    if choice is not None and choice.source_id is None:
        raise NotFound("The picture that this part was cut from is erased: it can't be cut anew.")
    uploaded = pictures.find(session, choice.source_id if choice and choice.source_id else base)
    shown = Place(*choice.place) if choice else Place(0, 0, uploaded.width, uploaded.height)
    places = tuple(
        replace(one, left=one.left + shown.left, top=one.top + shown.top, face=0)
        for one in blurring.chosen(session, media_id)
    )
    return Whole(uploaded, shown, places)


def checked(place: Place, width: int, height: int) -> Place:
    """The place, if it can be cut from a picture of that size; else BadInput that says why not."""
    if (
        place.left < 0
        or place.top < 0
        or place.left + place.width > width
        or place.top + place.height > height
    ):
        raise BadInput(
            f"{place.width} × {place.height} from {place.left}, {place.top} goes beyond the picture of "
            f"{width} × {height} pixels.",
            field="width",
        )
    if min(place.width, place.height) < min(SIDE_MIN, width, height):
        raise BadInput(
            f"{place.width} × {place.height} pixels are too few: keep at least {SIDE_MIN} each way.",
            field="width",
        )
    return place


def of_ratio(ratio: Fraction, place: Place, width: int, height: int) -> Place:
    """The largest part of that shape in a picture of that size, as near to the place's middle as it goes."""
    wide = min(width, int(height * ratio))
    tall = min(height, int(wide / ratio))
    left = place.left + place.width // 2 - wide // 2
    top = place.top + place.height // 2 - tall // 2
    return Place(min(max(left, 0), width - wide), min(max(top, 0), height - tall), wide, tall)


def make(given: Source, place: Place, blurred: Sequence[Place]) -> Made:
    """The part, and the part with what is blurred in it. Seconds of work: no transaction open."""
    inside = tuple(
        replace(one, left=one.left - place.left, top=one.top - place.top).within(place.width, place.height)
        for one in blurred
        if one.part_in([place]) > 0
    )
    is_whole = place == Place(0, 0, given.width, given.height)
    return Made(
        None if is_whole else blurring.make(given, (), place),
        blurring.make(given, blurred, place) if inside else None,
        inside,
    )


def choose(
    session: Session,
    draft_id: UUID,
    media_id: UUID,
    place: Place,
    made: Made,
    *,
    becomes: UUID,
    based_on: int,
    by: Person,
    now: datetime,
) -> Draft:
    """Put the part in the picture's place, as a new version of the draft.

    `made` by `make`. `becomes`: the id of what is shown then; sent twice, it is made once. Raises
    what `approvals.drafts.save` raises.
    """
    draft = drafts.find(session, draft_id, by=by, now=now)
    revision = drafts.current_revision(session, draft)
    if becomes in {picture.media_id for picture in revision.pictures}:
        return draft
    source = whole(session, media_id).uploaded
    base = source.id
    if made.part is not None:
        base = becomes if made.covered is None else uuid5(becomes, "part")
        pictures.keep_copy(session, made.part, source, under=base, by=by, now=now)
        session.add(
            CropChoice(
                media_id=base,
                source_id=source.id,
                chosen_by_id=by.id,
                chosen_at=now,
                place=[place.left, place.top, place.width, place.height],
            )
        )
        # The blurred copy and the draft's new version name the part by id.
        session.flush()
    if made.covered is not None:
        blurring.keep(session, made.covered, base, made.blurred, becomes=becomes, by=by, now=now)
    else:
        becomes = base
    content = blurring.content_of(revision, media_id, becomes)
    saved = drafts.save(session, draft_id, replace(content, based_on=based_on), by=by, now=now)
    audit.record(
        session,
        by=by,
        action="picture_cropped",
        object_kind="media",
        object_id=becomes,
        detail={"draft": draft_id, "instead_of": media_id},
        now=now,
    )
    return saved
