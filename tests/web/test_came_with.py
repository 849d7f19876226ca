"""Pictures that came with a comment are kept only where a person asks, and from nowhere else (P17, P22)."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from PIL import Image
from pypdf import PdfReader
from sqlalchemy.orm import Session

from connectors import media
from connectors.base import Platform
from moderation import came_with, chain, erasing
from moderation.decisions import Outcome
from moderation.models import CameWith, CameWithState, LogEvent, ReferTo
from school import secrets
from school.db import new_id, now, reading, transaction
from school.models import Account, AuditEntry, Person, Role
from school.settings import settings
from tests.connectors.scripted import Reply, Scripted
from tests.moderation import scenes
from tests.moderation.platform import ScriptedPlatform, comment
from tests.moderation.scenes import PresentClock
from tests.web.conftest import Browser
from worker import rounds

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def picture(kind: str = "JPEG", **save: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 30, 30)).save(out, kind, **save)
    return out.getvalue()


@pytest.mark.parametrize(
    ("address", "platform", "own", "may"),
    [
        ("https://pbs.twimg.com/media/a.jpg", Platform.X, "", True),
        ("https://scontent-ssn1-1.xx.fbcdn.net/v/a.jpg?oh=1", Platform.FACEBOOK, "", True),
        ("https://scontent-gmp1-1.cdninstagram.com/v/a.jpg", Platform.INSTAGRAM, "", True),
        ("https://pbs.twimg.com./media/a.jpg", Platform.X, "", True),
        ("http://pbs.twimg.com/media/a.jpg", Platform.X, "", False),
        ("https://pbs.twimg.com:8443/media/a.jpg", Platform.X, "", False),
        ("https://x@pbs.twimg.com/media/a.jpg", Platform.X, "", False),
        ("https://pbs.twimg.com@127.0.0.1/a.jpg", Platform.X, "", False),
        ("https://eviltwimg.com/a.jpg", Platform.X, "", False),
        ("https://twimg.com.evil.test/a.jpg", Platform.X, "", False),
        ("https://evil.test/.twimg.com", Platform.X, "", False),
        ("https://evil.test\\.twimg.com/a", Platform.X, "", False),
        ("https://evil.test#.twimg.com", Platform.X, "", False),
        ("https://scontent.xx.fbcdn.net/a.jpg", Platform.X, "", False),
        ("https://169.254.169.254/latest/meta-data", Platform.FACEBOOK, "", False),
        ("https://[::1]/a.jpg", Platform.FACEBOOK, "", False),
        ("file:///etc/passwd", Platform.X, "", False),
        ("https://pbs.twimg.com:a/", Platform.X, "", False),
        ("", Platform.X, "", False),
        ("http://127.0.0.1:4000/pictures/x/1.jpg", Platform.X, "http://127.0.0.1:4000", True),
        ("http://127.0.0.1:4001/pictures/x/1.jpg", Platform.X, "http://127.0.0.1:4000", False),
        ("http://localhost:4000/pictures/x/1.jpg", Platform.X, "http://127.0.0.1:4000", False),
        ("https://pbs.twimg.com/media/a.jpg", Platform.X, "http://127.0.0.1:4000", False),
    ],
)
def test_only_the_platforms_own_picture_servers_are_asked(
    address: str, platform: Platform, own: str, may: bool
) -> None:
    """What a stranger writes must not make the school's server ask its own network for anything."""
    assert media.on_platform(address, platform, own=own) is may


def test_whatever_a_picture_server_answers_is_a_sentence_or_a_clean_picture(server: Scripted) -> None:
    jpeg = {"content-type": "image/jpeg"}
    exif = Image.Exif()
    exif[0x010F] = "SecretPhone"
    for reply, kept, again, said in (
        (Reply(200, picture(exif=exif), jpeg), True, False, ""),
        (Reply(200, picture("PNG"), {"content-type": "image/png; charset=x"}), True, False, ""),
        (Reply(302, b"", {"location": f"{server.url}/elsewhere"}), False, False, "status 302"),
        (Reply(403, b"", jpeg), False, False, "gives the picture no more"),
        (Reply(503, b"", jpeg), False, True, "status 503"),
        (Reply(200, picture(), {"content-type": "text/html"}), False, False, "no picture"),
        (Reply(200, b"<svg/>", jpeg), False, False, "can’t be read as a picture"),
        (Reply(200, bytes(9 * 1024 * 1024), jpeg), False, False, "more than 8 MB"),
        (Reply(200, picture(), jpeg, fault="truncate"), False, True, "broke before"),
    ):
        server.answers(reply)
        claim = came_with.PictureClaim(
            id=new_id(), platform=Platform.X, practice=True, address=f"{server.url}/a", lease_until=now()
        )
        found = came_with.fetch(claim, own=server.url, timeout=5)
        assert (bool(found.data), found.again) == (kept, again), said
        assert said in found.problem
        if kept:
            with Image.open(io.BytesIO(found.data)) as clean:
                assert clean.format == "JPEG" and not clean.getexif()
            assert b"SecretPhone" not in found.data
    assert {one.path for one in server.received} == {"/a"}, "nobody is sent on to another address"
    asked = len(server.received)
    found = came_with.fetch(replace(claim, attempts=6), own=server.url, timeout=5)
    assert found.problem and not found.again and len(server.received) == asked, "what ends workers is left"


