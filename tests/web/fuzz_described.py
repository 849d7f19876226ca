"""Every route and form as every person, with what schemathesis makes of our description of them.

Beside `tests.web.fuzz`, which does as a browser would: here each operation of `tests.web.openapi` gets values
that fit what it says of its fields, and values that break it in each way that the description allows. Looked
for: all that `tests.web.walking` looks for (an answer of 500, what the permission table denies, another's
thing, a change by looking, text as markup), and an answer whose status or kind the description doesn't name.

Run as a module: FUZZ_EACH (requests to each operation in one round, default 30), FUZZ_ROUNDS (default 10,
each in a fresh school), FUZZ_SEED, FUZZ_SECONDS (how long the school lives before).
"""

from __future__ import annotations

import collections
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any
from urllib.parse import urljoin, urlsplit

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as examples
from hypothesis import strategies as some
from schemathesis import Case, GenerationMode
from schemathesis.core import NotSet
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.web import fuzz_school
from tests.web.fuzz import a_living_school, look_at_mails
from tests.web.openapi import description, name_of, own_rules
from tests.web.shown_fields import Collected, Pages
from tests.web.walking import ENDS, Found, Fuzz, usable_text

EACH_KIND = 3
"""Addresses of one kind of page that are opened by each person for its forms."""
CHECKS = [status_code_conformance, content_type_conformance]
_LIMIT = 2_000_000
"""Characters of one value that are sent."""


def collect(walk: Fuzz, paths: Sequence[str] = ()) -> Collected:
    """Open all pages, or these, as everybody, and keep what their forms look like."""
    collected = Collected()
    for email in walk.emails:
        if email in walk.clients:
            for path in paths or addresses(walk):
                answer = walk.visit(email, "GET", path)
                if answer.mimetype == "text/html":
                    _read(walk, collected, path, answer.get_data(as_text=True))
    return collected


def addresses(walk: Fuzz) -> Iterator[str]:
    """Addresses of all pages, with ids of things that are there."""
    for name, ids in fuzz_school.real_ids().items():
        walk.ids[name] = list(dict.fromkeys([*walk.ids.get(name, []), *ids]))
    for rule in own_rules(walk.app):
        if "GET" in (rule.methods or ()) and not ENDS.search(rule.rule):
            yield from dict.fromkeys(walk.filled(rule) for _ in range(EACH_KIND if rule.arguments else 1))


def _read(walk: Fuzz, collected: Collected, path: str, page: str) -> None:
    read = Pages()
    read.feed(page)
    for method, action, fields in read.forms:
        target = urlsplit(urljoin(path, action or path))
        endpoint, _needed, _values = walk.needed(target.path, method.upper())
        if not target.netloc and endpoint not in {"nowhere", "redirect"}:
            collected.add(name_of(method, endpoint), fields)


