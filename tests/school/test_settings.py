"""Every setting is in `.env.example` with its default, and in the README's table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from school.settings import Settings

ROOT = Path(__file__).parents[2]
NAMES = sorted(f"SCHOOLGATE_{name.upper()}" for name in Settings.model_fields)
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")


def table() -> str:
    """The README's table of settings, its short forms (`_X_POST_COST`) written out."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## Settings") : text.index("## Operations")]
    return section.replace("`_", "`SCHOOLGATE_")


def test_the_example_has_every_setting_once_and_no_other() -> None:
    assert sorted(re.findall(r"^# (SCHOOLGATE_\w+)=", EXAMPLE, re.MULTILINE)) == NAMES


def test_the_readme_has_every_setting_and_no_other() -> None:
    assert sorted(set(re.findall(r"`(SCHOOLGATE_\w+)`", table()))) == NAMES


def test_the_example_gives_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    without = Settings()
    (tmp_path / ".env").write_text(re.sub(r"^# (SCHOOLGATE_)", r"\1", EXAMPLE, flags=re.MULTILINE))
    assert Settings() == without


def test_a_line_of_the_example_counts_once_its_mark_is_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SCHOOLGATE_PORT", raising=False)
    (tmp_path / ".env").write_text(EXAMPLE.replace("# SCHOOLGATE_PORT=8000", "SCHOOLGATE_PORT=8001"))
    assert Settings().port == 8001
