"""Pictures are looked at for faces and names by a process of its own, and nobody waits for it (P27, P28)."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import matplotlib
import pytest
import sqlalchemy as sa
from PIL import Image, ImageDraw, ImageFont
from sqlalchemy.orm import Session

from approvals import drafts, looks, pictures
from approvals.models import LookState, MediaFile, PictureLook, PictureWords
from school import db
from school.models import Account, Person, Role
from school.settings import settings
from tests.approvals import scenes
from worker import looking
from worker.tasks import classify

PORTRAIT = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
"""A portrait that is in the public domain, of 512 × 600 pixels."""
HEAD = (130, 40, 400, 400)

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def class_photo(rows: int, columns: int, face: int, **save: object) -> bytes:
    """As many faces as that, of about so many pixels, no two alike."""
    chance = random.Random(7)
    with Image.open(PORTRAIT) as portrait:
        head = portrait.convert("RGB").crop(HEAD)
    image = Image.new("RGB", (columns * face * 2, rows * face * 2), (96, 112, 128))
    for row in range(rows):
        for column in range(columns):
            side = int(face * chance.uniform(1.4, 1.8))
            one = head.resize((side, side * head.height // head.width)).rotate(chance.uniform(-12, 12))
            image.paste(one, (column * face * 2, row * face * 2))
    turned = image.rotate(90, expand=True) if save.get("exif") else image
    out = BytesIO()
    turned.save(out, "JPEG", **save)
    return out.getvalue()


def add(session: Session, by: Person, data: bytes) -> MediaFile:
    return scenes.add_picture(session, by, db.now(), data)


def look_of(media: MediaFile) -> PictureLook:
    with db.reading() as session:
        return session.get_one(PictureLook, media.id)


@pytest.fixture
def teacher(school_people: dict[Role, Person]) -> Person:
    return school_people[Role.STAFF]


def test_sixty_faces_of_a_class_photo_held_sideways_are_found(session: Session, teacher: Person) -> None:
    exif = Image.Exif()
    # The camera was turned: its picture lies on its side, and says so.
    exif[0x0112] = 6
    media = add(session, teacher, class_photo(5, 12, 90, exif=exif))
    assert media.width > media.height
    with db.transaction() as fresh:
        fresh.execute(sa.update(PictureWords).values(state=LookState.DONE))
    classify.look_at_pictures()
    look = look_of(media)
    assert look.state is LookState.DONE and look.finished_at
    assert 57 <= len(look.faces) <= 61
    cells = {((left + wide // 2) // 180, (top + tall // 2) // 180) for left, top, wide, tall in look.faces}
    assert len(cells) >= 57, "each in another place of the picture, the right way up"
    first, second = look.faces[:2]
    assert first[0] < second[0] and abs(first[1] - second[1]) < 90, "numbered row by row"


def certificate() -> bytes:
    """A photograph, nearly, of a child's certificate on a wall, hung a little askew."""
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    paper = Image.new("RGB", (760, 360), "ivory")
    draw = ImageDraw.Draw(paper)
    draw.text(
        (60, 50), "Star of the week", font=ImageFont.truetype(fonts / "DejaVuSerif.ttf", 40), fill="navy"
    )
    draw.text(
        (60, 180), "Rosa Ainsworth", font=ImageFont.truetype(fonts / "DejaVuSans.ttf", 64), fill="black"
    )
    wall = Image.new("RGB", (1400, 1000), (150, 120, 100))
    wall.paste(paper.rotate(4, expand=True, fillcolor=(150, 120, 100)), (300, 280))
    out = BytesIO()
    wall.save(out, "JPEG", quality=80)
    return out.getvalue()


