"""Speaking with the mail server: one attempt for one mail, and what its answer means.

What concerns one recipient ends that mail; what concerns our server, password or sender would end
every mail alike, so it is waited out and shown to a person.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote, urlsplit
from uuid import UUID

from school import certificates
from school.errors import BadInput
from school.settings import is_loopback

TIMEOUT = 30.0
"""Seconds for each step of a conversation with the server."""

# RFC 3463: x.1.y is about an address, x.2.y about a mailbox; 1.7 and 1.8 are about the sender's.
_ENHANCED = re.compile(r"\b[245]\.(\d{1,3})\.(\d{1,3})\b")
# Answers to RCPT that older servers give without such a number (RFC 5321, 4.2.3).
_NO_SUCH_MAILBOX = frozenset({550, 551, 552, 553})


@dataclass(frozen=True, slots=True)
class ClaimedMail:
    """One mail that this worker alone may send now."""

    id: UUID
    raw: bytes = field(repr=False)
    sender: str
    recipient: str
    attempt: int = 1


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
    all_alike: bool = False
    """It isn't this mail's fault: every other one would fare the same now."""


class Unfit(Exception):
    """The server can't be used as it is set; the text says why and what to do."""


def deliver(claimed: ClaimedMail, smtp_url: str) -> Delivery:
    """Hand one mail to the SMTP server at `smtp_url`; one attempt, 30 s at most for each step.

    Raises BadInput for a URL that isn't one.
    """
    try:
        with _connected(smtp_url) as connection:
            options = []
            if not claimed.recipient.isascii() or not claimed.sender.isascii():
                if not connection.has_extn("smtputf8"):
                    return Delivery(
                        Outcome.REFUSED, "the mail server can't take an address with accents or other letters"
                    )
                options = ["SMTPUTF8"]
            connection.sendmail(claimed.sender, [claimed.recipient], claimed.raw, mail_options=options)
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        return _of_recipient(code, text)
    except smtplib.SMTPSenderRefused as error:
        return Delivery(
            Outcome.LATER,
            f"the mail server refuses our sender {claimed.sender} (code {error.smtp_code}): check "
            "SCHOOLGATE_MAIL_FROM and whether this server may send for it",
            all_alike=True,
        )
    except smtplib.SMTPDataError as error:
        return _of_mail(error.smtp_code)
    except (Unfit, OSError, smtplib.SMTPException) as error:
        return Delivery(Outcome.LATER, _in_words(error, server_of(smtp_url)[0]), all_alike=True)
    return Delivery(Outcome.SENT)


def probe(smtp_url: str) -> str:
    """What would keep any mail from being sent now, in words; empty when nothing would. Sends nothing.

    Raises BadInput for a URL that isn't one.
    """
    try:
        with _connected(smtp_url) as connection:
            connection.noop()
    except (Unfit, OSError, smtplib.SMTPException) as error:
        return _in_words(error, server_of(smtp_url)[0])
    return ""


@contextmanager
def _connected(smtp_url: str) -> Iterator[smtplib.SMTP]:
    """A connection that is encrypted and signed in as far as the setting asks for it."""
    host, port, user, password, tls = server_of(smtp_url)
    if tls:
        safe = certificates.trusted()
        connection: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=safe)
    else:
        connection = smtplib.SMTP(host, port, timeout=TIMEOUT)
    with connection:
        connection.ehlo_or_helo_if_needed()
        if not tls and connection.has_extn("starttls"):
            connection.starttls(context=certificates.trusted())
            connection.ehlo()
        elif not tls and user and not is_loopback(host):
            raise Unfit(
                f"the mail server {host} offers no encryption, so our password isn't sent to it: use its "
                "encrypted port (smtps://…:465), or leave user and password out of SCHOOLGATE_SMTP_URL"
            )
        if user:
            connection.login(user, password)
        yield connection


def _of_recipient(code: int, text: bytes | str) -> Delivery:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    enhanced = _ENHANCED.search(said)
    if not 500 <= code < 600:
        return Delivery(Outcome.LATER, f"the mail server refuses the recipient for now (code {code})")
    if enhanced is not None:
        subject, detail = int(enhanced[1]), int(enhanced[2])
        theirs = (subject == 1 and detail not in {7, 8}) or subject == 2
    else:
        theirs = code in _NO_SUCH_MAILBOX and "relay" not in said.lower()
    if theirs:
        return Delivery(Outcome.REFUSED, f"the mail server refuses the recipient (code {code})")
    return Delivery(
        Outcome.LATER,
        f"the mail server doesn't let us send to this recipient (code {code}): it may want a user name and "
        "password (SCHOOLGATE_SMTP_URL), or know another sender (SCHOOLGATE_MAIL_FROM)",
    )


def _of_mail(code: int) -> Delivery:
    if 500 <= code < 600:
        return Delivery(Outcome.REFUSED, f"the mail server refuses the mail (code {code})")
    return Delivery(Outcome.LATER, f"the mail server refuses the mail for now (code {code})")


def _in_words(error: Exception, host: str) -> str:
    match error:
        case Unfit():
            return str(error)
        case smtplib.SMTPAuthenticationError():
            return (
                f"the mail server refuses our user name and password (code {error.smtp_code}): check "
                "SCHOOLGATE_SMTP_URL"
            )
        case smtplib.SMTPNotSupportedError():
            return (
                "the mail server takes no user name and password: leave them out of SCHOOLGATE_SMTP_URL, or "
                "use the port that people's mail programs use (587 or 465)"
            )
        case ssl.SSLError():
            return certificates.trouble(
                error,
                host,
                "SCHOOLGATE_SMTP_URL",
                "smtps:// is for port 465, smtp:// for others",
            )
        case smtplib.SMTPResponseException():
            return f"the mail server refuses us (code {error.smtp_code})"
        case _:
            return f"the mail server can't be reached ({type(error).__name__})"


def server_of(url: str) -> tuple[str, int, str, str, bool]:
    """Host, port, user, password and whether TLS comes first. Raises BadInput for a URL that isn't one."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or port == -1:
        raise BadInput(
            "SCHOOLGATE_SMTP_URL must look like smtp://user:password@host:587 or smtps://host:465",
            field="smtp_url",
        )
    tls = parts.scheme == "smtps"
    return (
        parts.hostname,
        port or (465 if tls else 587),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        tls,
    )
