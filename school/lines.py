"""Text from people and pages on one line, as it can be seen: for names, headers of mails and titles."""

from __future__ import annotations

import unicodedata

OF_EMOJI = "\u200d\ufe0f"
"""What makes one emoji of several."""
JOINERS = "\u200c\u200d"
"""What the letters of Persian and of Indian languages need between them."""


def seen(text: str, *, keep: str = OF_EMOJI) -> str:
    """The text on one line, without what has no shape or turns the order of letters round.

    `keep`: characters without a shape that stay all the same.
    """
    spaced = (" " if c.isspace() or unicodedata.category(c) == "Cc" else c for c in text)
    shown = "".join(c for c in spaced if c in keep or unicodedata.category(c)[0] != "C")
    return " ".join(shown.split())
