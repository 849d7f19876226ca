"""What a web page says of itself to whoever shows a link to it: its title, a sentence and a picture."""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin

from connectors import untrusted
from school import lines

TITLE_MAX = 200
DESCRIPTION_MAX = 300
_BEGINS = re.compile(r"<(?:meta|title)(?=[\s/>])", re.IGNORECASE)
_TAGS_MOST = 300
_TAG_MOST = 4096
"""Characters of one tag. The parser gets one tag at a time: a whole hostile page would keep it for hours."""
_WHOLE = re.compile(r"<\w+(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_CHARSET_WITHIN = 2048
_CHARSETS = re.compile(
    r"utf-?8|utf-?16([bl]e)?|us-ascii|ascii|(iso-?8859|windows|cp|koi8|big5|shift|euc|gb)[a-z0-9_-]*",
    re.IGNORECASE,
)
"""Python knows others, which no page is written in and which take long."""
_PICTURES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")


@dataclass(frozen=True, slots=True)
class PageHead:
    """A page's own words, one line each, as untrusted as any stranger's; empty where it says nothing."""

    title: str = ""
    description: str = ""
    picture: str = ""
    """The address of its picture, whole; nobody has looked at it."""


def read(body: bytes, *, content_type: str, address: str) -> PageHead:
    """What stands in a page's head. Never raises, whatever the page holds.

    `content_type`: what the server said; `address`: where the page is.
    """
    said: dict[str, str] = {}
    heading = ""
    for tag, text in _tags(decoded(body, content_type)):
        if tag[1] in "tT":
            heading = heading or html.unescape(text)
        elif (meta := _Meta(tag)).key and meta.content:
            said.setdefault(meta.key, meta.content)
    title = _first(said, "og:title", "twitter:title") or _line(heading)
    description = _first(said, "og:description", "twitter:description", "description")
    return PageHead(
        title=_short(title, TITLE_MAX),
        description=_short(description, DESCRIPTION_MAX),
        picture=_whole(next((said[name] for name in _PICTURES if name in said), ""), address),
    )


def decoded(body: bytes, content_type: str) -> str:
    """A page as text: by the mark at its beginning, by what the server or the page says, else by trying."""
    if body.startswith(codecs.BOM_UTF8):
        return body.decode("utf-8-sig", "replace")
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    named = re.search(r"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", content_type, re.IGNORECASE)
    inside = _CHARSET.search(body[:_CHARSET_WITHIN])
    for name in (named[1] if named else "", inside[1].decode("ascii") if inside else "", "utf-8"):
        try:
            if _CHARSETS.fullmatch(name):
                # What calls itself Latin-1 is this in all browsers.
                return body.decode("cp1252" if name.lower() == "iso-8859-1" else name)
        except (LookupError, UnicodeError, ValueError):
            # No charset of that name, or not the one that it is written in.
            continue
    # A page that is cut within a letter, or old and silent about itself.
    text = body.decode("utf-8", "replace")
    return text if text.count("\ufffd") <= 1 else body.decode("cp1252", "replace")


class _Meta(HTMLParser):
    """Reads one whole meta tag."""

    def __init__(self, tag: str) -> None:
        super().__init__(convert_charrefs=True)
        self.key = self.content = ""
        self.feed(tag)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in reversed(attrs)}
        self.key = (values.get("property") or values.get("name") or "").strip().lower()
        self.content = values.get("content", "").strip()


def _tags(page: str) -> Iterator[tuple[str, str]]:
    """Each tag that matters, whole, with the text that follows it."""
    for count, begins in enumerate(_BEGINS.finditer(page)):
        if count == _TAGS_MOST:
            return
        piece = page[begins.start() : begins.start() + _TAG_MOST]
        if whole := _WHOLE.match(piece):
            yield whole[0], piece[whole.end() :].partition("<")[0]


def _first(said: Mapping[str, str], *names: str) -> str:
    return next((line for name in names if (line := _line(said.get(name, "")))), "")


def _line(text: str) -> str:
    return lines.seen(untrusted.text(text))


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _whole(picture: str, address: str) -> str:
    if not picture:
        return ""
    try:
        return untrusted.web_address(urljoin(address, picture))
    except ValueError:
        return ""
