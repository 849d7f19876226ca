"""The threat model names a test for each threat, and the proofs of the policy for each duty; they exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
PROOFS = (ROOT / "docs" / "policy-proofs.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", TEXT + PROOFS)))


def test_every_row_names_a_test() -> None:
    lines = TEXT.splitlines()
    rows = [line for line in lines if line.startswith("| ") and line.count("|") == 4]
    rows = [row for row in rows if not row.startswith(("| threat |", "| --- |"))]
    assert len(rows) > 30
    assert not [row for row in rows if not re.search(r"`tests/[\w/:.]+` \|$", row)]


def test_every_row_of_the_policy_was_broken() -> None:
    rows = re.findall(r"^\| P(\d+) \| .+ \| `tests/[\w/:.]+` \|$", PROOFS, re.MULTILINE)
    assert {int(row) for row in rows} == set(range(1, 35))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_the_test_exists(file: str, name: str) -> None:
    text = (ROOT / file).read_text("utf-8")
    assert f"def {name or 'test_'}" in text
