"""Which letters a PDF can show, and what stands in the place of those that it can't."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import emoji
from fontTools.ttLib import TTFont

BODY = "body"
"""Name of the font of everything: Latin, Greek, Cyrillic, Hebrew, some signs and faces; regular and bold."""


@dataclass(frozen=True, slots=True)
class Font:
    """A file with letters, and the package that ships it."""

    family: str
    package: str
    inside: str
    style: str = ""


_MATPLOTLIB = "mpl-data/fonts/ttf/"
_SCRIPTS = (
    # Urdu needs letters that the body's font lacks, and a word whose letters come from two isn't joined.
    "Arabic", "Bengali", "Devanagari", "Ethiopic", "Gujarati", "Gurmukhi", "Kannada", "Khmer", "Lao",
    "Malayalam", "Myanmar", "Oriya", "Sinhala", "Tamil", "Telugu", "Thai",
)  # fmt: skip

FONTS: tuple[Font, ...] = (
    Font(BODY, "matplotlib", _MATPLOTLIB + "DejaVuSans.ttf"),
    Font(BODY, "matplotlib", _MATPLOTLIB + "DejaVuSans-Bold.ttf", "B"),
    *(Font(script.lower(), "manimgx_fonts", f"NotoSans{script}[wght].ttf") for script in _SCRIPTS),
    # Chinese as it is written anywhere, Japanese, Korean, and letters of full width.
    Font("han", "paperang_p2_fonts_cjk", "fonts/wqy-microhei.ttc"),
    # Letters in a ring, and those of mathematics, by which abuse is disguised.
    Font("symbols", "manimgx_fonts", "NotoSansSymbols[wght].ttf"),
    Font("mathematics", "matplotlib", _MATPLOTLIB + "STIXGeneral.ttf"),
)
"""What one lacks is looked for in the next."""

ARABIC = ((0x0600, 0x06FF), (0x0750, 0x077F), (0x08A0, 0x08FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFE))
"""Blocks of the Arabic script, which the body's font leaves to the next."""

# Joiners and marks of direction that the shaping of a word needs; they have no shape of their own.
_UNSEEN = frozenset("\u200c\u200d\u200e\u200f")
_STYLE_OF_EMOJI = "\ufe0f"


def font_file(font: Font) -> Path:
    """The file of a font that a package ships, without importing the package."""
    found = find_spec(font.package)
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError(f"the package {font.package}, which holds a font, is not installed")
    return Path(found.submodule_search_locations[0]) / font.inside


@cache
def families() -> Mapping[int, str]:
    """By code point, the family whose font shows it: the first of `FONTS`. Read once in each process."""
    found: dict[int, str] = {}
    for family in dict.fromkeys(font.family for font in FONTS):
        # Both styles of the body's font must have a letter, or bold words would lose it.
        points = set.intersection(*(_points(font) for font in FONTS if font.family == family))
        if family == BODY:
            points -= {point for first, last in ARABIC for point in range(first, last + 1)}
        for point in points:
            found.setdefault(point, family)
    return found


def _points(font: Font) -> set[int]:
    # Of a collection the first: the others differ in the width of Latin letters alone.
    with TTFont(font_file(font), fontNumber=0, lazy=True) as opened:
        return set(opened.getBestCmap())


def shown(text: str, known: Collection[int]) -> str:
    """The text as fonts with the `known` code points can show it; nothing is lost without a trace.

    An emoji that no font has becomes its name ("[thumbs up]"), any other letter its number
    ("[U+4F60]"); so do characters that would turn the order of what follows, or can't be seen.
    """
    # A new line, however the writer's machine made it, and a tab are the only controls with a meaning.
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")

    def named(found: str, data: dict[str, str]) -> str:
        bare = found.replace(_STYLE_OF_EMOJI, "")
        if len(bare) == 1 and ord(bare) in known:
            return bare
        return f"[{data['en'].strip(':').replace('_', ' ')}]"

    return "".join(_one(letter, known) for letter in emoji.replace_emoji(plain, replace=named))


def _one(letter: str, known: Collection[int]) -> str:
    if letter == "\n" or letter in _UNSEEN:
        return letter
    if unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} or ord(letter) not in known:
        return f"[U+{ord(letter):04X}]"
    return letter
