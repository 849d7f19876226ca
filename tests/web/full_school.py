"""A school in which every page has something to show, and every address that somebody of it can open.

What the walk of all pages (walk_pages.py) and the measurement of all pages begin with.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from approvals import drafts
from connectors.base import Platform
from connectors.practice.servers import PracticePlatforms
from moderation import manual
from moderation.models import Author, Follower, FollowerKind, FollowerState
from school import consent_import, consent_lists, db, forms, mail, people, recovery
from school.delivery import Delivery, Outcome
from school.models import Account, FormKind, Person, Pupil, Role
from school.setup import PRACTICE_PASSWORD
from tests.approvals import scenes
from tests.moderation.platform import ScriptedPlatform, author, comment
from tests.moderation.scenes import Clock, flagged
from tests.school.test_forms import filled
from tests.web.conftest import Browser
from tests.web.page_forms import Forms
from tests.web.remembered import remember
from tests.web.test_practice_pages import arrive, picture
from tests.web.walking import ENDS, token

URL = "https://social.test"
LIST = "Name,Class,Photos,Given by\nAmelia Thornbury,Year 4 Kestrels,yes,Rosalind Thornbury\n,,,\n"
EACH = 2
"""So many addresses of one kind of page are opened."""
ELSEWHERE = {"practice.picture", "practice.video", "media.fetch", "health.live", "health.ready"}
"""Not pages of the school's people: files, and what machines ask for."""

Make = Callable[..., Account]
People = dict[Role, Person]


@dataclass(frozen=True, slots=True)
class Address:
    """One address that somebody can open."""

    email: str
    """Empty: anybody, signed in or not."""
    endpoint: str
    path: str
    page: str = field(default="", compare=False, repr=False)
    """What it answers with, if that is HTML."""


def furnish(
    app: Flask, session: Session, people_: People, make: Make, home: Path, practice: PracticePlatforms
) -> list[str]:
    """Put something on every page; addresses to which no page links."""
    accounts_ = {
        platform: make(platform.value, identity_id=practice.world.school(platform).id)
        for platform in Platform
    }
    for platform in Platform:
        shown = practice.world.add_picture(platform, picture(), alt_text="A green square")
        post = practice.world.publish(platform, "Sports day " + "averylongword" * 6, picture_ids=[shown.id])
        first = practice.world.say(platform, post.id, "Ann Baker", "See you there")
        practice.world.say(platform, post.id, "Kev Sour", "No, " + "grumble" * 30, first.id)
        practice.world.follow(platform, "Ann Newcomer", bio="gardener")
    arrive(home, "Margaret <head@larkfield.test>")
    remember(session, people_, accounts_[Platform.X], accounts_[Platform.FACEBOOK])
    for person in people_.values():
        session.refresh(person)
    now = db.now()
    found = _posts(app, session, people_, list(accounts_.values()), now)
    found += _comments(session, people_, accounts_, now)
    found += _school(session, people_, now)
    session.commit()
    found += _connecting(app, people_[Role.HEADTEACHER], accounts_[Platform.X])
    return found


def _posts(
    app: Flask, session: Session, people_: People, accounts_: list[Account], now: datetime
) -> list[str]:
    """Drafts in all states, of the teacher's and of the deputy's."""
    teacher, head, deputy = (people_[role] for role in (Role.STAFF, Role.HEADTEACHER, Role.SLT))
    soon = now + timedelta(days=1)
    for by in (teacher, deputy):
        media = scenes.add_picture(session, by, now)
        pictures = (scenes.choice(media),)
        for more in ({"pictures": pictures}, {}):
            drafts.save(
                session,
                None,
                scenes.content(accounts_[0], at=soon, text="Still thinking", **more),
                by=by,
                now=now,
            )
        submitted = drafts.save(
            session,
            None,
            scenes.content(*accounts_, at=soon + timedelta(hours=2), pictures=pictures),
            by=by,
            now=now,
        )
        session.commit()
        scenes.submit(session, submitted, by, now)
        scenes.approved(
            session, by, head, now, *accounts_[:2], at=soon + timedelta(hours=4)
        )
    session.commit()
    links = [f"/approve/{scenes.token_in(one)}" for one in scenes.mails(session, "approval_request", head)]
    session.commit()
    browser = _browser(app, teacher)
    browser.post("/calendar/feed", "/calendar/feed")
    return [*links, *(f"{link}/done" for link in links)]


def _comments(
    session: Session, people_: People, accounts_: Mapping[Platform, Account], now: datetime
) -> list[str]:
    """Open entries of one author and of several, one seen elsewhere, and followers to vet."""
    clock = Clock()
    clock.at = now - timedelta(minutes=5)
    rude = author("Rude Ron")
    flagged(
        accounts_[Platform.INSTAGRAM].id,
        ScriptedPlatform(),
        clock,
        *(comment(20 + n, f"idiot {n}", created_at=clock(), author=rude) for n in range(3)),
        comment(30, "You idiot " + "averylongword" * 20, created_at=clock(), author=author("Other Olga")),
    )
    manual.record(
        session,
        manual.ManualEntry(platform="Mumsnet", text="About our school", picture=picture()),
        by=people_[Role.SLT],
        url=URL,
        now=now,
    )
    writer = session.scalars(sa.select(Author).where(Author.display_name == "Rude Ron")).one()
    for number, state in enumerate((FollowerState.WAITING, FollowerState.APPROVED)):
        session.add(
            Follower(
                account_id=list(accounts_.values())[number].id, author_id=writer.id,
                kind=FollowerKind.FOLLOWER, state=state, version=1, first_seen_at=now, last_seen_at=now,
                waiting_since=now, why_waiting="New", name_vetted="Rude Ron", bio_vetted="", scored=True,
                model_name="", scores={}, reasons=[], severity=0.1,
            )
        )  # fmt: skip
    session.commit()
    return ["/moderation?by=post", "/moderation?mine=yes", "/log?state=open&text=idiot"]


