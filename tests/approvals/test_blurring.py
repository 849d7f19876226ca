"""Blurred places keep nothing of what was there; a blurred copy needs an approval of its own (P12, P28)."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from PIL import Image, ImageChops, ImageDraw
from sqlalchemy.orm import Session

from approvals import blurring, cropping, drafts, erasing, pictures, publishing, revising, shown_faces
from approvals.content import DraftContent, VideoChoice, use_for
from approvals.models import (
    BlurChoice,
    Draft,
    LookState,
    MediaFile,
    MediaRendition,
    PictureLook,
    PictureWords,
    Publication,
    PupilsAppear,
    RenditionUse,
    VideoFile,
    VideoState,
)
from approvals.painting import Place, painted
from approvals.states import DraftState, PublicationState
from connectors.base import Platform
from school.errors import BadInput, MoveNotAllowed, NotFound, NotPermitted
from school.models import Account, Person, Pupil, Role
from tests.approvals import scenes

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

FACE = Place(200, 120, 160, 200, 1)


def photo(colour: str, *, mode: str = "RGB", size: tuple[int, int] = (900, 600)) -> Image.Image:
    """A scene with somebody in it, who is striped in a colour of their own."""
    image = Image.linear_gradient("L").resize(size).convert(mode)
    draw = ImageDraw.Draw(image)
    for line in range(FACE.top, FACE.top + FACE.height, 7):
        draw.rectangle((FACE.left, line, FACE.left + FACE.width - 1, line + 3), fill=colour)
    return image


def as_jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95)
    return out.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize(
    "places",
    [
        [FACE],
        [FACE, Place(340, 100, 100, 100)],  # beside it, and over its edge
        [Place(-40, -40, 500, 500)],  # over the picture's corner
        [Place(0, 0, 900, 600)],  # all of it
    ],
)
def test_whoever_was_there_the_blurred_picture_is_the_same(
    database: str, mode: str, places: Sequence[Place]
) -> None:
    """The proof that it can't be undone: not one bit depends on what was in the place."""
    one, other = photo("red", mode=mode), photo("lime", mode=mode)
    assert one.tobytes() != other.tobytes()
    blurred = painted(one, places)
    assert blurred.tobytes() == painted(other, places).tobytes()
    around = Image.new("1", one.size, 1)
    for place in places:
        cut = place.within(*one.size)
        around.paste(0, (cut.left, cut.top, cut.left + cut.width, cut.top + cut.height))
    changed = ImageChops.difference(one.convert("RGB"), blurred.convert("RGB"))
    changed.paste(0, mask=ImageChops.invert(around.convert("L")))
    assert changed.getbbox() is None, "nothing else is touched"


def test_a_place_looks_blurred_and_not_cut_out(database: str) -> None:
    blurred = painted(photo("red"), [FACE]).crop(
        (FACE.left, FACE.top, FACE.left + FACE.width, FACE.top + FACE.height)
    )
    rows = [blurred.getpixel((80, row))[0] for row in range(0, FACE.height)]  # type: ignore[index]
    assert max(abs(a - b) for a, b in pairwise(rows)) <= 4, "no edge in it"
    assert rows[0] != rows[-1], "it takes the colours of what is around it"


@pytest.fixture
def media(session: Session, teacher: Person, now: datetime) -> MediaFile:
    made = scenes.add_picture(session, teacher, now, as_jpeg(photo("red")))
    look = session.get_one(PictureLook, made.id)
    look.state, look.faces = LookState.DONE, [[200, 120, 160, 200], [600, 100, 100, 120]]
    session.commit()
    return made


def blur(
    session: Session,
    draft: Draft,
    media_id: UUID,
    places: Sequence[Place],
    by: Person,
    now: datetime,
    **more: object,
) -> MediaFile:
    """What the page does: the copy is made, then put in the picture's place."""
    uploaded = blurring.source_id(session, media_id)
    made = blurring.make(blurring.source(session, uploaded), places) if places else None
    values = {"becomes": uuid4(), "based_on": draft.revision_number, **more}
    draft = blurring.choose(session, draft.id, media_id, made, places, by=by, now=now, **values)  # type: ignore[arg-type]
    session.commit()
    [picture] = drafts.current_revision(session, draft).pictures
    return picture.media


