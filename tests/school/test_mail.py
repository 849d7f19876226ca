"""The outbox against a real SMTP server."""

from __future__ import annotations

import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from aiosmtpd.smtp import Session as SmtpSession
from sqlalchemy.orm import Session

from school import db, delivery, mail, secrets
from school.composing import composed, readdressed
from school.errors import BadInput, MoveNotAllowed, NotPermitted
from school.models import MailState, OutboxEmail, Person, Role
from school.settings import settings
from worker import resealing

NOW = db.now()
People = dict[Role, Person]
PICTURE = b64encode(b"\x89PNG...")


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
    assert b"cid:one" in row.raw and PICTURE not in row.raw, "a picture is kept sealed alone"
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
    assert list(taken.walk())[-1].get_payload(decode=True) == b"\x89PNG..."


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_pictures_in_mails_are_sealed_whoever_wrote_them_and_with_the_newest_key(
    session: Session, school_people: People, server: tuple[Server, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, url = server
    head = school_people[Role.HEADTEACHER]
    old = _queue(session, head)
    old.raw, old.sealed = mail.whole(old), None
    before = old.raw
    mail.queue(
        session, to=head, subject="S", text="T", html="<p>T</p>", purpose="test", now=NOW + timedelta(days=9)
    )
    session.commit()
    assert mail.seal_some(session, "another", None, most=9) == (None, 0)
    last, done = mail.seal_some(session, "test", None, most=9)
    session.commit()
    assert done == 1 and mail.seal_some(session, "test", last, most=9) == (None, 0)
    assert PICTURE in before and PICTURE not in old.raw and mail.whole(old) == before
    session.rollback()

    monkeypatch.setenv("SCHOOLGATE_OTHER_SECRET_KEYS", secrets.secret_key())
    monkeypatch.setenv("SCHOOLGATE_SECRET_KEY", "a new one of more than 32 characters")
    settings.cache_clear()
    assert resealing.walk(change=True).done["outbox_emails.sealed"] == 1
    session.refresh(old, ["sealed"])
    monkeypatch.delenv("SCHOOLGATE_OTHER_SECRET_KEYS")
    settings.cache_clear()
    assert mail.whole(old) == before
    # The key is lost: the mail still asks for what it asks for.
    monkeypatch.setenv("SCHOOLGATE_SECRET_KEY", "yet another of more than 32 characters")
    settings.cache_clear()
    sent = _send(session, url, NOW)
    assert sent is old and old.state is MailState.SENT
    assert [part.get_content_type() for part in handler.taken[0].walk()][1:] == ["text/plain", "text/html"]


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
    assert max(gaps) == mail.LONGEST_WAIT_FOR_SERVER
    late = row.created_at + mail.GIVE_UP_ON_SERVER_AFTER + timedelta(minutes=1)
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


def _send(session: Session, url: str, at: datetime) -> OutboxEmail | None:
    """Send the one mail that is due next, if one is."""
    claimed = mail.claim(session, now=at)
    session.commit()
    if claimed is None:
        return None
    row = mail.record(session, claimed, mail.deliver(claimed, url), now=at)
    session.commit()
    return row


def test_while_the_server_is_away_one_mail_asks_for_all_and_then_all_go(
    session: Session, school_people: People, server: tuple[Server, str]
) -> None:
    handler, url = server
    rows = [_queue(session, school_people[Role.HEADTEACHER], f"Number {number}") for number in range(5)]
    moment, asked = NOW, []
    for _ in range(40):
        if (tried := _send(session, "smtp://127.0.0.1:1", moment)) is not None:
            asked.append(tried.id)
        moment += timedelta(seconds=30)
    assert len(asked) < 12, "five mails don't each knock at a closed door"
    assert all(row.state is MailState.QUEUED for row in rows)
    assert [row.id for row in mail.delayed(session)], "and it is shown"
    # A weekend later the server is there again.
    moment += timedelta(days=3)
    while _send(session, url, moment) is not None:
        pass
    assert {row.state for row in rows} == {MailState.SENT}
    assert sorted(str(taken["Message-ID"]) for taken in handler.taken) == sorted(
        row.message_id for row in rows
    )
    assert mail.delayed(session) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("reply", "state", "words"),
    [
        ("550 5.1.1 No such mailbox", MailState.FAILED, "recipient"),
        ("552 5.2.2 Mailbox full", MailState.FAILED, "recipient"),
        ("553 Never heard of them", MailState.FAILED, "recipient"),
        ("550 5.7.1 Relaying denied", MailState.QUEUED, "SCHOOLGATE_SMTP_URL"),
        ("554 Relay access denied", MailState.QUEUED, "SCHOOLGATE_SMTP_URL"),
        ("550 Unable to relay", MailState.QUEUED, "SCHOOLGATE_SMTP_URL"),
        ("530 5.7.0 Must issue a STARTTLS command first", MailState.QUEUED, "SCHOOLGATE_SMTP_URL"),
        ("550 5.1.8 Bad sender's address", MailState.QUEUED, "SCHOOLGATE_MAIL_FROM"),
        ("421 Too busy", MailState.QUEUED, "for now"),
    ],
)
def test_a_mail_ends_only_for_what_is_wrong_with_its_recipient(
    session: Session,
    school_people: People,
    server: tuple[Server, str],
    reply: str,
    state: MailState,
    words: str,
) -> None:
    """A server set wrongly refuses everything: none of it may be lost (the headteacher's mail, say)."""
    handler, url = server
    handler.reply = reply
    _queue(session, school_people[Role.HEADTEACHER])
    row = _send(session, url, NOW)
    assert row is not None and row.state is state
    assert words in (row.problem or "")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_mail_that_failed_is_sent_again_to_the_address_that_stands_there_now(
    session: Session, school_people: People, server: tuple[Server, str]
) -> None:
    handler, url = server
    handler.reply = "550 5.1.1 No such mailbox"
    head = school_people[Role.HEADTEACHER]
    row = _queue(session, head)
    _send(session, url, NOW)
    assert [found.id for found in mail.failed(session)] == [row.id]
    head.email, handler.reply = "margaret@larkfield.test", ""
    session.commit()
    with pytest.raises(NotPermitted):
        mail.try_again(session, row.id, by=school_people[Role.STAFF], now=NOW)
    mail.try_again(session, row.id, by=school_people[Role.NETWORK_MANAGER], now=NOW)
    session.commit()
    _send(session, url, NOW)
    [taken] = handler.taken
    assert taken["To"] == "Margaret Oyelaran <margaret@larkfield.test>"
    assert taken["Message-ID"] == row.message_id
    with pytest.raises(MoveNotAllowed):
        mail.put_away(session, row.id, by=school_people[Role.NETWORK_MANAGER], now=NOW)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_failed_mail_that_is_put_away_is_no_longer_shown(
    session: Session, school_people: People, server: tuple[Server, str]
) -> None:
    handler, url = server
    handler.reply = "550 5.1.1 No such mailbox"
    row = _queue(session, school_people[Role.HEADTEACHER])
    _send(session, url, NOW)
    mail.put_away(session, row.id, by=school_people[Role.HEADTEACHER], now=NOW)
    assert mail.failed(session) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_answer_that_comes_after_its_lease_does_not_undo_the_next_attempt(
    session: Session, school_people: People
) -> None:
    row = _queue(session, school_people[Role.HEADTEACHER])
    slow = mail.claim(session, now=NOW)
    session.commit()
    assert slow is not None
    later = NOW + timedelta(hours=1)
    assert mail.claim(session, now=later) is not None
    session.commit()
    mail.record(session, slow, mail.Delivery(mail.Outcome.LATER, "it took too long"), now=later)
    assert row.state is MailState.SENDING, "the second attempt is still under way"
    mail.record(session, slow, mail.Delivery(mail.Outcome.SENT), now=later)
    assert row.state is MailState.SENT, "sent is sent, whoever sent it"


@pytest.mark.parametrize(
    "name", ["Eve\r\nBcc: all@larkfield.test", 'Ève, "the" <head@evil.test>', "=?utf-8?q?x?="]
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_name_and_no_subject_makes_a_header(
    session: Session, school_people: People, server: tuple[Server, str], name: str
) -> None:
    handler, url = server
    head = school_people[Role.HEADTEACHER]
    head.name = name
    _queue(session, head, f"{name}\nX-Evil: yes")
    _send(session, url, NOW)
    [taken] = handler.taken
    assert taken["Bcc"] is None and taken["X-Evil"] is None
    assert [address.addr_spec for address in taken["To"].addresses] == ["head@larkfield.test"]


@pytest.mark.parametrize("before", [0, 1, 2, 3, 40])
def test_a_subject_keeps_its_spaces_wherever_its_lines_end(before: int) -> None:
    subject = f"Consent is missing: Fri 27 Nov 10:01am{'.' * before}, “Kestrels build” – Zoë’s – nest box"
    message = composed(
        sender=("School", "a@larkfield.test"), to=("Head", "head@larkfield.test"), subject=subject,
        message_id="<1@larkfield.test>", date=NOW, private=False, text="x", html="<p>x</p>", images=(),
    )  # fmt: skip
    for sent in (message, readdressed(message, "Deputy", "deputy@larkfield.test")):
        assert message_from_bytes(sent, policy=policy.default)["Subject"] == subject
        assert max(len(line) for line in sent.split(b"\r\n")) <= 78


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_address_with_accents_needs_a_server_that_takes_it(
    session: Session, school_people: People, server: tuple[Server, str]
) -> None:
    _handler, url = server
    head = school_people[Role.HEADTEACHER]
    head.email = "renée@larkfield.test"
    _queue(session, head)
    row = _send(session, url, NOW)
    assert row is not None and row.state is MailState.SENT


class _Auth:
    """A server that wants a user and a password, and takes only one of each."""

    def __call__(
        self, server: SMTP, session: SmtpSession, envelope: Envelope, how: str, data: object
    ) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password == b"right"
        return AuthResult(success=right, handled=False)


@pytest.fixture
def strict_server() -> Iterator[str]:
    controller = Controller(
        Server(),
        hostname="127.0.0.1",
        port=0,
        authenticator=_Auth(),
        auth_required=True,
        auth_require_tls=False,
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        controller.port = free.getsockname()[1]
    controller.start()
    yield f"127.0.0.1:{controller.port}"
    controller.stop()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_the_probe_says_what_would_keep_mail_from_going(
    strict_server: str, server: tuple[Server, str]
) -> None:
    assert delivery.probe(f"smtp://office:right@{strict_server}") == ""
    assert "user name and password" in delivery.probe(f"smtp://office:wrong@{strict_server}")
    assert "takes no user name" in delivery.probe(server[1].replace("smtp://", "smtp://a:b@"))
    assert "can't be reached" in delivery.probe("smtp://127.0.0.1:1")
    assert "465" in delivery.probe(server[1].replace("smtp://", "smtps://"))
    with pytest.raises(BadInput):
        delivery.probe("smtp://host:port")


def test_a_password_never_travels_in_clear_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[bytes] = []

    def connect(address: tuple[str, int], *_more: object, **_named: object) -> socket.socket:
        ours, theirs = socket.socketpair()

        def serve() -> None:
            theirs.sendall(b"220 mail.example\r\n")
            while line := theirs.recv(4096):
                heard.append(line)
                quitting = line.upper().startswith(b"QUIT")
                said = b"221 Bye\r\n" if quitting else b"250-mail.example\r\n250 AUTH PLAIN LOGIN\r\n"
                theirs.sendall(said)

        threading.Thread(target=serve, daemon=True).start()
        return ours

    monkeypatch.setattr(socket, "create_connection", connect)
    assert "no encryption" in delivery.probe("smtp://office:secret-word@mail.example:25")
    assert not any(b"AUTH" in line for line in heard)
