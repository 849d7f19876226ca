"""Mail that came back: which of ours a delivery report is about, and what its code means in plain words.

Reports are what strangers' servers and strangers write: of their text nothing is kept or shown but a
checked code and the name of the server, and one counts only where it names a mail of ours by its id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

import sqlalchemy as sa
from sqlalchemy.orm import Session

from school import mail
from school.db import insert_if_missing
from school.models import BounceMailbox, MailState, OutboxEmail

EVERY = timedelta(minutes=1)
"""Between two looks into the mailbox."""
_RUSH = timedelta(minutes=1)
"""Two machines' clocks are never quite the same."""

_OURS = re.compile(r"<[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}@[^<>\s@]{1,190}>", re.IGNORECASE)
_STATUS = re.compile(r"\b([45])\.(\d{1,3})\.(\d{1,3})\b")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,98}[a-z0-9])?", re.IGNORECASE)
_ROBOT = re.compile(r"\b(mailer-daemon|postmaster)@", re.IGNORECASE)

# RFC 3463: the second number is what the trouble is about, the third which one it is.
_MEANS = {
    (1, 1): "the recipient's address doesn't exist there",
    (1, 2): "the recipient's address has a domain that doesn't exist",
    (1, 3): "the recipient's address can't be read by the mail server",
    (1, 6): "the recipient's mailbox has moved and left no new address",
    (1, 10): "the recipient's domain takes no mail",
    (2, 1): "the recipient's mailbox is switched off",
    (2, 2): "the recipient's mailbox is full",
    (2, 3): "it is too large for the recipient's mailbox",
    (3, 4): "it is too large for the recipient's mail server",
    (4, 4): "the way to the recipient's mail server is not known",
    (4, 7): "the recipient's mail server could not be reached for days",
    (7, 1): "the recipient's mail server doesn't want mail from here",
}
_ABOUT = {
    1: "there is something wrong with the recipient's address",
    2: "there is something wrong with the recipient's mailbox",
    3: "the recipient's mail system has trouble",
    4: "the recipient's mail server can't be reached",
    6: "the recipient's mail server can't take its form",
    7: "the recipient's mail server holds it for unwanted: ask whoever runs it to let our mail in",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says of one mail of ours."""

    message_id: str
    status: str
    """Three numbers (RFC 3463), such as "5.1.1"; empty where the report has none."""
    server: str
    """Name of the server that writes; empty where it isn't one."""

    @property
    def problem(self) -> str:
        """In words, for the page where a person sees it."""
        _, about, detail = (int(part) for part in self.status.split(".")) if self.status else (0, 0, 0)
        means = _MEANS.get((about, detail)) or _ABOUT.get(about, "it could not be delivered to the recipient")
        by = f" by {self.server}" if self.server else ""
        code = f" (code {self.status})" if self.status else ""
        return f"it was sent back{by}: {means}{code}"


def may_be_report(headers: bytes) -> bool:
    """Whether a mail with this sender and of this kind is one that `read` says something of."""
    message = message_from_bytes(headers, policy=compat32)
    return message.get_content_type() == "multipart/report" or bool(_ROBOT.search(_text(message, "from")))


def read(raw: bytes) -> Report | None:
    """What a mail says of one of ours that couldn't be delivered for good; None for any other mail.

    `raw` may be cut off at its end. Sources: RFC 3464 (delivery reports), RFC 6522 (multipart/report),
    both read 2026-11-26; servers that send neither name the mail in their own text.
    """
    try:
        # The older policy: the newer one's parser of structured headers stumbles over hostile ones.
        message = message_from_bytes(raw, policy=compat32)
        return _read(message)
    except RecursionError:
        # Parts within parts within parts: nothing that a mail server writes.
        return None


def _read(message: Message) -> Report | None:
    if message.get_content_type() == "multipart/report":
        blocks = _blocks(message)
        failed = [block for block in blocks if _text(block, "action").strip().lower() == "failed"]
        if not failed:
            return None
        status = _STATUS.search(_text(failed[0], "status") or _text(failed[0], "diagnostic-code"))
        server = next((name for block in blocks if (name := _server(block))), "")
    elif _ROBOT.search(_text(message, "from")):
        status, server = _STATUS.search(_plain(message)), ""
    else:
        return None
    ours = _original(message)
    return Report(ours, ".".join(status.groups()) if status else "", server) if ours else None


def note(session: Session, report: Report, *, arrived: datetime | None, now: datetime) -> OutboxEmail | None:
    """Mark the mail as not delivered; None where it isn't ours, or the report tells nothing new of it.

    `arrived`: when the report came into the mailbox; one that is older than the last attempt was about
    an earlier one.
    """
    row = session.scalar(
        sa.select(OutboxEmail).where(OutboxEmail.message_id == report.message_id).with_for_update()
    )
    if row is None or row.state is not MailState.SENT:
        return None
    if arrived is not None and row.sent_at is not None and arrived + _RUSH < row.sent_at:
        return None
    mail.came_back(session, row, report.problem, now=now)
    return row


def claim_look(session: Session, key: str, *, now: datetime) -> BounceMailbox | None:
    """Where the reading of that mailbox stands, for this worker alone until the next look is due."""
    insert_if_missing(session, BounceMailbox, key=key, next_look_at=now, last_uid=0)
    taken = session.execute(
        sa.update(BounceMailbox)
        .where(
            BounceMailbox.key == key,
            # The second: the clock was set back meanwhile.
            sa.or_(BounceMailbox.next_look_at <= now, BounceMailbox.next_look_at > now + EVERY),
        )
        .values(next_look_at=now + EVERY)
        .returning(BounceMailbox.key)
    ).first()
    return session.get(BounceMailbox, key) if taken is not None else None


def standing(session: Session, key: str) -> BounceMailbox | None:
    """How the reading of that mailbox stands; None before the first look."""
    return session.get(BounceMailbox, key)


def _text(part: Message, name: str) -> str:
    """A header as it stands there, shortened; empty where there is none."""
    for header, value in part.raw_items():
        if header.lower() == name:
            return str(value)[:2000]
    return ""


def _blocks(message: Message) -> list[Message]:
    """The groups of fields of a delivery report: the first of the report, each other of one recipient."""
    found: list[Message] = []
    for part in message.walk():
        payload = part.get_payload() if part.get_content_type() == "message/delivery-status" else None
        if isinstance(payload, list):
            found += [block for block in payload if isinstance(block, Message)]
    return found


def _server(block: Message) -> str:
    name = _text(block, "reporting-mta").rpartition(";")[2].strip()
    return name.lower() if _HOST.fullmatch(name) else ""


def _original(message: Message) -> str:
    """Message-ID of the mail that came back, where it has the form of ours; else empty."""
    for part in message.walk():
        if part is message:
            continue
        # With message/rfc822 the walk comes to the original itself; headers alone are a text.
        found = _OURS.search(_text(part, "message-id"))
        if found is None and part.get_content_type() in {"text/rfc822-headers", "message/rfc822-headers"}:
            lines = re.search(r"^message-id:\s*(<[^>]*>)", _plain(part), re.IGNORECASE | re.MULTILINE)
            found = _OURS.fullmatch(lines[1]) if lines else None
        if found is not None:
            return found[0]
    for name in ("in-reply-to", "references", "x-original-message-id"):
        if found := _OURS.search(_text(message, name)):
            return found[0]
    found = _OURS.search(_plain(message))
    return found[0] if found else ""


def _plain(part: Message) -> str:
    """The text of a part and those in it, as far as it is one; at most some thousand characters."""
    found = []
    for leaf in part.walk():
        if leaf.is_multipart() or leaf.get_content_maintype() != "text":
            continue
        try:
            body = leaf.get_payload(decode=True)
        except (ValueError, LookupError):
            continue
        if isinstance(body, bytes):
            found.append(body[:20_000].decode("utf-8", "replace"))
    return "\n".join(found)[:50_000]
