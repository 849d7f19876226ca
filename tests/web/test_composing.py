"""What the form of a post shows and offers while somebody writes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from approvals import day_words, odd_times
from approvals.models import Draft, DraftRemark
from approvals.states import DraftState
from connectors.base import Platform
from school import db, school_year
from school.models import Account, DatesKind, Person, Role
from school.times import LONDON
from tests.approvals import scenes
from tests.web.conftest import Browser
from tests.web.writing import count, decide, fields, mailed_token, mails, only_draft, upload, write

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_p16_a_post_is_shown_as_each_platform_shows_it_before_it_is_saved(
    teacher: Browser, x: Account, make_account: Callable[..., Account], later: datetime
) -> None:
    """By *Preview* without scripts and by the same drawing with them; counted as each platform counts."""
    instagram = make_account(Platform.INSTAGRAM.value)
    # X counts the bare address as 23.
    text = "Bring <b>wellies</b> #LarkfieldGrows www.larkfield.sch.uk " + "word " * 46
    typed = fields(x, instagram, at=later, text=text, do="preview")
    page = upload(teacher, "/drafts/new", scenes.picture_bytes(), "bulbs.jpg", **typed).text
    looks = page[page.index('id="look"') :]
    assert '<span class="pressable">#LarkfieldGrows</span>' in looks
    assert "Bring &lt;b&gt;wellies&lt;/b&gt;" in looks
    assert "… more" in looks and "bulbs.jpg" in page
    left = 280 - (len(text.strip()) - len("www.larkfield.sch.uk") + 23)
    assert f"{-left} too many" in looks and f">{-left} too many</b>" in page
    media = re.findall(r'name="media" value="([^"]+)"', page)
    told = teacher.post("/drafts/look", "/drafts/new", **typed, media=media).json
    assert told["left"] == {str(x.id): left, str(instagram.id): 2200 - len(text.strip())}
    assert told["html"].count(f"/media/{media[0]}") == 2
    assert count(Draft) == 0


def test_what_the_form_offers_goes_into_it_without_scripts(
    teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    """P13: a wording of the school's is put behind what is typed, and says what the post is for."""
    head.post("/drafts/templates/examples", "/drafts/templates")
    page = teacher.get("/drafts/new", follow_redirects=True).text
    [button] = re.findall(r'value="(template-[^"]+)"[^>]*>School is closed', page)
    typed = {"text": "Dear parents", "planned_date": "2027-12-25", "do": button}
    page = teacher.post("/drafts/new", "/drafts/new", **typed).text
    assert "Dear parents\n\n[School] is closed on" in page
    assert '<option value="parents" selected>' in page
    assert "is a bank holiday: Christmas Day" in page
    page = teacher.post("/drafts/new", "/drafts/new", **{**typed, "do": "hashtag-#Larkfield"}).text
    assert "Dear parents #Larkfield</textarea>" in page
    assert count(Draft) == 0
    wrong = head.post("/drafts/templates", "/drafts/templates", objective="parents", title="", text="kept")
    assert (wrong.status_code, "The title is empty" in wrong.text, "kept" in wrong.text) == (400, True, True)


