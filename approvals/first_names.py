"""First names of pupils in what a post says: where they stand, and whether a text says one (P26)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from urllib.parse import unquote
from uuid import UUID

from sqlalchemy.orm import Session

from approvals import picture_words
from approvals.models import DraftRevision
from approvals.picture_words import Place, Said
from school import consent
from school.consent import PLATFORMS
from school.models import ConsentKind
from school.redaction import fold, lettered

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_HYPHEN = re.compile("[-‐‑'’]")
_CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")
_SHORTEST = 2
_TITLES = frozenset({"mr", "mrs", "miss", "ms", "mx", "dr", "rev", "sir", "dame", "st", "saint"})
_SEASONS = frozenset({"april", "may", "june", "august", "summer", "autumn", "easter"})
_WORDS_LIST = """
will mark grace rose faith hope joy art bill grant drew frank guy jack rob sue pat ray ruby daisy
lily holly ivy iris hazel heather max rich sky star sunny poppy amber dawn eden harmony angel melody
chase nick miles reed river robin pearl penny victor gene chance
"""
_WORDS_TOO = frozenset(_WORDS_LIST.split())
"""First names that are words as well: where a sentence begins, any word has a capital."""


def first_name(name: str) -> str:
    """The first name in a pupil's full name as the register has it."""
    return " ".join(name.split()).split(" ", 1)[0].strip(",")


def is_in(name: str, text: str, *, of_file: bool = False) -> bool:
    """Whether a text says the first name of a pupil with this full name.

    As a whole word, however accents are written, and not all in small letters: "will" is a word more often
    than somebody, and whoever is called Will is written so. In addresses of pages names are in small letters;
    so they are in the names of files (`of_file`), but for those that are words as well.
    """
    wanted = _forms(name)
    if of_file:
        small = {fold(word) for word in _split(text) if word.islower()} - _WORDS_TOO - _SEASONS
        if wanted & small:
            return True
    return any(fold(word) in wanted for word in _written(text))


def perhaps_pupils(session: Session, revision: DraftRevision, *, on: date) -> list[str]:
    """A sentence for each first name in the words of a post that may be a pupil's who must not be named.

    It says where the name stands and what is done about it there. Those marked on the post are asked about by
    `approvals.checks.consent_problems`. Half the country shares its first names, so this stops nothing.
    """
    return [
        f"This may be a pupil: {first}. The name was read {_and([said.read_at for said in where])}. "
        "A pupil of that first name has no consent for being named and is not marked on this post. "
        "If it is that child, "
        f"{_and(list(dict.fromkeys(said.instead for said in where)))}."
        for first, where in _perhaps_at(session, revision, on=on).items()
    ]


def perhaps_inside(session: Session, revision: DraftRevision, media_id: UUID, *, on: date) -> list[str]:
    """The first names that were read inside that picture and may be a pupil's."""
    return [
        first
        for first, where in _perhaps_at(session, revision, on=on).items()
        if any(said.inside == media_id for said in where)
    ]


def _and(parts: list[str]) -> str:
    return " and ".join(parts)


def _perhaps_at(session: Session, revision: DraftRevision, *, on: date) -> dict[str, list[Said]]:
    """Each first name that may be a pupil's, and the places that say it."""
    marked = {entry.pupil_id for entry in revision.pupils}
    found: dict[str, list[Said]] = {}
    for platform in sorted({entry.account.platform for entry in revision.accounts}):
        at = [(one, set(_perhaps_said(one.text))) for one in places(session, revision, platform)]
        said = {word for _one, words in at for word in words}
        if not said:
            continue
        known = [
            pupil for pupil in consent.pupils(session) if pupil.id not in marked and _forms(pupil.name) & said
        ]
        ids = [pupil.id for pupil in known]
        lacking = consent.missing_consent(session, ids, ConsentKind.NAME, on=on, platform=platform)
        without = {pupil.id for pupil in lacking}
        for pupil in known:
            if pupil.id in without:
                where = found.setdefault(first_name(pupil.name), [])
                where += [one for one, words in at if _forms(pupil.name) & words and one not in where]
    return found


def _forms(name: str) -> set[str]:
    # Of a double first name people say the first half.
    first = first_name(name)
    return {fold(one) for one in (first, _HYPHEN.split(first)[0]) if len(one) >= _SHORTEST}


def _perhaps_said(text: str) -> Iterator[str]:
    """The words of a text that may be a first name: not "May", nor "Mark" where a sentence begins."""
    shown = unicodedata.normalize("NFKC", text)
    words = [] if shown.strip().startswith(("http://", "https://")) else list(lettered(shown))
    for place, (begins, word) in enumerate(words):
        bare = fold(word)
        before = shown[:begins].rstrip(" “\"'‘(#")
        starts = not before or not (before[-1].isalnum() or before[-1] in ",;&’'")
        titled = place > 0 and fold(words[place - 1][1]) in _TITLES
        if word.islower() or titled or bare in _SEASONS or (starts and bare in _WORDS_TOO):
            continue
        yield bare
        yield from (fold(piece) for piece in _HYPHEN.split(word))


def places(session: Session, revision: DraftRevision, platform: str) -> Iterator[Said]:
    """What a post says on a platform, also what nobody typed."""
    for entry in revision.accounts:
        if entry.account.platform == platform:
            if entry.own_text is None:
                yield Said("text", "the text", revision.text)
            else:
                at = f"the text for {PLATFORMS[platform]}"
                yield Said(f"own_text_{entry.account_id}", at, entry.own_text)
    yield Said("link", "the link", revision.link)
    for picture in revision.pictures:
        yield Said("pictures", f"the description of “{picture.media.filename}”", picture.alt_text)
    if revision.video is not None:
        film = revision.video
        yield Said("video", f"the description of “{film.video.filename}”", film.alt_text)
    yield from picture_words.found(session, revision)


def where(texts: Iterable[Said], name: str) -> Said | None:
    """The first of these which says the pupil's first name."""
    for said in texts:
        if said.text and is_in(name, said.text, of_file=said.place is Place.FILE):
            return said
    return None


def _written(text: str) -> Iterator[str]:
    shown = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    shown = shown.replace("‐", "-")
    for address in _LINK.findall(shown):
        yield from _split(unquote(address))
    for _begins, word in lettered(shown):
        # A hashtag's words stand together: #WellDoneKofi.
        for piece in (word, *_HYPHEN.split(word), *_CAMEL.split(word)):
            if not piece.islower():
                yield piece


def _split(text: str) -> Iterator[str]:
    """The words of a text, and the parts of those with a hyphen."""
    for _begins, word in lettered(text):
        yield from (word, *_HYPHEN.split(word))
