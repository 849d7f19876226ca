"""What people can decide about an entry of the log (P18), and what each is called once it is decided."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum


class Outcome(StrEnum):
    """What a person can decide; several at once where they go together."""

    HIDE = "hide"
    UNHIDE = "unhide"
    DELETE = "delete"
    REPLY = "reply"
    WARN = "warn"
    BLOCK = "block"
    UNBLOCK = "unblock"
    MUTE = "mute"
    UNMUTE = "unmute"
    REFER = "refer"
    MEETING = "meeting"
    NOTE = "note"
    DEALT = "dealt"
    """What was done about it, by whom it was referred to."""
    READ = "read"
    """Somebody who can read its language did, and there is nothing wrong with it."""
    DISMISS = "dismiss"
    REOPEN = "reopen"


NOTHING_DONE = frozenset({Outcome.READ, Outcome.DISMISS})
"""Outcomes that leave everything as it is."""
UNDOABLE = frozenset({Outcome.HIDE, Outcome.BLOCK, Outcome.READ, Outcome.DISMISS})
"""Outcomes that whoever decided them can take back for some minutes: nothing of them has left the school."""

OUTCOMES: Mapping[Outcome, str] = {
    Outcome.HIDE: "hidden",
    Outcome.UNHIDE: "shown again",
    Outcome.DELETE: "deleted",
    Outcome.REPLY: "answered",
    Outcome.WARN: "warned",
    Outcome.BLOCK: "blocked",
    Outcome.UNBLOCK: "unblocked",
    Outcome.MUTE: "muted",
    Outcome.UNMUTE: "unmuted",
    Outcome.REFER: "referred",
    Outcome.MEETING: "meeting requested",
    Outcome.NOTE: "noted",
    Outcome.DEALT: "dealt with",
    Outcome.READ: "read, nothing wrong",
    Outcome.DISMISS: "no action",
    Outcome.REOPEN: "opened again",
}


def is_nothing_done(outcomes: Collection[Outcome]) -> bool:
    """Whether that alone is decided. It goes with nothing else, which is refused, not asked about."""
    return len(outcomes) == 1 and NOTHING_DONE.issuperset(outcomes)


def in_words(values: Iterable[str]) -> str:
    """Outcomes as they are kept, as words: "hidden, blocked"."""
    return ", ".join(OUTCOMES[Outcome(value)] if value in set(Outcome) else value for value in values)
