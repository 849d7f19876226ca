"""A school in which everything that people or platforms wrote is hostile: it is shown as text."""

from __future__ import annotations

import hashlib
import re
import threading

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser
from waitress import create_server

from approvals import link_looks
from approvals.models import ApprovalRequest, DraftRevision, LinkLook, LinkState
from moderation.models import CameWith, CameWithState, CaseState, LogCase
from school import db, people, secrets
from school.models import Person, Role
from tests.web import fuzz_school, inert, stuffed
from tests.web.walking import ENDS, Found, Fuzz
from web.doors import MARK, PUBLIC

LOOKERS = (Role.HEADTEACHER, Role.DPO, Role.DSL, Role.NETWORK_MANAGER, Role.CHAIR, Role.STAFF)
"""Together they open every page."""
AS_FOUND = {
    "connecting.from_facebook": "opened by a platform's answer alone",
    "connecting.from_x": "opened by a platform's answer alone",
    "health.ready": "says that no worker runs",
    "second_factor.codes": "shows codes once, right after they were made",
    "single_sign_on.begin": "no other provider is set",
    "single_sign_on.answer": "no other provider is set",
    "single_sign_on.show": "no other provider is set",
    "second_step.show": "between a password and the code alone",
    "mailbox.message": "no mail was delivered yet",
    "mailbox.html": "no mail was delivered yet",
    "practice.video": "nobody posted a video",
    "practice.picture": "nobody posted a picture",
}
"""Pages that such a school doesn't show, and why."""


def make_hostile(walk: Fuzz) -> list[str]:
    """Sign everybody in, then fill the school with what is hostile; the columns that are."""
    for email in walk.emails:
        assert walk.sign_in(email)
    with db.transaction() as session:
        assert stuffed.fill(session, db.now()) == []
        head = people.holders(session, Role.HEADTEACHER)[0]
        _newcomer, invited = people.add(
            session, name="Nora Field", email="nora@larkfield.test", roles=set(), by=head, reason="New",
            now=db.now(),
        )  # fmt: skip
        walk.ids["token"].append(invited)
        # The one entry's one picture: asked for, it would be shown nowhere.
        session.execute(sa.update(CameWith).values(state=CameWithState.KEPT))
    with db.transaction() as session:
        spoilt = stuffed.spoil(session)
        token = stuffed.a_token("approval_requests", stuffed.UNDECIDED)
        revision = session.scalars(
            sa.select(DraftRevision)
            .join(ApprovalRequest, ApprovalRequest.revision_id == DraftRevision.id)
            .where(ApprovalRequest.token_hash == secrets.token_hash(token))
        ).one()
        # What was found behind a link is known by the link, which is hostile by now.
        [address, *_] = link_looks.addresses(revision)
        digest = hashlib.sha256(address.encode()).hexdigest()
        session.execute(
            sa.update(LinkLook).where(LinkLook.state == LinkState.PAGE).values(address_hash=digest)
        )
    return spoilt


def look_everywhere(walk: Fuzz) -> None:
    """Open every page once: without an id, by a link that leads there, or by the ids that are there."""
    tried: set[tuple[str, str]] = set()

    def look(email: str, path: str, endpoint: str) -> None:
        open_to = getattr(walk.app.view_functions[endpoint], MARK, PUBLIC)
        if (email, path) in tried or walk.found.served[endpoint] or not walk.may(email, open_to):
            return
        tried.add((email, path))
        walk.visit(email, "GET", path)

    rules = [rule for rule in walk.app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    rules = [rule for rule in rules if not ENDS.search(rule.rule)]
    plain = {rule.rule: rule.endpoint for rule in rules if "<" not in rule.rule}
    for path, endpoint in plain.items():
        for email in walk.emails:
            look(email, path, endpoint)
    for _deeper in range(2):
        for endpoint, links in list(walk.links.items()):
            for path, shown in list(links.items()) if endpoint in walk.app.view_functions else ():
                for email in shown:
                    look(email, path, endpoint)
    with db.reading() as session:
        author = session.scalars(sa.select(LogCase.author_id).where(LogCase.state == CaseState.OPEN)).first()
    for email in walk.emails:
        # The queue leads there once an author has two open entries.
        look(email, f"/moderation/together?author={author}", "together.show")
    walk.ids.update(fuzz_school.real_ids(), place=["1"])
    for rule in rules:
        if "<" not in rule.rule or rule.endpoint in AS_FOUND:
            continue
        everybody = walk.emails if "token" not in rule.arguments else walk.emails[:1]
        for place in range(8 if "token" not in rule.arguments else len(walk.ids["token"])):
            path = re.sub(r"<any\(([^)]*)\):\w+>", lambda found: found[1].split(", ")[0], rule.rule)
            for name in rule.arguments:
                path = re.sub(rf"<(?:\w+:)?{name}>", _nth(walk.ids, name, place), path)
            for email in everybody:
                look(email, path, rule.endpoint)


def _nth(ids: dict[str, list[str]], name: str, place: int) -> str:
    known = ids.get(name) or ["1"]
    return known[place % len(known)]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_whatever_was_written_is_shown_as_text_on_every_page(
    app: Flask, school_people: dict[Role, Person]
) -> None:
    """No element, attribute, address or action comes from it; nothing breaks; looking writes nothing."""
    found = Found()
    walk = Fuzz(app, [school_people[role].email for role in LOOKERS], found, seed=1)
    spoilt = make_hostile(walk)
    look_everywhere(walk)
    walk.writes.close()
    assert not found.wrong, "\n".join(f"{what}: {about}" for what, about in found.wrong.items())
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    missed = sorted(pages - set(found.served) - set(AS_FOUND))
    assert not missed, " ".join(missed)
    assert len(spoilt) > 130, "text that wasn't made hostile"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_nothing_of_it_runs_in_a_browser(
    app: Flask, school_people: dict[Role, Person], chromium: Browser
) -> None:
    """No dialog, no request to elsewhere, no element of its own, nothing for the content policy to stop."""
    lookers = [school_people[role].email for role in (Role.HEADTEACHER, Role.DSL)]
    walk = Fuzz(app, lookers, Found(), seed=1)
    make_hostile(walk)
    walk.writes.close()
    ids = fuzz_school.real_ids()
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    address = f"http://127.0.0.1:{server.effective_port}"
    wrong: list[str] = []
    pages = {
        lookers[0]: ("/", "/drafts", f"/drafts/{ids['draft_id'][-1]}", "/accounts", "/consent", "/reports"),
        lookers[1]: ("/moderation", f"/moderation/{ids['entry_id'][0]}", "/log"),
    }
    for email, paths in pages.items():
        context = chromium.new_context()
        cookie = walk.clients[email].get_cookie("schoolgate")
        assert cookie is not None
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("dialog", lambda dialog: (wrong.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: wrong.append(f"an error: {error}"))
        page.on(
            "console", lambda said: wrong.append(said.text) if said.type in {"error", "warning"} else None
        )
        page.on(
            "request",
            lambda asked: wrong.append(asked.url) if not asked.url.startswith((address, "data:")) else None,
        )
        for path in paths:
            answer = page.goto(f"{address}{path}")
            assert answer is not None and answer.status == 200, path
            assert inert.MARKER in page.content(), path
            assert page.locator(f"{inert.MARKER}x, [{inert.MARKER}a], [onerror]").count() == 0, path
        context.close()
    server.close()
    assert wrong == []
