"""Asking for the same links at the same time."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from approvals import link_looks
from school import db
from tests.locks import until_somebody_waits

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
FIRST, SECOND = "https://a.example/", "https://b.example/"


def test_two_drafts_with_the_same_links_in_another_order_are_both_saved(session: Session) -> None:
    moment = db.now()
    with db.transaction() as making:
        link_looks.ask(making, [FIRST, SECOND], now=moment)
    saved = []

    def other_draft() -> None:
        with db.transaction() as other:
            saved.append(link_looks.ask(other, [SECOND, FIRST], now=moment + timedelta(minutes=1)))

    beside = threading.Thread(target=other_draft)
    with db.transaction() as mine:
        link_looks.ask(mine, [FIRST], now=moment)
        beside.start()
        until_somebody_waits(session)
        link_looks.ask(mine, [SECOND], now=moment)
    beside.join(60)
    assert saved == [True]
