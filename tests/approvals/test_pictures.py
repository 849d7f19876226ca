"""Pictures are judged by content, cleaned of all but their pixels, and sized for each platform (P15, P28)."""

from __future__ import annotations

import io
from datetime import datetime

import pillow_heif
import pytest
import sqlalchemy as sa
from PIL import Image, ImageCms
from sqlalchemy.orm import Session, undefer

from approvals import pictures
from approvals.models import MediaFile, MediaRendition, RenditionUse
from connectors.base import Platform
from connectors.limits import LIMITS
from school import secrets
from school.errors import BadInput, NotFound
from school.models import Person
from tests.approvals import scenes


@pytest.fixture(autouse=True)
def _home(settings_home: object) -> None:
    """A key to encrypt with."""


def copies(data: bytes, name: str = "picture") -> dict[RenditionUse, pictures.Copy]:
    return {copy.use: copy for copy in pictures.prepare(data, name).copies}


def opened(copy: pictures.Copy) -> Image.Image:
    return Image.open(io.BytesIO(copy.data))


def test_cmyk_becomes_srgb() -> None:
    data = scenes.picture_bytes(mode="CMYK")
    for copy in copies(data).values():
        image = opened(copy)
        assert image.mode == "RGB"
        red, green, blue = image.getpixel((10, image.height - 10))  # type: ignore[misc]
        assert abs(red - 30) < 30 and abs(green - 90) < 30 and abs(blue - 160) < 30


def test_a_colour_profile_is_applied_and_left_out() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for copy in copies(scenes.picture_bytes(icc_profile=profile)).values():
        assert "icc_profile" not in opened(copy).info


def test_a_broken_colour_profile_is_left_out() -> None:
    assert copies(scenes.picture_bytes(icc_profile=b"not a profile"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_p28_place_device_and_comments_are_taken_out_of_every_copy(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretPhone"
    exif[0x9286] = "SecretPhone note"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4], gps[6] = "N", (51.0, 30.0, 12.5), "W", (0.0, 7.0, 5.5), 35.5
    # Pillow itself would write a JPEG's comment into each copy.
    comment = {"comment": b"SecretPhone, Year 4"} if kind == "JPEG" else {}
    data = scenes.picture_bytes(kind=kind, exif=exif, **comment)
    assert b"SecretPhone" in data and (b"Year 4" in data) == bool(comment)
    for copy in copies(data).values():
        assert b"SecretPhone" not in copy.data and not opened(copy).getexif()
        assert not {"exif", "xmp", "comment", "icc_profile"} & set(opened(copy).info)


@pytest.mark.parametrize("kind", ["JPEG", "HEIF"])
def test_a_picture_taken_sideways_is_turned_upright(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    found = copies(scenes.picture_bytes(600, 500, kind=kind, exif=exif))
    assert (found[RenditionUse.X].width, found[RenditionUse.X].height) == (500, 600)
    # The yellow half was above, and turned right it is on the right.
    red, green, blue = opened(found[RenditionUse.X]).getpixel((400, 300))  # type: ignore[misc]
    assert red > 200 and green > 160 and blue < 90


def test_of_an_iphones_several_pictures_in_a_file_the_first_is_taken() -> None:
    """Beside the picture there may be others: a burst, the depth, the moment before."""
    together = pillow_heif.from_pillow(Image.new("RGB", (64, 64), "red"))
    together.add_from_pillow(Image.new("RGB", (64, 64), "blue"))
    out = io.BytesIO()
    together.save(out)
    prepared = pictures.prepare(out.getvalue(), "IMG_0001.HEIC")
    assert prepared.original_type == "image/heif"
    red, _, blue = opened(prepared.copies[0]).getpixel((32, 32))  # type: ignore[misc]
    assert red > 200 and blue < 60
    assert {copy.mime_type for copy in prepared.copies} == {"image/jpeg"}


def test_a_clear_ground_stays_clear_for_x_and_turns_white_for_instagram() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (500, 500), (255, 0, 0, 0)).save(out, "PNG")
    found = copies(out.getvalue())
    assert found[RenditionUse.X].mime_type == "image/png" and opened(found[RenditionUse.X]).mode == "RGBA"
    assert found[RenditionUse.INSTAGRAM].mime_type == "image/jpeg"
    assert opened(found[RenditionUse.INSTAGRAM]).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "P", "I;16", "LA"])
def test_every_kind_of_pixel_is_taken(mode: str) -> None:
    out = io.BytesIO()
    if mode == "I;16":
        Image.new("I;16", (64, 64), 65535).save(out, "PNG")
        assert opened(copies(out.getvalue())[RenditionUse.X]).convert("RGB").getpixel((5, 5)) == (
            255,
            255,
            255,
        )
    else:
        Image.new("RGB", (64, 64), "white").convert(mode).save(out, "PNG")
        assert opened(copies(out.getvalue())[RenditionUse.X]).convert("RGB").getpixel((5, 5)) == (
            255,
            255,
            255,
        )


