"""The page of what stays wrong: mails that did not arrive, incidents, work."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import db, heartbeats, incidents, mail
from school.delivery import Delivery, Outcome
from school.models import Heartbeat, MailState, OutboxEmail, Person, Role, School
from school.permissions import Action, may
from school.settings import settings
from tests.web.conftest import Browser
from worker import watching
from worker.commands import diagnosis
from worker.locks import FileLock

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def at_work(session: Session, school_people: dict[Role, Person]) -> None:
    """Every kind of background work is alive."""
    for name in heartbeats.EXPECTED:
        heartbeats.beat(session, name, now=db.now())
    session.commit()


@pytest.fixture
def refused(session: Session, school_people: dict[Role, Person]) -> OutboxEmail:
    row = mail.queue(
        session, to=school_people[Role.CHAIR], subject="Secret subject", text="x", html="x",
        purpose="approval_request", now=db.now(),
    )  # fmt: skip
    session.commit()
    claimed = mail.claim(session, now=db.now())
    assert claimed is not None
    mail.record(
        session,
        claimed,
        Delivery(Outcome.REFUSED, "the mail server refuses the recipient (code 550)"),
        now=db.now(),
    )
    session.commit()
    return row


def test_a_refused_mail_is_on_today_and_can_be_sent_again(
    session: Session, refused: OutboxEmail, signed_in: Callable[[Role], Browser]
) -> None:
    browser = signed_in(Role.NETWORK_MANAGER)
    assert "could not be delivered" in browser.get("/").text
    page = browser.get("/troubles").text
    assert "Winston Clarke" in page and "chair@larkfield.test" in page
    assert "refuses the recipient (code 550)" in page and "asking for a decision on a post" in page
    assert "Secret subject" not in page
    answer = browser.post(f"/troubles/mail/{refused.id}/again", "/troubles")
    assert answer.status_code == 302
    session.refresh(refused)
    assert refused.state is MailState.QUEUED
    session.commit()
    assert browser.post(f"/troubles/mail/{refused.id}/again", "/troubles").status_code == 409
    assert "could not be delivered" not in browser.get("/").text


def test_a_refused_mail_can_be_put_away(refused: OutboxEmail, signed_in: Callable[[Role], Browser]) -> None:
    browser = signed_in(Role.HEADTEACHER)
    assert browser.post(f"/troubles/mail/{refused.id}/away", "/troubles").status_code == 302
    assert (
        "chair@larkfield.test"
        not in browser.get("/troubles").text.split("</main>")[0].split("alert-success")[-1]
    )


@pytest.mark.parametrize("role", list(Role))
def test_only_who_may_see_health_opens_it(
    refused: OutboxEmail, signed_in: Callable[[Role], Browser], school_people: dict[Role, Person], role: Role
) -> None:
    browser = signed_in(role)
    allowed = may(school_people[role], Action.SEE_HEALTH)
    assert browser.get("/troubles").status_code == (200 if allowed else 404)
    assert browser.post(f"/troubles/mail/{refused.id}/away", "/me").status_code == (302 if allowed else 404)


def test_what_stays_wrong_is_shown_with_what_to_do(
    session: Session, school_people: dict[Role, Person], signed_in: Callable[[Role], Browser]
) -> None:
    early = db.now() - timedelta(hours=1)
    trouble = watching.Trouble(
        key="publishing", sentence="Posts that are due are not going out.", advice="Start it <again>.",
        since=early, tell=frozenset({Role.HEADTEACHER}), patience=timedelta(0),
    )  # fmt: skip
    incidents.note(session, [trouble], url="", now=early)
    session.commit()
    browser = signed_in(Role.HEADTEACHER)
    assert "thing that stays wrong" in browser.get("/").text
    page = browser.get("/troubles").text
    assert "Posts that are due are not going out." in page and "Start it &lt;again&gt;." in page
    assert "Told by e-mail: Margaret Oyelaran." in page
    assert "No backup was ever made" in page


def test_the_page_says_one_state_of_all(
    session: Session,
    refused: OutboxEmail,
    signed_in: Callable[[Role], Browser],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not first that nothing is wrong, and then what is."""
    browser, fine = signed_in(Role.NETWORK_MANAGER), "Nothing is wrong at the moment."
    page = browser.get("/troubles").text
    assert fine not in page and '<a href="#mail">1 e-mail was not delivered</a>' in page
    assert browser.post(f"/troubles/mail/{refused.id}/away", "/troubles").status_code == 302
    page = browser.get("/troubles").text
    assert fine in page and "Schoolgate can’t notice" not in page
    monkeypatch.setenv("SCHOOLGATE_SMTP_URL", "smtp://127.0.0.1:1")
    monkeypatch.setenv("SCHOOLGATE_SECOND_FACTOR", "off")
    settings.cache_clear()
    session.execute(sa.update(School).values(practice=False))
    session.commit()
    page = browser.get("/troubles").text
    assert fine not in page and '<a href="#backup">no backup was ever made</a>' in page
    assert '<a href="#mail">Schoolgate can’t notice e-mails that come back</a>' in page


