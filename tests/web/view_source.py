"""What the source of a view says of it: which fields it reads, and with what it answers."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from types import FunctionType, ModuleType

from flask.typing import ResponseReturnValue

_MEDIA = re.compile(r"((?:text|application|image|video|audio|font)/[\w.+-]+)(?:; ?[\w=.;\- ]+)?")
_TYPED = frozenset({"raw", "all", "identifier"})
_DRAWN = {"pdf": "application/pdf", "jsonify": "application/json", "_json": "application/json"}
_OURS = ("web.", "connectors.practice.")
"""Modules that are followed: those that answer."""
_DOORS = frozenset({"web.access", "web.errors", "web.keeping", "web.signin"})
"""And those that are not: they stand before every page."""
_FILES = frozenset({"send_file", "send_from_directory", "send_static_file"})


@dataclass
class Reads:
    """What a view, and what it calls of the pages' room, read and give."""

    query: set[str] = field(default_factory=set)
    form: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    asks: bool = False
    """Whether it reads the query at all."""
    statuses: set[int] = field(default_factory=set)
    """Those that stand in it, besides what errors become."""
    media: set[str] = field(default_factory=set)
    """Kinds of answers besides pages; "*/*" where a file decides."""
    doc: str = ""


def of(view: Callable[..., ResponseReturnValue]) -> Reads:
    """Read a view's source, the doors before it apart."""
    inner = inspect.unwrap(view)
    found = Reads(doc=" ".join((inner.__doc__ or "").split()))
    taken: set[tuple[str, str]] = set()
    waiting = [(inner.__module__, inner.__name__)]
    nodes: list[ast.AST] = []
    while waiting:
        here = waiting.pop()
        if here in taken or here[0] in _DOORS or not here[0].startswith(_OURS):
            continue
        taken.add(here)
        module, name = sys.modules[here[0]], here[1]
        # Constants of the module, or from another, go by names.
        found.media.update(_kinds(getattr(module, name, None)))
        if name in (defined := _functions(here[0])):
            for node in ast.walk(defined[name]):
                nodes.append(node)
                waiting += _named(node, module)
    typed = {_source(node.args[0]) for node in nodes if _calls(node, "Typed") and node.args}
    found.asks = any(isinstance(one, ast.Attribute) and one.attr in {"args", "values"} for one in nodes)
    for node in nodes:
        _note(node, found, typed)
    if not found.media and any(_chosen_late(node) for node in nodes):
        found.media.add("*/*")
    return found


def _named(node: ast.AST, module: ModuleType) -> Iterator[tuple[str, str]]:
    """What a name means: something of this module, or of the one that it was imported from."""
    if isinstance(node, ast.Name):
        meant = getattr(module, node.id, None)
        home = meant.__module__ if isinstance(meant, FunctionType) else module.__name__
        yield home, meant.__name__ if isinstance(meant, FunctionType) else node.id
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        meant = getattr(module, node.value.id, None)
        if isinstance(meant, ModuleType):
            yield meant.__name__, node.attr


def _kinds(value: object) -> Iterator[str]:
    if isinstance(value, str) and (match := _MEDIA.fullmatch(value)):
        yield match[1]
    elif isinstance(value, dict):
        for one in value.values():
            yield from _kinds(one)


def _chosen_late(node: ast.AST) -> bool:
    kinds = {"mimetype", "content_type"}
    return isinstance(node, ast.keyword) and node.arg in kinds and not isinstance(node.value, ast.Constant)


@cache
def _functions(module: str) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}


def _note(node: ast.AST, found: Reads, typed: set[str]) -> None:
    if isinstance(node, ast.Constant):
        found.media.update(_kinds(node.value))
    elif isinstance(node, ast.Assign) and "['Content-Type']" in _source(node.targets[0]):
        # Set late, by what a file is.
        found.media.update({"*/*"} if not isinstance(node.value, ast.Constant) else ())
    elif isinstance(node, ast.keyword) and node.arg == "status":
        found.statuses.update(_whole(node.value))
    elif isinstance(node, ast.Return):
        answer, *more = node.value.elts or [None] if isinstance(node.value, ast.Tuple) else [node.value]
        if isinstance(answer, ast.Dict):
            found.media.add("application/json")
        for one in more:
            found.statuses.update(_whole(one))
    elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "typed":
        _field(node.slice, found, typed)
    elif isinstance(node, ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        whose = _source(node.func.value) if isinstance(node.func, ast.Attribute) else ""
        if called in _DRAWN:
            found.media.add(_DRAWN[called])
        elif whose == "limiter" and called == "limit":
            found.statuses.add(429)
        elif called in _FILES:
            found.media.add("*/*")
        elif called in {"get", "getlist"} and whose.startswith("request.") and node.args:
            _field(node.args[0], found, {whose})
        elif whose == "typed" and called in _TYPED and node.args:
            _field(node.args[0], found, typed)


def _field(name: ast.AST, found: Reads, sources: set[str]) -> None:
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        return
    for source in sources:
        kinds = {
            "request.args": (found.query,),
            "request.form": (found.form,),
            "request.files": (found.files,),
        }
        for names in kinds.get(source, (found.query, found.form) if source == "request.values" else ()):
            names.add(name.value)


def _whole(node: ast.AST) -> Iterator[int]:
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, int) and 200 <= one.value < 600:
            yield one.value
        elif isinstance(one, ast.Attribute) and _source(one.value) == "HTTPStatus":
            yield HTTPStatus[one.attr].value


def _calls(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _source(node: ast.AST) -> str:
    return ast.unparse(node)
