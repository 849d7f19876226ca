"""Every page and form as every person, with what a hostile or clumsy visitor might send.

A practice school lives for a while, then its pages are walked in this process: links are followed, forms are
sent with other values than they offer, addresses and forms that one person was shown are tried by all others.
Looked for: an answer of 500, a page or act that the permission table denies, text that a browser would take
for markup, a way to another site.

Run as a module: FUZZ_REQUESTS (default 100,000), FUZZ_SEED, FUZZ_SECONDS (how long the school lives before).
"""

from __future__ import annotations

import collections
import logging
import os
import random
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import sqlalchemy as sa
from flask import Flask, got_request_exception
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.test import TestResponse

import approvals.models  # noqa: F401 - fills the metadata
import moderation.models  # noqa: F401 - fills the metadata
from connectors.practice.servers import PracticePlatforms
from school import db
from school.models import Person
from school.permissions import ALLOWED
from school.settings import settings
from school.setup import PRACTICE_PASSWORD
from tests.worker.conftest import running
from web.app import create_app
from web.doors import MARK

CANARY = "zqx9"
HOSTILE = (
    "",
    " ",
    "0",
    "-1",
    "999999999999999999999999",
    "1e400",
    "NaN",
    "on",
    f"\"'><{CANARY} onerror=alert(1)>",
    f"</textarea></title><script>{CANARY}</script>",
    f"javascript:alert('{CANARY}')",
    "{{7*7}}{%raw%}${7*7}#{7*7}",
    "'; DROP TABLE persons; --",
    "%' OR 1=1 --",
    '=HYPERLINK("http://x.test")',
    "../../../../etc/passwd",
    "http://169.254.169.254/latest/meta-data/",
    "//elsewhere.test/",
    "head@larkfield.test\r\nBcc: all@x.test",
    "line one\nline two\x0b\x0c\x1c\u2028\u2029\u0085",
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202egnp.exe\u202c\u200b\u2066",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466" * 30,
    "Z\u0351\u036b\u0343" * 400,
    "x" * 70_000,
    "2026-02-30",
    "0000-00-00",
    "9999-12-31",
    "9999-12-31T23:59",
    "2026-03-29T01:30",
    "25:99",
    "00000000-0000-0000-0000-000000000000",
    "[" * 3000,
    '{"a":' * 2000,
)
"""What nobody should send, each for a mistake that some program made."""

FILES = (
    b"",
    b"\xff\xd8\xff\xe0junk",
    b"PK\x03\x04junk",
    b"name,class\n\xff\xfe,\n",
    b"Surname,Forename\nO\x92Brien,Zo\xeb\n",
    b"\x89PNG\r\n\x1a\n" + bytes(50),
    b"\x00\x00\x00\x18ftypmp42" + bytes(500),
    b"<svg onload=alert(1)>",
    bytes(3000),
)
NAMES = ("a.jpg", "b.csv", "../c.xlsx", "d.mp4", "e\r\n.png", "x" * 300)
"""Of files."""

REFUSALS = frozenset({302, 303, 308, 400, 401, 403, 404, 405, 413, 429})
"""Answers after which nothing was shown or done; 401: the visit has ended."""

QUERIES = (
    "page",
    "q",
    "from",
    "to",
    "author",
    "post",
    "account",
    "next",
    "sort",
    "before",
    "after",
    "on",
    "view",
)
ENDS = re.compile(r"/sign-out|/logout")
"""Addresses that end the visit itself."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form as a page shows it."""

    path: str
    method: str
    fields: tuple[tuple[str, str, str], ...]
    """Name, kind and value of each field; a choice stands there once for each of its values."""


