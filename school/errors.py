"""Errors that the rooms share. Their text is a sentence a person can act on."""

from __future__ import annotations


class SchoolgateError(Exception):
    """Anything that goes wrong for a reason the product knows."""


class BadInput(SchoolgateError):
    """Input that can't be taken. Names the field, the value and what to do."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class NotPermitted(SchoolgateError):
    """This person may not do that."""


class NotFound(SchoolgateError):
    """There is no such thing, or none that this person may see."""


class MoveNotAllowed(SchoolgateError):
    """The record is in a state from which this move does not exist (decided already, say)."""


class LinkExpired(SchoolgateError):
    """An e-mail link that is used up, too old, or was voided by an edit or a role's end."""
