"""Pages that ask the database as often for many posts as for few: each question once for all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from approvals import drafts
from school import db
from school.models import Account, MailState, OutboxEmail, Person, Role
from school.times import LONDON
from tests.approvals import scenes
from tests.web.conftest import Browser

FEW, MORE = 2, 5
People = dict[Role, Person]


@contextmanager
def asked() -> Iterator[list[str]]:
    """The statements that go to the database meanwhile."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        found.append(statement)

    sa.event.listen(db.engine(), "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(db.engine(), "before_cursor_execute", note)


def opened(browser: Browser, path: str) -> tuple[list[str], str]:
    """What a page asks when nothing has to be loaded for the first time, and what it says."""
    browser.get(path)
    with asked() as found:
        answer = browser.get(path)
    assert answer.status_code == 200
    return found, answer.text


def write_posts(session: Session, people: People, accounts: list[Account], at: datetime, count: int) -> None:
    """So many approved posts, and as many handed in; of the latter the mails reached nobody."""
    teacher, head, moment = people[Role.STAFF], people[Role.HEADTEACHER], db.now()
    for _each in range(count):
        scenes.approved(session, teacher, head, moment, *accounts, at=at, text="A post to come")
        waiting = drafts.save(session, None, scenes.content(*accounts, at=at), by=teacher, now=moment)
        session.commit()
        scenes.submit(session, waiting, teacher, moment)
    session.execute(sa.update(OutboxEmail).values(state=MailState.FAILED))
    session.commit()


def test_as_many_questions_for_many_posts_as_for_few(
    session: Session,
    school_people: People,
    make_account: Callable[..., Account],
    signed_in: Callable[[Role], Browser],
    later: datetime,
) -> None:
    accounts = [make_account("x"), make_account("facebook")]
    week = f"/calendar?week={later.astimezone(LONDON).date()}"
    who = {"/": signed_in(Role.STAFF), week: signed_in(Role.HEADTEACHER)}
    write_posts(session, school_people, accounts, later, FEW)
    before = {path: opened(browser, path) for path, browser in who.items()}
    write_posts(session, school_people, accounts, later, MORE)
    after = {path: opened(browser, path) for path, browser in who.items()}
    for path, (found, _text) in after.items():
        assert len(found) == len(before[path][0]), (path, found)
    for shown, count in ((before, FEW), (after, FEW + MORE)):
        page = " ".join(re.sub(r"<[^>]+>", " ", shown["/"][1]).split())
        assert f"{count} drafts of yours whose approver no e-mail reached" in page
    listed = re.findall(r'<li class="spread"><span>[^\n]*A post to come', after[week][1])
    assert len(listed) == FEW + MORE
