"""A short walk of all pages by all people with hostile values; `python -m tests.web.fuzz` is the long one."""

from __future__ import annotations

import pytest
from flask import Flask

from school.models import Account, Person, Role
from tests.web.fuzz import Found, Fuzz


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_nothing_breaks_or_opens_whatever_is_sent(
    app: Flask, school_people: dict[Role, Person], x: Account
) -> None:
    """No answer of 500, no page that the table denies, no text that comes out as markup."""
    found = Found()
    walk = Fuzz(app, [person.email for person in school_people.values()], found, seed=7)
    for count, _step in enumerate(walk.steps()):
        if count == 250:
            break
    assert not found.wrong, "\n".join(f"{what}: {about}" for what, about in found.wrong.items())
    assert found.statuses[200] > 10 and len(found.endpoints) > 25, found.statuses


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_walk_notices_what_it_looks_for(app: Flask, school_people: dict[Role, Person]) -> None:
    head = school_people[Role.HEADTEACHER].email
    found = Found()
    walk = Fuzz(app, [head], found, seed=1)
    assert walk.sign_in(head)

    def broken() -> str:
        raise RuntimeError("a fault")

    app.view_functions["school_dates.show"] = broken
    app.view_functions["calendar.show"] = lambda: "<p><zqx9 onerror=alert(1)></p>"
    walk.visit(head, "GET", "/calendar")
    walk.visit(head, "GET", "/calendar/school-dates")
    assert sorted(what.split(":")[0] for what in found.wrong) == [
        "500 GET school_dates.show",
        "markup GET calendar.show",
    ]
