"""Every page and form as every person, with what a hostile or clumsy visitor might send.

A practice school lives for a while, and every table is filled. Then its pages are walked in this process:
links are followed, forms are sent with other values than they offer, addresses and forms that one person was
shown are tried by all others. Every second school is hostile itself: all that people or platforms wrote.
Looked for: an answer of 500, a page or act that the permission table denies, something that is another's, a
change made by looking, text that a browser would take for markup, a way to another site, a mail with a header
that nobody wrote.

Run as a module: FUZZ_REQUESTS (default 100,000), FUZZ_SEED, FUZZ_SECONDS (how long the school lives before),
FUZZ_EACH (requests in one school before the next).
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import sqlalchemy as sa
import structlog
from flask import Flask

import moderation.models  # noqa: F401 - fills the metadata
from connectors.practice.servers import PracticePlatforms
from school import db, mail
from school.models import OutboxEmail, Person
from school.settings import settings
from tests.web import fuzz_school, inert, stuffed
from tests.web.walking import Found, Fuzz
from tests.worker.conftest import running
from web.app import create_app
from web.limits import limiter


def people_of_all_roles() -> list[str]:
    """The addresses of all who can sign in."""
    with db.reading() as session:
        return list(
            session.scalars(
                sa.select(Person.email).where(Person.password.is_not(None)).order_by(Person.email)
            )
        )


def a_school(lived: Path, home: Path, found: Found, *, seed: int) -> Fuzz:
    """A fresh copy of the school, with everybody signed in; of every second seed a hostile one."""
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(lived, home)
    settings.cache_clear()
    db.engine_for.cache_clear()
    app = create_app(PracticePlatforms(home / "practice", pace=0, earlier_life=False))
    fuzz_school.quick_hashes()
    walk = Fuzz(app, people_of_all_roles(), found, seed=seed)
    limiter.reset()
    for email in walk.emails:
        walk.sign_in(email)
    with db.transaction() as session:
        stuffed.fill(session, db.now())
        if seed % 2:
            stuffed.spoil(session)
    return walk


@contextmanager
def a_living_school(*, seconds: float, found: Found | None = None) -> Iterator[Callable[[int], Fuzz]]:
    """A practice school that lived for so long; gives fresh copies of it, each with everybody signed in."""
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory(prefix="fuzz-", ignore_cleanup_errors=True) as folder:
        lived, home = Path(folder) / "lived", Path(folder) / "home"
        with running(lived, SCHOOLGATE_PRACTICE_PACE="0.3"):
            time.sleep(seconds)
        os.environ.update(SCHOOLGATE_HOME=str(home), SCHOOLGATE_LOG_FILES="false")
        yield lambda number: a_school(lived, home, found or Found(), seed=number)


def look_at_mails(found: Found) -> int:
    """What is wrong with the mails that were written meanwhile; how many there were."""
    count = 0
    with db.reading() as session:
        for row in session.scalars(sa.select(OutboxEmail)):
            raw = mail.whole(row)
            if not raw.startswith(b"\xff\xd8"):
                count += 1
                for wrong in inert.of_mail(message_from_bytes(raw, policy=default)):  # type: ignore[arg-type]
                    found.note(f"mail {row.purpose}: {wrong}", row.subject[:200])
    return count


def reached(app: Flask, found: Found) -> str:
    """How many of the pages and acts were asked for, and how many let somebody in and answered."""
    every = {rule.endpoint for rule in app.url_map.iter_rules()}
    asked, served = every & set(found.endpoints), every & set(found.served)
    return f"of {len(every)} pages and acts {len(asked)} asked, {len(served)} served, {len(found.did)} wrote"


def main() -> int:
    """The long run; exit status 1 where anything was wrong."""
    wanted = int(os.environ.get("FUZZ_REQUESTS", "100000"))
    seed = int(os.environ.get("FUZZ_SEED", "1"))
    lives = float(os.environ.get("FUZZ_SECONDS", "60"))
    each = int(os.environ.get("FUZZ_EACH", "2500"))
    found, mails = Found(), 0
    began = time.monotonic()
    with a_living_school(seconds=lives, found=found) as school:
        while found.requests < wanted:
            walk = school(seed)
            until = min(wanted, found.requests + each)
            for _step in walk.steps():
                if found.requests >= until:
                    break
            mails += look_at_mails(found)
            walk.writes.close()
            walk.app.extensions["schoolgate_practice"].stop()
            seed += 1
            took = time.monotonic() - began
            print(
                f"{took:7.0f} s  {found.requests} requests, {reached(walk.app, found)}, {mails} mails, "
                f"{len(found.wrong)} wrong",
                flush=True,
            )
            for what, about in sorted(found.wrong.items()):
                if what not in found.told:
                    found.told.add(what)
                    print(f"- {what}\n    {about}", flush=True)
    print(dict(sorted(found.statuses.items())))
    never = {rule.endpoint for rule in walk.app.url_map.iter_rules()} - set(found.served)
    print(f"never served: {sorted(never)}")
    acts = {rule.endpoint for rule in walk.app.url_map.iter_rules() if "GET" not in (rule.methods or ())}
    print(f"never wrote: {sorted(acts - set(found.did))}")
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
