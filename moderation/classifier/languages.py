"""Which language a comment is in, and whether the model that scores reads it: found here, without a network.

An English model's number says nothing of a comment in Polish, so that is no verdict's matter but a person's.
What is said here leans to English: only strong evidence makes a comment “in another language”, since slang,
names and one-word answers are everyday English. Letters of other scripts are evidence in themselves; in Latin
letters CLD2 has to name a language that families of British schools speak at home, and few of the words may
be English ones (the shipped model's word pieces know them).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import pycld2

from moderation.classifier.language_tables import (
    ALIASES,
    BENGALI_IN_LATIN,
    BORROWED,
    BULGARIAN,
    EITHER,
    ELSEWHERE,
    ITALIAN,
    MARKED,
    NAMES,
    OF_SCRIPT,
    PASHTO,
    PERSIAN,
    RARE,
    SCRIPTS,
    SERBIAN,
    SPANISH,
    UKRAINIAN,
    URDU,
    URDU_IN_LATIN,
)
from moderation.classifier.normalise import undisguise, well_formed, without_emoji
from moderation.classifier.spelling import is_common

UNSURE = "unsure"
"""The answer for what is too short, mixed, or in no language that is known here."""
OTHER = "other"
"""A language that isn't English, and is not named."""
ENGLISH = frozenset({"en"})
_READ_BY: Mapping[str, frozenset[str]] = {
    # What Detoxify's own model of that name was trained on.
    "multilingual": frozenset({"en", "es", "fr", "it", "pt", "ru", "tr"}),
}

