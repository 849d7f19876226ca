"""The forms that pages show, field by field, with their limits: what a browser would let somebody send."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

_LIMITS = ("maxlength", "minlength", "min", "max", "pattern")
_OWN_ADDRESS = ("formaction", "data-keep", "data-look", "data-shown", "data-question")
"""By these a form is sent to another address than its own."""


@dataclass
class Shown:
    """One field, as all pages together show it."""

    kinds: set[str] = field(default_factory=set)
    """As HTML calls them: text, date, checkbox, option, hidden, file."""
    offered: dict[str, None] = field(default_factory=dict)
    """What can be chosen, or is there already."""
    limits: dict[str, str] = field(default_factory=dict)
    often: bool = False
    """Whether it may be given several times."""
    missing: bool = False
    """Whether some page shows the form without it, or lets it be left empty."""


Fields = dict[str, Shown]


class Pages(HTMLParser):
    """Collects forms by their method and address, as they stand on a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[tuple[str, str, Fields]] = []
        self._open: Fields = {}
        self._choice: Shown | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form or one of its fields."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = {}
            self.forms.append((given.get("method", "get").lower(), given.get("action", ""), self._open))
        self.forms += [("post", given[name], self._open) for name in _OWN_ADDRESS if given.get(name)]
        if tag in {"input", "textarea", "button", "select"} and given.get("name"):
            self._note(given["name"], given.get("type", "text" if tag == "input" else tag), given)
        elif tag == "option" and self._choice is not None:
            self._choice.offered[given.get("value", "")] = None

    def _note(self, name: str, kind: str, given: Mapping[str, str]) -> None:
        one = self._open.setdefault(name, Shown())
        one.often |= ("multiple" in given) or (kind == "checkbox" and kind in one.kinds)
        one.kinds.add(kind)
        one.missing |= "required" not in given and kind != "hidden"
        one.limits |= {limit: given[limit] for limit in _LIMITS if given.get(limit)}
        if kind in {"hidden", "radio", "checkbox", "submit", "button"}:
            one.offered[given.get("value", "on" if kind == "checkbox" else "")] = None
        self._choice = one if kind == "select" else None

    def handle_endtag(self, tag: str) -> None:
        """A list of choices or a form is over."""
        if tag == "select":
            self._choice = None
        elif tag == "form":
            self._open = {}


class Collected:
    """What was shown of each form, by the page that takes it."""

    def __init__(self) -> None:
        self.fields: defaultdict[str, Fields] = defaultdict(dict)
        self._seen: set[str] = set()

    def add(self, endpoint: str, fields: Fields) -> None:
        """One more showing of a form: what it leaves out need not be sent, wider limits count."""
        known = self.fields[endpoint]
        for name in set(known) ^ set(fields) if endpoint in self._seen else ():
            known.setdefault(name, Shown()).missing = True
        self._seen.add(endpoint)
        for name, shown in fields.items():
            one = known.setdefault(name, Shown(limits=dict(shown.limits)))
            one.kinds |= shown.kinds
            one.often |= shown.often
            one.missing |= shown.missing
            one.offered |= shown.offered
            one.limits = {key: value for key, value in one.limits.items() if shown.limits.get(key) == value}
