"""What pages say in a school's own words, and where their links lead in a practice school."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from connectors.practice.servers import PracticePlatforms
from school.db import now
from school.models import Account, Role
from school.settings import settings
from tests.web.conftest import Browser
from tests.web.writing import decide, mailed_token, write
from web.addresses import on_platform
from web.app import create_app

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

MENU = re.compile(r'class="nav-link[^"]*" href="([^"]+)"')


@pytest.mark.parametrize("role", list(Role))
def test_troubles_are_in_the_menu_of_those_who_may_see_them(
    role: Role, signed_in: Callable[[Role], Browser]
) -> None:
    browser = signed_in(role)
    seen = browser.get("/troubles").status_code == 200
    assert seen == (role in {Role.HEADTEACHER, Role.SLT, Role.NETWORK_MANAGER})
    assert ("/troubles" in MENU.findall(browser.get("/").text)) == seen


def test_the_trail_and_my_account_name_things_as_people_do(
    app: Flask, signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    account = make_account("x")
    teacher, head = signed_in(Role.STAFF), signed_in(Role.HEADTEACHER)
    path = write(teacher, account, at=(now() + timedelta(days=2)).replace(hour=12, minute=0))
    assert decide(app, mailed_token()).status_code == 200
    trail = head.get("/audit").text
    said = " ".join(re.sub(r"<[^>]+>", "", trail).split())
    assert "Hannah Birtwistle began or changed the post “" in said and " approved the post “" in said
    assert " scheduled the post “" in said and f'<a href="{path}">the draft</a>' in trail
    assert f"<dt>Account</dt><dd>X @{account.handle}</dd>" in trail
    assert "None" not in trail and "draft_" not in trail
    assert f"X @{account.handle}" in teacher.get("/me").text


def test_links_of_a_practice_school_lead_to_what_plays_the_platform(
    app: Flask, practice: PracticePlatforms
) -> None:
    with app.test_request_context():
        assert on_platform("https://x.com/i/web/status/7", "post", "7") == "/practice/x#post-7"
        assert on_platform("https://www.facebook.com/1/posts/2", "comment", "2_3") == (
            "/practice/facebook#comment-2_3"
        )
        assert on_platform("https://www.instagram.com/mum", "block", "9") == (
            "/practice/instagram/people#person-9"
        )
        assert on_platform("javascript:alert(1)") == on_platform("") == ""
        assert on_platform("https://forum.example/1") == "https://forum.example/1"
    with create_app().test_request_context():
        assert on_platform("https://x.com/i/web/status/7", "post", "7") == "https://x.com/i/web/status/7"


def test_an_open_mailbox_hears_of_new_mail(signed_in: Callable[[Role], Browser]) -> None:
    browser = signed_in(Role.STAFF)
    assert browser.get("/practice/mailbox/news").json == {"mark": ""}
    name = "20270603T084000.000000Z-0123abcd.eml"
    settings().mailbox_folder.mkdir(parents=True, exist_ok=True)
    (settings().mailbox_folder / name).write_bytes(
        b"Subject: Hello\r\nTo: teacher@larkfield.test\r\n\r\nHello"
    )
    assert browser.get("/practice/mailbox/news").json == {"mark": name}
    assert f'data-mark="{name}"' in browser.get("/practice/mailbox").text
