"""The termly report, and what each account is for (P10)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy.orm import Session

from approvals import takedowns
from approvals.models import PostFigures, TakedownState
from approvals.moves import move_publication
from approvals.states import Actor, PublicationState
from connectors.figures import Withheld
from moderation.decisions import Outcome
from moderation.models import ReferTo
from school import consent, reporting, school_year
from school.db import now
from school.errors import BadInput
from school.models import Account, CallLedger, ConsentKind, Person, Role
from school.models.school_year import DatesKind
from school.times import middle, say_date, today
from tests.approvals import scenes
from tests.moderation import scenes as moderation_scenes
from tests.moderation.platform import ScriptedPlatform, comment
from tests.moderation.scenes import PresentClock
from tests.web.conftest import Browser
from web.drawing import Part, chart
from web.report_paper import spread

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def figures(page: str) -> str:
    """The page's words without its tags, each run of spaces one space."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_p10_the_report_counts_posts_approvals_and_duties(
    head: Browser,
    session: Session,
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
) -> None:
    moment = now()
    account = make_account("x")
    teacher, headteacher = school_people[Role.STAFF], school_people[Role.HEADTEACHER]
    for number in range(2):
        _draft, [publication] = scenes.approved(
            session, teacher, headteacher, moment, account, text=f"Post {number}"
        )
        if number == 0:
            for state in (PublicationState.PUBLISHING, PublicationState.PUBLISHED):
                move_publication(
                    session, publication, state, actor=Actor.PRODUCT, by=None, reason="Out", now=moment
                )
            publication.published_at = moment
            session.commit()
    page = head.get("/reports")
    words = figures(page.text)
    assert page.status_code == 200
    assert "Approved 2" in words and "Rejected 0" in words
    assert "A reminder of an event 1" in words and "Published through Schoolgate 1" in words
    assert "Not approved in time, so not published 0" in words
    assert "People at the school 10 Training in date today 9 Terms of use accepted 9" in words
    assert "Nobody has written down yet what this account is for." in words
    day = today(moment) - timedelta(days=400)
    earlier = head.get(f"/reports?from={day}&to={day}")
    assert "Approved 0" in figures(earlier.text) and "Published through Schoolgate 0" in figures(earlier.text)


