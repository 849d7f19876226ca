"""`make permissions`: docs/permissions.md, from the table that pages, commands and tests ask (P2)."""

from __future__ import annotations

import ast
import inspect
import sys

from flask import Flask

from school import permissions
from school.beside_pages import COMMANDS, TASKS, CommandRule
from school.models import Role
from school.permissions import ALLOWED, OBJECTS, Action
from web.app import PAGES
from web.doors import MARK, PUBLIC
from web.naming import role_name

_ROLES = [role for role in Role if role is not Role.STAFF] + [Role.STAFF]
_HEAD = """# Who may do what

Made by `make permissions` from the table that pages, commands and tests ask (`school/permissions.py`); a
test holds this file to it. Everybody at the school is staff; other roles are granted by the headteacher. To
whoever may not open a page or see a thing, the answer is the same as if nothing were there.
"""

_AT_THE_SERVER = (
    "A command is for whoever works at the server. What is done in the headteacher's name is refused for "
    "everybody who isn't headteacher at that moment."
)


def text() -> str:
    """The whole file."""
    names = [role_name(role).capitalize() for role in _ROLES]
    lines = [_HEAD, "## Actions", "", f"| action | {' | '.join(names)} |", f"| --- |{' :-: |' * len(names)}"]
    for action in Action:
        marks = ["●" if role in ALLOWED[action] else "" for role in _ROLES]
        lines.append(f"| {_words(action)} | {' | '.join(marks)} |")
    said = _explained()
    lines += ["", "Where the name doesn't say all:", ""]
    lines += [f"- *{_words(action)}*: {said[action.name]}" for action in Action if action.name in said]
    lines += ["", "## One particular thing", "", "| thing | who | asked by |", "| --- | --- | --- |"]
    lines += [f"| {one.thing} | {one.rule} | `{one.asked_by}` |" for one in OBJECTS]
    lines += ["", "## Commands", "", "| command | does | in whose name | line in the trail |"]
    lines += ["| --- | --- | --- | --- |"]
    lines += [f"| `{one.command}` | {one.does} | {_named(one)} | {_line_of(one)} |" for one in COMMANDS]
    lines += ["", _AT_THE_SERVER, "", "## Background work", ""]
    lines += ["| task | in whose name | what it asks again | asked by |", "| --- | --- | --- | --- |"]
    lines += [f"| `{one.task}` | {one.name_of} | {one.asks_again} | `{one.asked_by}` |" for one in TASKS]
    lines += ["", "## Pages", "", "| address | method | open to |", "| --- | --- | --- |"]
    lines += [f"| `{rule}` | {method} | {who} |" for rule, method, who in sorted(_pages())]
    return "\n".join(lines) + "\n"


def _named(one: CommandRule) -> str:
    return f"the headteacher, by `{one.named}`" if one.named else "the server's"


def _line_of(one: CommandRule) -> str:
    return f"`{one.trail}`" if one.trail else ""


def _words(action: Action) -> str:
    return action.value.replace("_", " ")


def _explained() -> dict[str, str]:
    """By an action's name, the sentence that stands below it in the code."""
    [found] = [
        node
        for node in ast.parse(inspect.getsource(permissions)).body
        if isinstance(node, ast.ClassDef) and node.name == "Action"
    ]
    said = {}
    for one, after in zip(found.body, found.body[1:], strict=False):
        if (
            isinstance(one, ast.Assign)
            and isinstance(one.targets[0], ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            said[one.targets[0].id] = " ".join(str(after.value.value).split())
    return said


def _pages() -> list[tuple[str, str, str]]:
    # Nothing is served: only the addresses are asked for.
    app = Flask("web")
    for module in PAGES:
        app.register_blueprint(module.pages)
    found = []
    for rule in app.url_map.iter_rules():
        mark = getattr(app.view_functions[rule.endpoint], MARK, None)
        if mark is None:
            continue
        who = (
            ", or ".join(_words(action) for action in mark)
            if isinstance(mark, tuple)
            else ("everybody" if mark == PUBLIC else "whoever is signed in")
        )
        methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        found += [(rule.rule, method, who) for method in methods]
    return found


if __name__ == "__main__":
    sys.stdout.write(text())
