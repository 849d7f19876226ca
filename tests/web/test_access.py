"""Every page against the permission table: who gets in, who is turned away, who must sign in (P2, P5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from approvals import drafts
from approvals.content import DraftContent
from moderation import manual
from school import db
from school.models import Account, AuditEntry, Person, Role
from school.permissions import ALLOWED, OBJECTS, Action
from school.setup import PRACTICE_PIN
from tests.web.conftest import Browser
from web import permission_table
from web.access import MARK, PUBLIC, SIGNED_IN

LIBRARY = {"static", "bootstrap.static", "security.login", "security.logout"}
"""Endpoints of libraries: files, and sign-in and sign-out themselves."""

PUBLIC_PAGES = {
    "second_step.as_at_first",
    "second_step.show",
    "second_step.give",
    "passkeys.ask",
    "passkeys.sign_in",
    "single_sign_on.begin",
    "single_sign_on.answer",
    "single_sign_on.show",
    "single_sign_on.go_on",
    "recovery.show",
    "recovery.use",
    "join.show",
    "join.accept",
    "approve.show",
    "approve.link_picture",
    "approve.picture",
    "approve.video",
    "approve.still",
    "approve.decide",
    "approve.done",
    "media.fetch",
    "planning.read_feed",
    "push.worker",
    "dark.colours",
    "app_icon.picture",
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


def example(rule: Rule, things: Mapping[str, str] = MappingProxyType({})) -> str:
    """An address of the rule, with ids of these things where it has such and made-up ones elsewhere."""
    path = re.sub(r"<any\((\w+)[^)]*\):\w+>", r"\1", rule.rule)
    for name in rule.arguments:
        value = things.get(name) or {"place": "1"}.get(name, str(uuid4()))
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
def test_every_form_is_refused_without_the_token_of_this_very_sign_in(
    app: Flask, head: Browser, signed_in: Callable[[Role], Browser]
) -> None:
    """Each address that a form is sent to, the public ones too: without a token, or with another's."""
    foreign, former = signed_in(Role.SLT).token("/me"), head.token("/me")
    head.post("/sign-out", "/me")
    head.sign_in("head@larkfield.test")
    bent = head.token("/me")[:-4] + "AAAA"
    wrong = ({}, {"csrf_token": foreign}, {"csrf_token": former}, {"csrf_token": bent}, {"csrf_token": ""})
    before, asked = _entries(), 0
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}:
            data = wrong[asked % len(wrong)]
            answer = head.client.open(example(rule), method=method, data=data)
            assert answer.status_code == 400 and "open too long" in answer.text, f"{rule.endpoint}: {data}"
            asked += 1
    assert asked > 100 and _entries() == before
    assert head.get("/me").status_code == 200, "nor was anybody signed out"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("role", list(Role))
def test_p2_each_role_opens_what_the_table_says(
    role: Role,
    app: Flask,
    things: dict[str, str],
    signed_in: Callable[[Role], Browser],
) -> None:
    """Every address by every method: as if nothing were there exactly where the table says no (P2).

    Addresses of things that are there, so that what is there makes no difference to whoever may not.
    """
    browser = signed_in(role)
    token = browser.token("/me")
    roles = {role, Role.STAFF}
    nothing = _said(browser.get("/no/such/page"))
    before = _entries()
    for rule in own_rules(app):
        needed = access(app, rule)
        if needed in (PUBLIC, SIGNED_IN):
            continue
        assert isinstance(needed, tuple)
        may = any(ALLOWED[action] & roles for action in needed)
        path = example(rule, things)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if may and method != "GET":
                continue  # what a form does for those who may is tested with the form
            answer = browser.client.open(path, method=method, data={"csrf_token": token})
            told = f"{method} {rule.endpoint} as {role}: {answer.status_code}"
            if not may:
                assert answer.status_code == 404 and _said(answer) == nothing, told
            elif answer.status_code == 403:
                # To whoever sees the thing, it is said why they may not do this with it.
                known = set(OWN_PAGES) & rule.arguments
                assert rule.endpoint in STRICTER or (known and _sees(browser, rule, things)), told
            elif not (answer.status_code == 400 and rule.endpoint in ANSWERS):
                assert answer.status_code in {200, 302, 404}, told
    kinds = {"referral_viewed", "log_viewed"}
    assert [row for row in _entries()[len(before) :] if row not in kinds] == [], "nothing was done"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("role", list(Role))
