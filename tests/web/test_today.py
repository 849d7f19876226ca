"""The first page: what waits for whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from approvals.models import Draft
from approvals.states import DraftState
from moderation.models import Author, Follower, FollowerKind, FollowerState
from school import consent, db, people
from school.db import now, transaction
from school.models import Account, ConsentKind, Person, Role
from school.settings import settings
from school.times import today
from tests.web.conftest import Browser

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
    assert teacher["draft of yours to change → /drafts"] == 1
    assert not any("approve" in words or "vet" in words for words in teacher)
    manager = tiles(signed_in(Role.NETWORK_MANAGER))
    assert set(manager) == {"account whose register lacks something → /accounts"}, "P5: nothing of abuse"


@SQLITE
def test_a_deputy_in_force_sees_drafts_to_approve(
    signed_in: Callable[[Role], Browser],
    school_people: dict[Role, Person],
    make_account: Callable[..., Account],
) -> None:
    make_account("x")
    draft(school_people[Role.HEADTEACHER], DraftState.SUBMITTED)
    officer = signed_in(Role.DPO)
    assert tiles(officer) == {}
    with transaction() as session:
        people.name_deputy(
            session,
            people.get(session, school_people[Role.DPO].id),
            first_day=today(now()),
            last_day=today(now()) + timedelta(days=3),
            by=people.get(session, school_people[Role.HEADTEACHER].id),
            now=now(),
        )
    assert tiles(officer) == {"draft to approve → /drafts": 1}


@SQLITE
def test_a_school_without_accounts_is_told_so(head: Browser) -> None:
    assert tiles(head)["accounts connected: take one over → /accounts"] == 0


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
