"""The compose file's own processes at work: several workers, 2 schedulers, pages behind TLS.

Each post, answer and e-mail goes out exactly once (P12), and a school's day can be walked through the proxy.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from sqlalchemy.orm import Session

from approvals import drafts
from approvals.models import Publication
from approvals.states import PublicationState
from connectors.base import Platform
from connectors.practice.servers import PracticePlatforms
from moderation import decisions
from moderation.decisions import Decision, Outcome
from moderation.models import LogCase, LogEntry
from school import accounts, db, people
from school.models import Account, OutboxEmail, Person, Role, School
from school.settings import settings
from school.setup import PRACTICE_PASSWORD, PRACTICE_PIN
from tests.approvals import scenes
from tests.production.compose import Stack
from tests.signing_in import form_token, set_up_second_factor
from tests.worker.conftest import wait_for

WORKERS = int(os.environ.get("SCHOOLGATE_TEST_WORKERS", "3"))
"""8 in `make soak`, as a trust would have; each takes seconds of a small machine to start."""
POSTS = 12
ABUSE = "You are a disgusting pathetic idiot"
pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@dataclass
class MailServer:
    """The school's mail server: keeps every mail that it takes."""

    taken: list[bytes] = field(default_factory=list)

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
        self.taken.append(bytes(envelope.content))
        return "250 Taken"

    def messages(self) -> list[Any]:
        return [message_from_bytes(raw, policy=default) for raw in list(self.taken)]


class _Server(Controller):
    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mail_server() -> Iterator[tuple[MailServer, str]]:
    kept = MailServer()
    server = _Server(kept, hostname="127.0.0.1", port=0)
    server.start()
    yield kept, f"smtp://127.0.0.1:{server.port}"
    server.stop()


@pytest.fixture
def platforms() -> Iterator[PracticePlatforms]:
    with PracticePlatforms(None, pace=None) as started:
        yield started


@pytest.fixture
def school(
    session: Session, school_people: dict[Role, Person], platforms: PracticePlatforms
) -> dict[Platform, Account]:
    """A real school with people who are known here, and two accounts on servers somewhere."""
    session.scalars(sa.select(School)).one().practice = False
    head, found = school_people[Role.HEADTEACHER], {}
    for platform in (Platform.X, Platform.FACEBOOK):
        identity = platforms.world.school(platform)
        found[platform] = accounts.adopt(
            session, platform=platform.value, identity_id=identity.id, handle=identity.handle,
            display_name=identity.name, url="https://example.test", school_email="office@larkfield.test",
            credentials=platforms.credentials(platform), adopted_by=head, practice=False, now=db.now(),
        )  # fmt: skip
        people.authorise(
            session, school_people[Role.STAFF], found[platform], by=head, reason="Test", now=db.now()
        )
    session.commit()
    return found


