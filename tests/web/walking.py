"""Walks every page and form as every person, with what a hostile or clumsy visitor might send."""

from __future__ import annotations

import collections
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import urljoin as joined
from urllib.parse import urlsplit
from uuid import uuid4

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect, Rule
from werkzeug.test import TestResponse

from school import db
from school.models import Person
from school.permissions import ALLOWED
from tests.web import fuzz_school, inert
from tests.web.fuzz_values import FILES, HOSTILE, NAMES, NEW_PASSWORD, PRACTICE_PASSWORD, plausible
from tests.web.page_forms import Form, Forms
from tests.web.stuffed import UNDECIDED, a_token
from tests.web.untouched import Writes
from web.doors import MARK, PUBLIC

STRANGER = "nobody"
"""Who isn't signed in."""
LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS = ("HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "POST")
TURNED_AWAY = frozenset({308, 400, 401, 404, 405, 413, 429})
"""Answers to whoever may not; 401: the visit has ended, 400: a wrong token, 308: another spelling."""
SEEN_BY_LOOKING = {"audit_entries"}
"""Whoever reads a referral or the log leaves a line in the trail."""
BOOKS = {"sign_ins"}
"""When somebody was last here."""
SAME_FOR_ALL = {"moderation.release"}
"""Acts that answer alike whether the thing is there or not: they end something of one's own."""
SIGNS_IN = {"security.login", "join.accept", "recovery.use", "second_step.give", "second_step.as_at_first"}
DRAWS_ALL = 0.15
"""How many of the pages of a kind that is well known are still searched for links and forms."""

LINKED = ("approval_requests", "invitations", "calendar_feeds", "public_pictures", "recoveries")
"""Tables whose rows are reached by a secret in an address."""
LINK_OF = dict(zip(("approve", "join", "calendar", "media", "recover"), LINKED, strict=True))
"""By the first word of an address, whose secret it takes."""
NAMED = frozenset({"draft_id", "media_id", "video_id", "entry_id"})
"""Of things that not everybody sees whose role opens the page."""
QUERIES = ("page", "q", "from", "to", "author", "post", "account", "next", "sort", "before", "after", "on")
QUERIES += ("view", "state", "since", "about", "kind", "number", "term", "month", "year", "restore", "draft")
ENDS = re.compile(r"/sign-out|/logout")
"""Addresses that end the visit itself."""
PER_ENDPOINT = 40
"""Addresses and forms that are remembered of each page."""


@dataclass
class Found:
    """What went wrong, each kind once for its address."""

    requests: int = 0
    statuses: collections.Counter[int] = field(default_factory=collections.Counter)
    endpoints: collections.Counter[str] = field(default_factory=collections.Counter)
    """Those that were asked, by anybody."""
    served: collections.Counter[str] = field(default_factory=collections.Counter)
    """Those that let somebody in and answered."""
    did: collections.Counter[str] = field(default_factory=collections.Counter)
    """Those that wrote something."""
    wrong: dict[str, str] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    """What of that was printed."""

    def note(self, what: str, about: str) -> None:
        """Keep the first of each kind."""
        self.wrong.setdefault(what, about)


class Fuzz:
    """Walks the pages of one app as several people."""

    def __init__(self, app: Flask, emails: Sequence[str], found: Found, *, seed: int) -> None:
        self.app = app
        self.found = found
        self.random = random.Random(seed)
        self.emails = [*emails, STRANGER]
        self.clients: dict[str, FlaskClient] = {}
        self.roles: dict[str, frozenset[str]] = {}
        self.tokens: dict[str, str] = {}
        self.links: collections.defaultdict[str, dict[str, set[str]]] = collections.defaultdict(dict)
        """By page, its addresses and who was shown them."""
        self.forms: collections.defaultdict[str, dict[Form, set[str]]] = collections.defaultdict(dict)
        self.ids: dict[str, list[str]] = {"kind": ["person", "pupil", "author"], "place": ["1", "2"]}
        self.ids["key"] = ["warning", "meeting", "made"]
        self.ids["token"] = [a_token(name, place) for name in LINKED for place in range(UNDECIDED + 1)]
        self.error = ""
        self.writes = Writes(db.engine())
        handlers = app.error_handler_spec[None][None]
        for kind in (Exception, sa.exc.OperationalError):
            handlers[kind] = self._watched(handlers[kind])

    def _watched(self, handle):  # type: ignore[no-untyped-def]
        def remember(error: Exception) -> ResponseReturnValue:
            place = error.__traceback__
            while place is not None and place.tb_next is not None:
                place = place.tb_next
            where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place is not None else ""
            self.error = f"{type(error).__name__}: {str(error)[:300]} at {where}"
            return handle(error)

        return remember

    # -- visiting ---------------------------------------------------------------------------------

    def sign_in(self, email: str) -> bool:
        """Begin a visit; False where this person can't sign in any more."""
        client = self.app.test_client()
        self.clients[email] = client
        self.tokens[email] = token(client.get("/sign-in").text)
        if email == STRANGER:
            self.roles[email] = frozenset()
            return True
        for password in (PRACTICE_PASSWORD, NEW_PASSWORD):
            data = {"csrf_token": self.tokens[email], "email": email, "password": password}
            client.post("/sign-in", data=data)
            page = client.get("/me")
            if page.status_code == 200:
                self.tokens[email] = token(page.text)
                self.roles[email] = self._roles(email)
                return True
        if client.get("/sign-in/code").status_code == 200:
            # Waits at the second step: nobody yet.
            self.roles[email] = frozenset()
            return True
        self.clients.pop(email, None)
        return False

    def _roles(self, email: str) -> frozenset[str]:
        with db.reading() as session:
            person = session.scalars(sa.select(Person).where(Person.email == email)).one_or_none()
            if person is None:
                # Whoever was given another address meanwhile is still who they were in this visit.
                return self.roles.get(email, frozenset())
            return frozenset(role.value for role in person.roles) | {"staff"}

    def visit(
        self,
        email: str,
        method: str,
        path: str,
        data: Mapping[str, object] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """One request as somebody, and what must hold of its answer."""
        self.error = ""
        endpoint, needed, values = self.needed(path, method)
        anothers = self._is_anothers(email, method, values)
        self.writes.forget()
        answer = self.clients[email].open(path, method=method, data=data, query_string=query)
        wrote = self.writes.seen() - BOOKS
        about = f"{email} {path[:300]} {str(query or data)[:600]}"
        status = answer.status_code
        away = status in TURNED_AWAY or method == "OPTIONS"
        away = away or "/sign-in" in answer.headers.get("Location", "")
        self.found.requests += 1
        self.found.statuses[status] += 1
        self.found.endpoints[endpoint] += 1
        if status < 400 and not away:
            self.found.served[endpoint] += 1
        if wrote and method not in LOOKING:
            self.found.did[endpoint] += 1
        if status >= 500 and endpoint != "health.ready":
            self.found.note(f"{status} {method} {endpoint}: {self.error}", about)
        if method in LOOKING and wrote - SEEN_BY_LOOKING:
            self.found.note(f"{method} {endpoint} wrote in {sorted(wrote)}", about)
        if not away and status != 403 and not self.may(email, needed):
            self.found.note(f"open to {sorted(self.roles[email])}: {endpoint}", f"{status} {about}")
        elif wrote and away and endpoint not in {"nowhere", "redirect"} and not self.may(email, needed):
            roles = sorted(self.roles[email])
            self.found.note(f"{endpoint} did something for {roles}: {sorted(wrote)}", about)
        if anothers and (not away or wrote) and (wrote or endpoint not in SAME_FOR_ALL):
            self.found.note(f"{method} {endpoint} shows what is another's", f"{status} {about}")
        self._read(email, endpoint, method, path, answer, about)
        if (away and status in {302, 401} and self.may(email, needed)) or endpoint in SIGNS_IN:
            # The visit is over, or is somebody else's now.
            self.sign_in(email)
        answer.close()
        return answer

    def _read(
        self, email: str, endpoint: str, method: str, path: str, answer: TestResponse, about: str
    ) -> None:
        text = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
        if answer.status_code < 500 and not answer.is_streamed:
            for wrong in inert.of_answer(answer.mimetype, answer.get_data()):
                self.found.note(f"not inert: {method} {endpoint}: {wrong}", about)
        well_known = self.found.endpoints[endpoint] >= PER_ENDPOINT
        if text and (not well_known or self.random.random() < DRAWS_ALL):
            self._collect(email, path, text)
        host = urlsplit(answer.headers.get("Location", "")).netloc
        if host not in {"", "localhost", "127.0.0.1"} and not endpoint.startswith("connecting."):
            self.found.note(f"leads elsewhere {endpoint}", f"{about} to {host}")

    def needed(self, path: str, method: str) -> tuple[str, object, Mapping[str, object]]:
        """The page of an address, who may open it, and the ids in it; "nowhere" where there is none."""
        try:
            rule, values = self.app.url_map.bind("localhost").match(urlsplit(path).path, method=method)
        except RequestRedirect:
            return "redirect", PUBLIC, {}
        except HTTPException:
            return "nowhere", PUBLIC, {}
        return rule, getattr(self.app.view_functions[rule], MARK, PUBLIC), values

    def may(self, email: str, needed: object) -> bool:
        """What the permission table says, of the roles that the person has now."""
        if needed == PUBLIC:
            return True
        if not isinstance(needed, tuple) or not self.roles[email]:
            return bool(self.roles[email])
        allowed = {role.value for action in needed for role in ALLOWED[action]}
        if not allowed & self.roles[email]:
            self.roles[email] = self._roles(email)
        return bool(allowed & self.roles[email])

    def _is_anothers(self, email: str, method: str, values: Mapping[str, object]) -> bool:
        if email == STRANGER or method == "OPTIONS" or not NAMED & set(values):
            return False
        with db.reading() as session:
            person = session.scalars(sa.select(Person).where(Person.email == email)).one_or_none()
            return person is not None and fuzz_school.is_anothers(session, person, values, db.now())

    def _collect(self, email: str, path: str, text: str) -> None:
        page = Forms()
        page.feed(text)
        for link in page.links:
            target = urlsplit(joined(path, link))
            if target.netloc or target.scheme or ENDS.search(target.path):
                continue
            address = target.path + ("?" + target.query if target.query else "")
            endpoint, _needed, values = self.needed(target.path, "GET")
            self._remember(self.links[endpoint], address, email)
            self._learn(values)
        for action, method, fields in page.forms:
            target = urlsplit(joined(path, action or path))
            if target.netloc or target.scheme or ENDS.search(target.path):
                continue
            endpoint, _needed, values = self.needed(target.path, method.upper())
            form = Form(target.path, method, endpoint, tuple(fields))
            self._remember(self.forms[endpoint], form, email)
            self._learn(values)

    def _remember(self, known: dict, thing: object, email: str) -> None:  # type: ignore[type-arg]
        if thing not in known and len(known) >= PER_ENDPOINT:
            known.pop(self.random.choice(list(known)))
        known.setdefault(thing, set()).add(email)

    def _learn(self, values: Mapping[str, object]) -> None:
        for name, value in values.items():
            known = self.ids.setdefault(name, [])
            if str(value) not in known:
                known.append(str(value))
                del known[:-60]

    # -- choosing ---------------------------------------------------------------------------------

    def steps(self) -> Iterator[None]:
        """Walk without end; each step is one request or few."""
        for email in list(self.emails):
            if self.sign_in(email):
                self.visit(email, "GET", "/")
        for rule in self.app.url_map.iter_rules():
            if "<" not in rule.rule and not ENDS.search(rule.rule) and "GET" in (rule.methods or ()):
                self.links[rule.endpoint].setdefault(rule.rule, set(self.emails))
        count = 0
        while len(self.clients) > 1:
            if count % 400 == 0:
                self._look_around()
            count += 1
            chance = self.random.random()
            if chance < 0.3 or not self.forms:
                self._follow()
            elif chance < 0.45:
                self._made_up()
            else:
                self._send()
            yield

    def _look_around(self) -> None:
        """What is there by now, and links that went out by mail."""
        for name, ids in fuzz_school.real_ids().items():
            self.ids[name] = list(dict.fromkeys([*self.ids.get(name, []), *ids]))[-80:]
        for path in fuzz_school.mailed_links():
            endpoint, _needed, values = self.needed(path, "GET")
            self._remember(self.links[endpoint], path, STRANGER)
            self._learn(values)

    def _rarest(self, among: Mapping[str, object]) -> str:
        """One of the pages, sooner one that has seldom been served."""
        some = self.random.choices([name for name in among if among[name]], k=4)
        return min(some, key=lambda name: self.found.served[name])

    def _who(self, shown: set[str]) -> str:
        """Mostly somebody who was shown it; sometimes anybody."""
        own = [email for email in shown if email in self.clients]
        return self.random.choice(own if own and self.random.random() < 0.7 else list(self.clients))

    def _follow(self) -> None:
        known = self.links[self._rarest(self.links)]
        path = self.random.choice(list(known))
        email = self._who(known[path])
        method = self.random.choice(METHODS) if self.random.random() < 0.1 else "GET"
        data = None if method in LOOKING else {"csrf_token": self.tokens[email]}
        query: dict[str, str] | None = None
        if self.random.random() < 0.4:
            path, _mark, asked = path.partition("?")
            query = dict(part.partition("=")[::2] for part in asked.split("&") if part)
            query[self.random.choice(QUERIES)] = self._value("")
            query = usable(query)
        self.visit(email, method, path, data, query)

    def _made_up(self) -> None:
        """An address with real ids in it, or with what looks like none; an empty form."""
        rules = [rule for rule in self.app.url_map.iter_rules() if "<" in rule.rule]
        rule = min(self.random.choices(rules, k=3), key=lambda one: self.found.served[one.endpoint])
        path = self.filled(rule)
        # Mostly somebody whose role opens it: the others are turned away at the door each time.
        needed = getattr(self.app.view_functions[rule.endpoint], MARK, PUBLIC)
        may = [email for email in self.clients if self.may(email, needed)]
        email = self.random.choice(may if may and self.random.random() < 0.7 else list(self.clients))
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            data = {"csrf_token": self.tokens[email]} if method == "POST" else None
            self.visit(email, method, path, data)

    def filled(self, rule: Rule) -> str:
        """An address of the rule, mostly of things that are there."""
        path = re.sub(r"<any\(([^)]*)\):\w+>", lambda m: self.random.choice(m[1].split(", ")), rule.rule)
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: self._id(match[1], of=rule.rule), path)

    def _id(self, name: str, *, of: str) -> str:
        known = self.ids.get(name)
        if name == "token" and known and (table := LINK_OF.get(of.split("/")[1])):
            known = [a_token(table, UNDECIDED), *(one for one in known if f"token-of-{table}-" in one)]
        if known and self.random.random() < 0.8:
            return self.random.choice(known)
        return self.random.choice((str(uuid4()), "1", "0", "-1", "x", "facebook", "%00", "..%2f", "é"))

    def _send(self) -> None:
        known = self.forms[self._rarest(self.forms)]
        form = self.random.choice(list(known))
        email = self._who(known[form])
        hostile = self.random.choice((0.0, 0.0, 0.1, 0.5, 1.0))
        if form.method != "post":
            asked = {name: self._value(value) for name, _kind, value in form.fields}
            self.visit(email, "GET", form.path, None, usable(asked))
            return
        fields = self._filled(form, hostile)
        if self.random.random() < 0.97:
            fields.setlist("csrf_token", [self.tokens[email]])
        self.visit(email, "POST", form.path, fields)

    def _filled(self, form: Form, hostile: float) -> MultiDict[str, object]:
        """The form as somebody might send it: each choice made once, one button pressed."""
        fields: MultiDict[str, object] = MultiDict()
        offered: collections.defaultdict[tuple[str, str], list[str]] = collections.defaultdict(list)
        for name, kind, value in form.fields:
            offered[name, kind].append(value)
        buttons = [(name, value) for (name, kind), values in offered.items() for value in values
                   if kind in {"submit", "button"}]  # fmt: skip
        if buttons:
            fields.add(*self.random.choice(buttons))
        for (name, kind), values in offered.items():
            if kind in {"submit", "button"} or self.random.random() < hostile * 0.15:
                continue
            if kind == "checkbox":
                share = self.random.choice((0.3, 1.0))
                chosen = [value or "on" for value in values if self.random.random() < share]
            elif kind in {"radio", "option"}:
                chosen = [self.random.choice(values)]
            else:
                chosen = values[: None if kind == "hidden" else 3]
            for value in chosen:
                fields.add(name, self._typed(name, kind, value, hostile))
        return fields

    def _typed(self, name: str, kind: str, value: str, hostile: float) -> object:
        rotten = self.random.random() < (hostile * 0.3 if kind == "hidden" else hostile)
        if kind == "file":
            if rotten:
                return BytesIO(self.random.choice(FILES)), self.random.choice(NAMES)
            return plausible(name, kind, value, self.random)
        if rotten:
            return usable_text(self._value(value))
        if kind in {"hidden", "radio", "option", "checkbox"}:
            return usable_text(value)
        return plausible(name, kind, usable_text(value), self.random)

    def _value(self, value: str) -> str:
        return self.random.choice(HOSTILE) if self.random.random() < 0.6 else value


def token(page: str) -> str:
    """The page's token against forged forms; empty where it has none."""
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
    return found[1] if found else ""


def usable_text(text: str) -> str:
    """As a browser would send it: half a pair can't be written in UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def usable(asked: Mapping[str, str]) -> dict[str, str]:
    """A query that can be sent."""
    return {usable_text(name): usable_text(value)[:2000] for name, value in asked.items()}
