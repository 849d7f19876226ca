"""Every setting is in `.env.example` with its default, and in the README's table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from school.settings import Settings
from worker.terminal import setting_sentence

ROOT = Path(__file__).parents[2]
NAMES = sorted(f"SCHOOLGATE_{name.upper()}" for name in Settings.model_fields)
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")


def table() -> str:
    """The README's table of settings, its short forms (`_X_POST_COST`) written out."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## Settings") : text.index("## Operations")]
    return section.replace("`_", "`SCHOOLGATE_")


APP = {"CLIENT_ID": "i", "CLIENT_SECRET": "hush"}


@pytest.mark.parametrize(
    ("given", "named", "words"),
    [
        ({"WITH": "google", "CLIENT_SECRET": "hush"}, "CLIENT_ID", "is missing"),
        ({"WITH": "google", "CLIENT_ID": "i"}, "CLIENT_SECRET", "is missing"),
        ({**APP, "WITH": "microsoft"}, "TENANT", "Directory (tenant) ID"),
        ({**APP, "WITH": "google", "TENANT": "x"}, "TENANT", "only microsoft"),
        ({"CLIENT_SECRET": "hush"}, "CLIENT_SECRET", "without SCHOOLGATE_SIGN_IN_WITH this has no use"),
        ({**APP, "WITH": "http://login.test"}, "WITH", "the https address"),
        ({**APP, "WITH": "https://a@login.test"}, "WITH", "the https address"),
        ({**APP, "WITH": "google", "DOMAINS": "x"}, "DOMAINS", "between commas"),
    ],
)
def test_single_sign_on_is_set_whole_or_not_at_all(
    given: dict[str, str], named: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"SCHOOLGATE_SIGN_IN_{name}", value)
    with pytest.raises(ValidationError) as refused:
        Settings(_env_file=None)
    said = setting_sentence(refused.value)
    assert f"SCHOOLGATE_SIGN_IN_{named}" in said and words in said and "hush" not in said


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