def test_author_and_approver_are_asked_about_an_odd_time_and_talk_beside_the_draft(
    app: Flask, teacher: Browser, head: Browser, x: Account
) -> None:
    """A holiday and the night: said where the post is written, in the mail and where it is decided on."""
    night = datetime(db.now().year, 12, 25, 3, tzinfo=LONDON)
    if night <= db.now():
        night = night.replace(year=night.year + 1)
    asked = ("is a bank holiday: Christmas Day.", "It would go out at 3:00am. Is that meant?")
    typed = fields(x, at=night)
    told = teacher.post("/drafts/look", "/drafts/new", **typed).json
    assert told["about_day"].endswith(" ".join(asked))
    path = write(teacher, x, at=night)
    assert all(said in teacher.get(f"{path}/move").text for said in asked)
    approve_page = Browser(app.test_client()).get(f"/approve/{mailed_token()}").text
    [mail] = mails("approval_request")
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None and all(said in " ".join(body.get_content().split()) for said in asked)
    assert all(said in approve_page for said in asked)
    by_day = night.replace(hour=6) + timedelta(days=5)
    assert odd_times.at_night(by_day) == odd_times.at_night(by_day.replace(hour=21, minute=59)) == ""
    assert odd_times.at_night(by_day.replace(hour=22)) and odd_times.at_night(by_day.replace(hour=5))
    assert head.post(f"{path}/remarks", path, remark="Which <gate>?").status_code == 302
    assert "Which &lt;gate&gt;?" in teacher.get(path).text
    assert head.post(f"{path}/remarks", path, remark=" ").status_code == 400
    named = head.post(f"{path}/remarks", path, remark="Is amelia  THORNBURY happy with it?")
    assert named.status_code == 400 and "A pupil&#39;s full name, “Amelia Thornbury”" in named.text
    assert "Is amelia  THORNBURY happy" in named.text, "what was typed is not lost"
    assert len(mails("draft_remark")) == 1 and count(DraftRemark) == 1
    link = f"/approve/{mailed_token()}"
    assert "Which &lt;gate&gt;?" in Browser(app.test_client()).get(link).text
    assert only_draft().state is DraftState.SUBMITTED