def _school(session: Session, people_: People, now: datetime) -> list[str]:
    """Forms of all kinds, a list half read, mail that failed, somebody who can't get in, and links."""
    head, officer, chair = (people_[role] for role in (Role.HEADTEACHER, Role.DPO, Role.CHAIR))
    for kind in FormKind:
        forms.file(session, kind, filled(kind), by=people_[Role.STAFF], url=URL, now=now)
    kept = consent_import.keep(
        session, consent_lists.read(LIST.encode(), "list.csv"), filename="list.csv", whole_school=False,
        by=officer, now=now,
    )  # fmt: skip
    recovery.ask(session, people_[Role.STAFF], by=people_[Role.SLT], reason="Forgot it", now=now)
    newcomer, invited = people.add(
        session, name="Nora New", email="nora@larkfield.test", roles=[], by=head, reason="Joined", now=now
    )
    lost = recovery.by_server(session, chair, reason="Nobody else was left", now=now)
    session.commit()
    row = mail.queue(
        session, to=newcomer, subject="Lost", text="x", html="x", purpose="approval_request", now=now
    )
    session.commit()
    while (claimed := mail.claim(session, now=now)) is not None:
        refused = claimed.id == row.id
        told = Delivery(Outcome.REFUSED if refused else Outcome.SENT, "no such mailbox" if refused else "")
        mail.record(session, claimed, told, now=now)
    who = [("person", newcomer.id)]
    who += [("pupil", one) for one in session.scalars(sa.select(Pupil.id).order_by(Pupil.name).limit(2))]
    who += [("author", one) for one in session.scalars(sa.select(Author.id).order_by(Author.key).limit(2))]
    return [
        f"/join/{invited}",
        f"/recover/{lost}",
        f"/consent/import/{kept.id}",
        *(f"/data-protection/people/{kind}/{number}" for kind, number in who),
        "/data-protection/search?words=fair",
        "/data-protection/people?q=Rude",
        "/reports?from=2026-09-01&to=2026-12-18",
    ]


def _connecting(app: Flask, head: Person, account: Account) -> list[str]:
    """A connection that waits for the platform's answer."""
    browser, page = _browser(app, head), f"/accounts/{account.id}"
    browser.post("/accounts/apps/x", "/accounts/apps", **{"key-x": "k" * 25, "secret-x": "s" * 50})
    return [browser.post(f"{page}/connect", page).headers["Location"]]


def _browser(app: Flask, person: Person) -> Browser:
    browser = Browser(app.test_client())
    assert browser.sign_in(person.email).status_code == 302
    return browser


def addresses(app: Flask, emails: list[str], more: list[str], *, each: int = EACH) -> Iterator[Address]:
    """Every address that these people come to by links from their pages, some of each kind for each."""
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    plain = [rule.rule for rule in rules if not rule.arguments and not ENDS.search(rule.rule)]
    for email in ["", *emails]:
        client = app.test_client()
        if email:
            shown = client.get("/sign-in").text
            client.post(
                "/sign-in", data={"csrf_token": token(shown), "email": email, "password": PRACTICE_PASSWORD}
            )
        waiting = collections.deque([*plain, *more] if email else [*more, "/sign-in", "/no/such/page"])
        known = set(waiting)
        opened: collections.Counter[tuple[str, frozenset[str]]] = collections.Counter()
        while waiting:
            path = waiting.popleft()
            endpoint = _endpoint(app, path)
            kind = endpoint, frozenset(name for name, _value in parse_qsl(urlsplit(path).query))
            if endpoint in ELSEWHERE or opened[kind] >= each:
                continue
            answer = client.get(path)
            answer.close()
            there = answer.headers.get("Location", "")
            if there.startswith("/") and there not in known:
                known.add(there)
                waiting.append(there)
            if answer.status_code != 200 and path != "/no/such/page":
                continue
            opened[kind] += 1
            if answer.mimetype != "text/html":
                yield Address(email, endpoint, path)
                continue
            shown = answer.get_data(as_text=True)
            yield Address(email, endpoint, path, shown)
            page = Forms()
            page.feed(shown)
            for link in page.links:
                target = urlsplit(urljoin(path, link))
                there = target.path + (f"?{target.query}" if target.query else "")
                if not target.netloc and not target.scheme and not ENDS.search(there) and there not in known:
                    known.add(there)
                    waiting.append(there)


def _endpoint(app: Flask, path: str) -> str:
    try:
        endpoint, _values = app.url_map.bind("localhost").match(urlsplit(path).path, method="GET")
    except (HTTPException, RequestRedirect):
        return "none"
    return str(endpoint)
