"""A link is shown as the platforms will, and one that leads nowhere is told of before approval (P14)."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image
from sqlalchemy.orm import Session

from approvals import link_looks, retention_rules
from approvals.models import LinkLook, LinkState
from connectors.public_web import Reach
from school import retention
from school.db import now, reading, transaction
from school.models import Account
from school.settings import settings
from tests.connectors.scripted import Received, Reply, Scripted
from tests.web.conftest import Browser
from tests.web.writing import fields, mailed_token, rows, write

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
LEASE = timedelta(minutes=5)


def reach(server: Scripted) -> Reach:
    """A web in which every site is that server, but one that nobody has."""

    def resolve(host: str, port: int) -> Sequence[str]:
        if host == "www.larkfeild.example":
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return ["127.0.0.1"]

    return Reach(allowed=lambda ip: ip.is_loopback, port_allowed=lambda *_: True, resolve=resolve)


def picture(side: int = 900) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side // 2), (30, 90, 200)).save(out, "PNG")
    return out.getvalue()


def site(request: Received) -> Reply:
    kind = {"content-type": "text/html; charset=utf-8"}
    if request.path == "/news":
        return Reply(
            200,
            b"<title>News</title><meta property='og:title' content='Year 4 &lt;b&gt; and the owls'>"
            b"<meta property='og:description' content='What the owls ate'>"
            b"<meta property='og:image' content='/owl.png'>",
            kind,
        )
    if request.path == "/owl.png":
        return Reply(200, picture(), {"content-type": "image/png"})
    if request.path == "/broken-picture":
        return Reply(200, b"<title>Broken</title><meta property='og:image' content='/broken.png'>", kind)
    if request.path == "/broken.png":
        return Reply(200, b"\x89PNG\r\n\x1a\n" + b"0" * 5000, {"content-type": "image/png"})
    if request.path == "/letter.pdf":
        return Reply(200, b"%PDF", {"content-type": "application/pdf"})
    if request.path == "/short":
        return Reply(302, b"", {"location": "http://elsewhere.example:1/x"} | kind)
    if request.path == "/members":
        return Reply(403, b"", kind)
    return Reply(404, b"", kind)


def work(server: Scripted) -> int:
    """Do what a worker does until nothing waits; how many addresses were looked at."""
    count = 0
    while True:
        with transaction() as session:
            claim = link_looks.claim(session, lease=LEASE, now=now())
        if claim is None:
            return count
        found = link_looks.look(claim, reach=reach(server))
        with transaction() as session:
            assert link_looks.record(session, claim, found, now=now())
        count += 1


def test_author_and_approver_see_the_card_and_are_told_of_a_dead_link(
    app: Flask,
    teacher: Browser,
    head: Browser,
    x: Account,
    make_account: Callable[..., Account],
    server: Scripted,
    later: datetime,
) -> None:
    server.script = site
    port = server._server.server_address[1]
    facebook = make_account("facebook", handle="Larkfield Primary")
    instagram = make_account("instagram", handle="larkfield.primary")
    link = f"http://www.larkfield.example:{port}/news"
    dead = f"http://www.larkfield.example:{port}/gone"
    typed = fields(x, facebook, instagram, at=later, link=link, text=f"Look: {dead}.")
    asked = {**typed, "csrf_token": teacher.token("/drafts/new")}
    # While somebody types, nothing is asked of half an address.
    assert not teacher.client.post("/drafts/look", data=asked).json["links_wait"]
    assert not rows(sa.select(LinkLook))
    told = teacher.client.post("/drafts/look", data={**asked, "settled": "yes"}).json
    assert told["links_wait"]
    assert "is looking at what the links lead to" in told["html"]
    # Asked again by everybody who looks, it is asked for once.
    teacher.client.post("/drafts/look", data={**asked, "settled": "yes"})
    assert work(server) == 2
    told = teacher.client.post("/drafts/look", data={**asked, "settled": "yes"}).json
    assert not told["links_wait"]
    assert "Year 4 &lt;b&gt; and the owls" in told["html"]
    assert told["html"].count("What the owls ate") == 1
    assert "Instagram shows a link as text that nobody can press" in told["html"]
    assert f'The link <a href="{dead}" rel="noreferrer noopener"' in told["html"]
    assert f"{dead}</a> leads nowhere: its site says that there is no such page (status 404)." in told["html"]
    assert '<a href="#text">Change it</a>' in told["html"], "the place of what is wrong can't be pressed"
    page = write(teacher, x, facebook, at=later, link=link, text=f"Look: {dead}.")
    [row] = rows(sa.select(LinkLook).where(LinkLook.address == link))
    for body, often in (
        # Beside the link, and with what was noticed: on top for its author, at the decision for who decides.
        (teacher.get(page).text, 2),
        (head.get(page).text, 2),
        (head.get(f"/approve/{mailed_token()}").text, 2),
    ):
        assert "Year 4 &lt;b&gt; and the owls" in body
        assert body.count("leads nowhere") == often
    for path in (f"/drafts/links/{row.id}", f"/approve/{mailed_token()}/link-picture/1"):
        answer = head.get(path)
        assert answer.content_type == "image/jpeg"
        with Image.open(io.BytesIO(answer.data)) as shown:
            assert shown.size == (600, 300)
    visitor = Browser(app.test_client())
    assert visitor.get(f"/drafts/links/{row.id}").status_code == 302
    assert visitor.get(f"/approve/{mailed_token()}/link-picture/2").status_code == 404
    # Nothing that identifies the school goes along.
    assert {request.headers["user-agent"] for request in server.received} == {
        "Mozilla/5.0 (compatible; Schoolgate link preview)"
    }
    # Without scripts the button asks.
    answer = teacher.post(
        "/drafts/new", "/drafts/new", **{**typed, "do": "preview", "link": f"{link}?page=2"}
    )
    assert "is looking at what the links lead to" in answer.text


def test_what_is_found_is_said_as_it_is(database: str, session: Session, server: Scripted) -> None:
    server.script = site
    port = server._server.server_address[1]
    wanted = {
        "letter.pdf": (LinkState.OTHER, "Opens a PDF", ""),
        "members": (LinkState.UNSURE, "", "people only (status 403)"),
        "broken-picture": (LinkState.PAGE, "Broken", ""),
        "short": (LinkState.UNSURE, "", "no connection"),
    }
    with transaction() as making:
        for path in wanted:
            assert link_looks.ask(making, [f"http://a.example:{port}/{path}"], now=now())
        link_looks.ask(making, ["https://www.larkfeild.example/"], now=now())
        link_looks.ask(making, ["http://127.0.0.1/admin"], now=now())
    moment = now()
    for _ in range(20):
        with transaction() as claiming:
            claim = link_looks.claim(claiming, lease=LEASE, now=moment)
            # Nobody else has it meanwhile.
            second = link_looks.claim(claiming, lease=LEASE, now=moment)
        if claim is None:
            break
        inside = "127.0.0.1" in claim.address
        found = link_looks.look(claim, reach=None if inside else reach(server))
        with transaction() as recording:
            link_looks.record(recording, claim, found, now=moment)
        assert second is None or second.id != claim.id
        if second is not None:
            with transaction() as recording:
                recording.execute(
                    sa.update(LinkLook)
                    .where(LinkLook.id == second.id)
                    .values(lease_until=None, attempts=second.attempts - 1)
                )
        moment += timedelta(minutes=2)
    known = {row.address.rpartition("/")[2]: row for row in rows(sa.select(LinkLook))}
    for path, (state, title, problem) in wanted.items():
        row = known[path]
        assert (row.state, row.title, problem in row.problem) == (state, title, True), (path, row.problem)
    assert not known["broken-picture"].has_picture
    # Without a connection it was tried more than once; an answer is an answer.
    assert (known["short"].attempts, known["members"].attempts) == (link_looks.ATTEMPTS_MAX, 1)
    assert known["admin"].state is LinkState.UNSURE
    assert "own, not to the public web" in known["admin"].problem
    assert known[""].state is LinkState.DEAD
    assert "no site called www.larkfeild.example" in known[""].problem


def test_a_page_that_ends_its_worker_each_time_is_given_up(database: str, session: Session) -> None:
    with transaction() as making:
        link_looks.ask(making, ["https://www.larkfield.example/"], now=now())
    moment, claims = now(), 0
    while True:
        moment += LEASE
        with transaction() as claiming:
            claim = link_looks.claim(claiming, lease=LEASE, now=moment)
        assert claim is not None
        claims += 1
        if claims <= link_looks.ATTEMPTS_MAX:
            # Killed here.
            continue
        with transaction() as recording:
            assert link_looks.record(recording, claim, link_looks.look(claim), now=moment)
            # A worker that was thought lost has nothing to say any more.
            assert not link_looks.record(recording, claim, link_looks.look(claim), now=moment)
        [row] = rows(sa.select(LinkLook))
        assert row.state is LinkState.UNSURE
        assert "broken off" in row.problem
        return


def test_what_was_found_is_asked_for_anew_a_day_later_and_then_forgotten(
    database: str, session: Session, teacher: Browser, x: Account, server: Scripted, later: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    server.script = site
    link = f"http://www.larkfield.example:{server._server.server_address[1]}/news"
    write(teacher, x, at=later, link=link)
    assert work(server) == 1

    def ask_again(at: datetime) -> int:
        with transaction() as asking:
            return link_looks.ask_for_waiting(asking, now=at)

    assert ask_again(now()) == 0
    monkeypatch.setenv("SCHOOLGATE_LINK_PREVIEWS", "false")
    settings.cache_clear()
    assert ask_again(now() + timedelta(days=2)) == 0
    monkeypatch.delenv("SCHOOLGATE_LINK_PREVIEWS")
    settings.cache_clear()
    # It waits for a decision: whoever decides tomorrow is told how it is then.
    assert ask_again(now() + timedelta(days=2)) == 1
    server.answers(Reply(410, b"", {}))
    work_at = now() + timedelta(days=2)
    with transaction() as claiming:
        claim = link_looks.claim(claiming, lease=LEASE, now=work_at)
    assert claim is not None
    with transaction() as recording:
        link_looks.record(recording, claim, link_looks.look(claim, reach=reach(server)), now=work_at)
    [row] = rows(sa.select(LinkLook))
    assert (row.state, row.has_picture) == (LinkState.DEAD, False)
    rule = retention.by_key(retention_rules.RULES)["links"]
    with transaction() as erasing:
        assert retention.erase_batch(erasing, rule, now=now() + timedelta(days=1)) == 0
    with transaction() as erasing:
        assert retention.erase_batch(erasing, rule, now=now() + timedelta(days=4)) == 1
    with reading() as looking:
        assert looking.scalar(sa.select(sa.func.count()).select_from(LinkLook)) == 0