def test_a_thing_that_one_may_not_see_is_answered_as_one_that_is_not_there(
    role: Role, app: Flask, things: dict[str, str], signed_in: Callable[[Role], Browser]
) -> None:
    """Every address with an id in it, also behind the doors that the role opens (P3)."""
    browser = signed_in(role)
    token = browser.token("/me")
    roles = {role, Role.STAFF}
    hidden = 0
    for rule in own_rules(app):
        needed = access(app, rule)
        known = set(things) & rule.arguments
        if needed == PUBLIC or not known:
            continue
        if isinstance(needed, tuple) and not any(ALLOWED[action] & roles for action in needed):
            continue
        real, made_up = example(rule, things), example(rule)
        if _sees(browser, rule, things):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answers = [
                browser.client.open(path, method=method, data={"csrf_token": token})
                for path in (real, made_up)
            ]
            hidden += 1
            told = f"{method} {rule.endpoint} as {role}: {[one.status_code for one in answers]}"
            assert answers[0].status_code == answers[1].status_code, told
            assert answers[0].status_code in {302, 400, 404}, told
            assert _said(answers[0]) == _said(answers[1]), told
    if role in {Role.STAFF, Role.HEADTEACHER, Role.MODERATOR}:
        assert hidden > 3, "somebody's draft, or an entry, was to be hidden"


def _sees(browser: Browser, rule: Rule, things: dict[str, str]) -> bool:
    """Whether the person sees the thing's own page: then more of it may be refused with the reason."""
    for name, page in OWN_PAGES.items():
        if name in rule.arguments:
            return browser.get(page.format(things[name])).status_code == 200
    return True


OWN_PAGES = {"draft_id": "/drafts/{}", "entry_id": "/moderation/{}"}
"""Things that not everybody sees to whom the door is open."""


@pytest.fixture
def things(session: Session, school_people: dict[Role, Person], x: Account) -> dict[str, str]:
    """By the name that addresses give it, the id of something that is there.

    The draft is the deputy's; the entry of the log is about the headteacher.
    """
    moment = db.now()
    content = DraftContent(text="Sports day", account_ids=(x.id,))
    draft = drafts.save(session, None, content, by=school_people[Role.SLT], now=moment)
    seen = manual.ManualEntry(platform="x", text="About them", about_headteacher=True)
    entry = manual.record(session, seen, by=school_people[Role.DSL], url="https://s.test", now=moment)
    session.commit()
    return {
        "draft_id": str(draft.id),
        "entry_id": str(entry.id),
        "account_id": str(x.id),
        "person_id": str(school_people[Role.CHAIR].id),
    }


def _said(answer: TestResponse) -> str:
    """What a page says, without its menu (which marks where one is), its ids and its tokens."""
    main = answer.text[answer.text.find("<main") :]
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|value=\"[^\"]{40,}\"", "…", main)


def _entries() -> list[str]:
    with db.reading() as session:
        return list(session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq)))


def test_the_permissions_that_people_read_are_those_that_count() -> None:
    written = (Path(__file__).parents[2] / "docs" / "permissions.md").read_text("utf-8")
    assert written == permission_table.text(), "run `make permissions` and commit the file"
    for one in OBJECTS:
        module, _, name = one.asked_by.rpartition(".")
        assert callable(getattr(import_module(module), name)), one.thing


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
        assert browser.get(path).status_code == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_role_withdrawn_ends_the_session(
    app: Flask, head: Browser, signed_in: Callable[[Role], Browser], school_people: dict[Role, Person]
) -> None:
    officer = signed_in(Role.DPO)
    assert officer.get("/consent").status_code == 200
    person = school_people[Role.DPO]
    page, signature = f"/people/{person.id}", {"looked": "yes", "pin": PRACTICE_PIN}
    answer = head.post(f"{page}/roles/withdraw", page, role="dpo", reason="left that task", **signature)
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
