"""What somebody typed into a form, kept with what was wrong about it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from werkzeug.datastructures import MultiDict

from school.errors import BadInput, NotFound


class Typed:
    """The values of a form as they were typed, and the sentences to show beside its fields."""

    def __init__(self, values: Mapping[str, str] | MultiDict[str, str] | None = None) -> None:
        self.values: MultiDict[str, str] = (
            values if isinstance(values, MultiDict) else MultiDict(values or {})
        )
        self.errors: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        """The value without white space around it; empty where the form has no such field."""
        return self.values.get(name, "").strip()

    def raw(self, name: str) -> str:
        """The value exactly as it was typed, for passwords and for texts to publish."""
        return self.values.get(name, "")

    def all(self, name: str) -> list[str]:
        """Every value of a field that may be given several times (ticked boxes)."""
        return self.values.getlist(name)

    def identifier(self, name: str) -> UUID:
        """The value as an id. Raises BadInput where it isn't one."""
        try:
            return UUID(self[name])
        except ValueError:
            raise BadInput("Choose one from the list.", field=name) from None

    def refuse(self, error: BadInput) -> Typed:
        """The same values with this error beside its field; returns itself."""
        self.errors[error.field] = str(error)
        return self

    def error(self, name: str) -> str:
        """The sentence to show beside a field, empty when it is fine."""
        return self.errors.get(name, "")


def whole_number(text: str) -> int | None:
    """A number that a form or an address gives; None for anything but at most nine plain digits.

    `str.isdigit` alone lets "²" pass, which `int` refuses, and numbers that no database holds.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def hidden_number(text: str) -> int:
    """A number that the page itself put into its form. Raises BadInput where it isn't there."""
    number = whole_number(text)
    if number is None:
        raise BadInput("This form is incomplete: load the page again.")
    return number


def identifier(text: str) -> UUID:
    """An id from an address. Raises NotFound where it isn't one, as for an id that nothing has."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is nothing at this address.") from None
