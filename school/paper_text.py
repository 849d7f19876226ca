"""Which letters a PDF can show, and what stands in the place of those that it can't."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path

import emoji

BODY = "body"
"""Name of the font of everything: Latin, Greek, Cyrillic, some signs and faces; regular and bold."""

_MATPLOTLIB = "mpl-data/fonts/ttf/"

FONTS: tuple[tuple[str, str, str, str], ...] = (
    (BODY, "", "matplotlib", _MATPLOTLIB + "DejaVuSans.ttf"),
    (BODY, "B", "matplotlib", _MATPLOTLIB + "DejaVuSans-Bold.ttf"),
    # Urdu needs letters that DejaVu lacks, and a word whose letters come from two fonts isn't joined.
    ("arabic", "", "fontpkg_noto_sans_arabic", "files/NotoSansArabic[wdth,wght].ttf"),
    ("devanagari", "", "fontpkg_noto_sans_devanagari", "files/NotoSansDevanagari[wdth,wght].ttf"),
    ("bengali", "", "fontpkg_hind_siliguri", "files/HindSiliguri-Regular.ttf"),
    ("tamil", "", "fontpkg_noto_sans_tamil", "files/NotoSansTamil[wdth,wght].ttf"),
)
"""Family, style, and the package and file that it comes from. What one lacks is looked for in the next."""

ARABIC = ((0x0600, 0x06FF), (0x0750, 0x077F), (0x08A0, 0x08FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFE))
"""Blocks of the Arabic script, which the body's font leaves to the next."""

# Joiners and marks of direction that the shaping of a word needs; they have no shape of their own.
_UNSEEN = frozenset("\u200c\u200d\u200e\u200f")
_STYLE_OF_EMOJI = "\ufe0f"


def font_file(package: str, inside: str) -> Path:
    """The file of a font that a package ships, without importing the package."""
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError(f"the package {package}, which holds a font, is not installed")
    return Path(found.submodule_search_locations[0]) / inside


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