@SQLITE
def test_p10_only_the_headteacher_says_what_an_account_is_for(
    head: Browser, signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    address = f"/reports/purposes/{make_account('x').id}"
    lacking = head.post(address, "/reports", purpose="Tell parents <early>", measures=" ")
    assert lacking.status_code == 400 and "write a sentence" in lacking.text
    assert "Tell parents &lt;early&gt;" in lacking.text
    assert head.post(address, "/reports", purpose="Tell parents", measures="Fewer calls").status_code == 302
    chair = signed_in(Role.CHAIR)
    page = chair.get("/reports").text
    assert "Fewer calls" in page and "Change purpose" not in page
    assert chair.post(address, "/me", purpose="Mine", measures="Mine").status_code == 404
    assert signed_in(Role.MODERATOR).get("/reports").status_code == 404


@SQLITE
def test_p10_the_marketing_officer_sees_how_far_posts_came_and_nothing_of_comments_or_people(
    signed_in: Callable[[Role], Browser],
    session: Session,
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
) -> None:
    """She judges how well an account does its job; what people wrote and who decided isn't hers."""
    moment, account = now(), make_account("x")
    _draft, [made] = scenes.approved(
        session, school_people[Role.STAFF], school_people[Role.HEADTEACHER], moment, account, text="Fair"
    )
    for state in (PublicationState.PUBLISHING, PublicationState.PUBLISHED):
        move_publication(session, made, state, actor=Actor.PRODUCT, by=None, reason="Out", now=moment)
    made.published_at = moment
    session.commit()
    moderation_scenes.flagged(account.id, ScriptedPlatform(), PresentClock(), comment(1, "idiot"))
    browser = signed_in(Role.MARKETING_OFFICER)
    assert 'href="/reports"' in browser.get("/").text
    page = figures(browser.get("/reports").text)
    assert "Published through Schoolgate 1" in page and "A reminder of an event 1" in page
    for words in ("Approvals", "Flagged", "Comments", "Training in date", "charged", "Report as a PDF"):
        assert words not in page
    charts = figures(browser.get("/reports/charts").text)
    assert "Posts published through Schoolgate" in charts
    assert "When the school’s posts were answered most There are too few posts yet to say" in charts
    assert "flagged" not in charts and "decided" not in charts and "cost" not in charts.split("Charts")[-1]
    assert browser.post("/reports/pdf", "/reports", **{"from": "", "to": ""}).status_code == 404
    address = f"/reports/purposes/{account.id}"
    assert browser.post(address, "/reports", purpose="Mine", measures="Mine").status_code == 404
    assert f'href="/reports#account-{account.id}"' in browser.get(f"/accounts/{account.id}").text
    whole = figures(signed_in(Role.CHAIR).get("/reports/charts").text)
    assert "What was flagged, by kind" in whole and "Posts published through Schoolgate" in whole


@SQLITE
def test_p10_this_term_is_the_schools_own(
    head: Browser, session: Session, school_people: dict[Role, Person]
) -> None:
    """In holidays the term before, up to that day; roughly where no dates are entered."""
    enter = partial(
        school_year.enter, session, kind=DatesKind.TERM, by=school_people[Role.HEADTEACHER], now=now()
    )
    autumn, spring = (date(2026, 9, 2), date(2026, 12, 18)), (date(2027, 1, 4), date(2027, 3, 25))
    assert reporting.this_term(session, date(2026, 10, 1)) == reporting.term(date(2026, 10, 1))
    enter(name="Autumn term", first_day=autumn[0], last_day=autumn[1])
    enter(name="Spring term", first_day=spring[0], last_day=spring[1])
    session.commit()
    for day in (*autumn, date(2026, 11, 27)):
        assert reporting.this_term(session, day) == reporting.Period(*autumn)
    assert reporting.this_term(session, date(2026, 12, 28)) == reporting.Period(autumn[0], date(2026, 12, 28))
    assert reporting.this_term(session, spring[0]) == reporting.Period(*spring)
    assert reporting.this_term(session, date(2026, 9, 1)) == reporting.term(date(2026, 9, 1))
    assert reporting.this_term(session, date(2027, 7, 1)) == reporting.term(date(2027, 7, 1))
    chosen = reporting.this_term(session, today(now()))
    page = figures(head.get("/reports?from=2026-09-01&to=2026-08-01").text)
    assert f"{say_date(chosen.first_day)} to {say_date(chosen.last_day)} ." in page


@SQLITE
def test_p10_consents_are_counted_by_pupils(
    head: Browser, session: Session, school_people: dict[Role, Person]
) -> None:
    """Not one for each kind and platform: a governor reads them as children."""
    officer, moment = school_people[Role.DPO], now()
    counted = re.compile(r"these days Consent recorded (\d+) Consent withdrawn 0")
    [before] = counted.findall(figures(head.get("/reports").text))
    for name in ("Rosa Martin", "Kofi Asamoah"):
        pupil = consent.add_pupil(session, name=name, class_name="4B", by=officer, now=moment)
        for kind in (ConsentKind.IMAGE, ConsentKind.VIDEO):
            consent.record_consent(
                session, pupil, kind=kind, given_by="A parent", first_day=today(moment),
                last_day=today(moment) + timedelta(days=90), by=officer, now=moment,
            )  # fmt: skip
    session.commit()
    assert counted.findall(figures(head.get("/reports").text)) == [str(int(before) + 2)]


@SQLITE
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2026-09-01&to=2026-08-01", "swap them"),
        ("from=2020-09-01&to=2026-08-01", "a year at most"),
        ("from=soon&to=2026-08-01", "can&#39;t be read"),
        ("from=2026-08-01", "Choose the last day."),
    ],
)
def test_days_that_cannot_be_are_said_beside_their_field(head: Browser, query: str, said: str) -> None:
    answer = head.get(f"/reports?{query}")
    assert answer.status_code == 400 and said in answer.text


def test_days_that_are_not_over_are_said_not_to_be() -> None:
    when, day = reporting.Period(date(2027, 1, 4), date(2027, 3, 31)), timedelta(days=1)
    assert when.still_to_come(when.ends) == ""
    assert when.still_to_come(when.begins - day) == (
        "These days are still to come, so there is nothing to show yet."
    )
    assert when.still_to_come(when.ends - day) == (
        "These days are not over: what follows is how things stood on 31 March 2027."
    )


