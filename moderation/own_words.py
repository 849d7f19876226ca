"""What the school writes to use again, its letters and answers: their names, and what they leave open."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Protocol

from school.db import storable
from school.errors import BadInput

NAME_MAX = 80
PLACE = re.compile(r"\{([^{}\n]{0,40})\}")
"""A placeholder, such as {date}."""


class Named(Protocol):
    """One of those that there are."""

    @property
    def key(self) -> str: ...

    @property
    def name(self) -> str: ...


def checked_name(
    name: str, key: str | None, before: Sequence[Named], *, one: str, many: str, most: int
) -> str:
    """The name as it is kept. `key`: of what is changed, None of something new.

    `one` and `many`: what it is, such as "an answer" and "answers", of which there are at most `most`.
    Raises BadInput for a name that is empty, too long or taken, and where there are too many already.
    """
    title = storable(" ".join(name.split()))
    if not title or len(title) > NAME_MAX:
        raise BadInput(f"Give it a name of at most {NAME_MAX} characters.", field="name")
    if any(other.name.casefold() == title.casefold() and other.key != key for other in before):
        raise BadInput(f"There is {one} “{title}” already: choose another name.", field="name")
    if key is None and len(before) >= most:
        raise BadInput(f"There are {len(before)} {many} already: change one of them.", field="name")
    return title


def places(text: str) -> list[str]:
    """The placeholders of a text, each once, as they come."""
    return list(dict.fromkeys(PLACE.findall(text)))


def check_places(text: str, known: Collection[str]) -> None:
    """Raise BadInput that names every placeholder that there isn't, and for a bracket without the other."""
    wrong = [f"{{{name}}}" for name in places(text) if name not in known]
    if wrong:
        right = ", ".join(f"{{{name}}}" for name in known)
        raise BadInput(
            f"There is no placeholder {', '.join(wrong)}. Use one of these, or write the words: {right}.",
            field="body",
        )
    rest = PLACE.sub("", text)
    if "{" in rest or "}" in rest:
        raise BadInput(
            "A curly bracket stands alone. Placeholders are written like {date}, with both brackets.",
            field="body",
        )
