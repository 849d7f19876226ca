"""Notices in browsers: beside the mail, with no name in them, to push services alone, and each once."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import http_ece
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02
from sqlalchemy.orm import Session

from connectors import push_service
from school import keys, mail, notices, push, secrets, sign_ins
from school.errors import BadInput, NotFound
from school.models import Person, PushKey, PushNotice, PushState, PushSubscription, Role
from school.notices import How, Kind, Wishes
from school.push_sending import Outcome, Sending
from school.sign_ins import Ended
from tests.connectors.scripted import Reply, Scripted

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
People = dict[Role, Person]
NOON = datetime(2027, 3, 17, 12, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Browser:
    """A browser's half of it: its keys, and what it makes of what its push service brings."""

    def __init__(self, service: str, name: str = "one") -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.auth = b"0123456789abcdef"
        self.endpoint = f"{service}/send/{name}"

    @property
    def said(self) -> str:
        point = self.private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return json.dumps(
            {
                "endpoint": self.endpoint,
                "expirationTime": None,
                "keys": {"p256dh": b64(point), "auth": b64(self.auth)},
            }
        )

    def opened(self, body: bytes) -> dict[str, str]:
        plain = http_ece.decrypt(body, private_key=self.private, auth_secret=self.auth, version="aes128gcm")
        return dict(json.loads(plain))


def subscribe(
    session: Session, person: Person, browser: Browser, *, now: datetime = NOON
) -> PushSubscription:
    found = push.subscribe(session, person, browser.said, browser="Firefox on Windows", allowed=True, now=now)
    push.public_key(session)
    session.flush()
    return found


def tell(session: Session, to: Person, purpose: str, *, count: int = 1, now: datetime = NOON) -> None:
    mail.queue(
        session, to=to, subject="Rosa Ainsworth was insulted", text="Rosa Ainsworth, https://rosa.test",
        html="", purpose=purpose, count=count, now=now,
    )  # fmt: skip
    session.flush()


def send(session: Session, server: Scripted, *, now: datetime = NOON) -> Sending | None:
    claim = push.claim(session, lease=LEASE, now=now)
    if claim is None:
        return None
    # Nobody else has it meanwhile.
    assert push.claim(session, lease=LEASE, now=now) is None
    sending = push_service.send(claim, sender="schoolgate@larkfield.test", timeout=5, own=server.url)
    push.record(session, claim, sending, now=now)
    session.flush()
    session.expire_all()
    return sending


def test_a_browser_is_told_how_many_of_what_and_no_more(
    session: Session, school_people: People, server: Scripted
) -> None:
    dsl, browser = school_people[Role.DSL], Browser(server.url)
    row = subscribe(session, dsl, browser)
    server.answers(Reply(201, b""))
    tell(session, dsl, "urgent_comment", count=2)
    tell(session, dsl, "handed_over")
    tell(session, dsl, "training_reminder")
    assert send(session, server) == Sending(Outcome.SENT)
    assert send(session, server) is None, "it goes once"
    [request] = server.received
    assert browser.opened(request.body) == {
        "text": "Something waits for you in Schoolgate: 2 threats, 1 entry given to you",
        "topic": "threats",
    }
    assert b"Rosa" not in request.body
    assert (request.path, request.headers["content-encoding"], request.headers["urgency"]) == (
        "/send/one", "aes128gcm", "high",
    )  # fmt: skip
    assert int(request.headers["ttl"]) > 0
    scheme, signed = request.headers["authorization"].split(" ", 1)
    parts = dict(one.split("=", 1) for one in signed.split(","))
    assert (scheme, parts["k"]) == ("vapid", push.public_key(session))
    assert Vapid02.verify(request.headers["authorization"])
    body = json.loads(base64.urlsafe_b64decode(parts["t"].split(".")[1] + "=="))
    assert (body["aud"], body["sub"]) == (server.url, "mailto:schoolgate@larkfield.test")
    assert row.used_at == NOON
    # What is stored of the browser is sealed, and keys rotate like all others.
    assert browser.endpoint not in row.sealed
    assert {"push_keys.sealed", "push_subscriptions.sealed"} <= {str(place) for place in keys.places()}
    assert b"PRIVATE" in secrets.decrypt(session.scalars(sa.select(PushKey.sealed)).one().encode())


