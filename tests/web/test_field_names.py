"""What is wrong with a form is said with the name of the field, on every page with a form."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium

from school.forms import FORMS
from school.models import Account, Person, Role
from tests.web.conftest import Browser
from tests.web.test_access import access, own_rules
from tests.web.test_in_browser import sign_in_as
from web.doors import PUBLIC

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

SAID = """() => {
  document.querySelectorAll("main details").forEach(one => { one.open = true });
  document.querySelectorAll("main form").forEach(one => one.checkValidity());
  const ids = [...document.querySelectorAll("[id]")].map(one => one.id);
  return {
    said: [...document.querySelectorAll("main .invalid-feedback")].map(one => one.textContent),
    twice: ids.filter((one, place) => ids.indexOf(one) !== place),
  };
}"""


@pytest.mark.parametrize("role", [Role.HEADTEACHER, Role.DPO, Role.NETWORK_MANAGER, Role.MARKETING_OFFICER])
def test_no_error_without_its_fields_name(
    role: Role,
    app: Flask,
    address: str,
    chromium: Chromium,
    signed_in: Callable[[Role], Browser],
    school_people: dict[Role, Person],
    x: Account,
) -> None:
    """Every page without an id in its address; the forms of the policy; somebody's page and an account's."""
    browser = signed_in(role)
    paths = {
        rule.rule
        for rule in own_rules(app)
        if "GET" in (rule.methods or ()) and not rule.arguments and access(app, rule) != PUBLIC
    }
    paths |= {f"/forms/{kind}" for kind in FORMS}
    paths |= {f"/people/{school_people[Role.CHAIR].id}", f"/accounts/{x.id}"}
    with_forms = [
        path
        for path in sorted(paths)
        if (answer := browser.get(path)).status_code == 200
        and answer.mimetype == "text/html"
        and " required" in answer.text.partition("<main")[2]
    ]
    page = chromium.new_page()
    sign_in_as(page, address, school_people[role].name)
    wrong, asked = [], 0
    for path in with_forms:
        page.goto(address + path)
        found = page.evaluate(SAID)
        asked += len(found["said"])
        wrong += [f"{path}: {one}" for one in found["said"] if "“”" in one or "“" not in one]
        wrong += [f"{path}: the id {one} is there twice" for one in found["twice"]]
    page.close()
    assert asked > 15, "the forms were not asked"
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", list(FORMS))
def test_an_empty_form_names_each_field_on_the_server_too(
    kind: str, signed_in: Callable[[Role], Browser]
) -> None:
    page = f"/forms/{kind}"
    answer = signed_in(Role.STAFF).post(page, page)
    assert answer.status_code == 400
    for field in FORMS[kind].fields:  # type: ignore[index]
        if field.required and field.kind != "date":
            assert f"“{field.label}” is empty" in answer.text