def test_a_period_begins_and_ends_at_school_midnight() -> None:
    summer = reporting.period(date(2026, 6, 1), date(2026, 6, 30))
    assert summer.begins == datetime.fromisoformat("2026-05-31T23:00+00:00")
    assert summer.ends == datetime.fromisoformat("2026-06-30T23:00+00:00")
    assert reporting.term(date(2026, 11, 25)) == reporting.Period(date(2026, 9, 1), date(2026, 12, 31))
    assert reporting.term(date(2027, 2, 1)).first_day == date(2027, 1, 1)
    assert reporting.term(date(2027, 8, 31)).last_day == date(2027, 8, 31)
    with pytest.raises(BadInput):
        reporting.period(date(2026, 6, 2), date(2026, 6, 1))
    assert middle([]) is None and middle([timedelta(1), timedelta(3)]) == timedelta(2)


def test_p10_response_times_are_spread_over_steps() -> None:
    waits = [timedelta(minutes=2), timedelta(minutes=15), timedelta(hours=3), timedelta(days=9)]
    assert [count for _, count in spread(waits)] == [2, 0, 1, 0, 1]


@SQLITE
@pytest.mark.parametrize("platform", ["x", "facebook"])
def test_p10_the_report_says_how_far_posts_came_and_never_adds_people_up(
    head: Browser,
    session: Session,
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
    platform: str,
) -> None:
    moment = now()
    account = make_account(platform)
    teacher, headteacher = school_people[Role.STAFF], school_people[Role.HEADTEACHER]
    withheld = {3: Withheld.PERMISSION} if platform == "facebook" else {}
    for number, views in enumerate((100, 300, 500, None, None)):
        _draft, [made] = scenes.approved(
            session, teacher, headteacher, moment, account, text=f"Post {number}"
        )
        for state in (PublicationState.PUBLISHING, PublicationState.PUBLISHED):
            move_publication(session, made, state, actor=Actor.PRODUCT, by=None, reason="Out", now=moment)
        made.published_at, made.post_platform_id = moment - timedelta(minutes=1), f"9_{number}"
        people = None if views is None or platform == "x" else views // 2
        # Of the last one nothing was asked yet.
        if number < 4:
            session.add(
                PostFigures(
                    id=made.id, attempts=0, read_at=moment, views=views, people=people, likes=2, comments=0,
                    withheld=withheld.get(number, Withheld.UNSAID if views is None else None),
                )
            )  # fmt: skip
    session.commit()
    page = head.get("/reports")
    words = figures(page.text)
    assert page.status_code == 200
    assert "Posts with such figures 3 of 5" in words
    if platform == "facebook":
        assert "The post in the middle was seen by 150 people" in words
        assert "The most seen one was seen by 250 people: “Post 2”" in words
        assert "How many people saw the post in the middle A reminder of an event 150" in words
        assert "Seen by 50 people, 100 times in all" in words and "2 reactions, 0 comments" in words
        assert "not given by Facebook: the permission “read_insights” wasn’t granted" in words
    else:
        assert "The post in the middle was seen 300 times" in words
        assert "How often the post in the middle was seen A reminder of an event 300" in words
        assert "not given by X for this post" in words
        assert " people:" not in words
    assert "450 people" not in words and "Of 1 post" in words
    assert "has not answered yet" in words or "a day after a post came out" in words
    chart_page = figures(head.get("/reports/charts").text)
    assert "900 in all" in chart_page and "all of it was for reminders of events" not in chart_page
    yesterday, tomorrow = (f"{moment + timedelta(days=days):%Y-%m-%d}" for days in (-1, 1))
    for token in ({"from": "2000-01-01", "to": "2000-01-02"}, {"from": yesterday, "to": tomorrow}):
        assert head.post("/reports/pdf", "/reports", **token).data.startswith(b"%PDF")
    draft_page = figures(head.get(f"/drafts/{made.draft_id}").text)
    assert "How many saw it:" in draft_page
    # Nobody asks of what was taken down, so nobody is told to wait for it.
    session.add(PostFigures(id=made.id, attempts=1))
    takedown = takedowns.request(session, made.id, reason="Old", by=headteacher, now=moment)
    takedown.state, takedown.finished_at = TakedownState.DONE, moment
    session.commit()
    assert "How many saw it:" not in figures(head.get(f"/drafts/{made.draft_id}").text)


