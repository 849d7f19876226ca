"""The practice platforms' pages: what the public sees, acting as anybody, the switches, the mailbox."""

from __future__ import annotations

import io
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from connectors.base import Platform
from connectors.practice.servers import PracticePlatforms
from school.db import transaction
from school.models import Role
from school.settings import settings
from school.setup import current_school
from tests.web.conftest import Browser
from web.app import create_app

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def picture() -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (40, 30), "#2b7d77").save(kept, "PNG")
    return kept.getvalue()


@pytest.mark.parametrize(
    ("platform", "kind"),
    [(Platform.FACEBOOK, "visitor_post"), (Platform.FACEBOOK, "tag"), (Platform.INSTAGRAM, "tag")],
)
def test_anybody_posts_on_the_page_or_tags_the_school(
    platform: Platform, kind: str, practice: PracticePlatforms, signed_in: Callable[[Role], Browser]
) -> None:
    teacher, wall = signed_in(Role.STAFF), f"/practice/{platform}"
    refused = teacher.post(f"{wall}/elsewhere", wall, kind=kind, author="", text="Look at this")
    assert refused.status_code == 400 and "whose post is it" in refused.text
    assert "Look at this" in refused.text
    assert teacher.post(f"{wall}/elsewhere", wall, kind="nonsense", author="A", text="b").status_code == 400
    done = teacher.post(f"{wall}/elsewhere", wall, kind=kind, author="Kev Sour", text="What <a> school!")
    assert done.status_code == 302 and "What &lt;a&gt; school!" in teacher.get(wall).text
    [made] = practice.world.elsewhere(platform, kind)
    assert teacher.post(f"{wall}/elsewhere/{made.id}", wall).status_code == 302
    assert practice.world.elsewhere(platform, kind) == []
    assert teacher.post(f"{wall}/elsewhere/{made.id}", wall).status_code == 404


@pytest.mark.parametrize("platform", list(Platform))
def test_the_wall_shows_what_visitors_see(
    platform: Platform, practice: PracticePlatforms, signed_in: Callable[[Role], Browser]
) -> None:
    world, teacher = practice.world, signed_in(Role.STAFF)
    shown = world.add_picture(platform, picture(), alt_text="A green square")
    post = world.publish(platform, "Sports day is on Friday.", picture_ids=[shown.id])
    world.say(platform, post.id, "Ann Baker", "See you there <b>all</b>")
    hidden = world.say(platform, post.id, "Kev Sour", "hidden words of Kev")
    world.set_hidden(platform, hidden.id, True)
    page = teacher.get(f"/practice/{platform}").text
    assert "Sports day is on Friday." in page and "See you there &lt;b&gt;all&lt;/b&gt;" in page
    assert 'alt="A green square"' in page and "hidden words of Kev" not in page and "1 hidden" in page
    assert "hidden words of Kev" in teacher.get(f"/practice/{platform}/people").text
    sent = teacher.get(f"/practice/{platform}/pictures/{shown.id}")
    assert sent.data == picture() and sent.content_type == "image/png"


def test_commenting_as_anybody_and_answering(
    practice: PracticePlatforms, signed_in: Callable[[Role], Browser]
) -> None:
    world, teacher = practice.world, signed_in(Role.STAFF)
    post = world.publish(Platform.FACEBOOK, "The fair is on Saturday.")
    path, page = "/practice/facebook/comments", "/practice/facebook"
    assert (
        teacher.post(path, page, post_id=post.id, author="Joe Public", text="Can’t wait! 🎉").status_code
        == 302
    )
    [said] = world.comments(Platform.FACEBOOK, post_id=post.id)
    assert (said.author.name, said.text) == ("Joe Public", "Can’t wait! 🎉")
    answer = teacher.post(
        path, page, post_id=post.id, parent_id=said.id, author="Meg", text="Nor can I", kind="x"
    )
    assert answer.status_code == 302 and "Nor can I" in teacher.get(page).text
    edited = teacher.post(f"{path}/{said.id}", page, text="Can’t come after all")
    assert (
        edited.status_code == 302 and world.comment(Platform.FACEBOOK, said.id).text == "Can’t come after all"
    )
    assert teacher.post(f"{path}/{said.id}", page, do="delete").status_code == 302
    assert world.comment(Platform.FACEBOOK, said.id).deleted_by == "author"


