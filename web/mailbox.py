"""The mails that the built-in mail server took, for trying things out without the school's own server."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from functools import lru_cache
from pathlib import Path
from typing import cast

from flask import Blueprint, Response, jsonify, render_template
from flask.typing import ResponseReturnValue

from school.composing import PRIVATE
from school.db import reading
from school.errors import NotFound
from school.settings import settings
from school.setup import current_school
from web.access import current_person, signed_in

pages = Blueprint("mailbox", __name__)

_NAME = re.compile(r"(\d{8}T\d{6}\.\d{6})Z-[0-9a-f]{8}\.eml")
_CID = re.compile(r"""cid:([^"'\s>)]+)""")
_LINK = re.compile(r"https?://[^\s<>\"]+")
SHOWN = 200
_HEADER_BYTES = 64 * 1024

_HTML_POLICY = {
    "default-src": "'none'",
    "img-src": "data:",
    "style-src": "'unsafe-inline'",  # mails carry their styles in the text; nothing else can run there
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'self'",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One mail in the list."""

    name: str
    at: datetime
    subject: str
    sender: str
    to: str


def _files() -> list[Path]:
    """The mails, newest first."""
    folder = settings().mailbox_folder
    found = [path for path in folder.glob("*.eml") if _NAME.fullmatch(path.name)] if folder.is_dir() else []
    return sorted(found, reverse=True)


def _arrived(path: Path) -> datetime:
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise NotFound("There is no such mail.")
    return datetime.strptime(match[1], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)


def _may_read(message: EmailMessage, whose: str | None) -> bool:
    """`whose`: only mails to this address; None: everybody's, those in confidence apart (P3)."""
    if whose is None and _header(message, "Sensitivity") == PRIVATE:
        whose = current_person().email
    addresses = getaddresses([str(value) for value in message.get_all("To", [])])
    return whose is None or whose in {address.lower() for _name, address in addresses}


def _whose() -> str | None:
    """Whose mails may be shown: everybody's in a practice school (None), only their own in a real one."""
    with reading() as session:
        school = current_school(session)
    return None if school is not None and school.practice else current_person().email


def _header(message: EmailMessage, name: str) -> str:
    return str(message.get(name, ""))


@pages.get("/practice/mailbox")
@signed_in
def show() -> ResponseReturnValue:
    """The mails, newest first."""
    mark, whose, lines = _mark(), _whose(), list[Line]()
    for path in _files():
        message = _headers(path)
        if _may_read(message, whose):
            lines.append(
                Line(
                    path.name,
                    _arrived(path),
                    _header(message, "Subject"),
                    _header(message, "From"),
                    _header(message, "To"),
                )
            )
        if len(lines) == SHOWN:
            break
    return render_template(
        "practice/mailbox.html",
        mails=lines,
        everybody=whose is None,
        smtp_set=bool(settings().smtp_url),
        mark=mark,
    )


@pages.get("/practice/mailbox/news")
@signed_in
def news() -> ResponseReturnValue:
    """Which mail is the newest that they may read: an open page asks."""
    return jsonify(mark=_mark())


def _mark() -> str:
    """The newest mail that the person may read: when others come must tell nobody that there are any (P3)."""
    whose = _whose()
    return next((path.name for path in _files()[:SHOWN] if _may_read(_headers(path), whose)), "")


@lru_cache(maxsize=2 * SHOWN)
def _headers(path: Path) -> EmailMessage:
    """What stands above a mail. Open pages ask every few seconds, and a file never changes."""
    with path.open("rb") as opened:
        return BytesHeaderParser(policy=policy.default).parsebytes(opened.read(_HEADER_BYTES))


def _mail(name: str) -> EmailMessage:
    if not _NAME.fullmatch(name):
        raise NotFound("There is no such mail.")
    try:
        raw = (settings().mailbox_folder / name).read_bytes()
    except FileNotFoundError:
        raise NotFound("There is no such mail.") from None
    message = message_from_bytes(raw, policy=policy.default)
    if not _may_read(message, _whose()):
        raise NotFound("There is no such mail.")
    return message


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    content = cast(EmailMessage, part).get_content()
    return content if isinstance(content, str) else ""


@pages.get("/practice/mailbox/<name>")
@signed_in
def message(name: str) -> ResponseReturnValue:
    """One mail: what it says as text, the links in it, and as the reader's mail program shows it."""
    mail = _mail(name)
    text = _body(mail, "plain")
    return render_template(
        "practice/mail.html",
        name=name,
        at=_arrived(Path(name)),
        headers=[(title, _header(mail, title)) for title in ("From", "To", "Subject")],
        subject=_header(mail, "Subject"),
        text=text,
        links=list(dict.fromkeys(link.rstrip(".,;)") for link in _LINK.findall(text))),
        has_html=mail.get_body(("html",)) is not None,
        attachments=[part.get_filename() or part.get_content_type() for part in mail.iter_attachments()],
    )


@pages.get("/practice/mailbox/<name>/html")
@signed_in
def html(name: str) -> ResponseReturnValue:
    """The HTML part for the frame on the mail's page: pictures within, scripts and other hosts shut out."""
    mail = _mail(name)
    pictures = {
        str(part["Content-ID"]).strip("<> "): part
        for part in mail.walk()
        if part["Content-ID"] and part.get_content_maintype() == "image"
    }

    def within(match: re.Match[str]) -> str:
        part = pictures.get(match[1])
        if part is None:
            return match[0]
        data = cast(bytes, part.get_payload(decode=True))
        return f"data:{part.get_content_type()};base64,{base64.b64encode(data).decode()}"

    # A link in the frame opens in the whole window; the frame itself may not leave its place.
    page = '<base target="_top">' + _CID.sub(within, _body(mail, "html"))
    return Response(
        page, content_type="text/html; charset=utf-8", headers={"Cache-Control": "private, no-store"}
    )


html.talisman_view_options = {  # type: ignore[attr-defined]
    "content_security_policy": _HTML_POLICY,
    "frame_options": "SAMEORIGIN",
}
