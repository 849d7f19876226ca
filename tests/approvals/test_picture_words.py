"""Full names stop a draft in the text inside its pictures, too, and in the names of their files (P27)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import blurring, checks, drafts, late_names, pictures, publishing
from approvals.models import LookState, MediaFile, PictureWords, Publication
from approvals.moves import move_publication
from approvals.painting import Place
from approvals.previews import preview
from approvals.states import Actor, PublicationState
from school.models import Account, Person, Pupil
from tests.approvals import scenes

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def read(session: Session, media: MediaFile, *lines: str) -> None:
    """What a worker read inside a picture."""
    words = session.get_one(PictureWords, media.id)
    words.state, words.lines = LookState.DONE, list(lines)
    session.commit()


@pytest.mark.parametrize(
    ("lines", "stops"),
    [
        (["Star of the week", "Rosa Ainsworth"], True),
        (["ROSA", "AINSWORTH"], True),  # over two lines
        (["Certificate for RosaAinsworth"], True),  # the space was not read
        (["Rosa", "Year 5"], False),
        (["Ainsworth House"], False),
        ([], False),
    ],
)
def test_a_full_name_inside_a_picture_stops_the_draft(
    session: Session,
    teacher: Person,
    x: Account,
    rosa: Pupil,
    now: datetime,
    later: datetime,
    lines: list[str],
    stops: bool,
) -> None:
    media = scenes.add_picture(session, teacher, now)
    read(session, media, *lines)
    draft = drafts.save(
        session,
        None,
        scenes.content(x, at=later, pictures=(scenes.choice(media),)),
        by=teacher,
        now=now,
    )
    session.commit()
    if not stops:
        scenes.submit(session, draft, teacher, now)
        return
    with pytest.raises(checks.DraftRefused) as refused:
        scenes.submit(session, draft, teacher, now)
    [problem] = refused.value.problems
    assert problem.field == "pictures"
    assert "“Rosa Ainsworth”, is in the text inside “fair.jpg”" in problem.sentence
    assert problem.sentence.endswith("Blur that place or choose another picture.")


@pytest.mark.parametrize("name", ["rosa_ainsworth.jpg", "IMG RosaAinsworth2.jpg", "Rosa Ainsworth.HEIC"])
def test_a_full_name_in_the_name_of_a_file_stops_the_draft(
    session: Session, teacher: Person, x: Account, rosa: Pupil, now: datetime, later: datetime, name: str
) -> None:
    media = scenes.add_picture(session, teacher, now)
    media.filename = name
    draft = drafts.save(
        session, None, scenes.content(x, at=later, pictures=(scenes.choice(media),)), by=teacher, now=now
    )
    [problem] = checks.name_problems(session, drafts.current_revision(session, draft))
    assert problem.sentence.endswith("Rename the file and add it again.")


def test_what_is_read_late_stops_the_decision_and_the_publication(
    session: Session, teacher: Person, head: Person, x: Account, rosa: Pupil, now: datetime
) -> None:
    def written() -> tuple[MediaFile, dict[str, object]]:
        media = scenes.add_picture(session, teacher, now)
        return media, {"pictures": (scenes.choice(media),), "at": now + timedelta(hours=1)}

    media, more = written()
    draft = drafts.save(session, None, scenes.content(x, **more), by=teacher, now=now)  # type: ignore[arg-type]
    session.commit()
    scenes.submit(session, draft, teacher, now)
    shown = preview(session, draft, drafts.current_revision(session, draft))
    waits = "The text inside “fair.jpg” is still being read for names."
    assert waits in shown.unfinished and waits not in shown.warnings, "nothing is wrong yet"
    for kind in ("plain", "html"):
        body = scenes.mails(session, "approval_request")[-1].get_body((kind,))
        assert body is not None
        assert f"{waits} The page has what is found" in " ".join(body.get_content().split())
    assert late_names.tell(session, media.id, now=now) == 0, "nothing was read in it yet"
    read(session, media, "Rosa Ainsworth")
    # The author hears of it: nobody else can do anything about it.
    assert late_names.tell(session, media.id, now=now) == 1
    [told] = scenes.mails(session, "name_in_picture")
    text = told.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert teacher.email in told["To"] and "Choose what to blur" in " ".join(text.split())
    assert "Rosa" not in text + told["Subject"], "the page names the pupil, to whoever may see it"
    [said, *_] = preview(session, draft, drafts.current_revision(session, draft)).warnings
    assert "“Rosa Ainsworth”, is in the text inside “fair.jpg”" in said
    with pytest.raises(checks.DraftRefused, match="the text inside") as refused:
        scenes.approve(session, draft, head, now)
    assert refused.value.field == "decision", "the approver's page has no field of the draft's form"
    session.rollback()
    media, more = written()
    _draft, [publication] = scenes.approved(session, teacher, head, now, x, **more)
    read(session, media, "Rosa Ainsworth")
    assert publishing.claim(session, publication.id, now=now + timedelta(hours=1)) is None
    held = session.get_one(Publication, publication.id)
    assert held.state is PublicationState.HELD
    # Read once it is out: those who can take it down are told too.
    media, more = written()
    _draft, [publication] = scenes.approved(session, teacher, head, now, x, **more)
    for state in (PublicationState.PUBLISHING, PublicationState.PUBLISHED):
        move_publication(session, publication, state, actor=Actor.PRODUCT, by=None, reason="Out", now=now)
    read(session, media, "Rosa", "Ainsworth")
    assert late_names.tell(session, media.id, now=now) == 1
    out = [one for one in scenes.mails(session, "name_in_picture") if "a post that is out" in one["Subject"]]
    assert len(out) == 2 and teacher.email in str([one["To"] for one in out]), "the headteacher, once, too"


def test_p26_a_first_name_read_late_is_told_where_nobody_agreed_to_it(
    session: Session, teacher: Person, head: Person, x: Account, rosa: Pupil, now: datetime
) -> None:
    media = scenes.add_picture(session, teacher, now)
    marked = {"pupil_ids": (rosa.id,), "none_shown": False}
    what = scenes.content(x, at=now + timedelta(hours=1), pictures=(scenes.choice(media),), **marked)
    draft = drafts.save(session, None, what, by=teacher, now=now)
    session.commit()
    scenes.submit(session, draft, teacher, now)
    read(session, media, "Well done, Rosa!")
    assert late_names.tell(session, media.id, now=now) == 1
    assert [one["Subject"] for one in scenes.mails(session, "name_in_picture", teacher)]
    [said] = late_names.inside(session, drafts.current_revision(session, draft), now=now)
    assert "no consent for being named" in said and "blur that place" in said
    with pytest.raises(checks.DraftRefused, match="the text inside"):
        scenes.approve(session, draft, head, now)


def test_a_blurred_copy_is_read_by_itself(
    session: Session, teacher: Person, x: Account, rosa: Pupil, now: datetime, later: datetime
) -> None:
    media = scenes.add_picture(session, teacher, now)
    read(session, media, "Rosa Ainsworth")
    draft = drafts.save(
        session, None, scenes.content(x, at=later, pictures=(scenes.choice(media),)), by=teacher, now=now
    )
    session.commit()
    place = [Place(100, 100, 200, 80)]
    made = blurring.make(blurring.source(session, media.id), place)
    blurring.choose(
        session, draft.id, media.id, made, place, becomes=uuid4(), based_on=1, by=teacher, now=now
    )
    session.commit()
    revision = drafts.current_revision(session, draft)
    assert checks.name_problems(session, revision) == [], "the name that was there is blurred"
    [waiting] = session.scalars(sa.select(PictureWords).where(PictureWords.state == LookState.WAITING))
    assert waiting.media_id == revision.pictures[0].media_id
    copy = pictures.find(session, waiting.media_id)
    read(session, copy, "Rosa", "Ainsworth")
    assert checks.name_problems(session, revision), "unless it is not"
