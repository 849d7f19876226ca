"""First names of pupils in what a post says: where they stand, and whether a text says one (P26)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

from approvals.models import DraftRevision
from school.consent import PLATFORMS
from school.redaction import fold, lettered

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_HYPHEN = re.compile("[-‐‑'’]")
_CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")
_SHORTEST = 2


def first_name(name: str) -> str:
    """The first name in a pupil's full name as the register has it."""
    return " ".join(name.split()).split(" ", 1)[0].strip(",")


def is_in(name: str, text: str) -> bool:
    """Whether a text says the first name of a pupil with this full name.

    As a whole word, however accents are written, and not all in small letters: "will" is a word more often
    than somebody, and whoever is called Will is written so. In addresses of pages names are in small letters.
    """
    # Of a double first name people say the first half.
    first = first_name(name)
    wanted = {fold(one) for one in (first, _HYPHEN.split(first)[0]) if len(one) >= _SHORTEST}
    return any(fold(word) in wanted for word in _written(text))


def places(revision: DraftRevision, platform: str) -> Iterator[tuple[str, str, str]]:
    """What a post says on a platform: the form's field, the place in words, and the text."""
    for entry in revision.accounts:
        if entry.account.platform == platform:
            if entry.own_text is None:
                yield "text", "the text", revision.text
            else:
                yield f"own_text_{entry.account_id}", f"the text for {PLATFORMS[platform]}", entry.own_text
    yield "link", "the link", revision.link
    for picture in revision.pictures:
        yield "pictures", f"the description of “{picture.media.filename}”", picture.alt_text
    if revision.video is not None:
        film = revision.video
        yield "video", f"the description of “{film.video.filename}”", film.alt_text


def where(revision: DraftRevision, platform: str, name: str) -> tuple[str, str] | None:
    """The first place on that platform which says the pupil's first name: its field, and it in words."""
    found = (
        (field, place) for field, place, text in places(revision, platform) if text and is_in(name, text)
    )
    return next(found, None)


def _written(text: str) -> Iterator[str]:
    shown = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    shown = shown.replace("‐", "-")
    for address in _LINK.findall(shown):
        for word in lettered(unquote(address)):
            yield from (word, *_HYPHEN.split(word))
    for word in lettered(shown):
        # A hashtag's words stand together: #WellDoneKofi.
        for piece in (word, *_HYPHEN.split(word), *_CAMEL.split(word)):
            if not piece.islower():
                yield piece
