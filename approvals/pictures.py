"""Pictures: taking them in safely, cleaning them, and sizing them for each platform (P15, P28)."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from uuid import UUID

import pi_heif
import sqlalchemy as sa
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from sqlalchemy.orm import Session, undefer

from approvals import looks
from approvals.content import tidy
from approvals.models import MediaFile, MediaRendition, PictureLook, PictureWords, RenditionUse
from connectors.base import Platform
from connectors.limits import LIMITS
from school import audit, secrets
from school.db import new_id
from school.errors import BadInput, NotFound
from school.models import Person
from school.settings import settings

# What iPhones take pictures in.
pi_heif.register_heif_opener()

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "HEIF")
STILL_WITH_MORE = {"MPO", "HEIF"}
"""Formats whose further frames are depth, a second lens or a burst: the first is the picture."""
PIXELS_MAX = 60_000_000
"""Above this a picture would need more memory than a web process should give it."""
SIDE_MAX = 4096
SIDE_MIN = 32
PREVIEW_SIDE = 800
INSTAGRAM_WIDTH_MAX = 1440
"""Instagram scales anything wider down to this."""
INSTAGRAM_NARROWEST, INSTAGRAM_WIDEST = 4 / 5, 1.91
"""Width over height that Instagram shows in a post (Meta, Content Publishing: image specifications)."""
RATIO_SLACK = 0.01
FILENAME_MAX = 120
WORDS_MAX = 1000
QUALITIES = (90, 85, 78, 70, 60)
BYTES_MAX = {platform: limits.picture_bytes_max - 1 for platform, limits in LIMITS.items()}


@dataclass(frozen=True, slots=True)
class Copy:
    """One clean copy, encoded."""

    use: RenditionUse
    mime_type: str
    width: int
    height: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PreparedPicture:
    """A picture judged and cleaned, ready to be kept: what takes long is done."""

    filename: str
    original: bytes = field(repr=False)
    """Encrypted."""
    original_type: str
    width: int
    height: int
    copies: tuple[Copy, ...]


def prepare(data: bytes, filename: str) -> PreparedPicture:
    """Judge and clean a picture by its content, never by its name. Seconds of work: no transaction open.

    Raises BadInput, naming the file, for one that is too big, no picture, broken, moving, or of
    too many or too few pixels.
    """
    name = " ".join(tidy(filename).split())[:FILENAME_MAX] or "picture"
    image, original_type, lossless = cleaned(data, name)
    return prepared(image, name, original=data, original_type=original_type, lossless=lossless)


def prepared(
    image: Image.Image, name: str, *, original: bytes, original_type: str, lossless: bool
) -> PreparedPicture:
    """A cleaned picture with its copies, made now. Seconds of work: no transaction open."""
    return PreparedPicture(
        filename=name,
        original=secrets.encrypt(original),
        original_type=original_type,
        width=image.width,
        height=image.height,
        copies=tuple(_copies(image, lossless)),
    )


def keep(
    session: Session,
    made: PreparedPicture,
    *,
    alt_text: str,
    source: str,
    licence: str,
    by: Person,
    now: datetime,
    under: UUID | None = None,
    with_faces: bool = True,
) -> MediaFile:
    """Keep a prepared picture and its clean copies, encrypted (P28).

    A worker looks at it soon, for faces and for names. `with_faces` False: not for faces, since they are
    known from the picture that it was made from. `under`: the id to keep it under, where it shall be kept
    once only; raises sqlalchemy's IntegrityError where something is kept under it already.
    """
    media = MediaFile(
        id=under or new_id(),
        uploaded_by_id=by.id,
        uploaded_at=now,
        filename=made.filename,
        original=made.original,
        original_type=made.original_type,
        width=made.width,
        height=made.height,
        alt_text=tidy(alt_text)[:WORDS_MAX],
        source=tidy(source)[:WORDS_MAX],
        licence=tidy(licence)[:WORDS_MAX],
    )
    session.add(media)
    # The copies name the file by id.
    session.flush()
    for copy in made.copies:
        session.add(
            MediaRendition(
                media_id=media.id,
                use=copy.use,
                mime_type=copy.mime_type,
                width=copy.width,
                height=copy.height,
                sealed=secrets.encrypt(copy.data),
            )
        )
    if with_faces:
        session.add(looks.fresh(PictureLook, media.id, now=now))
    session.add(looks.fresh(PictureWords, media.id, now=now))
    # The hash of a revision is made from the stored copies.
    session.flush()
    audit.record(session, by=by, action="picture_added", object_kind="media", object_id=media.id, now=now)
    return media


def keep_copy(
    session: Session,
    made: PreparedPicture,
    shown: MediaFile,
    *,
    under: UUID,
    with_faces: bool = True,
    by: Person,
    now: datetime,
) -> None:
    """Keep what was made from a kept picture, as `keep` does: with its words, without an original."""
    copy = keep(
        session,
        made,
        under=under,
        with_faces=with_faces,
        alt_text=shown.alt_text,
        source=shown.source,
        licence=shown.licence,
        by=by,
        now=now,
    )
    copy.original_erased_at = now


def add_picture(
    session: Session,
    *,
    data: bytes,
    filename: str,
    alt_text: str,
    source: str,
    licence: str,
    by: Person,
    now: datetime,
) -> MediaFile:
    """`prepare` and `keep` in one, for callers that nobody waits for."""
    return keep(
        session, prepare(data, filename), alt_text=alt_text, source=source, licence=licence, by=by, now=now
    )


def seal_some(session: Session, *, most: int) -> int:
    """Encrypt so many clean copies that a former version kept as they are; how many there were to do."""
    rows = session.scalars(
        sa.select(MediaRendition)
        .options(undefer(MediaRendition.sealed))
        .where(sa.func.substr(MediaRendition.sealed, 1, len(secrets.SEAL)) != secrets.SEAL)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.sealed = secrets.encrypt(row.sealed)
    return len(rows)


def mark_lost(session: Session, files: Collection[UUID], copies: Collection[UUID], *, now: datetime) -> int:
    """Note of which pictures no secret key at hand opens all, and which can be read again; how many.

    `files`: ids of pictures whose originals are lost; `copies`: of lost clean copies.
    """
    of_copies = sa.select(MediaRendition.media_id).where(MediaRendition.id.in_(copies))
    lost = {*files, *session.scalars(of_copies)}
    was = set(session.scalars(sa.select(MediaFile.id).where(MediaFile.original_lost_at.is_not(None))))
    for media_id in lost ^ was:
        media = session.get_one(MediaFile, media_id)
        media.original_lost_at = None if media_id in was else now
    return len(lost)


def cleaned(data: bytes, name: str) -> tuple[Image.Image, str, bool]:
    """The picture without anything but its pixels, its former MIME type, and whether that was lossless.

    Raises BadInput as `prepare` does.
    """
    limit = settings().max_upload_bytes
    if len(data) > limit:
        raise BadInput(
            f"“{name}” is larger than {limit // 1024 // 1024} MB. Save it smaller and choose it again.",
            field="pictures",
        )
    if not data:
        raise BadInput(f"“{name}” is empty. Choose the picture again.", field="pictures")
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            _check_size(image, name)
            original_type = Image.MIME.get(image.format or "", "application/octet-stream")
            lossless = image.format in {"PNG", "GIF", "BMP"}
            image.load()
            plain = _srgb(ImageOps.exif_transpose(image))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadInput(
            f"“{name}” has too many pixels: at most {PIXELS_MAX // 1_000_000} million are taken. "
            "Save it smaller and choose it again.",
            field="pictures",
        ) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, struct.error, OverflowError):
        raise BadInput(
            f"“{name}” is not a picture that can be read. Save it as JPEG or PNG and choose it again.",
            field="pictures",
        ) from None
    plain.thumbnail((SIDE_MAX, SIDE_MAX), Image.Resampling.LANCZOS)
    return plain, original_type, lossless


def fits_instagram(width: int, height: int) -> bool:
    """Whether Instagram shows a picture of that shape in a post."""
    return INSTAGRAM_NARROWEST - RATIO_SLACK <= width / height <= INSTAGRAM_WIDEST + RATIO_SLACK


def instagram_problem(media: MediaFile) -> str:
    """Why Instagram can't show this picture; empty when it can."""
    if fits_instagram(media.width, media.height):
        return ""
    shape = "too tall" if media.width < media.height else "too wide"
    return (
        f"“{media.filename}” is {shape} for Instagram ({media.width} × {media.height} pixels): it shows "
        "pictures from 4:5 upright to 1.91:1 wide. Crop it, or leave Instagram out."
    )