class Forms(HTMLParser):
    """The links and forms of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.forms: list[tuple[str, str, list[tuple[str, str, str]]]] = []
        self._choice = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link, a form or one of its fields."""
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "form":
            self.forms.append((given.get("action", ""), given.get("method", "get").lower(), []))
        elif self.forms and tag in {"input", "textarea", "button"} and given.get("name"):
            self.forms[-1][2].append((given["name"], given.get("type", tag), given.get("value", "")))
            if given.get("formaction"):
                self.forms.append((given["formaction"], "post", list(self.forms[-1][2])))
        elif tag == "select":
            self._choice = given.get("name", "")
        elif tag == "option" and self.forms and self._choice:
            self.forms[-1][2].append((self._choice, "option", given.get("value", "")))


@dataclass
class Found:
    """What went wrong, each kind once for its address."""

    requests: int = 0
    statuses: collections.Counter[int] = field(default_factory=collections.Counter)
    endpoints: set[str] = field(default_factory=set)
    """Those that were reached."""
    wrong: dict[str, str] = field(default_factory=dict)

    def note(self, what: str, about: str) -> None:
        """Keep the first of each kind."""
        self.wrong.setdefault(what, about)


class Fuzz:
    """Walks the pages of one app as several people."""

    def __init__(self, app: Flask, emails: list[str], found: Found, *, seed: int) -> None:
        self.app = app
        self.found = found
        self.random = random.Random(seed)
        self.emails = emails
        self.clients: dict[str, FlaskClient] = {}
        self.roles: dict[str, frozenset[str]] = {}
        self.links: dict[str, None] = {}
        self.forms: dict[tuple[str, str, tuple[str, ...]], Form] = {}
        self.shown: collections.defaultdict[str, dict[str, None]] = collections.defaultdict(dict)
        """The addresses that each person was shown, links and forms."""
        self.error = ""
        app.config["PROPAGATE_EXCEPTIONS"] = False
        got_request_exception.connect(self._failed, app)

    def _failed(self, _app: Flask, exception: Exception, **_more: object) -> None:
        place = exception.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place is not None else ""
        self.error = f"{type(exception).__name__}: {str(exception)[:300]} at {where}"

    # -- visiting ---------------------------------------------------------------------------------

    def sign_in(self, email: str) -> bool:
        """Begin a visit; False where this person can't sign in any more."""
        client = self.app.test_client()
        page = client.get("/sign-in").text
        client.post(
            "/sign-in", data={"csrf_token": token(page), "email": email, "password": PRACTICE_PASSWORD}
        )
        if client.get("/me").status_code != 200:
            self.clients.pop(email, None)
            return False
        self.clients[email] = client
        with db.reading() as session:
            person = session.scalars(sa.select(Person).where(Person.email == email)).one()
            self.roles[email] = frozenset(role.value for role in person.roles) | {"staff"}
        return True

    def visit(
        self, email: str, method: str, path: str, data: Mapping[str, object] | None = None
    ) -> TestResponse:
        """One request as somebody, and what must hold of its answer."""
        client = self.clients[email]
        self.error = ""
        answer = client.open(path, method=method, data=data)
        self.found.requests += 1
        self.found.statuses[answer.status_code] += 1
        endpoint, needed = self._needed(path, method)
        self.found.endpoints.add(endpoint)
        if answer.status_code >= 500 and answer.status_code != 503:
            self.found.note(
                f"{answer.status_code} {method} {endpoint}: {self.error}", f"{path[:300]} {str(data)[:600]}"
            )
        self._denied(email, endpoint, needed, answer, path)
        if answer.mimetype == "text/html":
            text = answer.get_data(as_text=True)
            if re.search(rf"<{CANARY}|<script>{CANARY}|href=.javascript:", text):
                self.found.note(f"markup {method} {endpoint}", f"{path[:300]} {str(data)[:300]}")
            self._collect(email, path, text)
        location = answer.headers.get("Location", "")
        if (
            location
            and urlsplit(location).netloc not in {"", "localhost", "127.0.0.1"}
            and "elsewhere" in location
        ):
            self.found.note(f"leads elsewhere {endpoint}", f"{path[:300]} to {location[:200]}")
        answer.close()
        return answer

    def _needed(self, path: str, method: str) -> tuple[str, object]:
        try:
            rule, _values = self.app.url_map.bind("localhost").match(urlsplit(path).path, method=method)
        except RequestRedirect:
            return "redirect", None
        except HTTPException:
            return "nowhere", None
        return rule, getattr(self.app.view_functions[rule], MARK, None)

    def _denied(self, email: str, endpoint: str, needed: object, answer: TestResponse, path: str) -> None:
        if not isinstance(needed, tuple) or answer.status_code in REFUSALS:
            return
        mine = self.roles[email]
        if not any({role.value for role in ALLOWED[action]} & mine for action in needed):
            self.found.note(f"open to {sorted(mine)}: {endpoint}", f"{answer.status_code} {path[:300]}")

    def _collect(self, email: str, path: str, text: str) -> None:
        page = Forms()
        page.feed(text)
        for link in page.links:
            target = urlsplit(urljoin(path, link))
            if target.netloc or target.scheme or ENDS.search(target.path) or len(self.links) > 4000:
                continue
            address = target.path + ("?" + target.query if target.query else "")
            self.links.setdefault(address)
            self.shown[email].setdefault(address)
        for action, method, fields in page.forms:
            target = urlsplit(urljoin(path, action or path))
            if target.netloc or target.scheme or ENDS.search(target.path) or len(self.forms) > 4000:
                continue
            key = (target.path, method, tuple(sorted({name for name, _kind, _value in fields})))
            self.forms.setdefault(key, Form(target.path, method, tuple(fields)))
            self.shown[email].setdefault(target.path)

    # -- choosing ---------------------------------------------------------------------------------

    def steps(self) -> Iterator[None]:
        """Walk without end; each step is one request."""
        for email in list(self.emails):
            if self.sign_in(email):
                self.visit(email, "GET", "/")
        paths = [rule.rule for rule in self.app.url_map.iter_rules() if "<" not in rule.rule]
        self.links.update(dict.fromkeys(path for path in paths if not ENDS.search(path)))
        while self.clients:
            email = self.random.choice(list(self.clients))
            chance = self.random.random()
            if chance < 0.3 or not self.forms:
                self._follow(email)
            elif chance < 0.35:
                self._made_up(email)
            else:
                self._send(email)
            yield

    def _follow(self, email: str) -> None:
        path = self.random.choice(list(self._known(email, self.links)))
        if self.random.random() < 0.4:
            name = self.random.choice(QUERIES)
            base, _mark, query = path.partition("?")
            asked = {
                name: self._value(""),
                **dict(part.partition("=")[::2] for part in query.split("&") if part),
            }
            client = self.clients[email]
            self._again(email, client.open(base, query_string=usable(asked)), base)
            return
        self._again(email, self.visit(email, "GET", path), path)

    def _known(self, email: str, among: Mapping[str, None]) -> Mapping[str, None]:
        """Mostly what this person was shown; sometimes what others were."""
        own = {path: None for path in self.shown[email] if path in among}
        return own if own and self.random.random() < 0.7 else among

    def _again(self, email: str, answer: TestResponse, path: str) -> None:
        """Sign in anew where the visit has ended; count a request that went past `visit`."""
        if answer.status_code >= 500 and answer.status_code != 503:
            endpoint, _needed = self._needed(path, "GET")
            self.found.note(f"{answer.status_code} GET {endpoint}: {self.error}", answer.request.url[:600])
        if "/sign-in" in answer.headers.get("Location", ""):
            self.sign_in(email)

    def _made_up(self, email: str) -> None:
        rule = self.random.choice([rule for rule in self.app.url_map.iter_rules() if "<" in rule.rule])
        path = re.sub(
            r"<[^>]*>",
            lambda _match: self.random.choice(
                (str(uuid4()), "1", "-1", "x", "facebook", "%00", "..%2f", "é")
            ),
            rule.rule,
        )
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            data = {"csrf_token": self._token(email)} if method == "POST" else None
            self._again(email, self.visit(email, method, path, data), path)

    def _send(self, email: str) -> None:
        known = self._known(email, {form.path: None for form in self.forms.values()})
        form = self.random.choice([form for form in self.forms.values() if form.path in known])
        if form.method != "post":
            asked = {name: self._value(value) for name, _kind, value in form.fields}
            client = self.clients[email]
            self._again(email, client.open(form.path, query_string=usable(asked)), form.path)
            return
        fields: dict[str, object] = {}
        hostile = self.random.random()
        for name, kind, value in form.fields:
            if (name in fields and self.random.random() < 0.5) or self.random.random() < 0.05:
                continue
            if kind == "file":
                fields[name] = (
                    BytesIO(self._file()),
                    self.random.choice(NAMES),
                )
            elif kind == "hidden" and self.random.random() < 0.7:
                fields[name] = usable_text(value)
            else:
                fields[name] = usable_text(self._value(value) if self.random.random() < hostile else value)
        fields["csrf_token"] = self._token(email)
        self._again(email, self.visit(email, "POST", form.path, fields), form.path)

    def _value(self, value: str) -> str:
        return self.random.choice(HOSTILE) if self.random.random() < 0.6 else value

    def _file(self) -> bytes:
        return self.random.choice(FILES)

    def _token(self, email: str) -> str:
        page = self.clients[email].get("/me").text
        return token(page)


