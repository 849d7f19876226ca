"""Words that a school lets pass: a teacher's surname that reads like an insult, the school's own number.

They are left out before a comment is scored and searched. Threats and safeguarding phrases are looked
for in the text as written, whatever a school lets pass.
"""

from __future__ import annotations

from collections.abc import Sequence

from moderation.classifier.flags import words_pattern

LEFT_OUT = "…"
"""What stands for a word that was left out: of all stand-ins tried, the classifier makes the least of it."""


def without(text: str, passes: Sequence[str]) -> str:
    """The text as it is scored: whole words, in any case, are left out; a star at the end is any ending."""
    pattern = words_pattern(tuple(passes))
    return pattern.sub(LEFT_OUT, text) if pattern else text


def holds(text: str, passes: Sequence[str]) -> bool:
    """Whether one of the words is in the text."""
    pattern = words_pattern(tuple(passes))
    return pattern is not None and pattern.search(text) is not None


def places(text: str, passes: Sequence[str], start: int, end: int) -> tuple[int, int]:
    """Where a stretch of `without(text)` is in the text as written."""
    pattern = words_pattern(tuple(passes))
    moved = 0
    for found in pattern.finditer(text) if pattern else ():
        begins, ends = found.start() - moved, found.start() - moved + len(LEFT_OUT)
        if begins >= end:
            break
        shrunk = len(found.group()) - len(LEFT_OUT)
        if ends <= start:
            moved += shrunk
        else:
            # The stretch takes in the word that was left out.
            return min(start + moved, found.start()), max(end + moved + shrunk, found.end())
    return start + moved, end + moved


__all__ = ["LEFT_OUT", "holds", "places", "without"]