def is_kept(session: Session, media_id: UUID) -> bool:
    """Whether there is a picture under this id."""
    return session.get(MediaFile, media_id) is not None


def find(session: Session, media_id: UUID) -> MediaFile:
    """The picture's record, or NotFound."""
    media = session.get(MediaFile, media_id)
    if media is None:
        raise NotFound("There is no such picture.")
    return media


def rendition(session: Session, media_id: UUID, use: RenditionUse) -> MediaRendition:
    """The copy for a use with its bytes, or NotFound (Instagram's is missing where the shape doesn't fit)."""
    found = session.scalar(
        sa.select(MediaRendition)
        .options(undefer(MediaRendition.sealed))
        .where(MediaRendition.media_id == media_id, MediaRendition.use == use)
    )
    if found is None:
        raise NotFound("There is no such picture.")
    return found


def by_id(session: Session, rendition_id: UUID) -> MediaRendition:
    """A copy with its bytes, or NotFound."""
    found = session.get(MediaRendition, rendition_id, options=[undefer(MediaRendition.sealed)])
    if found is None:
        raise NotFound("There is no such picture.")
    return found


def check_rendition(session: Session, media_id: UUID, use: RenditionUse) -> None:
    """Raise NotFound, with a sentence, when a picture has no copy for that use."""
    query = sa.select(MediaRendition.id).where(MediaRendition.media_id == media_id, MediaRendition.use == use)
    if session.scalar(query) is None:
        raise NotFound(f"A picture of this post has no copy that fits {use.value.capitalize()}.")


