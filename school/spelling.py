"""How names of pupils and classes are written: which are the same, which are alike, in which order (P24)."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence


def same_name(name: str) -> str:
    """A name as it is compared: systems write one child's apostrophes, dashes and accents differently."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(re.sub(r"[-‐-―]", "-", re.sub("[’‘ʼ´`]", "'", plain)).split())


def plain_name(name: str) -> str:
    """The same in plain letters: a slip leaves accents out, and not every keyboard has them."""
    apart = unicodedata.normalize("NFKD", same_name(name))
    return "".join(char for char in apart if not unicodedata.combining(char))


def like_class(class_name: str, others: Sequence[str]) -> str:
    """The class that somebody may have meant; empty where none is like it."""
    plain = {_bare(other): other for other in others}
    # “Yr 4” and “4K” say the year alone, so letters and digits are compared without what they stand in.
    for bare, other in plain.items():
        if _years(bare) and _years(bare) == _years(_bare(class_name)):
            return other
    near = difflib.get_close_matches(_bare(class_name), list(plain), n=1, cutoff=0.75)
    return plain[near[0]] if near else ""


def _bare(class_name: str) -> str:
    return "".join(one for one in same_name(class_name) if one.isalnum())


def _years(bare: str) -> str:
    return "".join(one for one in bare if one.isdigit())