_NO_WORDS = re.compile(
    r"(?:https?://|www\.)\S+|[@#]\w+|&\w+;|(?<!\S)\S*\d\S*|[\[<]/?\w+[\]>]|[\x00-\x09\x0b-\x1f\x7f]"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SENTENCE = re.compile(r"[.!?…\n;:]+")
_STRETCHED = re.compile(r"(.)\1{2,}")
TEXT_MOST = 4_000
"""Characters. What a comment is in shows in its beginning."""


@dataclass(frozen=True, slots=True)
class Found:
    """The language that a text is in: its letters, and whether some of the text is English all the same."""

    code: str
    partly: bool = False

    @property
    def name(self) -> str:
        """The language as people call it; empty where it is not known which."""
        return NAMES.get(self.code, "")


def read_by(model_name: str) -> frozenset[str]:
    """The languages that a model reads, by the name that is kept with its scores; English where unknown."""
    return _READ_BY.get(model_name.partition("@")[0].removesuffix("-onnx"), ENGLISH)


def unread(text: str, reads: frozenset[str] = ENGLISH) -> Found | None:
    """The language of a text that a model of these languages can't read; None where nothing says so."""
    found = _found(text[:TEXT_MOST])
    return None if found is None or found.code in reads else found


def guess(text: str) -> str:
    """The letters of a text's language, `en` included, or `unsure`: to measure the classifier by language."""
    found = _found(text[:TEXT_MOST])
    if found is not None:
        return found.code
    words = _WORD.findall(_plain(text[:TEXT_MOST]))
    known = sum(map(is_common, (word.lower() for word in words)))
    return "en" if sum(map(len, words)) >= 3 and 2 * known >= len(words) else UNSURE


@lru_cache(maxsize=512)
def _found(text: str) -> Found | None:
    """What other language than English a text is in, wholly or in part; None where no evidence is strong."""
    plain = _plain(text)
    found = _evidence(plain)
    if found is None:
        return None
    # Letters of other scripts within English words, and words run together, are disguises.
    undisguised = undisguise(plain)
    return found if undisguised == plain else _evidence(undisguised)


def _plain(text: str) -> str:
    """The words alone: without links, handles, numbers and emoji."""
    text = well_formed(text)
    text = without_emoji(text, " ")
    return _STRETCHED.sub(r"\1\1", _NO_WORDS.sub(" ", text))


def _evidence(plain: str) -> Found | None:
    words = _WORD.findall(plain)
    if not words:
        return None
    other, script = _scripts(plain)
    if other:
        letters = sum(map(len, words))
        if 2 * other >= letters:
            return Found(_of_script(script, plain), partly=5 * other < 4 * letters)
        if other >= _PART_LETTERS:
            return Found(_of_script(script, plain), partly=True)
    sentences = [(piece, inside) for piece in _SENTENCE.split(plain) if (inside := _WORD.findall(piece))]
    found = _latin(plain, words, share=_WHOLE_SHARE)
    if found:
        return Found(found, partly=any(_is_english(inside) for _, inside in sentences))
    for piece, inside in sentences if len(sentences) > 1 else ():
        if len(inside) >= _PART_WORDS and (found := _latin(piece, inside, share=_PART_SHARE)):
            return Found(found, partly=True)
    return None


def _is_english(words: list[str]) -> bool:
    return len(words) > 1 and 4 * sum(_english(word.lower()) for word in words) >= 3 * len(words)


_PART_LETTERS = 20
"""Of another script in an English comment: more than a name has."""
_PART_WORDS = 4
_WHOLE_SHARE = 0.6
_PART_SHARE = 0.34
"""At most such a share of the words may be English ones."""


def _scripts(plain: str) -> tuple[int, str]:
    """How many letters of another script than the Latin there are, and which is the commonest."""
    if plain.isascii():
        return 0, ""
    counts = {name: len(letter.findall(plain)) for letter, name in SCRIPTS}
    script = max(counts, key=lambda name: counts[name])
    # Kana among Chinese characters: it is Japanese.
    if script == "zh" and counts["ja"]:
        script = "ja"
    return sum(counts.values()), script


def _of_script(script: str, plain: str) -> str:
    """The language of a text in that script."""
    several = OF_SCRIPT.get(script)
    if several is None:
        return script
    small = plain.lower()
    for shows, code in _SHOWN.get(script, ()):
        if shows.search(small):
            return code
    named, reliable = _cld2(plain)
    if script == "cyrillic" and named == "sr":
        return "bg"
    if script == "arabic" and named not in ("ar", "ku", "sd"):
        return "fa" if named in several or PERSIAN.search(plain) else "ar"
    return named if named in several and (reliable or script != "devanagari") else several[0]


_SHOWN = {
    "cyrillic": ((UKRAINIAN, "uk"), (SERBIAN, "sr"), (BULGARIAN, "bg")),
    "arabic": ((URDU, "ur"), (PASHTO, "ps")),
}
"""Letters that one language of a script has and the others haven't."""


def _latin(plain: str, words: list[str], *, share: float) -> str:
    """The language of a text in Latin letters, where CLD2 and the words agree that it isn't English."""
    small = [word.lower() for word in words]
    marked = bool(MARKED.search(plain.lower()))
    if len(small) < 2 and not marked:
        return ""
    for code, its in (("it", ITALIAN), ("es", SPANISH)):
        shown = {word for word in small if word in its}
        beside = [word for word in small if word not in its and word not in EITHER]
        if not shown or len(shown) < len(beside) or any(map(_english, beside)):
            continue
        # One such word alone needs another witness.
        if len(shown) > 1 or (not beside and len(small) > 1 and _cld2(plain)[0] == code):
            return code
    known = sum(_english(word) for word in small)
    english = known / len(small)
    # “Bon voyage, Mr Taylor”: a few English words make up for more in a short text.
    if english > share or (2 * english >= 1 and len(small) <= 6 and not marked):
        return ""
    for code, its in (("bn-Latn", BENGALI_IN_LATIN), ("ur-Latn", URDU_IN_LATIN)):
        there = Counter(word for word in small if word in its)
        if len(there) >= 2 and sum(there.values()) * 3 >= len(small):
            return code
    named, reliable = _cld2(plain)
    named = ALIASES.get(named, named)
    if named == "en" or named not in NAMES:
        # Whatever CLD2 makes of it, next to nothing of it is English; and it isn't a row of names.
        lowered = sum(word[0].islower() for word in words)
        much = len(small) >= _PART_WORDS and 2 * lowered >= len(small) and share == _WHOLE_SHARE
        return OTHER if much and (not known or (marked and english <= 0.25)) else ""
    if not reliable and (named in RARE or share != _WHOLE_SHARE):
        return ""
    if named in RARE and english > _PART_SHARE:
        return ""
    # Names, above all, are what so few words may be.
    if len(small) <= 3 and not marked and (known or not reliable or words[-1].istitle()):
        return ""
    return named


@lru_cache(maxsize=4096)
def _english(word: str) -> bool:
    return word in BORROWED or (word not in ELSEWHERE and is_common(word.replace("’", "'").partition("'")[0]))


def _cld2(plain: str) -> tuple[str, bool]:
    """CLD2's first language, and whether it calls that reliable without being pressed for an answer."""
    try:
        reliable, _, strict = pycld2.detect(plain)
        if reliable and strict[0][1] != "un":
            return strict[0][1], True
        return pycld2.detect(plain, bestEffort=True)[2][0][1], False
    except pycld2.error:
        # What it does not take for text: stray control characters and the like.
        return "", False
