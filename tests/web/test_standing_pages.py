"""What people read while a post is on its way, and what they can do about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from approvals import publishing
from approvals.models import Publication
from approvals.models.takedowns import Takedown, TakedownState
from approvals.states import PublicationState
from approvals.steps import keep_step
from connectors.base import STEP_POSTING
from school import db
from school.models import Account, AccountState, Role
from school.times import LONDON
from tests.web.conftest import Browser
from tests.web.writing import decide, mailed_token, rows, write

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def due_now(publication: Publication) -> None:
    """Its time has come."""
    with db.transaction() as working:
        row = working.get_one(Publication, publication.id)
        row.due_at = row.next_try_at = db.now() - timedelta(seconds=1)


def test_author_and_seniors_read_what_goes_on_and_can_have_it_looked_for(
    app: Flask, signed_in: Callable[[Role], Browser], x: Account, later: datetime
) -> None:
    teacher = signed_in(Role.STAFF)
    path = write(teacher, x, at=later)
    assert decide(app, mailed_token()).status_code == 200
    assert "It goes out on" in teacher.get(path).text
    [publication] = rows(sa.select(Publication))
    due_now(publication)
    with db.transaction() as working:
        assert publishing.claim(working, publication.id, now=db.now(), lease=timedelta(seconds=-1))
        keep_step(working, publication.id, STEP_POSTING, "begun")
    month = f"/calendar?month={later.astimezone(LONDON):%Y-%m}"
    deputy = signed_in(Role.SLT)
    for browser in (teacher, deputy):
        for page in (path, month, "/"):
            text = browser.get(page).text
            assert "was lost. Now Schoolgate looks on the platform" in text, page
    stranger = Browser(app.test_client())
    stranger.sign_in("newteacher@larkfield.test")
    shown = stranger.get(month).text
    assert f'href="{path}"' in shown and "was lost" not in stranger.get("/").text + shown
    assert "Look again" not in teacher.get(path).text
    assert "Look again" in deputy.get(path).text
    address = f"{path}/publications/{publication.id}"
    assert teacher.post(address, path, do="look").status_code == 404
    answer = deputy.post(address, path, do="look")
    assert answer.status_code == 302
    assert "Asked to look on the platform again" in deputy.get(path).text
    # Nothing to look for is said, not done.
    with db.transaction() as working:
        working.get_one(Publication, publication.id).state = PublicationState.PUBLISHED
    assert deputy.post(address, path, do="look").status_code == 409


def test_a_dead_account_is_said_before_the_time_comes_and_after(
    app: Flask, signed_in: Callable[[Role], Browser], x: Account, later: datetime
) -> None:
    teacher = signed_in(Role.STAFF)
    path = write(teacher, x, at=later)
    assert decide(app, mailed_token()).status_code == 200
    with db.transaction() as working:
        account = working.get_one(Account, x.id)
        account.state, account.problem = AccountState.NEEDS_CONNECTING, "The token is dead."
    assert "can&#39;t be used: The token is dead. If that isn&#39;t mended" in teacher.get(path).text
    [publication] = rows(sa.select(Publication))
    due_now(publication)
    with db.transaction() as working:
        assert publishing.claim(working, publication.id, now=db.now()) is None
    for page in (path, "/"):
        assert "goes out by itself when it works again" in teacher.get(page).text


def test_the_list_says_where_a_post_is_out_unless_it_is_out_everywhere(
    app: Flask,
    signed_in: Callable[[Role], Browser],
    x: Account,
    make_account: Callable[..., Account],
    later: datetime,
) -> None:
    facebook = make_account("facebook", handle="Larkfield Primary")
    teacher = signed_in(Role.STAFF)
    path = write(teacher, x, facebook, at=later)
    assert decide(app, mailed_token()).status_code == 200
    for account, said in ((x, "published on X"), (facebook, "published")):
        with db.transaction() as working:
            for state in (PublicationState.PUBLISHING, PublicationState.PUBLISHED):
                working.execute(
                    sa.update(Publication).where(Publication.account_id == account.id).values(state=state)
                )
        page = teacher.get(f"/calendar?month={later.astimezone(LONDON):%Y-%m}").text
        # Once in the month and once in the list below it, however many accounts it is for.
        assert page.count(f'href="{path}"') == 2 and ">FB · X<" in page and page.count(f">{said}<") == 2
        listed = teacher.get("/drafts").text
        assert f">{said}<" in listed and listed.count(">published") == 1, said
    assert "As it was published" in teacher.get(path).text
    head = signed_in(Role.HEADTEACHER)
    [first, second] = rows(sa.select(Publication).order_by(Publication.id))
    take_down = f"{path}/publications/{first.id}/takedown"
    refused = head.post(take_down, path, reason=" ", do="everywhere")
    assert refused.status_code == 400 and not rows(sa.select(Takedown)), "a reason is needed"
    assert head.post(take_down, path, reason="It is 1.30pm", do="here").status_code == 302
    assert [one.publication_id for one in rows(sa.select(Takedown))] == [first.id]
    assert head.post(take_down, path, reason="It is 1.30pm", do="everywhere").status_code == 302
    assert {one.publication_id for one in rows(sa.select(Takedown))} == {first.id, second.id}
    assert head.post(take_down, path, reason="It is 1.30pm", do="everywhere").status_code == 409
    history = teacher.get(path).text.partition('id="history"')[2]
    assert history.count(": to be taken down</b>") == history.count("<br>It is 1.30pm<br>") == 2
    for publication, still in ((first, True), (second, False)):
        with db.transaction() as working:
            working.execute(
                sa.update(Publication)
                .where(Publication.id == publication.id)
                .values(post_url="https://practice.test/1")
            )
            working.execute(
                sa.update(Takedown)
                .where(Takedown.publication_id == publication.id)
                .values(state=TakedownState.DONE, answer="The platform removed it.", finished_at=db.now())
            )
        shown = teacher.get(path).text
        assert ("It is still to be seen on" in shown) is still and "practice.test" not in shown
        assert "“It is 1.30pm”<br>The platform removed it." in shown and ">published<" not in shown
    page = teacher.get(f"/calendar?month={later.astimezone(LONDON):%Y-%m}").text
    assert page.count(">taken down<") == 2 and ">published" not in page
    assert ">taken down<" in (listed := teacher.get("/drafts").text) and ">published" not in listed
