"""A video by page: taken in, prepared, played by whoever decides, held to its bytes (P12, P15, "
"P16, P24 to P29)."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from approvals import claims, erasing, publishing, takedowns, videos
from approvals.models import (
    Draft,
    Publication,
    RevisionVideo,
    Takedown,
    VideoFile,
    VideoMove,
    VideoPart,
    VideoPiece,
    VideoState,
)
from approvals.states import DraftState, PublicationState
from connectors.base import RemotePost
from school import consent, db, keys, secrets
from school.models import Account, ConsentKind, Person, Pupil, Role
from school.settings import settings
from tests.approvals import scenes
from tests.clips import PHONE, PLACE, clip, said_of
from tests.web.conftest import Browser
from tests.web.writing import count, decide, fields, mailed_token, only_draft, rows
from worker import filming

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
WORDS = {
    "video_alt": "Children race across the field; a bell rings.",
    "video_source": "Filmed by the office",
    "video_licence": "Owned by the school",
}


def send(
    browser: Browser, data: bytes, name: str = "race.mp4", *, page: str = "/drafts/new", **more: Any
) -> TestResponse:
    token = browser.token(page)
    return browser.client.post(
        page,
        data={"csrf_token": token, "new_video": (io.BytesIO(data), name), **more},
        content_type="multipart/form-data",
    )


def only_video() -> VideoFile:
    [video] = rows(sa.select(VideoFile))
    assert isinstance(video, VideoFile)
    return video


def copy_of(video: VideoFile) -> bytes:
    with db.reading() as session:
        return b"".join(videos.pieces(session, video.id, VideoPart.COPY))


def prepare() -> VideoFile:
    while filming.prepare_one():
        pass
    return only_video()


@pytest.fixture
def facebook(make_account: Callable[..., Account]) -> Account:
    return make_account("facebook", handle="Larkfield Primary")


@pytest.fixture
def instagram(make_account: Callable[..., Account]) -> Account:
    return make_account("instagram", handle="larkfield.primary")


@pytest.fixture
def filmed(teacher: Browser, x: Account, later: datetime) -> VideoFile:
    """A video of the teacher's, taken in and prepared."""
    answer = send(teacher, clip(4), **fields(x, at=later, do="video", text="With a film"))
    assert answer.status_code == 200 and "With a film" in answer.text
    return prepare()