def test_a_post_is_found_moved_and_repeated_in_the_calendar_without_scripts(
    app: Flask, teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    """P12: moving says that the approval is void; what is repeated is not handed in."""
    path = write(teacher, x, at=later)
    decide(app, mailed_token())
    day = later.astimezone(LONDON).date()
    for view in (f"month={day:%Y-%m}", f"week={day}", f"list={day - timedelta(days=3)}"):
        page = teacher.get(f"/calendar?{view}").text
        assert page.count(f'href="{path}"') == (1 if "list" in view else 2)
        assert f'href="{path}/move?from=calendar"' in page, view
        assert f'href="{path}/move' not in head.get(f"/calendar?{view}").text
    assert teacher.get("/calendar?week=soon").status_code == 400
    assert f'href="/drafts/new?on={day}"' in page, "a post is begun from a day"
    begun = teacher.get(f"/drafts/new?on={day}", follow_redirects=True).text
    assert f'value="{day}"' in begun
    assert teacher.get("/drafts/new?on=soon").status_code == 400
    to = day + timedelta(days=5)
    # A day that the month before shows in grey.
    while to.day != 1 or to.weekday() == 0:
        to += timedelta(days=1)
    leave = '<a href="{}">Leave it where it is</a>'
    assert leave.format(path) in teacher.get(f"{path}/move").text
    assert leave.format("/calendar") in teacher.get(f"{path}/move?from=calendar").text
    page = teacher.get(f"{path}/move?to={to}").text
    assert leave.format("/calendar") in page
    assert f'value="{to}"' in page and "its approval no longer counts" in page
    assert only_draft().state is DraftState.APPROVED
    moved = {"planned_date": str(to), "planned_time": "10:00", "based_on": "1", "do": "submit"}
    # New Year's Day, in some months: it was said in the form.
    moved["warned"] = f"{to}T10:00"
    assert teacher.post(f"{path}/move", f"{path}/move", **moved).status_code == 302
    assert only_draft().state is DraftState.SUBMITTED
    assert teacher.post(f"{path}/move", f"{path}/move", **moved).status_code == 302
    assert only_draft().revision_number == 2
    page = teacher.get(f"/calendar?month={to - timedelta(days=1):%Y-%m}").text
    assert page.count(f'href="{path}"') == 2, "the list has the same days as the grid"
    elsewhere = {**moved, "planned_time": "11:00", "warned": f"{to}T11:00"}
    assert teacher.post(f"{path}/move", f"{path}/move", **elsewhere).status_code == 409
    assert head.get(f"{path}/move").status_code == 403
    wanted = {"rhythm": "weekly", "until": str(to + timedelta(days=14)), "series": str(uuid4())}
    asked = teacher.get(f"{path}/repeat").text
    assert "Begin the drafts" not in asked and "No term dates are entered" in asked
    assert '<option value="term_weeks" disabled>' in asked
    nothing = {**wanted, "until": str(to)}
    page = teacher.post(f"{path}/repeat", f"{path}/repeat", **nothing, do="show").text
    assert "There is no such day" in page and "Begin the drafts" not in page
    page = teacher.post(f"{path}/repeat", f"{path}/repeat", **wanted, do="show").text
    assert "Begin the drafts" in page and "Look yourself which of these days are in the holidays" in page
    assert "<ol><li>" in page and count(Draft) == 1
    for _twice in range(2):
        assert teacher.post(f"{path}/repeat", f"{path}/repeat", **wanted, do="begin").status_code == 302
    assert count(Draft) == 3
    assert "<summary>1 of a series of 3</summary>" in teacher.get(path).text
    listed = teacher.get("/drafts").text
    assert re.findall(r">(\d) of a series of 3 ·", listed) == ["1", "2", "3"], "by planned time"
    for_head = head.get("/drafts").text
    assert for_head.count(f'href="{path}"') == 1, "what waits is not listed twice"
    assert "1 of a series of 3" in for_head
    assert "2 of a series" not in for_head, "nobody has handed the others in"
    in_work = head.get("/drafts?work=yes").text
    assert "2 of a series of 3" in in_work and "1 of a series" not in in_work
    assert "1 more of this series to hand in" in in_work
    assert "1 more of this series" in listed
    for_author = teacher.get(path).text
    assert for_author.count('id="publication-') == 0, "what moving cancelled is history"
    second = re.findall(r'href="(/drafts/[0-9a-f-]{36})"', for_author.split('id="series"')[1])[0]
    assert "throw-away" in teacher.get(second).text and "throw-away" not in for_author
    assert teacher.post(f"{second}/throw-away", second).status_code == 302
    thrown = teacher.get(second).text
    assert "thrown away" in thrown and "/edit" not in thrown
    assert "1 of a series of 2" in teacher.get("/drafts").text
    in_term = {**wanted, "rhythm": "term_weeks", "do": "show"}
    page = teacher.post(f"{path}/repeat", f"{path}/repeat", **in_term).text
    assert "No term dates are entered" in page and "Margaret Oyelaran" in page
    for until, said in (("x", "can&#39;t be read"), ("", "Choose the last day.")):
        answer = teacher.post(f"{path}/repeat", f"{path}/repeat", **{**wanted, "until": until})
        assert answer.status_code == 400 and said in answer.text


def test_an_odd_day_is_asked_about_before_anything_is_moved_there(
    teacher: Browser, x: Account, later: datetime
) -> None:
    path = write(teacher, x, at=later)
    christmas = later.astimezone(LONDON).replace(month=12, day=25)
    if christmas <= later:
        christmas = christmas.replace(year=christmas.year + 1)
    to = {"planned_date": f"{christmas:%Y-%m-%d}", "planned_time": "10:00", "based_on": "1", "do": "move"}

    def move(**more: str) -> TestResponse:
        return teacher.post(f"{path}/move", f"{path}/move", **{**to, **more})

    for warned in ("", f"{christmas:%Y-%m-%d}T11:00"):
        asked = move(warned=warned)
        assert asked.status_code == 200 and "It is not moved yet." in asked.text
        assert "is a bank holiday: Christmas Day." in asked.text and only_draft().revision_number == 1
    # The night is odd, too, and another question.
    [warned] = re.findall(r'name="warned" value="([^"]+)"', asked.text)
    assert "Is that meant?" in move(warned=warned, planned_time="03:00").text
    assert only_draft().revision_number == 1
    assert move(warned=warned).status_code == 302 and only_draft().revision_number == 2
    # Where it is dragged, the form that asks says it.
    assert 'name="warned"' in teacher.get(f"{path}/move?to={christmas:%Y-%m-%d}").text


def test_repeating_says_which_days_are_left_out_and_which_words_will_be_wrong(
    session: Session, school_people: dict[Role, Person], teacher: Browser, x: Account, later: datetime
) -> None:
    head, day = school_people[Role.HEADTEACHER], later.astimezone(LONDON).date()
    for begins, ends in ((-20, 10), (25, 60)):
        first, last = day + timedelta(days=begins), day + timedelta(days=ends)
        school_year.enter(
            session, kind=DatesKind.TERM, name="Term", first_day=first, last_day=last, by=head, now=db.now()
        )
    session.commit()
    while day.weekday() >= 5:
        day += timedelta(days=1)
    at = datetime(day.year, day.month, day.day, 12, tzinfo=LONDON)
    path = write(
        teacher, x, at=at, text="The bus comes tomorrow, on 10 December and 03/12. Be there by 3.30."
    )
    wanted = {"rhythm": "term_weeks", "until": str(day + timedelta(days=35)), "series": str(uuid4())}
    page = teacher.post(f"{path}/repeat", f"{path}/repeat", **wanted, do="show").text
    assert "The wording names “10 December” and “03/12”." in page
    assert "The wording says “tomorrow”. Is that right for each of the days?" in page
    [left_out] = re.findall(r"<p>Left out: ([^<]+)\.</p>", page)
    off = [day + timedelta(days=14), day + timedelta(days=21)]
    assert all(f"{one.day}" in left_out and f"{one:%B %Y}" in left_out for one in off)
    assert "holidays" in left_out or "bank holiday" in left_out
    weekly = teacher.post(
        f"{path}/repeat", f"{path}/repeat", **{**wanted, "rhythm": "weekly"}, do="show"
    ).text
    assert "Left out" not in weekly


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("Doors open at 3.30pm for 1/2 price cakes", 0),
        ("In December we sing", 0),
        ("On Friday", 1),
        # Every repetition is on that day of the week.
        ("The bus leaves on Wednesday", 0),
        ("WEDNESDAYS and Fridays", 1),
        ("On 3rd of March", 1),
        ("December 10th", 1),
        ("Fri 12.06.2027", 1),
        ("Today and on 4 May", 2),
    ],
)
def test_words_that_name_a_day(words: str, asked: int, database: str) -> None:
    assert len(day_words.in_repeats([words, words], date(2027, 6, 2))) == asked


def test_examples_are_offered_for_every_purpose_that_has_no_wording(head: Browser) -> None:
    own = {"objective": "reminder", "title": "PE kit", "text": "Bring it [day]."}
    assert "Begin with an example for each</button>" in head.get("/drafts/templates").text
    head.post("/drafts/templates", "/drafts/templates", **own)
    page = head.get("/drafts/templates").text
    assert "Begin with an example for each of the 3 that have none" in page
    head.post("/drafts/templates/examples", "/drafts/templates")
    page = head.get("/drafts/templates").text
    assert page.count("<b>PE kit</b>") == 1 and "There is none yet." not in page
    assert "Begin with an example" not in page


def test_a_calendar_feed_is_read_by_its_secret_alone_until_it_is_ended(
    app: Flask, teacher: Browser, x: Account
) -> None:
    page = teacher.post("/calendar/feed", "/calendar/feed").text
    [address] = re.findall(r'id="feed-address">https?://[^/]+([^<]+)<', page)
    anybody = Browser(app.test_client())
    answer = anybody.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    assert address not in teacher.get("/calendar/feed").text
    teacher.post("/calendar/feed/end", "/calendar/feed")
    assert anybody.get(address).status_code == 404
