"""What its author and whoever decides read of a post while there is time: how soon, how many, what now."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask

from approvals import schedule
from approvals.models import Draft
from school import db
from school.models import Account
from school.times import LONDON, in_minutes
from tests.web.conftest import Browser
from tests.web.test_whole_series import hand_in_all, repeated
from tests.web.writing import decide, fields, mailed_token, mails, write

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-1, ""),
        (0, ""),
        (40, "in less than a minute"),
        (61, "in 1 minute"),
        (225, "in 3 minutes"),
        (3599, "in 59 minutes"),
        (3600, ""),
    ],
)
def test_how_soon_a_moment_comes(seconds: int, said: str, database: str) -> None:
    now = datetime(2027, 6, 3, 9, tzinfo=LONDON)
    assert in_minutes(now + timedelta(seconds=seconds), now) == said


def test_a_post_that_comes_in_minutes_says_so_in_the_mail_and_on_both_pages(
    app: Flask, teacher: Browser, head: Browser, x: Account
) -> None:
    # Planned to the minute, so in a few of them: how many depends on the second at which this runs.
    at = (db.now() + timedelta(minutes=4)).replace(second=0, microsecond=0)
    path = write(teacher, x, at=at)
    [mail] = mails("approval_request")
    plain = mail.get_body(("plain",))
    asks = re.match(r"Decide within ([23] minutes): ", str(mail["Subject"]))
    assert plain is not None and asks is not None
    said = f"Its time comes in {asks[1]}: what nobody has approved by then is not published."
    assert said in plain.get_content()
    for page in (
        head.get(path),
        teacher.get(path),
        Browser(app.test_client()).get(f"/approve/{mailed_token()}"),
    ):
        assert "Its time comes in " in page.text
    decide(app, mailed_token())
    assert "Its time comes in " not in head.get(path).text, "it is decided"


def test_a_missed_post_stands_as_missed_until_its_author_changes_it(
    teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    path = write(teacher, x, at=later)
    with db.transaction() as working:
        assert schedule.miss_unapproved(working, now=later) == 1
    for page in (teacher.get(path).text, teacher.get("/drafts").text, head.get(path).text):
        assert "missed: not approved in time</span>" in page and "being written</span>" not in page
    assert "move it to a new time and hand it in again" in teacher.get(path).text
    assert "Its author can choose a new time" in head.get(path).text
    edit, at = f"{path}/edit", later + timedelta(days=1)
    assert teacher.post(edit, edit, **fields(x, at=at, based_on="1", do="save")).status_code == 302
    assert "being written</span>" in teacher.get(path).text
    assert "missed: not approved in time</span>" not in teacher.get("/drafts").text


def test_the_first_page_says_how_many_more_are_on_their_way(
    teacher: Browser, x: Account, later: datetime
) -> None:
    path, _others = repeated(teacher, x, later, weeks=6)
    hand_in_all(teacher, path)
    mine = teacher.get("/").text.split('id="mine"')[1]
    assert len(re.findall('href="/drafts/[0-9a-f-]{36}"', mine)) == 5 and ">and 2 more</a>" in mine
    more = mine.split(">and 2 more</a>")[0].rpartition('href="')[2].rstrip('"')
    assert teacher.get(more).text.count("waiting for approval</span>") == 7


def test_repeating_says_that_one_signature_hands_the_rest_in_and_names_the_days(
    teacher: Browser, x: Account, later: datetime
) -> None:
    on = later.astimezone(LONDON)
    path = write(teacher, x, at=later, do="save", text=f"On {on:%A} we swim")
    begun: dict[str, str] = {"series": str(uuid4()), "rhythm": "weekly"}
    begun["until"] = f"{on + timedelta(weeks=2):%Y-%m-%d}"
    address = f"{path}/repeat"
    assert "Once this post is handed in, those that still say the same can be" in teacher.get(address).text
    page = teacher.post(address, address, **begun, do="show").text
    days = [f"{on + timedelta(weeks=week):%A} {(on + timedelta(weeks=week)).day} " for week in range(3)]
    shown = page.split("<ol>")[1].split("</ol>")[0]
    assert shown.count("<li>") == 3 and all(day in shown for day in days) and "(this post)" in shown
    assert "Is that right for each of the days?" not in page, "each of them is that day"
    teacher.post(address, address, **begun, do="begin")
    said = "2 drafts are begun. Hand this post in: then one press hands them in, too"
    assert said in teacher.get(path).text
    teacher.post(f"{path}/submit", path, revision="1")
    teacher.post(address, address, **{**begun, "series": str(uuid4())}, do="begin")
    assert "You can hand" in teacher.get(path).text


def test_what_is_thrown_away_is_named_and_can_be_written_anew(
    teacher: Browser, x: Account, later: datetime
) -> None:
    path, others = repeated(teacher, x, later)
    fold = teacher.get(others[0]).text.split('id="throw-away"')[1].split("</details>")[0]
    assert "“Write a new one like it” on it begins a draft with the same words." in fold
    answer = teacher.post(f"{others[0]}/throw-away", others[0])
    page = teacher.get(answer.headers["Location"]).text
    assert "“The summer fair is on Saturday at noon.” is thrown away. If you want it after all: " in page
    new = page.split("If you want it after all: ")[1].partition('href="')[2].partition('"')[0]
    assert new == f"/drafts/new?copy={others[0][-36:]}"
    form = teacher.get(new, follow_redirects=True).text
    assert "The summer fair is on Saturday at noon." in form
    thrown = teacher.get(others[0]).text
    assert "<summary>It was one of a series</summary>" in thrown
    assert "<summary>1 of a series of 3</summary>" in teacher.get(path).text
    with db.reading() as looking:
        draft = looking.get_one(Draft, UUID(others[0][-36:]))
        assert draft.thrown_away_at is not None
