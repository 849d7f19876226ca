"""What came from outside must be only text, whatever it is shown in: pages, mails, tables, papers, charts."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from html.parser import HTMLParser
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pypdf

MARKER = "zqx9"
"""In every piece of what is hostile; in an element's or attribute's name only if markup got through."""
CALCULATED = "49" + MARKER
"""Stands there if a template calculated what it should only have shown."""
_LEADS = frozenset({"href", "src", "action", "formaction", "srcset", "poster", "data", "xlink:href", "ping"})
_NEVER = re.compile(r"on\w+|style|srcdoc")
_RUNS = frozenset({"script", "style"})
_PDF_RUNS = ("/JavaScript", "/JS", "/OpenAction", "/AA", "/Launch", "/EmbeddedFile", "/RichMedia", "/XFA")
_HEADERS = frozenset(
    {
        "from", "to", "subject", "date", "message-id", "mime-version", "content-type", "sensitivity",
        "content-transfer-encoding", "content-disposition", "auto-submitted", "x-auto-response-suppress",
    }
)  # fmt: skip


class _Page(HTMLParser):
    """Walks a page and notes what doesn't belong there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if MARKER in tag:
            self.wrong.append(f"an element <{tag}>")
        for name, value in attrs:
            if MARKER in name:
                self.wrong.append(f"an attribute {name!r} of <{tag}>")
            if MARKER in (value or ""):
                self._value(tag, name, value or "")
        self._inside = tag if tag in _RUNS else ""

    def _value(self, tag: str, name: str, value: str) -> None:
        if _NEVER.fullmatch(name):
            self.wrong.append(f"{name} of <{tag}>: {value[:80]!r}")
        elif name in _LEADS:
            # As browsers do: white space and control characters in and around an address are taken out.
            address = urlsplit(re.sub(r"[\x00-\x20]", "", value))
            known = address.scheme in {"", "http", "https", "otpauth"}
            if not known or (address.netloc and not address.scheme):
                self.wrong.append(f"{name} of <{tag}> leads to {value[:80]!r}")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside and MARKER in data:
            self.wrong.append(f"text in <{self._inside}>: {data[:80]!r}")

    def handle_comment(self, data: str) -> None:
        if MARKER in data:
            self.wrong.append(f"text in a comment: {data[:80]!r}")


def of_page(text: str) -> list[str]:
    """What in a page came from outside and isn't text."""
    if MARKER not in text:
        return []
    page = _Page()
    page.feed(text)
    page.close()
    return page.wrong + (["a template calculated"] if CALCULATED in text else [])


def of_table(text: str) -> list[str]:
    """The cells of a CSV file that a spreadsheet would run."""
    wrong = []
    for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")):
        for cell in row:
            if cell.startswith(("=", "+", "@", "\t", "\r", "\n")) or re.match(r"-\D", cell):
                wrong.append(f"a cell begins {cell[:40]!r}")
    return wrong


def of_calendar(text: str) -> list[str]:
    """Lines of a calendar that came from outside, and lines that are too long."""
    wrong = [] if text.endswith("\r\n") and "\n" not in text.replace("\r\n", "") else ["line ends"]
    for line in text.split("\r\n"):
        if len(line.encode()) > 75:
            wrong.append(f"a line of {len(line.encode())} bytes: {line[:60]!r}")
        if re.match(rf"(?:BEGIN|END|ATTACH|URL|X-\w+|{MARKER}\w*)[:;].*{MARKER}", line, re.I):
            wrong.append(f"a line {line[:80]!r}")
    return wrong


def of_drawing(text: str) -> list[str]:
    """What in an SVG drawing runs, loads or came from outside."""
    wrong = []
    for element in ElementTree.fromstring(text).iter():
        tag = element.tag.rpartition("}")[2]
        if tag in {"script", "foreignObject", "image", "animate", "set"} or MARKER in tag:
            wrong.append(f"an element <{tag}>")
        for name in element.attrib:
            local = name.rpartition("}")[2]
            if local.startswith("on") or MARKER in local or local == "href":
                wrong.append(f"an attribute {local!r} of <{tag}>")
    return wrong


def of_paper(data: bytes) -> list[str]:
    """What in a PDF would run, lead elsewhere or be a file in the file."""
    reader = pypdf.PdfReader(io.BytesIO(data))
    wrong: list[str] = []
    for number in range(len(reader.xref_objStm) + sum(len(table) for table in reader.xref.values())):
        found = reader.get_object(pypdf.generic.IndirectObject(number, 0, reader)) if number else None
        if isinstance(found, pypdf.generic.DictionaryObject):
            wrong += [f"{name} in an object" for name in _PDF_RUNS if name in found]
            if found.get("/S") in {"/URI", "/JavaScript", "/Launch", "/SubmitForm", "/GoToR"}:
                target = str(found.get("/URI", ""))
                if found["/S"] != "/URI" or urlsplit(target).scheme not in {"http", "https"}:
                    wrong.append(f"an action {found['/S']} to {target[:60]!r}")
    return wrong + (["a template calculated"] if CALCULATED in paper_text(data) else [])


def paper_text(data: bytes) -> str:
    """The words of a PDF."""
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)


def of_mail(message: EmailMessage) -> list[str]:
    """Headers that nobody meant to write, what a header hides, and markup in the HTML part."""
    wrong = [f"a header {name!r}" for name in message if name.lower() not in _HEADERS]
    for name, value in message.items():
        if re.search("[\x00-\x08\x0a-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]", str(value)):
            wrong.append(f"{name}: {str(value)[:80]!r}")
    for name in ("subject", "to", "from", "message-id"):
        if len(message.get_all(name, [])) != 1:
            wrong.append(f"{name} stands there {len(message.get_all(name, []))} times")
    recipients = message["to"].addresses if message["to"] else ()
    if len(recipients) != 1 or message["cc"] or message["bcc"]:
        wrong.append(f"goes to {[str(one) for one in recipients]}")
    wrong += [f"a part is broken: {defect}" for part in message.walk() for defect in part.defects]
    if (html := message.get_body(("html",))) is not None:
        wrong += of_page(html.get_content())
    return wrong


def of_archive(data: bytes) -> list[str]:
    """Of every file in a ZIP archive, and their names."""
    wrong = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if not re.fullmatch(r"[\w .()-]+(?:/[\w .()-]+)*", name) or ".." in name:
                wrong.append(f"a file named {name!r}")
            wrong += [f"{name}: {one}" for one in of_file(name, archive.read(name))]
    return wrong


_KINDS = {
    "text/html": "html",
    "text/csv": "csv",
    "text/calendar": "ics",
    "image/svg+xml": "svg",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "application/json": "json",
    "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl",
}


def of_answer(mimetype: str, data: bytes) -> list[str]:
    """What is wrong with an answer of this kind."""
    return of_file("answer." + _KINDS.get(mimetype, ""), data)


def of_file(name: str, data: bytes) -> list[str]:
    """What is wrong with a file, by the ending of its name."""
    return list(_of_file(name.rpartition(".")[2].lower(), data))


def _of_file(kind: str, data: bytes) -> Iterator[str]:
    match kind:
        case "html":
            yield from of_page(data.decode())
        case "csv":
            yield from of_table(data.decode())
        case "ics":
            yield from of_calendar(data.decode())
        case "svg":
            yield from of_drawing(data.decode())
        case "pdf":
            yield from of_paper(data)
        case "zip":
            yield from of_archive(data)
        case "json" | "jsonl":
            for line in data.decode().split("\n") if kind == "jsonl" else [data.decode()]:
                if line:
                    json.loads(line)
