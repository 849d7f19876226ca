"""Every page against the permission table: who gets in, who is turned away, who must sign in (P2, P5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.routing import Rule

from school.models import Person, Role
from school.permissions import ALLOWED, Action
from tests.web.conftest import Browser
from web.access import MARK, PUBLIC, SIGNED_IN

LIBRARY = {"static", "bootstrap.static", "security.login", "security.logout"}
"""Endpoints of libraries: files, and sign-in and sign-out themselves."""

PUBLIC_PAGES = {
    "second_step.show",
    "second_step.give",
    "passkeys.ask",
    "passkeys.sign_in",
    "recovery.show",
    "recovery.use",
    "join.show",
    "join.accept",
    "approve.show",
    "approve.picture",
    "approve.video",
    "approve.still",
    "approve.decide",
    "media.fetch",
    "planning.read_feed",
    "health.live",
    "health.ready",
    "metrics.metrics",
}
"""Pages that anybody may open; each was thought about."""


STRICTER = {"drafts.new"}
"""Pages that ask more than a role: the leave to write for an account (P1). Their own tests say what."""


ANSWERS = {"connecting.from_x", "connecting.from_facebook"}
"""Pages that take a platform's answer, and refuse to be opened without one."""


def own_rules(app: Flask) -> Iterator[Rule]:
    return (rule for rule in app.url_map.iter_rules() if rule.endpoint not in LIBRARY)


def example(rule: Rule) -> str:
    """An address of the rule with made-up values; the doors are checked before anything is looked up."""
    path = re.sub(r"<any\((\w+)[^)]*\):\w+>", r"\1", rule.rule)
    for name in rule.arguments:
        value = {"place": "1"}.get(name, str(uuid4()))
        for part in path.split("/"):
            if part.startswith("<") and part.strip("<>").rpartition(":")[2] == name:
                path = path.replace(part, value)
    assert "<" not in path, path
    return path


def access(app: Flask, rule: Rule) -> object:
    return getattr(app.view_functions[rule.endpoint], MARK, None)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_view_says_who_may_open_it(app: Flask) -> None:
    unmarked = [rule.endpoint for rule in own_rules(app) if access(app, rule) is None]
    assert not unmarked
    assert {rule.endpoint for rule in own_rules(app) if access(app, rule) == PUBLIC} == PUBLIC_PAGES


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_visitor_is_sent_to_sign_in_everywhere_but_on_public_pages(app: Flask, visitor: Browser) -> None:
    for rule in own_rules(app):
        if access(app, rule) == PUBLIC:
            continue
        path = example(rule)
        reads = "GET" in (rule.methods or ())
        answer = visitor.get(path) if reads else visitor.post(path, "/sign-in")
        assert answer.status_code == 302, f"{rule.endpoint}: {answer.status_code}"
        assert answer.headers["Location"].startswith("/sign-in"), rule.endpoint


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("role", list(Role))
def test_p2_each_role_opens_what_the_table_says(
    role: Role, app: Flask, school_people: dict[Role, Person], signed_in: Callable[[Role], Browser]
) -> None:
    """GET and POST alike: 403 exactly where the table says no (P2)."""
    browser = signed_in(role)
    roles = {role, Role.STAFF}
    for rule in own_rules(app):
        needed = access(app, rule)
        if needed in (PUBLIC, SIGNED_IN):
            continue
        assert isinstance(needed, tuple)
        may = any(ALLOWED[action] & roles for action in needed)
        if may and "GET" not in (rule.methods or ()):
            continue  # what a form does for those who may is tested with the form
        path = example(rule)
        answer = browser.get(path) if "GET" in (rule.methods or ()) else browser.post(path, "/me")
        if may:
            if answer.status_code == 403 and rule.endpoint in STRICTER:
                continue
            if answer.status_code == 400 and rule.endpoint in ANSWERS:
                continue
            assert answer.status_code in {200, 302, 404}, f"{rule.endpoint} as {role}: {answer.status_code}"
        else:
            assert answer.status_code == 403, f"{rule.endpoint} as {role}: {answer.status_code}"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("role", list(Role))
def test_the_menu_shows_only_what_the_person_can_open(
    role: Role, signed_in: Callable[[Role], Browser]
) -> None:
    browser = signed_in(role)
    page = browser.get("/me").text
    menu = page[page.index("<nav") : page.index("</nav>")]
    paths = [part.split('"')[0] for part in menu.split('href="')[1:]]
    assert "/" in paths
    for path in paths:
        assert browser.get(path).status_code in {200, 302}, path
    roles = {role, Role.STAFF}
    doors = {"/people": Action.MANAGE_PEOPLE, "/log": Action.SEE_LOG, "/audit": Action.SEE_AUDIT}
    for path, action in doors.items():
        if ALLOWED[action] & roles:
            assert path in paths


def test_the_network_manager_never_sees_the_log(signed_in: Callable[[Role], Browser]) -> None:
    """P5: no access to the abuse log's contents."""
    browser = signed_in(Role.NETWORK_MANAGER)
    for path in ("/moderation", "/log"):
        assert browser.get(path).status_code == 403


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_role_withdrawn_ends_the_session(
    app: Flask, head: Browser, signed_in: Callable[[Role], Browser], school_people: dict[Role, Person]
) -> None:
    officer = signed_in(Role.DPO)
    assert officer.get("/consent").status_code == 200
    person = school_people[Role.DPO]
    answer = head.post(
        f"/people/{person.id}/roles/withdraw", f"/people/{person.id}", role="dpo", reason="left that task"
    )
    assert answer.status_code == 302
    assert officer.get("/consent").headers["Location"].startswith("/sign-in")


def test_no_page_holds_inline_scripts_or_styles() -> None:
    """What the content policy would refuse anyway must not be written at all."""
    folder = Path(__file__).parents[2] / "web" / "templates"
    for template in folder.rglob("*.html"):
        text = template.read_text(encoding="utf-8")
        assert " style=" not in text, template
        assert "onclick=" not in text and "javascript:" not in text, template
        assert "<script>" not in text and "<style" not in text, template
        assert "https://cdn" not in text, template
