"""Publishing a video through the real connectors: killed in the middle, unanswered, and never twice (P12)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from io import BytesIO
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import claims, publishing, reconciling, video_digest, videos
from approvals.content import VideoChoice
from approvals.models import Publication, VideoFile, VideoPart, VideoPiece
from approvals.steps import DurableSteps
from connectors.base import Platform
from connectors.practice.faults import Fault
from connectors.practice.servers import PracticePlatforms
from school import db, secrets
from school.models import Account, Person
from tests.approvals import scenes
from tests.approvals.test_real_platforms import Tripwire, connector, look, state
from tests.clips import clip
from worker import filming

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ALL = pytest.mark.parametrize("filmed", list(Platform), indirect=True)


class Killed(BaseException):
    """The worker was killed here."""


def prepared(session: Session, by: Person, now: datetime) -> UUID:
    """A video taken in and prepared as the pages and the worker do it."""
    video_id = db.new_id()
    videos.begin(session, video_id, "race.mp4", by=by, now=now)
    session.flush()
    # Longer than a piece: the film has an empty box of two megabytes at its end.
    data = BytesIO(clip(4, "640x480"))
    size, number = len(data.getvalue()), 0
    while piece := data.read(videos.PIECE):
        videos.keep_piece(session, video_id, VideoPart.ORIGINAL, number, piece)
        number += 1
    videos.arrived(session, video_id, size, by=by, now=now)
    session.commit()
    assert filming.prepare_one()
    return video_id


@pytest.fixture
def filmed(
    request: pytest.FixtureRequest,
    session: Session,
    platforms: PracticePlatforms,
    teacher: Person,
    head: Person,
    make_account: Callable[..., Account],
    now: datetime,
) -> Publication:
    """A post with a video, approved; on the platform of the test's parameter."""
    account = scenes.connected(Platform(request.param), platforms, make_account)
    video_id = prepared(session, teacher, now)
    choice = VideoChoice(video_id=video_id, alt_text="A race", source="The office", licence="Ours")
    _draft, [made] = scenes.approved(
        session, teacher, head, now - timedelta(hours=1), account, at=now, text="The race 🏃", video=choice
    )
    session.commit()
    return made


def attempt(
    publication: Publication,
    platforms: PracticePlatforms,
    reading: Callable[[], AbstractContextManager[Session]] = db.reading,
    fault: Fault | None = None,
) -> str:
    """One attempt as the worker makes it; the state it led to."""
    with db.transaction() as working:
        claim = publishing.claim(working, publication.id, now=db.now())
    if claim is None:
        return str(state(publication)["state"])
    claim = claims.with_video(claim, reading)
    steps = Tripwire(claim, platforms, fault) if fault else DurableSteps(db.transaction, claim, db.now)
    outcome = publishing.send(claim, connector(publication, platforms), steps)
    with db.transaction() as working:
        return publishing.record(working, claim, outcome, now=db.now()).state.value


def until_settled(publication: Publication, platforms: PracticePlatforms) -> str:
    ended = attempt(publication, platforms)
    for _ in range(10):
        if ended != "scheduled":
            break
        with db.transaction() as working:
            # What would be some seconds' wait.
            working.get_one(Publication, publication.id).next_try_at = db.now()
        ended = attempt(publication, platforms)
    return ended


def shown(publication: Publication, platforms: PracticePlatforms) -> list[bytes]:
    world, platform = platforms.world, Platform(publication.account.platform)
    return [
        world.video_data(platform, post.video.id, 0, post.video.size) if post.video else b""
        for post in world.posts(platform)
    ]


def copy_of(session: Session) -> bytes:
    with db.reading() as looking:
        [video] = looking.query(VideoFile).all()
        return b"".join(videos.pieces(looking, video.id, VideoPart.COPY))


@ALL
def test_a_worker_killed_among_the_pieces_leaves_one_post_in_the_end(
    filmed: Publication, platforms: PracticePlatforms, session: Session
) -> None:
    def killed() -> AbstractContextManager[Session]:
        raise Killed

    with pytest.raises(Killed):
        attempt(filmed, platforms, killed)
    assert state(filmed)["state"] == "publishing" and shown(filmed, platforms) == []
    later = db.now() + timedelta(minutes=10)
    with db.transaction() as working:
        assert filmed.id in reconciling.due_looks(working, now=later)
        assert reconciling.claim_look(working, filmed.id, now=later) is None
    assert state(filmed)["state"] == "scheduled"
    with db.transaction() as working:
        working.get_one(Publication, filmed.id).next_try_at = db.now()
    assert until_settled(filmed, platforms) == "published"
    assert shown(filmed, platforms) == [copy_of(session)]
    assert state(filmed)["url"]


@ALL
def test_a_post_without_an_answer_is_found_and_there_once(
    filmed: Publication, platforms: PracticePlatforms, session: Session
) -> None:
    ended = attempt(filmed, platforms, fault=Fault.RESET_AFTER)
    for _ in range(10):
        if ended != "scheduled":
            break
        with db.transaction() as working:
            working.get_one(Publication, filmed.id).next_try_at = db.now()
        ended = attempt(filmed, platforms, fault=Fault.RESET_AFTER)
    if ended == "unknown":
        ended = look(filmed, platforms)
    assert ended == "published" and shown(filmed, platforms) == [copy_of(session)]
    assert until_settled(filmed, platforms) == "published"
    assert len(shown(filmed, platforms)) == 1


@pytest.mark.parametrize("filmed", [Platform.X], indirect=True)
def test_p12_a_film_is_hashed_before_the_claim_and_one_changed_since_is_not_sent(
    filmed: Publication, platforms: PracticePlatforms
) -> None:
    """P12: on SQLite everybody waits for the transaction that marks a post as being sent."""
    whole: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_more: object) -> None:
        if "video_pieces.data" in statement and "substr" not in statement:
            whole.append(statement)

    def claimed() -> bool:
        whole.clear()
        sa.event.listen(db.engine(), "before_cursor_execute", note)
        with db.transaction() as working:
            found = publishing.claim(working, filmed.id, now=db.now())
        sa.event.remove(db.engine(), "before_cursor_execute", note)
        return found is not None

    def change(statement: str, **values: object) -> None:
        with db.transaction() as working:
            working.execute(sa.text(statement), values)

    video_digest._made.clear()
    with db.reading() as looking:
        video_digest.prepare(looking, video_digest.of_publication(looking, filmed.id))
        kept = secrets.decrypt(looking.scalars(sa.select(VideoPiece.data)).first() or b"")
    # The same bytes sealed anew, as by a new key, are hashed anew, and are what was approved.
    change("UPDATE video_pieces SET data = :data WHERE number = 0", data=secrets.encrypt(kept))
    assert claimed() and whole
    change("UPDATE publications SET state = 'scheduled', lease_id = NULL, lease_until = NULL")
    assert claimed() and not whole
    # One byte is another one, since it was hashed.
    change("UPDATE publications SET state = 'scheduled', lease_id = NULL, lease_until = NULL")
    changed = kept[:-1] + bytes([kept[-1] ^ 1])
    change("UPDATE video_pieces SET data = :data WHERE number = 0", data=secrets.encrypt(changed))
    assert not claimed() and state(filmed)["state"] == "held"
    assert shown(filmed, platforms) == []