def test_a_huge_picture_comes_out_within_every_platforms_limits() -> None:
    noise = Image.effect_noise((5000, 4000), 120).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "JPEG", quality=95)
    found = copies(out.getvalue())
    for platform in Platform:
        copy = found[RenditionUse(platform.value)]
        limits = LIMITS[platform]
        assert len(copy.data) <= limits.picture_bytes_max and copy.mime_type in limits.picture_types
        assert max(copy.width, copy.height) <= 4096
    assert len(found[RenditionUse.FACEBOOK].data) < 4_000_000
    assert max(found[RenditionUse.PREVIEW].width, found[RenditionUse.PREVIEW].height) <= 800


@pytest.mark.parametrize(
    ("width", "height", "fits"),
    [(800, 1000, True), (1910, 1000, True), (600, 1000, False), (2100, 1000, False)],
)
def test_instagram_gets_only_shapes_that_it_shows(width: int, height: int, fits: bool) -> None:
    found = copies(scenes.picture_bytes(width, height))
    assert (RenditionUse.INSTAGRAM in found) is fits
    media = MediaFile(filename="fair.jpg", width=width, height=height)
    assert bool(pictures.instagram_problem(media)) is not fits


def moving() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"just words", "is not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is not a picture"),
        (scenes.picture_bytes(kind="PPM"), "is not a picture"),
        (scenes.picture_bytes()[:2000], "is not a picture"),
        (scenes.picture_bytes(kind="PNG")[:300], "is not a picture"),
        (scenes.picture_bytes(kind="HEIF")[:500], "is not a picture"),
        (bytes(50 * 1024 * 1024), "is larger than 25 MB"),
        (scenes.bomb_png(60_000, 60_000), "pixels"),
        (scenes.bomb_png(12_000, 9_000), "has 12000 × 9000 pixels"),
        (scenes.picture_bytes(10, 10), "has only 10 × 10 pixels"),
        (moving(), "is a moving picture"),
    ],
    ids=[
        "empty", "text", "svg", "unusual", "half-jpeg", "half-png", "half-heic", "50MB", "bomb", "too-many",
        "too-few", "moving",
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_by_name(data: bytes, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        pictures.prepare(data, "evil\x00name.jpg")
    assert says in str(refused.value) and "name.jpg" in str(refused.value)
    assert refused.value.field == "pictures"


def test_the_original_is_kept_encrypted(session: Session, teacher: Person, now: datetime) -> None:
    data = scenes.picture_bytes()
    media = scenes.add_picture(session, teacher, now, data)
    kept = session.scalars(
        sa.select(MediaFile).options(undefer(MediaFile.original)).execution_options(populate_existing=True)
    ).one()
    assert data not in kept.original and secrets.decrypt(kept.original) == data
    assert pictures.rendition(session, media.id, RenditionUse.X).mime_type == "image/jpeg"
    with pytest.raises(NotFound):
        pictures.find(session, kept.uploaded_by_id)


def test_clean_copies_are_kept_encrypted_and_a_former_versions_are_sealed(
    session: Session, teacher: Person, now: datetime
) -> None:
    first, second = (
        scenes.add_picture(session, teacher, now, scenes.picture_bytes(64, side)) for side in (64, 48)
    )
    session.commit()
    stored = [bytes(one) for one in session.scalars(sa.select(MediaRendition.sealed))]
    assert len(stored) == 8 and not any(one.startswith(b"\xff\xd8") for one in stored)
    seen = {use: pictures.rendition(session, first.id, use).data for use in RenditionUse}
    assert all(one.startswith(b"\xff\xd8") for one in seen.values())
    # As a version before this one left them.
    for use, data in seen.items():
        plain = sa.update(MediaRendition).where(
            MediaRendition.media_id == first.id, MediaRendition.use == use
        )
        session.execute(plain.values(sealed=data))
    session.commit()
    session.expire_all()
    assert pictures.rendition(session, first.id, RenditionUse.X).data == seen[RenditionUse.X]
    assert [pictures.seal_some(session, most=3) for _ in range(3)] == [3, 1, 0]
    session.commit()
    session.expire_all()
    assert all(secrets.is_sealed(one) for one in session.scalars(sa.select(MediaRendition.sealed)))
    assert {use: pictures.rendition(session, first.id, use).data for use in RenditionUse} == seen
    assert pictures.rendition(session, second.id, RenditionUse.X).data.startswith(b"\xff\xd8")
