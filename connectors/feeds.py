"""How a platform shows a text in its feed: what it makes pressable, and where it cuts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from connectors.base import Platform

Kind = Literal["text", "link", "tag", "name"]
Piece = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Cut:
    """After how much of a text a feed stops and offers the rest."""

    characters: int
    lines: int
    words: str
    """What stands there to be pressed."""


CUTS: Mapping[Platform, Cut] = {
    # Seen in the feeds on a telephone; no page of Meta's promises it, so pages say "about here".
    Platform.FACEBOOK: Cut(characters=477, lines=5, words="See more"),
    Platform.INSTAGRAM: Cut(characters=125, lines=2, words="more"),
}
"""X shows a post of an ordinary account whole."""

PRESSABLE_MAX = 5000
"""Characters searched for what can be pressed: no feed shows more before somebody asks for it."""

_LINK = r"https?://[^\s<>\"“”]{1,2000}"
_TAG = r"(?<![\w&/#@])#(?=\w*[^\W\d_])\w{1,100}"
_NAME = r"(?<![\w@/.])@[A-Za-z0-9_.]{1,30}(?<!\.)"
_PARTS = re.compile(f"(?P<link>{_LINK})|(?P<tag>{_TAG})|(?P<name>{_NAME})", re.IGNORECASE)


def links(text: str) -> list[str]:
    """The web addresses in a text, without the full stop or bracket that a sentence puts after one."""
    found = [match["link"] for match in _PARTS.finditer(text[:PRESSABLE_MAX]) if match["link"]]
    return [
        one.rstrip(".,;:!?'’”") if not one.endswith(")") or "(" in one else one.rstrip(").,;:!?'’”")
        for one in found
    ]


def parts(platform: Platform, text: str) -> tuple[str, str, str]:
    """What the feed shows at once, the words that stand there to be pressed, and the rest.

    The last two are empty where all is shown. Cut at the end of a word where one is near.
    """
    cut = CUTS.get(platform)
    if cut is None:
        return text, "", ""
    end = len(text)
    if len(text) > cut.characters:
        blank = max(text.rfind(" ", 0, cut.characters), text.rfind("\n", 0, cut.characters))
        end = blank if blank > cut.characters // 2 else cut.characters
    lines = text.split("\n", cut.lines)
    if len(lines) > cut.lines:
        end = min(end, len(text) - len(lines[-1]) - 1)
    rest = text[end:].strip()
    return (text[:end].rstrip(), cut.words, rest) if rest else (text, "", "")


def pieces(platform: Platform, text: str) -> tuple[Piece, ...]:
    """The text piece by piece, whole: addresses, hashtags and names of accounts apart.

    Instagram makes no address pressable.
    """
    found: list[Piece] = []
    end = 0
    for match in _PARTS.finditer(text[:PRESSABLE_MAX]):
        kind = match.lastgroup
        if kind == "link" and platform is Platform.INSTAGRAM:
            continue
        if match.start() > end:
            found.append(("text", text[end : match.start()]))
        found.append(("link" if kind == "link" else "tag" if kind == "tag" else "name", match[0]))
        end = match.end()
    if end < len(text):
        found.append(("text", text[end:]))
    return tuple(found)
