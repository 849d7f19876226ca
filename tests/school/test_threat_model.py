"""The threat model names a test for each threat; each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", TEXT)


def test_every_row_names_a_test() -> None:
    lines = TEXT.splitlines()
    rows = [line for line in lines if line.startswith("| ") and line.count("|") == 4]
    rows = [row for row in rows if not row.startswith(("| threat |", "| --- |"))]
    assert len(rows) > 30
    assert not [row for row in rows if not re.search(r"`tests/[\w/:.]+` \|$", row)]


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_the_test_exists(file: str, name: str) -> None:
    text = (ROOT / file).read_text("utf-8")
    assert f"def {name or 'test_'}" in text
