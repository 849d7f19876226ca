"""The history of a draft says what was done in words that tell one thing from another."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask

from school import db
from school.models import Account, Role
from school.times import LONDON
from tests.web.conftest import Browser
from tests.web.writing import decide, fields, mailed_token, write

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def _history(page: str) -> str:
    return re.sub(r"<[^>]+>|\s+", " ", page.split('id="history"')[1])


def test_a_move_a_repetition_and_each_version_are_told_as_what_they_are(
    app: Flask, signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    account = make_account("x")
    begin = datetime(db.now().year + 1, 6, 1, 12, tzinfo=LONDON)
    teacher = signed_in(Role.STAFF)
    path = write(teacher, account, at=begin)
    decide(app, mailed_token())
    moved = teacher.post(
        f"{path}/move",
        f"{path}/move",
        planned_date=f"{begin + timedelta(days=18):%Y-%m-%d}",
        planned_time="12:00",
        based_on="1",
        # In some years that is an odd day, about which one is asked before.
        warned=f"{begin + timedelta(days=18):%Y-%m-%d}T12:00",
    )
    assert moved.status_code == 302
    told = " ".join(_history(teacher.get(path).text).split())
    words = f"moved from 1 to 19 June {begin.year}"
    assert f"Draft: {words}" in told and "Its approval ended with that." in told
    assert f"The draft was changed: {words}." in told, "why what was to come is cancelled"
    assert "It was edited" not in told and "The draft was begun" not in told and "Draft: begun" in told
    # Each version says what differs, and which was handed in and approved.
    versions = told.split("2 versions")[1]
    assert "Version 1 handed in approved" in versions
    assert f"Version 2 M{words[1:]}" in versions and "Version 2 handed in" not in versions
    until = f"{begin + timedelta(days=18 + 21):%Y-%m-%d}"
    answer = teacher.post(
        f"{path}/repeat", f"{path}/repeat", series=str(uuid4()), rhythm="weekly", until=until
    )
    assert answer.status_code == 302
    page = teacher.get(path).text
    assert "Repeated: 3 drafts begun" in _history(page)
    begun = {one for one in re.findall(r'href="(/drafts/[0-9a-f-]{36})"', page) if one != path}
    assert len(begun) == 3
    assert not any("Repeated:" in _history(teacher.get(one).text) for one in begun)
    # A new wording is offered to the others of its series, by its author alone.
    assert "others too" not in page
    reworded = fields(account, at=begin + timedelta(days=18), text="Put otherwise", based_on="2", do="save")
    assert teacher.post(f"{path}/edit", f"{path}/edit", **reworded).status_code == 302
    assert "Change the wording of the 3 others too" in teacher.get(path).text
    assert "others too" not in signed_in(Role.HEADTEACHER).get(path).text
    done = teacher.post(f"{path}/series/wording", path, revision="3")
    assert done.status_code == 302 and "others too" not in teacher.get(path).text
    assert all("Put otherwise" in teacher.get(one).text for one in begun)
    teacher.post(f"{path}/series/wording", path, revision="3")
    twice = teacher.get(path).text
    assert "so nothing was changed" in twice and "0 drafts" not in twice
    refused = signed_in(Role.HEADTEACHER).post(f"{path}/series/wording", path, revision="3")
    assert refused.status_code == 403


def test_a_change_of_words_and_of_day_is_told_as_both(
    signed_in: Callable[[Role], Browser], make_account: Callable[..., Account]
) -> None:
    account = make_account("x")
    begin = datetime(db.now().year + 1, 6, 1, 12, tzinfo=LONDON)
    teacher = signed_in(Role.STAFF)
    path = write(teacher, account, at=begin)
    other = begin + timedelta(days=1, hours=1)
    changed = teacher.post(
        f"{path}/edit",
        f"{path}/edit",
        **{
            "text": "Another text",
            "account": str(account.id),
            "planned_date": f"{other:%Y-%m-%d}",
            "planned_time": f"{other:%H:%M}",
            "objective": "reminder",
            "none_shown": "yes",
            "device": "School tablet 4",
            "based_on": "1",
            "do": "save",
        },
    )
    assert changed.status_code == 302, changed.text
    told = " ".join(_history(teacher.get(path).text).split())
    assert "Draft: changed (text changed, moved from " in told and "checklist to be signed again" in told
    assert "What was handed in no longer waits for a decision." in told
