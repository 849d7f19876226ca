"""Every page that anybody at the school can open, with 100,000 comments and 5,000 posts stored.

The goals: of each page the 95th percentile under 100 ms, and under 150 kB without its pictures. Printed is
the role for which a page takes longest. BENCH_TIMES: how often each is opened.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from connectors.practice.servers import PracticePlatforms
from moderation.models import Comment
from school import db
from school.models import Account, Person, Role
from tests.bench.posts import Posts
from tests.bench.timing import Timer
from tests.web.conftest import Browser, app, practice
from tests.web.full_school import Address, addresses, furnish
from worker import memory

__all__ = ["app", "practice"]

COMMENTS, POSTS = 100_000, 5_000
TIMES = int(os.environ.get("BENCH_TIMES", "20"))
FIRST_TIMES = 2
"""Each role opens a page so often; the slowest of them opens it TIMES."""
MOST_MS, MOST_BYTES = 100, 150_000
ASSET = re.compile(r'(?:src|href)="(/(?:bootstrap/)?static/[^"]+\.(?:css|js))[^"]*"')


@dataclass
class Measured:
    """One page for whom it takes longest."""

    who: str
    path: str
    times: list[float] = field(default_factory=list)
    plain: int = 0
    sent: int = 0
    first_visit: int = 0
    """With style sheets and scripts, as sent."""
    statements: int = 0

    @property
    def middle(self) -> float:
        return sorted(self.times)[len(self.times) // 2]

    @property
    def slow(self) -> float:
        """The 95th percentile."""
        return quantiles(self.times, n=20, method="inclusive")[-1]


def _fill() -> None:
    with db.transaction() as session:
        stored = session.scalar(sa.select(sa.func.count()).select_from(Comment)) or 0
        posts = Posts(session, after=stored)
        posts.fill(COMMENTS)
        posts.posts(POSTS)


def _opened(client: FlaskClient, path: str, *, zipped: bool = False) -> bytes:
    """What comes, as a browser asks for it or uncompressed."""
    answer = client.get(path, headers={"Accept-Encoding": "gzip, deflate, br"} if zipped else {})
    data = answer.data
    answer.close()
    return data


def test_every_page_of_an_old_school(
    app: Flask, session: Session, school_people: dict[Role, Person], make_account: Callable[..., Account],
    settings_home: Path, practice: PracticePlatforms, database: str,
) -> None:  # fmt: skip
    more = furnish(app, session, school_people, make_account, settings_home, practice)
    emails = {person.email: role.value for role, person in school_people.items()}
    session.commit()
    _fill()
    timer, clients = Timer(db.engine_for(database)), {"": app.test_client()}
    for email in emails:
        browser = Browser(app.test_client())
        browser.sign_in(email)
        clients[email] = browser.client
    slowest: dict[str, tuple[float, Address]] = {}
    for address in addresses(app, list(emails), more):
        names = sorted(part.partition("=")[0] for part in urlsplit(address.path).query.split("&"))
        kind = f"{address.endpoint}?{','.join(names)}"
        opening = partial(_opened, clients[address.email], address.path)
        taken = min(timer.of(opening) for _ in range(FIRST_TIMES))
        if taken > MOST_MS:
            print(f"{taken:7.0f} ms, {timer.statements} statements: {address}", flush=True)
        if kind not in slowest or taken > slowest[kind][0]:
            slowest[kind] = taken, address
    # As the processes that serve pages do, once they are loaded.
    memory.keep_what_is_loaded()
    weights: dict[str, int] = {}
    rows = []
    for _first, address in slowest.values():
        client, path = clients[address.email], address.path
        one = Measured(emails.get(address.email, "visitor"), path)
        one.times = [timer.of(partial(_opened, client, path)) for _ in range(TIMES)]
        one.statements = timer.statements
        page = _opened(client, path)
        one.plain, one.sent = len(page), len(_opened(client, path, zipped=True))
        assets = set(ASSET.findall(page.decode(errors="replace")))
        for asset in assets - set(weights):
            weights[asset] = len(_opened(client, asset, zipped=True))
        one.first_visit = one.sent + sum(weights[asset] for asset in assets)
        rows.append(one)
    rows.sort(key=lambda one: -one.slow)
    print(f"\n{database.partition(':')[0]}: {len(rows)} pages, {COMMENTS} comments, {POSTS} posts")
    print("   p50    p95 ms  SQL   bytes    sent  first visit  who, page")
    for one in rows:
        mark = "!" if one.slow > MOST_MS or one.plain > MOST_BYTES or one.first_visit > MOST_BYTES else " "
        print(
            f"{mark}{one.middle:6.1f} {one.slow:6.1f} {one.statements:6d} {one.plain:7d} {one.sent:7d} "
            f"{one.first_visit:7d}  {one.who} {re.sub(r'[0-9a-f-]{36}', 'ID', one.path)[:100]}"
        )