def test_from_the_phone_to_the_approved_bytes(
    app: Flask, teacher: Browser, x: Account, facebook: Account, instagram: Account, later: datetime
) -> None:
    data = clip(4, suffix="mov", front=False)
    assert b"iPhone of Hannah" in data and PLACE.encode() in data
    answer = send(
        teacher, data, "IMG 0042.MOV", **fields(x, facebook, instagram, at=later, do="video", **WORDS)
    )
    assert answer.status_code == 200 and "being prepared" in answer.text
    video = only_video()
    assert video.state is VideoState.WAITING and video.original_bytes == len(data)
    # Nothing of it lies in the database as it came.
    for piece in rows(sa.select(VideoPiece.data)):
        assert secrets.is_sealed(piece) and b"iPhone of Hannah" not in piece
    assert teacher.get(f"/drafts/video/{video.id}").status_code == 404
    assert teacher.get(f"/drafts/video/{video.id}/state").json == {
        "settled": False,
        "words": "It is being prepared …",
    }
    early = teacher.post(
        "/drafts/new", "/drafts/new", **fields(x, facebook, instagram, at=later, video=str(video.id), **WORDS)
    )
    assert early.status_code == 400 and "still being prepared" in early.text
    video = prepare()
    assert (video.state, video.width, video.height) == (VideoState.READY, 320, 240)
    assert [move.new for move in rows(sa.select(VideoMove).order_by(VideoMove.id))] == [
        VideoState.WAITING,
        VideoState.PREPARING,
        VideoState.READY,
    ]
    copy = copy_of(video)
    said = said_of(copy)
    for mark in ("Rosa", "iPhone", "Apple", "51.5007", "location", "Chapter", "Subtitle", "Data:"):
        assert mark not in said and mark.encode() not in copy
    assert all(pair.partition("=")[2].encode() not in copy for pair in PHONE)
    assert "h264 (High)" in said and "yuv420p" in said and "aac (LC)" in said
    assert copy.find(b"moov") < copy.find(b"mdat")
    # The original went with its place and device.
    assert {piece.part for piece in rows(sa.select(VideoPiece))} == {VideoPart.COPY}

    draft = only_draft()
    edit = f"/drafts/{draft.id}/edit"
    page = teacher.get(edit).text
    assert "4 seconds" in page and f"/drafts/video/{video.id}/still" in page and "a bell rings" in page
    handed_in = teacher.post(
        edit,
        edit,
        **fields(x, facebook, instagram, at=later, video=str(video.id), based_on="1", **WORDS),
    )
    assert handed_in.status_code == 302, handed_in.text
    token = mailed_token()
    visitor = Browser(app.test_client())
    shown = visitor.get(f"/approve/{token}").text
    assert f"/approve/{token}/video" in shown and "a bell rings" in shown and "exactly what will be" in shown
    played = visitor.get(f"/approve/{token}/video")
    assert played.status_code == 200 and played.data == copy and played.mimetype == "video/mp4"
    part = visitor.get(f"/approve/{token}/video", headers={"Range": "bytes=1000-1999"})
    assert part.status_code == 206 and part.data == copy[1000:2000]
    assert part.headers["Content-Range"] == f"bytes 1000-1999/{len(copy)}"
    assert visitor.get(f"/approve/{token}/video", headers={"Range": "bytes=-100"}).data == copy[-100:]
    past = visitor.get(f"/approve/{token}/video", headers={"Range": f"bytes={len(copy)}-"})
    assert past.status_code == 416 and past.headers["Content-Range"] == f"bytes */{len(copy)}"
    assert visitor.get(f"/approve/{token}/still").data[:3] == b"\xff\xd8\xff"
    assert "media-src 'self'" in visitor.get(f"/approve/{token}").headers["Content-Security-Policy"]
    assert decide(app, token).status_code == 200
    assert visitor.get(f"/approve/{token}/video").status_code == 410
    publications = rows(sa.select(Publication))
    assert len(publications) == 3
    with db.transaction() as session:
        claim = publishing.claim(session, publications[0].id, now=later)
    assert claim is not None
    sent = claims.with_video(claim, db.reading).content.video
    assert sent is not None and hashlib.sha256(copy).hexdigest() == sent.sha256
    assert sent.read(10, 90) == copy[10:100] and sent.size == len(copy)


@SQLITE
def test_a_draft_saved_before_its_video_was_ready_is_handed_in_and_approved(
    app: Flask, teacher: Browser, x: Account, later: datetime
) -> None:
    send(teacher, clip(4), **fields(x, at=later, do="video", **WORDS))
    waiting = only_video()
    early = teacher.post("/drafts/new", "/drafts/new", **fields(x, at=later, video=str(waiting.id), **WORDS))
    assert early.status_code == 400 and "still being prepared" in early.text
    prepare()
    page = f"/drafts/{only_draft().id}"
    assert teacher.post(f"{page}/submit", page, revision="1").status_code == 302
    answer = decide(app, mailed_token())
    assert answer.status_code == 200, answer.text
    [publication] = rows(sa.select(Publication))
    with db.transaction() as session:
        assert publishing.claim(session, publication.id, now=later) is not None


@SQLITE
def test_bytes_changed_after_the_approval_are_not_published(
    app: Flask, teacher: Browser, x: Account, filmed: VideoFile, later: datetime
) -> None:
    answer = teacher.post("/drafts/new", "/drafts/new", **fields(x, at=later, video=str(filmed.id), **WORDS))
    assert answer.status_code == 302, answer.text
    assert decide(app, mailed_token()).status_code == 200
    with db.transaction() as session:
        piece = session.scalars(sa.select(VideoPiece).order_by(VideoPiece.number)).first()
        assert piece is not None
        piece.data = secrets.encrypt(secrets.decrypt(piece.data)[:-1] + b"x")
    [publication] = rows(sa.select(Publication))
    with db.transaction() as session:
        assert publishing.claim(session, publication.id, now=later) is None
    [publication] = rows(sa.select(Publication))
    assert (
        publication.state is PublicationState.HELD and "not exactly what was approved" in publication.problem
    )


