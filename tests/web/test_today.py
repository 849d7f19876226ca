"""The first page: what waits for whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from approvals import drafts
from approvals.models import Draft
from approvals.states import DraftState
from moderation.models import Author, Follower, FollowerKind, FollowerState
from school import audit, consent, db, people, standing_in, terms
from school.db import now, transaction
from school.models import Account, ConsentKind, Person, Role
from school.settings import settings
from school.times import today
from tests.approvals import scenes
from tests.web.conftest import Browser
from web import guide, page_help

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def tiles(browser: Browser) -> dict[str, int]:
    """The words of each tile with its number."""
    page = browser.get("/").text
    found = re.findall(r'<a class="tile[^>]*href="([^"]+)"><b>(\d+)</b> ([^<]+)</a>', page)
    return {f"{words.strip()} → {path}": int(number) for path, number, words in found}


def draft(author: Person, state: DraftState) -> None:
    with transaction() as session:
        session.add(Draft(author_id=author.id, state=state, created_at=now(), changed_at=now()))


def test_each_role_sees_what_waits_for_it(
    signed_in: Callable[[Role], Browser],
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
) -> None:
    account = make_account("x")
    draft(school_people[Role.STAFF], DraftState.SUBMITTED)
    draft(school_people[Role.HEADTEACHER], DraftState.SUBMITTED)
    draft(school_people[Role.STAFF], DraftState.CHANGES_REQUESTED)
    with transaction() as session:
        author = Author(
            platform="x",
            key="1",
            platform_id="1",
            handle="ann",
            display_name="Ann",
            bio="",
            url="",
            first_seen_at=now(),
            profile_changed_at=now(),
        )
        session.add(author)
        session.flush()
        session.add(
            Follower(
                account_id=account.id,
                author_id=author.id,
                kind=FollowerKind.FOLLOWER,
                state=FollowerState.WAITING,
                first_seen_at=now(),
                last_seen_at=now(),
                waiting_since=now(),
                why_waiting="new",
                name_vetted="Ann",
                bio_vetted="",
                model_name="",
                scores={},
                reasons=[],
            )
        )
    head = tiles(signed_in(Role.HEADTEACHER))
    assert head["draft to approve → /drafts"] == 1, "not their own"
    assert head["follower to vet → /followers"] == 1
    assert tiles(signed_in(Role.SLT))["drafts to approve → /drafts"] == 2
    assert tiles(signed_in(Role.CHAIR))["draft to approve → /drafts"] == 1, "the headteacher's"
    teacher = tiles(signed_in(Role.STAFF))
    assert teacher["draft of yours to change → /drafts?only=change"] == 1
    assert not any("approve" in words or "vet" in words for words in teacher)
    # What there is none of takes no tile.
    slt = signed_in(Role.SLT)
    assert 0 not in tiles(slt).values()
    assert '<a href="/moderation">flagged comments to decide on</a>' in slt.get("/").text
    manager = tiles(signed_in(Role.NETWORK_MANAGER))
    assert set(manager) == {"account that lacks something: look what → /accounts"}, "P5: nothing of abuse"


@SQLITE
def test_a_deputy_in_force_sees_drafts_to_approve(
    signed_in: Callable[[Role], Browser],
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
) -> None:
    make_account("x")
    draft(school_people[Role.STAFF], DraftState.SUBMITTED)
    chair = signed_in(Role.CHAIR)
    assert not tiles(chair).get("draft to approve → /drafts")
    with transaction() as session:
        standing_in.name(
            session,
            people.get(session, school_people[Role.CHAIR].id),
            first_day=today(now()),
            last_day=today(now()) + timedelta(days=3),
            by=people.get(session, school_people[Role.HEADTEACHER].id),
            now=now(),
        )
    assert tiles(chair)["draft to approve → /drafts"] == 1
    name = school_people[Role.CHAIR].name
    assert f"{name} stands in for you until" in signed_in(Role.HEADTEACHER).get("/").text


@SQLITE
def test_a_school_without_accounts_is_told_so(head: Browser) -> None:
    assert tiles(head)["account to connect: none is connected yet → /accounts#connect-heading"] == 1


@SQLITE
def test_a_database_that_can_only_be_read_shows_pages_and_says_why_nothing_is_saved(
    head: Browser, settings_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = head.token("/people")
    path = settings_home / "schoolgate.db"
    monkeypatch.setenv("SCHOOLGATE_DATABASE_URL", f"sqlite:///file:{path}?mode=ro&uri=true")
    settings.cache_clear()
    db.engine_for.cache_clear()
    assert head.get("/").status_code == 200 and head.get("/people").status_code == 200
    values = {"csrf_token": token, "name": "Ngozi Eze", "email": "n@larkfield.test", "reason": "new"}
    answer = head.client.post("/people", data=values)
    assert answer.status_code == 503
    assert "Nothing was saved" in answer.text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_p24_the_dpo_hears_before_consents_run_out(
    session: Session, school_people: dict[Role, Person], signed_in: Callable[[Role], Browser]
) -> None:
    """A consent that goes on, or one that ended already, is nobody's task."""
    officer = school_people[Role.DPO]
    day = today(now())

    def give(name: str, *until: int) -> None:
        pupil = consent.add_pupil(session, name=name, class_name="Year 2", by=officer, now=now())
        for days in until:
            consent.record_consent(
                session, pupil, kind=ConsentKind.IMAGE, given_by="A parent",
                first_day=day - timedelta(days=99), last_day=day + timedelta(days=days), by=officer,
                now=now(),
            )  # fmt: skip

    before = len(consent.running_out(session, on=day, within=timedelta(days=30)))
    give("Ends Soon", 10)
    give("Goes On", 10, 200)
    give("Ended Before", -5)
    give("Never Asked")
    session.commit()
    found = consent.running_out(session, on=day, within=timedelta(days=30))
    assert len(found) == before + 1 and "Ends Soon" in [pupil.name for pupil in found]
    # The pages write too, when somebody signs in.
    session.commit()
    assert "consents end within a month" in signed_in(Role.DPO).get("/").text
    assert "consents end within a month" not in signed_in(Role.SLT).get("/").text


