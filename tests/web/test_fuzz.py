"""A short walk of all pages by all people with hostile values; `python -m tests.web.fuzz` is the long one."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask, redirect

from school import db
from school.models import Account, Person, Role, School
from school.permissions import Action
from tests.web.walking import Found, Fuzz
from web.doors import MARK


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_nothing_breaks_or_opens_whatever_is_sent(
    app: Flask, school_people: dict[Role, Person], x: Account
) -> None:
    """No answer of 500, nothing open that is closed, no change by looking, no text as markup."""
    found = Found()
    walk = Fuzz(app, [person.email for person in school_people.values()], found, seed=7)
    for count, _step in enumerate(walk.steps()):
        if count == 150:
            break
    walk.writes.close()
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

    def writes() -> str:
        with db.transaction() as session:
            session.execute(sa.update(School).values(name="Another"))
        return "done"

    def secret() -> str:
        return "the consent register"

    setattr(secret, MARK, (Action.EDIT_CONSENT,))
    app.view_functions |= {
        "school_dates.show": broken,
        "calendar.show": lambda: "<p><zqx9 onerror=alert(1)></p>",
        "policy_forms.show": writes,
        "devices.show": secret,
        "reports.show": lambda: redirect("https://elsewhere.test/"),
    }
    for path in ("/calendar", "/calendar/school-dates", "/forms", "/devices", "/reports"):
        walk.visit(head, "GET", path)
    walk.writes.close()
    assert [what.split(": Runtime")[0] for what in sorted(found.wrong)] == [
        "500 GET school_dates.show",
        "GET policy_forms.show wrote in ['school']",
        "leads elsewhere reports.show",
        "not inert: GET calendar.show: an element <zqx9>",
        "open to ['headteacher', 'staff']: devices.show",
    ]
