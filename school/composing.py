"""A mail as it goes over the wire: words, pictures beside them, and the same without the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.policy import SMTPUTF8, EmailPolicy
from typing import TYPE_CHECKING, Any

from school import lines

PRIVATE = "Private"


if TYPE_CHECKING:
    _Library = EmailPolicy[EmailMessage[Any, Any]]
else:
    _Library = EmailPolicy


class _Subjects(_Library):
    """As the library's own, but a subject keeps all its spaces.

    Where a line ends between two coded words, some versions of the library lose the space, so that readers
    saw “Kestrelsbuild”, and others join the words as RFC 2047 forbids (CPython issues 92081 and 144156).
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The header as it goes out."""
        if name.lower() != "subject" or str(value).isascii():
            return super().fold_binary(name, value)
        coded = Header(str(value), "utf-8", header_name=name).encode(linesep=self.linesep)
        return f"{name}: {coded}{self.linesep}".encode("ascii")


_PLAIN = _Subjects(linesep="\r\n")


@dataclass(frozen=True, slots=True)
class InlineImage:
    """A picture shown inside the HTML part, where it is `cid:NAME`."""

    cid: str
    data: bytes = field(repr=False)
    mime_type: str


def composed(
    *,
    sender: tuple[str, str],
    to: tuple[str, str],
    subject: str,
    message_id: str,
    date: datetime,
    private: bool,
    text: str,
    html: str,
    images: Sequence[InlineImage],
) -> bytes:
    """A message. `sender` and `to`: name and address; `private`: mail programs say it beside the subject."""
    message = EmailMessage(policy=_policy(to[1]))
    message["Subject"] = one_line(subject)
    message["From"] = _address(*sender)
    message["To"] = _address(*to)
    message["Date"] = date.astimezone(UTC)
    message["Message-ID"] = message_id
    # Out-of-office robots must not answer (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    if private:
        # RFC 4021, 2.1.55.
        message["Sensitivity"] = PRIVATE
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
    return message.as_bytes()


def without_pictures(message: bytes, to: str) -> bytes | None:
    """The same message to that address with its words alone; None where it has no picture."""
    parsed = message_from_bytes(message, policy=_policy(to))
    parts = list(parsed.iter_parts())
    # The words come first in such a part (RFC 2387).
    plain: list[Message[str, str] | str] = [
        next(part.iter_parts()) if part.get_content_type() == "multipart/related" else part for part in parts
    ]
    if plain == parts:
        return None
    parsed.set_payload(plain)
    return parsed.as_bytes()


def readdressed(message: bytes, name: str, email: str) -> bytes:
    """The same message to another address."""
    parsed = message_from_bytes(message, policy=_policy(email))
    del parsed["To"]
    parsed["To"] = _address(name, email)
    return parsed.as_bytes()


def one_line(text: str) -> str:
    """Text as it fits into a header: nothing in it begins another, hides, or turns the line round."""
    return lines.seen(text)[:200]


def _policy(to: str) -> EmailPolicy[EmailMessage[Any, Any]]:
    return _PLAIN if to.isascii() else SMTPUTF8


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _address(name: str, email: str) -> Address:
    # In two parts: given as one, the library refuses letters with accents, which RFC 6531 allows.
    user, _, domain = email.rpartition("@")
    return Address(display_name=one_line(name), username=user, domain=domain)
