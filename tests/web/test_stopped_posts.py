"""An approved post is stopped: what is said before, whom it is told, and what its page offers then (P12)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from approvals import publishing, stopped_posts
from approvals.mail_subjects import short_time
from approvals.models import Draft, Publication
from approvals.states import DraftState, PublicationState
from school import db, standing_in
from school.models import Account, Person, Role
from school.times import today
from tests.web.conftest import Browser
from tests.web.test_whole_series import hand_in_all, listed, repeated
from tests.web.writing import decide, fields, mailed_token, mails, rows, write

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

WHY = "The hall is flooded"


def states() -> list[PublicationState]:
    return [
        one.state for one in rows(sa.select(Publication).order_by(Publication.planned_at, Publication.id))
    ]


def words_of(mail: object) -> str:
    body = mail.get_body(("plain",))  # type: ignore[attr-defined]
    return str(body.get_content())


def stop(head: Browser, path: str, **more: object) -> str:
    """Stop the post as its page offers it; the page after that."""
    [publication] = rows(sa.select(Publication.id).where(Publication.draft_id == UUID(path[-36:])).limit(1))
    answer = head.post(f"{path}/publications/{publication}", path, do="cancel", **{"reason": WHY, **more})
    return head.get(answer.headers["Location"]).text if answer.status_code == 302 else answer.text


def test_the_author_is_told_who_stopped_it_and_why_by_mail_and_on_its_page(
    app: Flask, teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    path = write(teacher, x, at=later)
    decide(app, mailed_token())
    before = head.get(path).text
    assert "This post does not go out on X @larkfieldprimary then. You can’t undo that" in before
    assert "On both" not in before and "of this series" not in before, "nothing is offered that isn't there"
    assert "The reason is empty" in stop(head, path, reason=" ") and mails("stopped") == []
    page = stop(head, path)
    assert "It is stopped on X @larkfieldprimary. Its author gets your reason by e-mail." in page
    assert states() == [PublicationState.CANCELLED]
    [mail] = mails("stopped")
    assert mail["To"].addresses[0].addr_spec == "teacher@larkfield.test"
    assert str(mail["Subject"]).startswith("Stopped: ") and "The summer fair is on" in str(mail["Subject"])
    told = words_of(mail)
    assert "Margaret Oyelaran stopped this post on X @larkfieldprimary. It does not go out there." in told
    assert f"The reason: {WHY}" in told and "needs a new approval" in told
    page = teacher.get(path).text
    assert "<b>Margaret Oyelaran stopped it</b>" in page and WHY in page
    # Nothing is left to take back or to move; what can be done instead is said.
    assert 'id="take-back"' not in page and ">Move it<" not in page
    assert "change it and hand it in again, or write a new one like it." in page
    assert ">Change it<" in page and ">Write a new one like it<" in page
    # Changed and handed in again it needs a new approval, and what stopped it is history.
    edit = f"{path}/edit"
    assert teacher.post(edit, edit, **fields(x, at=later, text="Inside", based_on="1")).status_code == 302
    assert "stopped it</b>" not in teacher.get(path).text and WHY in teacher.get(path).text
    assert states() == [PublicationState.CANCELLED]


def test_one_account_or_all_and_one_mail_for_them(
    app: Flask,
    teacher: Browser,
    head: Browser,
    x: Account,
    make_account: Callable[..., Account],
    later: datetime,
) -> None:
    facebook = make_account("facebook")
    for everywhere, left in ((False, 1), (True, 0)):
        path = write(teacher, x, facebook, at=later, text=f"Everywhere {everywhere}")
        decide(app, mailed_token())
        page = head.get(path).text
        assert "Stop this post on X</summary>" in page and "Stop this post on Facebook</summary>" in page
        assert page.count("On both accounts") == 2
        page = stop(head, path, **({"everywhere": "yes"} if everywhere else {}))
        assert ("stopped it</b>" in page) is everywhere, "of one alone it is said on which"
        assert ("stopped it on " in page) is not everywhere
        scheduled = [one for one in states() if one is PublicationState.SCHEDULED]
        assert len(scheduled) == 1 and len(mails("stopped")) == (2 if everywhere else 1)
        assert ('id="take-back"' in teacher.get(path).text) is (left > 0)
    alone, everywhere_told = (words_of(one) for one in mails("stopped"))
    assert " and " in everywhere_told.split("The reason")[0] and "open it and change it" in everywhere_told
    # To change it would take the approval of the rest away.
    assert "stays as it is on its other accounts" in alone and "change it" not in alone


def test_a_series_that_was_approved_in_one_press_is_stopped_in_one(
    app: Flask, teacher: Browser, head: Browser, x: Account, later: datetime
) -> None:
    path, others = repeated(teacher, x, later)
    hand_in_all(teacher, path)
    page = head.get(path).text
    head.post(f"{path}/decide", path, revision="1", decision="approve", series="yes", other=listed(page))
    foreign = write(teacher, x, at=later + timedelta(days=40), text="Something else")
    decide(app, mailed_token())
    # A worker took one of them up meanwhile: it is left, and the others are stopped all the same.
    [taken] = rows(sa.select(Publication).where(Publication.draft_id == UUID(others[2][-36:])))
    page = head.get(path).text
    assert "The other 3 posts of this series that are to go out, too" in page
    assert 'name="series" value="3"' in page
    with db.transaction() as working:
        row = working.get_one(Publication, taken.id)
        row.due_at = row.next_try_at = db.now() - timedelta(seconds=1)
        working.flush()
        assert publishing.claim(working, taken.id, now=db.now()) is not None
    page = stop(head, path, series="3")
    assert "It and 2 more of its series are stopped on X @larkfieldprimary." in page
    found = {one.draft_id: one.state for one in rows(sa.select(Publication))}
    by_path = {f"/drafts/{draft_id}": state for draft_id, state in found.items()}
    assert [by_path[one] for one in (path, *others)] == [
        *[PublicationState.CANCELLED] * 3, PublicationState.PUBLISHING,
    ]  # fmt: skip
    assert by_path[foreign] is PublicationState.SCHEDULED
    # Whoever stops a series hears that one of those that were listed is not.
    assert "Another post of its series was not stopped: look below" in page
    [mail] = mails("stopped")
    assert str(mail["Subject"]).startswith("Stopped, 3 posts: ")
    told = words_of(mail)
    planned = rows(sa.select(Publication.planned_at).where(Publication.state == PublicationState.CANCELLED))
    assert len(planned) == 3 and all(short_time(at) in told for at in planned), "each with its day"
    assert {one.state for one in rows(sa.select(Draft))} == {DraftState.APPROVED}


def test_who_stops_their_own_is_sent_nothing_and_what_is_held_is_told_too(
    app: Flask,
    teacher: Browser,
    head: Browser,
    x: Account,
    later: datetime,
    school_people: dict[Role, Person],
) -> None:
    path = write(teacher, x, at=later)
    decide(app, mailed_token())
    [publication] = rows(sa.select(Publication))
    with db.transaction() as working:
        publishing.hold(working, working.get_one(Publication, publication.id), "Odd", now=db.now())
    assert "It is stopped on X @larkfieldprimary. Its author" in stop(head, path)
    assert len(mails("stopped")) == 1
    with db.transaction() as working:
        author = working.get_one(Person, school_people[Role.HEADTEACHER].id)
        working.scalars(sa.select(Draft)).one().author_id = author.id
        working.get_one(Publication, publication.id).state = PublicationState.SCHEDULED
        working.flush()
        stopped_posts.stop(working, publication.id, reason=WHY, by=author, now=db.now())
    assert len(mails("stopped")) == 1


def test_only_who_may_stop_it_is_told_after_an_approval_that_they_can(
    app: Flask, teacher: Browser, x: Account, later: datetime, school_people: dict[Role, Person]
) -> None:
    """The chair decides for the headteacher who is away, and can't stop what was approved."""
    offered = "stop it on its page"
    write(teacher, x, at=later)
    assert offered in decide(app, mailed_token()).text
    day, head = today(db.now()), school_people[Role.HEADTEACHER]
    with db.transaction() as working:
        chair = working.get_one(Person, school_people[Role.CHAIR].id)
        by = working.get_one(Person, head.id)
        standing_in.name(working, chair, first_day=day, last_day=day + timedelta(days=1), by=by, now=db.now())
    write(teacher, x, at=later, text="Another one")
    page = decide(app, mailed_token()).text
    assert f"Decided by {school_people[Role.CHAIR].name}" in page and offered not in page
