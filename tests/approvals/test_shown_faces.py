"""Faces that nobody is marked for are asked about, before handing in and before approving (P26, P28)."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from approvals import drafts, looks, shown_faces
from approvals.models import LookState, MediaFile, PictureLook, PupilsAppear
from approvals.previews import preview
from school.models import Account, Person, Pupil
from tests.approvals import scenes

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def seen(session: Session, media: MediaFile, faces: int, state: LookState = LookState.DONE) -> None:
    """What a worker found in a picture."""
    look = session.get_one(PictureLook, media.id)
    look.state, look.faces = state, [[10 + 40 * place, 10, 30, 40] for place in range(faces)]
    session.commit()


@pytest.mark.parametrize(
    ("faces", "marked", "asked"),
    [
        (0, 0, []),
        (1, 1, []),
        (1, 0, ["In “fair.jpg” 1 face can be seen and no pupil is marked: who is it?"]),
        (4, 0, ["In “fair.jpg” 4 faces can be seen and no pupil is marked: who are they?"]),
        (4, 2, ["In “fair.jpg” 4 faces can be seen and 2 pupils are marked: who are the others?"]),
        (2, 1, ["In “fair.jpg” 2 faces can be seen and 1 pupil is marked: who is the other?"]),
    ],
)
def test_more_faces_than_pupils_are_asked_about(
    session: Session,
    teacher: Person,
    x: Account,
    rosa: Pupil,
    tobias: Pupil,
    now: datetime,
    later: datetime,
    faces: int,
    marked: int,
    asked: list[str],
) -> None:
    media = scenes.add_picture(session, teacher, now)
    seen(session, media, faces)
    pupils = tuple(pupil.id for pupil in (rosa, tobias)[:marked])
    draft = drafts.save(
        session,
        None,
        scenes.content(
            x, at=later, pictures=(scenes.choice(media),), pupil_ids=pupils, none_shown=not pupils
        ),
        by=teacher,
        now=now,
    )
    revision = drafts.current_revision(session, draft)
    assert shown_faces.warnings(session, revision) == asked
    shown = preview(session, draft, revision)
    assert list(shown.warnings[: len(asked)]) == asked
    assert shown.pictures[0].faces.startswith(
        ("No face was", "1 face was", f"{faces} faces were")[min(faces, 2)]
    )


def test_the_approver_reads_it_in_the_mail(
    session: Session, teacher: Person, head: Person, x: Account, now: datetime, later: datetime
) -> None:
    media = scenes.add_picture(session, teacher, now)
    seen(session, media, 3)
    draft = drafts.save(
        session, None, scenes.content(x, at=later, pictures=(scenes.choice(media),)), by=teacher, now=now
    )
    scenes.submit(session, draft, teacher, now)
    [mail] = scenes.mails(session, "approval_request", head)
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        assert "3 faces can be seen and no pupil is marked: who are they?" in body.get_content()


def test_a_picture_that_could_not_be_looked_at_says_so(
    session: Session, teacher: Person, x: Account, now: datetime, later: datetime
) -> None:
    media, old = scenes.add_picture(session, teacher, now), scenes.add_picture(session, teacher, now)
    session.delete(session.get_one(PictureLook, old.id))
    session.commit()
    draft = drafts.save(
        session,
        None,
        scenes.content(x, at=later, pictures=(scenes.choice(media), scenes.choice(old))),
        by=teacher,
        now=now,
    )
    revision = drafts.current_revision(session, draft)
    [second] = shown_faces.warnings(session, revision)
    [first] = shown_faces.unfinished(session, revision)
    assert "still being looked at" in first and "was not looked at" in second
    seen(session, media, 0, LookState.FAILED)
    assert "was not looked at" in shown_faces.warnings(session, revision)[0]
    looks.ask(session, old.id, now=now)
    session.flush()
    assert len(shown_faces.warnings(session, revision)) == 1
    assert "still being looked at" in shown_faces.unfinished(session, revision)[0]


def test_who_is_only_named_is_none_of_the_faces(
    session: Session, teacher: Person, x: Account, rosa: Pupil, now: datetime, later: datetime
) -> None:
    media = scenes.add_picture(session, teacher, now)
    seen(session, media, 1)
    draft = drafts.save(
        session,
        None,
        scenes.content(
            x,
            at=later,
            pictures=(scenes.choice(media),),
            pupil_ids=(rosa.id,),
            none_shown=False,
            pupils_appear=PupilsAppear.NAMED,
        ),
        by=teacher,
        now=now,
    )
    [asked, *_] = shown_faces.warnings(session, drafts.current_revision(session, draft))
    assert asked == "In “fair.jpg” 1 face can be seen and no pupil is marked as seen: who is it?"