def test_the_text_inside_is_read_and_nobody_is_found_where_nobody_is(
    session: Session,
    school_people: dict[Role, Person],
    teacher: Person,
    make_account: Callable[..., Account],
    caplog: pytest.LogCaptureFixture,
) -> None:
    media = add(session, teacher, certificate())
    scenes.make_pupil(session, school_people[Role.DPO], "Rosa Ainsworth", consented=True, now=db.now())
    content = scenes.content(
        make_account("x"), at=db.now() + timedelta(hours=1), pictures=(scenes.choice(media),)
    )
    draft = drafts.save(session, None, content, by=teacher, now=db.now())
    session.commit()
    scenes.submit(session, draft, teacher, db.now())
    assert looking.look_at_one()
    look = look_of(media)
    assert look.state is LookState.DONE and look.faces == [], "the faces first: somebody waits for them"
    assert looking.look_at_one()
    with db.reading() as fresh:
        words = fresh.get_one(PictureWords, media.id)
        told = scenes.mails(fresh, "name_in_picture", teacher)
    assert words.state is LookState.DONE
    assert {"Star of the week", "Rosa Ainsworth"} <= set(words.lines)
    assert len(told) == 1, "it was handed in before (P27)"
    assert not looking.look_at_one(), "nothing waits any more"
    assert "Rosa" not in caplog.text


def test_the_places_are_those_of_the_picture_where_its_copy_is_smaller(
    session: Session, teacher: Person
) -> None:
    media = add(session, teacher, scenes.picture_bytes(900, 600))
    look = looks.take(session, lease=timedelta(minutes=1), now=db.now())
    assert look is not None
    looks.record(session, look, looks.Faces(450, 300, faces=((10, 20, 30, 40),)), now=db.now())
    session.commit()
    assert look_of(media).faces == [[20, 40, 60, 80]]


def test_a_look_that_breaks_off_is_tried_again_and_then_said(
    session: Session, teacher: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = add(session, teacher, scenes.picture_bytes(900, 600))
    # No Python at all: as where the machine kills it, nothing is said on standard output.
    monkeypatch.setattr(sys, "executable", "/bin/false")
    for attempt in range(1, looks.ATTEMPTS_MAX + 1):
        with pytest.raises(looking.NotSeen):
            looking.look_at_one()
        look = look_of(media)
        assert look.attempts == attempt
        assert look.state is (LookState.FAILED if attempt == looks.ATTEMPTS_MAX else LookState.WAITING)
        session.execute(sa.update(PictureLook).values(lease_until=None))
        session.commit()
    assert looks.standing(session, now=db.now()) == (0, 1)
    assert looks.standing(session, now=db.now() + timedelta(minutes=11)) == (1, 1), "its words wait still"
    looks.ask(session, media.id, now=db.now())
    session.commit()
    assert look_of(media).state is LookState.WAITING and looks.waits(session)


def test_a_worker_that_is_told_to_stop_lets_go_at_once(session: Session, teacher: Person) -> None:
    media = add(session, teacher, class_photo(5, 12, 90))
    assert not looking.look_at_one(lambda: True)
    look = look_of(media)
    assert (look.state, look.attempts, look.lease_until) == (LookState.WAITING, 0, None)


def test_of_two_workers_one_looks(session: Session, teacher: Person) -> None:
    media = add(session, teacher, scenes.picture_bytes())
    moment = datetime.now(db.now().tzinfo)
    first = looks.take(session, lease=timedelta(minutes=1), now=moment)
    other = looks.take(session, lease=timedelta(minutes=1), now=moment)
    assert first is not None and other is not None and other.kind is PictureWords
    assert looks.take(session, lease=timedelta(minutes=1), now=moment) is None
    late = moment + timedelta(minutes=2)
    second = looks.take(session, lease=timedelta(minutes=1), now=late)
    assert second is not None and second.media_id == media.id
    seen = looks.Faces(640, 480, faces=())
    assert not looks.record(session, first, seen, now=late), "it was taken for dead"
    assert looks.record(session, second, seen, now=late)


def test_a_bomb_never_reaches_it(session: Session, teacher: Person) -> None:
    with pytest.raises(pictures.BadInput, match="million"):
        add(session, teacher, scenes.bomb_png(40_000, 40_000))
    assert not looks.waits(session)
    assert settings().lease > timedelta(seconds=looking.SECONDS_MOST), "no second worker takes it meanwhile"