def test_an_approval_of_the_picture_as_it_was_does_not_cover_the_blurred_one(
    session: Session, teacher: Person, head: Person, x: Account, media: MediaFile, now: datetime
) -> None:
    """P12: what is published is exactly what was approved, and blurring makes something else of it."""
    draft, [before] = scenes.approved(
        session, teacher, head, now, x, pictures=(scenes.choice(media),), at=now + timedelta(hours=1)
    )
    copy = blur(session, draft, media.id, [FACE], teacher, now)
    assert copy.id != media.id and draft.state is DraftState.DRAFT
    assert session.get_one(Publication, before.id).state is PublicationState.CANCELLED
    assert publishing.claim(session, before.id, now=now + timedelta(hours=1)) is None
    scenes.submit(session, draft, teacher, now)
    scenes.approve(session, draft, head, now)
    [after] = session.scalars(
        sa.select(Publication).where(
            Publication.draft_id == draft.id, Publication.state == PublicationState.SCHEDULED
        )
    )
    claim = publishing.claim(session, after.id, now=now + timedelta(hours=1))
    assert claim is not None
    [sent] = claim.content.pictures
    stored = pictures.rendition(session, copy.id, use_for(Platform.X)).data
    assert hashlib.sha256(sent.data).digest() == hashlib.sha256(stored).digest()
    inside = Image.open(io.BytesIO(sent.data)).convert("RGB").crop((220, 140, 340, 300))
    reds = [red for red, green, _blue in inside.get_flattened_data() if red - green > 60]
    assert not reds, "nothing of the red stripes went out"


def test_every_copy_is_blurred_and_the_upload_stays_as_it_was(
    session: Session, teacher: Person, x: Account, media: MediaFile, now: datetime, later: datetime
) -> None:
    draft = drafts.save(
        session, None, scenes.content(x, at=later, pictures=(scenes.choice(media),)), by=teacher, now=now
    )
    copy = blur(session, draft, media.id, [FACE, Place(10, 10, 50, 50)], teacher, now)
    for use in RenditionUse:
        image = Image.open(io.BytesIO(pictures.rendition(session, copy.id, use).data)).convert("RGB")
        by = image.width / 900
        place = FACE.scaled(by, by)
        inside = image.crop((place.left + 3, place.top + 3, place.left + place.width - 3, place.top + 100))
        assert not [red for red, green, _ in inside.get_flattened_data() if red - green > 60], use
    assert copy.original_erased_at == now, "it has no original of its own"
    kept = blurring.source(session, media.id)
    assert kept.sealed is not None and b"JFIF" not in kept.sealed[:200], "encrypted"
    faces = shown_faces.of(session, [copy.id])[copy.id]
    assert (faces.found, faces.blurred, faces.visible) == (2, 1, 1)
    assert faces.sentence.startswith(
        "2 faces were found in it. Blurred: 1 of them and 1 other place, as Hannah Birtwistle chose"
    )


def test_a_choice_is_changed_from_the_upload_and_taken_back(
    session: Session, teacher: Person, x: Account, media: MediaFile, now: datetime, later: datetime
) -> None:
    draft = drafts.save(
        session, None, scenes.content(x, at=later, pictures=(scenes.choice(media),)), by=teacher, now=now
    )
    first = blur(session, draft, media.id, [FACE], teacher, now)
    second = blur(session, draft, first.id, [Place(600, 100, 100, 120, 2)], teacher, now)
    assert session.get_one(BlurChoice, second.id).source_id == media.id, "not a copy of a copy"
    assert blurring.chosen(session, second.id) == (Place(600, 100, 100, 120, 2),)
    assert blur(session, draft, second.id, [], teacher, now).id == media.id
    assert draft.revision_number == 4
    again = uuid4()
    third = blur(session, draft, media.id, [FACE], teacher, now, becomes=again)
    # Pressed twice: the copy is there, and no second version.
    blurring.choose(session, draft.id, media.id, None, [FACE], becomes=again, based_on=4, by=teacher, now=now)
    assert third.id == again and draft.revision_number == 5


def test_p28_what_was_cut_and_blurred_since_a_form_was_opened_stays_blurred(
    session: Session, teacher: Person, x: Account, media: MediaFile, now: datetime, later: datetime
) -> None:
    draft = drafts.save(
        session, None, scenes.content(x, at=later, pictures=(scenes.choice(media),)), by=teacher, now=now
    )
    whole = cropping.whole(session, blur(session, draft, media.id, [FACE], teacher, now).id)
    part = Place(100, 50, 500, 400)
    made = cropping.make(blurring.source(session, media.id), part, whole.blurred)
    [blurred] = drafts.current_revision(session, draft).pictures
    cropping.choose(
        session, draft.id, blurred.media_id, part, made, becomes=uuid4(), based_on=2, by=teacher, now=now
    )
    session.commit()
    saved = drafts.current_revision(session, draft)
    [shown] = saved.pictures
    plain = session.get_one(BlurChoice, shown.media_id).source_id
    assert plain is not None and plain != media.id
    # Whether the form has the picture as it was uploaded, blurred in whole, or cut and not blurred.
    for old in (media.id, blurred.media_id, plain):
        assert blurring.blurred_meanwhile(session, [old], saved) == {old: shown.media_id}
    assert blurring.blurred_meanwhile(session, [shown.media_id], saved) == {}


