"""Several people, tabs and ways at once on one draft: one decision counts, the others read whose it is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from approvals.models import ApprovalDecision, Publication
from school import db
from school.models import Account, Role
from school.setup import PRACTICE_PIN
from tests.web.conftest import Browser
from tests.web.writing import count, mailed_token, only_draft, rows, write


def test_of_six_at_once_one_decides_and_the_others_read_who(
    app: Flask, signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    account = make_account("x")
    later = (db.now() + timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
    path = write(signed_in(Role.STAFF), account, at=later)
    link = f"/approve/{mailed_token()}"
    tabs: list[tuple[Browser, str, str]] = []
    for _ in range(3):
        visitor = Browser(app.test_client())
        tabs.append((visitor, link, visitor.token(link)))
    for role in (Role.HEADTEACHER, Role.SLT, Role.SLT):
        browser = signed_in(role)
        tabs.append((browser, f"{path}/decide", browser.token(path)))
    ready = threading.Barrier(len(tabs))
    answers: list[TestResponse | None] = [None] * len(tabs)

    def send(place: int) -> None:
        browser, address, token = tabs[place]
        decision = ("approve", "reject")[place % 2]
        fields = {"decision": decision, "reason": f"Tab {place} says so", "pin": PRACTICE_PIN}
        ready.wait(30)
        answers[place] = browser.client.post(address, data={"csrf_token": token, "revision": "1", **fields})

    threads = [threading.Thread(target=send, args=(place,)) for place in range(len(tabs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    taken = [place for place, answer in enumerate(answers) if answer is not None and answer.status_code < 400]
    [decision] = rows(sa.select(ApprovalDecision.reason))
    assert [f"Tab {place} says so" for place in taken] == [decision]
    approved = taken[0] % 2 == 0
    assert only_draft().state.value == ("approved" if approved else "rejected")
    assert count(Publication) == int(approved)
    for place, answer in enumerate(answers):
        if place in taken:
            continue
        assert answer is not None and answer.status_code == 409, answer
        assert decision in answer.text, "who decided what isn't said"
        assert f"Tab {place} says so" in answer.text, "what was typed is lost"
        assert "What you sent now was not counted" in answer.text
        assert (f'href="{path}">Look at the draft' in answer.text) == (place > 2), "by link, nobody signed in"
