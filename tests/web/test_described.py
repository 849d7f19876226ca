"""The description of routes and forms, and a short run of what schemathesis makes of it.

`python -m tests.web.fuzz_described` is the long one.
"""

from __future__ import annotations

import pytest
from flask import Flask, jsonify
from openapi_core import OpenAPI

from school.models import Account, Person, Role
from school.permissions import Action
from tests.web.fuzz_described import Described, collect
from tests.web.openapi import description, name_of
from tests.web.walking import STRANGER, Found, Fuzz
from web.doors import MARK

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PAGES = (
    "/people", "/calendar/school-dates", "/audit", "/drafts/new", "/forms/inappropriate-content", "/me",
    "/terms", "/letters",
)  # fmt: skip
"""Those whose forms are read in the short run."""


def test_the_description_names_every_page_its_values_and_who_may_open_it(app: Flask) -> None:
    made = description(app)
    OpenAPI.from_dict(made)  # raises for what isn't one
    named = {one["operationId"]: one for path in made["paths"].values() for one in path.values()}
    for rule in app.url_map.iter_rules():
        if rule.endpoint.endswith("static"):
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            one = named.pop(name_of(method.lower(), rule.endpoint))
            mark = getattr(app.view_functions[rule.endpoint], MARK, "public")
            assert one["x-access"] == ([act.value for act in mark] if isinstance(mark, tuple) else mark)
            assert {each["name"] for each in one["parameters"] if each["in"] == "path"} == rule.arguments
    assert not named
    people = made["paths"]["/people"]["post"]
    [form] = [kind["schema"]["properties"] for kind in people["requestBody"]["content"].values()]
    assert {"name", "email", "roles"} <= set(form) and people["x-access"] == [Action.MANAGE_PEOPLE.value]
    assert "before" in {one["name"] for one in made["paths"]["/audit"]["get"]["parameters"]}
    export = made["paths"]["/log/export"]["post"]["responses"]
    assert "text/csv" in export["200"]["content"] and "403" in export and "500" not in export
    [place] = made["paths"]["/forms/entries/{entry_id}"]["get"]["parameters"]
    assert place["schema"] == {"type": "string", "format": "uuid"}


def test_nothing_breaks_that_is_made_of_the_description(
    app: Flask, school_people: dict[Role, Person], x: Account
) -> None:
    """No 500, nothing open that is closed, no change by looking, no answer that isn't described."""
    found = Found()
    walk = Fuzz(app, [school_people[role].email for role in (Role.HEADTEACHER, Role.STAFF)], found, seed=7)
    for email in walk.emails:
        assert walk.sign_in(email)
    shown = collect(walk, PAGES)
    # What a browser would let somebody choose, and how much of it.
    roles = shown.fields["post people.add"]["roles"]
    assert roles.often and set(roles.offered) >= {"dpo", "chair"}
    assert shown.fields["get audit.show"]["about"].limits == {"maxlength": "100"}
    described = Described(walk, shown)
    before = found.requests
    looked = {"get drafts.show", "get log.show", "get reports.show", "get people.one", "post drafts.create"}
    described.go(each=4, first=1, only=frozenset({*shown.fields, *looked}))
    walk.writes.close()
    assert not found.wrong, "\n".join(f"{what}: {about}" for what, about in found.wrong.items())
    assert found.requests - before >= len(described.asked) > 10 and found.did, found.statuses


def test_what_differs_from_the_description_is_noticed(app: Flask, school_people: dict[Role, Person]) -> None:
    found = Found()
    walk = Fuzz(app, [school_people[Role.HEADTEACHER].email], found, seed=1)
    walk.emails.remove(STRANGER)
    for email in walk.emails:
        assert walk.sign_in(email)
    described = Described(walk, collect(walk, ["/calendar"]))
    closed = app.view_functions["devices.show"]
    setattr(opened := lambda: "for whoever comes", MARK, getattr(closed, MARK))
    app.view_functions |= {
        "calendar.show": lambda: ("a pot", 418),
        "reports.show": lambda: jsonify({}),
        "devices.show": opened,
    }
    app.view_functions["people.add"] = lambda: 1 // 0
    names = {"get calendar.show", "get reports.show", "get devices.show", "post people.add"}
    described.go(each=1, first=1, only=frozenset(names))
    walk.writes.close()
    said = [what.partition(": ZeroDivision")[0] for what in sorted(found.wrong)]
    assert said == [
        "500 POST people.add",
        "get calendar.show isn't as described: 418 text/html (UndefinedStatusCode)",
        "open to ['headteacher', 'staff']: devices.show",
    ]