def test_a_comment_that_cant_be_is_refused_and_kept(
    practice: PracticePlatforms, signed_in: Callable[[Role], Browser]
) -> None:
    world, teacher = practice.world, signed_in(Role.STAFF)
    post = world.publish(Platform.FACEBOOK, "The fair is on Saturday.")
    path, page = "/practice/facebook/comments", "/practice/facebook"
    for fields, says in (
        ({"author": "", "text": "words kept"}, "whose comment is it"),
        ({"author": "Joe", "text": ""}, "A comment needs 1 to"),
        ({"author": "Joe", "text": "word " * 30_000}, "A comment needs 1 to"),
    ):
        answer = teacher.post(path, page, post_id=post.id, **fields)
        assert answer.status_code == 400 and says in answer.text
        assert fields["text"][:40] in answer.text
    blocked = world.add_person(Platform.FACEBOOK, "Shut Out")
    world.block(Platform.FACEBOOK, blocked.id)
    answer = teacher.post(path, page, post_id=post.id, author="Shut Out", text="let me in")
    assert answer.status_code == 400 and "blocked this person" in answer.text and "let me in" in answer.text


def test_following_asking_and_deciding_on_the_platform(
    practice: PracticePlatforms, signed_in: Callable[[Role], Browser]
) -> None:
    world, teacher = practice.world, signed_in(Role.STAFF)
    page = "/practice/x/people"
    assert teacher.post("/practice/x/follow", page, name="Ann Newcomer", bio="gardener").status_code == 302
    assert [follow.person.name for follow in world.followers(Platform.X)] == ["Ann Newcomer"]
    assert teacher.post("/practice/x/protected", page, protected="yes").status_code == 302
    teacher.post("/practice/x/follow", page, name="Bob Asking")
    [request] = world.requests()
    assert "Bob Asking" in teacher.get(page).text
    assert teacher.post(f"/practice/x/people/{request.person.id}", page, do="accept").status_code == 302
    assert world.follow_state(Platform.X, request.person.id) == "follower"
    assert teacher.post(f"/practice/x/people/{request.person.id}", page, do="block").status_code == 302
    assert [block.person.id for block in world.blocked(Platform.X)] == [request.person.id]
    assert teacher.post(f"/practice/x/people/{request.person.id}", page, do="eat").status_code == 400
    assert teacher.post("/practice/x/people/999", page, do="accept").status_code == 404


def test_switches_are_turned_on_and_off(
    practice: PracticePlatforms, signed_in: Callable[[Role], Browser]
) -> None:
    manager, page = signed_in(Role.NETWORK_MANAGER), "/practice/faults"
    values = {"platform": "x", "kind": "publish", "fault": "reset_after", "percent": "50", "next_n": "2"}
    assert manager.post(page, page, **values).status_code == 302
    [switch] = practice.world.faults.current()
    assert (switch.rule.probability, switch.rule.next_n) == (0.5, 2)
    assert "hangs up without an answer" in manager.get(page).text
    for wrong, field in (
        ({"percent": "lots"}, "percent"),
        ({"percent": "0"}, "percent"),
        ({"percent": "nan"}, "percent"),
        ({"next_n": "0"}, "next_n"),
        ({"next_n": "inf"}, "next_n"),
        ({"next_n": "nan"}, "next_n"),
        ({"seconds": "90000"}, "seconds"),
        ({"fault": "earthquake"}, "fault"),
        ({"platform": "facebook", "fault": "out_of_credit"}, "fault"),
    ):
        answer = manager.post(page, page, **{**values, **wrong})
        assert answer.status_code == 400 and f'id="{field}-error"' in answer.text, wrong
    assert manager.post(f"{page}/clear", page).status_code == 302
    assert practice.world.faults.current() == []


def test_without_practice_platforms_the_page_says_so(app: Flask) -> None:
    real = Browser(create_app().test_client())
    assert real.sign_in("teacher@larkfield.test").status_code == 302
    page = real.get("/practice")
    assert page.status_code == 200 and "No practice platforms are running" in page.text
    assert real.get("/practice/x").status_code == 404
    assert real.get("/practice/faults").status_code == 404


