"""What no linter asks of the source: statements and pages are never put together from what people type.

That pages speak to no other machine is a contract of import-linter; the rest is asked by ruff and bandit.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("school", "connectors", "moderation", "approvals", "web", "worker")
AS_WRITTEN = {"sa.text", "exec_driver_sql", "literal_column"}
"""Give the database their first argument as it stands. (`paper.text` writes into a PDF.)"""
NO_FILES = {"render_template_string", "from_string"}
"""Take a template that is no file of ours."""
PUT_TOGETHER = {
    "school/database_roles.py": "names of the database's own tables and users, quoted by the server itself",
}
IN_PAGES = {
    r"\|\s*safe\b": "a filter that lets markup through",
    r"autoescape\s+false": "markup is let through",
    r"\son[a-z]+=[\"']": "a script inside the page",
    r"<script(?![^>]*\ssrc=)": "a script inside the page",
    r"\sstyle=[\"']": "a style inside the page",
    r"<style\b": "a style inside the page",
}
"""The last four the browser would refuse anyway, and the page would be without them."""


def found_in(source: str) -> Iterator[tuple[int, str]]:
    """Line and what is wrong with it."""
    if not any(name in source for name in AS_WRITTEN | NO_FILES):
        return
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name, made = ast.unparse(node.func), node.args[0] if node.args else None
        name = name if name in AS_WRITTEN else name.rpartition(".")[2]
        if name in NO_FILES or (name in AS_WRITTEN and made and not isinstance(made, ast.Constant)):
            yield node.lineno, f"{name} of something put together"


def test_no_statement_and_no_template_is_put_together() -> None:
    wrong, answered, looked = [], set(), 0
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            place, looked = file.relative_to(ROOT).as_posix(), looked + 1
            for number, what in found_in(file.read_text("utf-8")):
                answered.add(place)
                if place not in PUT_TOGETHER:
                    wrong.append(f"{place}:{number}: {what}")
    assert not wrong and looked > 400
    assert answered == set(PUT_TOGETHER), "an answer that nothing asks for any more"
    for bad in ('sa.text(f"drop {x}")', "c.exec_driver_sql(s)", "flask.render_template_string(x)"):
        assert list(found_in(bad)), bad


def test_no_page_lets_markup_through_or_has_scripts_inside() -> None:
    pages = {file: file.read_text("utf-8") for file in (ROOT / "web" / "templates").rglob("*.html")}
    wrong = [
        f"{file.relative_to(ROOT)}: {what}: {found[0]!r}"
        for file, text in pages.items()
        for pattern, what in IN_PAGES.items()
        if (found := re.search(pattern, text))
    ]
    assert not wrong and len(pages) > 60