def test_the_mail_is_chosen_apart_and_quiet_hours_hold_back_all_but_threats(
    session: Session, school_people: People, server: Scripted
) -> None:
    slt = school_people[Role.SLT]
    server.answers(Reply(201, b""))
    notices.choose(
        session, slt,
        Wishes({Kind.HANDED_OVER: How.NONE, Kind.DRAFTS: How.DIGEST}, quiet_from=11 * 60, quiet_to=13 * 60),
    )  # fmt: skip
    tell(session, slt, "handed_over")
    assert session.scalar(sa.select(sa.func.count()).select_from(PushNotice)) == 0, "no browser, no notice"
    subscribe(session, slt, browser := Browser(server.url))
    for purpose in ("handed_over", "urgent_comment", "approval_request", "decision"):
        tell(session, slt, purpose)
    assert send(session, server) == Sending(Outcome.SENT)
    assert browser.opened(server.received[0].body)["text"].endswith(": 1 threat")
    assert send(session, server, now=NOON + timedelta(minutes=59)) is None
    assert send(session, server, now=NOON + timedelta(hours=1)) == Sending(Outcome.SENT)
    assert browser.opened(server.received[1].body)["text"].endswith(
        ": 1 post to decide on, 1 entry given to you, 1 piece of news of your posts"
    )
    push.choose(session, slt, ["threats"])
    tell(session, slt, "approval_request")
    assert send(session, server, now=NOON + timedelta(hours=2)) is None
    # A teacher can't be told of threats, whatever they send.
    teacher = school_people[Role.STAFF]
    push.choose(session, teacher, ["threats", "nonsense"])
    assert push.silenced(session, teacher) == {"decisions", "drafts"}


def test_each_answer_of_a_push_service_is_taken_for_what_it_is(
    session: Session, school_people: People, server: Scripted
) -> None:
    head = school_people[Role.HEADTEACHER]
    row = subscribe(session, head, Browser(server.url))
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(minutes=50), usegmt=True)
    moment = NOON
    for reply, wait in (
        (Reply(429, b"", {"retry-after": "600"}), timedelta(minutes=10)),
        (Reply(503, b"", {"retry-after": in_an_hour}), timedelta(minutes=49)),
        (Reply(500, b"", {"retry-after": "soon"}), timedelta(seconds=20)),
        (Reply(200, b"", fault="reset"), timedelta(seconds=20)),
        (Reply(307, b"", {"location": "http://127.0.0.1/"}), None),
        (Reply(413, b""), None),
        (Reply(403, b""), None),
    ):
        server.answers(reply)
        session.execute(sa.delete(PushNotice))
        tell(session, head, "approval_request", now=moment)
        sending = send(session, server, now=moment)
        assert sending is not None
        [notice] = session.scalars(sa.select(PushNotice))
        if wait is None:
            assert (sending.outcome, notice.state) == (Outcome.REFUSED, PushState.FAILED)
            assert str(reply.status) in row.problem
        else:
            assert (sending.outcome, notice.state) == (Outcome.LATER, PushState.QUEUED)
            assert wait <= notice.next_try_at - moment <= timedelta(hours=1)
        moment += timedelta(hours=2)
    # Away for a day: no news any more.
    server.answers(Reply(503, b""))
    session.execute(sa.delete(PushNotice))
    tell(session, head, "approval_request", now=moment)
    send(session, server, now=moment + timedelta(hours=13))
    assert session.scalars(sa.select(PushNotice.state)).all() == [PushState.FAILED]
    # A worker that died: another sends it when the lease is over, and the first has nothing to say any more.
    tell(session, head, "approval_request", now=moment)
    dead = push.claim(session, lease=LEASE, now=moment)
    assert dead is not None
    assert send(session, server, now=moment + LEASE - timedelta(seconds=1)) is None
    server.answers(Reply(201, b""))
    assert send(session, server, now=moment + LEASE) == Sending(Outcome.SENT)
    push.record(session, dead, Sending(Outcome.LATER, "no answer"), now=moment)
    assert row.problem == ""
    assert set(session.scalars(sa.select(PushNotice.state))) == {PushState.FAILED, PushState.SENT}
    # The browser is gone: it is forgotten with all that was to be said to it.
    for status in (410, 404):
        row = subscribe(session, head, Browser(server.url))
        server.answers(Reply(status, b""))
        tell(session, head, "approval_request", now=moment)
        assert send(session, server, now=moment) == Sending(Outcome.GONE)
    assert push.of(session, head.id) == []
    assert session.scalar(sa.select(sa.func.count()).select_from(PushNotice)) == 0


