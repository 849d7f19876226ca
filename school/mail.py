"""Mail: a row first, then one attempt at a time, for days if need be."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from html import escape
from urllib.parse import unquote, urlsplit
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from school.db import new_id
from school.errors import BadInput
from school.models.mail import MailState, OutboxEmail
from school.models.people import Person
from school.models.school import School
from school.settings import settings

GIVE_UP_AFTER = timedelta(days=5)
"""As long as mail servers themselves try (RFC 5321, 4.5.4.1: at least 4 to 5 days)."""


@dataclass(frozen=True, slots=True)
class InlineImage:
    """A picture shown inside the HTML part, where it is `cid:NAME`."""

    cid: str
    data: bytes = field(repr=False)
    mime_type: str


@dataclass(frozen=True, slots=True)
class ClaimedMail:
    """One mail that this worker alone may send now."""

    id: UUID
    raw: bytes = field(repr=False)
    sender: str
    recipient: str


class Outcome(StrEnum):
    """What the mail server said."""

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one attempt ended; `problem` in words without the mail's content."""

    outcome: Outcome
    problem: str = ""


def queue(
    session: Session,
    *,
    to: Person,
    subject: str,
    text: str,
    html: str,
    images: Sequence[InlineImage] = (),
    purpose: str,
    now: datetime,
) -> OutboxEmail:
    """Put a mail to a person into the outbox; it is sent after the commit, by a worker.

    The Message-ID is fixed here, so that a mail sent twice after a crash is recognised as one.
    """
    school = session.scalar(sa.select(School))
    domain = school.domain if school else "schoolgate.invalid"
    mail_id = new_id()
    message = EmailMessage(policy=SMTP)
    message["Subject"] = _one_line(subject)
    message["From"] = _address(school.name if school else "Schoolgate", sender(domain))
    message["To"] = _address(to.name, to.email)
    message["Date"] = now.astimezone(UTC)
    message["Message-ID"] = f"<{mail_id}@{domain}>"
    # Out-of-office robots must not answer (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_encodable(text))
    message.add_alternative(_encodable(html), subtype="html")
    parts = message.get_payload()
    for image in images:
        main, sub = image.mime_type.split("/", 1)
        assert isinstance(parts, list)
        html_part = parts[1]
        assert isinstance(html_part, EmailMessage)
        html_part.add_related(
            image.data, main, sub, cid=f"<{image.cid}>", filename=f"{image.cid}.{sub}", disposition="inline"
        )
    row = OutboxEmail(
        id=mail_id,
        to_id=to.id,
        to_address=to.email,
        subject=_one_line(subject),
        purpose=purpose,
        message_id=str(message["Message-ID"]),
        raw=message.as_bytes(),
        state=MailState.QUEUED,
        created_at=now,
        next_try_at=now,
        attempts=0,
    )
    session.add(row)
    return row


def queue_plain(
    session: Session,
    *,
    to: Person,
    subject: str,
    lines: Sequence[str],
    link: str,
    purpose: str,
    now: datetime,
) -> OutboxEmail:
    """Put a short mail into the outbox: a greeting, a paragraph for each of `lines`, and one link."""
    paragraphs = [f"Dear {to.name},", *lines]
    text = "\n\n".join([*paragraphs, link]) + "\n"
    body = "".join(f"<p>{escape(line)}</p>" for line in paragraphs)
    html = f'<html lang="en-GB"><body>{body}<p><a href="{escape(link)}">{escape(link)}</a></p></body></html>'
    return queue(session, to=to, subject=subject, text=text, html=html, purpose=purpose, now=now)


def sender(domain: str) -> str:
    """The address that mail comes from."""
    return settings().mail_from or f"schoolgate@{domain}"


def claim(session: Session, *, now: datetime) -> ClaimedMail | None:
    """The next mail that is due, for this worker alone until its lease ends; None when none is.

    A mail whose worker died comes again when the lease is over: the same message with the same
    Message-ID, the one act that is better done twice than not at all.
    """
    due = sa.or_(
        sa.and_(OutboxEmail.state == MailState.QUEUED, OutboxEmail.next_try_at <= now),
        sa.and_(OutboxEmail.state == MailState.SENDING, OutboxEmail.lease_until <= now),
    )
    found = session.scalar(
        sa.select(OutboxEmail)
        .options(undefer(OutboxEmail.raw))
        .where(due)
        .order_by(OutboxEmail.next_try_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if found is None:
        return None
    found.state, found.attempts = MailState.SENDING, found.attempts + 1
    found.lease_until = now + settings().lease
    school = session.scalar(sa.select(School))
    return ClaimedMail(
        found.id, found.raw, sender(school.domain if school else "schoolgate.invalid"), found.to_address
    )


def deliver(claimed: ClaimedMail, smtp_url: str) -> Delivery:
    """Hand one mail to the SMTP server at `smtp_url`; one attempt, 30 s at most for each step.

    Raises BadInput for a URL that isn't one.
    """
    host, port, user, password, tls = _server(smtp_url)
    try:
        if tls:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port, timeout=30, context=ssl.create_default_context()
            )
        else:
            connection = smtplib.SMTP(host, port, timeout=30)
        with connection:
            if not tls:
                connection.ehlo()
                if connection.has_extn("starttls"):
                    connection.starttls(context=ssl.create_default_context())
            if user:
                connection.login(user, password)
            connection.sendmail(claimed.sender, [claimed.recipient], claimed.raw)
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        return _refusal(code, "the mail server refuses the recipient")
    except smtplib.SMTPAuthenticationError:
        return Delivery(
            Outcome.LATER, "the mail server refuses our user name and password: check SCHOOLGATE_SMTP_URL"
        )
    except smtplib.SMTPResponseException as error:
        return _refusal(error.smtp_code, "the mail server refuses the mail")
    except (OSError, smtplib.SMTPException) as error:
        return Delivery(Outcome.LATER, f"the mail server can't be reached ({type(error).__name__})")
    return Delivery(Outcome.SENT)


def record(session: Session, claimed: ClaimedMail, delivery: Delivery, *, now: datetime) -> None:
    """Note how the attempt ended; what could not be sent is tried again, at longer and longer gaps."""
    row = session.get_one(OutboxEmail, claimed.id, with_for_update=True)
    if row.state is not MailState.SENDING:
        return
    row.lease_until, row.problem = None, delivery.problem or None
    if delivery.outcome is Outcome.SENT:
        row.state, row.sent_at = MailState.SENT, now
    elif delivery.outcome is Outcome.REFUSED or now - row.created_at > GIVE_UP_AFTER:
        row.state = MailState.FAILED
    else:
        row.state = MailState.QUEUED
        row.next_try_at = now + min(timedelta(hours=1), timedelta(seconds=10 * 2 ** min(row.attempts, 10)))


def _refusal(code: int, what: str) -> Delivery:
    if 500 <= code < 600:
        return Delivery(Outcome.REFUSED, f"{what} (code {code})")
    return Delivery(Outcome.LATER, f"{what} for now (code {code})")


def _server(url: str) -> tuple[str, int, str, str, bool]:
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise BadInput(
            "SCHOOLGATE_SMTP_URL must look like smtp://user:password@host:587 or smtps://host:465",
            field="smtp_url",
        )
    tls = parts.scheme == "smtps"
    return (
        parts.hostname,
        parts.port or (465 if tls else 587),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        tls,
    )


def _one_line(text: str) -> str:
    return _encodable(" ".join(text.split()))[:200]


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _address(name: str, email: str) -> Address:
    return Address(display_name=_one_line(name), addr_spec=email)
