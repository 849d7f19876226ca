"""Mail that comes back after a server had taken it: read from a real IMAP server, shown to a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import bounce_mailbox, bounces, db, mail
from school.delivery import Delivery, Outcome
from school.models import BounceMailbox, MailState, OutboxEmail, Person, Role
from school.settings import settings
from school.setup import PRACTICE_PIN
from tests.school.bouncing import Mailbox, imap_server, plain, report
from tests.web.conftest import Browser, app, practice, signed_in
from worker import returned, watching

__all__ = ["app", "practice", "signed_in"]

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def server() -> Iterator[Mailbox]:
    with imap_server() as made:
        yield made


@pytest.fixture
def mailbox(server: Mailbox, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """The mailbox, set for this school."""
    monkeypatch.setenv("SCHOOLGATE_BOUNCES_URL", server.url)
    settings.cache_clear()
    yield server
    settings.cache_clear()


@pytest.fixture
def sent(session: Session, school_people: dict[Role, Person]) -> OutboxEmail:
    chair = school_people[Role.CHAIR]
    row = mail.queue(session, to=chair, subject="S", text="x", html="x", purpose="referral", now=db.now())
    session.commit()
    _send(session)
    return row


def _send(session: Session) -> None:
    claimed = mail.claim(session, now=db.now())
    assert claimed is not None
    mail.record(session, claimed, Delivery(Outcome.SENT), now=db.now())
    session.commit()


def _look() -> int:
    """At once, however short a time ago the last look was."""
    with db.transaction() as session:
        session.execute(sa.update(BounceMailbox).values(next_look_at=db.now()))
    return returned.look()


def test_what_came_back_is_shown_with_what_to_do(
    session: Session, mailbox: Mailbox, sent: OutboxEmail, school_people: dict[Role, Person],
    signed_in: Callable[[Role], Browser],
) -> None:  # fmt: skip
    assert _look() == 0
    unseen = mailbox.unseen()
    mailbox.put(b"From: parent@example.org\nSubject: Lunch\n\nNothing to do with it", db.now())
    mailbox.put(report(sent.message_id, action="delayed"), db.now())
    mailbox.put(report(sent.message_id), db.now())
    assert _look() == 1
    # Read once, and left as it is for whoever else reads it.
    assert _look() == 0
    assert mailbox.unseen() == unseen + 3
    session.refresh(sent)
    assert sent.state is MailState.FAILED and sent.returned_at is not None
    assert sent.problem == (
        "it was sent back by mx.example.org: the recipient's address doesn't exist there (code 5.1.1)"
    )
    session.commit()
    head = signed_in(Role.HEADTEACHER)
    chair = school_people[Role.CHAIR]
    for page in (head.get("/troubles").text, head.get(f"/people/{chair.id}").text):
        assert "the recipient&#39;s address doesn&#39;t exist there (code 5.1.1)" in page
        assert "alert(" not in page
    changed = head.post(
        f"/people/{chair.id}/address", f"/people/{chair.id}", email="winston@larkfield.test",
        address_reason="A typing error", looked="yes", pin=PRACTICE_PIN,
    )  # fmt: skip
    assert changed.status_code == 302
    assert "does not reach" not in head.get(f"/people/{chair.id}").text
    assert head.post(f"/troubles/mail/{sent.id}/again", "/troubles").status_code == 302
    session.refresh(sent)
    assert (sent.state, sent.to_address) == (MailState.QUEUED, "winston@larkfield.test")
    assert sent.returned_at is None
    told = session.scalars(sa.select(OutboxEmail.to_address).where(OutboxEmail.purpose == "address_changed"))
    assert sorted(told) == ["chair@larkfield.test", "winston@larkfield.test"]


def test_two_workers_do_not_look_at_once_and_a_clock_set_back_delays_nothing(mailbox: Mailbox) -> None:
    key = bounce_mailbox.key_of(mailbox.url)
    with db.transaction() as session:
        assert bounces.claim_look(session, key, now=db.now()) is not None
        assert bounces.claim_look(session, key, now=db.now()) is None
        assert bounces.claim_look(session, key, now=db.now() - timedelta(hours=1)) is not None


def test_a_report_of_an_earlier_attempt_says_nothing_of_the_present_one(
    session: Session, mailbox: Mailbox, sent: OutboxEmail
) -> None:
    mailbox.put(report(sent.message_id), db.now() - timedelta(hours=1))
    assert _look() == 0
    session.refresh(sent)
    assert sent.state is MailState.SENT


def test_another_numbering_is_read_from_its_beginning(
    session: Session, mailbox: Mailbox, sent: OutboxEmail
) -> None:
    _look()
    mailbox.put(plain(sent.message_id), db.now())
    with db.transaction() as other:
        other.execute(sa.update(BounceMailbox).values(uid_validity=7, last_uid=4_000_000))
    assert _look() == 1
    session.refresh(sent)
    assert sent.problem == "it was sent back: the recipient's mailbox is full (code 5.2.2)"


def test_a_mailbox_that_can_not_be_read_is_told(
    session: Session, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, signed_in: Callable[[Role], Browser]
) -> None:
    for url, said in (
        (mailbox.url.replace("right", "wrong"), "doesn't take user and password"),
        (mailbox.url.replace("INBOX", "Nowhere"), "no folder “Nowhere”"),
        ("imap://office:secret@127.0.0.1:1", "can't be reached"),
    ):
        monkeypatch.setenv("SCHOOLGATE_BOUNCES_URL", url)
        settings.cache_clear()
        assert said in bounce_mailbox.probe(url)
        assert returned.look() == 0
        with db.reading() as other:
            place = bounces.standing(other, bounce_mailbox.key_of(url))
            assert place is not None and place.problem is not None
            assert said in place.problem and "secret" not in place.problem
            assert any(trouble.key == "returned_mail" for trouble in watching.troubles(other, now=db.now()))
    assert "can&#39;t be reached" in signed_in(Role.NETWORK_MANAGER).get("/troubles").text
    monkeypatch.setenv("SCHOOLGATE_BOUNCES_URL", mailbox.url)
    settings.cache_clear()
    assert bounce_mailbox.probe(mailbox.url) == ""
