"""Looking into the mailbox that failed mail comes back to, by IMAP; nothing in it is ever changed."""

from __future__ import annotations

import hashlib
import imaplib
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

from school import certificates
from school.errors import BadInput
from school.settings import is_loopback

TIMEOUT = 30.0
"""Seconds for each step of the conversation."""
AT_ONCE = 100
"""Mails in one look; the next look goes on."""
LARGEST = 262_144
"""Bytes of a mail that are fetched: a report begins with all that matters, and ends with our own mail."""
FIRST_LOOK_BACK = timedelta(days=14)


class MailboxAway(Exception):
    """The mailbox can't be read now; the text says why and what to do, without the password."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One mail of the mailbox, as far as it was fetched."""

    uid: int
    raw: bytes = field(repr=False)
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Look:
    """What a look brought: mails, and from where the next one goes on."""

    mails: tuple[Arrived, ...]
    uid_validity: int
    last_uid: int
    more: bool
    """There was more than one look takes."""


def key_of(url: str) -> str:
    """What a mailbox is known by in the database: neither password nor name can be read from it."""
    host, port, user, _, folder, _ = _place_of(url)
    return hashlib.sha256("\n".join([host, str(port), user, folder]).encode()).hexdigest()


def host_of(url: str) -> str:
    """The server's name, for people."""
    return _place_of(url)[0]


def look(
    url: str,
    *,
    wanted: Callable[[bytes], bool],
    uid_validity: int | None,
    last_uid: int,
    now: datetime,
) -> Look:
    """The mails that came since `last_uid`, oldest first; the last fortnight's where they are numbered anew.

    `wanted`: whether a mail with these headers (sender and kind) is fetched; of all others nothing more is
    read. Raises MailboxAway.
    """
    with _opened(url) as (connection, validity):
        known = validity == uid_validity
        if known:
            since = f"UID {last_uid + 1}:*"
        else:
            # English names of the months, whatever the server's language (RFC 3501).
            since = f"SINCE {imaplib.Time2Internaldate(now - FIRST_LOOK_BACK)[1:12].strip()}"
            last_uid = 0
        answer, found = connection.uid("SEARCH", since)
        if answer != "OK":
            raise MailboxAway("the mail server doesn't search the folder for us")
        # "9:*" holds the newest mail even where its number is below 9.
        numbers = sorted(int(number) for number in (found[0] or b"").split())
        numbers = [number for number in numbers if number > last_uid][:AT_ONCE]
        chosen = [number for number in numbers if wanted(_headers(connection, number))]
        mails = tuple(mail for number in chosen for mail in _fetch(connection, number))
        return Look(mails, validity, numbers[-1] if numbers else last_uid, more=len(numbers) == AT_ONCE)


def probe(url: str) -> str:
    """What keeps the mailbox from being read now, in words; empty when nothing does."""
    try:
        with _opened(url):
            return ""
    except MailboxAway as error:
        return str(error)


def _headers(connection: imaplib.IMAP4, number: int) -> bytes:
    """Sender and kind of a mail."""
    answer, found = connection.uid("FETCH", str(number), "(UID BODY.PEEK[HEADER.FIELDS (FROM CONTENT-TYPE)])")
    parts = found if answer == "OK" else []
    return b"".join(part[1] for part in parts if isinstance(part, tuple) and len(part) == 2)


def _fetch(connection: imaplib.IMAP4, number: int) -> Iterator[Arrived]:
    answer, found = connection.uid("FETCH", str(number), f"(UID INTERNALDATE BODY.PEEK[]<0.{LARGEST}>)")
    parts = found if answer == "OK" else []
    told = b" ".join(part[0] if isinstance(part, tuple) else part or b"" for part in parts)
    for part in parts:
        if isinstance(part, tuple) and len(part) == 2:
            yield Arrived(number, part[1], _arrived(told))


def _arrived(told: bytes) -> datetime | None:
    try:
        local = imaplib.Internaldate2tuple(told)
        return datetime.fromtimestamp(time.mktime(local), UTC) if local is not None else None
    except (ValueError, OverflowError, OSError):
        return None


@contextmanager
def _opened(url: str) -> Iterator[tuple[imaplib.IMAP4, int]]:
    """The folder, opened for reading only, and the number that says whether mails are numbered as before."""
    host, port, user, password, folder, tls = _place_of(url)
    try:
        if tls:
            connection: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                host, port, ssl_context=certificates.trusted(), timeout=TIMEOUT
            )
        else:
            connection = imaplib.IMAP4(host, port, timeout=TIMEOUT)
    except ssl.SSLError as error:
        raise _unsafe(error, host) from None
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxAway(f"the mail server {host} can't be reached ({type(error).__name__})") from None
    try:
        if not tls and "STARTTLS" in connection.capabilities:
            connection.starttls(certificates.trusted())
        elif not tls and not is_loopback(host):
            raise MailboxAway(
                f"the mail server {host} offers no encryption: use its encrypted port (imaps://…)"
            )
        try:
            connection.login(user, password)
        except imaplib.IMAP4.error:
            raise MailboxAway(
                f"the mail server {host} doesn't take user and password: check SCHOOLGATE_BOUNCES_URL; "
                "some providers want a password made for programs"
            ) from None
        answer, _ = connection.select(_quoted(folder), readonly=True)
        if answer != "OK":
            raise MailboxAway(f"the mailbox has no folder “{folder[:60]}”")
        told = connection.response("UIDVALIDITY")[1][-1]
        yield connection, int(told) if isinstance(told, bytes) else 0
    except ssl.SSLError as error:
        raise _unsafe(error, host) from None
    except (OSError, imaplib.IMAP4.error, ValueError) as error:
        raise MailboxAway(f"the mail server {host} broke off ({type(error).__name__})") from None
    finally:
        _leave(connection)


def _unsafe(error: ssl.SSLError, host: str) -> MailboxAway:
    ports = "imaps:// is for port 993, imap:// for 143"
    return MailboxAway(certificates.trouble(error, host, "SCHOOLGATE_BOUNCES_URL", ports))


def _leave(connection: imaplib.IMAP4) -> None:
    try:
        connection.logout()
    except (OSError, imaplib.IMAP4.error):
        # It is gone already: there is nothing to say goodbye to.
        return


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _place_of(url: str) -> tuple[str, int, str, str, str, bool]:
    """Host, port, user, password, folder, and whether TLS is spoken from the start. Raises BadInput."""
    try:
        parts = urlsplit(url)
        tls = parts.scheme == "imaps"
        port = parts.port or (993 if tls else 143)
    except ValueError:
        raise BadInput("SCHOOLGATE_BOUNCES_URL is no URL.", field="bounces_url") from None
    folder = unquote(parts.path.strip("/")) or "INBOX"
    if any(ord(character) < 32 or ord(character) > 126 for character in folder):
        raise BadInput("SCHOOLGATE_BOUNCES_URL: a folder has plain letters only.", field="bounces_url")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return parts.hostname or "", port, user, password, folder, tls
