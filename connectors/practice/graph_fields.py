"""Graph's `fields` language: `id,from{id,name},replies.limit(5){id}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.practice.graph_errors import GraphError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MODIFIER = re.compile(r"\.([a-z_]+)\(([^()]*)\)")
_DEPTH_MAX = 6


@dataclass(slots=True)
class Asked:
    """One field that was asked for, with its modifiers and the fields inside it."""

    modifiers: dict[str, str] = field(default_factory=dict)
    inner: dict[str, Asked] | None = None


Fields = dict[str, Asked]
Getter = Callable[[Asked], Any]


def parse_fields(text: str) -> Fields:
    """Reads a `fields` value. Raises Graph's syntax error."""
    found, end = _read(text.replace(" ", ""), 0, 0)
    if end != len(text.replace(" ", "")):
        raise _syntax(text)
    return found


def _syntax(text: str) -> GraphError:
    return GraphError(
        f"Syntax error \"Expected end of string instead of '{text[:1]}'.\" at character 0: {text[:50]}", 2500
    )


def _read(text: str, place: int, depth: int) -> tuple[Fields, int]:
    if depth > _DEPTH_MAX:
        raise _syntax(text)
    found: Fields = {}
    while place < len(text):
        name = _NAME.match(text, place)
        if name is None:
            raise _syntax(text)
        place = name.end()
        asked = Asked()
        while modifier := _MODIFIER.match(text, place):
            asked.modifiers[modifier.group(1)] = modifier.group(2)
            place = modifier.end()
        if place < len(text) and text[place] == "{":
            asked.inner, place = _read(text, place + 1, depth + 1)
            if place >= len(text) or text[place] != "}":
                raise _syntax(text)
            place += 1
        found[name.group()] = asked
        if place < len(text) and text[place] == ",":
            place += 1
            continue
        break
    return found, place


def select(
    asked: Fields, default: tuple[str, ...], getters: Mapping[str, Getter], node: str
) -> dict[str, Any]:
    """The fields of one object; what has no value is left out, as Graph does. `id` always comes.

    Raises Graph's error 100 for a field that this kind of object doesn't have.
    """
    wanted = asked or {name: Asked() for name in default}
    body: dict[str, Any] = {}
    for name, how in wanted.items():
        if name not in getters:
            raise GraphError(f"(#100) Tried accessing nonexisting field ({name}) on node type ({node})", 100)
        value = getters[name](how)
        if value is not None:
            body[name] = value
    body.setdefault("id", getters["id"](Asked()))
    return body
