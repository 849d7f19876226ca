"""First steps that a person of a fresh practice school can do alone."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import audit, db
from school.models import Account, Role, School
from school.settings import settings
from school.setup import PRACTICE_PASSWORD
from tests.web.conftest import Browser
from web.guide import STEPS

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_the_chair_does_each_step_and_nothing_is_counted_that_is_none(
    signed_in: Callable[[Role], Browser],
) -> None:
    chair = signed_in(Role.CHAIR)
    shown = chair.get("/").text
    assert "drafts to approve" not in shown and "For you to do" not in shown
    assert "0 of 3 done" in shown and "Decide on a post" not in shown
    pin = {"present_for_pin": PRACTICE_PASSWORD, "pin": "7391", "pin_again": "7391"}
    assert chair.post("/me/pin", "/me", **pin).status_code == 302
    assert chair.post("/reports/pdf", "/reports").status_code == 200
    assert "2 of 3 done" in chair.get("/").text, "the third is a form, as for everybody"
    assert "drafts to approve" in signed_in(Role.SLT).get("/").text


def test_whoever_decides_on_posts_has_it_among_the_first_steps(
    signed_in: Callable[[Role], Browser],
) -> None:
    for role in (Role.SLT, Role.HEADTEACHER, Role.CHAIR):
        assert any("draft_approved" in step.done_by for step in STEPS[role])
    assert "Decide on a post that somebody handed in" in signed_in(Role.SLT).get("/").text


def test_the_dpo_takes_in_the_list_that_is_there_to_practise_with(
    signed_in: Callable[[Role], Browser],
) -> None:
    officer = signed_in(Role.DPO)
    kept = officer.get("/consent/import/example").data
    shown = officer.post(
        "/consent/import", "/consent/import", file=(io.BytesIO(kept), "practice-list.csv"), whole_school=""
    )
    assert shown.status_code == 302, shown.text
    preview = shown.headers["Location"]
    assert officer.post(preview, preview).status_code == 302
    assert "1 of 4 done" in officer.get("/").text


@pytest.mark.parametrize("role", [Role.CHAIR, Role.DSL])
def test_no_step_asks_for_what_another_does(role: Role, database: str) -> None:
    """The DSL is referred to, and the chair waits for what the headteacher writes."""
    for step in STEPS[role]:
        assert "Refer" not in step.words and not (step.practice and "draft_approved" in step.done_by)


def test_using_an_account_again_is_the_step_and_not_the_pause_alone(
    signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    account, manager = make_account("x"), signed_in(Role.NETWORK_MANAGER)
    done = "Pause an account, and use it again</a><span"
    address = f"/accounts/{account.id}"
    assert manager.post(f"{address}/pause", "/accounts", reason="A try").status_code == 302
    assert done not in manager.get("/").text
    assert manager.post(f"{address}/resume", "/accounts", reason="Tried").status_code == 302
    assert done in manager.get("/").text


def test_the_network_manager_of_a_real_school_sets_mail_and_backup(
    session: Session, signed_in: Callable[[Role], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = signed_in(Role.NETWORK_MANAGER)
    monkeypatch.setenv("SCHOOLGATE_SECOND_FACTOR", "off")
    settings.cache_clear()
    session.execute(sa.update(School).values(practice=False))
    session.commit()
    page = manager.get("/").text
    for words in ("enter the school’s mail server on the server</a></span>", "Have a backup made each night"):
        assert words in page
    audit.record(
        session, by=None, action="backup_made", object_kind="backup", object_id="practice", now=db.now()
    )
    session.commit()
    page = manager.get("/").text
    assert "Have a backup made each night, on the server</a><span" in page