@SQLITE
def test_p10_the_charts_show_what_moved_and_stand_on_their_tables(
    signed_in: Callable[[Role], Browser],
    session: Session,
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
) -> None:
    """Flags by kind and account, response, queue, posts, costs; P3: without what concerns the headteacher."""
    moment, clock = now(), moderation_scenes.PresentClock()
    account = make_account("facebook", identity_id="school")
    entries = moderation_scenes.flagged(
        account.id, ScriptedPlatform(), clock, *(comment(n, f"idiot {n}") for n in range(3))
    )
    slt = school_people[Role.SLT]
    clock.on(hours=-2)
    moderation_scenes.decide(entries[0], Outcome.DISMISS, by=slt, clock=clock)
    moderation_scenes.decide(
        entries[1], Outcome.REFER, by=slt, clock=clock, refer_to=ReferTo.CHAIR, about_headteacher=True
    )
    session.add(
        CallLedger(account_id=account.id, hour=moment, operation="read", calls=9, cost_micro_usd=1_250_000)
    )
    _draft, [publication] = scenes.approved(
        session, school_people[Role.STAFF], school_people[Role.HEADTEACHER], moment, account
    )
    for state in (PublicationState.PUBLISHING, PublicationState.PUBLISHED):
        move_publication(session, publication, state, actor=Actor.PRODUCT, by=None, reason="Out", now=moment)
    publication.published_at = moment
    session.commit()
    day = today(moment)
    path = f"/reports/charts?from={day}&to={day}"
    for role, flagged, decided in ((Role.SLT, 3, 2), (Role.HEADTEACHER, 2, 1)):
        page = signed_in(role).get(path)
        words = figures(page.text)
        on = f"on {day.day} {day:%b}"
        assert f"What was flagged, by kind {flagged} in all, {on}; all of them were abuse." in words
        assert f"What was flagged, by account {flagged} in all, {on}; all of them were on " in words
        assert f"by when it came {decided} in all" in words
        assert "has decided on yet 1 in all, waiting " in words
        assert "on each account by itself, by what they were for 1 in all" in words
        assert "What the platforms cost $1.25 in all" in words
        assert page.text.count('role="img"') == page.text.count("<table") == 6
        assert f"<title>{day.day} {day:%b}: abuse {flagged}</title>" in page.text
    browser = signed_in(Role.SLT)
    # The queue is as it is now, whichever days are shown.
    assert browser.get("/reports/charts?from=2020-01-01&to=2020-12-31").text.count('role="img"') == 1
    assert browser.get("/reports/charts?from=2020-02-02&to=2020-01-01").status_code == 400


@pytest.mark.parametrize(
    ("first", "last", "count", "labels"),
    [
        (date(2027, 3, 27), date(2027, 3, 29), 3, ["27 Mar", "28 Mar", "29 Mar"]),
        (date(2027, 4, 1), date(2027, 8, 31), 23, ["week of 1 Apr", "week of 5 Apr"]),
        (date(2027, 1, 1), date(2027, 12, 31), 12, ["Jan 2027", "Feb 2027"]),
        (date(2027, 6, 1), date(2027, 6, 1), 1, ["1 Jun"]),
    ],
)
def test_a_chart_has_a_column_for_each_day_week_or_month(
    first: date, last: date, count: int, labels: list[str]
) -> None:
    when = reporting.period(first, last)
    steps = reporting.steps(when, until=when.ends)
    assert len(steps) == count and [step.label for step in steps][: len(labels)] == labels
    assert steps[0].begins == when.begins and all(one.begins < when.ends for one in steps)
    assert [step.begins for step in steps] == sorted(step.begins for step in steps)
    assert len(reporting.steps(when, until=when.begins)) == 1, "days to come have no column"


def test_a_charts_sentence_is_plain_and_says_nothing_of_equals() -> None:
    weeks = ("week of 16 Nov", "week of 23 Nov")

    def said(*values: tuple[float, ...], labels: Sequence[str] = weeks, unit: str = "") -> str:
        parts = [Part(name, 0, one) for name, one in zip(("abuse", "spam", "a threat"), values, strict=False)]
        drawn = chart("k", "T", labels, parts, unit=unit)
        assert drawn is not None
        return drawn.said

    assert said((4, 9), (0, 7)) == "20 in all, most in the week of 23 Nov (16); more than half were abuse."
    assert said((4, 0), (0, 3), (0, 2)).endswith("; the largest part was abuse.")
    assert said((2, 1), (1, 2)) == "6 in all.", "of equals it says nothing"
    assert said((0, 1), labels=("Oct 2026", "Nov 2026")) == "1 in all, in Nov 2026; all of it was abuse."
    days = ("3 Nov", "4 Nov")
    assert said((1.5, 0), unit="$", labels=days) == "$1.50 in all, on 3 Nov; all of it was abuse."