class Described:
    """Sends what schemathesis makes of the description, as several people."""

    def __init__(self, walk: Fuzz, shown: Collected) -> None:
        self.walk = walk
        self.schema = schemathesis.openapi.from_dict(description(walk.app, shown))
        self.rules = {
            name_of(method.lower(), rule.endpoint): rule
            for rule in own_rules(walk.app)
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        }
        self.asked: collections.Counter[str] = collections.Counter()

    def go(self, *, each: int, first: int, only: frozenset[str] = frozenset()) -> None:
        """That many requests to each operation (or to these); `first` is what chance begins from."""
        for made in self.schema.get_all_operations():
            operation = made.ok()
            name = operation.definition.raw["operationId"]
            rule = self.rules[name]
            if ENDS.search(rule.rule) or (only and name not in only):
                continue
            modes = [operation.as_strategy(GenerationMode.POSITIVE)]
            if operation.query.items or operation.body.items or operation.path_parameters.items:
                modes.append(operation.as_strategy(GenerationMode.NEGATIVE))

            self._each(name, some.one_of(modes), each=each, first=first)

    def _each(self, name: str, cases: some.SearchStrategy[Case], *, each: int, first: int) -> None:
        @seed(first)
        @examples(
            max_examples=each, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=cases, who=some.sampled_from(self.walk.emails))
        def send(case: Case, who: str) -> None:
            self._send(name, case, who)

        send()

    def _send(self, name: str, case: Case, who: str) -> None:
        walk = self.walk
        if who not in walk.clients and not walk.sign_in(who):
            return
        rule = self.rules[name]
        real = rule.arguments and walk.random.random() < 0.8
        path = walk.filled(rule) if real else case.formatted_path
        self.asked[name] += 1
        query = {key: usable_text(str(value))[:_LIMIT] for key, value in (case.query or {}).items()}
        body = form(case.body)
        if case.method.upper() not in {"GET", "HEAD"} and walk.random.random() < 0.97:
            body["csrf_token"] = walk.tokens[who]
        answer = walk.visit(who, case.method.upper(), path, body or None, query or None)
        endpoint, _needed, _values = walk.needed(path, case.method.upper())
        led_on = name_of(case.method.lower(), endpoint) != name or answer.status_code == 308
        if led_on or answer.status_code >= 500:
            return  # Another page's description counts; and what is broken was noted.
        try:
            # Without its content, which is read already: status and kind are asked for.
            bare = TestResponse([b""], answer.status, answer.headers, answer.request)
            case.validate_response(bare, checks=CHECKS)
        except (Failure, FailureGroup) as error:
            why = error.exceptions if isinstance(error, FailureGroup) else [error]
            for one in why:
                said = f"{answer.status_code} {answer.mimetype} ({type(one).__name__})"
                walk.found.note(
                    f"{name} isn't as described: {said}", f"{who} {path[:300]} {str(query or body)[:600]}"
                )


def form(body: object) -> MultiDict[str, object]:
    """What was made of a body, as a form that can be sent."""
    fields: MultiDict[str, object] = MultiDict()
    if not isinstance(body, Mapping):
        if not isinstance(body, NotSet):
            fields.add("body", usable_text(str(body))[:_LIMIT])
        return fields
    for name, value in body.items():
        for one in value if isinstance(value, list) else [value]:
            fields.add(usable_text(str(name)), _value(one))
    return fields


def _value(value: Any) -> object:
    if isinstance(value, bytes):
        return BytesIO(value), "made.bin"
    return usable_text("" if value is None else str(value))[:_LIMIT]


def reached(described: Described) -> str:
    """How many of the operations were asked, and how many pages let somebody in."""
    served = {rule.endpoint for rule in described.rules.values()} & set(described.walk.found.served)
    return f"{len(described.asked)} operations asked, {len(served)} pages and acts served"


def main() -> int:
    """The long run; exit status 1 where anything was wrong."""
    each, rounds = int(os.environ.get("FUZZ_EACH", "30")), int(os.environ.get("FUZZ_ROUNDS", "10"))
    first, lives = int(os.environ.get("FUZZ_SEED", "1")), float(os.environ.get("FUZZ_SECONDS", "60"))
    found, mails, began = Found(), 0, time.monotonic()
    with a_living_school(seconds=lives, found=found) as school:
        for number in range(first, first + rounds):
            walk = school(number)
            described = Described(walk, collect(walk))
            described.go(each=each, first=number)
            mails += look_at_mails(found)
            walk.writes.close()
            walk.app.extensions["schoolgate_practice"].stop()
            took = f"{time.monotonic() - began:7.0f} s  {found.requests} requests"
            print(f"{took}, {reached(described)}, {mails} mails, {len(found.wrong)} wrong", flush=True)
            for what, about in sorted(found.wrong.items()):
                if what not in found.told:
                    found.told.add(what)
                    print(f"- {what}\n    {about}", flush=True)
    print(dict(sorted(found.statuses.items())))
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
