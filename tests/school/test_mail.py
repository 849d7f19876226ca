"""The outbox against a real SMTP server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession
from sqlalchemy.orm import Session

from school import db, mail
from school.errors import BadInput
from school.models import MailState, OutboxEmail, Person, Role
from school.settings import settings

NOW = db.now()
People = dict[Role, Person]


class Server:
    """Takes mail; answers `reply` to a recipient where it is set."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.reply = ""

    async def handle_RCPT(
        self, server: SMTP, session: SmtpSession, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.reply:
            return self.reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: SmtpSession, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        parsed = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.taken.append(parsed)
        return "250 OK"


@pytest.fixture
def server() -> Iterator[tuple[Server, str]]:
    handler = Server()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, f"smtp://127.0.0.1:{port}"
    controller.stop()


def _queue(session: Session, to: Person, subject: str = "Please decide") -> OutboxEmail:
    row = mail.queue(
        session,
        to=to,
        subject=subject,
        text="Plain – “text” 🌈",
        html="<p>Rich <img src='cid:one'></p>",
        images=[mail.InlineImage("one", b"\x89PNG...", "image/png")],
        purpose="test",
        now=NOW,
    )
    session.commit()
    return row


def test_a_mail_arrives_whole(session: Session, school_people: People, server: tuple[Server, str]) -> None:
    handler, url = server
    row = _queue(session, school_people[Role.HEADTEACHER], "Grüße\r\nBcc: everyone@larkfield.test")
    claimed = mail.claim(session, now=NOW)
    assert claimed is not None
    mail.record(session, claimed, mail.deliver(claimed, url), now=NOW)
    session.commit()
    assert mail.claim(session, now=NOW) is None
    assert row.state is MailState.SENT
    (taken,) = handler.taken
    assert taken["Subject"] == "Grüße Bcc: everyone@larkfield.test"
    assert taken["Bcc"] is None
    assert taken["To"] == "Margaret Oyelaran <head@larkfield.test>"
    assert taken["Message-ID"] == row.message_id
    types = [part.get_content_type() for part in taken.walk()]
    assert types == ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"]
    plain = taken.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().strip() == "Plain – “text” 🌈"


def test_a_dead_server_is_waited_for(session: Session, school_people: People) -> None:
    row = _queue(session, school_people[Role.HEADTEACHER])
    moment, gaps = NOW, []
    for _ in range(12):
        claimed = mail.claim(session, now=moment)
        assert claimed is not None
        mail.record(session, claimed, mail.deliver(claimed, "smtp://127.0.0.1:1"), now=moment)
        session.commit()
        assert row.state is MailState.QUEUED
        gaps.append(row.next_try_at - moment)
        assert mail.claim(session, now=moment) is None
        moment = row.next_try_at
    assert gaps == sorted(gaps)
    assert max(gaps) == timedelta(hours=1)
    late = row.created_at + mail.GIVE_UP_AFTER + timedelta(minutes=1)
    claimed = mail.claim(session, now=late)
    assert claimed is not None
    mail.record(session, claimed, mail.deliver(claimed, "smtp://127.0.0.1:1"), now=late)
    assert row.state is MailState.FAILED


@pytest.mark.parametrize(
    ("reply", "state"), [("550 No such user", MailState.FAILED), ("451 Try later", MailState.QUEUED)]
)
def test_refusals_for_good_and_for_now(
    session: Session, school_people: People, server: tuple[Server, str], reply: str, state: MailState
) -> None:
    handler, url = server
    handler.reply = reply
    row = _queue(session, school_people[Role.HEADTEACHER])
    claimed = mail.claim(session, now=NOW)
    assert claimed is not None
    mail.record(session, claimed, mail.deliver(claimed, url), now=NOW)
    assert row.state is state
    assert row.problem is not None
    assert reply[:3] in row.problem


def test_a_mail_whose_worker_died_is_sent_again_as_the_same(
    session: Session, school_people: People, server: tuple[Server, str]
) -> None:
    handler, url = server
    _queue(session, school_people[Role.HEADTEACHER])
    first = mail.claim(session, now=NOW)
    session.commit()
    assert first is not None
    mail.deliver(first, url)
    assert mail.claim(session, now=NOW + timedelta(minutes=1)) is None
    second = mail.claim(session, now=NOW + settings().lease)
    assert second is not None
    mail.record(session, second, mail.deliver(second, url), now=NOW + settings().lease)
    assert len({message["Message-ID"] for message in handler.taken}) == 1


@pytest.mark.parametrize("url", ["", "mail.larkfield.test:25", "http://x", "smtp://"])
def test_a_bad_smtp_url_is_named(session: Session, school_people: People, url: str) -> None:
    _queue(session, school_people[Role.HEADTEACHER])
    claimed = mail.claim(session, now=NOW)
    assert claimed is not None
    with pytest.raises(BadInput, match="SCHOOLGATE_SMTP_URL"):
        mail.deliver(claimed, url)
