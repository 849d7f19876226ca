"""What an author is asked about and what a mail says: each once, and with what to do next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from approvals import beside_media
from approvals.models import MediaFile
from school import consent, db
from school.models import Account, Role
from school.times import say
from tests.approvals import scenes
from tests.web.conftest import Browser
from tests.web.writing import decide, fields, mailed_token, mails, only_draft, rows, upload, write

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SHORT = "That is very short: say what somebody who can’t see it would miss."


@pytest.fixture
def later() -> datetime:
    return (db.now() + timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)


def test_a_description_that_says_nothing_is_asked_about_and_stops_nothing(
    app: Flask, signed_in: Callable[[Role], Browser], make_account: Callable[..., Account], later: datetime
) -> None:
    account, teacher = make_account("x"), signed_in(Role.STAFF)
    upload(
        teacher, "/drafts/new", scenes.picture_bytes(), "fair.jpg", **fields(account, at=later, do="pictures")
    )
    [media] = rows(sa.select(MediaFile.id))
    beside = {f"alt_{media}": "The", f"source_{media}": "HB", f"licence_{media}": "Taken by school staff"}
    path = write(teacher, account, at=later, media=str(media), **beside)
    page = teacher.get(path).text
    assert "Is that right?" in page and page.count(SHORT) == 1, "said once on its author's page"
    assert page.count("The owner of “fair.jpg” is “HB”.") == 1
    assert "What to look at stands at the top of this page." in page
    assert only_draft().state == "submitted"
    assert SHORT in Browser(app.test_client()).get(f"/approve/{mailed_token()}").text
    assert SHORT in signed_in(Role.HEADTEACHER).get(path).text


def test_what_is_long_enough_is_not_asked_about(database: str) -> None:
    assert beside_media.short("a.jpg", alt_text="Children race", source="Hannah B") == []
    assert beside_media.short("a.jpg", alt_text=" ", source="") == [], "what lacks is refused elsewhere"


def test_platforms_are_named_as_in_a_sentence(database: str) -> None:
    assert consent.in_words(["facebook", "instagram", "x"]) == "Facebook, Instagram and X"
    assert consent.in_words(["x"]) == "X"


def test_a_decision_is_said_once_in_its_mail_and_a_rejection_says_what_is_next(
    app: Flask, signed_in: Callable[[Role], Browser], make_account: Callable[..., Account], later: datetime
) -> None:
    account, teacher = make_account("x"), signed_in(Role.STAFF)
    for decision, words in (("approve", "approved it"), ("reject", "rejected it")):
        write(teacher, account, at=later, text=f"The fair: {decision}")
        decide(app, mailed_token(), decision=decision, reason="Not this year")
        mail = mails("decision")[-1]
        for kind in ("plain", "html"):
            body = mail.get_body((kind,))
            assert body is not None
            said = body.get_content()
            assert words in mail["Subject"] and said.count(words) == 1, said
            assert f"The fair: {decision}" in said, "the heading says which post"
            assert ("Write a new one like it" in said) is (decision == "reject")


def test_an_unsigned_checklist_asks_for_nothing_else(
    signed_in: Callable[[Role], Browser], make_account: Callable[..., Account], later: datetime
) -> None:
    account, teacher = make_account("x"), signed_in(Role.STAFF)
    for signed, otherwise in (([], False), (["neutral"], True)):
        form = fields(account, at=later, checklist=signed, text=f"The fair {len(signed)}")
        answer = teacher.post("/drafts/new", "/drafts/new", **form)
        assert answer.status_code == 400 and "read and tick every one" in answer.text
        assert ("tick every one, or change the post." in answer.text) is otherwise


def test_the_same_words_twice_are_asked_about_at_the_hand_in_the_decision_and_in_its_mail(
    app: Flask, signed_in: Callable[[Role], Browser], make_account: Callable[..., Account], later: datetime
) -> None:
    account, teacher = make_account("x"), signed_in(Role.STAFF)
    first = write(teacher, account, at=later)
    second = write(teacher, account, at=later)
    said = f"The same words are planned on X @larkfieldprimary for {say(later)}, in another post that waits"
    way = f'href="{first}">Look at the other post</a>'
    page = teacher.get(second).text
    assert "Is that right?" in page and page.count(said) == 1 and way in page
    for decides in (signed_in(Role.HEADTEACHER).get(second), Browser(app.test_client()).get(_link())):
        noticed = decides.text.partition('id="noticed"')[2]
        assert said in noticed and way in noticed
    for part in ("plain", "html"):
        body = mails("approval_request")[-1].get_body((part,))
        assert body is not None and said in " ".join(body.get_content().split())


def test_that_a_post_is_urgent_stands_once_and_at_the_top(
    app: Flask, signed_in: Callable[[Role], Browser], make_account: Callable[..., Account], later: datetime
) -> None:
    path = write(signed_in(Role.STAFF), make_account("x"), at=later, urgent="yes")
    for page in (signed_in(Role.HEADTEACHER).get(path), Browser(app.test_client()).get(_link())):
        above, _heading, below = page.text.partition('id="about"')
        assert "urgent: asks for a fast decision" in above and "urgent: asks" not in below


def _link() -> str:
    return f"/approve/{mailed_token()}"