@SQLITE
def test_a_video_asks_for_consent_to_videos_and_goes_when_that_is_withdrawn(
    app: Flask,
    teacher: Browser,
    x: Account,
    filmed: VideoFile,
    later: datetime,
    school_people: dict[Role, Person],
    session: Session,
) -> None:
    officer = school_people[Role.DPO]
    moment = db.now()
    rosa = scenes.make_pupil(session, officer, "Rosa Ainsworth", consented=True, now=moment)
    shown = {"video": str(filmed.id), "none_shown": "", "pupil": str(rosa.id), **WORDS}
    refused = teacher.post("/drafts/new", "/drafts/new", **fields(x, at=later, **shown))
    assert refused.status_code == 400
    assert "Rosa Ainsworth has no consent for videos on " in refused.text
    with db.transaction() as working:
        given = consent.record_consent(
            working,
            working.get_one(Pupil, rosa.id),
            kind=ConsentKind.VIDEO,
            given_by="A parent",
            first_day=moment.date() - timedelta(days=1),
            last_day=moment.date() + timedelta(days=100),
            by=working.get_one(Person, officer.id),
            now=moment,
        ).id
    edit = f"/drafts/{only_draft().id}/edit"
    named = {**shown, "video_alt": "Rosa Ainsworth wins the race."}
    refused = teacher.post(edit, edit, **fields(x, at=later, based_on="1", **named))
    assert refused.status_code == 400 and "is in the description of “race.mp4” beside a video" in refused.text
    answer = teacher.post(edit, edit, **fields(x, at=later, based_on="2", **shown))
    assert answer.status_code == 302, answer.text
    assert decide(app, mailed_token()).status_code == 200
    [publication] = rows(sa.select(Publication))
    with db.transaction() as working:
        assert publishing.claim(working, publication.id, now=later) is not None
        row = working.get_one(Publication, publication.id)
        publishing.publish_as(
            working,
            row,
            RemotePost("77", "t", moment, url="https://x.com/s/status/77"),
            reason="",
            now=moment,
        )
    for kind, opened in ((ConsentKind.IMAGE, 0), (ConsentKind.VIDEO, 1)):
        with db.transaction() as working:
            pupil = working.get_one(Pupil, rosa.id)
            [found] = [one for one in pupil.consents if one.kind is kind]
            consent.withdraw(
                working, found.id, reason="By letter", by=working.get_one(Person, officer.id), now=db.now()
            )
        with db.transaction() as working:
            assert len(takedowns.open_for_withdrawn_consent(working, now=db.now())) == opened
    assert count(Takedown) == 1 and given


@SQLITE
@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"", "empty.mp4", "“empty.mp4” is not a video that can be read"),
        (b"\xff\xd8\xff\xe0" + bytes(3000), "photo.mp4", "is not a video that can be read"),
        (b"#EXTM3U\nhttp://127.0.0.1:1/secret", "list.mp4", "is not a video that can be read"),
    ],
)
def test_what_is_no_video_is_refused_at_once(
    teacher: Browser, x: Account, later: datetime, data: bytes, name: str, says: str
) -> None:
    answer = send(teacher, data, name, **fields(x, at=later, do="video", text="Typed before"))
    assert answer.status_code == 400 and says in answer.text and "Typed before" in answer.text
    assert count(VideoFile) == 0