@pytest.mark.parametrize(
    ("endpoint", "known"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/abc", True),
        ("https://wns2-par02p.notify.windows.com/w/?token=a", True),
        ("https://web.push.apple.com/QAbc", True),
        ("http://fcm.googleapis.com/fcm/send/abc", False),
        ("https://fcm.googleapis.com:8443/x", False),
        ("https://fcm.googleapis.com@127.0.0.1/x", False),
        ("https://fcm.googleapis.com.evil.test/x", False),
        ("https://evilpush.services.mozilla.com/x", False),
        ("https://push.services.mozilla.com.evil.test/x", False),
        ("https://127.0.0.1/x", False),
        ("https://169.254.169.254/latest", False),
        ("https://fcm.googleapis.com\\@evil.test/x", False),
        ("https://[::1/x", False),
        ("file:///etc/passwd", False),
    ],
)
def test_only_the_push_services_of_browsers_are_written_to(database: str, endpoint: str, known: bool) -> None:
    assert push_service.known(endpoint) is known


def test_what_no_browser_says_is_refused_in_words(session: Session, school_people: People) -> None:
    head, good = school_people[Role.HEADTEACHER], json.loads(Browser("https://web.push.apple.com").said)
    for said in (
        "", "[]", "{}", "null", "[" * 4000, json.dumps({**good, "endpoint": ""}),
        json.dumps({**good, "endpoint": 7}), json.dumps({**good, "keys": {"p256dh": "AAAA", "auth": "AAAA"}}),
        json.dumps({**good, "keys": {**good["keys"], "auth": "AAAA"}}), json.dumps({**good, "keys": "x"}),
    ):  # fmt: skip
        with pytest.raises(BadInput, match="can’t be read"):
            push.subscribe(session, head, said, browser="", allowed=True, now=NOON)
    with pytest.raises(BadInput, match="a service that Schoolgate doesn’t know"):
        push.subscribe(session, head, json.dumps(good), browser="", allowed=False, now=NOON)


def test_one_browser_is_one_persons_and_ends_with_their_sign_ins(
    session: Session, school_people: People, server: Scripted
) -> None:
    head, slt = school_people[Role.HEADTEACHER], school_people[Role.SLT]
    shared = Browser(server.url, "staff-room")
    first = subscribe(session, head, shared)
    assert subscribe(session, head, shared).id == first.id, "asked again it is renewed"
    tell(session, head, "approval_request")
    taken = subscribe(session, slt, shared)
    assert push.of(session, head.id) == []
    assert session.scalar(sa.select(sa.func.count()).select_from(PushNotice)) == 0
    with pytest.raises(NotFound):
        push.remove(session, taken.id, by=head, now=NOON)
    for number in range(push.BROWSERS_MOST - 1):
        subscribe(session, slt, Browser(server.url, str(number)))
    with pytest.raises(BadInput, match="remove one"):
        subscribe(session, slt, Browser(server.url, "one too many"))
    push.remove(session, taken.id, by=slt, now=NOON)
    tell(session, slt, "approval_request")
    sign_ins.end_all(session, slt, why=Ended.ENDED_BY_SCHOOL, by=head, now=NOON)
    assert push.of(session, slt.id) == []
    assert push.claim(session, lease=LEASE, now=NOON) is None
