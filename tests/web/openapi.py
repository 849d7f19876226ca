"""A description of all routes and forms by OpenAPI, made from the code and from what its pages show.

Routes, their parameters and who may open them come from the map of addresses and the permission table,
names of fields and statuses from the views' source, kinds, choices and limits of fields from the forms that
people are shown. Schemathesis is driven by it (`tests.web.fuzz_described`).

    python -m tests.web.openapi > schoolgate-openapi.json
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from tests.web import view_source
from tests.web.fuzz import a_living_school
from tests.web.shown_fields import Collected, Fields, Shown
from tests.web.view_source import Reads
from web.doors import MARK, PUBLIC

MOST_OFFERED = 60
"""Choices of a field that are written down: a list of all colleagues is endless in no school."""
ERRORS = {"get": (404,), "post": (400, 401, 403, 404, 409, 413)}
"""What any page of this method may answer: closed or absent; forged, ended, refused, overtaken, too large."""
_PARAMETER = re.compile(r"<(?:(?P<kind>\w+)(?:\((?P<of>[^)]*)\))?:)?(?P<name>\w+)>")
_TOKENS = frozenset({"csrf_token"})
_FORMATS = {"date": "date", "email": "email", "url": "uri"}

Json = dict[str, Any]


def description(app: Flask, shown: Collected | None = None) -> Json:
    """The whole of it, of OpenAPI 3.1."""
    fields = shown.fields if shown is not None else {}
    paths: Json = {}
    for rule in own_rules(app):
        one = paths.setdefault(_path(rule), {})
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            one[method.lower()] = _operation(app, rule, method.lower(), fields)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Schoolgate: its pages and forms", "version": "1"},
        "paths": dict(sorted(paths.items())),
    }


def own_rules(app: Flask) -> Iterator[Rule]:
    """All but the files of libraries."""
    return (rule for rule in app.url_map.iter_rules() if not rule.endpoint.endswith("static"))


def name_of(method: str, endpoint: str) -> str:
    """The operation's own name: one view may answer to several methods."""
    return f"{method} {endpoint}"


def _path(rule: Rule) -> str:
    return _PARAMETER.sub(lambda match: "{" + match["name"] + "}", rule.rule)


def _operation(app: Flask, rule: Rule, method: str, shown: Collected | dict[str, Fields]) -> Json:
    view = app.view_functions[rule.endpoint]
    reads, mark = view_source.of(view), getattr(view, MARK, PUBLIC)
    fields = dict(shown.get(name_of(method, rule.endpoint), {}))  # type: ignore[union-attr]
    made: Json = {
        "operationId": name_of(method, rule.endpoint),
        "summary": reads.doc,
        "x-access": [action.value for action in mark] if isinstance(mark, tuple) else mark,
        "parameters": [_in_path(match) for match in _PARAMETER.finditer(rule.rule)],
        "responses": _responses(rule, method, reads, mark),
    }
    if method == "get":
        names = dict.fromkeys([*sorted(reads.query), *fields])
        made["parameters"] += [
            {"name": name, "in": "query", "required": False, "schema": _schema(fields.get(name))}
            for name in names
        ]
    else:
        made["requestBody"] = _body(reads, fields)
    return made


def _in_path(match: re.Match[str]) -> Json:
    schema: Json = {"type": "string", "minLength": 1, "pattern": "^[^/]+$"}
    if match["kind"] == "uuid":
        schema = {"type": "string", "format": "uuid"}
    elif match["kind"] == "int":
        schema = {"type": "integer", "minimum": 0}
    elif match["kind"] == "any":
        schema = {"type": "string", "enum": [one.strip() for one in match["of"].split(",")]}
    return {"name": match["name"], "in": "path", "required": True, "schema": schema}


def _responses(rule: Rule, method: str, reads: Reads, mark: object) -> Json:
    statuses = {200, 302, *ERRORS[method], *reads.statuses}
    if reads.asks and method == "get":
        statuses.add(400)
    if mark != PUBLIC:
        # Whoever sees the thing, or has the role, is told why they may not do this with it.
        statuses.add(403)
        statuses.update({409} if rule.arguments else ())
    if "token" in rule.arguments:
        statuses.add(410)
    page: Json = {"text/html": {}}
    whole = {kind: {} for kind in sorted(reads.media)} | page
    return {
        str(status): {
            "description": "",
            "content": whole if status < 400 or "application/json" in whole else page,
        }
        for status in sorted(statuses)
    }


def _body(reads: Reads, fields: Fields) -> Json:
    names = dict.fromkeys([*fields, *sorted(reads.form), *sorted(reads.files)])
    properties = {
        name: {"type": "string", "format": "binary"}
        if name in reads.files or (name in fields and "file" in fields[name].kinds)
        else _schema(fields.get(name))
        for name in names
        if name not in _TOKENS
    }
    schema: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    needed = [name for name, one in fields.items() if name in properties and not one.missing]
    if needed:
        schema["required"] = needed
    files = any(one.get("format") == "binary" for one in properties.values())
    kind = "multipart/form-data" if files else "application/x-www-form-urlencoded"
    return {"required": bool(needed), "content": {kind: {"schema": schema}}}


def _schema(shown: Shown | None) -> Json:
    if shown is None:
        return {"type": "string"}
    schema: Json = {"type": "string"}
    chosen = {"hidden", "radio", "checkbox", "select", "submit", "button"}
    if shown.kinds <= chosen and shown.offered:
        schema = {"type": "string", "enum": list(shown.offered)[:MOST_OFFERED]}
    elif shown.kinds & {"number", "range"}:
        schema = {"type": "integer", **_bounds(shown)}
    elif len(shown.kinds) == 1 and (kind := next(iter(shown.kinds))) in _FORMATS:
        schema["format"] = _FORMATS[kind]
    elif shown.kinds & {"time"}:
        schema["pattern"] = r"^([01]\d|2[0-3]):[0-5]\d$"
    elif shown.kinds & {"datetime-local"}:
        schema["pattern"] = r"^20[2-3]\d-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d$"
    for html, ours in (("maxlength", "maxLength"), ("minlength", "minLength")):
        if "enum" not in schema and schema["type"] == "string" and html in shown.limits:
            schema[ours] = int(shown.limits[html])
    if shown.missing and "enum" not in schema and "format" in schema:
        schema = {"anyOf": [schema, {"const": ""}]}
    return {"type": "array", "items": schema, "maxItems": 5} if shown.often else schema


def _bounds(shown: Shown) -> Json:
    found = {}
    for html, ours in (("min", "minimum"), ("max", "maximum")):
        if re.fullmatch(r"-?\d+", shown.limits.get(html, "")):
            found[ours] = int(shown.limits[html])
    return found


def main() -> None:
    """Print it, of a practice school that has lived for a while and has something on every page."""
    # That module is driven by this one.
    from tests.web.fuzz_described import collect

    with a_living_school(seconds=20) as school:
        walk = school(0)
        json.dump(description(walk.app, collect(walk)), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
