"""The pages of terms and training, and the gate before handing in a post (P6, P7, P32)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from school import terms, training
from school.db import now, reading, transaction
from school.models import Person, Role
from school.times import today
from tests.web.conftest import Browser

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_p7_a_newcomer_reads_and_accepts_the_terms(app: object, visitor: Browser) -> None:
    visitor.sign_in("newteacher@larkfield.test")
    today_page = visitor.get("/").text
    assert "version of the terms of use to accept" in today_page
    assert "training that you need" not in today_page, "it is for whoever may write for an account"
    page = visitor.get("/terms").text
    assert "consent record" in page and "I have read them and accept them" in page
    assert "Publish" not in page, "only the headteacher publishes"
    assert visitor.post("/terms/accept", "/terms", version="7").status_code == 409
    assert visitor.post("/terms/accept", "/terms", version="1").status_code == 302
    assert "You accepted them <time" in visitor.get("/terms").text
    assert "No training is recorded for you yet" in visitor.get("/me").text
    assert visitor.post("/terms", "/terms", text="Mine", what_changed="All").status_code == 404


def test_p6_slt_enter_training_and_call_a_refresh(
    signed_in: Callable[[Role], Browser], school_people: dict[Role, Person]
) -> None:
    slt = signed_in(Role.SLT)
    teacher = school_people[Role.STAFF]
    refused = slt.post("/training", "/training", held_on=str(today(now())), about="Course")
    assert refused.status_code == 400 and "Nobody is chosen" in refused.text and "Course" in refused.text
    empty = slt.post("/training", "/training", people=[str(teacher.id)], held_on="", about="Course")
    assert empty.status_code == 400 and "Choose the day it was held." in empty.text
    odd = slt.post("/training", "/training", people="x", held_on=str(today(now())), about="Course")
    assert odd.status_code == 400 and "from the list" in odd.text
    assert slt.post("/training/refresh", "/training", reason=" ").status_code == 400
    assert slt.post("/training/refresh", "/training", reason="A wrong picture").status_code == 302
    page = slt.get("/training").text
    assert "due again" in page and "A wrong picture" in page
    taken = slt.post(
        "/training", "/training", people=[str(teacher.id)], held_on=str(today(now())), about="Refresher"
    )
    assert taken.status_code == 302
    with reading() as session:
        assert training.standing(session, teacher, now=now()).in_date
        assert not training.standing(session, school_people[Role.SLT], now=now()).in_date
    assert "Refresher" in signed_in(Role.STAFF).get("/me").text


def test_p32_the_headteacher_publishes_and_records_the_review(head: Browser) -> None:
    sent = {"text": "Be kind to everybody.", "what_changed": "Much shorter", "based_on": "1"}
    assert head.post("/terms", "/terms", **sent).status_code == 302
    late = head.post("/terms", "/terms", **{**sent, "text": "Another wording, long thought about."})
    assert late.status_code == 409 and "was published while you wrote" in late.text
    assert "Another wording, long thought about." in late.text, "what was typed is not lost"
    assert 'name="based_on" value="2"' in late.text
    page = head.get("/terms").text
    assert "Be kind to everybody." in page and "Hannah Birtwistle" in page
    wrong = head.post("/terms/review", "/terms", reviewed_on="2020-13-45", next_on="2030-01-01", note="x")
    assert wrong.status_code == 400 and "can&#39;t be read" in wrong.text
    early = head.post("/terms/review", "/terms", reviewed_on="2026-01-02", next_on="2026-01-01", note="x")
    assert early.status_code == 400 and "must be later" in early.text
    fine = head.post("/terms/review", "/terms", reviewed_on="2026-01-02", next_on="2090-01-01", note="Agreed")
    assert fine.status_code == 302
    assert "1 January 2090" in head.get("/terms").text


def test_p6_p7_nothing_is_handed_in_before_both_are_there(
    signed_in: Callable[[Role], Browser],
    school_people: dict[Role, Person],
    make_account: Callable[..., object],
) -> None:
    make_account("x")
    with transaction() as session:
        terms.publish(
            session,
            text="Newer",
            what_changed="Newer",
            based_on=1,
            by=session.merge(school_people[Role.HEADTEACHER]),
            url="https://social.test",
            now=now(),
        )
    teacher = signed_in(Role.STAFF)
    page = teacher.get("/drafts/new", follow_redirects=True).text
    assert "You can write, but not hand in a post yet" in page and "version 2" in page
    assert "You can write, but not hand in a post yet" in teacher.get("/drafts").text
    assert teacher.post("/terms/accept", "/terms", version="2").status_code == 302
    assert "You can write, but not" not in teacher.get("/drafts/new", follow_redirects=True).text