def token(page: str) -> str:
    """The page's token against forged forms; empty where it has none."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    return found[1] if found else ""


def usable_text(text: str) -> str:
    """As a browser would send it: half a pair can't be written in UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def usable(asked: Mapping[str, str]) -> dict[str, str]:
    """A query that can be sent."""
    return {usable_text(name): usable_text(value)[:2000] for name, value in asked.items()}


def people_of_all_roles() -> list[str]:
    """The addresses of all who can sign in."""
    with db.reading() as session:
        return list(
            session.scalars(
                sa.select(Person.email).where(Person.password.is_not(None)).order_by(Person.email)
            )
        )


def main() -> int:
    """The long run; exit status 1 where anything was wrong."""
    wanted = int(os.environ.get("FUZZ_REQUESTS", "100000"))
    seed = int(os.environ.get("FUZZ_SEED", "1"))
    lives = float(os.environ.get("FUZZ_SECONDS", "60"))
    found = Found()
    began = time.monotonic()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="fuzz-", ignore_cleanup_errors=True) as folder:
        lived, home = Path(folder) / "lived", Path(folder) / "home"
        with running(lived, SCHOOLGATE_PRACTICE_PACE="0.3"):
            time.sleep(lives)
        os.environ.update(SCHOOLGATE_HOME=str(home), SCHOOLGATE_LOG_FILES="false")
        while found.requests < wanted:
            shutil.rmtree(home, ignore_errors=True)
            shutil.copytree(lived, home)
            settings.cache_clear()
            db.engine_for.cache_clear()
            app = create_app(PracticePlatforms(None, pace=0, earlier_life=False))
            walk = Fuzz(app, people_of_all_roles(), found, seed=seed)
            seed += 1
            for count, _step in enumerate(walk.steps()):
                if found.requests >= wanted or count >= 3000:
                    break
            addresses = len({rule.endpoint for rule in app.url_map.iter_rules()})
            reached = f"{len(found.endpoints)} of {addresses} pages and acts"
            took = time.monotonic() - began
            print(
                f"{took:7.0f} s  {found.requests} requests, {reached}, {len(found.wrong)} wrong", flush=True
            )
    for what, about in sorted(found.wrong.items()):
        print(f"- {what}\n    {about}")
    print(dict(sorted(found.statuses.items())))
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