@SQLITE
def test_p22_a_picture_is_asked_for_fetched_kept_and_erased(
    session: Session,
    make_account: Callable[..., Account],
    school_people: dict[Role, Person],
    signed_in: Callable[[Role], Browser],
    server: Scripted,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SCHOOLGATE_GRAPH_URL", server.url)
    settings.cache_clear()
    server.answers(Reply(200, picture(), {"content-type": "image/jpeg"}))
    account, clock = make_account("facebook", identity_id="school"), PresentClock()
    [entry_id] = scenes.flagged(
        account.id,
        ScriptedPlatform(),
        clock,
        comment(1, "idiot", attachment_urls=(f"{server.url}/a.jpg", "https://169.254.169.254/latest")),
    )
    path = f"/moderation/{entry_id}"
    slt, head, moderator = (signed_in(one) for one in (Role.SLT, Role.HEADTEACHER, Role.MODERATOR))
    shown = slt.get(path).text
    assert "None is fetched unless somebody asks" in shown and "must never be copied" in shown
    assert "Keep picture 1" not in moderator.get(path).text
    assert moderator.post(f"{path}/came-with/1", path, no_indecent_picture="yes").status_code == 404
    refused = slt.post(f"{path}/came-with/1", path)
    assert refused.status_code == 400 and "Tick that you looked at the picture" in refused.text
    assert slt.post(f"{path}/came-with/3", path, no_indecent_picture="yes").status_code == 404
    assert not rounds.fetch_picture() and server.received == [], "nothing by itself"
    for browser in (slt, head):
        assert browser.post(f"{path}/came-with/1", path, no_indecent_picture="yes").status_code == 302
    assert server.received == [], "a page asks no server"
    assert "being fetched" in slt.get(path).text and slt.get(f"{path}/came-with/1").status_code == 404
    with transaction() as working:
        assert working.scalar(sa.select(sa.func.count()).select_from(CameWith)) == 1, "twice is once"
        taken = came_with.claim(working, lease=settings().lease, now=now())
        assert taken is not None
        assert came_with.claim(working, lease=settings().lease, now=now()) is None, "one worker alone"
        working.execute(sa.update(CameWith).values(lease_until=None))
    with transaction() as working:
        assert not came_with.record(working, taken, came_with.Fetched(picture()), now=now()), "it lost it"
    assert rounds.fetch_picture() and not rounds.fetch_picture()
    [asked] = server.received
    assert asked.path == "/a.jpg" and "authorization" not in asked.headers and "cookie" not in asked.headers
    assert slt.post(f"{path}/came-with/2", path, no_indecent_picture="yes").status_code == 302
    assert rounds.fetch_picture() and len(server.received) == 1
    shown = slt.get(path).text
    assert "Show picture 1" in shown and "not on the platform’s own picture servers" in shown
    assert "Picture that came with it kept" in shown and "once more" in shown
    got = slt.get(f"{path}/came-with/1")
    assert got.mimetype == "image/jpeg" and got.headers["Cache-Control"] == "no-store"
    assert moderator.get(f"{path}/came-with/1").status_code == 404
    pack = PdfReader(io.BytesIO(slt.post(f"{path}/evidence", path).data))
    assert pack.attachments["came-with-1.jpeg"] == [got.data]
    text = " ".join(" ".join(page.extract_text() for page in pack.pages).split())
    assert "Picture 1 of 2 that came with it" in text
    with reading() as fresh:
        row = fresh.scalars(sa.select(CameWith).where(CameWith.state == CameWithState.KEPT)).one()
        assert row.sealed is not None and secrets.is_sealed(row.sealed)
        assert chain.verify(fresh) is None
        said = [one.detail["sha256"] for one in fresh.scalars(sa.select(LogEvent)) if one.detail.get("place")]
        assert said == [row.sha256]
        trail = fresh.scalars(sa.select(AuditEntry).where(AuditEntry.action == "picture_asked_for"))
        assert len(trail.all()) == 2
        whole = row.sealed
    with transaction() as working:
        working.execute(sa.update(CameWith).values(sealed=secrets.encrypt(picture("PNG"))))
    with transaction() as working:
        assert chain.verify(working) is not None, "another picture in its place is noticed"
        assert slt.get(f"{path}/came-with/1").status_code == 404
        working.execute(sa.update(CameWith).where(CameWith.id == row.id).values(sealed=None))
        assert chain.verify(working) is not None, "and so is none in its place"
        working.execute(sa.update(CameWith).where(CameWith.id == row.id).values(sealed=whole))
    scenes.decide(
        entry_id, Outcome.REFER, by=school_people[Role.SLT], clock=clock, refer_to=ReferTo.CHAIR,
        about_headteacher=True,
    )  # fmt: skip
    assert head.get(f"{path}/came-with/1").status_code == 404
    assert head.post(f"{path}/came-with/2", "/me", no_indecent_picture="yes").status_code == 404
    assert signed_in(Role.CHAIR).get(f"{path}/came-with/1").status_code == 200
    with transaction() as working:
        erasing.erase_entries(working, [entry_id], now())
    with reading() as fresh:
        assert fresh.scalars(sa.select(CameWith)).all() == [] and chain.verify(fresh) is None