@SQLITE
def test_first_steps_tick_themselves_and_are_put_away(
    signed_in: Callable[[Role], Browser], school_people: dict[Role, Person]
) -> None:
    officer = signed_in(Role.DPO)
    page = officer.get("/").text
    assert "Apart from your first steps, nothing waits for you" in page and "All is done" not in page
    assert page.index("0 of 4 done") < page.index("nothing waits for you"), "what is to do comes first"
    with transaction() as session:
        audit.record(
            session, by=school_people[Role.DPO], action="consent_list_applied", object_kind="pupil",
            object_id="list", now=now(),
        )  # fmt: skip
    page = officer.get("/").text
    assert "1 of 4 done" in page and page.index("(done)") < page.index("have their file made")
    assert officer.post("/guide/put-away", "/").status_code == 302
    assert "of 4 done" not in officer.get("/").text
    assert "0 of" in signed_in(Role.SLT).get("/").text, "everybody's own"
    assert officer.post("/guide/bring-back", "/me").status_code == 302
    assert "1 of 4 done" in officer.get("/").text


@SQLITE
def test_who_may_not_write_yet_begins_with_the_terms(
    app: Flask, head: Browser, school_people: dict[Role, Person]
) -> None:
    """P7: what is asked of everybody is a first step of whoever is new, and ticks itself."""
    with transaction() as session:
        head_now = session.get_one(Person, school_people[Role.HEADTEACHER].id)
        terms.publish(
            session, text="Be kind online.", what_changed="Short", based_on=1, by=head_now,
            url="https://social.test", now=now(),
        )  # fmt: skip
    newcomer = Browser(app.test_client())
    newcomer.sign_in("newteacher@larkfield.test")
    step = '<a href="/terms">Read the terms of use and accept them</a>'
    closed = newcomer.get("/drafts/new")
    assert step in newcomer.get("/").text
    assert closed.status_code == 403 and 'href="/terms"' in closed.text
    assert newcomer.post("/terms/accept", "/terms", version="2").status_code == 302
    assert step + '<span class="visually-hidden"> (done)' in newcomer.get("/").text


@SQLITE
def test_what_there_is_to_do_leads_nowhere_that_is_closed(
    signed_in: Callable[[Role], Browser], app: Flask
) -> None:
    for role, steps in guide.STEPS.items():
        browser = signed_in(role)
        # No practice platforms run here.
        for path in {step.path for step in steps if not step.writers and "/practice" not in step.path}:
            assert browser.get(path).status_code in {200, 302}, (role, path)
    officer = signed_in(Role.DPO)
    for path in re.findall(r'<li><a href="([^"]+)">', officer.get("/").text):
        assert officer.get(path).status_code == 200, path