def test_the_command_on_the_server_ends_with_what_the_page_says(
    session: Session,
    signed_in: Callable[[Role], Browser],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Also that no backup was ever made; besides, that Schoolgate isn't running, which no page can say."""
    manager = signed_in(Role.NETWORK_MANAGER)
    monkeypatch.setenv("SCHOOLGATE_SECOND_FACTOR", "off")
    settings.cache_clear()

    def both() -> tuple[str, str]:
        page = re.search(r"<p>(Nothing is .*?)</p>", manager.get("/troubles").text)
        assert page is not None
        diagnosis.doctor()
        said = capsys.readouterr().out.splitlines()
        return re.sub(r"<[^>]+>", "", page[1]), " ".join(said)

    page, said = both()
    assert page == "Nothing is wrong at the moment." and "All is well" not in said
    assert "Nothing is broken, but this wants somebody: Schoolgate isn’t running." in said
    assert "-- backup: none was ever made; a practice school needs none" in said
    session.execute(sa.update(School).values(practice=False))
    session.commit()
    page, said = both()
    wanted = "this wants somebody: no e-mail leaves this server; no backup was ever made"
    assert page == f"Nothing is broken, but {wanted}."
    assert f"Nothing is broken, but {wanted}; Schoolgate isn’t running." in said
    assert "-- backup: none was ever made; `schoolgate backup FILE` makes one" in said
    lock = FileLock(settings().home / "run.lock")
    assert lock.take()
    try:
        assert f"{wanted}." in both()[1]
        session.execute(sa.delete(Heartbeat).where(Heartbeat.name == "mail"))
        session.commit()
        page = manager.get("/troubles").text
        assert "<b>1 kind of background work is silent.</b>" in page and "<p>Besides, this wants" in page
        diagnosis.doctor()
        assert f"Besides, {wanted}." in capsys.readouterr().out
    finally:
        lock.free()


def test_a_real_school_without_a_mail_server_is_told_that_no_mail_leaves(
    session: Session, signed_in: Callable[[Role], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sees the health of Schoolgate, on their first page too; a practice school needs none."""
    manager, teacher = signed_in(Role.NETWORK_MANAGER), signed_in(Role.STAFF)
    trouble, waits = "<b>No e-mail leaves this server</b>", "mail server to set: no e-mail leaves this server"
    monkeypatch.setenv("SCHOOLGATE_SECOND_FACTOR", "off")
    settings.cache_clear()
    assert trouble not in manager.get("/troubles").text and waits not in manager.get("/").text
    session.execute(sa.update(School).values(practice=False))
    session.commit()
    page = manager.get("/troubles").text
    assert trouble in page and '<a href="#mail">no e-mail leaves this server</a>' in page
    assert "SCHOOLGATE_SMTP_URL" in page and "was taken by the mail server" not in page
    assert waits in manager.get("/").text and waits not in teacher.get("/").text
    monkeypatch.setenv("SCHOOLGATE_SMTP_URL", "smtp://127.0.0.1:1")
    settings.cache_clear()
    page = manager.get("/troubles").text
    assert trouble not in page and "was taken by the mail server" in page
    assert waits not in manager.get("/").text