def test_who_may_not_choose_and_what_is_too_late(
    session: Session,
    teacher: Person,
    school_people: dict[Role, Person],
    x: Account,
    media: MediaFile,
    now: datetime,
    later: datetime,
) -> None:
    draft = drafts.save(
        session, None, scenes.content(x, at=later, pictures=(scenes.choice(media),)), by=teacher, now=now
    )
    session.commit()
    with pytest.raises(NotPermitted):
        blur(session, draft, media.id, [FACE], school_people[Role.HEADTEACHER], now)
    session.rollback()
    with pytest.raises(MoveNotAllowed, match="another window"):
        blur(session, draft, media.id, [FACE], teacher, now, based_on=7)
    session.rollback()
    assert session.scalar(sa.select(sa.func.count(BlurChoice.media_id))) == 0, "and nothing is kept of it"


def test_a_new_version_says_all_else_as_before(
    session: Session,
    teacher: Person,
    x: Account,
    rosa: Pupil,
    media: MediaFile,
    now: datetime,
    later: datetime,
) -> None:
    video = VideoFile(uploaded_by_id=teacher.id, uploaded_at=now, filename="a.mp4", state=VideoState.WAITING)
    session.add(video)
    session.flush()
    words = {"alt_text": "A race", "source": "The office", "licence": "Ours"}
    told = scenes.content(
        x,
        at=later,
        text="Sports day",
        own_texts={x.id: "Sports day!"},
        pictures=(scenes.choice(media),),
        video=VideoChoice(video_id=video.id, **words),
        link="https://example.sch.uk/sport",
        pupil_ids=(rosa.id,),
        pupils_appear=PupilsAppear.NAMED,
        urgent=True,
    )
    for none_shown in (True, False):
        written = replace(told, pupil_ids=() if none_shown else told.pupil_ids, none_shown=none_shown)
        if none_shown:
            written = replace(written, pupils_appear=PupilsAppear.SEEN)
        revision, _problems = revising.revise(session, written, None, by=teacher, now=now)
        copy = uuid4()
        again = blurring.content_of(revision, media.id, copy)
        assert again == replace(written, pictures=(replace(written.pictures[0], media_id=copy),))
    unset = {one.name for one in fields(DraftContent) if getattr(told, one.name) == one.default}
    # What is said of somebody unticked counts for one file, and the blurred one is another.
    assert unset <= {"none_shown", "based_on", "not_seen"}, "this test gives every part a value"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (Place(10, 10, 3, 40), "too small"),
        (Place(900, 10, 40, 40), "outside the picture of 900 × 600"),
        (Place(10, -50, 40, 40), "outside"),
    ],
)
def test_places_that_are_none_are_refused(database: str, place: Place, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        blurring.checked([place], 900, 600)
    with pytest.raises(BadInput, match="at most"):
        blurring.checked([FACE] * (blurring.PLACES_MAX + 1), 900, 600)


def test_when_the_upload_is_erased_the_copy_stays_and_says_what_was_chosen(
    session: Session, teacher: Person, x: Account, media: MediaFile, now: datetime, later: datetime
) -> None:
    draft = drafts.save(
        session, None, scenes.content(x, at=later, pictures=(scenes.choice(media),)), by=teacher, now=now
    )
    # The place is chosen before a worker has looked: what it finds later is what is known.
    look = session.get_one(PictureLook, media.id)
    found, look.state, look.faces = look.faces, LookState.WAITING, []
    copy = blur(session, draft, media.id, [FACE], teacher, now)
    look.state, look.faces = LookState.DONE, found
    like_it = drafts.save(
        session, None, scenes.content(x, at=later, pictures=(scenes.choice(copy),)), by=teacher, now=now
    )
    session.commit()
    # Its original went early, under its own rule: the clean copy does.
    erasing.erase_originals(session, [media.id], now)
    session.commit()
    assert blurring.source(session, media.id).sealed is None
    assert blurring.make(blurring.source(session, media.id), [FACE]).width == 900
    uploaded, copied = media.id, copy.id
    erasing.erase_drafts(session, [draft.id], now)
    session.commit()
    assert session.get(MediaFile, uploaded) is None
    faces = shown_faces.of(session, [copied])[copied]
    assert (faces.found, faces.blurred, faces.by) == (2, 1, "Hannah Birtwistle")
    assert faces.sentence.startswith("2 faces were found")
    choice = session.get_one(BlurChoice, copied)
    choice.faces_known, choice.faces_found, choice.faces_blurred = False, 0, 0
    said = shown_faces.of(session, [copied])[copied].sentence
    assert said.startswith("It was not looked at for faces. Blurred: 1 place"), "not: no face was found"
    with pytest.raises(NotFound, match="erased"):
        blurring.source_id(session, copied)
    erasing.erase_drafts(session, [like_it.id], now)
    for table in (BlurChoice, MediaFile, MediaRendition, PictureLook, PictureWords):
        assert session.scalar(sa.select(sa.func.count()).select_from(table)) == 0
