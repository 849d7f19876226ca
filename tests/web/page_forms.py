"""The links and forms of a page, as the walk through all pages reads them."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser


@dataclass(frozen=True, slots=True)
class Form:
    """A form as a page shows it."""

    path: str
    method: str
    endpoint: str
    fields: tuple[tuple[str, str, str], ...]
    """Name, kind and value of each field; a choice stands there once for each of its values."""


class Forms(HTMLParser):
    """The links and forms of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.forms: list[tuple[str, str, list[tuple[str, str, str]]]] = []
        self._choice = ""
        self._text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link, a form or one of its fields."""
        given = {name: value or "" for name, value in attrs}
        for name in ("href", "src", "data-live", "data-video-state"):
            if given.get(name) and tag != "form":
                self.links.append(given[name])
        for name in ("data-keep", "data-look", "data-shown", "data-question", "formaction"):
            if given.get(name):
                fields = list(self.forms[-1][2]) if self.forms else []
                self.forms.append((given[name], "post", fields))
        if tag == "form":
            self.forms.append((given.get("action", ""), given.get("method", "get").lower(), []))
        elif self.forms and tag in {"input", "textarea", "button"} and given.get("name"):
            self.forms[-1][2].append((given["name"], given.get("type", tag), given.get("value", "")))
            self._text = [] if tag == "textarea" else None
        elif tag == "select":
            self._choice = given.get("name", "")
        elif tag == "option" and self.forms and self._choice:
            self.forms[-1][2].append((self._choice, "option", given.get("value", "")))

    def handle_data(self, data: str) -> None:
        """What stands in a field for much text."""
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        """A field for much text is over."""
        if tag == "textarea" and self._text is not None:
            name, kind, _value = self.forms[-1][2][-1]
            self.forms[-1][2][-1] = (name, kind, "".join(self._text))
            self._text = None
