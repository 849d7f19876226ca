"""Words that every room puts together alike."""

from __future__ import annotations

from collections.abc import Sequence


def and_last(words: Sequence[str]) -> str:
    """Several as people say them: "a", "a and b", "a, b and c"; empty for none."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