@SQLITE
def test_every_page_says_what_it_is_and_leads_on(signed_in: Callable[[Role], Browser], app: Flask) -> None:
    folder = Path(app.root_path) / "templates"
    pages = {
        str(file.relative_to(folder))
        for file in folder.rglob("*.html")
        if "<h1" in file.read_text() and file.name != "error.html"
    }
    assert pages == set(page_help.HELP), "each page with a heading has its help, and no help is left over"
    for role in Role:
        browser = signed_in(role)
        for path in ("/", "/drafts", "/calendar", "/forms", "/me", "/log", "/moderation", "/accounts"):
            page = browser.get(path)
            assert page.status_code in {403, 404} or "What is this page?" in page.text, path
            ways = page.text.partition("Go on to: ")[2].partition("</p>")[0]
            for way in re.findall('href="([^"]+)"', ways):
                assert browser.get(way).status_code == 200, (role, path, way)


@SQLITE
def test_no_way_on_of_any_page_leads_a_role_to_a_closed_door(
    signed_in: Callable[[Role], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All ways of all texts, shown to every role on one page that all may open."""
    ways = tuple({way: None for one in page_help.HELP.values() for way in one.next})
    assert len({words for words, _ in ways}) == len({path for _, path in ways}), "one page, one name"
    monkeypatch.setattr(page_help, "HELP", {"today/today.html": page_help.Help("All.", ways)})
    offered: dict[str, set[Role]] = {}
    for role in Role:
        browser = signed_in(role)
        page = browser.get("/").text
        for way in re.findall('href="([^"]+)"', page.partition("Go on to: ")[2].partition("</p>")[0]):
            offered.setdefault(way, set()).add(role)
            # The practice platforms lead on to the first of them.
            assert browser.get(way).status_code in {200, 302}, (role, way)
    assert offered["/consent/import"] == {Role.DPO}


@SQLITE
def test_each_post_under_way_is_shown_once_by_its_words(
    signed_in: Callable[[Role], Browser],
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
    session: Session,
) -> None:
    author, head = school_people[Role.STAFF], school_people[Role.HEADTEACHER]
    x, facebook = make_account("x"), make_account("facebook")
    at = now() - timedelta(hours=1)
    post, _due = scenes.approved(session, author, head, at, x, facebook, text="Cakes on Friday", at=now())
    scenes.approved(session, author, head, now(), x, text="Shoes in June", at=now() + timedelta(days=1))
    session.commit()
    page = signed_in(Role.STAFF).get("/").text
    under_way, on_their_way = page.split('id="under-way"')[1].split('id="mine"')
    assert under_way.count(f"/drafts/{post.id}") == 1 and "Cakes on Friday" in under_way
    assert under_way.count("It is due") == 1
    assert f"/drafts/{post.id}" not in on_their_way and "Shoes in June" in on_their_way
    assert 'href="/terms#review"' in signed_in(Role.HEADTEACHER).get("/").text


@SQLITE
def test_who_is_away_reads_why_a_deputys_own_post_came_to_them(
    signed_in: Callable[[Role], Browser],
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
    session: Session,
) -> None:
    """P12: nobody decides on their own post."""
    deputy, head, x = school_people[Role.SLT], school_people[Role.HEADTEACHER], make_account("x")
    people.authorise(session, deputy, x, by=head, reason="Writes", now=now())
    day = today(now())
    standing_in.name(
        session, deputy, first_day=day, last_day=day + timedelta(days=2), by=head, now=now()
    )
    content = scenes.content(x, at=now() + timedelta(days=1))
    own = drafts.save(session, None, content, by=deputy, now=now())
    session.commit()
    author = signed_in(Role.SLT)
    answer = author.post(f"/drafts/{own.id}/submit", f"/drafts/{own.id}", revision="1")
    assert answer.status_code == 302
    page = author.get(f"/drafts/{own.id}").text
    assert f"{head.name} is away until" in page and "You stand in, but nobody decides on their own" in page
    first = signed_in(Role.HEADTEACHER).get("/").text
    assert "You are away until" in first and "so you are asked all the same" in first
    assert f'href="/drafts/{own.id}">Decide on it' in first