@SQLITE
def test_a_video_too_large_is_refused_by_name_and_nothing_of_it_is_kept(
    teacher: Browser, x: Account, later: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHOOLGATE_MAX_VIDEO_BYTES", str(1024 * 1024))
    settings.cache_clear()
    data = clip(4) + bytes(1024 * 1024)
    answer = send(teacher, data, "long.mp4", **fields(x, at=later, do="video", text="Typed before"))
    assert answer.status_code == 400 and "“long.mp4” is too large: at most 1 MB are taken" in answer.text
    assert "Typed before" in answer.text and count(VideoFile) == count(VideoPiece) == 0
    assert list(videos.work_folder().iterdir()) == []


@SQLITE
@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda: clip(10)[: len(clip(10)) // 2], "ends after 5 of the 10 seconds"),
        (lambda: clip(10, front=False)[:60_000], "is cut off"),
        (lambda: b"\x1aE\xdf\xa3" + bytes(5000), "is not a video that can be read"),
        (lambda: clip(603, "32x32", sound=False), "is 10:03 minutes long: at most 10 minutes"),
    ],
)
def test_a_broken_or_long_video_is_refused_in_a_sentence_and_forgotten(
    teacher: Browser, x: Account, later: datetime, made: Callable[[], bytes], says: str
) -> None:
    assert send(teacher, made(), **fields(x, at=later, do="video")).status_code == 200
    video = prepare()
    assert video.state is VideoState.REFUSED and says in (video.problem or "")
    assert count(VideoPiece) == 0 and list(videos.work_folder().iterdir()) == []
    told = teacher.get(f"/drafts/video/{video.id}/state").json
    assert told is not None and told["settled"] and says in told["words"]
    refused = teacher.post("/drafts/new", "/drafts/new", **fields(x, at=later, video=str(video.id), **WORDS))
    assert refused.status_code == 400 and says in refused.text and "Take it out of the post" in refused.text


@SQLITE
def test_what_each_platform_takes_is_said(
    teacher: Browser,
    x: Account,
    facebook: Account,
    instagram: Account,
    later: datetime,
    session: Session,
    school_people: dict[Role, Person],
) -> None:
    accounts = (x, facebook, instagram)
    send(teacher, clip(2, "64x64", sound=False), **fields(*accounts, at=later, do="video"))
    short = prepare()
    media = scenes.add_picture(session, school_people[Role.STAFF], db.now())
    answer = teacher.post(
        "/drafts/new",
        "/drafts/new",
        **fields(*accounts, at=later, video=str(short.id), media=str(media.id), **WORDS),
    )
    assert answer.status_code == 400
    for said in (
        "X shows pictures or one video in a post, not both",
        "Facebook shows pictures or one video in a post, not both",
        "Instagram would mix them, which Schoolgate does not",
        "takes no video shorter than 3 seconds; “race.mp4” has 2.0",
    ):
        assert said in answer.text
    with db.transaction() as working:
        row = working.get_one(VideoFile, short.id)
        row.seconds = 150.0
    answer = teacher.post("/drafts/new", "/drafts/new", **fields(x, at=later, video=str(short.id), **WORDS))
    assert (
        answer.status_code == 400
        and "takes videos of at most 2:20 minutes; “race.mp4” has 2:30 minutes" in answer.text
    )


@SQLITE
def test_nobody_else_sees_it_and_a_form_sent_twice_keeps_it_once(
    app: Flask,
    teacher: Browser,
    head: Browser,
    x: Account,
    filmed: VideoFile,
    later: datetime,
    signed_in: Callable[[Role], Browser],
) -> None:
    address = f"/drafts/video/{filmed.id}"
    for path in (address, f"{address}/still", f"{address}/state"):
        assert teacher.get(path).status_code == 200
        assert head.get(path).status_code == 404
        assert signed_in(Role.MODERATOR).get(path).status_code == 404
        assert Browser(app.test_client()).get(path).status_code == 302
    begins = "begins", "0195d1a4-0000-7000-8000-000000000001"
    for _ in range(2):
        send(teacher, clip(4, sound=False), **fields(x, at=later, do="video"), **dict([begins]))
    assert count(VideoFile) == 2
    answer = teacher.post(
        "/drafts/new", "/drafts/new", **fields(x, at=later, do="save", video=str(filmed.id), **WORDS)
    )
    assert answer.status_code == 302
    # The headteacher sees all drafts, and now it is in one.
    assert head.get(address).status_code == 200
    [shown] = rows(sa.select(RevisionVideo))
    assert shown.alt_text == WORDS["video_alt"]
    draft = only_draft()
    assert draft.state is DraftState.DRAFT
    with db.transaction() as session:
        assert session.scalars(sa.select(VideoFile.id).where(erasing.video_used())).all() == [filmed.id]
        erasing.erase_drafts(session, [draft.id], db.now())
    assert count(Draft) == 0 and filmed.id not in {one.id for one in rows(sa.select(VideoFile))}
    assert filmed.id not in {one.video_id for one in rows(sa.select(VideoPiece))}