def _check_size(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width * height > PIXELS_MAX:
        raise BadInput(
            f"“{name}” has {width} × {height} pixels: at most {PIXELS_MAX // 1_000_000} million are taken. "
            "Save it smaller and choose it again.",
            field="pictures",
        )
    if min(width, height) < SIDE_MIN:
        raise BadInput(
            f"“{name}” has only {width} × {height} pixels: each side needs at least {SIDE_MIN}.",
            field="pictures",
        )
    if getattr(image, "n_frames", 1) > 1 and image.format not in STILL_WITH_MORE:
        raise BadInput(f"“{name}” is a moving picture: choose one that stands still.", field="pictures")


def _srgb(image: Image.Image) -> Image.Image:
    """The pixels alone, as RGB or RGBA in sRGB, so that colours stay right without the profile."""
    alpha = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    target = "RGBA" if alpha else "RGB"
    if image.mode.startswith("I"):
        # Sixteen bits a channel: brought down here, since Pillow's own conversion clips.
        image = image.convert("F").point(lambda value: value * (255 / 65535)).convert("L")
    converted: Image.Image | None = None
    profile = image.info.get("icc_profile")
    if profile and image.mode in {"RGB", "CMYK", "L"}:
        try:
            converted = ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
            )
        except (ImageCms.PyCMSError, OSError):
            # A broken profile says nothing: the pixels are taken as they are.
            converted = None
    plain = (converted or image).convert(target)
    # A new picture: nothing of the old one's info, comments or palette can come along.
    bare = Image.new(target, plain.size)
    bare.paste(plain)
    return bare


def _copies(image: Image.Image, lossless: bool) -> Iterator[Copy]:
    # Facebook's limit is the smaller one, so its copy does for X too.
    facebook = _fit(image, lossless, min(BYTES_MAX[Platform.FACEBOOK], BYTES_MAX[Platform.X]))
    for use in (RenditionUse.FACEBOOK, RenditionUse.X):
        yield _copy(use, facebook)
    if fits_instagram(image.width, image.height):
        narrower = image.copy()
        narrower.thumbnail((INSTAGRAM_WIDTH_MAX, SIDE_MAX), Image.Resampling.LANCZOS)
        yield _copy(RenditionUse.INSTAGRAM, _fit(_flattened(narrower), False, BYTES_MAX[Platform.INSTAGRAM]))
    small = image.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.LANCZOS)
    yield _copy(RenditionUse.PREVIEW, _fit(_flattened(small), False, 500_000))


def _copy(use: RenditionUse, encoded: tuple[str, Image.Image, bytes]) -> Copy:
    mime_type, image, data = encoded
    return Copy(use, mime_type, image.width, image.height, data)


def _fit(image: Image.Image, lossless: bool, bytes_max: int) -> tuple[str, Image.Image, bytes]:
    """The picture encoded in at most so many bytes: PNG where that keeps it exact, else JPEG."""
    if lossless or image.mode == "RGBA":
        encoded = _encoded(image, "PNG")
        if len(encoded) <= bytes_max:
            return "image/png", image, encoded
    flat = _flattened(image)
    while True:
        for quality in QUALITIES:
            encoded = _encoded(flat, "JPEG", quality)
            if len(encoded) <= bytes_max:
                return "image/jpeg", flat, encoded
        flat = flat.resize(
            (max(flat.width * 3 // 4, 1), max(flat.height * 3 // 4, 1)), Image.Resampling.LANCZOS
        )


def _flattened(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _encoded(image: Image.Image, kind: str, quality: int = 90) -> bytes:
    out = BytesIO()
    if kind == "JPEG":
        image.save(out, "JPEG", quality=quality, optimize=True)
    else:
        image.save(out, "PNG")
    return out.getvalue()