# The mailbox


def arrive(home: Path, to: str, name: str = "20270603T084000.000000Z-0123abcd.eml") -> str:
    """A mail as the built-in server keeps it."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Schoolgate <a@larkfield.test>", to, "A post waits: “Fair” 🎪"
    mail.set_content("Decide here: http://127.0.0.1:8000/approve/abc-123.\nThank you <b>.")
    mail.add_alternative(
        '<p style="color:red">Look</p><img src="cid:one"><script>alert(1)</script>'
        '<a href="http://127.0.0.1:8000/approve/abc-123">Decide</a>',
        subtype="html",
    )
    html = mail.get_payload()[1]  # type: ignore[index]
    html.add_related(picture(), "image", "png", cid="<one>")  # type: ignore[union-attr]
    folder = home / "mailbox"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(bytes(mail))
    return name


def test_a_mail_is_listed_and_shown_with_pictures_and_links(
    settings_home: Path, signed_in: Callable[[Role], Browser]
) -> None:
    browser = signed_in(Role.STAFF)
    assert "No mail yet" in browser.get("/practice/mailbox").text
    name = arrive(settings_home, "Margaret <head@larkfield.test>")
    assert "A post waits: “Fair” 🎪" in browser.get("/practice/mailbox").text
    page = browser.get(f"/practice/mailbox/{name}").text
    assert 'href="http://127.0.0.1:8000/approve/abc-123"' in page and "&lt;b&gt;" in page
    assert "Thursday 3 June 2027, 9:40am" in page
    frame = browser.get(f"/practice/mailbox/{name}/html")
    assert 'src="data:image/png;base64,' in frame.text and '<base target="_top">' in frame.text
    policy = frame.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy
    assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert 'sandbox="allow-top-navigation-by-user-activation"' in page


def test_in_a_real_school_everybody_sees_their_own_mail_only(
    settings_home: Path,
    head: Browser,
    signed_in: Callable[[Role], Browser],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The links in a mail are for its reader alone."""
    # A real school demands one of the headteacher, which other tests are about.
    monkeypatch.setenv("SCHOOLGATE_SECOND_FACTOR", "off")
    settings.cache_clear()
    teacher = signed_in(Role.STAFF)
    with transaction() as session:
        school = current_school(session)
        assert school is not None
        school.practice = False
    name = arrive(settings_home, "Margaret <head@larkfield.test>")
    assert head.get(f"/practice/mailbox/{name}").status_code == 200
    for path in (f"/practice/mailbox/{name}", f"/practice/mailbox/{name}/html"):
        assert teacher.get(path).status_code == 404
    assert "A post waits" not in teacher.get("/practice/mailbox").text


def test_p3_a_mail_in_confidence_moves_nothing_for_who_may_not_read_it(
    settings_home: Path, head: Browser, signed_in: Callable[[Role], Browser]
) -> None:
    """An open mailbox must not say to the headteacher that mail has come when it is to the chair alone."""
    teacher, first = signed_in(Role.STAFF), arrive(settings_home, "Margaret <head@larkfield.test>")
    second = "20270603T084001.000000Z-0123abcd.eml"
    (settings_home / "mailbox" / second).write_bytes(
        b"Subject: Hello\r\nTo: Teacher@larkfield.test\r\nSensitivity: Private\r\n\r\nHello"
    )
    news = "/practice/mailbox/news"
    assert head.get(news).json == {"mark": first} and teacher.get(news).json == {"mark": second}
    assert second not in head.get("/practice/mailbox").text
    assert second in teacher.get("/practice/mailbox").text


@pytest.mark.parametrize(
    "name", ["../schoolgate.db", "..%2Fsecret.key", "secret.key", "20270603T084000.000000Z-0123abcd.eml"]
)
def test_no_other_file_is_shown(name: str, settings_home: Path, head: Browser) -> None:
    (settings_home / "mailbox").mkdir()
    assert head.get(f"/practice/mailbox/{name}").status_code == 404