@pytest.fixture
def stack(
    settings_home: Path,
    database: str,
    platforms: PracticePlatforms,
    mail_server: tuple[MailServer, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Stack]:
    owner = sa.make_url(database).set(drivername="postgresql")
    user = owner.set(username="schoolgate_app", password="9e107d9d372bb6826bd81d3542a419d6")
    made = Stack(
        settings_home.parent,
        user.render_as_string(hide_password=False),
        owner.render_as_string(hide_password=False),
        {
            "SCHOOLGATE_X_URL": platforms.x_url,
            "SCHOOLGATE_GRAPH_URL": platforms.graph_url,
            "SCHOOLGATE_SMTP_URL": mail_server[1],
            "SCHOOLGATE_POLL_INTERVAL": "2",
        },
    )
    assert settings_home.name == "home"
    # What this process hands in has links to the same address.
    monkeypatch.setenv("SCHOOLGATE_PUBLIC_URL", made.url)
    settings.cache_clear()
    # As compose has it: everything else waits until this ended well.
    assert made.start("migrate").wait(120) == 0, made.said("migrate")
    del made.running["migrate"]
    yield made
    made.kill_all()
    with db.engine_for(database).begin() as connection:
        for statement in ("DROP OWNED BY schoolgate_app CASCADE", "DROP ROLE schoolgate_app"):
            connection.execute(sa.text(statement))


def _visitor(stack: Stack) -> requests.Session:
    """A browser that trusts the authority which the proxy made for itself, and no certificate else."""
    browser = requests.Session()
    browser.trust_env = False
    browser.verify = str(stack.folder / "caddy" / "caddy" / "pki" / "authorities" / "local" / "root.crt")
    return browser


def _browser(stack: Stack, mailbox: str) -> requests.Session:
    browser = _visitor(stack)
    page = browser.get(f"{stack.url}/sign-in", timeout=30)
    answer = browser.post(
        f"{stack.url}/sign-in",
        data={
            "csrf_token": form_token(page.text),
            "email": f"{mailbox}@larkfield.test",
            "password": PRACTICE_PASSWORD,
        },
        headers={"Referer": f"{stack.url}/sign-in"},
        timeout=30,
    )
    assert answer.url.endswith("/me/sign-in"), answer.text[:2000]
    # A real school's headteacher is let into nothing before the second factor is set up.
    set_up_second_factor(browser, stack.url)
    return browser


def test_the_processes_of_the_compose_file_do_a_schools_work_once(
    stack: Stack,
    session: Session,
    school: dict[Platform, Account],
    school_people: dict[Role, Person],
    platforms: PracticePlatforms,
    mail_server: tuple[MailServer, str],
) -> None:
    teacher, head = school_people[Role.STAFF], school_people[Role.HEADTEACHER]
    server, _url = mail_server
    moment = db.now()
    texts = [f"Notice number {number}: the hall is open." for number in range(POSTS)]
    for text in texts:
        scenes.approved(
            session, teacher, head, moment, *school.values(), text=text, at=moment + timedelta(minutes=1)
        )
    session.execute(sa.update(Publication).values(due_at=moment, next_try_at=moment))
    asked = drafts.save(
        session,
        None,
        scenes.content(*school.values(), at=moment + timedelta(minutes=15), text="Sports day is on."),
        by=teacher,
        now=moment,
    )
    session.commit()
    scenes.submit(session, asked, teacher, moment)

    for platform in school:
        post = platforms.world.public_posts(platform, limit=1)[0].post
        for number in range(3):
            platforms.world.say(platform, post.id, f"Stranger {number}", f"{ABUSE}, {number}", None)

    stack.start("redis")
    stack.wait_until_healthy("redis", seconds=30)
    for number in range(WORKERS):
        stack.start("worker", name="worker" if number == 0 else f"worker-{number}")
    stack.start("classifier")
    stack.start("scheduler")
    stack.start("scheduler", name="scheduler-2")
    stack.start("web")
    stack.start("proxy")
    stack.wait_until_healthy("worker", "classifier", "scheduler", "web", "proxy")

    # The pages, through the proxy: by TLS, and the proxy's word on that counts.
    stranger = _visitor(stack)
    page = stranger.get(f"{stack.url}/sign-in", timeout=30)
    assert page.headers["Strict-Transport-Security"] and "Secure" in page.headers["Set-Cookie"]
    assert stranger.get(f"{stack.url}/metrics", timeout=30).status_code == 404
    plain = requests.get(f"http://localhost:{stack.ports['http']}/", allow_redirects=False, timeout=30)
    assert plain.status_code in {301, 308}

    # Comment → log, decided on: an answer to each.
    def entries() -> list[LogEntry] | None:
        with db.reading() as look:
            found = list(look.scalars(sa.select(LogEntry).where(LogEntry.text.contains(ABUSE))))
        return found if len(found) == 6 else None

    found = wait_for(entries, 240)
    assert found, f"{stack.said('classifier')}\n{stack.said('worker')}"
    for number, entry in enumerate(found):
        with db.transaction() as writing:
            decisions.decide(
                writing, entry.id,
                Decision(frozenset({Outcome.REPLY}), reason="A rule", reply=f"Please be kind ({number})."),
                seen=writing.get_one(LogCase, entry.id).version, by=writing.get_one(Person, head.id),
                url=stack.url, now=db.now(),
            )  # fmt: skip

    # Draft → approved by the link in the e-mail, through the proxy.
    def link() -> str | None:
        for message in server.messages():
            if message["To"].addresses[0].addr_spec == head.email:
                body = message.get_body(("plain",)).get_content()
                if "Sports day is on." in body and (
                    in_mail := re.search(r"https://\S+/approve/[\w-]+", body)
                ):
                    return in_mail[0]
        return None

    address = wait_for(link, 120)
    assert address and address.startswith(f"{stack.url}/approve/")
    visitor = _visitor(stack)
    shown = visitor.get(address, timeout=30)
    assert "Sports day is on." in shown.text
    decided = visitor.post(
        address,
        data={"csrf_token": form_token(shown.text), "decision": "approve", "pin": PRACTICE_PIN, "reason": ""},
        headers={"Referer": address}, timeout=30,
    )  # fmt: skip
    assert decided.status_code == 200, decided.text[:3000]
    with db.transaction() as writing:
        # Nobody waits so long for a test.
        writing.execute(
            sa.update(Publication)
            .where(Publication.draft_id == asked.id)
            .values(due_at=db.now(), next_try_at=db.now())
        )

    def all_out() -> bool | None:
        with db.reading() as look:
            states = set(look.scalars(sa.select(Publication.state)))
            waiting = look.scalar(sa.text("SELECT count(*) FROM platform_acts WHERE state <> 'done'"))
            mails = look.scalar(sa.text("SELECT count(*) FROM outbox_emails WHERE state <> 'sent'"))
        return True if states == {PublicationState.PUBLISHED} and not waiting and not mails else None

    assert wait_for(all_out, 240), "\n".join(stack.said(name) for name in ("worker", "worker-1", "scheduler"))

    for platform in school:
        posted = Counter(shown.post.text for shown in platforms.world.public_posts(platform, limit=100))
        assert {text: posted[text] for text in [*texts, "Sports day is on."]} == dict.fromkeys(
            [*texts, "Sports day is on."], 1
        )
    answers = Counter(
        comment.text[comment.text.index("Please") :]
        for platform in school
        for comment in platforms.world.comments(platform)
        if "Please be kind" in comment.text
    )
    assert answers == Counter(f"Please be kind ({number})." for number in range(6))
    with db.reading() as look:
        expected = list(look.scalars(sa.select(OutboxEmail.message_id)))
    assert sorted(str(message["Message-ID"]) for message in server.messages()) == sorted(expected)

    # Somebody signed in sees it, from whichever process answers; the pages stop without cutting anybody off.
    browser = _browser(stack, "head")
    for _ in range(6):
        assert browser.get(f"{stack.url}/moderation", timeout=30).status_code == 200
    assert stack.stop("web") == 0
    for name in ("scheduler-2", "classifier", *(f"worker-{number}" for number in range(1, WORKERS))):
        assert stack.stop(name) == 0, stack.said(name)
    stack.start("web")
    # The proxy lets the request wait until the pages are there again.
    assert browser.get(f"{stack.url}/moderation", timeout=60).status_code == 200
    assert "Traceback" not in "".join(path.read_text(errors="replace") for path in stack.folder.glob("*.log"))


def test_gunicorn_is_not_for_the_practice_school(
    stack: Stack, session: Session, school_people: dict[Role, Person]
) -> None:
    stack.start("web")
    assert stack.running["web"].wait(240) == 2
    assert "practice school" in stack.said("web")