def test_a_lost_worker_is_followed_by_another_and_may_keep_nothing_more(
    teacher: Browser, x: Account, later: datetime, tmp_path: Path
) -> None:
    send(teacher, clip(4), **fields(x, at=later, do="video"))
    lease = timedelta(minutes=2)
    with db.transaction() as session:
        lost = videos.claim(session, lease=lease, now=db.now())
    assert lost is not None
    with db.transaction() as session:
        videos.keep_piece(session, lost.video_id, VideoPart.COPY, 0, b"half a copy")
    with db.transaction() as session:
        assert videos.claim(session, lease=lease, now=db.now()) is None
        other = videos.claim(session, lease=lease, now=db.now() + timedelta(minutes=3))
    assert other is not None and other.video_id == lost.video_id
    with db.transaction() as session:
        assert videos.read(session, lost.video_id, VideoPart.COPY, 0, 100) == b""
        with pytest.raises(videos.VideoClaimLost):
            videos.keep_lease(session, lost, lease=lease, now=db.now())
    with db.transaction() as session, pytest.raises(videos.VideoClaimLost):
        videos.record_refused(session, lost, "No", now=db.now())
    # A third worker is lost as well: it is not tried for ever.
    with db.transaction() as session:
        assert videos.claim(session, lease=lease, now=db.now() + timedelta(minutes=9)) is not None
    with db.transaction() as session:
        assert videos.claim(session, lease=lease, now=db.now() + timedelta(minutes=18)) is None
    video = only_video()
    assert video.state is VideoState.REFUSED and "tried 3 times" in (video.problem or "")


@SQLITE
def test_a_video_whose_key_is_lost_is_said_to_be_and_stops_its_post(
    teacher: Browser, x: Account, filmed: VideoFile, later: datetime
) -> None:
    answer = teacher.post(
        "/drafts/new", "/drafts/new", **fields(x, at=later, do="save", video=str(filmed.id), **WORDS)
    )
    assert answer.status_code == 302
    assert {str(place) for place in keys.places()} >= {"video_pieces.data", "videos.poster"}
    with db.transaction() as session:
        pieces = session.scalars(sa.select(VideoPiece.id)).all()
        assert videos.mark_lost(session, [pieces[0]], now=db.now()) == 1
        assert videos.mark_lost(session, [pieces[0]], now=db.now()) == 0
    page = teacher.get(str(answer.headers["Location"])).text
    assert (
        "the secret key that it was encrypted with is lost" in page and "Hand it in for approval" not in page
    )
    assert teacher.get(f"/drafts/video/{filmed.id}").status_code == 404


@SQLITE
def test_broken_uploads_and_folders_left_behind_are_swept(
    teacher: Browser, school_people: dict[Role, Person]
) -> None:
    with db.transaction() as session:
        person = session.get_one(Person, school_people[Role.STAFF].id)
        video = videos.begin(session, db.new_id(), "half.mp4", by=person, now=db.now())
        session.flush()
        videos.keep_piece(session, video.id, VideoPart.ORIGINAL, 0, b"half")
    left, used = (videos.work_folder() / name for name in ("video-left", "video-used"))
    left.mkdir()
    (left / "original").write_bytes(b"x")
    lock = filming.FileLock(used / "lock")
    used.mkdir()
    assert lock.take()
    assert filming.sweep() == 1 and not left.exists() and used.exists()
    lock.free()
    with db.transaction() as session:
        assert videos.sweep(session, now=db.now()) == 0
        assert videos.sweep(session, now=db.now() + timedelta(hours=3)) == 1
    assert count(VideoFile) == count(VideoPiece) == 0
