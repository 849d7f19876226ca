"""A series is stopped while it is edited, sent and stopped by another: nobody waits for ever (P12)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from approvals import publishing
from approvals.models import Publication, PublicationMove
from approvals.states import PublicationState
from school import db
from school.models import Account, Role
from tests.web.conftest import Browser
from tests.web.test_whole_series import hand_in_all, listed, repeated
from tests.web.writing import fields, mails

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

ROUNDS, WEEKS = 2, 5


def test_p12_a_series_is_stopped_from_both_ends_while_one_is_edited_and_one_is_sent(
    teacher: Browser,
    head: Browser,
    signed_in: Callable[[Role], Browser],
    x: Account,
    later: datetime,
) -> None:
    deputy = signed_in(Role.SLT)
    for _ in range(ROUNDS):
        path, others = repeated(teacher, x, later, weeks=WEEKS)
        hand_in_all(teacher, path)
        page = head.get(path).text
        head.post(f"{path}/decide", path, revision="1", decision="approve", series="yes", other=listed(page))
        every = [path, *others]
        ids = [UUID(one[-36:]) for one in every]
        with db.transaction() as session:
            query = sa.select(Publication).where(Publication.draft_id.in_(ids))
            of_draft = {one.draft_id: one.id for one in session.scalars(query)}
            sent = session.get_one(Publication, of_draft[ids[2]])
            sent.due_at = sent.next_try_at = db.now() - timedelta(seconds=1)
        assert len(of_draft) == WEEKS + 1
        gate, came = threading.Barrier(4), list[int]()
        edited = f"{others[-2]}/edit"
        forms = {browser: browser.token(one) for browser, one in ((head, path), (deputy, others[-1]))}
        form = {**fields(x, at=later + timedelta(days=90), based_on="2"), "csrf_token": teacher.token(edited)}

        def stop(browser: Browser, place: int) -> None:
            where = f"{every[place]}/publications/{of_draft[ids[place]]}"  # noqa: B023 - joined below
            said = {"do": "cancel", "series": str(WEEKS), "reason": "Flooded", "csrf_token": forms[browser]}  # noqa: B023
            gate.wait(30)  # noqa: B023
            came.append(browser.client.post(where, data=said).status_code)  # noqa: B023

        def edit() -> None:
            gate.wait(30)  # noqa: B023
            came.append(teacher.client.post(edited, data=form).status_code)  # noqa: B023

        def send() -> None:
            gate.wait(30)  # noqa: B023
            with db.transaction() as session:
                publishing.claim(session, of_draft[ids[2]], now=db.now())  # noqa: B023
            came.append(200)  # noqa: B023

        doing = [
            threading.Thread(target=stop, args=(head, 0)),
            threading.Thread(target=stop, args=(deputy, WEEKS)),
            threading.Thread(target=edit),
            threading.Thread(target=send),
        ]
        for thread in doing:
            thread.start()
        for thread in doing:
            thread.join(60)
        # Refused is whoever came second to a post that was stopped; nobody is told of a fault.
        assert len(came) == 4 and set(came) <= {200, 302, 409}, came
        with db.reading() as session:
            states = dict(
                session.execute(
                    sa.select(Publication.draft_id, Publication.state).where(Publication.draft_id.in_(ids))
                ).all()
            )
            moves = session.scalars(
                sa.select(PublicationMove.publication_id).where(
                    PublicationMove.publication_id.in_(of_draft.values()),
                    PublicationMove.new == PublicationState.CANCELLED,
                )
            ).all()
        ended = {PublicationState.CANCELLED, PublicationState.PUBLISHING}
        assert {state for one, state in states.items() if one == ids[2]} <= ended
        assert {state for one, state in states.items() if one != ids[2]} == {PublicationState.CANCELLED}
        assert len(moves) == len(set(moves)), "each is stopped once"
    assert len(mails("stopped")) <= 2 * ROUNDS
